"""What about a panel's result needs a second look before anybody decides?

Reviewers who differ, a result that hangs on one score or one criterion, advice that goes against the
scores, open questions, and reviews that are unsure, without a source, or of an older text. A flag is a
question to people; it changes no score and no verdict. Source: the conditions are ours; the rules that
they look at are IPBES/5/3, annex, paras 9-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from criteria.cases import Case, Flag, FlagCode, ScoreChange
from criteria.explain import open_criteria, pivotal_criteria
from criteria.panel import CriterionResult, PanelResult, StrategyResult, lower_median
from criteria.rules import AtLeast, Met, RuleSet, criteria_of, evaluate
from criteria.scorecard import Answer, Scorecard, contradicts, judge, overall
from vocabulary.findings import SCORES, Confidence, CriterionId, Finding, Score, StrategyId, Verdict
from vocabulary.messages import Message, plural_message

GAP = 2
"""Points between the highest and the lowest score that are worth a word."""
SEVERAL = 2
"""Reviewers who cannot judge a criterion before it becomes a question."""


def find_flags(case: Case, panel: PanelResult | None = None) -> tuple[Flag, ...]:
    """Every flag of a proposal, in the order of FlagCode, then of the rules and of the reviews.

    Parameters
    ----------
    case : Case
    panel : PanelResult, optional
        `case.panel()`, where the caller has it already.

    Raises
    ------
    ValueError
        No strategy is claimed.
    """
    if not case.claimed:
        raise ValueError("a proposal claims at least one strategy")
    result = case.panel() if panel is None else panel
    return tuple(flag for find in _FINDERS for flag in find(case, result))


def _claimed(panel: PanelResult) -> Iterator[StrategyResult]:
    return (entry for entry in panel.strategies if entry.is_claimed)


def _named(entry: StrategyResult) -> tuple[CriterionId, ...]:
    """The criteria of a strategy's rule, each once."""
    return tuple(dict.fromkeys(criteria_of(entry.result.rule)))


# --- reviewers who differ ---------------------------------------------------------------------------------


def _splits(case: Case, panel: PanelResult) -> Iterator[Flag]:
    """Reviewers whose own verdicts differ; who left a strategy blank has none on it."""
    own = [(review, judge(review.card, case.rules)) for review in case.counted()]
    for entry in _claimed(panel):
        verdicts = {
            review.reviewer: results[entry.strategy].verdict
            for review, results in own
            if has_answered(review.card, entry)
        }
        if len(set(verdicts.values())) > 1:
            counts = {verdict: list(verdicts.values()).count(verdict) for verdict in Verdict}
            yield Flag(
                FlagCode.VERDICT_SPLIT,
                Message(
                    "The reviewers’ own results on strategy {strategy} differ (met: {n_met}, "
                    "not met: {n_not}, not determined: {n_open}).",
                    strategy=entry.strategy,
                    n_met=counts[Verdict.SATISFIED],
                    n_not=counts[Verdict.FAILED],
                    n_open=counts[Verdict.UNDECIDED],
                ),
                strategy=entry.strategy,
                reviewers=tuple(verdicts),
            )


def has_answered(card: Scorecard, entry: StrategyResult) -> bool:
    """Did a reviewer look at a strategy: score any criterion of its rule, or say "cannot judge"?"""
    answers = [card.answers.get(code, Answer()) for code in _named(entry)]
    return any(answer.value is not None or answer.cannot_judge for answer in answers)


def _gaps(case: Case, panel: PanelResult) -> Iterator[Flag]:
    named = dict.fromkeys(code for entry in _claimed(panel) for code in _named(entry))
    for code in named:
        scores = panel.on(code).scores
        if scores and max(scores) - min(scores) >= GAP:
            yield Flag(
                FlagCode.CRITERION_GAP,
                Message(
                    "The scores on criterion {criterion} lie far apart ({scores}).",
                    criterion=code,
                    scores=tuple(str(score) for score in scores),
                ),
                criterion=code,
            )


# --- results that hang on little --------------------------------------------------------------------------


def _fragile(case: Case, panel: PanelResult) -> Iterator[Flag]:
    """Single scores one point of which would change the verdict, alike scores in one flag."""
    findings = {found.criterion: found.finding for found in panel.criteria}
    for entry in _claimed(panel):
        for code in _named(entry):
            for (score, would_be), finding in _shifts(panel.on(code), case.rules).items():
                verdict = evaluate(entry.result.rule, findings | {code: finding}).verdict
                if verdict is not entry.result.verdict:
                    change = ScoreChange(score, would_be, verdict)
                    yield _fragile_flag(entry.strategy, code, _who_gave(case, code, score), change)


def _shifts(found: CriterionResult, rules: RuleSet) -> dict[tuple[Score, Score], Finding]:
    """The changes of one score by one point that change the finding, and what it becomes."""
    if found.agreed is not None or found.waived_because is not None or found.median is None:
        return {}
    shifts = {}
    for score in sorted(set(found.scores)):
        rest = list(found.scores)
        rest.remove(score)
        for would_be in (score - 1, score + 1):
            if would_be in SCORES:
                is_met = lower_median([*rest, would_be]) >= rules.met_threshold
                finding = Finding.MET if is_met else Finding.NOT_MET
                if finding is not found.finding:
                    shifts[score, would_be] = finding
    return shifts


def _number_of(card: Scorecard, code: CriterionId) -> Score | None:
    answer = card.answers.get(code, Answer())
    return None if answer.cannot_judge else answer.value


def _who_gave(case: Case, code: CriterionId, score: Score) -> tuple[str, ...]:
    return tuple(review.reviewer for review in case.counted() if _number_of(review.card, code) == score)


def _fragile_flag(
    strategy: StrategyId, code: CriterionId, reviewers: tuple[str, ...], change: ScoreChange
) -> Flag:
    text = {
        Verdict.SATISFIED: Message(
            "With one score of {would_be} instead of {score} on criterion {criterion}, strategy {strategy} "
            "would be met (given by: {reviewers})."
        ),
        Verdict.FAILED: Message(
            "With one score of {would_be} instead of {score} on criterion {criterion}, strategy {strategy} "
            "would not be met (given by: {reviewers})."
        ),
        Verdict.UNDECIDED: Message(
            "With one score of {would_be} instead of {score} on criterion {criterion}, strategy {strategy} "
            "would not be determined (given by: {reviewers})."
        ),
    }[change.verdict]
    message = text.format(
        strategy=strategy,
        criterion=code,
        score=change.score,
        would_be=change.would_be,
        reviewers=reviewers,
    )
    return Flag(FlagCode.FRAGILE, message, strategy, code, reviewers, change)


def _singles(case: Case, panel: PanelResult) -> Iterator[Flag]:
    """A strategy that asks for any one of several, and rests on exactly one (of ours: S2)."""
    for entry in _claimed(panel):
        rule = entry.result.rule
        if not isinstance(rule, AtLeast) or rule.minimum > 1 or len(rule.of) == 1:
            continue
        met = [part.rule for part in entry.result.parts if part.verdict is Verdict.SATISFIED]
        if len(met) == 1 and isinstance(met[0], Met):
            message = Message(
                "Strategy {strategy} is met by criterion {criterion} alone.",
                strategy=entry.strategy,
                criterion=met[0].criterion,
            )
            yield Flag(FlagCode.SINGLE, message, entry.strategy, met[0].criterion)


# --- advice against the scores ----------------------------------------------------------------------------


def _contradictions(case: Case, panel: PanelResult) -> Iterator[Flag]:
    for review in case.counted():
        own = overall(judge(review.card, case.rules), case.claimed)
        if contradicts(review.card.recommendation, own):
            yield Flag(
                FlagCode.CONTRADICTION,
                Message(
                    "The recommendation of {reviewer} differs from the result of the scores beside it.",
                    reviewer=review.reviewer,
                ),
                reviewers=(review.reviewer,),
            )
    together = overall({entry.strategy: entry.result for entry in panel.strategies}, case.claimed)
    if contradicts(case.proposed, together):
        yield Flag(
            FlagCode.CONTRADICTION, Message("The decision proposed differs from the result of the panel.")
        )


# --- open questions and weak grounds ----------------------------------------------------------------------


def _unknowns(case: Case, panel: PanelResult) -> Iterator[Flag]:
    for entry in _claimed(panel):
        still_open = open_criteria(entry.result)
        if still_open:
            message = plural_message(
                "Strategy {strategy} is not determined; it depends on criterion {criteria}.",
                "Strategy {strategy} is not determined; it depends on criteria {criteria}.",
                len(still_open),
                strategy=entry.strategy,
                criteria=tuple(still_open),
            )
            only = still_open[0] if len(still_open) == 1 else None
            yield Flag(FlagCode.UNKNOWN, message, entry.strategy, only)
        for code in _turning_points(entry, panel):
            yield from _doubted(entry.strategy, panel.on(code))


def _doubted(strategy: StrategyId, found: CriterionResult) -> Iterator[Flag]:
    """A criterion that decides and that several cannot judge, though others could."""
    if found.n_cannot_judge < SEVERAL:
        return
    message = plural_message(
        "{n} reviewer cannot judge criterion {criterion}, on which the result on strategy {strategy} rests.",
        "{n} reviewers cannot judge criterion {criterion}, on which the result on strategy {strategy} rests.",
        found.n_cannot_judge,
        criterion=found.criterion,
        strategy=strategy,
    )
    yield Flag(FlagCode.UNKNOWN, message, strategy, found.criterion)


def _turning_points(entry: StrategyResult, panel: PanelResult) -> list[CriterionId]:
    """Criteria that would change the verdict if they were found otherwise."""
    findings = {found.criterion: found.finding for found in panel.criteria}
    other = {Finding.MET: Finding.NOT_MET, Finding.NOT_MET: Finding.MET}
    return [
        code
        for code in _named(entry)
        if findings[code] in other
        and evaluate(entry.result.rule, findings | {code: other[findings[code]]}).verdict
        is not entry.result.verdict
    ]


def _low_confidence(case: Case, panel: PanelResult) -> Iterator[Flag]:
    counted = case.counted()
    unsure = tuple(review.reviewer for review in counted if review.card.confidence is Confidence.LOW)
    if 2 * len(unsure) > len(counted):
        message = Message("Most reviewers are not sure: {reviewers}.", reviewers=unsure)
        yield Flag(FlagCode.LOW_CONFIDENCE, message, reviewers=unsure)


def _thin_evidence(case: Case, panel: PanelResult) -> Iterator[Flag]:
    """Scores that count as met on a criterion the result rests on, without a place in the submission."""
    if not case.knows_pointers:
        return
    pivotal = {code: entry.strategy for entry in _claimed(panel) for code in pivotal_criteria(entry.result)}
    for code, strategy in pivotal.items():
        if panel.on(code).waived_because is not None:
            continue
        thin = tuple(
            review.reviewer
            for review in case.counted()
            if (_number_of(review.card, code) or 0) >= case.rules.met_threshold
            and not (review.card.answers[code].pointer or "").strip()
        )
        if thin:
            message = Message(
                "Strategy {strategy} rests on criterion {criterion}, and these reviews do not say where the "
                "evidence stands: {reviewers}.",
                strategy=strategy,
                criterion=code,
                reviewers=thin,
            )
            yield Flag(FlagCode.THIN_EVIDENCE, message, strategy, code, thin)


def _stale(case: Case, panel: PanelResult) -> Iterator[Flag]:
    for review in case.reviews:
        if review.is_stale:
            message = Message(
                "The review of {reviewer} is on an older text and is not counted.", reviewer=review.reviewer
            )
            yield Flag(FlagCode.STALE, message, reviewers=(review.reviewer,))


_FINDERS: tuple[Callable[[Case, PanelResult], Iterator[Flag]], ...] = (
    _splits,
    _gaps,
    _fragile,
    _singles,
    _contradictions,
    _unknowns,
    _low_confidence,
    _thin_evidence,
    _stale,
)
