"""Show an entry to the public or take it back, and the officer's first steps with an offer.

Only the fields that the owner consented to are ever shown; publishing does not widen that. Taking an entry
back leaves a page that says so, since links to it are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.entries import Entry
from procedure.lifecycle import advance_entry
from services import audit
from services.archiving.blanking import keep_public
from services.entries.codes import check_codes
from services.entries.content import apply_content
from services.entries.owner_mail import mail_owner
from services.entries.rows import check_version, fetch_for, note_change, settle_publication, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryAction, Publication

ANSWER_WITHIN = timedelta(days=14)
"""How long the owner has to answer a question where the officer names no day."""

_NEVER_PUBLIC = ("draft", "withdrawn", "archived")


def publish(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Entry:
    """Show the consented fields to everybody. Raises Conflict where the title is not among them."""
    entry, _ = fetch_for(session, actor, Action.PUBLICATION_PUBLISH, ref, now=now, lock=True)
    check_version(entry, expected_version)
    if entry.state in _NEVER_PUBLIC:
        raise Conflict(Message("A draft or a withdrawn entry cannot be published."), code="wrong_state")
    if "title" not in entry.public_fields:
        raise Conflict(
            Message("The owner has not consented to publishing the title, so there is nothing to show."),
            code="no_consent",
        )
    return _change(session, actor, entry, Publication.PUBLISHED, "publication.publish", now)


def unpublish(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str, *, now: datetime
) -> Entry:
    """Take a published entry back; a page stays that says so."""
    entry, _ = fetch_for(session, actor, Action.PUBLICATION_UNPUBLISH, ref, now=now, lock=True)
    check_version(entry, expected_version)
    if not reason.strip():
        why = Message("Say why it is taken back.")
        raise Invalid({"reason": [why]}, why)
    if entry.publication is not Publication.PUBLISHED:
        raise Conflict(Message("This is not published."), code="not_published")
    return _change(session, actor, entry, Publication.UNPUBLISHED, "publication.unpublish", now, reason)


def consent(
    session: Session,
    actor: Actor,
    ref: str,
    fields: Sequence[str],
    expected_version: int,
    *,
    now: datetime,
) -> Entry:
    """The owner's word on which fields may be public; it holds at once, also for what is published."""
    entry, _ = fetch_for(session, actor, Action.PUBLICATION_CONSENT, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    names = sorted(set(fields))
    check_codes(session, entry.kind, {"public_fields": names}, language=actor.language)
    before = list(entry.public_fields)
    apply_content(entry, {"public_fields": names})
    settle_publication(entry)
    if entry.archived_at is not None:
        keep_public(entry)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        "publication.consent",
        ("entry", ref),
        now=now,
        before={"public_fields": before},
        after={"public_fields": names},
    )
    return entry


def _change(
    session: Session,
    actor: Actor,
    entry: Entry,
    publication: Publication,
    event: str,
    now: datetime,
    reason: str | None = None,
) -> Entry:
    before = entry.publication
    entry.publication = publication
    if publication is Publication.PUBLISHED:
        entry.published_at = now
    if entry.archived_at is not None:
        keep_public(entry)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        event,
        ("entry", entry.ref),
        now=now,
        before={"publication": before.value},
        after={"publication": publication.value},
        reason=reason,
    )
    return entry


def check(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Entry:
    """An officer has looked at an offer and found it sound."""
    return _step(session, actor, ref, expected_version, Action.ENTRY_SCREEN, EntryAction.CHECK, now)


def activate(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Entry:
    """A checked offer may be matched and taken up."""
    return _step(session, actor, ref, expected_version, Action.ENTRY_SCREEN, EntryAction.ACTIVATE, now)


def check_and_activate(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> Entry:
    """Both at once: an offer that was found sound stands from now on."""
    entry = check(session, actor, ref, expected_version, now=now)
    return activate(session, actor, ref, entry.version, now=now)


def return_to_owner(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    reason: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> Entry:
    """Ask the owner for something until `due_at`; they may change and submit the entry again."""
    fetch_for(session, actor, Action.ENTRY_RETURN, ref, now=now)
    if not reason.strip():
        raise Invalid({"reason": [Message("Say what the owner should add or change.")]})
    entry = _step(
        session,
        actor,
        ref,
        expected_version,
        Action.ENTRY_RETURN,
        EntryAction.RETURN,
        now,
        reason.strip(),
        due_at=due_at or now + ANSWER_WITHIN,
    )
    mail_owner(session, entry, "returned", {"reason": reason.strip()}, now, due_at=entry.due_at)
    return entry


def _step(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    action: Action,
    step: EntryAction,
    now: datetime,
    reason: str | None = None,
    **columns: Any,
) -> Entry:
    """One transition of an officer's: permitted, of the version read, allowed from this state, recorded."""
    entry, _ = fetch_for(session, actor, action, ref, now=now, lock=True)
    check_version(entry, expected_version)
    before: dict[str, Any] = {"state": entry.state}
    entry.state = advance_entry(entry.kind, entry.state, step)
    for name, value in columns.items():
        setattr(entry, name, value)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        f"entry.{step.value}",
        ("entry", ref),
        now=now,
        before=before,
        after={"state": entry.state},
        reason=reason,
    )
    return entry
