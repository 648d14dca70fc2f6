"""Renew what was recognised: reminders before its end, the partner asks, two people decide anew.

The clock writes to the partner 30 and 7 days before the last day and on it. A renewal is asked for on a page
with one button; the activity is then decided on as the first time (services/decisions/endorsing.py), and
recognised anew with another letter and another last day (services/recognitions.py). Where it is decided not
to, the present recognition holds to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Recognition
from models.entries import Entry
from procedure.access import require
from services import audit, recognitions
from services.decisions.letters import address_of
from services.facts import entry_facts
from services.mail import queue_mail
from services.reviews.rows import touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import EntryKind, OfferState

REMINDED = (0, 7, 30)
"""Days before the last day on which its owner is told; the least comes first."""
MISSED = timedelta(days=7)
"""A reminder so long overdue is left out: the worker stood still, and the page says how things are."""
STANDING = (OfferState.CHECKED, OfferState.ACTIVE, OfferState.PAUSED)
LONGEST_TEXT = 4_000
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RenewalPage:
    """What the partner sees before asking. `may_ask` False: `why_not` says what stands against it."""

    ref: str
    version: int
    title: str
    language: str
    entry_ref: str
    expires_on: date
    is_over: bool
    asked_at: datetime | None
    may_ask: bool
    why_not: Message | None


def renewal_page(session: Session, actor: Actor, ref: str, *, now: datetime) -> RenewalPage:
    """What there is to renew, for whoever may ask for it. Raises NotFound, Refused."""
    found, entry = _own(session, actor, ref, now)
    obstacle = _obstacle(found, entry, now.date())
    return RenewalPage(
        ref=found.ref,
        version=found.version,
        title=found.title,
        language=entry.language or found.language,
        entry_ref=entry.ref,
        expires_on=found.expires_on,
        is_over=now.date() > found.expires_on,
        asked_at=found.renewal_asked_at if recognitions.awaits_renewal(found) else None,
        may_ask=obstacle is None,
        why_not=obstacle[0] if obstacle is not None else None,
    )


def _own(
    session: Session, actor: Actor, ref: str, now: datetime, *, lock: bool = False
) -> tuple[Recognition, Entry]:
    query = sa.select(Recognition).where(Recognition.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound
    entry = session.get_one(Entry, found.entry_id)
    require(actor, Action.RECOGNITION_ASK_RENEWAL, entry_facts(session, entry, actor), now)
    return found, entry


def _obstacle(found: Recognition, entry: Entry, today: date) -> tuple[Message, str] | None:
    """What stands against asking, in words and as a code."""
    if found.retracted_at is not None:
        return Message("This recognition was retracted and cannot be renewed."), "retracted"
    if found.renewed_at is not None:
        return Message("This recognition was renewed already."), "renewed"
    if recognitions.awaits_renewal(found):
        return Message("You have asked for it. Two people decide, and you are told by mail."), "asked"
    if entry.kind is not EntryKind.OFFER or entry.state not in STANDING:
        return Message("Only an offer that stands can be recognised anew."), "not_standing"
    if not recognitions.may_be_asked(found, entry, today):
        first = found.expires_on - recognitions.ASKED_WITHIN
        return Message("It can be renewed from {day} on.", day=first), "too_early"
    return None


def ask(
    session: Session, actor: Actor, ref: str, text: str, expected_version: int, *, now: datetime
) -> Recognition:
    """Ask that a recognition be renewed; `text` is what whoever decides should know, and may be empty.

    Raises Conflict where something stands against it or for a stale version, Invalid for the text.
    """
    found, entry = _own(session, actor, ref, now, lock=True)
    if found.version != expected_version:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Look at it again."),
            code="version_conflict",
            extra={"version": found.version, "current": {"ref": ref}},
        )
    obstacle = _obstacle(found, entry, now.date())
    if obstacle is not None:
        raise Conflict(obstacle[0], code=obstacle[1])
    said = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(said) > LONGEST_TEXT:
        raise Invalid({"text": [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]})
    found.renewal_asked_at, found.renewal_asked_by_id = now, actor.account_id
    found.renewal_text, found.renewal_ended_at = said or None, None
    touch(found, now)
    session.flush()
    after = {"entry": entry.ref}
    audit.record(session, actor, "recognition.ask_renewal", ("recognition", ref), now=now, after=after)
    return found


def end_refused(session: Session, actor: Actor, entry: Entry, *, now: datetime) -> None:
    """It was decided anew not to endorse: the renewal is answered, and what holds holds to its end."""
    found = recognitions.of_entry(session, entry)
    if found is None or not recognitions.awaits_renewal(found):
        return
    found.renewal_ended_at = now
    touch(found, now)
    session.flush()
    after = {"entry": entry.ref}
    audit.record(
        session, actor, "recognition.refuse_renewal", ("recognition", found.ref), now=now, after=after
    )


def waiting(
    session: Session, where: sa.ColumnElement[bool], last: date, *, now: datetime
) -> list[tuple[Recognition, Entry]]:
    """Recognitions that end by a day or wait for a renewal, these first; `where` is a condition on Entry."""
    asked = sa.and_(Recognition.renewal_asked_at.is_not(None), Recognition.renewal_ended_at.is_(None))
    rows = session.execute(
        sa.select(Recognition, Entry)
        .join(Entry, Entry.id == Recognition.entry_id)
        .where(
            Recognition.retracted_at.is_(None),
            Recognition.renewed_at.is_(None),
            sa.or_(Recognition.expires_on.between(now.date(), last), asked),
            where,
        )
        .order_by(sa.case((asked, 0), else_=1), Recognition.expires_on, Recognition.id)
    )
    return [(row[0], row[1]) for row in rows]


def note_on(found: Recognition) -> Message:
    """How far it has come, as the board of an officer says it."""
    if recognitions.awaits_renewal(found):
        return Message("renewal asked for; holds until {day}", day=found.expires_on)
    return Message("holds until {day}", day=found.expires_on)


def remind_expiring(session: Session, *, now: datetime) -> int:
    """Tell partners whose recognition is about to end, some at a time; returns how many. Again until it is 0.

    Each of the three mails goes once, and only the last that is due.
    """
    today, n_told = now.date(), 0
    for days in REMINDED:
        rows = session.execute(
            sa.select(Recognition)
            .where(
                Recognition.retracted_at.is_(None),
                Recognition.renewed_at.is_(None),
                Recognition.expires_on <= today + timedelta(days=days),
                Recognition.expires_on >= today - MISSED,
                sa.or_(Recognition.told_days.is_(None), Recognition.told_days > days),
            )
            .order_by(Recognition.id)
            .limit(max(AT_ONCE - n_told, 0))
            .with_for_update(skip_locked=True)
        ).scalars()
        for found in rows.all():
            _tell(session, found, days, now)
            n_told += 1
    return n_told


def _tell(session: Session, found: Recognition, days: int, now: datetime) -> None:
    entry = session.get_one(Entry, found.entry_id)
    require(SYSTEM, Action.ENTRY_TICK, entry_facts(session, entry, SYSTEM), now)
    found.told_days = days
    touch(found, now)
    session.flush()
    audit.record(
        session,
        SYSTEM,
        "recognition.remind",
        ("recognition", found.ref),
        now=now,
        after={"entry": entry.ref, "days": days},
    )
    address = address_of(session, entry)
    if address is None or recognitions.awaits_renewal(found):
        return
    link = recognitions.link_of(session, found)
    can_renew = entry.kind is EntryKind.OFFER
    values = {
        "ref": found.ref,
        "title": found.title,
        "last_day": found.expires_on.isoformat(),
        "is_over": now.date() > found.expires_on,
        "can_renew": can_renew,
        "link": f"{link}/renewal" if can_renew else link,
    }
    queue_mail(
        session,
        address,
        "recognition_expiring",
        values,
        language=found.language,
        now=now,
        subject_ref=entry.ref,
    )
