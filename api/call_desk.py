"""Acts on calls, the questions about them, and today's work."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer, answer_with
from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Blueprint, expected_version, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.calls import CallSchema
from schemas.screening import (
    BoardSchema,
    CallActSchema,
    CallActsSchema,
    CallAnswerSchema,
    CallQuestionsSchema,
    ExtensionsSchema,
    FourEyesSchema,
    NewCallActSchema,
    NewCallQuestionSchema,
    PhaseSchema,
)
from services import call_acts, call_questions, calls
from services.call_acts import ActRow
from services.clock import utc_now
from services.queries import board
from services.queries.calls import call_page
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.states import CallActKind

bp = Blueprint("api_call_desk", __name__, description="Running calls")
_PAYLOADS = {
    CallActKind.CANCEL: (),
    CallActKind.MOVE_DEADLINE: ("closes_at",),
    CallActKind.CORRECT: ("changes",),
    CallActKind.EXTEND: ("until",),
}


@bp.route("/calls/<ref>/versions", methods=["POST"])
@acts(Action.CALL_CREATE)
@bp.response(201, CallSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def new_version(ref: str) -> Response:
    """A draft that takes the place of an announced call before it opens."""

    def work(session: Session) -> Answer:
        return answer_with(calls.new_version(session, current_actor(), ref, now=utc_now()), 201)

    return write_once(work)


@bp.route("/calls/<ref>/phase", methods=["POST"])
@acts(Action.CALL_MOVE_ON)
@bp.arguments(PhaseSchema)
@bp.response(200, CallSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def move_on(asked: dict[str, Any], ref: str) -> Response:
    """Take the next step; what stands in the way is named in `obstacles`."""
    version = expected_version()

    def work(session: Session) -> Answer:
        done = calls.advance_call(
            session,
            current_actor(),
            ref,
            asked["action"],
            now=utc_now(),
            expected_version=version,
            reason=asked.get("reason"),
        )
        return answer_with(done)

    return write_once(work)


@bp.route("/calls/<ref>/four-eyes", methods=["PUT"])
@acts(Action.CALL_SET_FOUR_EYES)
@bp.arguments(FourEyesSchema)
@bp.response(200, CallSchema, headers=ETAG)
def set_four_eyes(asked: dict[str, Any], ref: str) -> Response:
    """Switch the second person off or on; for administrators, with a reason."""

    def work(session: Session) -> Answer:
        actor, reason = current_actor(), asked.get("reason") or ""
        return answer_with(
            calls.set_four_eyes(session, actor, ref, asked["four_eyes"], reason, now=utc_now())
        )

    return write_once(work)


@bp.route("/calls/<ref>/acts", methods=["GET"])
@acts(Action.CALL_PROPOSE)
@bp.response(200, CallActsSchema)
def list_acts(ref: str) -> dict[str, Any]:
    """What was proposed for a call, and what came of it."""
    with reading() as session:
        calls.read_call(session, current_actor(), ref, now=utc_now())
        return {"items": call_acts.acts_of(session, current_actor(), ref, now=utc_now()), "next": None}


@bp.route("/calls/<ref>/acts", methods=["POST"])
@acts(Action.CALL_PROPOSE)
@bp.arguments(NewCallActSchema)
@bp.response(201, CallActSchema)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def propose(asked: dict[str, Any], ref: str) -> Response:
    """Propose to cancel, correct, move the deadline or extend; a second person confirms."""
    version, kind = expected_version(), asked["kind"]
    payload = {name: asked[name] for name in _PAYLOADS[kind] if asked.get(name) is not None}

    def work(session: Session) -> Answer:
        act = call_acts.propose_act(
            session,
            current_actor(),
            ref,
            kind,
            payload,
            asked.get("reason") or "",
            now=utc_now(),
            entry_ref=asked.get("entry"),
            expected_version=version,
        )
        return _act(act, 201)

    return write_once(work)


@bp.route("/calls/<ref>/acts/<int(max=2147483647):act_id>/confirmation", methods=["POST"])
@acts(Action.CALL_PROPOSE)
@bp.response(200, CallActSchema)
@bp.doc(parameters=[REPEAT])
def confirm(ref: str, act_id: int) -> Response:
    """The second person confirms, and it happens."""
    return write_once(
        lambda session: _act(
            call_acts.confirm_act(session, current_actor(), act_id, now=utc_now(), call_ref=ref)
        )
    )


@bp.route("/calls/<ref>/acts/<int(max=2147483647):act_id>", methods=["DELETE"])
@acts(Action.CALL_PROPOSE)
@bp.response(200, CallActSchema)
def drop(ref: str, act_id: int) -> Response:
    """Let a proposal fall."""
    return write_once(
        lambda session: _act(
            call_acts.drop_act(session, current_actor(), act_id, now=utc_now(), call_ref=ref)
        )
    )


@bp.route("/calls/<ref>/extensions", methods=["GET"])
@acts(Action.CALL_PROPOSE)
@bp.response(200, ExtensionsSchema)
def list_extensions(ref: str) -> dict[str, Any]:
    """Entries with a deadline of their own: until when, why, and who granted it."""
    with reading() as session:
        found = call_acts.extensions_of(session, current_actor(), ref, now=utc_now())
    return {"items": found, "next": None}


@bp.route("/calls/<ref>/questions", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, CallQuestionsSchema)
def list_questions(ref: str) -> dict[str, Any]:
    """Questions about a call with their answers, in the caller's language where there is one."""
    language = current_language()
    with reading() as session:
        call_page(session, current_actor(), ref, language=language, now=utc_now())
        return {"items": call_questions.published(session, ref, language), "next": None}


@bp.route("/calls/<ref>/questions", methods=["POST"])
@acts(Action.CALL_ASK)
@bp.arguments(NewCallQuestionSchema)
@bp.response(204)
def ask(asked: dict[str, Any], ref: str) -> Response:
    """Ask about an open call; the answer is published for everybody."""

    def work(session: Session) -> Answer:
        text, email = asked.get("question") or "", asked.get("email")
        call_questions.ask(session, current_actor(), ref, text, email, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/calls/<ref>/questions/<int(max=2147483647):question_id>/answer", methods=["PUT"])
@acts(Action.CALL_ANSWER)
@bp.arguments(CallAnswerSchema)
@bp.response(204)
def answer(asked: dict[str, Any], ref: str, question_id: int) -> Response:
    """Publish a question and its answer, by language."""

    def work(session: Session) -> Answer:
        texts, answers = asked["question"], asked["answer"]
        call_questions.answer(session, current_actor(), ref, question_id, texts, answers, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/board", methods=["GET"])
@acts(Action.BOARD_LIST)
@bp.response(200, BoardSchema)
def get_board() -> dict[str, Any]:
    """Today's work for whoever runs calls; a conflict of interest leaves out what it closes."""
    with reading() as session:
        found = board.board(session, current_actor(), now=utc_now(), language=current_language())
    items = [
        {"code": one.code, "count": one.count, "refs": [row.ref for row in one.rows if row.ref]}
        for one in found
    ]
    return {"items": items, "next": None}


def _act(act: ActRow, status: int = 200) -> Answer:
    shown: dict[str, Any] = CallActSchema().dump(act)
    return shown, status, {}
