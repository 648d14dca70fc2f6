"""What did one reviewer find, and may the scorecard be submitted as it is?

A score of at least the threshold of the rule set is "met", a lower one "not met"; "cannot judge" and a
blank are open questions and never count as zero. Field names are those of the form and the API.
Knows nothing of the procedure: who may score, and when, is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from criteria.rules import Result, RuleSet, criteria_of, evaluate_all
from vocabulary.findings import (
    SCORES,
    Confidence,
    CriterionId,
    Finding,
    Recommendation,
    Score,
    StrategyId,
    Verdict,
)
from vocabulary.messages import Message
from vocabulary.words import count_words

MAX_EVIDENCE_WORDS = 120
MAX_COMMENT_WORDS = 1000
MAX_REASON_WORDS = 120
MAX_POINTER_CHARACTERS = 200


class PartsRule(StrEnum):
    """How many parts of a criterion have to hold before it can be met."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion, as far as a scorecard is checked against it."""

    code: CriterionId
    strategy: StrategyId
    parts: tuple[str, ...] = ()
    parts_rule: PartsRule = PartsRule.ALL


def parse_criteria(items: Sequence[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """The criteria of a criteria set, from the items of its file (code, parent, data.parts, data.parts_rule).

    Raises ValueError for an item without code or parent, a code that stands twice, or another parts rule.
    """
    read = []
    for item in items:
        data = item.get("data") or {}
        if not item.get("code") or not item.get("parent"):
            raise ValueError(f"a criterion needs a code and its strategy: {item.get('code')!r}")
        parts = tuple(part["code"] for part in data.get("parts", ()))
        read.append(
            Criterion(item["code"], item["parent"], parts, PartsRule(data.get("parts_rule", PartsRule.ALL)))
        )
    if len({criterion.code for criterion in read}) < len(read):
        raise ValueError("a criterion code stands twice")
    return tuple(read)


@dataclass(frozen=True, slots=True)
class Answer:
    """One reviewer's answer to one criterion; the names are those of the form and the tables.

    `value` is 0..3 or None; `parts` says of each part of the criterion whether it holds.
    """

    value: Score | None = None
    cannot_judge: bool = False
    cannot_reason: str | None = None
    evidence: str | None = None
    pointer: str | None = None
    parts: Mapping[str, bool] = field(default_factory=dict)

    def finding(self, met_threshold: int) -> Finding:
        """MET, NOT_MET, or UNCLEAR when there is no number."""
        if self.value is None or self.cannot_judge:
            return Finding.UNCLEAR
        return Finding.MET if self.value >= met_threshold else Finding.NOT_MET


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One review: an answer per criterion, and the overall part."""

    answers: Mapping[CriterionId, Answer]
    recommendation: Recommendation | None = None
    confidence: Confidence | None = None
    conditions: str | None = None
    contradiction_reason: str | None = None
    comment_applicant: str | None = None
    comment_internal: str | None = None
    minutes_spent: int | None = None


def findings_of(card: Scorecard, rules: RuleSet) -> dict[CriterionId, Finding]:
    """The finding on each criterion that the reviewer answered."""
    return {code: answer.finding(rules.met_threshold) for code, answer in card.answers.items()}


def judge(card: Scorecard, rules: RuleSet) -> dict[StrategyId, Result]:
    """The reviewer's own result on every strategy; a blank is an open question."""
    return evaluate_all(rules, findings_of(card, rules))


def overall(results: Mapping[StrategyId, Result], claimed: Collection[StrategyId]) -> Verdict:
    """SATISFIED when any claimed strategy is, FAILED when every one has failed, else UNDECIDED.

    Raises ValueError when nothing is claimed, so that nothing cannot pass.
    """
    verdicts = {results[strategy].verdict for strategy in claimed}
    if not verdicts:
        raise ValueError("a proposal claims at least one strategy")
    if Verdict.SATISFIED in verdicts:
        return Verdict.SATISFIED
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.FAILED


def contradicts(recommendation: Recommendation | None, verdict: Verdict) -> bool:
    """Does a recommendation go against a verdict? An open verdict contradicts nothing."""
    endorses = recommendation in (Recommendation.ENDORSE, Recommendation.ENDORSE_WITH_CONDITIONS)
    rejects = recommendation is Recommendation.DO_NOT_ENDORSE
    return (endorses and verdict is Verdict.FAILED) or (rejects and verdict is Verdict.SATISFIED)


def errors_for_submission(
    card: Scorecard,
    *,
    criteria: Sequence[Criterion],
    rules: RuleSet,
    claimed: Collection[StrategyId],
) -> dict[str, list[Message]]:
    """Everything that keeps a scorecard from being submitted, by field; empty when nothing does.

    Parameters
    ----------
    card : Scorecard
    criteria : sequence of Criterion
        The criteria set of the call.
    rules : RuleSet
    claimed : collection of StrategyId
        The strategies that the proposal claims, at least one; their criteria must all be answered, and
        zero and every score that counts as met need evidence ("partly met" explains itself).

    Returns
    -------
    dict of str to list of Message
        Keys are "scores.<criterion>.<field>" and the names of the overall part.

    Raises
    ------
    KeyError, ValueError
        A claimed strategy is not in the rule set; none is claimed.
    """
    known = {criterion.code for criterion in criteria}
    named = {code for strategy in claimed for code in criteria_of(rules.rule_of(strategy))}
    found: list[tuple[str, Message]] = [
        (f"scores.{code}", Message("There is no criterion “{criterion}” in this call.", criterion=code))
        for code in sorted(card.answers.keys() - known)
    ]
    for criterion in criteria:
        answer = card.answers.get(criterion.code, Answer())
        is_claimed = criterion.strategy in claimed or criterion.code in named
        faults = _answer_errors(criterion, answer, is_claimed, rules.met_threshold)
        found += [(f"scores.{criterion.code}.{name}", message) for name, message in faults]
    found += _overall_errors(card, overall(judge(card, rules), claimed))
    errors: dict[str, list[Message]] = {}
    for name, message in found:
        errors.setdefault(name, []).append(message)
    return errors


Fault = tuple[str, Message]


def _answer_errors(
    criterion: Criterion, answer: Answer, is_claimed: bool, met_threshold: int
) -> Iterator[Fault]:
    code = criterion.code
    if answer.value is not None and answer.cannot_judge:
        yield (
            "value",
            Message("Criterion {criterion} has a score and “cannot judge”. Keep one.", criterion=code),
        )
    elif answer.value is not None:
        yield from _score_errors(criterion, answer, answer.value, is_claimed, met_threshold)
    elif answer.cannot_judge:
        if _is_blank(answer.cannot_reason):
            yield "cannot_reason", Message("Say why you cannot judge criterion {criterion}.", criterion=code)
    elif is_claimed:
        yield "value", Message("Give a score for criterion {criterion}, or “cannot judge”.", criterion=code)
    yield from _too_long("cannot_reason", answer.cannot_reason, MAX_REASON_WORDS)
    yield from _too_long("evidence", answer.evidence, MAX_EVIDENCE_WORDS)
    if len(answer.pointer or "") > MAX_POINTER_CHARACTERS:
        yield (
            "pointer",
            Message("The pointer has at most {limit} characters.", limit=MAX_POINTER_CHARACTERS),
        )
    for part in sorted(answer.parts.keys() - set(criterion.parts)):
        yield (
            "parts",
            Message("Criterion {criterion} has no part “{part}”.", criterion=code, part=part),
        )


def _score_errors(
    criterion: Criterion, answer: Answer, value: Score, is_claimed: bool, met_threshold: int
) -> Iterator[Fault]:
    """What is wrong with a number, its evidence and the parts it stands on."""
    code = criterion.code
    if isinstance(value, bool) or value not in SCORES:
        yield "value", Message("The score for criterion {criterion} is 0, 1, 2 or 3.", criterion=code)
        return
    needs_evidence = is_claimed and (value == 0 or value >= met_threshold)
    if needs_evidence and _is_blank(answer.evidence):
        yield (
            "evidence",
            Message(
                "Give the evidence for the score {score} on criterion {criterion}.",
                score=value,
                criterion=code,
            ),
        )
    if value >= met_threshold and not _parts_hold(criterion, answer):
        yield "parts", _parts_error(criterion, value)


def _parts_hold(criterion: Criterion, answer: Answer) -> bool:
    if not criterion.parts:
        return True
    held = [answer.parts.get(part, False) for part in criterion.parts]
    return any(held) if criterion.parts_rule is PartsRule.ANY else all(held)


def _parts_error(criterion: Criterion, value: Score) -> Message:
    if criterion.parts_rule is PartsRule.ANY:
        return Message(
            "The score {score} on criterion {criterion} needs at least one of its parts {parts}.",
            score=value,
            criterion=criterion.code,
            parts=criterion.parts,
        )
    return Message(
        "The score {score} on criterion {criterion} needs all of its parts {parts}.",
        score=value,
        criterion=criterion.code,
        parts=criterion.parts,
    )


def _overall_errors(card: Scorecard, verdict: Verdict) -> Iterator[Fault]:
    if card.recommendation is None:
        yield "recommendation", Message("Choose a recommendation.")
    if card.confidence is None:
        yield "confidence", Message("Say how sure you are.")
    if card.recommendation is Recommendation.ENDORSE_WITH_CONDITIONS and _is_blank(card.conditions):
        yield "conditions", Message("Name the conditions of your endorsement.")
    if contradicts(card.recommendation, verdict) and _is_blank(card.contradiction_reason):
        yield (
            "contradiction_reason",
            Message("Your recommendation differs from the result of your scores. Say why, in a sentence."),
        )
    if card.minutes_spent is not None and card.minutes_spent < 0:
        yield "minutes_spent", Message("The time spent cannot be negative.")
    for name in ("conditions", "contradiction_reason", "comment_applicant", "comment_internal"):
        yield from _too_long(name, getattr(card, name), MAX_COMMENT_WORDS)


def _too_long(name: str, text: str | None, limit: int) -> Iterator[Fault]:
    n_words = count_words(text or "")
    if n_words > limit:
        yield (
            name,
            Message("This has {n_words} words; at most {limit} fit.", n_words=n_words, limit=limit),
        )


def _is_blank(text: str | None) -> bool:
    return not (text or "").strip()
