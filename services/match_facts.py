"""From an entry as stored to the facts that matching compares.

Two audiences see different texts of the same entry: the secretariat all of it, everybody else what its owner
lets them see. Each is matched on what it may see, so that a score or a shared term never tells of
a hidden text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from matching.facts import EntryFacts
from models.entries import Entry
from models.matches import Match
from services.entries.content import content_of
from services.entries.fields import publishable
from vocabulary.states import (
    MATCHABLE_OFFERS,
    MATCHABLE_REQUESTS,
    EntryKind,
    MatchState,
    Publication,
)

TEXTS = (
    "title",
    "summary",
    "need",
    "activities",
    "results",
    "conditions",
    "stakeholders",
    "iplc_involved",
    "guidance_used",
)
CODES = (
    "support",
    "essential_support",
    "needs",
    "initiatives",
    "deliverables",
    "categories",
    "ecosystems",
    "countries",
    "regions",
    "scopes",
    "languages",
)
TAKING_PLACES = (MatchState.AGREED, MatchState.ACTIVE, MatchState.COMPLETED)
MATCHABLE = frozenset({state.value for state in (*MATCHABLE_REQUESTS, *MATCHABLE_OFFERS)})

_AT_ONCE = 500


class Audience(StrEnum):
    """Who is shown a match: the secretariat, or anybody who may see a side of it."""

    INSIDE = "inside"
    PUBLIC = "public"


def facts_of(entry: Entry, shown: Collection[str] | None, places_taken: int = 0) -> EntryFacts:
    """The facts of an entry; `shown` are the fields the audience may see, None for all of them."""
    content = content_of(entry)
    if shown is not None:
        content = {name: value for name, value in content.items() if name in shown}
    codes: dict[str, frozenset[str]] = {name: frozenset(content.get(name) or ()) for name in CODES}
    is_offer = entry.kind is EntryKind.OFFER
    return EntryFacts(
        id=entry.ref,
        kind=entry.kind,
        texts={name: (text,) for name in TEXTS if (text := content.get(name))},
        language=content.get("language"),
        **codes,
        amount_usd=_usd(entry, content.get("amount_per_request" if is_offer else "amount_sought")),
        amount_left_usd=_usd(entry, content.get("amount_ceiling")) if is_offer else None,
        from_on=_day(content.get("starts_on")),
        until_on=_day(content.get("ends_on")),
        valid_until_on=_day(content.get("valid_until")) if is_offer else None,
        capacity_left=_left(content.get("capacity"), places_taken) if is_offer else None,
        organisation_key=_organisation(entry, shown),
        is_open=entry.state in MATCHABLE,
        version=entry.version,
    )


def matchable(
    session: Session, audience: Audience, entry_ids: Sequence[int] | None = None
) -> Iterator[EntryFacts]:
    """Facts of the entries that an audience may be matched with, all of them or those of the ids."""
    blocks = [None] if entry_ids is None else _blocks(entry_ids)
    for block in blocks:
        query = _matchable(audience).options(selectinload(Entry.terms))
        query = query if block is None else query.where(Entry.id.in_(block))
        for rows in session.execute(query.execution_options(yield_per=_AT_ONCE)).scalars().partitions():
            taken = places_taken(session, [row.id for row in rows if row.kind is EntryKind.OFFER])
            for row in rows:
                shown = public_fields(row) if audience is Audience.PUBLIC else None
                yield facts_of(row, shown, taken.get(row.id, 0))


def n_matchable(session: Session, audience: Audience) -> int:
    """Count them."""
    counted = _matchable(audience).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return int(session.execute(counted).scalar_one())


def matchable_ids(session: Session, audience: Audience) -> dict[EntryKind, list[int]]:
    """Their numbers, by kind, in the order of the references."""
    rows = session.execute(_matchable(audience).with_only_columns(Entry.kind, Entry.ref, Entry.id)).all()
    ordered = sorted(rows, key=lambda row: str(row.ref))  # a database may have an order of its own
    return {kind: [row.id for row in ordered if row.kind is kind] for kind in EntryKind}


def _matchable(audience: Audience) -> sa.Select[Entry]:
    query = sa.select(Entry).where(Entry.state.in_(MATCHABLE))
    return query.where(Entry.publication == Publication.PUBLISHED) if audience is Audience.PUBLIC else query


def _blocks(entry_ids: Sequence[int]) -> list[Sequence[int] | None]:
    return [entry_ids[start : start + _AT_ONCE] for start in range(0, len(entry_ids), _AT_ONCE)]


def _organisation(entry: Entry, shown: Collection[str] | None) -> str | None:
    """Whose it is, where the audience may know it: being ruled out for the same organisation would tell."""
    is_known = shown is None or "organisation_name" in shown
    return str(entry.organisation_id) if is_known and entry.organisation_id is not None else None


def public_fields(entry: Entry) -> frozenset[str]:
    """What everybody may see of a published entry."""
    return frozenset(entry.public_fields) & frozenset(publishable(entry.kind))


def places_taken(session: Session, offer_ids: Iterable[int]) -> Mapping[int, int]:
    """Places of offers that agreed matches take up."""
    rows = session.execute(
        sa.select(Match.offer_id, sa.func.sum(Match.places))
        .where(Match.offer_id.in_(list(offer_ids)), Match.state.in_(TAKING_PLACES))
        .group_by(Match.offer_id)
    )
    return {offer_id: int(n) for offer_id, n in rows}


def _usd(entry: Entry, amount: Any) -> float | None:
    if amount is None or not entry.usd_rate:
        return None
    return float(Decimal(str(amount)) * entry.usd_rate)


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def _left(capacity: int | None, taken: int) -> int | None:
    return None if capacity is None else max(0, capacity - taken)
