"""What is asked for and what is offered, by need and region, as far as the reader may see the entries?

Counts over the same entries and fields that are matched for that reader, so a cell never tells of a hidden
entry. Which requests have found a partner is told to the secretariat only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.coverage import Coverage, CoverageTable, by_need, coverage, top_regions
from matching.facts import EntryFacts
from models.entries import Entry
from models.matches import Match
from services import vocabularies
from services.match_facts import TAKING_PLACES, Audience
from services.match_index import current_index
from services.matches import audience_of, conflicting
from vocabulary.people import Actor
from vocabulary.states import EntryKind

MOST_UNASKED = 100


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


__all__ = ["Coverage", "CoverageReport", "UnaskedOffer", "by_need", "coverage_report"]
