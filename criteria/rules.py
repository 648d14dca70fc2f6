"""What must be met for a strategy, and is it?

The rules of a strategy are data: a small tree of "this criterion is met", "at least k of these" and
"all of these", read once from JSON and checked whole. A finding of UNCLEAR is an open question, not a
"no": a rule is UNDECIDED while the ways its open questions could be answered still disagree. Nothing
here knows the twelve criteria of IPBES; another body's rules are another file.

Pure: no database, no clock, nothing is ever evaluated as code.
Source of the rules shipped: IPBES/5/3, annex, paras 9-11 (seed/data/rules.json). Three values: ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from vocabulary.errors import IncompleteScorecard
from vocabulary.findings import CriterionId, Finding, StrategyId, Verdict
from vocabulary.messages import Message

ENGINE = 1
"""Version of the evaluation below; a rule set names the one it was written for."""


@dataclass(frozen=True, slots=True)
class Met:
    """This criterion is met."""

    criterion: CriterionId


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `minimum` of these hold (unit: rules, 1..len(of))."""

    minimum: int
    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold."""

    of: tuple[Rule, ...]


Rule: TypeAlias = Met | AtLeast | AllOf


@dataclass(frozen=True, slots=True)
class StrategyRule:
    """The rule of one strategy."""

    strategy: StrategyId
    rule: Rule


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A version of the rules of all strategies.

    Attributes
    ----------
    version : str
    engine : int
        The evaluation it was written for; only ENGINE is known.
    met_threshold : int
        Lowest score that counts as met, 1..3.
    quorum : int
        Fewest numeric scores from which a panel finds anything, 1 or more.
    strategies : tuple of StrategyRule, at least one
    """

    version: str
    engine: int
    met_threshold: int
    quorum: int
    strategies: tuple[StrategyRule, ...]

    def rule_of(self, strategy: StrategyId) -> Rule:
        """The rule of a strategy. Raises KeyError for one that the set does not know."""
        for entry in self.strategies:
            if entry.strategy == strategy:
                return entry.rule
        raise KeyError(strategy)

    def codes(self) -> tuple[StrategyId, ...]:
        """Every strategy, in the order of the file."""
        return tuple(entry.strategy for entry in self.strategies)


@dataclass(frozen=True, slots=True)
class Result:
    """A rule, its verdict, and the results of its parts, from which explanations are made."""

    rule: Rule
    verdict: Verdict
    parts: tuple[Result, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many of the direct parts have this verdict (0..len(parts))."""
        return sum(part.verdict is verdict for part in self.parts)

    def as_data(self) -> dict[str, Any]:
        """The tree as JSON values, in the form of the rule file with the verdicts beside it."""
        parts = [part.as_data() for part in self.parts]
        match self.rule:
            case Met(criterion):
                return {"met": criterion, "verdict": self.verdict.value}
            case AtLeast(minimum, _):
                return {"atleast": minimum, "verdict": self.verdict.value, "of": parts}
            case AllOf():
                return {"verdict": self.verdict.value, "all": parts}


def criteria_of(rule: Rule) -> Iterator[CriterionId]:
    """Every criterion that a rule names, in its order; one that stands twice comes twice."""
    if isinstance(rule, Met):
        yield rule.criterion
    else:
        for part in rule.of:
            yield from criteria_of(part)


def evaluate(rule: Rule, findings: Mapping[CriterionId, Finding]) -> Result:
    """Judge a rule.

    Parameters
    ----------
    rule : Rule
    findings : mapping of CriterionId to Finding
        At least the criteria that the rule names; others are ignored.

    Returns
    -------
    Result
        SATISFIED or FAILED when every way to answer the open questions agrees, else UNDECIDED.

    Raises
    ------
    IncompleteScorecard
        A named criterion has no finding; `fields` lists every such criterion.
    """
    missing = [code for code in dict.fromkeys(criteria_of(rule)) if code not in findings]
    if missing:
        raise IncompleteScorecard(
            {code: [Message("Give a finding for criterion {criterion}.", criterion=code)] for code in missing}
        )
    return _judge(rule, findings)


def evaluate_all(rules: RuleSet, findings: Mapping[CriterionId, Finding]) -> dict[StrategyId, Result]:
    """Judge every strategy of a rule set; a criterion without a finding is an open question."""
    named = {code for entry in rules.strategies for code in criteria_of(entry.rule)}
    complete = dict.fromkeys(named, Finding.UNCLEAR) | dict(findings)
    return {entry.strategy: evaluate(entry.rule, complete) for entry in rules.strategies}


_OF_FINDING = {
    Finding.MET: Verdict.SATISFIED,
    Finding.NOT_MET: Verdict.FAILED,
    Finding.UNCLEAR: Verdict.UNDECIDED,
}


def _judge(rule: Rule, findings: Mapping[CriterionId, Finding]) -> Result:
    if isinstance(rule, Met):
        return Result(rule, _OF_FINDING[findings[rule.criterion]])
    parts = tuple(_judge(part, findings) for part in rule.of)
    minimum = rule.minimum if isinstance(rule, AtLeast) else len(rule.of)
    n_yes = sum(part.verdict is Verdict.SATISFIED for part in parts)
    n_open = sum(part.verdict is Verdict.UNDECIDED for part in parts)
    if n_yes >= minimum:
        verdict = Verdict.SATISFIED
    elif n_yes + n_open < minimum:
        verdict = Verdict.FAILED
    else:
        verdict = Verdict.UNDECIDED
    return Result(rule, verdict, parts)
