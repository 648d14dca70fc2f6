"""criteria/flags.py: every flag raised and not raised, and the fragile ones against trying every change."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criteria.cases import ACTIONS, Case, Flag, FlagCode, Reviewed, ScoreChange
from criteria.flags import find_flags
from criteria.rules import AtLeast, Met, StrategyRule
from criteria.scorecard import Answer, Scorecard
from tests.criteria.programme import CODES, CRITERIA, RULES, WETLAND_CRITERIA, WETLAND_RULES, card
from vocabulary.findings import Confidence, Recommendation, Verdict

SATISFIED, FAILED, UNDECIDED = Verdict.SATISFIED, Verdict.FAILED, Verdict.UNDECIDED
CARDS = st.dictionaries(st.sampled_from(CODES), st.one_of(st.none(), st.integers(0, 3)))
CASES = st.builds(
    lambda all_scores, claimed, agreed: case(*all_scores, claimed=sorted(claimed), agreed=agreed),
    st.lists(CARDS, max_size=5),
    st.sets(st.sampled_from(["S1", "S2", "S3"]), min_size=1),
    st.dictionaries(st.sampled_from(CODES), st.integers(0, 3), max_size=2),
)


def case(*all_scores: dict[str, int | None], claimed=("S2",), **changes) -> Case:
    """Reviewers r1, r2 … with these scores; the evidence has a pointer."""
    reviews = tuple(
        Reviewed(f"r{n}", pointed(card(scores, minutes_spent=n))) for n, scores in enumerate(all_scores, 1)
    )
    return Case(reviews, CRITERIA, RULES, claimed, **changes)


def pointed(found: Scorecard) -> Scorecard:
    return replace(
        found, answers={code: replace(answer, pointer="p. 2") for code, answer in found.answers.items()}
    )


def changed(found: Case, position: int, **changes) -> Case:
    """The case with another overall part in one review."""
    reviews = list(found.reviews)
    reviews[position] = replace(reviews[position], card=replace(reviews[position].card, **changes))
    return replace(found, reviews=tuple(reviews))


def of(code: FlagCode, found: Case) -> list[Flag]:
    return [flag for flag in find_flags(found) if flag.code is code]


ALL_MET = {"5": 3, "6": 3, "7": 3, "8": 3}


def test_a_clear_result_has_no_flag():
    assert find_flags(case(ALL_MET, ALL_MET, ALL_MET)) == ()


def test_no_claim_is_refused():
    with pytest.raises(ValueError, match="at least one strategy"):
        find_flags(case(ALL_MET, claimed=()))


def test_without_reviews_only_the_open_question_remains():
    found = find_flags(case(claimed=("S1",)))

    assert [(flag.code, flag.strategy) for flag in found] == [(FlagCode.UNKNOWN, "S1")]


# --- reviewers who differ


def test_verdict_split_names_how_the_reviewers_stand():
    one, none, unsure = {"5": 2}, dict.fromkeys("5678", 1), {"5": 1, "6": None, "7": 0, "8": 1}

    (flag,) = of(FlagCode.VERDICT_SPLIT, case(one, none, unsure))

    assert (flag.strategy, flag.reviewers) == ("S2", ("r1", "r2", "r3"))
    assert flag.message == (
        "The reviewers’ own results on strategy S2 differ (met: 1, not met: 1, not determined: 1)."
    )


def test_verdict_split_leaves_out_a_strategy_that_is_not_claimed_or_that_a_reviewer_left_blank():
    met, not_met = {"5": 2}, dict.fromkeys("5678", 1)

    assert of(FlagCode.VERDICT_SPLIT, case(met, not_met, claimed=("S1",))) == []
    assert of(FlagCode.VERDICT_SPLIT, case(met, met, {"1": 2})) == []


@pytest.mark.parametrize(("scores", "is_flagged"), [((0, 2), True), ((1, 3, 2), True), ((1, 2), False)])
def test_criterion_gap_is_two_points(scores, is_flagged):
    flags = of(FlagCode.CRITERION_GAP, case(*[{"6": score} for score in scores]))

    assert [flag.criterion for flag in flags] == ["6"] * is_flagged


def test_criterion_gap_counts_no_cannot_judge_and_no_criterion_of_another_strategy():
    assert of(FlagCode.CRITERION_GAP, case({"6": None, "1": 0}, {"6": 3, "1": 3})) == []


def test_criterion_gap_names_the_scores():
    (flag,) = of(FlagCode.CRITERION_GAP, case({"6": 0}, {"6": 3}, {"6": 1}))

    assert flag.message == "The scores on criterion 6 lie far apart (0, 3 and 1)."


# --- results that hang on little


def test_fragile_names_the_score_that_would_change_the_verdict():
    low = dict.fromkeys("678", 0)

    flags = of(FlagCode.FRAGILE, case({"5": 2} | low, {"5": 2} | low, {"5": 1} | low))

    assert flags == [
        Flag(
            FlagCode.FRAGILE,
            flags[0].message,
            "S2",
            "5",
            ("r1", "r2"),
            ScoreChange(score=2, would_be=1, verdict=FAILED),
        )
    ]
    assert flags[0].message == (
        "With one score of 1 instead of 2 on criterion 5, strategy S2 would not be met (given by: r1 and r2)."
    )


def test_fragile_leaves_alone_what_the_meeting_agreed_on():
    low = dict.fromkeys("678", 0)

    assert of(FlagCode.FRAGILE, case({"5": 2} | low, {"5": 2} | low, agreed={"5": 2})) == []


def tried(found: Case) -> set[tuple[str, str, str, int, int, Verdict]]:
    """Every single score one point up or down, the whole panel judged anew each time."""
    before = {entry.strategy: entry.result.verdict for entry in found.panel().strategies}
    changes = set()
    for position, code, step in product(range(len(found.reviews)), CODES, (-1, 1)):
        review = found.reviews[position]
        answer = review.card.answers.get(code)
        if answer is None or answer.value is None or answer.value + step not in range(4):
            continue
        answers = dict(review.card.answers) | {code: replace(answer, value=answer.value + step)}
        for entry in changed(found, position, answers=answers).panel().strategies:
            verdict = entry.result.verdict
            if entry.is_claimed and verdict is not before[entry.strategy]:
                changes.add(
                    (entry.strategy, code, review.reviewer, answer.value, answer.value + step, verdict)
                )
    return changes


@given(CASES)
def test_fragile_finds_exactly_the_changes_that_trying_all_finds(found):
    flags = {
        (
            flag.strategy,
            flag.criterion,
            reviewer,
            flag.change.score,
            flag.change.would_be,
            flag.change.verdict,
        )
        for flag in of(FlagCode.FRAGILE, found)
        for reviewer in flag.reviewers
    }

    assert flags == tried(found)


def test_single_is_flagged_when_one_criterion_carries_the_strategy():
    low = dict.fromkeys("678", 0)

    (flag,) = of(FlagCode.SINGLE, case({"5": 3} | low, {"5": 3} | low))

    assert (flag.strategy, flag.criterion) == ("S2", "5")
    assert flag.message == "Strategy S2 is met by criterion 5 alone."


def test_single_is_not_flagged_on_two_criteria_none_or_another_kind_of_rule():
    assert of(FlagCode.SINGLE, case({"5": 3, "6": 2}, {"5": 3, "6": 2})) == []
    assert of(FlagCode.SINGLE, case(dict.fromkeys("5678", 0), dict.fromkeys("5678", 0))) == []
    assert (
        of(FlagCode.SINGLE, case({"1": 2, "2": 2, "3": 2}, {"1": 2, "2": 2, "3": 2}, claimed=("S1",))) == []
    )


def test_single_is_not_flagged_where_one_of_two_that_are_needed_is_met():
    rules = replace(RULES, strategies=(StrategyRule("S2", AtLeast(2, (Met("5"), Met("6"), Met("7")))),))
    scores = {"5": 3, "6": 0, "7": 0}

    assert of(FlagCode.SINGLE, replace(case(scores, scores), rules=rules)) == []


# --- advice against the scores


@pytest.mark.parametrize(
    ("scores", "recommendation", "is_flagged"),
    [
        (ALL_MET, Recommendation.DO_NOT_ENDORSE, True),
        (ALL_MET, Recommendation.ENDORSE, False),
        (dict.fromkeys("5678", 0), Recommendation.ENDORSE, True),
        (dict.fromkeys("5678", 0), Recommendation.ABSTAIN, False),
        ({"5": None}, Recommendation.ENDORSE, False),
    ],
)
def test_contradiction_of_a_reviewer_with_the_own_scores(scores, recommendation, is_flagged):
    flags = of(FlagCode.CONTRADICTION, changed(case(scores), 0, recommendation=recommendation))

    assert [flag.reviewers for flag in flags] == [("r1",)] * is_flagged


def test_contradiction_of_the_proposed_decision_with_the_panel():
    found = case(ALL_MET, ALL_MET, proposed=Recommendation.DO_NOT_ENDORSE)

    (flag,) = of(FlagCode.CONTRADICTION, found)

    assert flag.message == "The decision proposed differs from the result of the panel."


# --- open questions and weak grounds


def test_unknown_names_the_open_criteria_of_an_undetermined_strategy():
    (flag,) = of(FlagCode.UNKNOWN, case({"5": 1, "6": None, "7": 0, "8": None}, dict.fromkeys("5678", 1)))

    assert (flag.strategy, flag.criterion) == ("S2", None)
    assert flag.message == "Strategy S2 is not determined; it depends on criteria 6 and 8."


def test_unknown_names_a_deciding_criterion_that_two_cannot_judge():
    low = dict.fromkeys("678", 0)

    (flag,) = of(FlagCode.UNKNOWN, case({"5": 2} | low, {"5": 3} | low, {"5": None} | low, {"5": None} | low))

    assert flag.criterion == "5"
    assert flag.message == "2 reviewers cannot judge criterion 5, on which the result on strategy S2 rests."


def test_unknown_is_not_raised_for_one_who_cannot_judge_or_a_criterion_that_decides_nothing():
    low = dict.fromkeys("678", 0)

    assert of(FlagCode.UNKNOWN, case({"5": 2} | low, {"5": 3} | low, {"5": None} | low)) == []
    assert of(FlagCode.UNKNOWN, case(ALL_MET, ALL_MET, ALL_MET | {"5": None}, ALL_MET | {"5": None})) == []


@pytest.mark.parametrize(
    ("confidences", "is_flagged"),
    [
        (("low", "low", "high"), True),
        (("low", "high"), False),
        (("low", None, None), False),
        (("low",), True),
        ((), False),
    ],
)
def test_low_confidence_is_a_majority(confidences, is_flagged):
    found = case(*[ALL_MET for _ in confidences])
    for position, confidence in enumerate(confidences):
        found = changed(found, position, confidence=confidence and Confidence(confidence))

    assert len(of(FlagCode.LOW_CONFIDENCE, found)) == is_flagged


def test_thin_evidence_names_reviews_that_met_a_deciding_criterion_without_a_place():
    low = dict.fromkeys("678", 0)
    found = case({"5": 2} | low, {"5": 3} | low, {"5": 1} | low)
    found = changed(found, 1, answers={"5": Answer(value=3, evidence="Yes.", pointer=" ")})
    found = changed(found, 2, answers={"5": Answer(value=1)})

    (flag,) = of(FlagCode.THIN_EVIDENCE, found)

    assert (flag.strategy, flag.criterion, flag.reviewers) == ("S2", "5", ("r2",))


def test_thin_evidence_asks_nothing_where_no_single_criterion_decides_or_nobody_gives_places():
    bare = {code: Answer(value=3, evidence="Yes.") for code in "5678"}
    found = changed(case(ALL_MET, ALL_MET), 0, answers=bare)
    one = changed(case({"5": 3}, {"5": 3}), 0, answers={"5": Answer(value=3)})

    assert of(FlagCode.THIN_EVIDENCE, found) == []
    assert of(FlagCode.THIN_EVIDENCE, replace(one, knows_pointers=False)) == []
    assert len(of(FlagCode.THIN_EVIDENCE, one)) == 1


def test_thin_evidence_asks_nothing_of_a_criterion_that_does_not_apply():
    scores = {"9": 2, "10": 2, "11": 2, "12": 2}
    found = case(scores, scores, claimed=("S3",), waived={"10": "Regional work."})
    answers = dict(found.reviews[0].card.answers) | {"10": Answer(value=2)}

    assert of(FlagCode.THIN_EVIDENCE, changed(found, 0, answers=answers)) == []


def test_stale_review_is_named_and_not_counted():
    found = case(ALL_MET, ALL_MET, dict.fromkeys("5678", 0))
    stale = replace(found, reviews=(*found.reviews[:2], replace(found.reviews[2], is_stale=True)))

    flags = find_flags(stale)

    assert [(flag.code, flag.reviewers) for flag in flags] == [(FlagCode.STALE, ("r3",))]
    assert len(stale.panel().on("5").scores) == 2


# --- all of them


@given(CASES)
def test_flags_come_in_the_order_of_the_agenda_and_each_says_what_to_do(found):
    flags = find_flags(found)

    order = list(FlagCode)
    assert [flag.code for flag in flags] == sorted((flag.code for flag in flags), key=order.index)
    assert set(ACTIONS) == set(FlagCode)
    assert all("{" not in flag.message and flag.action for flag in flags)
    assert len(set(flags)) == len(flags)


@given(CASES)
def test_flags_do_not_depend_on_the_order_of_the_reviews(found):
    turned = replace(found, reviews=found.reviews[::-1])

    def told(one: Case) -> set:
        return {
            (flag.code, flag.strategy, flag.criterion, frozenset(flag.reviewers), flag.change)
            for flag in find_flags(one)
        }

    assert told(turned) == told(found)


def test_flags_serve_another_programme():
    reviews = tuple(
        Reviewed(name, Scorecard({code: Answer(value=value) for code, value in scores.items()}))
        for name, scores in (("a", {"site": 3, "law": 3, "fund": 0}), ("b", {"site": 3, "law": 3, "fund": 2}))
    )

    found = find_flags(Case(reviews, WETLAND_CRITERIA, WETLAND_RULES, ("protect",), knows_pointers=False))

    assert [(flag.code.value, flag.criterion, flag.reviewers) for flag in found] == [
        ("criterion-gap", "fund", ()),
        ("fragile", "site", ("a", "b")),
        ("fragile", "law", ("a", "b")),
    ]
