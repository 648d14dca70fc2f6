"""Can everybody be seated, does each sit as well as can be, and is a forged seating refused?"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from benchmarks.selection_pools import pool, with_chapters
from fellowships.certificates import Untrue
from fellowships.chapters import chapter_rows, place
from fellowships.checking import canonical, check, digest
from fellowships.facts import BalanceTarget, Chapter, Nomination, Question
from fellowships.record import Rule, record_of
from fellowships.relaxation import conflict_words, in_conflict
from fellowships.seating import chapter_rows as checked_rows
from fellowships.shortlist import NoList, shortlist
from tests.fellowships.pools import every_seating, small_questions
from vocabulary.errors import Invalid

RULE = Rule("score", "1")


@settings(max_examples=150)
@given(small_questions())
def test_rows_hold_just_when_everybody_can_be_seated(question: Question) -> None:
    question = question.ordered()
    rows = chapter_rows(question)

    for group in itertools.combinations(enumerate(question.nominations), question.n_seats):
        places = {at for at, _ in group}
        can = not question.chapters or bool(every_seating(question, tuple(one for _, one in group)))
        assert all(len(places & set(row.tolist())) <= most for _, row, most in rows) == can


@settings(max_examples=60)
@given(small_questions())
def test_seating_is_the_best_of_all(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList) or found.placement is None:
        return

    group = tuple(one for one in question.nominations if one.id in found.chosen)
    best = min(every_seating(question, group), key=lambda one: one[:2])
    assert (found.placement.wishes, found.placement.lots, dict(found.placement.chapter_of)) == best


@settings(max_examples=60)
@given(small_questions())
def test_checker_counts_with_its_own_rows_as_the_engine_does(question: Question) -> None:
    record = json.loads(record_of(question, RULE, is_explained=False))
    ids = [one.id for one in question.ordered().nominations]
    mine = {
        name: ({ids[at] for at in row.tolist()}, most) for name, row, most in chapter_rows(question.ordered())
    }

    checked = checked_rows(record["question"])

    assert {name: (set(checked[name][0]), checked[name][2]) for name in mine} == mine


def three() -> Question:
    """Two seats in c1 and one in c2; the three with the most points all wish for c1 alone."""
    people = (
        Nomination("a", 9, {}, ("c1",)),
        Nomination("b", 8, {}, ("c1",)),
        Nomination("c", 7, {}, ("c1",)),
        Nomination("d", 5, {}, ("c1", "c2")),
        Nomination("e", 4, {}, ()),
    )
    return Question(people, 3, (), (), (), "1", (Chapter("c1", 2), Chapter("c2", 1)))


def test_no_more_are_chosen_for_a_chapter_than_it_seats() -> None:
    record = check(record_of(three(), RULE))

    assert [(one["id"], one["chapter"], one["wish"]) for one in record["seats"]] == [
        ("a", "c1", 1),
        ("b", "c1", 1),
        ("d", "c2", 2),
    ]
    assert [(one["id"], one["short"], one["goes"]) for one in record["counterfactuals"]] == [
        ("c", 1, ["b"]),
        ("e", 1, ["d"]),
    ]


def test_any_other_chapter_is_one_wish_after_those_named() -> None:
    people = (Nomination("a", 9, {}, ("c1", "*")), Nomination("b", 9, {}, ("c1",)))
    question = Question(people, 2, (), (), (), "1", (Chapter("c1", 1), Chapter("c2", 1), Chapter("c3", 0)))

    record = check(record_of(question, RULE))

    assert {one["id"]: (one["chapter"], one["wish"]) for one in record["seats"]} == {
        "a": ("c2", 2),
        "b": ("c1", 1),
    }
    assert record["placement"]["wishes"] == 1


def test_chapters_nobody_wishes_for_are_named_in_the_conflict() -> None:
    people = tuple(Nomination(f"n{at}", at, {"r": "x"}, ("c1",)) for at in range(4))
    question = Question(
        people, 2, (BalanceTarget("r", "x", 1),), (), (), "1", (Chapter("c1", 1), Chapter("c2", 1))
    )

    found = shortlist(question)

    assert isinstance(found, NoList)
    assert [str(one) for one in conflict_words(question, in_conflict(question, found.proof))] == [
        "chapters c1: at most 1 who wish for no other",
        "seats: exactly 2",
    ]


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        (
            {"chapters": (Chapter("c1", 1), Chapter("c2", 1))},
            "chapters",
            "The chapters have 2 seats together; the list has 3.",
        ),
        (
            {"chapters": (Chapter("c1", 2), Chapter("c1", 1), Chapter("c2", 3))},
            "chapters",
            "“c1” stands twice; keep one.",
        ),
        (
            {"chapters": (Chapter("c1", 3),)},
            "nominations",
            "“d” wishes for “c2”; there is no such chapter.",
        ),
        (
            {"nominations": (*three().nominations[:4], Nomination("e", 4, {}, ("c1", "c1")))},
            "nominations",
            "“e” names “c1” twice; name it once.",
        ),
        (
            {"nominations": (*three().nominations[:4], Nomination("e", 4, {}, ("*", "c1")))},
            "nominations",
            "“e” wishes for “*”; there is no such chapter.",
        ),
        (
            {"chapters": (*three().chapters, *(Chapter(f"d{at}", 0) for at in range(9)))},
            "chapters",
            "There can be at most 10 chapters.",
        ),
    ],
)
def test_chapters_that_cannot_be_meant_are_refused(change: dict, field: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        shortlist(replace(three(), **change))

    assert refused.value.errors == {field: [text]}


def forged(change: object) -> bytes:
    record = json.loads(record_of(swappable(), RULE, is_explained=False))
    change(record)  # type: ignore[operator]
    rest = {name: value for name, value in record.items() if name != "sha256"}
    return f"{canonical(rest | {'sha256': digest(rest)})}\n".encode()


def swappable() -> Question:
    """Two of the same wish, and only lots say who gets it."""
    people = (Nomination("a", 9, {}, ("c1", "c2")), Nomination("b", 9, {}, ("c1", "c2")))
    return Question(people, 2, (), (), (), "1", (Chapter("c1", 1), Chapter("c2", 1)))


def _swap(record: dict) -> None:
    first, second = record["seats"]
    first["chapter"], second["chapter"] = second["chapter"], first["chapter"]
    first["wish"], second["wish"] = second["wish"], first["wish"]


def _together(record: dict) -> None:
    for seat in record["seats"]:
        seat["chapter"], seat["wish"] = "c1", 1
    record["placement"]["wishes"] = 0


def _free_of_charge(record: dict) -> None:
    record["placement"]["prices"] = {"c1": 0, "c2": 0}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (_swap, "the sums of the seating do not add up"),
        (_together, "a chapter has more people than seats"),
        (_free_of_charge, "somebody could sit better"),
        (lambda record: record["placement"]["prices"].pop("c2"), "a price below 0"),
        (lambda record: record.pop("placement"), "a placement without chapters, or the other way round"),
        (lambda record: record["seats"][0].update(wish=2), "a seat shows another wish"),
        (lambda record: record["seats"][0].update(chapter="c3"), "not a record"),
    ],
)
def test_forged_seating_is_refused(change: object, text: str) -> None:
    with pytest.raises(Untrue, match=text):
        check(forged(change))


def test_seating_the_other_way_round_cannot_be_proved_with_sums_put_right() -> None:
    question = swappable()
    best, other = sorted(every_seating(question, question.nominations))

    def change(record: dict) -> None:
        _swap(record)
        record["placement"]["lots"] = other[1]

    assert best[0] == other[0]
    with pytest.raises(Untrue, match="somebody could sit better"):
        check(forged(change))


def test_list_of_a_real_call_is_seated_and_small() -> None:
    question = with_chapters(pool(221, 16))

    record = check(record_of(question, RULE, is_explained=False))

    seats = [one["chapter"] for one in record["seats"]]
    assert {one.code: seats.count(one.code) for one in question.chapters} == {
        one.code: one.seats for one in question.chapters
    }
    assert len(canonical(record["proof"])) <= 30_000


def test_seating_does_not_depend_on_the_order_of_people() -> None:
    question = with_chapters(pool(60, 12)).ordered()
    names = [one.id for one in question.nominations][:12]
    question = replace(
        question, nominations=tuple(replace(one, wishes=(*one.wishes, "*")) for one in question.nominations)
    )

    first = place(question, names)

    assert place(replace(question, nominations=question.nominations[::-1]), names[::-1]) == first
