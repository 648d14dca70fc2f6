"""What the secretariat adds to a nomination: support for travel by nationality, and a fellow's meetings."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.fellowships import support
from services.transaction import transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.nominations import nomination_with
from web.session import tell

bp = Blueprint("fellow_support", __name__, url_prefix="/nominations")

CONFIRMED = Message("The answer on support for travel is kept.")
KEPT = Message("The meetings are kept.")


@bp.post("/<ref>/travel")
@acts(Action.NOMINATION_SCREEN)
def confirm_travel(ref: str) -> ResponseReturnValue:
    """Say for each nationality whether travel is supported, and on which basis."""
    answers = {
        name.removeprefix("supported."): value == "yes"
        for name, value in request.form.items()
        if name.startswith("supported.") and value in ("yes", "no")
    }
    try:
        with transaction() as database:
            basis = request.form.get("basis", "")
            support.confirm_travel(database, current_actor(), ref, answers, basis, now=utc_now())
    except Invalid as wrong:
        return nomination_with(ref, wrong.errors), 422
    except Conflict as refused:
        return nomination_with(ref, {"basis": [refused.message]}), 409
    tell(CONFIRMED)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.post("/<ref>/meetings")
@acts(Action.FELLOWSHIP_EDIT)
def meetings(ref: str) -> ResponseReturnValue:
    """Add a meeting, or take one out (`remove`, its place in the list)."""
    form, actor, now = request.form, current_actor(), utc_now()
    removed = form.get("remove", "")
    try:
        with transaction() as database:
            if removed:
                at = int(removed) if removed.isascii() and removed.isdigit() and len(removed) < 4 else -1
                support.drop_meeting(database, actor, ref, at, now=now)
            else:
                support.add_meeting(
                    database,
                    actor,
                    ref,
                    form.get("title", ""),
                    form.get("place", ""),
                    _day(form.get("on", "")),
                    form.get("is_supported") == "yes",
                    now=now,
                )
    except Invalid as wrong:
        return nomination_with(ref, wrong.errors), 422
    except Conflict as refused:
        return nomination_with(ref, {"title": [refused.message]}), 409
    tell(KEPT)
    return redirect(url_for("nominations.show", ref=ref), 303)


def _day(typed: str) -> date | None:
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as wrong:
        raise Invalid({"on": [Message("This must be a date such as 2027-03-31.")]}) from wrong
