"""What a reviewer can find, and what the rules can conclude from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

CriterionId: TypeAlias = str
"""Code of a criterion within its criteria set: "1" to "12" for the rolling plan. Never renumbered."""

StrategyId: TypeAlias = str
"""Code of a strategy: "S1" to "S3" for the rolling plan."""

Score: TypeAlias = int
"""0 no evidence, 1 partly, 2 met, 3 strong; "cannot judge" is None, never a number."""

SCORES = (0, 1, 2, 3)


class Finding(StrEnum):
    """Answer to one criterion."""

    MET = "met"
    NOT_MET = "not_met"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What a rule concludes from findings; it advises, a Decision binds."""

    SATISFIED = "satisfied"
    FAILED = "failed"
    UNDECIDED = "undecided"


class Recommendation(StrEnum):
    """A reviewer's own overall advice, independent of the rules."""

    ENDORSE = "endorse"
    ENDORSE_WITH_CONDITIONS = "endorse_with_conditions"
    MORE_INFORMATION = "more_information"
    DO_NOT_ENDORSE = "do_not_endorse"
    ABSTAIN = "abstain"


class Confidence(StrEnum):
    """How sure a reviewer is; shown, never a multiplier."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
