"""The thread of an entry: what the secretariat and whoever submitted it write to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import messages
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.drafts import NOUN, kind_of
from web.session import tell

bp = Blueprint("messages", __name__)

SENT = Message("Your message is there. The other side is told by mail, without its words.")


@bp.get(f"/{NOUN}/<ref>/messages")
@acts(Action.ENTRY_MESSAGE)
def show(noun: str, ref: str) -> ResponseReturnValue:
    """The thread, the first message first, and a place to answer."""
    return _page(noun, ref, {})


def _page(noun: str, ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        found = messages.thread(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
    return render_template("entries/messages.html", found=found, noun=noun, errors=errors, typed=request.form)


@bp.post(f"/{NOUN}/<ref>/messages")
@acts(Action.ENTRY_MESSAGE)
def write(noun: str, ref: str) -> ResponseReturnValue:
    """Add a message."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        with transaction() as database:
            messages.write(database, current_actor(), ref, text, now=utc_now(), kind=kind_of(noun))
    except Invalid as wrong:
        return _page(noun, ref, wrong.errors), 422
    except Conflict as refused:
        return _page(noun, ref, {"text": [refused.message]}), 409
    tell(SENT)
    return redirect(url_for("messages.show", noun=noun, ref=ref), 303)
