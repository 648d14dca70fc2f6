"""The weights of matching: those in force, a preview of others, and their adoption by an officer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import matching_settings as weights
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.matches import PARTS
from web.session import tell

bp = Blueprint("weights", __name__, url_prefix="/matching")
ADOPTED = Message("The weights are in force. Every match is ranked with them from now on.")


@bp.get("/weights")
@acts(Action.MATCH_WEIGHTS)
def show() -> ResponseReturnValue:
    """What counts how much, since when, and what the answers so far speak for."""
    return _page()


@bp.post("/weights/preview")
@acts(Action.MATCH_WEIGHTS)
def preview() -> ResponseReturnValue:
    """What other weights would change in today's matches; changes nothing."""
    typed = {part: request.form.get(part, "") for part in PARTS}
    reason = request.form.get("reason", "")
    try:
        with reading() as session:
            found = weights.preview(session, current_actor(), _numbers(typed), now=utc_now())
    except Invalid as wrong:
        return _page(typed, wrong.errors, reason=reason), 422
    return _page(typed, found=found, reason=reason)


@bp.post("/weights")
@acts(Action.MATCH_WEIGHTS)
def adopt() -> ResponseReturnValue:
    """Put weights in force, with a reason."""
    typed = {part: request.form.get(part, "") for part in PARTS}
    reason, version = request.form.get("reason", ""), request.form.get("version", "")
    try:
        with transaction() as session:
            weights.adopt(session, current_actor(), _numbers(typed), reason, version, now=utc_now())
    except Invalid as wrong:
        return _page(typed, wrong.errors, reason=reason), 422
    except Conflict as stale:
        return _page(typed, {"reason": [stale.message]}, reason=reason), 409
    tell(ADOPTED)
    return redirect(url_for("weights.show"), 303)


def _numbers(typed: Mapping[str, str]) -> dict[str, str]:
    """As typed, with a decimal comma understood."""
    return {part: text.strip().replace(",", ".") for part, text in typed.items()}


def _page(
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Any] | None = None,
    *,
    found: weights.Preview | None = None,
    reason: str = "",
) -> str:
    with reading() as session:
        actor, now = current_actor(), utc_now()
        versions = weights.history(session, actor, now=now)
        learned = weights.proposal(session, actor, now=now)
    return render_template(
        "matches/weights.html",
        versions=versions,
        learned=learned,
        typed=typed or versions[0].weights,
        errors=errors or {},
        found=found,
        reason=reason,
        parts=PARTS,
    )
