"""Make one allocation: take it, rank its requests, choose, keep the record. The steps of the background job.

Each step has a transaction of its own and none is open while the solver works. A worker that is killed leaves
a lease that runs out, and another begins again from the start; the same data give the same record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.allocation import SCORE_UNITS, Mode, Supply, UnmetFloors, Wish, allocate
from matching.allocation import Allocation as Found
from matching.coverage import regions_of
from matching.facts import FINANCIAL, EntryFacts
from matching.rank import Match as Ranked
from matching.rank import Ranking
from models.calls import Call
from models.entries import Entry
from models.matches import Allocation, Match
from services.allocations.asking import barred_refs
from services.allocations.record import Problem, hash_of, inputs_of, result_of
from services.kept_words import kept
from services.match_facts import TAKING_PLACES, Audience
from services.match_index import current_index
from services.matches import conflicting
from services.queries.coverage import met_requests
from services.ranking import Candidates, candidates, rank_entries
from services.reviews.rows import touch
from services.sessions import actor_of_account
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import AllocationState, EntryKind

LEASE = timedelta(minutes=10)
MOST_OFFERS_EACH = 50
"""Offers that are weighed for each request, its best ones."""
RANKED_IN_A_ROW = 50
N_TERMS = 12


@dataclass(slots=True)
class Work:
    """One allocation under way: what was asked, and what is gathered so far."""

    ref: str
    asked: Mapping[str, Any]
    actor: Actor
    todo: list[str]
    wishes: dict[str, Wish] = field(default_factory=dict)
    scores: dict[tuple[str, str], int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    supplies: dict[str, Supply] = field(default_factory=dict)
    versions: tuple[str, str] = ("", "")

    def problem(self) -> Problem:
        """What is to be solved."""
        asked = self.asked
        return Problem(
            self.wishes, self.supplies, self.scores, asked["floors"], Mode(asked["mode"]), asked["seed"]
        )


def take(session: Session, *, now: datetime) -> Work | None:
    """Take the oldest allocation that waits, or whose worker was lost; None where there is none."""
    is_lost = sa.and_(Allocation.state == AllocationState.RUNNING, Allocation.lease_until < now)
    row = session.execute(
        sa.select(Allocation)
        .where(sa.or_(Allocation.state == AllocationState.QUEUED, is_lost))
        .order_by(Allocation.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if row is None:
        return None
    actor = SYSTEM if row.asked_by_id is None else actor_of_account(session, row.asked_by_id)
    todo = _requests(session, actor, row.asked)
    row.state, row.progress, row.n_steps = AllocationState.RUNNING, 0, len(todo)
    row.lease_until = now + LEASE
    touch(row, now)
    return Work(row.ref, row.asked, actor, todo)


def _requests(session: Session, actor: Actor, asked: Mapping[str, Any]) -> list[str]:
    """References of the requests that count, in order: matchable, asked for, not barred, not met already."""
    index = current_index(session, Audience.INSIDE, EntryKind.REQUEST)
    left_out = barred_refs(session, actor) | met_requests(session)
    chosen = {ref for ref in index.versions() if ref not in left_out}
    if asked["call"] is not None:
        query = sa.select(Entry.ref).join(Call, Call.id == Entry.call_id).where(Call.ref == asked["call"])
        chosen &= set(session.execute(query).scalars())
    if asked["needs"]:
        wanted = set(asked["needs"])
        chosen = {ref for ref in chosen if (facts := index.get(ref)) is not None and facts.needs & wanted}
    return sorted(chosen)


def rank_some(session: Session, work: Work, *, now: datetime) -> None:
    """Rank the next requests against the offers."""
    offers = _offers(session, work)
    requests = current_index(session, Audience.INSIDE, EntryKind.REQUEST)
    block = [facts for ref in work.todo[:RANKED_IN_A_ROW] if (facts := requests.get(ref)) is not None]
    rankings = rank_entries(session, block, offers, today=now.date(), top=MOST_OFFERS_EACH)
    for facts, ranking in zip(block, rankings, strict=True):
        _weigh(session, work, facts, offers, ranking)
    work.todo = work.todo[RANKED_IN_A_ROW:]


def _offers(session: Session, work: Work) -> Candidates:
    hidden = conflicting(session, work.actor)
    found = candidates(session, Audience.INSIDE, EntryKind.OFFER, hidden)
    named = set(work.asked["offers"])
    others = {ref for ref in found.index.versions() if named and ref not in named}
    return found.without(frozenset(others) | barred_refs(session, work.actor))


def _weigh(session: Session, work: Work, facts: EntryFacts, offers: Candidates, ranking: Ranking) -> None:
    """Note what a request asks for, and what each of its offers is worth to it."""
    regions = sorted(regions_of(facts, offers.places))
    asks_money = not facts.support or FINANCIAL in facts.support
    amount = round(facts.amount_usd) if asks_money and facts.amount_usd is not None else None
    work.wishes[facts.id] = Wish(regions[0] if regions else None, amount)
    work.versions = (ranking.settings_version, ranking.index_version)
    for match in ranking.matches:
        score = int(match.score * SCORE_UNITS)
        offer = offers.index.get(match.id)
        if offer is not None and score > 0 and match.score >= work.asked["least_score"]:
            work.supplies.setdefault(match.id, _supply(session, work, offer))
            work.scores[facts.id, match.id] = score
            work.reasons[facts.id, match.id] = _reasons(match)


def _supply(session: Session, work: Work, offer: EntryFacts) -> Supply:
    """Places and money that are left, under the cap that was asked for."""
    caps = [cap for cap in (offer.capacity_left, work.asked["most_per_offer"]) if cap is not None]
    budget = None
    if work.asked["uses_budgets"] and offer.amount_left_usd is not None:
        budget = max(0, round(offer.amount_left_usd) - _promised(session, offer.id))
    return Supply(min(caps) if caps else None, budget)


def _promised(session: Session, offer_ref: str) -> int:
    """US dollars that requests with an agreed match to this offer ask for."""
    offer = sa.select(Entry.id).where(Entry.ref == offer_ref).scalar_subquery()
    rows = session.execute(
        sa.select(Entry.amount_sought, Entry.usd_rate)
        .join(Match, Match.request_id == Entry.id)
        .where(Match.offer_id == offer, Match.state.in_(TAKING_PLACES))
    )
    return round(sum((amount or Decimal(0)) * (rate or Decimal(0)) for amount, rate in rows))


def _reasons(match: Ranked) -> dict[str, Any]:
    return {
        "parts": dict(match.parts),
        "weights": dict(match.weights),
        "terms": [{"term": one.term, "share": one.share} for one in match.terms[:N_TERMS]],
        "reasons": {name: kept(message) for name, message in match.reasons.items()},
        "blockers": [],
    }


def go_on(session: Session, work: Work, *, now: datetime) -> bool:
    """Note how far it is and keep the lease; False when it was stopped, which is then on record."""
    row = _locked(session, work.ref)
    row.progress, row.lease_until = row.n_steps - len(work.todo), now + LEASE
    if row.is_cancel_asked:
        row.state, row.finished_at = AllocationState.CANCELLED, now
    touch(row, now)
    return row.state is AllocationState.RUNNING


def solve(work: Work) -> Found | UnmetFloors:
    """The slow step, without any transaction. Raises Invalid where the time was too short for any answer."""
    problem = work.problem()
    return allocate(
        problem.wishes,
        problem.supplies,
        problem.scores,
        problem.floors,
        mode=problem.mode,
        seed=problem.seed,
        seconds=float(work.asked["seconds"]),
    )


def keep(session: Session, work: Work, found: Found | UnmetFloors | Invalid, *, now: datetime) -> None:
    """Put the record down, or why there is none."""
    row = _locked(session, work.ref)
    row.inputs = inputs_of(work.problem())
    row.inputs_hash = hash_of(row.inputs)
    row.settings_version, row.index_version = work.versions
    row.finished_at = now
    if isinstance(found, Found):
        row.state, row.result = AllocationState.DONE, _result(work, found)
    else:
        row.state, row.fault = AllocationState.FAILED, _fault(found)
    if row.is_cancel_asked and row.state is not AllocationState.DONE:
        row.state = AllocationState.CANCELLED
    touch(row, now)


def _result(work: Work, found: Found) -> dict[str, Any]:
    reasons = [work.reasons[request, offer] for request, offer, _ in found.placed]
    return result_of(found) | {"reasons": reasons, "why_unserved": _why_unserved(work, found)}


def _why_unserved(work: Work, found: Found) -> dict[str, str]:
    """Request -> no_offer, places (of all that suit), money, or chosen_otherwise."""
    used = Counter(offer for _, offer, _ in found.placed)
    spent: Counter[str] = Counter()
    for request, offer, _ in found.placed:
        spent[offer] += work.wishes[request].amount or 0
    suiting: dict[str, list[str]] = {}
    for request, offer in work.scores:
        suiting.setdefault(request, []).append(offer)
    return {request: _why(work, request, suiting.get(request, []), used, spent) for request in found.unserved}


def _why(work: Work, request: str, offers: list[str], used: Counter[str], spent: Counter[str]) -> str:
    if not offers:
        return "no_offer"
    with_room = [
        offer for offer in offers if (most := work.supplies[offer].capacity) is None or used[offer] < most
    ]
    if not with_room:
        return "places"
    amount = work.wishes[request].amount or 0
    has_money = any(
        (budget := work.supplies[offer].budget) is None or spent[offer] + amount <= budget
        for offer in with_room
    )
    return "chosen_otherwise" if has_money else "money"


def _fault(found: UnmetFloors | Invalid) -> dict[str, Any]:
    if isinstance(found, UnmetFloors):
        at_most = {
            region: {"asked": asked, "at_most": most} for region, (asked, most) in found.at_most.items()
        }
        return {"code": "floors", "at_most": at_most}
    message = next((said[0] for said in found.errors.values() if said), found.message)
    return {"code": "refused", "message": kept(message if isinstance(message, Message) else found.message)}


def fail(session: Session, ref: str, *, now: datetime) -> None:
    """A fault of ours: it does not come round again and again."""
    row = _locked(session, ref)
    row.state, row.finished_at, row.fault = AllocationState.FAILED, now, {"code": "fault"}
    touch(row, now)


def put_back(session: Session, ref: str, *, now: datetime) -> None:
    """The worker ends: let another begin it again at once."""
    row = _locked(session, ref)
    row.state, row.progress = AllocationState.QUEUED, 0
    touch(row, now)


def _locked(session: Session, ref: str) -> Allocation:
    query = sa.select(Allocation).where(Allocation.ref == ref).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()
