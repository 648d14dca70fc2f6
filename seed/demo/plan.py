"""What is the demonstration world made of? Frozen facts that a loader turns into rows, one call each.

`fields` of an entry use the names and JSON forms of services/entries/fields.py. Keys ("R-007", "reviewer-2")
link the parts; they never reach the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """An invented organisation: kind and country are codes of the reference data."""

    key: str
    name: str
    acronym: str | None
    kind: str
    country: str


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """An invented person with an account; `role` is a vocabulary.people.Role, held service-wide.

    A focal point holds the role for `country` only. `organisation` is a body's key. `expertise` is in the
    person's language.
    """

    key: str
    role: str
    name: str
    email: str
    language: str
    working_languages: tuple[str, ...]
    country: str
    organisation: str | None
    expertise: str | None


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call; `closes_at` None is a standing call. Title and text by language."""

    key: str
    kind: str
    state: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    strategies: tuple[str, ...]
    opens_at: datetime
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """One request or offer and the state it should reach.

    `owner` is a person's key; None for somebody without an account. `state` is a RequestState or
    OfferState; `begun_at` is when the draft was opened, `submitted_at` None for a draft.
    `twin_of` names the entry that this one repeats in other words or in another language; `bundle` is
    shared by requests that one concept note could serve.
    """

    key: str
    kind: str
    call: str
    theme: str
    state: str
    begun_at: datetime
    submitted_at: datetime | None
    is_published: bool
    owner: str | None
    fields: Mapping[str, Any]
    twin_of: str | None = None
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """One criterion in one review: 0 to 3, or None for "cannot judge" with its reason."""

    criterion: str
    value: int | None
    evidence: str | None
    pointer: str | None
    cannot_reason: str | None


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """A submitted review, or a draft where `submitted_at` is None.

    `contradiction_reason` is for the case that the advice goes against what the rules make of the scores.
    """

    scores: tuple[ScorePlan, ...]
    recommendation: str | None
    confidence: str | None
    conditions: str | None
    comment_applicant: str | None
    minutes_spent: int | None
    submitted_at: datetime | None
    contradiction_reason: str | None = None
    partners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """A reviewer is asked to score an entry: the answer to the conflict question, and perhaps a review.

    `conflict` is a ConflictAnswer or None where the question is still open; `ruling` a ConflictRuling on
    a possible conflict; `state` an AssignmentState.
    """

    entry: str
    reviewer: str
    state: str
    conflict: str | None
    conflict_kinds: tuple[str, ...]
    conflict_text: str | None
    ruling: str | None
    invited_at: datetime
    due_at: datetime
    review: ReviewPlan | None


@dataclass(frozen=True, slots=True)
class DecisionPlan:
    """The act on an entry: proposed by the moderator, approved and released by the decider."""

    entry: str
    outcome: str
    reason: str
    conditions: str | None
    decided_at: datetime
    is_released: bool


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """A request and an offer that belong together, and the state it should reach (MatchState).

    Suggested matches are computed by the service; one here says that the pair should rank well and
    needs no row.
    """

    request: str
    offer: str
    slot: str
    state: str
    requester_answer: str
    requester_reason: str | None
    partner_answer: str
    partner_reason: str | None
    reason: str | None
    outcome: str | None
    answer_by_at: datetime | None


@dataclass(frozen=True, slots=True)
class World:
    """Everything but the load-test entries, which `more_entries` yields one at a time."""

    today: date
    organisations: tuple[BodyPlan, ...]
    people: tuple[PersonPlan, ...]
    calls: tuple[CallPlan, ...]
    entries: tuple[EntryPlan, ...]
    assignments: tuple[AssignmentPlan, ...]
    decisions: tuple[DecisionPlan, ...]
    matches: tuple[MatchPlan, ...]
    more_entries: Callable[[], Iterator[EntryPlan]]

    def all_entries(self) -> Iterator[EntryPlan]:
        """The entries, then those grown for a load test."""
        yield from self.entries
        yield from self.more_entries()
