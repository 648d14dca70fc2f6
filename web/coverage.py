"""What is asked for and what is offered, by need and region: where the gaps are, and who waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.queries.bundles import bundles_report
from services.queries.coverage import (
    Coverage,
    by_need,
    coverage_cell,
    coverage_report,
    may_draft_call,
    waiting_requests,
)
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("coverage", __name__)
N_CLUSTERS, N_WAITING = 5, 20
UNSAID = "none"
"""In an address: the entries that name no need, or no place."""

TILES: Mapping[str, tuple[int, int]] = {
    "americas": (4, 66),
    "europe_central_asia": (212, 8),
    "africa": (212, 124),
    "asia_pacific": (420, 66),
    "antarctica": (212, 240),
}
"""Where the tile of each region stands: a scheme from west to east, not a map of borders."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A region on the scheme: its place, and its entries of one need or of all. `step` 0..4 is its tone."""

    code: str
    name: str
    x: int
    y: int
    n_asked: int
    n_offered: int
    step: int
    is_gap: bool


@bp.get("/coverage")
@acts(Action.COVERAGE_READ)
def show() -> ResponseReturnValue:
    """One row for each need, one column for each region."""
    actor, now, language = current_actor(), utc_now(), current_language()
    with reading() as session:
        report = coverage_report(session, actor, language=language)
        waiting = waiting_requests(session, actor)
        bundles = bundles_report(session, actor, language=language, now=now)
    rows = by_need(report.table)
    chosen = request.args.get("need", "")
    need = chosen if chosen in rows else None
    return render_template(
        "coverage.html",
        report=report,
        rows=rows,
        has_unplaced=any(cell.region is None for cell in report.table.cells),
        most=max((cell.n_unmet for cell in report.table.cells), default=0),
        need=need,
        tiles=_tiles(report.table.cells, need, report.region_names),
        clusters=bundles.rows[:N_CLUSTERS],
        waiting=waiting[:N_WAITING],
        cycles=sorted(Counter(one.n_calls for one in waiting).items()),
        n_waiting=len(waiting),
        may_call=may_draft_call(actor, now=now),
    )


def _tiles(cells: tuple[Coverage, ...], need: str | None, names: Mapping[str, str]) -> list[Tile]:
    """A tile for each region, of one need, or of all: then a request counts once for each that it names."""
    found = []
    for code, (x, y) in TILES.items():
        mine = [cell for cell in cells if cell.region == code and need in (None, cell.need)]
        asked, offered = sum(cell.n_asked for cell in mine), max((cell.n_offered for cell in mine), default=0)
        gaps = sum(cell.is_gap for cell in mine)
        found.append((code, x, y, asked, offered, gaps))
    most = max((one[3] for one in found), default=0)
    return [
        Tile(
            code, names.get(code, code), x, y, asked, offered, -(-asked * 4 // most) if most else 0, gaps > 0
        )
        for code, x, y, asked, offered, gaps in found
    ]


@bp.get("/coverage/cell")
@acts(Action.COVERAGE_READ)
def cell() -> ResponseReturnValue:
    """The entries behind one cell of the table, and a way to draft a call for it."""
    need, region = (
        None if (code := request.args.get(name, UNSAID)) == UNSAID else code for name in ("need", "region")
    )
    actor, now = current_actor(), utc_now()
    with reading() as session:
        found = coverage_cell(session, actor, need, region, language=current_language())
    return render_template("coverage_cell.html", cell=found, may_call=may_draft_call(actor, now=now))


@bp.get("/bundles")
@acts(Action.COVERAGE_READ)
def bundles() -> ResponseReturnValue:
    """Requests that one concept note could serve together."""
    with reading() as session:
        report = bundles_report(session, current_actor(), language=current_language(), now=utc_now())
    return render_template("bundles.html", report=report)
