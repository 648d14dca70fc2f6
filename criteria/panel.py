"""What do several reviews say together?

Per criterion the lower median of the numeric scores counts, then the rules are applied to the medians:
with three reviewers that is the majority on "met". Fewer numbers than the quorum leave a criterion
open. Each reviewer's own result is kept beside the panel's, so that disagreement stays visible. The
caller hands in only reviews that count: submitted, not voided, by people without a conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from criteria.rules import Result, RuleSet, evaluate_all
from criteria.scorecard import Answer, Criterion, Scorecard, judge
from vocabulary.findings import CriterionId, Finding, Score, StrategyId, Verdict


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """What the panel says on one criterion.

    Attributes
    ----------
    criterion : CriterionId
    scores : tuple of Score
        The numeric scores, in the order of the reviews.
    n_cannot_judge : int
        Reviewers who could not judge.
    median : Score or None
        Lower median; None below the quorum.
    agreed : Score or None
        What the meeting agreed on instead; it comes before the median.
    waived_because : str or None
        Why the criterion does not apply, as a co-chair of the task force recorded; it then counts as met.
    finding : Finding
    """

    criterion: CriterionId
    scores: tuple[Score, ...]
    n_cannot_judge: int
    median: Score | None
    agreed: Score | None
    waived_because: str | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """The panel's result on one strategy, and each reviewer's own verdict, in the order of the reviews."""

    strategy: StrategyId
    is_claimed: bool
    result: Result
    own_verdicts: tuple[Verdict, ...]

    @property
    def is_split(self) -> bool:
        """Do the reviewers' own verdicts differ?"""
        return len(set(self.own_verdicts)) > 1


@dataclass(frozen=True, slots=True)
class PanelResult:
    """Everything the panel page shows that follows from the scores alone."""

    criteria: tuple[CriterionResult, ...]
    strategies: tuple[StrategyResult, ...]

    def on(self, criterion: CriterionId) -> CriterionResult:
        """The result on one criterion. Raises KeyError for an unknown one."""
        for found in self.criteria:
            if found.criterion == criterion:
                return found
        raise KeyError(criterion)


def lower_median(scores: Sequence[Score]) -> Score:
    """The middle score, or the lower of the two middle ones. Raises ValueError on none."""
    if not scores:
        raise ValueError("the median of no score is unknown")
    return sorted(scores)[(len(scores) - 1) // 2]


def judge_panel(
    cards: Sequence[Scorecard],
    *,
    criteria: Sequence[Criterion],
    rules: RuleSet,
    claimed: Collection[StrategyId],
    agreed: Mapping[CriterionId, Score] | None = None,
    waived: Mapping[CriterionId, str] | None = None,
) -> PanelResult:
    """Judge a proposal from the reviews that count.

    Parameters
    ----------
    cards : sequence of Scorecard
        Zero or more; with none every criterion is open.
    criteria : sequence of Criterion
        The criteria set of the call.
    rules : RuleSet
        Its quorum is the fewest numeric scores that say anything on a criterion.
    claimed : collection of StrategyId
        Strategies that the proposal claims; the others are computed, too, and marked.
    agreed : mapping of CriterionId to Score, optional
        Scores that the meeting agreed on.
    waived : mapping of CriterionId to str, optional
        Criteria that do not apply to this proposal, with the recorded reason.
    """
    agreed, waived = agreed or {}, waived or {}
    results = tuple(
        _on_criterion(criterion.code, cards, rules, agreed.get(criterion.code), waived.get(criterion.code))
        for criterion in criteria
    )
    judged = evaluate_all(rules, {result.criterion: result.finding for result in results})
    own = [judge(card, rules) for card in cards]
    return PanelResult(
        results,
        tuple(
            StrategyResult(
                strategy,
                strategy in claimed,
                result,
                tuple(own_results[strategy].verdict for own_results in own),
            )
            for strategy, result in judged.items()
        ),
    )


def _on_criterion(
    code: CriterionId, cards: Sequence[Scorecard], rules: RuleSet, agreed: Score | None, waived: str | None
) -> CriterionResult:
    answers = [card.answers.get(code, Answer()) for card in cards]
    scores = tuple(a.value for a in answers if a.value is not None and not a.cannot_judge)
    median = lower_median(scores) if len(scores) >= rules.quorum else None
    counting = median if agreed is None else agreed
    if waived is not None:
        finding = Finding.MET
    elif counting is None:
        finding = Finding.UNCLEAR
    else:
        finding = Finding.MET if counting >= rules.met_threshold else Finding.NOT_MET
    n_cannot_judge = sum(answer.cannot_judge for answer in answers)
    return CriterionResult(code, scores, n_cannot_judge, median, agreed, waived, finding)
