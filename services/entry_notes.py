"""Internal notes on an entry, for those who run its call: written, read, struck, never changed.

Neither the owner nor a reviewer learns that there are any. The audit trail keeps that one was written, never
what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.entries import Entry
from models.notes import EntryNote
from models.people import Account
from procedure.access import may, refusal
from procedure.facts import ItemFacts
from procedure.reasons import REASONS
from services import audit
from services.entries.rows import fetch
from services.entries.visibility import shown_fields
from services.facts import entry_facts
from services.panels.deliberation import tidy
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind

LONGEST_NOTE = 4000
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note as it is read; a struck one keeps its text, crossed out."""

    id: int
    text: str
    by: str
    at: datetime
    struck_by: str | None
    struck_at: datetime | None
    struck_reason: str | None


@dataclass(frozen=True, slots=True)
class NotesPage:
    """The notes on one entry, the newest first."""

    ref: str
    kind: EntryKind
    title: str | None
    language: str | None
    notes: tuple[NoteRow, ...]


def notes_page(session: Session, actor: Actor, ref: str, *, now: datetime) -> NotesPage:
    """The notes on one entry. Raises NotFound, or Refused before the conflict question is answered."""
    entry, facts = _open(session, actor, ref, now)
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    return NotesPage(
        ref=entry.ref,
        kind=entry.kind,
        title=entry.title if "title" in shown else None,
        language=entry.language,
        notes=_rows(session, entry),
    )


def write_note(session: Session, actor: Actor, ref: str, text: str, *, now: datetime) -> EntryNote:
    """Write a note; it cannot be changed afterwards."""
    entry, _ = _open(session, actor, ref, now)
    said = _said("text", text, LONGEST_NOTE)
    note = EntryNote(entry_id=entry.id, text=said, written_by_id=actor.account_id or 0, written_at=now)
    session.add(note)
    session.flush()
    audit.record(session, actor, "entry.note", ("entry", entry.ref), now=now, after={"note": note.id})
    return note


def strike(
    session: Session, actor: Actor, ref: str, note_id: int, reason: str, *, now: datetime
) -> EntryNote:
    """Cross a note out, with a reason; whoever may write notes may. Raises NotFound, Conflict, Invalid."""
    entry, _ = _open(session, actor, ref, now)
    query = sa.select(EntryNote).where(EntryNote.id == note_id, EntryNote.entry_id == entry.id)
    note = session.execute(query.with_for_update()).scalar_one_or_none()
    if note is None:
        raise NotFound
    if note.struck_at is not None:
        raise Conflict(Message("This note is struck already."), code="struck")
    note.struck_reason = _said("reason", reason, LONGEST_REASON)
    note.struck_by_id, note.struck_at = actor.account_id, now
    session.flush()
    audit.record(session, actor, "entry.strike_note", ("entry", entry.ref), now=now, after={"note": note.id})
    return note


def forget_notes(session: Session, entry_id: int) -> int:
    """Empty the notes of an entry whose time is over; rows and times stay. Returns how many."""
    emptied = session.execute(
        sa.update(EntryNote)
        .where(EntryNote.entry_id == entry_id)
        .values(text="", struck_reason=sa.case((EntryNote.struck_at.is_not(None), ""), else_=None))
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]


def may_note(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """May the actor read and write notes on this entry?"""
    return may(actor, Action.ENTRY_NOTE, facts, now)


def _open(session: Session, actor: Actor, ref: str, now: datetime) -> tuple[Entry, ItemFacts]:
    """The entry; whoever may not write notes on it does not learn whether it has any."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    code = refusal(actor, Action.ENTRY_NOTE, facts, now)
    if code == "conflict_unanswered":
        raise Refused(REASONS[code], code=code)
    if code is not None:
        raise NotFound
    return entry, facts


def _said(name: str, text: str | None, most: int) -> str:
    said = tidy(text)
    if not said:
        raise Invalid({name: [Message("This is missing.")]})
    if len(said) > most:
        raise Invalid({name: [Message("This is longer than {max} characters.", max=most)]})
    return said


def _rows(session: Session, entry: Entry) -> tuple[NoteRow, ...]:
    writer, striker = aliased(Account), aliased(Account)
    query = (
        sa.select(EntryNote, writer.name, striker.name)
        .join(writer, writer.id == EntryNote.written_by_id)
        .outerjoin(striker, striker.id == EntryNote.struck_by_id)
        .where(EntryNote.entry_id == entry.id)
        .order_by(EntryNote.id.desc())
    )
    return tuple(
        NoteRow(
            id=note.id,
            text=note.text,
            by=by,
            at=note.written_at,
            struck_by=struck_by,
            struck_at=note.struck_at,
            struck_reason=note.struck_reason,
        )
        for note, by, struck_by in session.execute(query)
    )
