"""Does a better band come first, and is every exception told with the limits that make it one?"""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from benchmarks.selection_pools import pool, with_bands
from fellowships.certificates import Untrue
from fellowships.checking import canonical, check, digest
from fellowships.facts import BalanceTarget, Nomination, Pin, Question
from fellowships.record import Rule, record_of
from fellowships.shortlist import NoList, shortlist
from tests.fellowships.pools import best_lists, every_list, n_by_band, small_questions
from vocabulary.errors import Invalid

RULE = Rule("score", "1")


def four() -> Question:
    """One of y is asked for; both of y are in band B, and have more points than those in band A."""
    people = (
        Nomination("a", 3, {"r": "x"}, (), "A"),
        Nomination("b", 2, {"r": "x"}, (), "A"),
        Nomination("c", 9, {"r": "y"}, (), "B"),
        Nomination("d", 8, {"r": "y"}, (), "B"),
    )
    return Question(people, 2, (BalanceTarget("r", "y", 1),), (), (), "1", (), ("A", "B"))


CONTENT = record_of(four(), RULE, n_reserve=2)


@settings(max_examples=80)
@given(small_questions())
def test_no_list_has_more_of_a_better_band(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    mine = n_by_band(question, found.chosen)

    assert mine == max(n_by_band(question, ids) for _, _, ids in every_list(question))
    assert found.total == best_lists(question)[0][0]
    assert [one.n for one in found.bands] == list(mine[:-1])


def test_band_comes_before_points_and_the_exception_names_its_limit() -> None:
    record = check(CONTENT)

    assert [(one["id"], one["band"]) for one in record["seats"]] == [("a", "A"), ("c", "B")]
    assert [(one["band"], one["count"]) for one in record["bands"]] == [("A", 1)]
    assert record["above"] == [{"id": "c", "over": [{"id": "b", "breaks": ["target:0"]}]}]


def test_answers_tell_bands_beside_points() -> None:
    record = check(CONTENT)

    b, d = record["counterfactuals"]
    assert (d["id"], d["short"], d["tied_with"], "bands" in d) == ("b", 1, 3, False)
    assert (b["id"], b["short"], b["tied_with"]) == ("d", 1, 9)
    assert [(one["cost"], one["bands"]) for one in record["targets"]] == [(-7, {"A": 1, "B": -1})]
    assert [one["id"] for one in record["reserve"]] == ["b", "d"]


def test_answer_for_somebody_whom_no_points_would_help() -> None:
    question = Question(four().nominations, 2, (), (), (), "1", (), ("A", "B"))

    record = check(record_of(question, RULE))

    c, d = record["counterfactuals"]
    assert (c["short"], c["tied_with"], c["certain_with"], c["bands"]) == (-7, None, None, {"A": -1, "B": 1})
    assert (d["short"], d["tied_with"], d["bands"]) == (-6, None, {"A": -1, "B": 1})


def test_pin_is_a_reason() -> None:
    pins = (Pin("c", True, "holds a place"),)
    question = Question(four().nominations, 2, (), (), pins, "1", (), ("A", "B"))

    record = check(record_of(question, RULE))

    assert record["above"] == [{"id": "c", "over": [{"id": "b", "breaks": ["pin"]}]}]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("above",), [], "who stands above a better band is told otherwise"),
        (("above", 0, "over"), [], "who stands above a better band is told otherwise"),
        (("above", 0, "id"), "a", "who stands above a better band is told otherwise"),
        (("above", 0, "over", 0, "breaks"), [], "a reason is missing"),
        (("above", 0, "over", 0, "breaks"), ["seats"], "seats is no reason for c"),
        (("above", 0, "over", 0, "breaks"), ["pin"], "pin is no reason for c"),
        (("bands", 0, "count"), 2, "the count of a band is wrong"),
        (("bands",), [], "the stages of the bands are others"),
        (("bands", 0, "proof", "rows"), {}, "a bound is not reached"),
        (("seats", 0, "band"), "B", "a seat shows another band"),
    ],
)
def test_forged_bands_are_refused(path: tuple, value: object, text: str) -> None:
    record = json.loads(CONTENT)
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    rest = {name: one for name, one in record.items() if name != "sha256"}

    with pytest.raises(Untrue, match=text):
        check(f"{canonical(rest | {'sha256': digest(rest)})}\n".encode())


def test_list_with_fewer_of_the_best_band_cannot_be_proved() -> None:
    """The list that points alone would give, under the same bands, sums put right."""
    question = four()
    record = json.loads(record_of(Question(question.nominations, 2, question.targets, seed="1"), RULE))
    for one, nominee in zip(record["question"]["nominations"], question.nominations, strict=True):
        one["band"] = nominee.band
    for seat in record["seats"]:
        seat["band"] = "B"
    record["question"]["bands"] = ["A", "B"]
    record |= {"above": [], "asked": {"reserve": 0, "explained": False}}
    record["bands"] = [{"band": "A", "count": 0, "proof": {"grid": 1, "rows": {"seats": 1}}}]
    record["question_sha256"] = digest(record["question"])
    rest = {name: one for name, one in record.items() if name != "sha256"}

    with pytest.raises(Untrue, match="a bound is not reached"):
        check(f"{canonical(rest | {'sha256': digest(rest)})}\n".encode())


@pytest.mark.parametrize(
    ("bands", "field", "text"),
    [
        (("A", "A", "B"), "bands", "“A” stands twice; keep one."),
        (("A", "C"), "nominations", "“c” is in band “B”; the bands are A and C."),
        (("A", "B", "C", "D", "E", "F"), "bands", "There can be at most 5 bands."),
    ],
)
def test_bands_that_cannot_be_meant_are_refused(bands: tuple, field: str, text: str) -> None:
    people, targets = four().nominations, four().targets

    with pytest.raises(Invalid) as refused:
        shortlist(Question(people, 2, targets, (), (), "1", (), bands))

    assert refused.value.errors[field][0] == text


def test_bands_of_a_real_call_are_proved_in_little() -> None:
    record = check(record_of(with_bands(pool(221, 16)), RULE, is_explained=False))

    assert [one["band"] for one in record["bands"]] == ["A", "B"]
    assert sum(one["band"] == "A" for one in record["seats"]) == record["bands"][0]["count"]
    assert len(canonical([record["proof"], record["bands"]])) <= 30_000
