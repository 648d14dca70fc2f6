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
from services import assignments, conflicts
from services.clock import utc_now
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
            reviewers=assignments.reviewers(session),
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
        due_at = _end_of(typed["due_on"], errors)
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


def _end_of(text: str, errors: dict[str, list[Message]]) -> datetime | None:
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
