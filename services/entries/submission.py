"""Submit an entry, submit it again, withdraw it, read what was submitted.

Submitting freezes a revision: the whole content, the list of files, and a hash over both that stands on the
receipt. Reviews and decisions point to a revision, so none is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Attachment, Entry, Revision
from models.people import Account, PrivateLink
from procedure.access import may
from procedure.entries import errors_for_submission, warnings_for_submission
from procedure.lifecycle import advance_entry
from services import audit, vocabularies
from services.conflict_hints import ask_again
from services.entries.content import apply_content, content_hash
from services.entries.mail_limits import RECEIPT_MAILS, may_write_to
from services.entries.rows import (
    check_version,
    fetch_for,
    note_change,
    settle_publication,
    touch,
    working_content,
)
from services.entries.visibility import shown_fields
from services.mail import queue_mail
from services.organisations import find_or_create
from services.panels.results import refresh
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryAction, EntryKind, Publication

CONFIRM = "confirm_email"
CONFIRM_LASTS = timedelta(days=30)
MOST_ADDRESSES = 6
"""Addresses that the links of one entry go to in all."""

OFFER_STANDS = timedelta(days=365)
"""How long an offer stands when the partner names no day: twelve months."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner can quote. `deadline` is the last instant for a change, None where nothing closes."""

    ref: str
    revision: int
    content_hash: str
    submitted_at: datetime
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One submitted version: its content and files as they were, as far as the reader may see them."""

    number: int
    submitted_at: datetime
    content_hash: str
    content: Mapping[str, Any]
    files: tuple[Mapping[str, Any], ...]


def submit(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Receipt:
    """Submit what the form holds, for the first time or again.

    Raises Invalid with every error by field, Refused after the deadline, Conflict for a stale version and
    where nothing changed since the last revision.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_SUBMIT, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    content = completed(entry.kind, working_content(entry), now.date())
    errors = errors_for_submission(entry.kind, content, today=now.date())
    if errors:
        raise Invalid(errors)
    files = files_of(session, entry)
    digest = content_hash({"content": content, "files": files})
    if entry.revision_number and digest == _last_hash(session, entry):
        raise Conflict(Message("Nothing changed since it was submitted."), code="unchanged")
    before = entry.state
    action = EntryAction.SUBMIT if before == "draft" else EntryAction.REVISE
    entry.state = advance_entry(entry.kind, entry.state, action)
    apply_content(entry, content)
    entry.pending = entry.pending_at = entry.due_at = None
    entry.revision_number += 1
    entry.submitted_at = entry.submitted_at or now
    settle_publication(entry)
    _stamp_rate(session, entry)
    entry.organisation_id = find_or_create(session, actor, content, now=now).id
    session.add(
        Revision(
            entry_id=entry.id,
            number=entry.revision_number,
            content=content,
            files=files,
            content_hash=digest,
            submitted_at=now,
            submitted_by_id=actor.account_id,
        )
    )
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    ask_again(session, entry, now=now)
    _audit_submission(session, actor, entry, before, digest, now)
    receipt = Receipt(entry.ref, entry.revision_number, digest, now, facts.deadline_at)
    _mail_receipt(session, actor, entry, receipt)
    if entry.revision_number > 1:
        refresh(session, [entry], now=now)
    return receipt


def missing_answers(kind: EntryKind, content: Mapping[str, Any], today: date) -> dict[str, list[Message]]:
    """What submitting this content would be refused for, by field; for a form that shows how far it is."""
    return dict(errors_for_submission(kind, completed(kind, content, today), today=today))


def odd_answers(session: Session, kind: EntryKind, content: Mapping[str, Any]) -> dict[str, list[Message]]:
    """What looks odd and may be submitted all the same, by field; for the page where answers are checked."""
    if kind is not EntryKind.REQUEST:
        return {}
    initiatives = vocabularies.terms(session, "initiatives").values()
    of_strategy = {row.code: row.parent for row in initiatives if row.parent}
    return warnings_for_submission(content, strategy_of_initiative=of_strategy)


def completed(kind: EntryKind, content: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What is submitted; an offer without an end stands for twelve months."""
    if kind is EntryKind.OFFER and not content.get("valid_until"):
        return dict(content) | {"valid_until": (today + OFFER_STANDS).isoformat()}
    return dict(content)


def files_of(session: Session, entry: Entry) -> list[dict[str, Any]]:
    """The files that belong to the entry now, as a revision lists them."""
    rows = session.execute(
        sa.select(Attachment)
        .where(Attachment.entry_id == entry.id, Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    ).scalars()
    return [
        {
            "ref": row.ref,
            "name": row.name,
            "media_type": row.media_type,
            "size": row.size,
            "sha256": row.sha256,
        }
        for row in rows
    ]


def _last_hash(session: Session, entry: Entry) -> str | None:
    return session.execute(
        sa.select(Revision.content_hash).where(
            Revision.entry_id == entry.id, Revision.number == entry.revision_number
        )
    ).scalar_one_or_none()


def _stamp_rate(session: Session, entry: Entry) -> None:
    """The rate of the day it is submitted stays with it; amounts compare in US dollars by it."""
    rate = vocabularies.usd_rate(session, entry.currency) if entry.currency else None
    entry.usd_rate, entry.usd_rate_on = rate if rate else (None, None)


def _audit_submission(
    session: Session, actor: Actor, entry: Entry, before: str, digest: str, now: datetime
) -> None:
    audit.record(
        session,
        actor,
        "entry.submit",
        ("entry", entry.ref),
        now=now,
        before={"state": before},
        after={"state": entry.state, "revision": entry.revision_number, "content_hash": digest},
    )


def _mail_receipt(session: Session, actor: Actor, entry: Entry, receipt: Receipt) -> None:
    address = entry.contact_email
    if address is None:
        return
    now = receipt.submitted_at
    is_confirmed = _is_confirmed(session, entry, address, now)
    if not is_confirmed and not may_write_to(
        session, actor, entry, address, RECEIPT_MAILS, MOST_ADDRESSES, now=now
    ):
        _end_confirm_links(session, entry, now, but=address)
        return
    secret = None if is_confirmed else _confirm_link(session, entry, now)
    site = f"{runtime(session).address}/{actor.language}"
    queue_mail(
        session,
        address,
        "receipt",
        {
            "kind": entry.kind.value,
            "ref": entry.ref,
            "title": entry.title,
            "revision": receipt.revision,
            "content_hash": receipt.content_hash,
            "submitted_at": now.isoformat(),
            "deadline": receipt.deadline.isoformat() if receipt.deadline else None,
            "confirm_link": f"{site}/confirm/{secret}" if secret else None,
            "confirm_valid_until": (now + CONFIRM_LASTS).isoformat() if secret else None,
            "entry_link": f"{site}/{entry.kind.value}s/{entry.ref}",
        },
        language=actor.language,
        now=now,
        subject_ref=entry.ref,
    )


def _is_confirmed(session: Session, entry: Entry, address: str, now: datetime) -> bool:
    """An owner who writes from a confirmed account under this very address need not confirm it again."""
    if entry.owner_id is None:
        return False
    owner = session.get_one(Account, entry.owner_id)
    if owner.email != address or owner.email_confirmed_at is None:
        return False
    entry.confirmed_at = entry.confirmed_at or now
    return True


def _confirm_link(session: Session, entry: Entry, now: datetime) -> str | None:
    """A link that claims the entry for the contact's address; None when somebody owns it already."""
    if entry.owner_id is not None:
        return None
    _end_confirm_links(session, entry, now)
    secret = new_secret()
    session.add(
        PrivateLink(
            token_hash=secret_hash(session, secret),
            purpose=CONFIRM,
            email=entry.contact_email,
            entry_id=entry.id,
            created_at=now,
            expires_at=now + CONFIRM_LASTS,
        )
    )
    return secret


def _end_confirm_links(session: Session, entry: Entry, now: datetime, *, but: str | None = None) -> None:
    """Links that were mailed before claim the entry no more, or only those that went to this address."""
    session.execute(
        sa.update(PrivateLink)
        .where(
            PrivateLink.entry_id == entry.id,
            PrivateLink.purpose == CONFIRM,
            PrivateLink.used_at.is_(None),
            *([PrivateLink.email != but] if but else []),
        )
        .values(revoked_at=now)
    )


def withdraw(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str | None, *, now: datetime
) -> Entry:
    """Take a submitted entry back. Raises Refused where it is too late, Conflict for a stale version."""
    entry, _ = fetch_for(session, actor, Action.ENTRY_WITHDRAW, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    before = entry.state
    entry.state = advance_entry(entry.kind, entry.state, EntryAction.WITHDRAW)
    entry.withdrawn_at = now
    entry.pending = entry.pending_at = None
    if entry.publication is Publication.PUBLISHED:
        entry.publication = Publication.UNPUBLISHED
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        "entry.withdraw",
        ("entry", entry.ref),
        now=now,
        before={"state": before},
        after={"state": entry.state},
        reason=reason,
    )
    if entry.contact_email:
        values = {
            "kind": entry.kind.value,
            "ref": entry.ref,
            "title": entry.title,
            "withdrawn_at": now.isoformat(),
        }
        queue_mail(
            session,
            entry.contact_email,
            "withdrawn",
            values,
            language=actor.language,
            now=now,
            subject_ref=ref,
        )
    return entry


def revisions(session: Session, actor: Actor, ref: str, *, now: datetime) -> list[RevisionRow]:
    """Every submitted version, the first one first, with the fields and files that the actor may see.

    Raises NotFound or Refused as for reading the entry.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_READ, ref, now=now)
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    has_files = may(actor, Action.ATTACHMENT_DOWNLOAD, facts, now)
    rows = session.execute(
        sa.select(Revision).where(Revision.entry_id == entry.id).order_by(Revision.number)
    ).scalars()
    return [
        RevisionRow(
            row.number,
            row.submitted_at,
            row.content_hash,
            {name: value for name, value in row.content.items() if name in shown},
            tuple(row.files) if has_files else (),
        )
        for row in rows
    ]
