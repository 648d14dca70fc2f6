"""What the service points to when it looks for conflicts of interest, and what people say of it."""

from __future__ import annotations

from enum import StrEnum


class TieSource(StrEnum):
    """Where a tie between a person and an entry was seen."""

    INSTITUTION = "institution"
    PAST_INSTITUTION = "past_institution"
    DOMAIN = "domain"
    NAME = "name"
    OWN_ENTRY = "own_entry"
    COLLABORATOR = "collaborator"
    MATCH = "match"
    NOMINATOR = "nominator"
    HELPED = "helped"


class HintAnswer(StrEnum):
    """What somebody said of a tie that the service pointed to."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class PlanKind(StrEnum):
    """How a plan of assignments came about."""

    AUTOMATIC = "automatic"
    FILE = "file"


class PlanState(StrEnum):
    """What became of a plan of assignments."""

    OPEN = "open"
    COMMITTED = "committed"
    DISCARDED = "discarded"


class ProposalState(StrEnum):
    """What became of a moderator's proposal of a reviewer."""

    OPEN = "open"
    MADE = "made"
    DISMISSED = "dismissed"


class ReminderStep(StrEnum):
    """Which reminder of an assignment went; the clock sends each once, people any number of times."""

    WEEK_BEFORE = "week_before"
    TWO_DAYS_BEFORE = "two_days_before"
    DAY_AFTER = "day_after"
    OFFICER = "officer"
    BY_HAND = "by_hand"
