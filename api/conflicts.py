"""/conflicts: the conflict question for whoever holds an office, the register, rulings, lifting by two."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import (
    ConflictRegisterSchema,
    ConflictSchema,
    ConflictStateSchema,
    HintReplySchema,
    LiftSchema,
    OwnConflictsSchema,
    RulingSchema,
)
from services import conflict_rulings, conflicts
from services.clock import utc_now
from services.facts import standing
from services.queries import conflicts as pages
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.conflicts import HintAnswer
from vocabulary.states import ConflictAnswer, ConflictRuling

bp = Blueprint("api_conflicts", __name__, description="Conflicts of interest")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@bp.route("/conflicts", methods=["GET"])
@acts(Action.CONFLICT_LIST_OWN)
@bp.response(200, OwnConflictsSchema)
def list_own() -> dict[str, Any]:
    """Entries on which the caller, who holds an office over them, has still to answer."""
    with reading() as session:
        found = pages.own(session, current_actor(), language=current_language(), now=utc_now())
    return {"items": found.rows, "total": found.n_open}


@bp.route("/conflicts/<ref>", methods=["PUT"])
@acts(Action.CONFLICT_DECLARE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ConflictSchema)
@bp.response(200, ConflictStateSchema)
@bp.alt_response(404, description="No such entry, or no office over it")
@bp.alt_response(409, description="A conflict was declared before; an officer has to rule")
def put_answer(given: dict[str, Any], ref: str) -> Response:
    """Answer the conflict question for an entry. The same answer again changes nothing."""

    def work(session: Session) -> Answer:
        declared = conflicts.declare_on_entry(
            session,
            current_actor(),
            ref,
            ConflictAnswer(given["answer"]),
            given["kinds"],
            given["text"],
            now=utc_now(),
            dismissed=given["dismissed"],
        )
        body = {"ref": ref, "answer": declared.answer.value, "standing": standing(declared).value}
        return body, 200, {}

    return write_once(work)


@bp.route("/conflicts/register", methods=["GET"])
@acts(Action.CONFLICT_LIST_ALL)
@bp.response(200, ConflictRegisterSchema)
def get_register() -> dict[str, Any]:
    """Declarations other than «none» on the calls that one runs, and what the service points to."""
    language = current_language()
    with reading() as session:
        found = pages.register(session, current_actor(), now=utc_now())
    return {
        "items": [
            {
                "entry": row.entry_ref,
                "person_id": row.account_id,
                "person": row.person,
                "answer": row.answer.value,
                "standing": row.standing.value,
                "kinds": [translate(kind, language) for kind in row.kinds],
                "text": row.text,
                "answered_at": row.answered_at,
                "ruled_by": row.ruled_by,
                "lift_proposed": row.lift_reason is not None,
            }
            for row in found.rows
        ],
        "pointed": [
            {
                "entry": row.entry_ref,
                "person_id": row.account_id,
                "person": row.person,
                "fingerprint": row.hint.fingerprint,
                "text": translate(row.hint.text, language),
            }
            for row in found.pointed
        ],
    }


@bp.route("/conflicts/<ref>/people/<int(max=2147483647):account_id>/ruling", methods=["PUT"])
@acts(Action.CONFLICT_RULE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(RulingSchema)
@bp.response(200, ConflictStateSchema)
@bp.alt_response(409, description="Nothing waits for a ruling")
def put_ruling(given: dict[str, Any], ref: str, account_id: int) -> Response:
    """Rule on a possible conflict of anybody but oneself."""

    def work(session: Session) -> Answer:
        ruling = ConflictRuling(given["ruling"])
        declared = conflict_rulings.rule_person(
            session, current_actor(), ref, account_id, ruling, given["reason"], now=utc_now()
        )
        body = {"ref": ref, "answer": declared.answer.value, "standing": standing(declared).value}
        return body, 200, {}

    return write_once(work)


@bp.route("/conflicts/<ref>/people/<int(max=2147483647):account_id>/pointed", methods=["POST"])
@acts(Action.CONFLICT_SUGGEST)
@bp.doc(parameters=[REPEAT])
@bp.arguments(HintReplySchema)
@bp.response(204)
@bp.alt_response(409, description="It is no longer open")
def answer_hint(given: dict[str, Any], ref: str, account_id: int) -> Response:
    """Confirm or dismiss what the service points to; confirmed, the conflict is upheld."""

    def work(session: Session) -> Answer:
        conflict_rulings.answer_hint(
            session,
            current_actor(),
            ref,
            account_id,
            given["fingerprint"],
            HintAnswer(given["answer"]),
            given["reason"],
            now=utc_now(),
        )
        return {}, 204, {}

    return write_once(work)


@bp.route("/conflicts/<ref>/people/<int(max=2147483647):account_id>/lift", methods=["POST"])
@acts(Action.CONFLICT_LIFT)
@bp.doc(parameters=[REPEAT])
@bp.arguments(LiftSchema)
@bp.response(204)
@bp.alt_response(409, description="Nothing to lift, or proposed already")
@bp.alt_response(422, description="The reason is missing")
def propose_lift(given: dict[str, Any], ref: str, account_id: int) -> Response:
    """For a decider or auditor: propose to lift an upheld conflict."""

    def work(session: Session) -> Answer:
        conflict_rulings.propose_lift(
            session, current_actor(), ref, account_id, given["reason"] or "", now=utc_now()
        )
        return {}, 204, {}

    return write_once(work)


@bp.route("/conflicts/<ref>/people/<int(max=2147483647):account_id>/lift", methods=["PUT"])
@acts(Action.CONFLICT_LIFT)
@bp.doc(parameters=[REPEAT])
@bp.response(200, ConflictStateSchema)
@bp.alt_response(409, description="Nothing to lift")
def approve_lift(ref: str, account_id: int) -> Response:
    """For the other of the two: approve it."""

    def work(session: Session) -> Answer:
        declared = conflict_rulings.approve_lift(session, current_actor(), ref, account_id, now=utc_now())
        body = {"ref": ref, "answer": declared.answer.value, "standing": standing(declared).value}
        return body, 200, {}

    return write_once(work)
