"""/entries/…/notes: internal notes, for those who run the call of an entry."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Answer, Blueprint, write_once
from frame.access import acts, current_actor
from schemas.notes import InternalNotesSchema, InternalNoteStrikeSchema, NewInternalNoteSchema
from services import entry_notes
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_notes", __name__, description="Internal notes on entries")


def _after(session: Session, ref: str, status: int) -> Answer:
    session.flush()
    page = entry_notes.notes_page(session, current_actor(), ref, now=utc_now())
    shown: dict[str, Any] = InternalNotesSchema().dump(page)
    return shown, status, {}


@bp.route("/entries/<ref>/notes", methods=["GET"])
@acts(Action.ENTRY_NOTE)
@bp.response(200, InternalNotesSchema)
@bp.alt_response(404, description="No such entry, or none that the caller writes notes on")
def get_list(ref: str) -> entry_notes.NotesPage:
    """The notes on one entry, the newest first."""
    with reading() as session:
        return entry_notes.notes_page(session, current_actor(), ref, now=utc_now())


@bp.route("/entries/<ref>/notes", methods=["POST"])
@acts(Action.ENTRY_NOTE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewInternalNoteSchema)
@bp.response(201, InternalNotesSchema)
@bp.alt_response(404, description="No such entry, or none that the caller writes notes on")
def create(given: dict[str, Any], ref: str) -> Response:
    """Write a note; it cannot be changed afterwards."""

    def work(session: Session) -> Answer:
        entry_notes.write_note(session, current_actor(), ref, given["text"] or "", now=utc_now())
        return _after(session, ref, 201)

    return write_once(work)


@bp.route("/entries/<ref>/notes/<int(max=2147483647):note_id>/strike", methods=["POST"])
@acts(Action.ENTRY_NOTE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(InternalNoteStrikeSchema)
@bp.response(200, InternalNotesSchema)
@bp.alt_response(404, description="No such note")
@bp.alt_response(409, description="It is struck already")
def strike(given: dict[str, Any], ref: str, note_id: int) -> Response:
    """Strike a note with a reason; its text stays readable."""

    def work(session: Session) -> Answer:
        entry_notes.strike(session, current_actor(), ref, note_id, given["reason"] or "", now=utc_now())
        return _after(session, ref, 200)

    return write_once(work)
