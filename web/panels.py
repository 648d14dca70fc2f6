"""The panel's pages: the agenda of the meeting, and one proposal with its scores, flags and agreements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.decisions.proposing import PROPOSABLE, Draft, propose
from services.panels import deliberation, setbacks
from services.queries import agenda, panels
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.decisions import OUTCOMES
from vocabulary.errors import Invalid
from vocabulary.labels import STATE_LABELS
from vocabulary.messages import Message
from vocabulary.states import ReviewActKind
from web.forms import version_of
from web.session import tell

bp = Blueprint("panels", __name__, url_prefix="/panels")
TONES = {"satisfied": "good", "failed": "bad", "undecided": "warn"}
SET_BACK = {
    ReviewActKind.RETURN: (Message("Send it back to its author"), Message("The review was sent back.")),
    ReviewActKind.VOID: (
        Message("Void it"),
        Message("The review does not count any more. Its text is kept."),
    ),
}
"""Words for what can be done with a review, and for what is told once it is done."""
WAITS = Message("Proposed. Somebody else has to confirm it.")
TAKE_BACK = "none"
"""The choice of the form that takes an agreed score back."""


@bp.get("")
@acts(Action.PANEL_LIST)
def show_all() -> ResponseReturnValue:
    """The agenda, of all calls or of one."""
    return _agenda(request.args.get("call"), {}, {})


def _agenda(call_ref: str | None, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        found = agenda.agenda(session, current_actor(), call_ref, now=utc_now())
    return render_template(
        "panels/agenda.html",
        agenda=found,
        tones=TONES,
        verdicts=agenda.VERDICT_NAMES,
        outcomes=OUTCOMES,
        states=STATE_LABELS,
        typed=typed,
        errors=errors,
    )


@bp.post("")
@acts(Action.PANEL_OPEN)
def open_all() -> ResponseReturnValue:
    """Open the deliberation of every proposal of a call that is under review."""
    call_ref, reason = request.form.get("call", ""), request.form.get("reason", "")
    try:
        with transaction() as session:
            n = deliberation.open_all(session, current_actor(), call_ref, reason, now=utc_now())
    except Invalid as wrong:
        return _agenda(call_ref, {"reason": reason}, wrong.errors), 422
    tell(Message("In deliberation now: {n}. Their reviews are locked.", n=n))
    return redirect(url_for("panels.show_all", call=call_ref), 303)


@bp.get("/<ref>")
@acts(Action.REVIEW_READ_RESULTS)
def show(ref: str) -> ResponseReturnValue:
    """One proposal as the panel sees it."""
    return _page(ref, {}, {})


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any], form: str = "") -> str:
    language = current_language()
    with reading() as session:
        page = panels.panel_page(session, current_actor(), ref, language=language, now=utc_now())
    return render_template(
        "panels/page.html",
        page=page,
        tones=TONES,
        verdicts=agenda.VERDICT_NAMES,
        outcomes=OUTCOMES,
        states=STATE_LABELS,
        choices=[(outcome.value, OUTCOMES[outcome]) for outcome in PROPOSABLE],
        acts={action.value for action in page.may},
        set_back_words=SET_BACK,
        typed=typed,
        errors=errors,
        form=form,
    )


@bp.post("/<ref>/deliberation")
@acts(Action.PANEL_OPEN)
def open_one(ref: str) -> ResponseReturnValue:
    """Open the deliberation of one proposal: its reviews are locked."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            deliberation.open_item(
                session, current_actor(), ref, version_of(request.form), reason, now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, {"reason": reason}, wrong.errors, "open"), 422
    tell(Message("The deliberation is open, and the reviews are locked."))
    return _back(ref)


@bp.post("/<ref>/consensus")
@acts(Action.REVIEW_RECORD_CONSENSUS)
def agree(ref: str) -> ResponseReturnValue:
    """Record the score that the meeting agreed on, or take it back."""
    typed = {name: request.form.get(name, "").strip() for name in ("criterion", "value", "reason")}
    try:
        with transaction() as session:
            deliberation.record_consensus(
                session,
                current_actor(),
                ref,
                typed["criterion"],
                None if typed["value"] == TAKE_BACK else _score(typed["value"]),
                typed["reason"],
                now=utc_now(),
            )
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors, "agree"), 422
    tell(Message("Kept. The result was worked out anew."))
    return _back(ref)


def _score(text: str) -> int:
    """The score typed; one that is none of ours is refused by the service."""
    return int(text) if text in ("0", "1", "2", "3") else -1


@bp.post("/<ref>/notes")
@acts(Action.PANEL_DISCUSS)
def note(ref: str) -> ResponseReturnValue:
    """Write a note of the discussion, or a minority view."""
    typed = {"kind": request.form.get("kind", ""), "text": request.form.get("text", "")}
    try:
        with transaction() as session:
            deliberation.write_note(
                session, current_actor(), ref, typed["kind"], typed["text"], now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors, "note"), 422
    tell(Message("Kept."))
    return _back(ref)


@bp.post("/<ref>/reviews/<review_ref>/return")
@acts(Action.REVIEW_RETURN)
def give_back(ref: str, review_ref: str) -> ResponseReturnValue:
    """Send a review back to its author, or propose it."""
    return _set_back(ref, review_ref, ReviewActKind.RETURN)


@bp.post("/<ref>/reviews/<review_ref>/void")
@acts(Action.REVIEW_VOID)
def void(ref: str, review_ref: str) -> ResponseReturnValue:
    """Void a review, or propose it."""
    return _set_back(ref, review_ref, ReviewActKind.VOID)


def _set_back(ref: str, review_ref: str, kind: ReviewActKind) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            is_done = setbacks.set_back(
                session, current_actor(), ref, review_ref, kind, reason, now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, {"reason": reason}, wrong.errors, f"{kind.value}-{review_ref}"), 422
    tell(SET_BACK[kind][1] if is_done else WAITS)
    return _back(ref)


@bp.post("/<ref>/reviews/<review_ref>/confirm")
@acts(Action.REVIEW_VOID)
def confirm_act(ref: str, review_ref: str) -> ResponseReturnValue:
    """Confirm what somebody else proposed to do with a review."""
    with transaction() as session:
        setbacks.confirm(session, current_actor(), ref, review_ref, now=utc_now())
    tell(Message("Confirmed and done."))
    return _back(ref)


@bp.post("/<ref>/reviews/<review_ref>/drop")
@acts(Action.REVIEW_VOID)
def drop_act(ref: str, review_ref: str) -> ResponseReturnValue:
    """Drop what was proposed to do with a review."""
    with transaction() as session:
        setbacks.drop(session, current_actor(), ref, review_ref, now=utc_now())
    tell(Message("Dropped. The review stays as it is."))
    return _back(ref)


@bp.post("/<ref>/decision")
@acts(Action.DECISION_PROPOSE)
def decide(ref: str) -> ResponseReturnValue:
    """Propose what to decide."""
    typed = draft_of(request.form)
    try:
        with transaction() as session:
            made = propose(
                session, current_actor(), ref, Draft(**typed), version_of(request.form), now=utc_now()
            )
            told = Message("Proposed: {ref}. Somebody else has to approve it.", ref=made.ref)
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors, "decide"), 422
    tell(told)
    return _back(ref)


def draft_of(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed of a decision."""
    names = ("outcome", "reason", "conditions", "contradiction_reason")
    return {name: form.get(name, "").strip() for name in names}


def _back(ref: str) -> ResponseReturnValue:
    return redirect(url_for("panels.show", ref=ref), 303)
