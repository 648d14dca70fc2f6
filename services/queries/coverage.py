"""What is asked for and what is offered, by need and region, as far as the reader may see the entries?

Counts over the same entries and fields that are matched for that reader, so a cell never tells of a hidden
entry. Which requests have found a partner is told to the secretariat only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.coverage import Coverage, CoverageTable, by_need, coverage, in_cell, top_regions
from matching.facts import EntryFacts
from models.calls import Call
from models.entries import Entry
from models.matches import Match
from procedure.access import may
from procedure.facts import NOTHING
from services import vocabularies
from services.match_facts import TAKING_PLACES, Audience
from services.match_index import current_index
from services.matches import audience_of, conflicting
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.people import Actor
from vocabulary.states import CallKind, CallState, EntryKind

MOST_UNASKED = 100
_CLOSED_CALLS = (
    CallState.CLOSED,
    CallState.REVIEW,
    CallState.DELIBERATION,
    CallState.DECIDED,
    CallState.RELEASED,
    CallState.ARCHIVED,
)


@dataclass(frozen=True, slots=True)
class UnaskedOffer:
    """An offer that covers no need and region that anybody asks for."""

    ref: str
    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """The table, its columns, names of needs and regions, and the first offers that nobody asks for.

    `shows_met`: whether the reader may know which requests have an agreed match.
    """

    table: CoverageTable
    regions: tuple[str, ...]
    need_names: Mapping[str, str]
    region_names: Mapping[str, str]
    unasked: tuple[UnaskedOffer, ...]
    shows_met: bool


def coverage_report(session: Session, actor: Actor, *, language: str) -> CoverageReport:
    """Count what may be matched now."""
    audience = audience_of(actor)
    shows_met = audience is Audience.INSIDE
    hidden = conflicting(session, actor) if shows_met else frozenset()
    sides = {kind: _entries(session, audience, kind, hidden) for kind in EntryKind}
    places, needs = vocabularies.places(session), vocabularies.terms(session, "needs")
    table = coverage(
        sides[EntryKind.REQUEST].values(),
        sides[EntryKind.OFFER].values(),
        met_requests(session) if shows_met else frozenset(),
        needs,
        places,
    )
    offers = sides[EntryKind.OFFER]
    return CoverageReport(
        table=table,
        regions=top_regions(places),
        need_names=vocabularies.labels(session, "needs", language),
        region_names=vocabularies.labels(session, "regions", language),
        unasked=tuple(_unasked(offers[ref]) for ref in table.unasked[:MOST_UNASKED]),
        shows_met=shows_met,
    )


@dataclass(frozen=True, slots=True)
class CellReport:
    """The entries of one need and region, as far as the reader may see them."""

    need: str | None
    region: str | None
    need_name: str | None
    region_name: str | None
    requests: tuple[UnaskedOffer, ...]
    offers: tuple[UnaskedOffer, ...]
    met: frozenset[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request without an agreed match, and how many calls closed since it was submitted."""

    ref: str
    title: str
    language: str | None
    submitted_on: date
    n_calls: int


def coverage_cell(
    session: Session, actor: Actor, need: str | None, region: str | None, *, language: str
) -> CellReport:
    """The entries behind one cell. Raises NotFound for a need or region that there is not."""
    audience = audience_of(actor)
    is_inside = audience is Audience.INSIDE
    hidden = conflicting(session, actor) if is_inside else frozenset()
    needs, places = vocabularies.terms(session, "needs"), vocabularies.places(session)
    if need not in (None, *needs) or region not in (None, *top_regions(places)):
        raise NotFound
    found = {
        kind: tuple(
            _unasked(facts)
            for facts in _entries(session, audience, kind, hidden).values()
            if in_cell(facts, (need, region), needs, places)
        )
        for kind in EntryKind
    }
    return CellReport(
        need=need,
        region=region,
        need_name=vocabularies.labels(session, "needs", language).get(need or ""),
        region_name=vocabularies.labels(session, "regions", language).get(region or ""),
        requests=found[EntryKind.REQUEST],
        offers=found[EntryKind.OFFER],
        met=met_requests(session) if is_inside else frozenset(),
    )


def waiting_requests(session: Session, actor: Actor) -> tuple[Waiting, ...]:
    """Requests that no match was agreed for, those that waited through most calls first; inside only.

    A call counts where it closed, and was not cancelled, after the request was submitted: the request's own
    call is the first.
    """
    if audience_of(actor) is not Audience.INSIDE:
        return ()
    hidden = conflicting(session, actor) | met_requests(session)
    index = current_index(session, Audience.INSIDE, EntryKind.REQUEST)
    refs = [ref for ref in index.versions() if ref not in hidden]
    closed = sorted(
        closes_at
        for closes_at in session.execute(
            sa.select(Call.closes_at).where(
                Call.kind.in_((CallKind.REQUESTS, CallKind.TARGETED)),
                Call.state.in_(_CLOSED_CALLS),
            )
        ).scalars()
        if closes_at is not None
    )
    rows = session.execute(
        sa.select(Entry.ref, Entry.title, Entry.language, Entry.submitted_at).where(
            Entry.kind == EntryKind.REQUEST, Entry.submitted_at.is_not(None)
        )
    )
    open_ones = set(refs)
    found = [
        Waiting(ref, title or ref, language, at.date(), len(closed) - bisect_right(closed, at))
        for ref, title, language, at in rows
        if ref in open_ones and at is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.n_calls, one.submitted_on, one.ref)))


def may_draft_call(actor: Actor, *, now: datetime) -> bool:
    """May the reader draft a call for a gap?"""
    return may(actor, Action.CALL_CREATE, NOTHING, now)


def _entries(
    session: Session, audience: Audience, kind: EntryKind, hidden: frozenset[str]
) -> dict[str, EntryFacts]:
    index = current_index(session, audience, kind)
    return {
        ref: facts for ref in index.versions() if ref not in hidden and (facts := index.get(ref)) is not None
    }


def met_requests(session: Session) -> frozenset[str]:
    """References of requests with an agreed match."""
    rows = session.execute(
        sa.select(Entry.ref)
        .join(Match, Match.request_id == Entry.id)
        .where(Match.state.in_(TAKING_PLACES))
        .distinct()
    )
    return frozenset(rows.scalars())


def _unasked(offer: EntryFacts) -> UnaskedOffer:
    return UnaskedOffer(offer.id, next(iter(offer.texts.get("title", ())), offer.id), offer.language)


__all__ = [
    "CellReport",
    "Coverage",
    "CoverageReport",
    "UnaskedOffer",
    "Waiting",
    "by_need",
    "coverage_cell",
    "coverage_report",
    "may_draft_call",
    "waiting_requests",
]
