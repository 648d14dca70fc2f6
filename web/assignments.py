"""For officers: who scores what, and possible conflicts of interest to rule on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from schemas.reviews import RulingSchema
from services import assignment_proposals, assignment_steps, assignments, conflicts
from services.clock import utc_now
from services.queries import assignment_board
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.states import ConflictRuling
from web.session import tell

bp = Blueprint("assignments", __name__, url_prefix="/assignments")


@bp.get("")
@acts(Action.ASSIGNMENT_READ)
def show_all() -> ResponseReturnValue:
    """The assignments, possible conflicts to rule on, and a form to make an assignment."""
    return _page({}, {}), 200


def _page(typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as session:
        return render_template(
            "reviews/assignments.html",
            rows=assignments.list_all(session, actor, now=now),
            to_rule=conflicts.waiting_for_ruling(session, actor, now=now),
            entries=assignments.assignable(session, actor, now=now),
            proposable=assignment_proposals.proposable(session, actor, now=now),
            proposals=assignment_proposals.waiting(session, actor, now=now),
            calls=assignment_board.planned_calls(session, actor, now=now),
            reviewers=assignments.reviewers(session),
            today=now,
            typed=typed,
            errors=errors,
        )


@bp.post("")
@acts(Action.ASSIGNMENT_MAKE)
def make() -> ResponseReturnValue:
    """Ask a reviewer to score an entry."""
    typed = {name: request.form.get(name, "").strip() for name in ("entry", "reviewer", "due_on")}
    try:
        errors = {name: [Message("Choose one.")] for name in ("entry", "reviewer") if not typed[name]}
        due_at = end_of(typed["due_on"], errors)
        if errors:
            raise Invalid(errors)
        with transaction() as session:
            made = assignments.assign(
                session, current_actor(), typed["entry"], typed["reviewer"], due_at, now=utc_now()
            )
            told = Message("Assigned: {ref}.", ref=made.ref)
    except Invalid as wrong:
        errors = dict(wrong.errors)
        if "due_at" in errors:
            errors["due_on"] = errors.pop("due_at")
        return _page(typed, errors), 422
    tell(told)
    return redirect(url_for("assignments.show_all"), 303)


def end_of(text: str, errors: dict[str, list[Message]]) -> datetime | None:
    """The last minute of a day, in UTC."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59), UTC)
    except ValueError:
        errors["due_on"] = [Message("This must be a date such as 2027-03-31.")]
        return None


@bp.post("/<ref>/ruling")
@acts(Action.CONFLICT_RULE)
def rule(ref: str) -> ResponseReturnValue:
    """Rule on a possible conflict."""
    try:
        given = RulingSchema().load(
            {"ruling": request.form.get("ruling", ""), "reason": request.form.get("reason", "")}
        )
    except ValidationError as wrong:
        return _page({}, {"ruling": next(iter(wrong.normalized_messages().values()))}), 422
    ruling = ConflictRuling(given["ruling"])
    with transaction() as session:
        conflicts.rule(session, current_actor(), ref, ruling, given["reason"], now=utc_now())
    told = (
        Message("Cleared. The reviewer can go on.")
        if ruling is ConflictRuling.CLEARED
        else Message("Upheld. The assignment has ended; ask somebody else.")
    )
    tell(told)
    return redirect(url_for("assignments.show_all"), 303)


# --- what becomes of one ----------------------------------------------------------------------------------


@bp.post("/<ref>/reminder")
@acts(Action.ASSIGNMENT_REMIND)
def remind(ref: str) -> ResponseReturnValue:
    """Write to the reviewer once more."""
    with transaction() as session:
        assignment_steps.remind(session, current_actor(), ref, now=utc_now())
    return _done(Message("A reminder is on its way."))


@bp.post("/<ref>/again")
@acts(Action.ASSIGNMENT_MAKE)
def invite_again(ref: str) -> ResponseReturnValue:
    """Ask somebody again who declined or did not answer."""
    with transaction() as session:
        assignment_steps.invite_again(session, current_actor(), ref, None, now=utc_now())
    return _done(Message("Asked again by mail."))


@bp.post("/<ref>/reassignment")
@acts(Action.ASSIGNMENT_REASSIGN)
def reassign(ref: str) -> ResponseReturnValue:
    """Give an assignment to somebody else, in one step."""
    try:
        with transaction() as session:
            made = assignments.reassign(
                session, current_actor(), ref, request.form.get("reviewer", ""), now=utc_now()
            )
            told = Message("Assigned: {ref}.", ref=made.ref)
    except Invalid as wrong:
        return _page({}, wrong.errors), 422
    return _done(told)


@bp.post("/<ref>/due")
@acts(Action.ASSIGNMENT_REASSIGN)
def move_due_date(ref: str) -> ResponseReturnValue:
    """Give a reviewer more time."""
    errors: dict[str, list[Message]] = {}
    due_at = end_of(request.form.get("due_on", "").strip(), errors)
    try:
        if errors:
            raise Invalid(errors)
        with transaction() as session:
            assignment_steps.move_due_date(session, current_actor(), ref, due_at, now=utc_now())
    except Invalid as wrong:
        found = dict(wrong.errors)
        return _page({}, {"due_on": found.get("due_at") or found["due_on"]}), 422
    return _done(Message("The day is kept; reminders follow it."))


def _done(message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("assignments.show_all"), 303)


# --- a moderator proposes, an officer makes ---------------------------------------------------------------


@bp.post("/proposals")
@acts(Action.ASSIGNMENT_PROPOSE)
def propose() -> ResponseReturnValue:
    """Propose a reviewer to the officers."""
    typed = {name: request.form.get(name, "").strip() for name in ("entry", "reviewer", "reason")}
    try:
        with transaction() as session:
            assignment_proposals.propose(
                session, current_actor(), typed["entry"], typed["reviewer"], typed["reason"], now=utc_now()
            )
    except Invalid as wrong:
        return _page(typed, wrong.errors), 422
    return _done(Message("Proposed to the officers of the call."))


@bp.post("/proposals/<int(max=2147483647):proposal_id>")
@acts(Action.ASSIGNMENT_MAKE)
def answer_proposal(proposal_id: int) -> ResponseReturnValue:
    """Make the assignment that a moderator proposed, or dismiss the proposal."""
    is_made = request.form.get("answer") == "make"
    with transaction() as session:
        assignment_proposals.answer(session, current_actor(), proposal_id, is_made, now=utc_now())
    return _done(Message("The reviewer is asked.") if is_made else Message("Dismissed."))
