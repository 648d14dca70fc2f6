"""How long does an offer stand? Pause it, take it up again, renew it, close it, or lift its end.

A renewed offer keeps its text: only the day changes, so nothing has to be checked anew. Whoever follows the
link of a reminder says yes or no with one button and no account; opening the page changes nothing. What is
paused or has ended leaves the matches with the same transaction (`note_change`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry, OfferReminder
from procedure.access import may
from procedure.lifecycle import advance_entry, has_step
from services import audit
from services.entries.rows import check_version, fetch, fetch_for, note_change, touch
from services.match_facts import places_taken
from services.secrets import secret_hash
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import EntryAction, EntryKind, OfferState, Publication

RENEWED_FOR = timedelta(days=365)
"""How long an offer stands when nobody names a day: twelve months."""
MOST_AHEAD = timedelta(days=3 * 366)
"""An end further away than this is no end; an officer lifts it instead."""
ENDS_SOON = timedelta(days=30)

LINK_IS_OVER = Message("This link does not hold any more: it is too old, or the offer was taken back.")
HAS_ENDED = Message("Its last day has passed. Renew it instead of taking it up again.")
NOT_A_NEW_DAY = Message("Give a day to come, at most three years from now.")

STEPS: tuple[tuple[str, EntryAction, Action], ...] = (
    ("pause", EntryAction.PAUSE, Action.ENTRY_PAUSE),
    ("resume", EntryAction.RESUME, Action.ENTRY_PAUSE),
    ("renew", EntryAction.RENEW, Action.ENTRY_RENEW),
    ("close", EntryAction.CLOSE, Action.ENTRY_RENEW),
    ("keep_open", EntryAction.RENEW, Action.ENTRY_KEEP_OPEN),
)
"""What can be done to the standing of an offer, the step of its lifecycle, and the action that permits it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an offer stands. `possible` are names of STEPS; `places_left` is None where nothing counts them."""

    ref: str
    version: int
    title: str | None
    state: str
    valid_until: date | None
    is_expiring: bool
    places: int | None
    places_left: int | None
    possible: frozenset[str]
    proposed_until: date

    @property
    def is_full(self) -> bool:
        """No place is left."""
        return self.places_left == 0


def standing(session: Session, actor: Actor, ref: str, *, now: datetime) -> Standing:
    """How the offer stands and what this actor can do about it. Raises NotFound, Refused."""
    entry, facts = fetch_for(session, actor, Action.ENTRY_RENEW, ref, now=now, kind=EntryKind.OFFER)
    possible = {
        name
        for name, step, action in STEPS
        if has_step(EntryKind.OFFER, entry.state, step) and may(actor, action, facts, now)
    }
    if entry.valid_until is None:
        possible.discard("keep_open")
    return _standing(session, entry, frozenset(possible), now)


def _standing(session: Session, entry: Entry, possible: frozenset[str], now: datetime) -> Standing:
    taken = places_taken(session, [entry.id]).get(entry.id, 0)
    return Standing(
        entry.ref,
        entry.version,
        entry.title,
        entry.state,
        entry.valid_until,
        is_expiring(entry.state, entry.valid_until, now.date()),
        entry.capacity,
        None if entry.capacity is None else max(0, entry.capacity - taken),
        possible,
        now.date() + RENEWED_FOR,
    )


def is_expiring(state: str | None, valid_until: date | None, today: date) -> bool:
    """Does an offer that still stands end within 30 days?"""
    stands = state in (OfferState.CHECKED, OfferState.ACTIVE, OfferState.PAUSED)
    return stands and valid_until is not None and valid_until <= today + ENDS_SOON


def full_offers(session: Session, capacities: Collection[tuple[int, int | None]]) -> frozenset[int]:
    """Of offers (id, capacity), those without a place left."""
    counted = {entry_id: capacity for entry_id, capacity in capacities if capacity is not None}
    taken = places_taken(session, counted) if counted else {}
    return frozenset(entry_id for entry_id, capacity in counted.items() if taken.get(entry_id, 0) >= capacity)


def pause(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    *,
    now: datetime,
    reason: str | None = None,
) -> Entry:
    """It is not matched until it is taken up again."""
    entry = _fetched(session, actor, Action.ENTRY_PAUSE, ref, expected_version, now)
    return _moved(session, actor, entry, EntryAction.PAUSE, now, reason)


def resume(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Entry:
    """It is matched again. Raises Conflict where its last day has passed meanwhile."""
    entry = _fetched(session, actor, Action.ENTRY_PAUSE, ref, expected_version, now)
    if entry.valid_until is not None and entry.valid_until < now.date():
        raise Conflict(HAS_ENDED, code="has_ended")
    return _moved(session, actor, entry, EntryAction.RESUME, now)


def renew(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    until: date | None = None,
    *,
    now: datetime,
) -> Entry:
    """It stands until a later day, or for twelve months from today. Raises Invalid for another day."""
    entry = _fetched(session, actor, Action.ENTRY_RENEW, ref, expected_version, now)
    return _renewed(session, actor, entry, until, now)


def close(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    *,
    now: datetime,
    reason: str | None = None,
) -> Entry:
    """It no longer stands, and is not renewed."""
    entry = _fetched(session, actor, Action.ENTRY_RENEW, ref, expected_version, now)
    return _closed(session, actor, entry, now, reason)


def keep_open(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str, *, now: datetime
) -> Entry:
    """No end date, with a reason; only an officer lifts it."""
    entry = _fetched(session, actor, Action.ENTRY_KEEP_OPEN, ref, expected_version, now)
    if not reason.strip():
        raise Invalid({"reason": [Message("This is missing.")]})
    if entry.valid_until is None:
        raise Conflict(Message("It has no end date."), code="unchanged")
    before = entry.valid_until
    entry.valid_until = None
    return _moved(session, actor, entry, EntryAction.RENEW, now, reason.strip(), before=before)


# --- by the link of a reminder ----------------------------------------------------------------------------


def standing_behind(session: Session, secret: str, *, now: datetime) -> Standing:
    """What the page behind the link of a reminder shows; changes nothing. Raises NotFound."""
    entry, holder = _open(session, secret, now)
    return standing(session, holder, entry.ref, now=now)


def answer_behind(session: Session, secret: str, *, is_yes: bool, now: datetime) -> Entry:
    """Yes: it stands for another twelve months. No: it is closed. Raises NotFound, Conflict."""
    entry, holder = _open(session, secret, now, lock=True)
    fetch_for(session, holder, Action.ENTRY_RENEW, entry.ref, now=now)
    if not is_yes:
        return _closed(session, holder, entry, now)
    if entry.valid_until is not None and entry.valid_until >= now.date() + RENEWED_FOR:
        return entry  # pressed twice
    return _renewed(session, holder, entry, None, now)


def _open(session: Session, secret: str, now: datetime, *, lock: bool = False) -> tuple[Entry, Actor]:
    reminder = session.execute(
        sa.select(OfferReminder).where(
            OfferReminder.token_hash == secret_hash(session, secret), OfferReminder.expires_at > now
        )
    ).scalar_one_or_none()
    if reminder is None:
        raise NotFound(LINK_IS_OVER)
    ref = session.execute(sa.select(Entry.ref).where(Entry.id == reminder.entry_id)).scalar_one()
    entry = fetch(session, ref, lock=lock)
    if entry.contact_email != reminder.email or not has_step(entry.kind, entry.state, EntryAction.CLOSE):
        raise NotFound(LINK_IS_OVER)
    return entry, replace(SIGNED_OUT, entry_ids=frozenset({entry.id}))


# --- each step --------------------------------------------------------------------------------------------


def _fetched(
    session: Session, actor: Actor, action: Action, ref: str, expected_version: int, now: datetime
) -> Entry:
    entry, _ = fetch_for(session, actor, action, ref, now=now, lock=True, kind=EntryKind.OFFER)
    check_version(entry, expected_version)
    return entry


def _closed(session: Session, actor: Actor, entry: Entry, now: datetime, reason: str | None = None) -> Entry:
    """Nobody is invited any more to what is closed, so it leaves the public lists as well."""
    if entry.publication is Publication.PUBLISHED:
        entry.publication = Publication.UNPUBLISHED
    return _moved(session, actor, entry, EntryAction.CLOSE, now, reason)


def _renewed(session: Session, actor: Actor, entry: Entry, until: date | None, now: datetime) -> Entry:
    today = now.date()
    day = until or today + RENEWED_FOR
    if not today <= day <= today + MOST_AHEAD:
        raise Invalid({"valid_until": [NOT_A_NEW_DAY]})
    if entry.valid_until == day:
        raise Invalid({"valid_until": [NOT_A_NEW_DAY]})
    before, entry.valid_until = entry.valid_until, day
    if entry.pending and "valid_until" in entry.pending:  # an edit under way would set the old day again
        entry.pending = {
            name: value for name, value in entry.pending.items() if name != "valid_until"
        } or None
        entry.pending_at = entry.pending_at if entry.pending else None
    return _moved(session, actor, entry, EntryAction.RENEW, now, before=before)


def _moved(
    session: Session,
    actor: Actor,
    entry: Entry,
    step: EntryAction,
    now: datetime,
    reason: str | None = None,
    *,
    before: date | None = None,
) -> Entry:
    """One step of the lifecycle, seen by matching at once, recorded."""
    was: dict[str, Any] = {"state": entry.state}
    entry.state = advance_entry(entry.kind, entry.state, step)
    is_now: dict[str, Any] = {"state": entry.state}
    if step is EntryAction.RENEW:
        was["valid_until"] = before.isoformat() if before else None
        is_now["valid_until"] = entry.valid_until.isoformat() if entry.valid_until else None
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        f"entry.{step.value}",
        ("entry", entry.ref),
        now=now,
        before=was,
        after=is_now,
        reason=reason,
    )
    return entry
