"""Conflicts of interest: one's own answers as an officer, moderator, decider; ruling on those of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import ConflictSchema, HintReplySchema, LiftSchema, RulingSchema
from services import conflict_rulings, conflicts
from services.clock import utc_now
from services.conflicts import KINDS
from services.queries import conflicts as pages
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.conflicts import HintAnswer
from vocabulary.errors import Invalid
from vocabulary.messages import Message, plural_message
from vocabulary.states import ConflictAnswer, ConflictRuling
from web.session import tell

bp = Blueprint("conflicts", __name__, url_prefix="/conflicts")


@bp.get("")
@acts(Action.CONFLICT_LIST_OWN)
def own() -> ResponseReturnValue:
    """The entries on which one has still to answer."""
    with reading() as session:
        found = pages.own(session, current_actor(), language=current_language(), now=utc_now())
    return render_template("conflicts/own.html", page=found)


@bp.post("")
@acts(Action.CONFLICT_LIST_OWN)
def none_for_these() -> ResponseReturnValue:
    """No conflict with each of the ticked; what the service points to is answered one by one."""
    refs = request.form.getlist("entry")[: pages.MOST_ROWS]
    with transaction() as session:
        conflicts.answer_none(session, current_actor(), refs, now=utc_now())
    if refs:
        tell(
            plural_message(
                "Answered: {n} entry is open to you.", "Answered: {n} entries are open to you.", len(refs)
            )
        )
    else:
        tell(Message("Nothing was ticked."), is_done=False)
    return redirect(url_for("conflicts.own"), 303)


@bp.get("/register")
@acts(Action.CONFLICT_LIST_ALL)
def register() -> ResponseReturnValue:
    """What was declared, what waits for a ruling, what the service points to."""
    return _register({}), 200


def _register(errors: Mapping[str, Any]) -> str:
    with reading() as session:
        found = pages.register(session, current_actor(), now=utc_now())
    return render_template("conflicts/register.html", page=found, errors=errors)


@bp.get("/<ref>")
@acts(Action.CONFLICT_DECLARE)
def gate(ref: str) -> ResponseReturnValue:
    """The question on one entry, beside what may be seen before it is answered."""
    return _gate(ref, {}, {}), 200


def _gate(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = pages.gate(session, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template("conflicts/gate.html", gate=page, typed=typed, errors=errors, kinds=KINDS)


@bp.post("/<ref>")
@acts(Action.CONFLICT_DECLARE)
def declare(ref: str) -> ResponseReturnValue:
    """Answer it."""
    typed = answer_typed()
    try:
        given = ConflictSchema().load(typed if typed["answer"] else {**typed, "answer": None})
        answer = ConflictAnswer(given["answer"])
        with transaction() as session:
            conflicts.declare_on_entry(
                session,
                current_actor(),
                ref,
                answer,
                given["kinds"],
                given["text"],
                now=utc_now(),
                dismissed=given["dismissed"],
            )
    except ValidationError as wrong:
        return _gate(ref, typed, answer_errors(typed, wrong)), 422
    except Invalid as wrong:
        return _gate(ref, typed, wrong.errors), 422
    tell(ANSWERED[answer])
    return redirect(url_for("conflicts.own"), 303)


ANSWERED: Mapping[ConflictAnswer, Message] = {
    ConflictAnswer.NONE: Message("Thank you. The entry is open to you."),
    ConflictAnswer.POSSIBLE: Message(
        "Thank you. An officer looks into it; until then the entry stays closed to you."
    ),
    ConflictAnswer.CONFLICT: Message("Thank you. The entry stays closed to you."),
}


def answer_typed() -> dict[str, Any]:
    """What the form of the conflict question holds."""
    return {
        "answer": request.form.get("answer", ""),
        "kinds": request.form.getlist("kinds"),
        "text": request.form.get("text", ""),
        "dismissed": request.form.getlist("dismissed"),
    }


def answer_errors(typed: Mapping[str, Any], wrong: ValidationError) -> dict[str, Any]:
    """The errors of its schema, with one's own words where nothing was chosen."""
    errors = dict(wrong.normalized_messages())
    if not typed["answer"]:
        errors["answer"] = [Message("Choose one of the three answers.")]
    return errors


# --- for those who rule -----------------------------------------------------------------------------------


@bp.post("/<ref>/people/<int(max=2147483647):account_id>/ruling")
@acts(Action.CONFLICT_RULE)
def rule(ref: str, account_id: int) -> ResponseReturnValue:
    """Rule on a possible conflict of anybody."""
    given = RulingSchema().load(_typed("ruling", "reason"))
    ruling = ConflictRuling(given["ruling"])
    with transaction() as session:
        conflict_rulings.rule_person(
            session, current_actor(), ref, account_id, ruling, given["reason"], now=utc_now()
        )
    return _done(Message("The ruling is kept, and the person is told."))


@bp.post("/<ref>/people/<int(max=2147483647):account_id>/pointed")
@acts(Action.CONFLICT_SUGGEST)
def answer_hint(ref: str, account_id: int) -> ResponseReturnValue:
    """Confirm or dismiss what the service points to for somebody."""
    given = HintReplySchema().load(_typed("fingerprint", "answer", "reason"))
    with transaction() as session:
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
    return _done(Message("Your answer is kept."))


@bp.post("/<ref>/people/<int(max=2147483647):account_id>/lift")
@acts(Action.CONFLICT_LIFT)
def propose_lift(ref: str, account_id: int) -> ResponseReturnValue:
    """Propose to lift an upheld conflict."""
    given = LiftSchema().load(_typed("reason"))
    try:
        with transaction() as session:
            conflict_rulings.propose_lift(
                session, current_actor(), ref, account_id, given["reason"] or "", now=utc_now()
            )
    except Invalid as wrong:
        return _register(wrong.errors), 422
    return _done(Message("Proposed. It is lifted once the other of decider and auditor approves."))


@bp.post("/<ref>/people/<int(max=2147483647):account_id>/lift/approval")
@acts(Action.CONFLICT_LIFT)
def approve_lift(ref: str, account_id: int) -> ResponseReturnValue:
    """Approve it: the conflict is lifted."""
    with transaction() as session:
        conflict_rulings.approve_lift(session, current_actor(), ref, account_id, now=utc_now())
    return _done(Message("The conflict is lifted, and the person is told."))


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def _done(message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("conflicts.register"), 303)
