"""What is asked for and what is offered, by need and region: where the gaps are."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.queries.bundles import bundles_report
from services.queries.coverage import by_need, coverage_report
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("coverage", __name__)


@bp.get("/coverage")
@acts(Action.COVERAGE_READ)
def show() -> ResponseReturnValue:
    """One row for each need, one column for each region."""
    with reading() as session:
        report = coverage_report(session, current_actor(), language=current_language())
    return render_template(
        "coverage.html",
        report=report,
        rows=by_need(report.table),
        has_unplaced=any(cell.region is None for cell in report.table.cells),
    )


@bp.get("/bundles")
@acts(Action.COVERAGE_READ)
def bundles() -> ResponseReturnValue:
    """Requests that one concept note could serve together."""
    with reading() as session:
        report = bundles_report(session, current_actor(), language=current_language(), now=utc_now())
    return render_template("bundles.html", report=report)
