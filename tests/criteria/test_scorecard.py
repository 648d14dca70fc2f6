"""criteria/scorecard.py: findings, own verdicts, and what keeps a scorecard from being submitted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from criteria.scorecard import (
    MAX_COMMENT_WORDS,
    Answer,
    Criterion,
    PartsRule,
    Scorecard,
    contradicts,
    errors_for_submission,
    findings_of,
    judge,
    overall,
    parse_criteria,
)
from tests.criteria.programme import CRITERIA, RULES, WETLAND_CRITERIA, WETLAND_RULES, card
from vocabulary.findings import Confidence, Finding, Recommendation, Verdict

S1_MET = {"1": 2, "2": 3, "3": 1, "4": 2}
S1_NOT_MET = {"1": 1, "2": 3, "3": 1, "4": 2}
S2_MET = {"5": 0, "6": 2, "7": 1, "8": 0}
S3_MET = {"9": 2, "10": 2, "11": 2, "12": 0}
TWENTY = "word " * 20


def errors(scorecard: Scorecard, *claimed: str) -> dict[str, list[str]]:
    return errors_for_submission(scorecard, criteria=CRITERIA, rules=RULES, claimed=claimed or ("S1",))


def answered(code: str, **changes: object) -> Scorecard:
    """A card that may be submitted for S1, S2 and S3, but for changes to one answer."""
    whole = card(S1_MET | S2_MET | S3_MET)
    return replace(whole, answers={**whole.answers, code: replace(whole.answers[code], **changes)})


def test_findings_of_reads_a_score_by_the_threshold_and_no_score_as_an_open_question():
    scorecard = Scorecard(
        {
            "1": Answer(value=0),
            "2": Answer(value=1),
            "3": Answer(value=2),
            "4": Answer(value=3),
            "5": Answer(cannot_judge=True),
            "6": Answer(),
            "7": Answer(value=3, cannot_judge=True),
        }
    )

    assert findings_of(scorecard, RULES) == {
        "1": Finding.NOT_MET,
        "2": Finding.NOT_MET,
        "3": Finding.MET,
        "4": Finding.MET,
        "5": Finding.UNCLEAR,
        "6": Finding.UNCLEAR,
        "7": Finding.UNCLEAR,
    }


def test_judge_gives_the_own_verdict_on_every_strategy():
    verdicts = {strategy: r.verdict for strategy, r in judge(card(S1_MET | {"5": 0}), RULES).items()}

    assert verdicts == {
        "S1": Verdict.SATISFIED,
        "S2": Verdict.UNDECIDED,
        "S3": Verdict.UNDECIDED,
    }


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        (("S1",), Verdict.FAILED),
        (("S2",), Verdict.SATISFIED),
        (("S1", "S2", "S3"), Verdict.SATISFIED),
        (("S1", "S3"), Verdict.UNDECIDED),
        (("S3",), Verdict.UNDECIDED),
    ],
)
def test_overall_is_met_when_any_claimed_strategy_is(claimed, verdict):
    assert overall(judge(card(S1_NOT_MET | S2_MET), RULES), claimed) is verdict


def test_overall_refuses_a_proposal_that_claims_nothing():
    with pytest.raises(ValueError, match="at least one strategy"):
        overall(judge(card(S1_MET), RULES), ())


R = Recommendation


@pytest.mark.parametrize(
    ("recommendation", "against"),
    [
        (R.ENDORSE, {Verdict.FAILED}),
        (R.ENDORSE_WITH_CONDITIONS, {Verdict.FAILED}),
        (R.DO_NOT_ENDORSE, {Verdict.SATISFIED}),
        (R.MORE_INFORMATION, set()),
        (R.ABSTAIN, set()),
        (None, set()),
    ],
)
def test_contradicts_only_a_settled_verdict_the_other_way(recommendation, against):
    assert {verdict for verdict in Verdict if contradicts(recommendation, verdict)} == against


@pytest.mark.parametrize(
    "scorecard",
    [
        card(S1_MET),
        card(S1_MET | {"1": None}),
        card(S1_MET, recommendation=R.ENDORSE_WITH_CONDITIONS, conditions="A budget."),
        card(S1_MET, recommendation=R.DO_NOT_ENDORSE, contradiction_reason="The budget is not sound."),
        card(S1_NOT_MET, recommendation=R.ENDORSE, contradiction_reason="It is the only one of its kind."),
        card(S1_MET, minutes_spent=0),
        answered("3", evidence=None),
        answered("5", evidence=None),
        answered("1", evidence="word " * 120),
        answered("1", pointer="p" * 200),
        answered("2", pointer=None),
    ],
)
def test_errors_for_submission_finds_nothing_wrong_with_a_complete_scorecard(scorecard):
    assert errors(scorecard) == {}


def test_errors_for_submission_asks_for_everything_on_an_empty_scorecard_at_once():
    expected = {
        f"scores.{code}.value": [f"Give a score for criterion {code}, or “cannot judge”."]
        for code in ("1", "2", "3", "4", "9", "10", "11", "12")
    }

    assert errors(Scorecard({}), "S1", "S3") == expected | {
        "recommendation": ["Choose a recommendation."],
        "confidence": ["Say how sure you are."],
    }


NEEDS_EVIDENCE = "Give the evidence for the score {} on criterion {}."
TOO_LONG = "This has {} words; at most {} fit."
CONTRADICTION = "Your recommendation differs from the result of your scores. Say why, in a sentence."


@pytest.mark.parametrize(
    ("scorecard", "expected"),
    [
        (answered("1", evidence=" "), {"scores.1.evidence": [NEEDS_EVIDENCE.format(2, 1)]}),
        (answered("2", evidence=None), {"scores.2.evidence": [NEEDS_EVIDENCE.format(3, 2)]}),
        (answered("3", value=0, evidence=None), {"scores.3.evidence": [NEEDS_EVIDENCE.format(0, 3)]}),
        (answered("3", evidence="word " * 121), {"scores.3.evidence": [TOO_LONG.format(121, 120)]}),
        (answered("3", evidence="能力建设" * 61), {"scores.3.evidence": [TOO_LONG.format(122, 120)]}),
        (answered("3", value=4), {"scores.3.value": ["The score for criterion 3 is 0, 1, 2 or 3."]}),
        (answered("3", value=-1), {"scores.3.value": ["The score for criterion 3 is 0, 1, 2 or 3."]}),
        (answered("3", value=True), {"scores.3.value": ["The score for criterion 3 is 0, 1, 2 or 3."]}),
        (
            answered("3", cannot_judge=True),
            {"scores.3.value": ["Criterion 3 has a score and “cannot judge”. Keep one."]},
        ),
        (
            answered("3", value=None, cannot_judge=True),
            {"scores.3.cannot_reason": ["Say why you cannot judge criterion 3."]},
        ),
        (
            answered("12", value=None, cannot_judge=True, cannot_reason="word " * 121),
            {"scores.12.cannot_reason": [TOO_LONG.format(121, 120)]},
        ),
        (
            answered("1", pointer="p" * 201),
            {"scores.1.pointer": ["The pointer has at most 200 characters."]},
        ),
        (
            answered("1", parts={"1i": True}),
            {"scores.1.parts": ["Criterion 1 has no part “1i”."]},
        ),
        (
            card(S1_MET | {"99": 2}),
            {"scores.99": ["There is no criterion “99” in this call."]},
        ),
        (card(S1_MET, recommendation=None), {"recommendation": ["Choose a recommendation."]}),
        (card(S1_MET, confidence=None), {"confidence": ["Say how sure you are."]}),
        (
            card(S1_MET, recommendation=R.ENDORSE_WITH_CONDITIONS, conditions="  "),
            {"conditions": ["Name the conditions of your endorsement."]},
        ),
        (card(S1_MET, recommendation=R.DO_NOT_ENDORSE), {"contradiction_reason": [CONTRADICTION]}),
        (
            card(S1_NOT_MET, recommendation=R.ENDORSE, contradiction_reason=" "),
            {"contradiction_reason": [CONTRADICTION]},
        ),
        (card(S1_MET, minutes_spent=-1), {"minutes_spent": ["The time spent cannot be negative."]}),
        *(
            (
                card(S1_MET, **{name: "word " * (MAX_COMMENT_WORDS + 1)}),
                {name: [TOO_LONG.format(MAX_COMMENT_WORDS + 1, MAX_COMMENT_WORDS)]},
            )
            for name in ("conditions", "contradiction_reason", "comment_applicant", "comment_internal")
        ),
    ],
)
def test_errors_for_submission_names_the_field_and_what_would_be_right(scorecard, expected):
    assert errors(scorecard) == expected


@pytest.mark.parametrize(
    ("parts", "value", "expected"),
    [
        ({"11i": True, "11ii": True, "11iii": True}, 2, {}),
        ({"11i": True, "11ii": False}, 1, {}),
        ({}, 0, {}),
        ({"11i": True, "11ii": True, "11iii": False}, 2, {"scores.11.parts"}),
        ({"11i": True, "11ii": True}, 3, {"scores.11.parts"}),
    ],
)
def test_errors_for_submission_asks_for_all_tests_of_criterion_11(parts, value, expected):
    found = errors(answered("11", parts=parts, value=value), "S3")

    assert found == {
        field: [f"The score {value} on criterion 11 needs all of its parts 11i, 11ii and 11iii."]
        for field in expected
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [({"6iv": True}, {}), ({"6iv": False}, {"scores.6.parts"}), ({}, {"scores.6.parts"})],
)
def test_errors_for_submission_asks_for_any_alternative_of_criterion_6(parts, expected):
    found = errors(answered("6", parts=parts, value=2), "S2")

    assert found == {
        field: ["The score 2 on criterion 6 needs at least one of its parts 6i, 6ii, 6iii, 6iv and 6v."]
        for field in expected
    }


def test_errors_for_submission_asks_for_criteria_that_a_claimed_rule_names_under_another_strategy():
    criteria = (Criterion("site", "protect"), Criterion("law", "elsewhere"), Criterion("fund", "other"))
    scorecard = Scorecard({}, R.ABSTAIN, Confidence.LOW)

    found = errors_for_submission(scorecard, criteria=criteria, rules=WETLAND_RULES, claimed=["protect"])

    assert list(found) == ["scores.site.value", "scores.law.value", "scores.fund.value"]


def test_errors_for_submission_follows_the_threshold_of_another_programme():
    parts = {"school": {"a": True}}
    answers = {
        code: Answer(value=2, parts=parts.get(code, {}))
        for code in ("site", "law", "fund", "school", "guide")
    }

    found = errors_for_submission(
        Scorecard(answers, R.ENDORSE, Confidence.LOW),
        criteria=WETLAND_CRITERIA,
        rules=WETLAND_RULES,
        claimed=["teach"],
    )

    assert found == {"contradiction_reason": [CONTRADICTION]}


def test_parse_criteria_reads_the_parts_of_the_shipped_set():
    with_parts = [criterion for criterion in CRITERIA if criterion.parts]

    assert [criterion.code for criterion in CRITERIA] == [str(n) for n in range(1, 13)]
    assert with_parts == [
        Criterion("6", "S2", ("6i", "6ii", "6iii", "6iv", "6v"), PartsRule.ANY),
        Criterion("11", "S3", ("11i", "11ii", "11iii"), PartsRule.ALL),
    ]


@pytest.mark.parametrize(
    "items",
    [
        [{"code": "1"}],
        [{"parent": "S1"}],
        [{"code": "1", "parent": "S1"}, {"code": "1", "parent": "S2"}],
        [{"code": "1", "parent": "S1", "data": {"parts_rule": "most"}}],
    ],
)
def test_parse_criteria_refuses_a_set_that_does_not_hold(items):
    with pytest.raises(ValueError):  # noqa: PT011 -- four faults, four texts
        parse_criteria(items)
