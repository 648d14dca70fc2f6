"""Is this a rule file, and if not, what is wrong with it, all at once?

Reads the JSON values of a rule set into criteria/rules.py. Every fault is named by its place, such as
"rules.S1.all[1].of[0]", so that whoever wrote the file can mend it in one go. The file is somebody
else's input: depth and size are bounded, and nothing in it is ever run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from criteria.rules import ENGINE, AllOf, AtLeast, Met, Rule, RuleSet, StrategyRule
from vocabulary.errors import Invalid
from vocabulary.findings import SCORES, CriterionId
from vocabulary.messages import Message

MAX_DEPTH = 8
"""Deepest nesting of a rule; the rules shipped need two."""
MAX_RULES = 500
"""Most rules, inner ones included, in one file."""
MAX_QUORUM = 20
NEEDED = frozenset({"version", "engine", "met_threshold", "quorum", "rules"})
ABOUT = frozenset({"vocabulary", "source", "status", "texts", "notes"})
"""Keys that tell people about the file; the rules do not depend on them."""


class BadRules(Invalid):
    """A rule file does not hold; `errors` maps each place in it to what is wrong there."""

    code = "bad_rules"

    def __init__(self, errors: Mapping[str, list[Message]]) -> None:
        super().__init__(dict(errors), Message("The rule file does not hold."))


def parse_rules(content: Any, criteria: Collection[CriterionId]) -> RuleSet:
    """Read a rule set.

    Parameters
    ----------
    content : object
        The values of the JSON file: version (text), engine (1), met_threshold (1..3), quorum (1..20) and
        rules, a mapping from strategy to a rule. A rule is a criterion code, {"met": code},
        {"atleast": k, "of": [rule, ...]} or {"all": [rule, ...]}.
    criteria : collection of CriterionId
        The codes of the criteria set that the rules are about.

    Raises
    ------
    BadRules
        With every fault, by its place in the file.
    """
    reader = _Reader(frozenset(criteria))
    rules = reader.read(content)
    if reader.errors or rules is None:
        raise BadRules(reader.errors)
    return rules


class _Reader:
    """Walks the values once and gathers every fault."""

    def __init__(self, criteria: frozenset[CriterionId]) -> None:
        self.criteria = criteria
        self.errors: dict[str, list[Message]] = {}
        self.n_rules = 0

    def fault(self, place: str, message: Message) -> None:
        self.errors.setdefault(place, []).append(message)

    def read(self, content: Any) -> RuleSet | None:
        if not isinstance(content, Mapping):
            self.fault("file", Message("A rule file is an object with named values."))
            return None
        for key in sorted(map(str, content.keys() - NEEDED - ABOUT)):
            self.fault(
                key, Message("This name is not known. Known are: {known}.", known=tuple(sorted(NEEDED)))
            )
        for key in sorted(NEEDED - content.keys()):
            self.fault(key, Message("This is missing."))
        version = content.get("version")
        if "version" in content and not (isinstance(version, str) and version.strip()):
            self.fault("version", Message("The version is a text, such as “2017-1”."))
        engine = content.get("engine", ENGINE)
        if engine != ENGINE or isinstance(engine, bool):
            self.fault("engine", Message("This service evaluates engine {engine} only.", engine=ENGINE))
        threshold = self.number(content, "met_threshold", SCORES[1], SCORES[-1])
        quorum = self.number(content, "quorum", 1, MAX_QUORUM)
        strategies = self.strategies(content["rules"]) if "rules" in content else ()
        return RuleSet(str(version), ENGINE, threshold, quorum, strategies)

    def number(self, content: Mapping[str, Any], key: str, lowest: int, highest: int) -> int:
        value = content.get(key, lowest)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            self.fault(
                key,
                Message("This is a whole number from {lowest} to {highest}.", lowest=lowest, highest=highest),
            )
            return lowest
        return value

    def strategies(self, rules: Any) -> tuple[StrategyRule, ...]:
        if not isinstance(rules, Mapping) or not rules:
            self.fault("rules", Message("The rules are an object with at least one strategy."))
            return ()
        read = []
        for strategy, content in rules.items():
            place = f"rules.{strategy}"
            if not isinstance(strategy, str) or not strategy.strip():
                self.fault(place, Message("The code of a strategy is a text, such as “S1”."))
            rule = self.rule(content, place, 1)
            if rule is not None:
                read.append(StrategyRule(str(strategy), rule))
        return tuple(read)

    def rule(self, content: Any, place: str, depth: int) -> Rule | None:
        self.n_rules += 1
        if self.n_rules > MAX_RULES:
            self.errors["rules"] = [Message("A rule file holds at most {limit} rules.", limit=MAX_RULES)]
            return None
        if depth > MAX_DEPTH:
            self.fault(place, Message("Rules may be nested at most {limit} deep.", limit=MAX_DEPTH))
            return None
        if isinstance(content, str):
            return self.met(content, place)
        if not isinstance(content, Mapping):
            self.fault(place, Message("A rule is a criterion code in quotes, or an object."))
            return None
        return self.compound(content, place, depth)

    def compound(self, content: Mapping[str, Any], place: str, depth: int) -> Rule | None:
        match frozenset(content):
            case keys if keys == {"met"}:
                return self.met(content["met"], f"{place}.met")
            case keys if keys == {"all"}:
                of = self.members(content["all"], f"{place}.all", depth)
                return AllOf(of) if of else None
            case keys if keys == {"atleast", "of"}:
                of = self.members(content["of"], f"{place}.of", depth)
                highest = len(content["of"]) if isinstance(content["of"], (list, tuple)) else 1
                return self.at_least(content["atleast"], of, highest, f"{place}.atleast")
            case _:
                self.fault(
                    place,
                    Message("A rule has “met”, or “all”, or “atleast” together with “of”, and nothing else."),
                )
                return None

    def met(self, criterion: Any, place: str) -> Met | None:
        if not isinstance(criterion, str):
            self.fault(place, Message("The code of a criterion is a text in quotes, such as “1”."))
            return None
        if criterion not in self.criteria:
            self.fault(
                place,
                Message("There is no criterion “{criterion}” in the criteria set.", criterion=criterion[:40]),
            )
            return None
        return Met(criterion)

    def at_least(self, minimum: Any, of: tuple[Rule, ...], highest: int, place: str) -> AtLeast | None:
        is_number = isinstance(minimum, int) and not isinstance(minimum, bool)
        if not is_number or not 1 <= minimum <= max(highest, 1):
            self.fault(
                place,
                Message(
                    "This is a whole number from {lowest} to {highest}.", lowest=1, highest=max(highest, 1)
                ),
            )
            return None
        return AtLeast(minimum, of) if of else None

    def members(self, content: Any, place: str, depth: int) -> tuple[Rule, ...]:
        if not isinstance(content, (list, tuple)) or not content:
            self.fault(place, Message("This is a list of at least one rule."))
            return ()
        read = [self.rule(member, f"{place}[{n}]", depth + 1) for n, member in enumerate(content)]
        rules = tuple(rule for rule in read if rule is not None)
        if len(set(rules)) < len(rules):
            self.fault(place, Message("The same rule stands here twice, so it would count twice."))
        return rules
