"""Where has somebody worked? Stated by themselves, so that a conflict of interest is pointed out in time.

The look-back of a conflict of interest reaches over past institutions (three years, or as a call says), which
no other record knows. Nobody else reads the list: it is compared with the bodies on an entry
(services/ties.py), given out with one's data and erased with them (services/personal_data.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.conflicts import Affiliation
from models.entries import Entry
from models.people import Organisation
from models.reviews import ConflictDeclaration
from procedure.facts import Standing
from services import accounts, audit, organisations
from services.facts import standing
from services.ties import seen_between
from vocabulary.conflicts import TieSource
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor

MOST = 40
_BODIES = (TieSource.INSTITUTION, TieSource.PAST_INSTITUTION)


@dataclass(frozen=True, slots=True)
class Stated:
    """One body that somebody belonged to. `ended_on` None: they still do.

    Not whether our list knows it: that would betray a body which only a hidden entry names.
    """

    id: int
    organisation_name: str
    started_on: date | None
    ended_on: date | None


def own(session: Session, actor: Actor, *, now: datetime) -> tuple[Stated, ...]:
    """What a person has stated, what lasts still and what ended last first. Raises Unauthenticated."""
    account = accounts.own_account(session, actor, now=now)
    rows = session.execute(sa.select(Affiliation).where(Affiliation.account_id == account.id)).scalars()
    found = [_stated(row) for row in rows]
    return tuple(sorted(found, key=lambda one: (_latest_first(one.ended_on), one.organisation_name)))


def _latest_first(day: date | None) -> int:
    return -(day or date.max).toordinal()


def _stated(row: Affiliation) -> Stated:
    return Stated(row.id, row.organisation_name, row.started_on, row.ended_on)


def state(session: Session, actor: Actor, given: Mapping[str, Any], *, now: datetime) -> Stated:
    """State one body with its days; the same body again changes its days.

    `given` holds organisation_name, started_on and ended_on (dates or None). Raises Invalid by field,
    Conflict for too many. Who was cleared of a conflict and now has this body in common with an entry is
    asked anew.
    """
    account = accounts.own_account(session, actor, now=now)
    name = given["organisation_name"]
    _check_days(given.get("started_on"), given.get("ended_on"), now.date())
    rows = session.execute(sa.select(Affiliation).where(Affiliation.account_id == account.id)).scalars().all()
    row = next((one for one in rows if _key(one.organisation_name) == _key(name)), None)
    if row is None and len(rows) >= MOST:
        raise Conflict(Message("You have stated {n} already.", n=MOST), code="too_many")
    row = row or Affiliation(account_id=account.id)
    known = organisations.known_as(session, name)
    row.organisation_name = name
    row.organisation_id = known.id if known is not None else None
    row.started_on, row.ended_on = given.get("started_on"), given.get("ended_on")
    session.add(row)
    session.flush()
    audit.record(session, actor, "account.state_affiliation", ("account", str(account.id)), now=now)
    _ask_again(session, account.id, _names(known, name), now=now)
    return _stated(row)


def _key(name: str) -> str:
    return plain_name(name) or name


def _check_days(started_on: date | None, ended_on: date | None, today: date) -> None:
    errors: dict[str, list[Message]] = {}
    if started_on is not None and started_on > today:
        errors["started_on"] = [Message("This day has not come yet.")]
    if ended_on is not None and ended_on > today:
        errors["ended_on"] = [Message("This day has not come yet. Leave it empty while you belong there.")]
    elif started_on is not None and ended_on is not None and ended_on < started_on:
        errors["ended_on"] = [Message("The last day must not come before the first.")]
    if errors:
        raise Invalid(errors)


def _names(known: Organisation | None, name: str) -> set[str]:
    found = {name}
    if known is not None:
        found |= {known.name, known.acronym or name, *known.aliases}
    return found


def _ask_again(session: Session, account_id: int, names: Collection[str], *, now: datetime) -> None:
    """Whoever was cleared before they stated a body that stands on the entry as well answers anew."""
    pairs = session.execute(
        sa.select(ConflictDeclaration, Entry)
        .join(Entry, Entry.id == ConflictDeclaration.entry_id)
        .where(ConflictDeclaration.account_id == account_id, ConflictDeclaration.asked_again_at.is_(None))
        .order_by(ConflictDeclaration.id)
    ).all()
    cleared = [(declared, entry) for declared, entry in pairs if standing(declared) is Standing.CLEARED]
    seen = seen_between(session, [entry for _, entry in cleared], [account_id], on=now.date())
    for declared, entry in cleared:
        pair = seen.get((entry.id, account_id))
        ties = pair.open if pair is not None else ()
        if any(tie.source in _BODIES and tie.theirs in names for tie in ties):
            declared.asked_again_at = declared.updated_at = now
            after = {"person": account_id}
            audit.record(session, SYSTEM, "conflict.ask_again", ("entry", entry.ref), now=now, after=after)
    session.flush()


def remove(session: Session, actor: Actor, affiliation_id: int, *, now: datetime) -> None:
    """Take back what was stated. Raises NotFound for what is not the person's own."""
    account = accounts.own_account(session, actor, now=now)
    row = session.get(Affiliation, affiliation_id)
    if row is None or row.account_id != account.id:
        raise NotFound
    session.delete(row)
    session.flush()
    audit.record(session, actor, "account.remove_affiliation", ("account", str(account.id)), now=now)
