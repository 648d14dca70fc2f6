"""/reports: figures over what the caller may see."""

from __future__ import annotations

from typing import Any

from api.frame import Blueprint
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.bundles import BundlesSchema
from schemas.coverage import CoverageSchema
from services.clock import utc_now
from services.queries.bundles import BundleRow, bundles_report
from services.queries.coverage import Coverage, coverage_report, waiting_requests
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_reports", __name__, description="Reports")


@bp.route("/reports/coverage", methods=["GET"])
@acts(Action.COVERAGE_READ)
@bp.response(200, CoverageSchema)
def get_coverage() -> dict[str, Any]:
    """Needs nobody offers to meet, and offers nobody asks for, by need and region."""
    with reading() as session:
        report = coverage_report(session, current_actor(), language=current_language())
        waiting = waiting_requests(session, current_actor())
    return {
        "requests": report.table.n_requests,
        "offers": report.table.n_offers,
        "items": [_cell(cell, shows_met=report.shows_met) for cell in report.table.cells],
        "unasked_offers": report.unasked,
        "waiting": [
            {
                "ref": one.ref,
                "title": one.title,
                "language": one.language,
                "submitted_on": one.submitted_on,
                "calls": one.n_calls,
            }
            for one in waiting
        ],
        "next": None,
    }


def _cell(cell: Coverage, *, shows_met: bool) -> dict[str, Any]:
    shown = {
        "need": cell.need,
        "region": cell.region,
        "asked": cell.n_asked,
        "offered": cell.n_offered,
        "usd_asked": cell.usd_asked,
        "gap": cell.is_gap,
    }
    return shown | {"met": cell.n_met, "unmet": cell.n_unmet} if shows_met else shown


@bp.route("/bundles", methods=["GET"])
@acts(Action.COVERAGE_READ)
@bp.response(200, BundlesSchema)
def get_bundles() -> dict[str, Any]:
    """Open requests that are alike enough for one concept note, and the offers nearest to each bundle."""
    with reading() as session:
        report = bundles_report(session, current_actor(), language=current_language(), now=utc_now())
    return {
        "items": [_bundle(row) for row in report.rows],
        "compared": report.n_compared,
        "cut": report.is_cut,
        "made_at": report.made_at,
        "stale": report.is_stale,
        "progress": None
        if report.progress is None
        else {"done": report.progress[0], "of": report.progress[1]},
        "next": None,
    }


def _bundle(row: BundleRow) -> dict[str, Any]:
    return {
        "names": row.names,
        "requests": row.requests,
        "offers": row.offers,
        "needs": [code for code, _ in row.needs],
        "countries": row.countries,
        "usd_asked": row.usd_asked,
        "cohesion": row.cohesion,
    }
