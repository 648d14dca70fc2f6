"""Ask whoever made an offer whether it still stands: 30 days, 7 days and on the last day before it ends.

Each reminder carries a link to a page with one button. Every stage goes once for a given end: a renewed offer
has a new end, and is asked about again before that. A worker that was away sends only the stage that is due.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.entries import Entry, OfferReminder
from procedure.access import require
from services import audit
from services.entries.owner_mail import mail_owner
from services.facts import facts_of_entries
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from vocabulary.actions import Action
from vocabulary.people import SYSTEM
from vocabulary.states import EntryKind, OfferState

STAGES = (0, 7, 30)
"""Days before the end, the most urgent first."""
LATEST = timedelta(days=7)
"""So long after the end the last reminder still goes, where no worker ran on the day itself."""
LINK_LASTS = timedelta(days=90)
"""After the end of the offer."""
AT_ONCE = 100
"""Reminders of one transaction, so that no writer waits for long."""

_REMINDED = (OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED)


def remind_of_end(session: Session, *, now: datetime) -> int:
    """Send the reminders that are due; returns how many. Call again until it is 0."""
    today = now.date()
    offers = (
        session.execute(
            sa.select(Entry)
            .where(
                Entry.kind == EntryKind.OFFER,
                Entry.state.in_(_REMINDED),
                Entry.contact_email.is_not(None),
                Entry.valid_until >= today - LATEST,
                Entry.valid_until <= today + timedelta(days=STAGES[-1]),
                sa.or_(*(_is_unsent(stage, today) for stage in STAGES)),
            )
            .options(selectinload(Entry.terms))
            .order_by(Entry.valid_until, Entry.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Entry)
        )
        .scalars()
        .all()
    )
    facts = facts_of_entries(session, offers, SYSTEM)
    for offer in offers:
        require(SYSTEM, Action.ENTRY_TICK, facts[offer.id], now)
        _remind(session, offer, now)
    return len(offers)


def _is_unsent(stage: int, today: date) -> sa.ColumnElement[bool]:
    """The end lies within this stage and no more urgent one, and nobody was asked at it yet."""
    within = [Entry.valid_until <= today + timedelta(days=stage)]
    within += [Entry.valid_until > today + timedelta(days=one) for one in STAGES if one < stage]
    asked = sa.select(OfferReminder.id).where(
        OfferReminder.entry_id == Entry.id,
        OfferReminder.ends_on == Entry.valid_until,
        OfferReminder.days <= stage,
    )
    return sa.and_(*within, ~asked.exists())


def _remind(session: Session, offer: Entry, now: datetime) -> None:
    ends_on = offer.valid_until or now.date()
    days_left = (ends_on - now.date()).days
    secret, language = new_secret(), offer.language or "en"
    session.add(
        OfferReminder(
            token_hash=secret_hash(session, secret),
            entry_id=offer.id,
            email=offer.contact_email or "",
            ends_on=ends_on,
            days=next(stage for stage in STAGES if days_left <= stage),
            sent_at=now,
            expires_at=datetime.combine(ends_on, time(0), UTC) + LINK_LASTS,
        )
    )
    link = f"{runtime(session).address}/{language}/offers/renewal/{secret}"
    values = {"ends_on": ends_on.isoformat(), "has_ended": days_left < 0, "link": link}
    mail_owner(session, offer, "offer_ending", values, now)
    audit.record(
        session, SYSTEM, "entry.remind", ("entry", offer.ref), now=now, after={"days_left": days_left}
    )
