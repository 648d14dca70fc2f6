"""criteria/explain.py: the sentences themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria.explain import explain_card, explain_findings, explain_panel, open_criteria, pivotal_criteria
from criteria.panel import judge_panel
from criteria.rules import criteria_of, evaluate
from criteria.scorecard import Answer, Scorecard, judge
from tests.criteria.programme import CODES, CRITERIA, RULES, WETLAND_RULES, card
from vocabulary.findings import Finding, Verdict

F = {"+": Finding.MET, "-": Finding.NOT_MET, "?": Finding.UNCLEAR}


def findings(strategy: str, signs: str) -> str:
    rule = RULES.rule_of(strategy)
    given = dict(zip(criteria_of(rule), (F[sign] for sign in signs), strict=True))
    return str(explain_findings(strategy, evaluate(rule, given)))


def test_explain_panel_tells_scores_groups_and_what_would_change_it():
    cards = (
        card({"1": 2, "2": 2, "3": 1, "4": 2}),
        card({"1": 2, "2": 3, "3": 1, "4": None}),
        card({"1": 3, "2": 2, "3": 2, "4": None}),
    )

    explained = explain_panel(judge_panel(cards, criteria=CRITERIA, rules=RULES, claimed=("S1",)))

    assert [explanation.strategy for explanation in explained] == ["S1", "S2", "S3"]
    assert explained[0].messages() == (
        "Strategy S1 is not determined.",
        "Criterion 1 is met (scores 2, 2 and 3).",
        "Of criteria 2, 3 and 4, at least 2 must be met: 1 met, 1 not determined.",
        "Criterion 2 is met (scores 2, 3 and 2).",
        "Criterion 3 is not met (scores 1, 1 and 2).",
        "Criterion 4 is not determined: too few scores (2; cannot judge: 2).",
        "It depends on criterion 4, which is not determined yet.",
        "To be met, the strategy needs 1 more of criteria 3 and 4 to be met.",
    )
    assert explained[1].headline == "Strategy S2 is not claimed; it would not be determined."


def test_explain_panel_says_who_could_not_judge_and_what_the_meeting_agreed_on():
    cards = (
        card({"5": 2, "6": 0, "7": None, "8": 1, "9": 0, "10": 0}),
        card({"5": 3, "6": 1, "7": None, "9": 3}),
        card({"5": None, "6": None, "7": None}),
    )

    panel = judge_panel(
        cards,
        criteria=CRITERIA,
        rules=RULES,
        claimed=("S2", "S3"),
        agreed={"9": 2, "11": 1},
        waived={"10": "The work is regional."},
    )

    assert [explanation.sentences for explanation in explain_panel(panel)][1:] == [
        (
            "Of criteria 5, 6, 7 and 8, at least 1 must be met: 1 met, 2 not determined.",
            "Criterion 5 is met (scores 2 and 3; cannot judge: 1).",
            "Criterion 6 is not met (scores 0 and 1; cannot judge: 1).",
            "Criterion 7 is not determined (no score; cannot judge: 3).",
            "Criterion 8 is not determined: too few scores (1).",
        ),
        (
            "Criterion 9 is met: the meeting agreed on 2 (scores before it: 0 and 3).",
            "Criterion 10 does not apply and counts as met. The reason recorded: The work is regional.",
            "Of criteria 11 and 12, at least 1 must be met: 0 met, 1 not determined.",
            "Criterion 11 is not met: the meeting agreed on 1 (scores before it: –).",
            "Criterion 12 is not determined (no score; cannot judge: 0).",
        ),
    ]


def test_explain_panel_keeps_the_scores_beside_an_agreement_that_fails_or_stands_alone():
    cards = (card({"9": 2, "10": 3}), card({"9": 3, "10": 2}))
    agreed = {"9": 1, "11": 2}

    panel = judge_panel(cards, criteria=CRITERIA, rules=RULES, claimed=("S3",), agreed=agreed)

    sentences = explain_panel(panel)[2].sentences
    assert (sentences[0], sentences[3]) == (
        "Criterion 9 is not met: the meeting agreed on 1 (scores before it: 2 and 3).",
        "Criterion 11 is met: the meeting agreed on 2 (scores before it: –).",
    )


def test_explain_card_tells_the_scores_of_one_reviewer():
    scorecard = Scorecard(
        {"1": Answer(value=3), "2": Answer(value=0), "3": Answer(cannot_judge=True, cannot_reason="x")}
    )

    explained = explain_card(scorecard, "S1", judge(scorecard, RULES)["S1"])

    assert explained.messages() == (
        "Strategy S1 is not determined.",
        "Criterion 1 is met (score 3).",
        "Of criteria 2, 3 and 4, at least 2 must be met: 0 met, 2 not determined.",
        "Criterion 2 is not met (score 0).",
        "Criterion 3 is not determined: the reviewer could not judge it.",
        "Criterion 4 is not determined: it has no score.",
        "It depends on criteria 3 and 4, which are not determined yet.",
        "To be met, the strategy needs 2 more of criteria 2, 3 and 4 to be met.",
    )


@pytest.mark.parametrize(
    ("strategy", "signs", "expected"),
    [
        (
            "S1",
            "--+-",
            "Strategy S1 is not met. Criterion 1 is not met. "
            "Of criteria 2, 3 and 4, at least 2 must be met: 1 met. "
            "Criterion 2 is not met. Criterion 3 is met. Criterion 4 is not met. "
            "To be met, the strategy needs criterion 1 to be met. "
            "To be met, the strategy needs 1 more of criteria 2 and 4 to be met.",
        ),
        (
            "S1",
            "++++",
            "Strategy S1 is met. Criterion 1 is met. "
            "Of criteria 2, 3 and 4, at least 2 must be met: 3 met. "
            "Criterion 2 is met. Criterion 3 is met. Criterion 4 is met. "
            "It rests on criterion 1: without it, the strategy would not be met.",
        ),
        (
            "S2",
            "-+--",
            "Strategy S2 is met. "
            "Of criteria 5, 6, 7 and 8, at least 1 must be met: 1 met. "
            "Criterion 5 is not met. Criterion 6 is met. Criterion 7 is not met. Criterion 8 is not met. "
            "It rests on criterion 6: without it, the strategy would not be met.",
        ),
        (
            "S2",
            "++--",
            "Strategy S2 is met. "
            "Of criteria 5, 6, 7 and 8, at least 1 must be met: 2 met. "
            "Criterion 5 is met. Criterion 6 is met. Criterion 7 is not met. Criterion 8 is not met. "
            "No single criterion decides this result.",
        ),
        (
            "S3",
            "---?",
            "Strategy S3 is not met. Criterion 9 is not met. Criterion 10 is not met. "
            "Of criteria 11 and 12, at least 1 must be met: 0 met, 1 not determined. "
            "Criterion 11 is not met. Criterion 12 is not determined. "
            "To be met, the strategy needs all of criteria 9 and 10 to be met. "
            "To be met, the strategy needs 1 more of criteria 11 and 12 to be met.",
        ),
        (
            "S3",
            "+++-",
            "Strategy S3 is met. Criterion 9 is met. Criterion 10 is met. "
            "Of criteria 11 and 12, at least 1 must be met: 1 met. "
            "Criterion 11 is met. Criterion 12 is not met. "
            "It rests on each of criteria 9, 10 and 11: without one of them, the strategy would not be met.",
        ),
    ],
)
def test_explain_findings_reads_as_written(strategy, signs, expected):
    assert findings(strategy, signs) == expected


@pytest.mark.parametrize(
    ("strategy", "given", "expected"),
    [
        (
            "protect",
            {"site": Finding.MET, "law": Finding.NOT_MET, "fund": Finding.NOT_MET},
            (
                "Of the conditions that follow, at least 1 must hold. Held: 0 of 2.",
                "All of the conditions that follow must hold. Held: 1 of 2.",
                "Criterion site is met.",
                "Criterion law is not met.",
                "All of the conditions that follow must hold. Held: 1 of 2.",
                "Criterion site is met.",
                "Criterion fund is not met.",
                "To be met, the strategy needs 1 more of the conditions named together to hold.",
            ),
        ),
        (
            "teach",
            {"school": Finding.NOT_MET, "guide": Finding.NOT_MET},
            (
                "Criterion school is not met.",
                "Criterion guide is not met.",
                "To be met, the strategy needs all of criteria school and guide to be met.",
            ),
        ),
    ],
)
def test_explain_findings_explains_the_rules_of_another_programme(strategy, given, expected):
    explained = explain_findings(strategy, evaluate(WETLAND_RULES.rule_of(strategy), given))

    assert explained.sentences + explained.change == expected


def test_explain_findings_names_criteria_as_asked_and_keeps_what_translation_needs():
    result = evaluate(RULES.rule_of("S2"), dict.fromkeys(CODES, Finding.NOT_MET))

    explained = explain_findings("S2", result, names={"5": "5 (Stakeholders)"}, is_claimed=False)

    assert explained.headline == "Strategy S2 is not claimed; it would not be met."
    assert explained.sentences[1] == "Criterion 5 (Stakeholders) is not met."
    assert explained.sentences[1].msgid == "Criterion {criterion} is not met."
    assert explained.sentences[1].params == {"criterion": "5 (Stakeholders)"}
    assert explained.change[0].params["criteria"] == ("5 (Stakeholders)", "6", "7", "8")


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        (Verdict.SATISFIED, "Strategy S2 is not claimed; it would be met."),
        (Verdict.FAILED, "Strategy S2 is not claimed; it would not be met."),
        (Verdict.UNDECIDED, "Strategy S2 is not claimed; it would not be determined."),
    ],
)
def test_explain_findings_words_an_unclaimed_strategy_as_a_hint(verdict, headline):
    given = {
        Verdict.SATISFIED: Finding.MET,
        Verdict.FAILED: Finding.NOT_MET,
        Verdict.UNDECIDED: Finding.UNCLEAR,
    }[verdict]

    result = evaluate(RULES.rule_of("S2"), dict.fromkeys(CODES, given))

    assert explain_findings("S2", result, is_claimed=False).headline == headline


@given(
    st.fixed_dictionaries({code: st.sampled_from(Finding) for code in CODES}), st.sampled_from(RULES.codes())
)
@settings(deadline=None)
def test_pivotal_and_open_criteria_are_those_that_change_the_verdict(given, strategy):
    rule = RULES.rule_of(strategy)
    result = evaluate(rule, given)

    pivotal = {
        code
        for code in criteria_of(rule)
        if given[code] is Finding.MET
        and result.verdict is Verdict.SATISFIED
        and evaluate(rule, given | {code: Finding.NOT_MET}).verdict is not Verdict.SATISFIED
    }
    still_open = set(open_criteria(result))
    settled = {code: finding for code, finding in given.items() if code not in still_open}

    assert set(pivotal_criteria(result)) == pivotal
    # Answering every other open question, either way, settles nothing; the open ones alone decide.
    for answer in (Finding.MET, Finding.NOT_MET):
        filled = {code: answer if f is Finding.UNCLEAR else f for code, f in settled.items()}
        verdict = evaluate(rule, given | filled).verdict
        assert verdict is result.verdict
