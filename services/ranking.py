"""The one way in which the service ranks entries: words, vocabularies, and meaning where it is known.

Matches, bundles, allocations and previews of weights all go through here, so that a pair scores the same in
each. Who has many entries to rank hands over all of them: their vectors are then read at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from matching.facts import EntryFacts, Places
from matching.index import Index
from matching.meaning import Passages
from matching.rank import Ranking, rank_all
from matching.settings import MatchingSettings
from services import vocabularies
from services.match_facts import Audience
from services.match_index import current_index, current_passages
from services.meaning import subject_meanings
from vocabulary.states import EntryKind


@dataclass(frozen=True, slots=True)
class Candidates:
    """One side as an audience may see it: its index, its vectors, and where countries lie."""

    index: Index
    passages: Passages
    places: Places

    def without(self, refs: frozenset[str]) -> Candidates:
        """The same without some entries."""
        return replace(self, index=self.index.with_changes(removed=refs)) if refs else self

    def only(self, ref: str) -> Candidates:
        """One entry alone."""
        return replace(self, index=self.index.only(ref))

    def weighed(self, settings: MatchingSettings) -> Candidates:
        """The same under other settings."""
        return replace(self, index=replace(self.index, settings=settings))


def candidates(
    session: Session, audience: Audience, kind: EntryKind, hidden: frozenset[str] = frozenset()
) -> Candidates:
    """Everything of a kind that may be matched now.

    `hidden` are the entries that a conflict of interest hides from the reader: nothing tells of them.
    """
    return Candidates(
        current_index(session, audience, kind, hidden),
        current_passages(session, audience, kind, hidden),
        vocabularies.places(session),
    )


def rank_entries(
    session: Session,
    subjects: Sequence[EntryFacts],
    among: Candidates,
    *,
    today: date,
    top: int,
    include_blocked: bool = False,
) -> Iterator[Ranking]:
    """The best candidates for each of some entries, best first, in the order of the entries.

    Reads what it needs of the database before it answers for the first time.
    """
    meanings = subject_meanings(session, subjects, among.passages)
    return rank_all(
        subjects,
        among.index,
        places=among.places,
        today=today,
        top=top,
        include_blocked=include_blocked,
        meaning_of=lambda subject: meanings.get(subject.id),
    )


def rank_entry(
    session: Session,
    subject: EntryFacts,
    among: Candidates,
    *,
    today: date,
    top: int,
    include_blocked: bool = False,
) -> Ranking:
    """The best candidates for one entry, best first."""
    [ranking] = rank_entries(session, [subject], among, today=today, top=top, include_blocked=include_blocked)
    return ranking
