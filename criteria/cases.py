"""What is known of a proposal when its flags are raised, and what is a flag?

Whoever calls gives each reviewer the name that the reader of the flags may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from criteria.panel import PanelResult, judge_panel
from criteria.rules import RuleSet
from criteria.scorecard import Criterion, Scorecard
from vocabulary.findings import CriterionId, Recommendation, Score, StrategyId, Verdict
from vocabulary.messages import Message


class FlagCode(StrEnum):
    """Every kind of flag, in the order in which an agenda shows them."""

    VERDICT_SPLIT = "verdict-split"
    CRITERION_GAP = "criterion-gap"
    FRAGILE = "fragile"
    SINGLE = "S2-single"
    CONTRADICTION = "contradiction"
    UNKNOWN = "unknown"
    LOW_CONFIDENCE = "low-confidence"
    THIN_EVIDENCE = "thin-evidence"
    STALE = "stale"


ACTIONS: Mapping[FlagCode, Message] = {
    FlagCode.VERDICT_SPLIT: Message("Discuss it, and think of one more reviewer."),
    FlagCode.CRITERION_GAP: Message("Discuss this criterion."),
    FlagCode.FRAGILE: Message("Look at this score before you decide."),
    FlagCode.SINGLE: Message("Verify the evidence for this criterion."),
    FlagCode.CONTRADICTION: Message("Ask for the reason."),
    FlagCode.UNKNOWN: Message("Put the question to the applicant, or to another reviewer."),
    FlagCode.LOW_CONFIDENCE: Message("Ask one more reviewer."),
    FlagCode.THIN_EVIDENCE: Message("Ask where the submission shows it."),
    FlagCode.STALE: Message("Ask whether the review still holds."),
}
"""What to do about each flag."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A submitted review, under the name that the reader of the flags may see."""

    reviewer: str
    card: Scorecard
    is_stale: bool = False
    """Written on an older text and not confirmed since; shown, not counted."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the flags of one proposal follow from.

    Attributes
    ----------
    reviews : tuple of Reviewed
        Submitted, not voided, by people without a conflict.
    criteria, rules
        Those of the call.
    claimed : collection of StrategyId
        At least one.
    agreed, waived : mappings
        As in `criteria.panel.judge_panel`.
    proposed : Recommendation or None
        What the proposed decision amounts to, where there is one.
    knows_pointers : bool
        False where reviews never say where the evidence stands, so that its lack says nothing.
    """

    reviews: tuple[Reviewed, ...]
    criteria: Sequence[Criterion]
    rules: RuleSet
    claimed: Collection[StrategyId]
    agreed: Mapping[CriterionId, Score] = field(default_factory=dict)
    waived: Mapping[CriterionId, str] = field(default_factory=dict)
    proposed: Recommendation | None = None
    knows_pointers: bool = True

    def counted(self) -> tuple[Reviewed, ...]:
        """The reviews that count, in their order."""
        return tuple(review for review in self.reviews if not review.is_stale)

    def panel(self) -> PanelResult:
        """What these reviews say together."""
        return judge_panel(
            [review.card for review in self.counted()],
            criteria=self.criteria,
            rules=self.rules,
            claimed=self.claimed,
            agreed=self.agreed,
            waived=self.waived,
        )


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """One point on one score, and the verdict that would follow."""

    score: Score
    would_be: Score
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a result that needs a second look.

    Attributes
    ----------
    code : FlagCode
    message : Message
    strategy, criterion : str or None
        What it is about, where it is about one.
    reviewers : tuple of str
        Whose reviews it is about, where it is not about all.
    change : ScoreChange or None
        Of `fragile`: the score that would change the verdict.
    """

    code: FlagCode
    message: Message
    strategy: StrategyId | None = None
    criterion: CriterionId | None = None
    reviewers: tuple[str, ...] = ()
    change: ScoreChange | None = None

    @property
    def action(self) -> Message:
        """What to do about it."""
        return ACTIONS[self.code]
