"""The thread of an entry: what the officers and whoever submitted it write to each other.

One thread for each entry. A mail tells the other side that something was written, with a link and none of the
words: the thread may name people whom others must not know, and a mail goes through hands that nobody chose.
Whoever reviews the entry or decides on it reads none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.collaborators import Collaborator
from models.entries import Entry
from models.messages import EntryMessage
from models.people import Account
from procedure.facts import ItemFacts, helps
from procedure.reasons import REASONS
from services import audit
from services.conflict_answers import officers_of
from services.entries.drafts import is_owner
from services.entries.owner_mail import mail_owner
from services.entries.rows import fetch_for
from services.mail import queue_mail
from services.runtime import runtime
from services.throttle import Limit, count_try, network_of
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CollaboratorLevel, EntryKind

LONGEST = 5_000
MOST_SHOWN = 500
PER_ENTRY = Limit("entry_message", 30, timedelta(hours=1))
"""Messages on one entry, so that a thread is no machine to send mail with."""
BY_PARTY = Limit("entry_message_by", 60, timedelta(hours=1))
"""Messages of one submitter or helper on all entries, by account or by where they come from."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message; `by` is None for an officer, whom the submitter knows as the secretariat."""

    text: str
    at: datetime
    is_from_office: bool
    by: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """What was written about an entry, the first message first."""

    ref: str
    kind: EntryKind
    title: str | None
    is_office: bool
    rows: tuple[MessageRow, ...]


def thread(
    session: Session, actor: Actor, ref: str, *, now: datetime, kind: EntryKind | None = None
) -> Thread:
    """The thread, for either side of it. Raises NotFound, Refused."""
    entry, facts = fetch_for(session, actor, Action.ENTRY_MESSAGE, ref, now=now, kind=kind)
    is_office = not _is_party(actor, facts)
    found = session.execute(
        sa.select(EntryMessage, Account.name)
        .outerjoin(Account, Account.id == EntryMessage.by_id)
        .where(EntryMessage.entry_id == entry.id)
        .order_by(EntryMessage.id.desc())
        .limit(MOST_SHOWN)
    )
    rows = tuple(
        MessageRow(
            row.text, row.at, row.is_from_office, name if is_office or not row.is_from_office else None
        )
        for row, name in found
    )
    return Thread(entry.ref, entry.kind, entry.title, is_office, rows[::-1])


def write(
    session: Session, actor: Actor, ref: str, text: str, *, now: datetime, kind: EntryKind | None = None
) -> None:
    """Add a message and tell the other side by mail.

    Raises Invalid, TooMany, Conflict for a draft and for what was archived.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_MESSAGE, ref, now=now, kind=kind)
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid({"text": [Message("Write between 1 and {n} characters.", n=LONGEST)]})
    if entry.state == "draft":
        raise Conflict(Message("Nobody has received this yet. Submit it first."), code="wrong_state")
    if entry.archived_at is not None:
        raise Conflict(REASONS["wrong_phase"], code="wrong_state")
    is_from_office = not _is_party(actor, facts)
    tries = [(PER_ENTRY, entry.ref)]
    if not is_from_office:
        tries.append((BY_PARTY, str(actor.account_id or network_of(actor.address))))
    count_try(session, tries, now=now)
    officers = _officers(session, entry)
    session.add(
        EntryMessage(
            entry_id=entry.id, is_from_office=is_from_office, by_id=actor.account_id, text=words, at=now
        )
    )
    session.flush()
    audit.record(
        session,
        actor,
        "entry.message",
        ("entry", ref),
        now=now,
        after={"is_from_office": is_from_office, "characters": len(words)},
    )
    if is_from_office:
        mail_owner(session, entry, "message", {"entry_link": _link(session, entry, entry.language)}, now)
        _mail(session, entry, _helpers(session, entry), now)
    else:
        _mail(session, entry, officers, now)


def _is_party(actor: Actor, facts: ItemFacts) -> bool:
    """On the submitter's side; nobody who is holds an office over the entry."""
    return is_owner(actor, facts) or helps(actor.account_id, facts)


def _officers(session: Session, entry: Entry) -> Sequence[Account]:
    """Who wrote last for the secretariat, or else every officer of the entry without a conflict."""
    last = session.execute(
        sa.select(EntryMessage.by_id)
        .where(EntryMessage.entry_id == entry.id, EntryMessage.is_from_office)
        .order_by(EntryMessage.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    officers = officers_of(session, entry)
    return [row for row in officers if row.id == last] or officers


def _helpers(session: Session, entry: Entry) -> Sequence[Account]:
    """Who helps with the entry and may comment."""
    return (
        session.execute(
            sa.select(Account)
            .join(Collaborator, Collaborator.account_id == Account.id)
            .where(
                Collaborator.entry_id == entry.id,
                Collaborator.ended_at.is_(None),
                Collaborator.level != CollaboratorLevel.VIEW,
                Account.is_disabled.is_(False),
            )
            .order_by(Account.id)
        )
        .scalars()
        .all()
    )


def _link(session: Session, entry: Entry, language: str | None) -> str:
    return f"{runtime(session).address}/{language or 'en'}/{entry.kind.value}s/{entry.ref}/messages"


def _mail(session: Session, entry: Entry, people: Sequence[Account], now: datetime) -> None:
    for person in people:
        values = {
            "kind": entry.kind.value,
            "ref": entry.ref,
            "entry_link": _link(session, entry, person.language),
        }
        queue_mail(
            session,
            person.email,
            "message",
            values,
            language=person.language,
            now=now,
            subject_ref=entry.ref,
        )
