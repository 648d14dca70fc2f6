"""Internal notes on an entry: what those who run its call write to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import entry_notes
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid, Refused
from vocabulary.messages import Message
from web.session import tell

bp = Blueprint("notes", __name__, url_prefix="/notes")


@bp.get("/<ref>")
@acts(Action.ENTRY_NOTE)
def show(ref: str) -> ResponseReturnValue:
    """The notes on one entry, after the conflict question."""
    try:
        return _page(ref, {})
    except Refused as refused:
        if refused.code != "conflict_unanswered":
            raise
        return redirect(url_for("conflicts.gate", ref=ref), 303)


@bp.post("/<ref>")
@acts(Action.ENTRY_NOTE)
def write(ref: str) -> ResponseReturnValue:
    """Write one."""
    try:
        with transaction() as session:
            text = request.form.get("text", "")
            entry_notes.write_note(session, current_actor(), ref, text, now=utc_now())
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    return _done(ref, Message("The note is written."))


@bp.post("/<ref>/<int(max=2147483647):note_id>/strike")
@acts(Action.ENTRY_NOTE)
def strike(ref: str, note_id: int) -> ResponseReturnValue:
    """Cross one out, with a reason."""
    try:
        with transaction() as session:
            reason = request.form.get("reason", "")
            entry_notes.strike(session, current_actor(), ref, note_id, reason, now=utc_now())
    except Invalid as wrong:
        return _page(ref, {f"reason-{note_id}": wrong.errors["reason"]}), 422
    return _done(ref, Message("The note is struck."))


def _page(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = entry_notes.notes_page(session, current_actor(), ref, now=utc_now())
    return render_template(
        "entries/notes.html",
        page=page,
        errors=errors,
        typed=request.form,
        longest=entry_notes.LONGEST_NOTE,
        longest_reason=entry_notes.LONGEST_REASON,
    )


def _done(ref: str, message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("notes.show", ref=ref), 303)
