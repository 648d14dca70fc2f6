"""/fellowships/REF/panel…: who marks what, conflicts to rule on, agreement; /marks: what a member marks."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Answer, Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.fellowship_panel import (
    DeclaredConflictsSchema,
    MarkingConflictSchema,
    MarkingPlanAdoptionSchema,
    MarkingPlanQuerySchema,
    MarkingPlanSchema,
    MarkingStandingSchema,
    MarkSheetSchema,
    MarkSheetsSchema,
    MarksSchema,
    PanelAgreementSchema,
    PanelMembersSchema,
    PanelPageQuerySchema,
    PanelRulingSchema,
)
from schemas.fellowships import CountSchema
from services.clock import utc_now
from services.fellowships import mark_sheets, panel, planning, rulings
from services.fellowships.planning import Plan
from services.fellowships.rows import standing
from services.queries.panel_agreement import agreement_page
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_fellowship_panel", __name__, description="The panel of a fellowship call")

NO_CALL = "No such fellowship call, or it is not yours to see"


@bp.route("/fellowships/<ref>/panel", methods=["GET"])
@acts(Action.MARK_SEAT)
@bp.response(200, PanelMembersSchema)
@bp.alt_response(404, description=NO_CALL)
def get_members(ref: str) -> dict[str, Any]:
    """Everybody who may mark in the call, with how many nominations they have and have marked."""
    with reading() as session:
        return {"items": planning.panel_of(session, current_actor(), ref, now=utc_now()), "next": None}


@bp.route("/fellowships/<ref>/panel-plan", methods=["GET"])
@acts(Action.MARK_SEAT)
@bp.arguments(MarkingPlanQuerySchema, location="query")
@bp.response(200, MarkingPlanSchema)
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="Nobody is wanted, or there are not enough panel members")
def get_plan(query: dict[str, Any], ref: str) -> dict[str, Any]:
    """Work out who should mark what, with reasons. A dry run: nothing is made, nobody is told."""
    asked = planning.asked_for(query["each"], query["most"], query["mode"])
    with reading() as session:
        return _plan(planning.plan(session, current_actor(), ref, asked, now=utc_now()))


@bp.route("/fellowships/<ref>/panel-plan", methods=["POST"])
@acts(Action.MARK_SEAT)
@bp.arguments(MarkingPlanAdoptionSchema)
@bp.response(200, CountSchema)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="What the plan stands on has changed since it was looked at")
def adopt_plan(given: dict[str, Any], ref: str) -> Response:
    """Ask the members of the plan with this `fingerprint` to mark, but for the pairs left out."""
    asked = planning.asked_for(given["each"], given["most"], given["mode"])
    left_out = {(one["nomination"], one["member"]) for one in given["left_out"]}

    def work(session: Session) -> Answer:
        n = planning.make_without(
            session,
            current_actor(),
            ref,
            asked,
            given["fingerprint"],
            left_out,
            now=utc_now(),
            due_at=given["due_at"],
        )
        return {"n": n}, 200, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/panel-conflicts", methods=["GET"])
@acts(Action.MARK_RULE)
@bp.response(200, DeclaredConflictsSchema)
@bp.alt_response(404, description=NO_CALL)
def get_conflicts(ref: str) -> dict[str, Any]:
    """Conflicts of interest that panel members declared about nominations, those to rule on first."""
    with reading() as session:
        return {"items": rulings.declared_in(session, current_actor(), ref, now=utc_now()), "next": None}


@bp.route("/fellowships/<ref>/panel-conflicts/<int(max=2147483647):seat_id>/ruling", methods=["PUT"])
@acts(Action.MARK_RULE)
@bp.arguments(PanelRulingSchema)
@bp.response(200, DeclaredConflictsSchema)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.alt_response(404, description="No such call, or no such conflict in it")
@bp.alt_response(409, description="Ruled on before, nothing to rule on, or declared anew meanwhile")
@bp.alt_response(428, description="If-Match is missing")
def put_ruling(given: dict[str, Any], ref: str, seat_id: int) -> Response:
    """Clear or uphold a possible conflict; the score follows. Needs If-Match with the version of the
    conflict."""
    version = expected_version()

    def work(session: Session) -> Answer:
        actor, now = current_actor(), utc_now()
        rulings.rule(
            session, actor, seat_id, given["ruling"], given["reason"] or "", version, now=now, call_ref=ref
        )
        found = rulings.declared_in(session, actor, ref, now=now)
        return DeclaredConflictsSchema().dump({"items": found, "next": None}), 200, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/agreement", methods=["GET"])
@acts(Action.SHORTLIST_READ)
@bp.response(200, PanelAgreementSchema)
@bp.alt_response(404, description=NO_CALL)
def get_agreement(ref: str) -> dict[str, Any]:
    """How far the panel's marks agree, in all, by criterion, and for each nomination. No list reads it."""
    with reading() as session:
        page = agreement_page(session, current_actor(), ref, now=utc_now())
    named = ("is_locked", "agreed", "leanings", "rows")
    return {name: getattr(page, name) for name in named} | {"next": None}


@bp.route("/marks", methods=["GET"])
@acts(Action.MARK_LIST_OWN)
@bp.arguments(PanelPageQuerySchema, location="query")
@bp.response(200, MarkSheetsSchema)
def get_sheets(query: dict[str, Any]) -> dict[str, Any]:
    """The nominations that the caller is to mark, those not yet submitted first."""
    with reading() as session:
        sheets = mark_sheets.my_sheets(session, current_actor(), now=utc_now())
    start = query.get("cursor") or 0
    end = start + query["limit"]
    more = str(end) if end < len(sheets) else None
    return {"items": sheets[start:end], "next": more, "total": len(sheets)}


@bp.route("/marks/<ref>", methods=["GET"])
@acts(Action.MARK_ANSWER)
@bp.response(200, MarkSheetSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_sheet(ref: str) -> Response:
    """One nomination to mark; what it says only after the conflict question."""
    with reading() as session:
        sheet = mark_sheets.my_sheet(session, current_actor(), ref, now=utc_now())
    return unless_known(MarkSheetSchema().dump(sheet))


@bp.route("/marks/<ref>/conflict", methods=["PUT"])
@acts(Action.MARK_ANSWER)
@bp.arguments(MarkingConflictSchema)
@bp.response(200, MarkingStandingSchema)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(409, description="A conflict was declared before; an officer looks into it")
def put_answer(given: dict[str, Any], ref: str) -> Response:
    """Answer the conflict question. `none` opens the nomination; anything else needs a sentence."""

    def work(session: Session) -> Answer:
        seat = panel.answer_conflict(
            session, current_actor(), ref, given["answer"], given["text"], now=utc_now()
        )
        said = {"nomination": ref, "answer": seat.answer, "standing": standing(seat).value}
        return MarkingStandingSchema().dump(said), 200, {}

    return write_once(work)


@bp.route("/marks/<ref>", methods=["PUT"])
@acts(Action.MARK_GIVE)
@bp.arguments(MarksSchema)
@bp.response(200, MarkSheetSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.alt_response(409, description="The marks are locked, or changed meanwhile")
@bp.alt_response(428, description="If-Match is missing")
def put_marks(given: dict[str, Any], ref: str) -> Response:
    """Keep marks, all of them anew; with `final` they count. Needs If-Match with `version` of the sheet."""
    version = expected_version()

    def work(session: Session) -> Answer:
        panel.mark(
            session,
            current_actor(),
            ref,
            given["marks"],
            given["notes"],
            given["band"],
            version,
            is_final=given["final"],
            now=utc_now(),
        )
        return _sheet(session, ref)

    return write_once(work)


def _sheet(session: Session, ref: str) -> Answer:
    session.flush()
    sheet = mark_sheets.my_sheet(session, current_actor(), ref, now=utc_now())
    return MarkSheetSchema().dump(sheet), 200, version_headers(sheet.seat_version)


def _plan(found: Plan) -> dict[str, Any]:
    """A plan with its sentences in the caller's language."""
    language = current_language()
    pairs = [
        {
            "ref": one.ref,
            "nominee": one.nominee,
            "email": one.email,
            "member": one.member,
            "score": one.score,
            "reasons": [translate(reason, language) for reason in one.reasons],
            "shared": planning.shared_words(one, language),
        }
        for one in found.pairs
    ]
    return {
        "each": found.asked.each,
        "most": found.asked.most,
        "mode": found.asked.mode.value,
        "pairs": pairs,
        "total": found.total,
        "gap": found.gap,
        "n_ruled_out": found.n_closed,
        "n_avoided": found.n_avoided,
        "fingerprint": found.fingerprint,
    }
