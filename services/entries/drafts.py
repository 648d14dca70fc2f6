"""Begin, go on with and throw away what somebody is writing. Nothing that was saved is ever lost.

A draft needs no account: who has none gets a private link, shown at once and mailed as soon as an address is
known. An entry already submitted keeps its revision; the edit waits beside it until it is submitted too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.people import PrivateLink
from procedure.access import require
from procedure.facts import ItemFacts
from services import audit
from services.entries.codes import check_codes
from services.entries.content import (
    CLASSES,
    PREFIXES,
    apply_content,
    canonical,
    content_of,
    empty_content,
)
from services.entries.mail_limits import RESUME_MAILS, may_write_to
from services.entries.rows import audited, check_version, fetch_for, touch, working_content
from services.facts import call_facts
from services.mail import queue_mail
from services.references import next_reference
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallKind, EntryKind, OfferState, Publication, RequestState

RESUME = "resume"
LINK_LASTS = timedelta(days=60)
MOST_ADDRESSES = 3
"""Mailed for one draft, so that a mistyped address can be put right but a draft is no mailing machine."""

OWNERS_WORD = frozenset({"consent_terms", "public_fields"})
NOT_OWNERS_WORD = Message("Only the owner consents to the terms and to what is published.")

INVITES = {
    EntryKind.REQUEST: (CallKind.REQUESTS, CallKind.TARGETED),
    EntryKind.OFFER: (CallKind.OFFERS, CallKind.TARGETED),
}


@dataclass(frozen=True, slots=True)
class CreatedDraft:
    """A new draft. `resume_secret` is the private link's, shown once; None for an owner with an account."""

    entry: Entry
    resume_secret: str | None


def create_draft(
    session: Session,
    actor: Actor,
    kind: EntryKind,
    content: Mapping[str, Any],
    *,
    now: datetime,
    call_ref: str | None = None,
    contact_email: str | None = None,
) -> CreatedDraft:
    """Begin an entry. Raises Refused when the call is closed, Invalid for codes that are not known."""
    call = _call(session, kind, call_ref) if call_ref else None
    facts = call_facts(call, opened_at=now) if call else ItemFacts(kind=kind)
    require(actor, Action.ENTRY_CREATE, facts, now)
    given = canonical(kind, dict(content) | ({"contact_email": contact_email} if contact_email else {}))
    check_codes(session, kind, given, language=actor.language)
    entry = CLASSES[kind](
        ref=next_reference(session, PREFIXES[kind], now),
        state="draft",
        publication=Publication.NONE,
        call_id=call.id if call else None,
        owner_id=actor.account_id,
        opened_at=now,
        created_at=now,
        updated_at=now,
        terms=[],
        self_assessment={},
    )
    apply_content(entry, empty_content(kind) | given)
    session.add(entry)
    session.flush()
    audit.record(session, actor, "entry.create", ("entry", entry.ref), now=now, after=audited(given))
    secret = None if actor.is_signed_in else new_link(session, entry, now=now)
    _mail_resume_link(session, actor, entry, now)
    return CreatedDraft(entry, secret)


def _call(session: Session, kind: EntryKind, ref: str) -> Call:
    call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one_or_none()
    if call is None:
        raise NotFound
    if call.kind not in INVITES[kind]:
        raise Conflict(Message("This call does not invite entries of this kind."), code="wrong_call")
    return call


def new_link(session: Session, entry: Entry, *, now: datetime, email: str | None = None) -> str:
    """A private link to go on with an entry; returns its secret, which is kept nowhere."""
    secret = new_secret()
    session.add(
        PrivateLink(
            token_hash=secret_hash(session, secret),
            purpose=RESUME,
            email=email,
            entry_id=entry.id,
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    return secret


def _mail_resume_link(session: Session, actor: Actor, entry: Entry, now: datetime) -> None:
    """Once to the address of a draft that nobody owns yet; silently not, when too many went there.

    Links that went to an address given before end: it was mistyped, and a stranger must not write on.
    """
    address = entry.contact_email
    if entry.owner_id is not None or address is None:
        return
    mailed = sa.and_(
        PrivateLink.entry_id == entry.id,
        PrivateLink.purpose == RESUME,
        PrivateLink.email.is_not(None),
        PrivateLink.revoked_at.is_(None),
    )
    session.execute(
        sa.update(PrivateLink)
        .where(mailed, PrivateLink.email != address)
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    is_mailed = session.execute(sa.select(sa.exists().where(mailed))).scalar_one()
    if is_mailed or not may_write_to(session, actor, entry, address, RESUME_MAILS, MOST_ADDRESSES, now=now):
        return
    secret = new_link(session, entry, now=now, email=address)
    queue_mail(
        session,
        address,
        RESUME,
        {
            "kind": entry.kind.value,
            "title": entry.title,
            "link": f"{runtime(session).address}/{actor.language}/drafts/{secret}",
            "valid_until": (now + LINK_LASTS).isoformat(),
        },
        language=actor.language,
        now=now,
        subject_ref=entry.ref,
    )


def save(
    session: Session,
    actor: Actor,
    ref: str,
    changes: Mapping[str, Any],
    expected_version: int,
    *,
    now: datetime,
) -> Entry:
    """Keep some fields: in the draft, or beside the latest revision of what was submitted.

    Saving what is there already changes nothing. Raises Conflict with the present content when somebody else
    saved first, Refused after the deadline, Invalid for codes that are not known.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_EDIT, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    given = canonical(entry.kind, changes)
    check_codes(session, entry.kind, given, language=actor.language)
    present = working_content(entry)
    changed = {name: value for name, value in given.items() if value != present[name]}
    if not changed:
        return entry
    if changed.keys() & OWNERS_WORD and not is_owner(actor, facts):
        raise Refused(NOT_OWNERS_WORD, code="not_yours")
    if entry.state == "draft":
        apply_content(entry, changed)
    else:
        _keep_beside(entry, changed, now)
    touch(entry, now)
    session.flush()
    audit.record(session, actor, "entry.edit", ("entry", entry.ref), now=now, after=audited(changed))
    _mail_resume_link(session, actor, entry, now)
    return entry


def is_owner(actor: Actor, facts: ItemFacts) -> bool:
    """By account, or by the private link; whoever only helps with an entry is not."""
    by_account = actor.account_id is not None and actor.account_id == facts.owner_id
    return by_account or facts.entry_id in actor.entry_ids


def _keep_beside(entry: Entry, changed: Mapping[str, Any], now: datetime) -> None:
    """An edit of a submitted entry; what equals the latest revision again is no longer an edit."""
    submitted = content_of(entry)
    edited = {**(entry.pending or {}), **changed}
    left = {name: value for name, value in edited.items() if value != submitted[name]}
    entry.pending = left or None
    entry.pending_at = now if left else None


def discard_pending(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> Entry:
    """Give up an edit that was not submitted; the latest revision stands.

    What the owner consented to, or took back, waits on where somebody else gives up the edit.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_EDIT, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    kept_names = frozenset() if is_owner(actor, facts) else OWNERS_WORD
    pending = entry.pending or {}
    dropped = {name: value for name, value in pending.items() if name not in kept_names}
    if not dropped:
        return entry
    entry.pending = {name: pending[name] for name in pending if name in kept_names} or None
    entry.pending_at = entry.pending_at if entry.pending else None
    touch(entry, now)
    session.flush()
    audit.record(
        session, actor, "entry.discard_pending", ("entry", entry.ref), now=now, before=audited(dropped)
    )
    return entry


def discard_draft(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> None:
    """Delete a draft with its files and links; only the audit trail remembers that there was one."""
    entry, _ = fetch_for(session, actor, Action.ENTRY_DISCARD, ref, now=now, lock=True)
    check_version(entry, expected_version, for_writer=True)
    if entry.state not in (RequestState.DRAFT, OfferState.DRAFT):
        raise Conflict(
            Message("This was submitted already; withdraw it instead of deleting it."), code="not_a_draft"
        )
    audit.record(session, actor, "entry.discard", ("entry", entry.ref), now=now)
    session.expunge(entry)
    session.execute(sa.delete(Entry).where(Entry.ref == ref))  # terms, files and links go with it
