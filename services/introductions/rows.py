"""Fetch a match for somebody: which side they are on, and what of it they may know.

The secretariat sees every match that no conflict of interest hides; a side sees its own from the day it was
proposed. Not visible is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.entries import Entry
from models.matches import Match
from procedure.access import may, require
from procedure.facts import ItemFacts, Standing
from procedure.lifecycle import MATCH_STEPS, advance
from services import audit
from services.entries.rows import STALE
from services.facts import facts_of_entries
from services.reviews.rows import touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.people import Actor
from vocabulary.states import MatchAction, MatchSide, MatchState

_CONFLICTED = (Standing.UNDECIDED, Standing.UPHELD)


@dataclass(slots=True)
class Taken:
    """A match with both entries, the facts of each towards one actor, and the actor's side, if any."""

    match: Match
    request: Entry
    offer: Entry
    facts: Mapping[MatchSide, ItemFacts]
    side: MatchSide | None

    def entry(self, side: MatchSide) -> Entry:
        """The entry of a side."""
        return self.request if side is MatchSide.REQUESTER else self.offer

    def has_conflict(self) -> bool:
        """Does a conflict of interest, open or upheld, bar the actor from either entry?"""
        return any(facts.conflict in _CONFLICTED for facts in self.facts.values())


def fetch_match(session: Session, actor: Actor, ref: str, *, now: datetime, lock: bool = False) -> Taken:
    """The match, if the actor may know of it. Raises NotFound. With `lock`, nobody changes it meanwhile."""
    query = sa.select(Match).where(Match.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    match = session.execute(query).scalar_one_or_none()
    if match is None:
        raise NotFound
    taken = taken_of(session, actor, match)
    if not is_known(taken, actor, now):
        raise NotFound
    return taken


def taken_of(session: Session, actor: Actor, match: Match) -> Taken:
    """The match with its entries, and the facts of both towards the actor."""
    return all_taken(session, actor, [match])[0]


def all_taken(session: Session, actor: Actor, matches: list[Match]) -> list[Taken]:
    """Several matches with their entries, in a fixed number of queries."""
    ids = {one for match in matches for one in (match.request_id, match.offer_id)}
    query = sa.select(Entry).where(Entry.id.in_(ids)).options(selectinload(Entry.terms))
    entries = {entry.id: entry for entry in session.execute(query).scalars()} if ids else {}
    countries = {
        entry.id: {term.code for term in entry.terms if term.vocabulary == "countries"}
        for entry in entries.values()
    }
    facts = facts_of_entries(session, entries.values(), actor, countries=countries)
    return [_taken(match, entries, facts, actor) for match in matches]


def _taken(match: Match, entries: Mapping[int, Entry], facts: Mapping[int, ItemFacts], actor: Actor) -> Taken:
    is_agreed = match.state in (
        MatchState.AGREED,
        MatchState.ACTIVE,
        MatchState.COMPLETED,
        MatchState.ENDED_EARLY,
    )
    by_side = {
        MatchSide.REQUESTER: replace(facts[match.request_id], contacts_shared=is_agreed),
        MatchSide.PARTNER: replace(facts[match.offer_id], contacts_shared=is_agreed),
    }
    side = next((side for side, known in by_side.items() if _is_own(actor, known)), None)
    return Taken(match, entries[match.request_id], entries[match.offer_id], by_side, side)


def _is_own(actor: Actor, facts: ItemFacts) -> bool:
    by_account = actor.account_id is not None and actor.account_id == facts.owner_id
    return by_account or facts.entry_id in actor.entry_ids


def is_known(taken: Taken, actor: Actor, now: datetime) -> bool:
    """May the actor know that this match was taken up?"""
    if taken.side is not None:
        own = taken.facts[taken.side]
        return taken.match.proposed_at is not None and may(actor, Action.MATCH_READ, own, now)
    reads = any(may(actor, Action.MATCH_READ, facts, now) for facts in taken.facts.values())
    return reads and not taken.has_conflict()


def require_on_both(taken: Taken, actor: Actor, action: Action, now: datetime) -> None:
    """An officer's step: neither entry may be the officer's own or under a conflict of theirs."""
    for facts in taken.facts.values():
        require(actor, action, facts, now)


def check_version(match: Match, expected: int) -> None:
    """Raises Conflict when the match moved on since it was read."""
    if match.version != expected:
        raise Conflict(
            STALE,
            code="version_conflict",
            extra={"version": match.version, "current": {"state": match.state.value}},
        )


def step(
    session: Session,
    actor: Actor,
    match: Match,
    action: MatchAction,
    *,
    now: datetime,
    reason: str | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """One transition: possible from this state, noted with its time, on record."""
    before, match.state = match.state, advance(MATCH_STEPS, match.state, action)
    touch(match, now)
    audit.record(
        session,
        actor,
        f"match.{action.value}",
        ("match", match.ref),
        now=now,
        before={"state": before.value},
        after={"state": match.state.value, **(after or {})},
        reason=reason,
    )
