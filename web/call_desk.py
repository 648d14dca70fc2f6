"""Calls for whoever runs them: write, announce, follow, move on, and change by two people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import call_acts, call_questions, calls
from services.call_acts import ACT_NAMES
from services.call_content import CallSheet
from services.clock import utc_now
from services.queries.call_board import call_board
from services.transaction import reading, transaction
from translations.catalogues import LANGUAGES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.states import ActOutcome, CallAction, CallActKind
from web.board import WORK
from web.call_form import FIELD_NAMES, asked_in, choices, content_in, instant_in, typed_in, typed_of
from web.call_words import EVENTS
from web.forms import version_of
from web.session import tell

bp = Blueprint("call_desk", __name__, url_prefix="/calls")

STEPS: Mapping[CallAction, tuple[Message, Message]] = {
    CallAction.START_REVIEW: (
        Message("Start the review"),
        Message("Reviewers score what is eligible. Nobody is written to."),
    ),
    CallAction.DELIBERATE: (
        Message("Start the deliberation"),
        Message("Scores are locked, and the panel sees them side by side."),
    ),
    CallAction.DECIDE: (
        Message("Close the deliberation"),
        Message("Every entry has a decision that two people stand for. Nothing is told yet."),
    ),
    CallAction.RELEASE: (
        Message("Mark the results as released"),
        Message("Every letter has gone; owners see their result."),
    ),
    CallAction.ARCHIVE: (Message("Archive the call"), Message("Nothing more happens in it.")),
}
"""Each step that a person takes: its words, and what follows from it."""

SAVED = Message("Saved. The draft can be announced by somebody else.")
ANNOUNCED = Message("The call is announced.")
PROPOSED = Message("Proposed. It happens once a second person confirms it.")
DONE = Message("Done.")
DROPPED = Message("The proposal was dropped.")


# --- write ------------------------------------------------------------------------------------------------


@bp.get("/new")
@acts(Action.CALL_CREATE)
def new() -> ResponseReturnValue:
    """An empty form, or one with the needs and regions that a gap in the coverage named."""
    calls.require_to_write(current_actor(), now=utc_now())
    return _form_page(None, asked_in(request.args), {})


@bp.post("/new")
@acts(Action.CALL_CREATE)
def create() -> ResponseReturnValue:
    """Begin a draft."""
    calls.require_to_write(current_actor(), now=utc_now())
    typed = typed_in(request.form)
    content, errors = content_in(typed)
    try:
        if errors:
            raise Invalid(errors)
        with transaction() as session:
            ref = calls.create_call(session, current_actor(), content, now=utc_now()).ref
    except Invalid as wrong:
        return _form_page(None, typed, wrong.errors), 422
    tell(SAVED)
    return redirect(url_for("call_desk.show", ref=ref), 303)


@bp.get("/<ref>/edit")
@acts(Action.CALL_EDIT)
def edit(ref: str) -> ResponseReturnValue:
    """The form of a draft."""
    with reading() as session:
        sheet = calls.draft_to_edit(session, current_actor(), ref, now=utc_now())
    return _form_page(sheet, typed_of(sheet), {})


@bp.post("/<ref>/edit")
@acts(Action.CALL_EDIT)
def save(ref: str) -> ResponseReturnValue:
    """Keep what was typed; what cannot be taken is shown again with the reason."""
    with reading() as session:
        sheet = calls.draft_to_edit(session, current_actor(), ref, now=utc_now())
    typed, version = typed_in(request.form), version_of(request.form)
    content, errors = content_in(typed)
    try:
        if errors:
            raise Invalid(errors)
        with transaction() as session:
            calls.edit_call(session, current_actor(), ref, content, version, now=utc_now())
    except (Invalid, Conflict) as wrong:
        return _form_page(sheet, typed, wrong.errors or {"version": [wrong.message]}), wrong.status
    tell(SAVED)
    return redirect(url_for("call_desk.show", ref=ref), 303)


def _form_page(sheet: CallSheet | None, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        return render_template(
            "calls/form.html",
            sheet=sheet,
            typed=typed,
            errors=errors,
            labels=FIELD_NAMES,
            **{f"offered_{name}": found for name, found in choices(session).items()},
        )


# --- follow -----------------------------------------------------------------------------------------------


@bp.get("/<ref>/board")
@acts(Action.BOARD_LIST)
def show(ref: str) -> ResponseReturnValue:
    """How the call stands: what is to do in it, what can be done with it, and who did what."""
    return _board(ref, {})


def _board(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as session:
        found = call_board(session, current_actor(), ref, now=utc_now(), language=current_language())
        return render_template(
            "calls/board.html",
            board=found,
            call=found.sheet,
            work=[(WORK[one.code], one) for one in found.work if one.count],
            steps=[(step, *STEPS[step]) for step in found.steps],
            act_names=ACT_NAMES,
            labels=FIELD_NAMES,
            errors=errors,
            typed=request.form,
        )


@bp.post("/<ref>/publication")
@acts(Action.CALL_PUBLISH)
def publish(ref: str) -> ResponseReturnValue:
    """Announce a draft that somebody else wrote."""
    try:
        with transaction() as session:
            calls.publish_call(session, current_actor(), ref, version_of(request.form), now=utc_now())
    except Invalid as wrong:
        return _board(ref, wrong.errors), 422
    return _back(ref, ANNOUNCED)


@bp.post("/<ref>/versions")
@acts(Action.CALL_CREATE)
def new_version(ref: str) -> ResponseReturnValue:
    """A draft that takes the place of an announced call before it opens."""
    with transaction() as session:
        made = calls.new_version(session, current_actor(), ref, now=utc_now()).ref
    return redirect(url_for("call_desk.edit", ref=made), 303)


@bp.post("/<ref>/phase")
@acts(Action.CALL_MOVE_ON)
def move_on(ref: str) -> ResponseReturnValue:
    """Take the next step; what stands in the way is named, and some of it passes with a reason."""
    chosen = request.form.get("action", "")
    if chosen not in list(CallAction):
        raise NotFound
    try:
        with transaction() as session:
            calls.advance_call(
                session,
                current_actor(),
                ref,
                CallAction(chosen),
                now=utc_now(),
                expected_version=version_of(request.form),
                reason=request.form.get("reason", "").strip()[:2000] or None,
            )
    except Conflict as refused:
        if refused.code != "not_ready":
            raise
        return _board(ref, {"reason": [refused.message]}), 409
    return _back(ref, EVENTS[f"call.{chosen}"])


# --- change by two people ---------------------------------------------------------------------------------


@bp.get("/<ref>/changes/<any(cancel, move_deadline, correct, extend):kind>")
@acts(Action.CALL_PROPOSE)
def change(ref: str, kind: str) -> ResponseReturnValue:
    """Say what is to change and why."""
    return _change_page(ref, CallActKind(kind), None, {})


@bp.post("/<ref>/changes/<any(cancel, move_deadline, correct, extend):kind>")
@acts(Action.CALL_PROPOSE)
def propose(ref: str, kind: str) -> ResponseReturnValue:
    """Propose it; a second person confirms."""
    chosen, typed = CallActKind(kind), typed_in(request.form)
    try:
        payload = _payload(ref, chosen, typed)
        with transaction() as session:
            act = call_acts.propose_act(
                session,
                current_actor(),
                ref,
                chosen,
                payload,
                request.form.get("reason", ""),
                now=utc_now(),
                entry_ref=request.form.get("entry"),
                expected_version=version_of(request.form),
            )
    except Invalid as wrong:
        return _change_page(ref, chosen, typed, wrong.errors), 422
    except Conflict as refused:
        return _change_page(ref, chosen, typed, {"version": [refused.message]}), 409
    return _back(ref, DONE if act.outcome is ActOutcome.DONE else PROPOSED)


def _payload(ref: str, kind: CallActKind, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the act needs, as services.call_acts takes it. Raises Invalid by field."""
    errors: dict[str, Any] = {}
    if kind is CallActKind.CANCEL:
        return {}
    if kind is CallActKind.CORRECT:
        with reading() as session:
            call_acts.require_to_propose(session, current_actor(), ref, now=utc_now())
            sheet = calls.read_call(session, current_actor(), ref, now=utc_now())
        content, errors = content_in({**typed_of(sheet), **typed})
        if errors:
            raise Invalid(errors)
        return {"changes": call_acts.changes_between(sheet.content, content)}
    name = "closes_at" if kind is CallActKind.MOVE_DEADLINE else "until"
    payload = {name: instant_in(typed, name, errors)}
    if errors:
        raise Invalid(errors)
    return payload


def _change_page(
    ref: str, kind: CallActKind, typed: Mapping[str, Any] | None, errors: Mapping[str, Any]
) -> str:
    with reading() as session:
        call_acts.require_to_propose(session, current_actor(), ref, now=utc_now())
        sheet = calls.read_call(session, current_actor(), ref, now=utc_now())
        shown = typed_of(sheet) | {"reason": "", "entry": "", "until": ""}
        return render_template(
            "calls/change.html",
            call=sheet,
            kind=kind.value,
            name=ACT_NAMES[kind],
            typed=shown if typed is None else {**shown, **typed},
            errors=errors,
            labels=FIELD_NAMES | {"reason": Message("Reason"), "until": Message("New deadline")},
            **{f"offered_{name}": found for name, found in choices(session).items()},
        )


@bp.post("/<ref>/acts/<int(max=2147483647):act_id>/confirm")
@acts(Action.CALL_PROPOSE)
def confirm(ref: str, act_id: int) -> ResponseReturnValue:
    """The second person confirms, and it happens."""
    with transaction() as session:
        call_acts.confirm_act(session, current_actor(), act_id, now=utc_now(), call_ref=ref)
    return _back(ref, DONE)


@bp.post("/<ref>/acts/<int(max=2147483647):act_id>/drop")
@acts(Action.CALL_PROPOSE)
def drop(ref: str, act_id: int) -> ResponseReturnValue:
    """Let a proposal fall."""
    with transaction() as session:
        call_acts.drop_act(session, current_actor(), act_id, now=utc_now(), call_ref=ref)
    return _back(ref, DROPPED)


# --- questions --------------------------------------------------------------------------------------------


@bp.post("/<ref>/questions/<int(max=2147483647):question_id>")
@acts(Action.CALL_ANSWER)
def answer(ref: str, question_id: int) -> ResponseReturnValue:
    """Publish a question and its answer."""
    texts = {code: request.form.get(f"question.{code}", "") for code in LANGUAGES}
    answers = {code: request.form.get(f"answer.{code}", "") for code in LANGUAGES}
    try:
        with transaction() as session:
            call_questions.answer(session, current_actor(), ref, question_id, texts, answers, now=utc_now())
    except Invalid as wrong:
        return _board(ref, wrong.errors), 422
    return _back(ref, Message("The answer is published."))


@bp.post("/<ref>/questions/<int(max=2147483647):question_id>/decline")
@acts(Action.CALL_ANSWER)
def decline(ref: str, question_id: int) -> ResponseReturnValue:
    """Leave a question out, with a reason."""
    reason = request.form.get("reason", "")[:2000]
    try:
        with transaction() as session:
            call_questions.decline(session, current_actor(), ref, question_id, reason, now=utc_now())
    except Invalid as wrong:
        return _board(ref, wrong.errors), 422
    return _back(ref, Message("The question is left out."))


# --- the second person ------------------------------------------------------------------------------------


@bp.get("/<ref>/four-eyes")
@acts(Action.CALL_SET_FOUR_EYES)
def four_eyes(ref: str) -> ResponseReturnValue:
    """Whether the call asks for a second person; for administrators."""
    return _four_eyes_page(ref, {})


@bp.post("/<ref>/four-eyes")
@acts(Action.CALL_SET_FOUR_EYES)
def set_four_eyes(ref: str) -> ResponseReturnValue:
    """Switch it off or on, with a reason."""
    is_on = request.form.get("is_on") == "yes"
    try:
        with transaction() as session:
            calls.set_four_eyes(
                session, current_actor(), ref, is_on, request.form.get("reason", "")[:2000], now=utc_now()
            )
    except Invalid as wrong:
        return _four_eyes_page(ref, wrong.errors), 422
    tell(DONE)
    return redirect(url_for("call_desk.four_eyes", ref=ref), 303)


def _four_eyes_page(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as session:
        is_on = calls.asks_for_two(session, current_actor(), ref, now=utc_now())
    return render_template("calls/four_eyes.html", ref=ref, is_on=is_on, errors=errors, typed=request.form)


def _back(ref: str, message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("call_desk.show", ref=ref), 303)
