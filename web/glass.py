"""Opening one entry or nomination in an emergency: with a reason, for half an hour, seen by auditors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import glass
from services.clock import utc_now
from services.entries.fields import BY_NAME
from services.queries.emergency import Opened, opened
from services.reviews.words import RECOMMENDATIONS
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.decisions import OUTCOMES
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from web.session import tell

bp = Blueprint("glass", __name__, url_prefix="/emergency")


@bp.get("/<ref>")
@acts(Action.GLASS_BREAK)
def show(ref: str) -> ResponseReturnValue:
    """Ask for the reason; once it is open, what it opens. After the conflict question."""
    try:
        return _page(ref, {})
    except Refused as refused:
        if refused.code != "conflict_unanswered":
            raise
        return redirect(url_for("conflicts.gate", ref=ref), 303)


@bp.post("/<ref>")
@acts(Action.GLASS_BREAK)
def open_it(ref: str) -> ResponseReturnValue:
    """Open it to this sign-in."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            glass.open_glass(session, current_actor(), g.get("session_id"), ref, reason, now=utc_now())
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    except Conflict as refused:
        tell(refused.message, is_done=False)
        return redirect(url_for("glass.show", ref=ref), 303)
    tell(Message("It is open to you for {n} minutes. The auditors were told.", n=glass.LASTS.seconds // 60))
    return redirect(url_for("glass.show", ref=ref), 303)


@bp.post("/<int(max=2147483647):glass_id>/end")
@acts(Action.GLASS_BREAK)
def end(glass_id: int) -> ResponseReturnValue:
    """Close it before its time."""
    with transaction() as session:
        glass.close_glass(session, current_actor(), glass_id, now=utc_now())
    tell(Message("Closed again."))
    return redirect(url_for("trail.show"), 303)


def _page(ref: str, errors: Mapping[str, Any]) -> str:
    found = Opened()
    with reading() as session:
        case = glass.case(session, current_actor(), ref, now=utc_now())
        if case.is_open and case.kind != "nomination":
            found = opened(session, current_actor(), ref, now=utc_now())
    return render_template(
        "trail/glass.html",
        case=case,
        found=found,
        errors=errors,
        typed=request.form,
        minutes=glass.LASTS.seconds // 60,
        longest=glass.LONGEST_REASON,
        outcomes=OUTCOMES,
        recommendations=RECOMMENDATIONS,
        labels={name: field.label for name, field in BY_NAME.items()},
    )
