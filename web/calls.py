"""Calls, as everybody may see them."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.queries import calls
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("calls", __name__, url_prefix="/calls")


@bp.get("")
@acts(Action.CALL_READ)
def show_all() -> ResponseReturnValue:
    """Every announced call, the open ones first."""
    with reading() as session:
        rows = calls.announced_calls(session, language=current_language(), now=utc_now())
    return render_template("calls/list.html", calls=rows)


@bp.get("/<ref>")
@acts(Action.CALL_READ)
def show(ref: str) -> ResponseReturnValue:
    """One call: what it invites, until when, and what happens now."""
    with reading() as session:
        call = calls.call_page(session, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template("calls/page.html", call=call)
