"""Which bodies did reviewers suggest as partners of a request, and what do these bodies offer?

For those who bring requests and offers together, once a request was endorsed and its result released. Told is
how many named a body, never who: whoever reads this learns nothing of a reviewer. A name stands for a body
where it is the same but for case, accents, signs and the legal form; whatever is merely alike stays a name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.entries import Entry
from models.people import Organisation
from models.reviews import Review
from procedure.access import may, require
from services.entries.rows import fetch_for
from services.entries.visibility import is_public, is_readable
from services.facts import entry_facts
from services.introductions.steps import is_endorsed
from services.panels.benches import load_benches
from services.queries.similar import is_known_to
from vocabulary.actions import Action
from vocabulary.people import Actor
from vocabulary.states import MATCHABLE_OFFERS, EntryKind, RequestState

MOST_KNOWN = 500
"""Names proposed while a reviewer types."""


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """An offer of a body that can be matched."""

    ref: str
    title: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class SuggestedPartner:
    """A body that reviewers named: as they wrote it, how many did, which one it is, and what it offers."""

    name: str
    n_reviewers: int
    organisation: str | None
    offers: tuple[StandingOffer, ...]


def known_bodies(session: Session, actor: Actor) -> tuple[str, ...]:
    """Names of bodies that this person may know of; those with an offer first, then by name."""
    offering = sa.exists().where(
        Entry.organisation_id == Organisation.id,
        Entry.kind == EntryKind.OFFER,
        Entry.state.in_(MATCHABLE_OFFERS),
    )
    query = (
        sa.select(Organisation.name)
        .where(Organisation.merged_into_id.is_(None), is_known_to(actor))
        .order_by(sa.case((offering, 0), else_=1), Organisation.name, Organisation.id)
        .limit(MOST_KNOWN)
    )
    return tuple(dict.fromkeys(session.execute(query).scalars()))


def suggested_partners(
    session: Session, actor: Actor, ref: str, *, now: datetime
) -> tuple[SuggestedPartner, ...]:
    """What the panel suggested for a request, those named most often first.

    Nothing before the result is out or where it was not endorsed. Raises NotFound, Refused.
    """
    entry, facts = fetch_for(session, actor, Action.MATCH_READ, ref, now=now, kind=EntryKind.REQUEST)
    require(actor, Action.MATCH_SUGGEST, facts, now)
    return _suggested(session, actor, entry)


def partners_for_matches(
    session: Session, actor: Actor, ref: str, *, now: datetime
) -> tuple[SuggestedPartner, ...]:
    """The same for the page of matches, which others read too: nothing for whoever brings nobody together."""
    entry, _ = fetch_for(session, actor, Action.MATCH_READ, ref, now=now)
    if entry.kind is not EntryKind.REQUEST:
        return ()
    if not may(actor, Action.MATCH_SUGGEST, entry_facts(session, entry, actor), now):
        return ()
    return _suggested(session, actor, entry)


def _suggested(session: Session, actor: Actor, entry: Entry) -> tuple[SuggestedPartner, ...]:
    if entry.state != RequestState.RELEASED or not is_endorsed(session, entry):
        return ()
    written, counts = _named(session, entry)
    bodies = _bodies(session, set(written))
    offers = _offers(session, actor, bodies, set(written))
    found = [
        SuggestedPartner(
            written[key], counts[key], next(iter(bodies.get(key, {}).values()), None), offers[key]
        )
        for key in written
    ]
    return tuple(sorted(found, key=lambda one: (-one.n_reviewers, one.name.casefold())))


def _named(session: Session, entry: Entry) -> tuple[dict[str, str], dict[str, int]]:
    """Each body's name as the first in the alphabet wrote it, and how many reviews that count name it."""
    bench = load_benches(session, [entry]).get(entry.id)
    ids = [seat.review_id for seat in bench.seats] if bench else []
    lists = session.execute(sa.select(Review.partners).where(Review.id.in_(ids))).scalars()
    written: dict[str, str] = {}
    counts: dict[str, int] = {}
    for names in lists:
        for key, name in {plain_name(name): name for name in names if plain_name(name)}.items():
            written[key] = min(name, written.get(key, name))
            counts[key] = counts.get(key, 0) + 1
    return written, counts


def _bodies(session: Session, keys: Collection[str]) -> dict[str, dict[int, str]]:
    """Organisations by what they are called: number and reference, that of the one they were merged into."""
    rows = session.execute(sa.select(Organisation)).scalars().all()
    by_id = {row.id: row for row in rows}
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        last = row
        while last.merged_into_id is not None:
            last = by_id[last.merged_into_id]
        for called in {plain_name(name) for name in (row.name, row.acronym, *row.aliases) if name}:
            if called in keys:
                found.setdefault(called, {})[row.id] = last.ref
    return found


def _offers(
    session: Session, actor: Actor, bodies: Mapping[str, Mapping[int, str]], keys: Collection[str]
) -> dict[str, tuple[StandingOffer, ...]]:
    """The offers of each body that this person may see and that can be matched, the newest first."""
    of_body = {number: key for key, numbers in bodies.items() for number in numbers}
    query = (
        sa.select(Entry)
        .where(
            Entry.kind == EntryKind.OFFER,
            Entry.state.in_(MATCHABLE_OFFERS),
            sa.or_(is_public(), is_readable(actor)),
        )
        .order_by(Entry.id.desc())
    )
    found: dict[str, list[StandingOffer]] = {key: [] for key in keys}
    for offer in session.execute(query).scalars():
        called = {of_body.get(offer.organisation_id or 0, ""), plain_name(offer.organisation_name or "")}
        for key in called.intersection(keys):
            found[key].append(StandingOffer(offer.ref, offer.title, offer.language))
    return {key: tuple(rows) for key, rows in found.items()}
