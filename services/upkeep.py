"""What must be done because time has passed: end what has run out, forget what nobody needs any more.

Each function may run in any number of workers at once and as often as one likes; a second run finds nothing
left to do. How long each thing is kept is also said to people, in docs/personal-data.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, selectinload

from models.collaborators import Collaborator
from models.entries import Entry, EntryChange, OfferReminder
from models.operation import Heartbeat
from models.people import ApiToken, PrivateLink, UserSession
from procedure.access import require
from procedure.lifecycle import advance_entry
from services import audit, mail_sending, repeats, throttle
from services.entries.drafts import LINK_LASTS, RESUME
from services.entries.rows import note_change, touch
from services.facts import facts_of_entries
from services.sessions import ABSOLUTE
from vocabulary.actions import Action
from vocabulary.people import SYSTEM
from vocabulary.states import EntryAction, EntryKind, OfferState

LINKS_KEPT = timedelta(days=30)
SESSIONS_KEPT = timedelta(days=30)
TOKENS_KEPT = timedelta(days=365)
CHANGES_KEPT = timedelta(days=1)
"""A worker that still has an older version of the match index open finds what it needs."""
DRAFTS_KEPT = LINK_LASTS + LINKS_KEPT
"""After the last change of a draft that no account holds: until its link ends, and a while more."""
AT_ONCE = 100
"""Entries changed in one transaction, so that no writer waits for long."""

_EXPIRING = (OfferState.CHECKED, OfferState.ACTIVE, OfferState.PAUSED)


def beat(session: Session, name: str, *, now: datetime) -> None:
    """Say that a worker is alive, for /health/ready."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        insert(Heartbeat)
        .values(name=name, at=now)
        .on_conflict_do_update(index_elements=["name"], set_={"at": now})
    )


def expire_offers(session: Session, *, now: datetime) -> int:
    """Offers whose last day has passed (in UTC) expire; returns how many did. Call again until it is 0."""
    offers = (
        session.execute(
            sa.select(Entry)
            .where(Entry.kind == EntryKind.OFFER, Entry.state.in_(_EXPIRING), Entry.valid_until < now.date())
            .options(selectinload(Entry.terms))
            .order_by(Entry.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Entry)
        )
        .scalars()
        .all()
    )
    facts = facts_of_entries(session, offers, SYSTEM)
    for offer in offers:
        require(SYSTEM, Action.ENTRY_TICK, facts[offer.id], now)
        before = offer.state
        offer.state = advance_entry(offer.kind, offer.state, EntryAction.EXPIRE)
        touch(offer, now)
        note_change(session, offer, now)
        audit.record(
            session,
            SYSTEM,
            "entry.expire",
            ("entry", offer.ref),
            now=now,
            before={"state": before},
            after={"state": offer.state},
        )
    return len(offers)


def forget_drafts(session: Session, *, now: datetime) -> int:
    """Delete drafts of nobody that no link opens any more; returns how many. Call again until it is 0.

    Their terms, files and links go with them; the audit trail keeps that there was one.
    """
    opens = sa.select(PrivateLink.id).where(
        PrivateLink.entry_id == Entry.id,
        PrivateLink.purpose == RESUME,
        PrivateLink.expires_at >= now - LINKS_KEPT,
    )
    drafts = (
        session.execute(
            sa.select(Entry)
            .where(
                Entry.state == "draft",
                Entry.owner_id.is_(None),
                Entry.updated_at < now - DRAFTS_KEPT,
                ~opens.exists(),
            )
            .options(selectinload(Entry.terms))
            .order_by(Entry.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Entry)
        )
        .scalars()
        .all()
    )
    facts = facts_of_entries(session, drafts, SYSTEM)
    for draft in drafts:
        require(SYSTEM, Action.ENTRY_TICK, facts[draft.id], now)
        audit.record(session, SYSTEM, "entry.forget", ("entry", draft.ref), now=now)
    ids = [draft.id for draft in drafts]
    for draft in drafts:
        session.expunge(draft)
    session.execute(sa.delete(Entry).where(Entry.id.in_(ids)))
    return len(ids)


def forget_old(session: Session, *, now: datetime) -> dict[str, int]:
    """Delete what has served its time; returns how many rows of each kind went."""
    return {
        "links": _delete(session, PrivateLink, PrivateLink.expires_at < now - LINKS_KEPT),
        "reminders": _delete(session, OfferReminder, OfferReminder.expires_at < now - LINKS_KEPT),
        "invitations": _delete(
            session,
            Collaborator,
            sa.and_(Collaborator.accepted_at.is_(None), Collaborator.expires_at < now - LINKS_KEPT),
        ),
        "sign_ins": _delete(session, UserSession, UserSession.created_at < now - ABSOLUTE - SESSIONS_KEPT),
        "tokens": _delete(session, ApiToken, ApiToken.expires_at < now - TOKENS_KEPT),
        "tries": throttle.forget_old(session, now=now),
        "repeated_calls": repeats.forget_old(session, now=now),
        "mails": mail_sending.forget_old(session, now=now),
    }


def forget_changes(session: Session, below: int, *, now: datetime) -> int:
    """Delete old numbers of changes up to `below`, which every version of the match index holds."""
    is_old = sa.and_(EntryChange.sequence <= below, EntryChange.at < now - CHANGES_KEPT)
    return _delete(session, EntryChange, is_old)


def _delete(session: Session, model: type[object], condition: sa.ColumnElement[bool]) -> int:
    gone = session.execute(sa.delete(model).where(condition).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]
