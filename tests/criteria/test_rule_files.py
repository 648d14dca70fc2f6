"""criteria/rule_files.py: every fault of a rule file is named by its place, all at once."""

from __future__ import annotations

from typing import Any

import pytest

from criteria.rule_files import MAX_DEPTH, MAX_RULES, BadRules, parse_rules
from criteria.rules import AllOf, AtLeast, Met, RuleSet, StrategyRule

CODES = ("1", "2", "3")
GOOD: dict[str, Any] = {"version": "v1", "engine": 1, "met_threshold": 2, "quorum": 2, "rules": {"S1": "1"}}
NUMBER = "This is a whole number from {} to {}."
SHAPE = "A rule has “met”, or “all”, or “atleast” together with “of”, and nothing else."
LIST = "This is a list of at least one rule."
TEXT = "The code of a criterion is a text in quotes, such as “1”."
MISSING = "This is missing."


def faults(content: Any) -> dict[str, list[str]]:
    with pytest.raises(BadRules) as refused:
        parse_rules(content, CODES)
    return refused.value.errors


def deep(depth: int) -> Any:
    rule: Any = "1"
    for _ in range(depth - 1):
        rule = {"all": [rule]}
    return rule


def test_parse_rules_reads_every_form_of_a_rule():
    rule = {"all": [{"met": "1"}, {"atleast": 1, "of": ("2", {"all": ["3", "1"]})}]}

    rules = parse_rules(GOOD | {"rules": {"S1": rule}, "notes": {"any": "text"}}, CODES)

    expected = AllOf((Met("1"), AtLeast(1, (Met("2"), AllOf((Met("3"), Met("1")))))))
    assert rules == RuleSet("v1", 1, 2, 2, (StrategyRule("S1", expected),))


def test_parse_rules_keeps_the_order_of_strategies():
    rules = parse_rules(GOOD | {"rules": {"Z": "1", "A": "2"}}, CODES)

    assert rules.codes() == ("Z", "A")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (1, {"rules.S1": ["A rule is a criterion code in quotes, or an object."]}),
        (None, {"rules.S1": ["A rule is a criterion code in quotes, or an object."]}),
        ("9", {"rules.S1": ["There is no criterion “9” in the criteria set."]}),
        ({"met": 1}, {"rules.S1.met": [TEXT]}),
        ({"met": ["1"]}, {"rules.S1.met": [TEXT]}),
        ({}, {"rules.S1": [SHAPE]}),
        ({"of": ["1"]}, {"rules.S1": [SHAPE]}),
        ({"met": "1", "all": ["1"]}, {"rules.S1": [SHAPE]}),
        ({"eval": "__import__('os')"}, {"rules.S1": [SHAPE]}),
        ({"all": []}, {"rules.S1.all": [LIST]}),
        ({"all": "123"}, {"rules.S1.all": [LIST]}),
        (
            {"all": ["1", "1"]},
            {"rules.S1.all": ["The same rule stands here twice, so it would count twice."]},
        ),
        ({"atleast": 0, "of": ["1", "2"]}, {"rules.S1.atleast": [NUMBER.format(1, 2)]}),
        ({"atleast": 3, "of": ["1", "2"]}, {"rules.S1.atleast": [NUMBER.format(1, 2)]}),
        ({"atleast": True, "of": ["1", "2"]}, {"rules.S1.atleast": [NUMBER.format(1, 2)]}),
        ({"atleast": "2", "of": ["1", "2"]}, {"rules.S1.atleast": [NUMBER.format(1, 2)]}),
        (
            {"atleast": 2, "of": []},
            {"rules.S1.of": [LIST], "rules.S1.atleast": [NUMBER.format(1, 1)]},
        ),
        (
            {"all": ["8", {"atleast": 1, "of": [{"met": 1}, {"all": {}}]}]},
            {
                "rules.S1.all[0]": ["There is no criterion “8” in the criteria set."],
                "rules.S1.all[1].of[0].met": [TEXT],
                "rules.S1.all[1].of[1].all": [LIST],
            },
        ),
        (deep(MAX_DEPTH + 1), {"rules.S1" + ".all[0]" * MAX_DEPTH: ["Rules may be nested at most 8 deep."]}),
    ],
)
def test_parse_rules_names_the_place_of_every_fault_in_a_rule(rule, expected):
    assert faults(GOOD | {"rules": {"S1": rule}}) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": " "}, {"version": ["The version is a text, such as “2017-1”."]}),
        ({"version": 2}, {"version": ["The version is a text, such as “2017-1”."]}),
        ({"engine": 2}, {"engine": ["This service evaluates engine 1 only."]}),
        ({"engine": True}, {"engine": ["This service evaluates engine 1 only."]}),
        ({"met_threshold": 0}, {"met_threshold": [NUMBER.format(1, 3)]}),
        ({"met_threshold": 4}, {"met_threshold": [NUMBER.format(1, 3)]}),
        ({"met_threshold": 1.5}, {"met_threshold": [NUMBER.format(1, 3)]}),
        ({"quorum": 0}, {"quorum": [NUMBER.format(1, 20)]}),
        ({"quorum": 21}, {"quorum": [NUMBER.format(1, 20)]}),
        ({"quorum": True}, {"quorum": [NUMBER.format(1, 20)]}),
        ({"rules": {}}, {"rules": ["The rules are an object with at least one strategy."]}),
        ({"rules": ["S1"]}, {"rules": ["The rules are an object with at least one strategy."]}),
        ({"rules": {" ": "1"}}, {"rules. ": ["The code of a strategy is a text, such as “S1”."]}),
        (
            {"formula": "1 and 2"},
            {
                "formula": [
                    "This name is not known. Known are: engine, met_threshold, quorum, rules and version."
                ]
            },
        ),
    ],
)
def test_parse_rules_names_every_fault_around_the_rules(changes, expected):
    assert faults(GOOD | changes) == expected


def test_parse_rules_names_everything_that_is_missing():
    assert faults({}) == {key: [MISSING] for key in ("engine", "met_threshold", "quorum", "rules", "version")}


@pytest.mark.parametrize("content", [None, [], "rules", 3])
def test_parse_rules_refuses_what_is_no_object(content):
    assert faults(content) == {"file": ["A rule file is an object with named values."]}


def test_parse_rules_reads_rules_as_deep_and_as_many_as_allowed():
    deepest = parse_rules(GOOD | {"rules": {"S1": deep(MAX_DEPTH)}}, CODES)
    many = parse_rules(GOOD | {"rules": {f"S{n}": "1" for n in range(MAX_RULES)}}, CODES)

    assert (len(deepest.strategies), len(many.strategies)) == (1, MAX_RULES)


def test_parse_rules_stops_at_a_file_with_too_many_rules():
    content = GOOD | {"rules": {f"S{n}": "1" for n in range(MAX_RULES + 1)}}

    assert faults(content) == {"rules": ["A rule file holds at most 500 rules."]}


def test_parse_rules_survives_a_rule_that_contains_itself():
    endless: dict[str, Any] = {"all": []}
    endless["all"].append(endless)

    assert faults(GOOD | {"rules": {"S1": endless}}) == {
        "rules.S1" + ".all[0]" * MAX_DEPTH: ["Rules may be nested at most 8 deep."]
    }
