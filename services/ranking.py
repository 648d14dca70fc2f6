"""The one way in which the service ranks an entry: words, vocabularies, and meaning where it is known.

Matches, allocations and previews of weights all go through here, so that a pair scores the same in each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from matching.facts import EntryFacts, Places
from matching.index import Index
from matching.meaning import Passages
from matching.rank import Ranking, rank
from matching.settings import MatchingSettings
from services import vocabularies
from services.match_facts import Audience
from services.match_index import current_index, current_passages
from services.meaning import subject_meaning
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

    def weighed(self, settings: MatchingSettings) -> Candidates:
        """The same under other settings."""
        return replace(self, index=replace(self.index, settings=settings))


def candidates(session: Session, audience: Audience, kind: EntryKind) -> Candidates:
    """Everything of a kind that may be matched now."""
    return Candidates(
        current_index(session, audience, kind),
        current_passages(session, audience, kind),
        vocabularies.places(session),
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
    return rank(
        subject,
        among.index,
        places=among.places,
        today=today,
        top=top,
        include_blocked=include_blocked,
        meaning=subject_meaning(session, subject, among.passages),
    )
