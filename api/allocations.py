"""/allocations: which request should go to which offer when places are scarce; for officers."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from api.description import IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Answer, Blueprint, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.allocations import (
    AllocationSchema,
    AllocationsSchema,
    NewAllocationSchema,
    TakenUpListSchema,
    TakeUpSchema,
)
from services.allocations import asking, display
from services.allocations.asking import Asked
from services.clock import utc_now
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_allocations", __name__, description="Allocations of scarce places; for officers")


def shown(session: Session, ref: str) -> dict[str, Any]:
    """One allocation as the API and the JSON export show it."""
    language = current_language()
    sheet = asking.allocation(session, current_actor(), ref, now=utc_now())
    proposal = display.proposal_of(session, sheet, language=language)
    names = ("asked", "settings_version", "index_version", "inputs_hash", "fault", "inputs", "check")
    body: dict[str, Any] = {name: getattr(sheet.row, name) for name in sheet.row.__slots__}
    body |= {name: getattr(sheet, name) for name in names}
    body |= {"placed": [], "unserved": [], "served_by_region": {}, "total": None, "certificate": None}
    if proposal is not None:
        body |= {
            "placed": [_placed(row, language) for row in proposal.placed],
            "unserved": [
                {"request": row.request.ref, "code": row.code, "why": translate(row.why, language)}
                for row in proposal.unserved
            ],
            "served_by_region": proposal.served_by_region,
            "total": proposal.total,
            "certificate": (sheet.result or {}).get("certificate"),
        }
    dumped: dict[str, Any] = AllocationSchema().dump(body)
    return dumped


def _placed(row: display.PlacedRow, language: str) -> dict[str, Any]:
    return {
        "request": row.request.ref,
        "offer": row.offer.ref,
        "score": row.score,
        "parts": row.parts,
        "reasons": {name: translate(message, language) for name, message in row.reasons.items()},
        "match": row.match_ref,
    }


@bp.route("/allocations", methods=["GET"])
@acts(Action.ALLOCATION_READ)
@bp.response(200, AllocationsSchema)
def get_list() -> dict[str, Any]:
    """Allocations, the latest first."""
    with reading() as session:
        rows = asking.list_allocations(session, current_actor(), now=utc_now())
    return {"items": rows, "next": None}


@bp.route("/allocations", methods=["POST"])
@acts(Action.ALLOCATION_MAKE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewAllocationSchema)
@bp.response(202, AllocationSchema)
def create(given: dict[str, Any]) -> Response:
    """Ask for an allocation; the background job makes it. Read it until its state is done or failed."""

    def work(session: Session) -> Answer:
        ref = asking.ask(session, current_actor(), asked_from(given), now=utc_now())
        return shown(session, ref), 202, {"Location": url_for("api_allocations.get_one", ref=ref)}

    return write_once(work)


def asked_from(given: dict[str, Any]) -> Asked:
    """What was asked for, from what a schema read."""
    values = dict(given) | {"title": given["title"] or ""}
    values |= {name: tuple(given[name]) for name in ("offers", "needs")}
    return Asked(**values | {"seconds": 0 if given["seconds"] is None else given["seconds"]})


@bp.route("/allocations/<ref>", methods=["GET"])
@acts(Action.ALLOCATION_READ)
@bp.response(200, AllocationSchema)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
@bp.alt_response(404, description="No such allocation, or it holds an entry barred to the caller")
def get_one(ref: str) -> Response:
    """One allocation with its inputs, its proof, and the check of it made anew."""
    with reading() as session:
        body = shown(session, ref)
    return unless_known(body)


@bp.route("/allocations/<ref>/cancellation", methods=["POST"])
@acts(Action.ALLOCATION_MAKE)
@bp.doc(parameters=[REPEAT])
@bp.response(200, AllocationSchema)
@bp.alt_response(404, description="No such allocation, or it holds an entry barred to the caller")
@bp.alt_response(409, description="It has ended already")
def cancel(ref: str) -> Response:
    """Stop one that waits or runs."""

    def work(session: Session) -> Answer:
        asking.cancel(session, current_actor(), ref, now=utc_now())
        body = shown(session, ref)
        return body, 200, version_headers(body["version"])

    return write_once(work)


@bp.route("/allocations/<ref>/matches", methods=["POST"])
@acts(Action.MATCH_SHORTLIST)
@bp.doc(parameters=[REPEAT])
@bp.arguments(TakeUpSchema)
@bp.response(200, TakenUpListSchema)
@bp.alt_response(404, description="No such allocation, or it holds an entry barred to the caller")
@bp.alt_response(409, description="It is not finished")
def take_up(given: dict[str, Any], ref: str) -> Response:
    """Shortlist some of its pairs as matches, each with the score and reasons that placed it."""

    def work(session: Session) -> Answer:
        pairs = [(pair["request"] or "", pair["offer"] or "") for pair in given["pairs"]]
        actor, language = current_actor(), current_language()
        taken = display.take_up(session, actor, ref, pairs, given["reason"], now=utc_now())
        items = [
            {
                "request": one.request,
                "offer": one.offer,
                "match_ref": one.match_ref,
                "refused": translate(one.refused, language) if one.refused is not None else None,
            }
            for one in taken
        ]
        return TakenUpListSchema().dump({"items": items, "next": None}), 200, {}

    return write_once(work)
