"""criteria/rules.py over the whole space of findings, against slow and obvious oracles."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria.rules import (
    AllOf,
    AtLeast,
    Met,
    Result,
    Rule,
    criteria_of,
    evaluate,
    evaluate_all,
)
from tests.criteria.programme import CODES, RULES, WETLAND_RULES
from vocabulary.errors import IncompleteScorecard
from vocabulary.findings import Finding, Verdict

MET, NOT_MET, UNCLEAR = Finding.MET, Finding.NOT_MET, Finding.UNCLEAR
SATISFIED, FAILED, UNDECIDED = Verdict.SATISFIED, Verdict.FAILED, Verdict.UNDECIDED
CRITERIA = {"S1": CODES[:4], "S2": CODES[4:8], "S3": CODES[8:]}


def holds(rule: Rule, met: frozenset[str]) -> bool:
    """Two values only, by definition."""
    if isinstance(rule, Met):
        return rule.criterion in met
    n_needed = rule.minimum if isinstance(rule, AtLeast) else len(rule.of)
    return sum(holds(part, met) for part in rule.of) >= n_needed


def oracle(rule: Rule, findings: dict[str, Finding]) -> Verdict:
    """Answer every open question both ways, and see whether the answers agree."""
    ways = product(
        *[[code, None] if f is UNCLEAR else [code if f is MET else None] for code, f in findings.items()]
    )
    verdicts = {holds(rule, frozenset(code for code in way if code)) for way in ways}
    return UNDECIDED if len(verdicts) == 2 else SATISFIED if verdicts == {True} else FAILED


def ipbes(strategy: str, met: set[str]) -> bool:
    """IPBES/5/3, annex, paras 9-11, written out."""
    return {
        "S1": "1" in met and len(met & {"2", "3", "4"}) >= 2,
        "S2": bool(met & {"5", "6", "7", "8"}),
        "S3": {"9", "10"} <= met and bool(met & {"11", "12"}),
    }[strategy]


def patterns(codes: tuple[str, ...], values: tuple[Finding, ...]) -> list[dict[str, Finding]]:
    return [dict(zip(codes, given, strict=True)) for given in product(values, repeat=len(codes))]


@pytest.mark.parametrize(
    ("strategy", "two_valued", "three_valued"),
    [
        ("S1", (4, 12, 0), (7, 41, 33)),
        ("S2", (15, 1, 0), (65, 1, 15)),
        ("S3", (3, 13, 0), (5, 49, 27)),
    ],
)
def test_evaluate_passes_as_many_patterns_as_counted_by_hand(strategy, two_valued, three_valued):
    rule, codes = RULES.rule_of(strategy), CRITERIA[strategy]

    counts = [
        Counter(evaluate(rule, findings).verdict for findings in patterns(codes, values))
        for values in ((MET, NOT_MET), (MET, NOT_MET, UNCLEAR))
    ]

    assert [tuple(count[v] for v in (SATISFIED, FAILED, UNDECIDED)) for count in counts] == [
        two_valued,
        three_valued,
    ]


def test_evaluate_all_passes_3940_of_4096_patterns_under_some_strategy():
    verdicts = [
        {result.verdict for result in evaluate_all(RULES, findings).values()}
        for findings in patterns(CODES, (MET, NOT_MET))
    ]

    assert sum(SATISFIED in found for found in verdicts) == 3940


@pytest.mark.parametrize("strategy", CRITERIA)
def test_evaluate_agrees_with_the_document_and_with_every_way_of_answering(strategy):
    rule = RULES.rule_of(strategy)

    for findings in patterns(CRITERIA[strategy], (MET, NOT_MET, UNCLEAR)):
        assert evaluate(rule, findings).verdict is oracle(rule, findings), findings
    for findings in patterns(CRITERIA[strategy], (MET, NOT_MET)):
        met = {code for code, finding in findings.items() if finding is MET}
        assert (evaluate(rule, findings).verdict is SATISFIED) is ipbes(strategy, met), findings


LEAVES = st.sampled_from("abcde").map(Met)


def groups(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    members = st.lists(rules, min_size=1, max_size=4).map(tuple)
    return members.map(AllOf) | members.flatmap(
        lambda of: st.integers(1, len(of)).map(lambda minimum: AtLeast(minimum, of))
    )


TREES = st.recursive(LEAVES, groups, max_leaves=12)
FINDINGS = st.fixed_dictionaries({code: st.sampled_from(Finding) for code in "abcde"})


@given(rule=TREES, findings=FINDINGS)
@settings(max_examples=300, deadline=None)
def test_evaluate_agrees_with_every_way_of_answering_for_any_tree(rule, findings):
    assert evaluate(rule, findings).verdict is oracle(rule, findings)


ORDER = {FAILED: 0, UNDECIDED: 1, SATISFIED: 2}
BETTER = {NOT_MET: 0, UNCLEAR: 1, MET: 2}


@given(rule=TREES, findings=FINDINGS, code=st.sampled_from("abcde"), better=st.sampled_from(Finding))
@settings(max_examples=300, deadline=None)
def test_evaluate_never_falls_when_a_finding_rises(rule, findings, code, better):
    raised = findings | {code: max(better, findings[code], key=BETTER.__getitem__)}

    before, after = evaluate(rule, findings).verdict, evaluate(rule, raised).verdict

    assert ORDER[after] >= ORDER[before]


@given(rule=TREES, findings=FINDINGS, code=st.sampled_from("abcde"), answer=st.sampled_from((MET, NOT_MET)))
@settings(max_examples=300, deadline=None)
def test_evaluate_keeps_a_settled_verdict_when_an_open_question_is_answered(rule, findings, code, answer):
    before = evaluate(rule, findings | {code: UNCLEAR}).verdict

    after = evaluate(rule, findings | {code: answer}).verdict

    assert before is UNDECIDED or after is before


def test_evaluate_ignores_criteria_it_does_not_name():
    assert evaluate(Met("1"), {"1": NOT_MET, "2": MET}) == Result(Met("1"), FAILED)


def test_evaluate_names_every_missing_criterion_once():
    rule = AllOf((Met("3"), Met("1"), AtLeast(1, (Met("2"), Met("3")))))

    with pytest.raises(IncompleteScorecard) as refused:
        evaluate(rule, {"2": MET})

    assert refused.value.fields == {
        "3": ["Give a finding for criterion 3."],
        "1": ["Give a finding for criterion 1."],
    }


def test_evaluate_returns_the_tree_that_the_explanation_is_made_from():
    result = evaluate(RULES.rule_of("S1"), {"1": MET, "2": MET, "3": NOT_MET, "4": UNCLEAR})

    assert result.as_data() == {
        "verdict": "undecided",
        "all": [
            {"met": "1", "verdict": "satisfied"},
            {
                "atleast": 2,
                "verdict": "undecided",
                "of": [
                    {"met": "2", "verdict": "satisfied"},
                    {"met": "3", "verdict": "failed"},
                    {"met": "4", "verdict": "undecided"},
                ],
            },
        ],
    }


def test_evaluate_all_reads_a_blank_as_an_open_question():
    verdicts = {strategy: result.verdict for strategy, result in evaluate_all(RULES, {"5": MET}).items()}

    assert verdicts == {"S1": UNDECIDED, "S2": SATISFIED, "S3": UNDECIDED}


def test_rules_of_another_programme_need_no_code():
    findings = {"site": MET, "law": NOT_MET, "fund": MET, "school": MET, "guide": NOT_MET}

    verdicts = {strategy: r.verdict for strategy, r in evaluate_all(WETLAND_RULES, findings).items()}

    assert verdicts == {"protect": SATISFIED, "teach": FAILED}


def test_rule_set_knows_its_strategies_and_no_others():
    with pytest.raises(KeyError):
        RULES.rule_of("S4")

    assert RULES.codes() == ("S1", "S2", "S3")
    assert list(criteria_of(RULES.rule_of("S3"))) == ["9", "10", "11", "12"]
