"""Allocations for the officer: ask for one, follow it, read it, take it away, take pairs up as matches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.allocations import NewAllocationSchema
from services import calls, vocabularies
from services.allocations import asking, display
from services.allocations.asking import Asked
from services.clock import utc_now
from services.tables import as_csv
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message, plural_message
from web.forms import TICKED
from web.matches import PARTS
from web.session import tell

bp = Blueprint("allocations", __name__, url_prefix="/allocations")
MODES: Mapping[str, tuple[Message, Message]] = {
    "best": (
        Message("The greatest sum of scores"),
        Message("Under every limit below, with a proof. Single pairs may be worse than they could be."),
    ),
    "stable": (
        Message("Nobody would rather swap"),
        Message("No request and offer left over would both prefer each other. Knows no money and no floors."),
    ),
}
FLOOR = "floor-"
COLUMNS = ("request", "request_title", "offer", "offer_title", "score", "unserved_because", "match")


@bp.get("")
@acts(Action.ALLOCATION_READ)
def show_all() -> ResponseReturnValue:
    """The allocations so far, and a form to ask for one."""
    return _form({}, {})


@bp.post("")
@acts(Action.ALLOCATION_MAKE)
def make() -> ResponseReturnValue:
    """Put one in the queue."""
    typed = _typed(request.form)
    try:
        given = NewAllocationSchema().load(typed)
        asked = Asked(
            **given
            | {
                "title": given["title"] or "",
                "offers": tuple(given["offers"]),
                "needs": tuple(given["needs"]),
                "seconds": given["seconds"] or 0,
            }
        )
        with transaction() as session:
            ref = asking.ask(session, current_actor(), asked, now=utc_now())
    except ValidationError as wrong:
        return _form(typed, wrong.normalized_messages()), 422
    except Invalid as wrong:
        return _form(typed, wrong.errors), 422
    tell(Message("It is in the queue. This page shows how far it is."))
    return redirect(url_for("allocations.show", ref=ref), 303)


def _typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as the schema reads it; an empty box means the default."""
    typed: dict[str, Any] = {
        name: text for name in ("title", "call", "mode", "seed") if (text := form.get(name, "").strip())
    }
    typed.setdefault("title", "")
    for name in ("most_per_offer", "seconds"):
        text = form.get(name, "").strip()
        if text:
            typed[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    if text := form.get("least_score", "").strip():
        typed["least_score"] = text.replace(",", ".")
    typed["needs"] = [code for code in form.getlist("needs") if code]
    typed["uses_budgets"] = form.get("uses_budgets") == TICKED
    typed["floors"] = {
        name.removeprefix(FLOOR): int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
        for name, text in form.items()
        if name.startswith(FLOOR) and text.strip()
    }
    return typed


def _form(typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    language, actor, now = current_language(), current_actor(), utc_now()
    with reading() as session:
        rows = asking.list_allocations(session, actor, now=now)
        known = calls.list_calls(session, actor, now=now)
        names = vocabularies.labels(session, "regions", language)
        regions = [(code, names.get(code, code)) for code in asking.regions(session)]
        needs = list(vocabularies.labels(session, "needs", language).items())
    titles = [(sheet.ref, sheet.content["title"].get(language) or sheet.ref) for sheet in known]
    return render_template(
        "allocations/list.html",
        rows=rows,
        calls=titles,
        regions=regions,
        needs=needs,
        modes=[(code, *said) for code, said in MODES.items()],
        typed=typed,
        errors=errors,
    )


@bp.get("/<ref>")
@acts(Action.ALLOCATION_READ)
def show(ref: str) -> ResponseReturnValue:
    """How far it is, or what it proposes."""
    return _page(ref)


def _page(ref: str, taken: tuple[display.TakenUp, ...] = (), errors: Mapping[str, Any] | None = None) -> str:
    language = current_language()
    with reading() as session:
        sheet = asking.allocation(session, current_actor(), ref, now=utc_now())
        proposal = display.proposal_of(session, sheet, language=language)
        regions = vocabularies.labels(session, "regions", language)
    return render_template(
        "allocations/show.html",
        sheet=sheet,
        row=sheet.row,
        proposal=proposal,
        regions=regions,
        parts=PARTS,
        modes=MODES,
        taken=taken,
        errors=errors or {},
    )


@bp.post("/<ref>/cancellation")
@acts(Action.ALLOCATION_MAKE)
def cancel(ref: str) -> ResponseReturnValue:
    """Stop one that waits or runs."""
    with transaction() as session:
        asking.cancel(session, current_actor(), ref, now=utc_now())
    tell(Message("It is stopped, or will be after its present step."))
    return redirect(url_for("allocations.show", ref=ref), 303)


@bp.post("/<ref>/matches")
@acts(Action.MATCH_SHORTLIST)
def take_up(ref: str) -> ResponseReturnValue:
    """Shortlist the ticked pairs; what could not be taken up is told with its reason."""
    pairs = [
        (one, other) for one, _, other in (text.partition(" ") for text in request.form.getlist("pairs"))
    ]
    reason = request.form.get("reason", "").strip()[:2000] or None
    try:
        with transaction() as session:
            taken = display.take_up(session, current_actor(), ref, pairs, reason, now=utc_now())
    except Invalid as wrong:
        return _page(ref, errors=wrong.errors), 422
    n_taken = sum(one.match_ref is not None for one in taken)
    if n_taken < len(taken):
        return _page(ref, taken), 409 if n_taken == 0 else 200
    tell(plural_message("{n} match is shortlisted.", "{n} matches are shortlisted.", n_taken))
    return redirect(url_for("introductions.show_all", show="shortlisted"), 303)


@bp.get("/<ref>/file.<any(csv, json):form>")
@acts(Action.ALLOCATION_READ)
def download(ref: str, form: str) -> Response:
    """The pairs as a table, or the whole record with its proof."""
    with reading() as session:
        sheet = asking.allocation(session, current_actor(), ref, now=utc_now())
        proposal = display.proposal_of(session, sheet, language=current_language())
    if form == "json":
        text = json.dumps(_record(sheet), ensure_ascii=False, indent=1, sort_keys=True)
        body, kind = text.encode(), "application/json"
    else:
        body, kind = as_csv(COLUMNS, _rows(proposal)), "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{ref}.{form}"'}
    return Response(body, content_type=f"{kind}; charset=utf-8", headers=headers)


def _record(sheet: asking.AllocationSheet) -> dict[str, Any]:
    """Everything that the check reads, and where it came from."""
    return {
        "ref": sheet.row.ref,
        "state": sheet.row.state.value,
        "asked": sheet.asked,
        "inputs": sheet.inputs,
        "inputs_hash": sheet.inputs_hash,
        "result": sheet.result,
        "fault": sheet.fault,
        "settings_version": sheet.settings_version,
        "index_version": sheet.index_version,
        "check": None if sheet.check is None else {"faults": sheet.check.faults, "gap": sheet.check.gap},
    }


def _rows(proposal: display.Proposal | None) -> list[dict[str, Any]]:
    if proposal is None:
        return []
    placed = [
        {
            "request": one.request.ref,
            "request_title": one.request.title,
            "offer": one.offer.ref,
            "offer_title": one.offer.title,
            "score": round(one.score, 6),
            "match": one.match_ref,
        }
        for one in proposal.placed
    ]
    unserved = [
        {"request": one.request.ref, "request_title": one.request.title, "unserved_because": one.code}
        for one in proposal.unserved
    ]
    return [*placed, *unserved]
