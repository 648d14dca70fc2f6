"""Which true figures does the first page show? Counts of what everybody may see, and of matches agreed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.entries import Entry, EntryTerm
from models.matches import Match
from vocabulary.states import EntryKind, MatchState, Publication

_MADE = (MatchState.AGREED, MatchState.ACTIVE, MatchState.COMPLETED, MatchState.ENDED_EARLY)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is published, the countries that requests name in public, the matches both sides agreed to."""

    n_requests: int
    n_offers: int
    n_countries: int
    n_matches: int


def figures(session: Session) -> Figures:
    """All four in one statement."""
    row = session.execute(
        sa.select(
            _published(EntryKind.REQUEST),
            _published(EntryKind.OFFER),
            _countries(),
            sa.select(sa.func.count()).select_from(Match).where(Match.state.in_(_MADE)).scalar_subquery(),
        )
    ).one()
    return Figures(*row)


def _published(kind: EntryKind) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .select_from(Entry)
        .where(Entry.kind == kind, Entry.publication == Publication.PUBLISHED)
        .scalar_subquery()
    )


def _countries() -> sa.ScalarSelect[int]:
    """Countries of published requests whose owners let everybody see them."""
    named, consented = aliased(EntryTerm), aliased(EntryTerm)
    return (
        sa.select(sa.func.count(sa.distinct(named.code)))
        .join(Entry, Entry.id == named.entry_id)
        .join(consented, consented.entry_id == named.entry_id)
        .where(
            Entry.kind == EntryKind.REQUEST,
            Entry.publication == Publication.PUBLISHED,
            named.vocabulary == "countries",
            consented.vocabulary == "public_fields",
            consented.code == "countries",
        )
        .scalar_subquery()
    )
