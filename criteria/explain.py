"""Why is the verdict what it is, and what would change it? In whole sentences, made from the result tree.

Every sentence is a Message of its own, so that it can be said in each language; names of criteria and
strategies are values in it. The verdict advises; the sentences say what it rests on, nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from criteria.panel import CriterionResult, PanelResult
from criteria.rules import AllOf, AtLeast, Met, Result, evaluate
from criteria.scorecard import Answer, Scorecard
from vocabulary.findings import CriterionId, Finding, StrategyId, Verdict
from vocabulary.messages import Message, plural_message

Names = Mapping[CriterionId, str]
Speaker = Callable[[CriterionId, Verdict], Message]
"""Says how one criterion stands."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on one strategy in words.

    Attributes
    ----------
    strategy : StrategyId
    verdict : Verdict
    headline : Message
    sentences : tuple of Message
        How each criterion and each group stands, in the order of the rule.
    change : tuple of Message
        What would change the verdict.
    """

    strategy: StrategyId
    verdict: Verdict
    headline: Message
    sentences: tuple[Message, ...]
    change: tuple[Message, ...]

    def messages(self) -> tuple[Message, ...]:
        """Everything, in reading order."""
        return (self.headline, *self.sentences, *self.change)

    def __str__(self) -> str:
        return " ".join(self.messages())


def explain_findings(
    strategy: StrategyId, result: Result, *, names: Names | None = None, is_claimed: bool = True
) -> Explanation:
    """Explain a result from bare findings.

    Parameters
    ----------
    strategy : StrategyId
    result : Result
        From criteria.rules.evaluate.
    names : mapping of CriterionId to str, optional
        How to call each criterion; its code where a name is missing.
    is_claimed : bool
        False words the headline as a hint.
    """
    return _explain(strategy, result, lambda code, verdict: _bare(code, verdict), names or {}, is_claimed)


def explain_card(
    card: Scorecard,
    strategy: StrategyId,
    result: Result,
    *,
    names: Names | None = None,
    is_claimed: bool = True,
) -> Explanation:
    """Explain the result of one reviewer's scorecard, with its scores."""

    def say(code: CriterionId, verdict: Verdict) -> Message:
        return _scored(card.answers.get(code, Answer()), code, verdict)

    return _explain(strategy, result, say, names or {}, is_claimed)


def explain_panel(panel: PanelResult, *, names: Names | None = None) -> tuple[Explanation, ...]:
    """Explain the result of a panel on every strategy, with the scores behind each median."""

    def say(code: CriterionId, verdict: Verdict) -> Message:
        return _counted(panel.on(code), verdict)

    return tuple(
        _explain(entry.strategy, entry.result, say, names or {}, entry.is_claimed)
        for entry in panel.strategies
    )


def _explain(
    strategy: StrategyId, result: Result, say: Speaker, names: Names, is_claimed: bool
) -> Explanation:
    def said(code: CriterionId, verdict: Verdict) -> Message:
        return say(code, verdict).format(criterion=names.get(code, code))

    return Explanation(
        strategy,
        result.verdict,
        _headline(strategy, result.verdict, is_claimed),
        tuple(_sentences(result, said, names, is_top=True)),
        tuple(_change(result, names)),
    )


def _headline(strategy: StrategyId, verdict: Verdict, is_claimed: bool) -> Message:
    claimed = {
        Verdict.SATISFIED: Message("Strategy {strategy} is met.", strategy=strategy),
        Verdict.FAILED: Message("Strategy {strategy} is not met.", strategy=strategy),
        Verdict.UNDECIDED: Message("Strategy {strategy} is not determined.", strategy=strategy),
    }
    not_claimed = {
        Verdict.SATISFIED: Message("Strategy {strategy} is not claimed; it would be met.", strategy=strategy),
        Verdict.FAILED: Message(
            "Strategy {strategy} is not claimed; it would not be met.", strategy=strategy
        ),
        Verdict.UNDECIDED: Message(
            "Strategy {strategy} is not claimed; it would not be determined.", strategy=strategy
        ),
    }
    return (claimed if is_claimed else not_claimed)[verdict]


def _sentences(result: Result, say: Speaker, names: Names, *, is_top: bool) -> Iterator[Message]:
    """How a rule and its parts stand; "all" at the top needs no sentence, its parts speak for it."""
    rule = result.rule
    if isinstance(rule, Met):
        yield say(rule.criterion, result.verdict)
        return
    if isinstance(rule, AtLeast):
        yield _at_least(rule, result, names)
    elif not is_top:
        yield Message(
            "All of the conditions that follow must hold. Held: {n_met} of {total}.",
            total=len(result.parts),
            n_met=result.count(Verdict.SATISFIED),
        )
    for part in result.parts:
        yield from _sentences(part, say, names, is_top=False)


def _at_least(rule: AtLeast, result: Result, names: Names) -> Message:
    n_met, n_open = result.count(Verdict.SATISFIED), result.count(Verdict.UNDECIDED)
    codes = [part.criterion for part in rule.of if isinstance(part, Met)]
    if len(codes) < len(rule.of):
        return Message(
            "Of the conditions that follow, at least {needed} must hold. Held: {n_met} of {total}.",
            needed=rule.minimum,
            total=len(rule.of),
            n_met=n_met,
        )
    criteria = _named(codes, names)
    if n_open:
        return Message(
            "Of criteria {criteria}, at least {needed} must be met: {n_met} met, {n_open} not determined.",
            criteria=criteria,
            needed=rule.minimum,
            n_met=n_met,
            n_open=n_open,
        )
    return Message(
        "Of criteria {criteria}, at least {needed} must be met: {n_met} met.",
        criteria=criteria,
        needed=rule.minimum,
        n_met=n_met,
    )


def _bare(code: CriterionId, verdict: Verdict) -> Message:
    return {
        Verdict.SATISFIED: Message("Criterion {criterion} is met.", criterion=code),
        Verdict.FAILED: Message("Criterion {criterion} is not met.", criterion=code),
        Verdict.UNDECIDED: Message("Criterion {criterion} is not determined.", criterion=code),
    }[verdict]


def _scored(answer: Answer, code: CriterionId, verdict: Verdict) -> Message:
    """One criterion of one scorecard."""
    if answer.cannot_judge:
        return Message(
            "Criterion {criterion} is not determined: the reviewer could not judge it.", criterion=code
        )
    if answer.value is None:
        return Message("Criterion {criterion} is not determined: it has no score.", criterion=code)
    if verdict is Verdict.SATISFIED:
        return Message("Criterion {criterion} is met (score {score}).", criterion=code, score=answer.value)
    return Message("Criterion {criterion} is not met (score {score}).", criterion=code, score=answer.value)


def _counted(found: CriterionResult, verdict: Verdict) -> Message:
    """One criterion of a panel."""
    code, scores = found.criterion, tuple(str(score) for score in found.scores)
    if found.waived_because is not None:
        return Message(
            "Criterion {criterion} does not apply and counts as met. The reason recorded: {reason}",
            criterion=code,
            reason=found.waived_because,
        )
    if found.agreed is not None:
        return _agreed(code, found.agreed, scores, verdict)
    if not scores:
        return Message(
            "Criterion {criterion} is not determined (no score; cannot judge: {n_cannot}).",
            criterion=code,
            n_cannot=found.n_cannot_judge,
        )
    if found.n_cannot_judge:
        return _with_doubt(code, scores, found.n_cannot_judge, verdict)
    return {
        Verdict.SATISFIED: Message(
            "Criterion {criterion} is met (scores {scores}).", criterion=code, scores=scores
        ),
        Verdict.FAILED: Message(
            "Criterion {criterion} is not met (scores {scores}).", criterion=code, scores=scores
        ),
        Verdict.UNDECIDED: Message(
            "Criterion {criterion} is not determined: too few scores ({scores}).",
            criterion=code,
            scores=scores,
        ),
    }[verdict]


def _agreed(code: CriterionId, agreed: int, scores: tuple[str, ...], verdict: Verdict) -> Message:
    if verdict is Verdict.SATISFIED:
        return Message(
            "Criterion {criterion} is met: the meeting agreed on {agreed} (scores before it: {scores}).",
            criterion=code,
            agreed=agreed,
            scores=scores or "–",
        )
    return Message(
        "Criterion {criterion} is not met: the meeting agreed on {agreed} (scores before it: {scores}).",
        criterion=code,
        agreed=agreed,
        scores=scores or "–",
    )


def _with_doubt(code: CriterionId, scores: tuple[str, ...], n_cannot: int, verdict: Verdict) -> Message:
    """A criterion that some scored and others could not judge."""
    return {
        Verdict.SATISFIED: Message(
            "Criterion {criterion} is met (scores {scores}; cannot judge: {n_cannot}).",
            criterion=code,
            scores=scores,
            n_cannot=n_cannot,
        ),
        Verdict.FAILED: Message(
            "Criterion {criterion} is not met (scores {scores}; cannot judge: {n_cannot}).",
            criterion=code,
            scores=scores,
            n_cannot=n_cannot,
        ),
        Verdict.UNDECIDED: Message(
            "Criterion {criterion} is not determined: too few scores ({scores}; cannot judge: {n_cannot}).",
            criterion=code,
            scores=scores,
            n_cannot=n_cannot,
        ),
    }[verdict]


def _change(result: Result, names: Names) -> Iterator[Message]:
    """What would change the verdict."""
    if result.verdict is Verdict.SATISFIED:
        pivotal = pivotal_criteria(result)
        if not pivotal:
            yield Message("No single criterion decides this result.")
            return
        yield plural_message(
            "It rests on criterion {criteria}: without it, the strategy would not be met.",
            "It rests on each of criteria {criteria}: without one of them, the strategy would not be met.",
            len(pivotal),
            criteria=_named(pivotal, names),
        )
        return
    still_open = open_criteria(result)
    if still_open:
        yield plural_message(
            "It depends on criterion {criteria}, which is not determined yet.",
            "It depends on criteria {criteria}, which are not determined yet.",
            len(still_open),
            criteria=_named(still_open, names),
        )
    yield from _needs(result, names)


def _needs(result: Result, names: Names) -> Iterator[Message]:
    """What is still lacking, group by group."""
    rule = result.rule
    lacking = [part for part in result.parts if part.verdict is not Verdict.SATISFIED]
    if result.verdict is Verdict.SATISFIED:
        return
    if isinstance(rule, Met):
        yield _must([rule.criterion], names)
    elif isinstance(rule, AllOf):
        singles = [part.rule.criterion for part in lacking if isinstance(part.rule, Met)]
        if singles:
            yield _must(singles, names)
        for part in lacking:
            if not isinstance(part.rule, Met):
                yield from _needs(part, names)
    else:
        yield _choice(lacking, rule.minimum - result.count(Verdict.SATISFIED), names)


def _must(codes: list[CriterionId], names: Names) -> Message:
    return plural_message(
        "To be met, the strategy needs criterion {criteria} to be met.",
        "To be met, the strategy needs all of criteria {criteria} to be met.",
        len(codes),
        criteria=_named(codes, names),
    )


def _choice(lacking: list[Result], n_more: int, names: Names) -> Message:
    codes = [part.rule.criterion for part in lacking if isinstance(part.rule, Met)]
    if len(codes) < len(lacking):
        return plural_message(
            "To be met, the strategy needs {n} more of the conditions named together to hold.",
            "To be met, the strategy needs {n} more of the conditions named together to hold.",
            n_more,
        )
    if n_more == len(codes):
        return _must(codes, names)
    return plural_message(
        "To be met, the strategy needs {n} more of criteria {criteria} to be met.",
        "To be met, the strategy needs {n} more of criteria {criteria} to be met.",
        n_more,
        criteria=_named(codes, names),
    )


def pivotal_criteria(result: Result) -> list[CriterionId]:
    """Criteria on each of which a satisfied rule rests; none when it is not satisfied."""
    if result.verdict is not Verdict.SATISFIED:
        return []
    findings = dict(_findings(result))
    return [
        code
        for code, finding in findings.items()
        if finding is Finding.MET
        and evaluate(result.rule, findings | {code: Finding.NOT_MET}).verdict is not Verdict.SATISFIED
    ]


def open_criteria(result: Result) -> list[CriterionId]:
    """Criteria not determined whose answer can still change the verdict."""
    if result.verdict is not Verdict.UNDECIDED:
        return []
    if isinstance(result.rule, Met):
        return [result.rule.criterion]
    found = [code for part in result.parts for code in open_criteria(part)]
    return list(dict.fromkeys(found))


_FINDING = {
    Verdict.SATISFIED: Finding.MET,
    Verdict.FAILED: Finding.NOT_MET,
    Verdict.UNDECIDED: Finding.UNCLEAR,
}


def _findings(result: Result) -> Iterator[tuple[CriterionId, Finding]]:
    """The findings that a result was made from."""
    if isinstance(result.rule, Met):
        yield result.rule.criterion, _FINDING[result.verdict]
    for part in result.parts:
        yield from _findings(part)


def _named(codes: list[CriterionId], names: Names) -> tuple[str, ...]:
    return tuple(names.get(code, code) for code in codes)
