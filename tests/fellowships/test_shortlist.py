"""Is the list the best there is, the only one, and the same for everybody?"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given

from benchmarks.selection_pools import pool
from fellowships import program
from fellowships.facts import BalanceTarget, Nomination, Pin, Question
from fellowships.shortlist import NoList, Shortlist, shortlist
from tests.fellowships.pools import best_lists, small_questions
from vocabulary.errors import Invalid


@given(small_questions())
def test_list_is_drawn_from_all_of_the_greatest_score(question: Question) -> None:
    found = shortlist(question)

    lists = best_lists(question)
    if isinstance(found, NoList):
        assert lists == []
    else:
        best = {ids for _, _, ids in lists}
        assert found.total == lists[0][0]
        assert found.lottery is not None
        assert set(found.lottery.lists) == best
        assert tuple(sorted(found.chosen)) == found.lottery.chosen


def test_order_of_rows_changes_nothing() -> None:
    question = pool(221, 16)
    first = shortlist(question)
    for seed in range(3):
        people, targets = list(question.nominations), list(question.targets)
        random.Random(seed).shuffle(people)
        random.Random(seed).shuffle(targets)

        again = shortlist(replace(question, nominations=tuple(people), targets=tuple(targets)))

        assert again == first


def test_another_seed_draws_another_of_the_tied_lists() -> None:
    people = tuple(Nomination(f"n{place}", 5) for place in range(20))

    found = {shortlist(Question(people, 5, seed=str(seed))).chosen for seed in range(5)}

    assert len(found) == 5


def test_list_is_written_by_score_and_then_lot() -> None:
    people = (Nomination("a", 1), Nomination("b", 3), Nomination("c", 2))

    found = shortlist(Question(people, 2))

    assert isinstance(found, Shortlist)
    assert found.chosen == ("b", "c")


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"n_seats": 3}, "seats", "There are 3 seats and 2 nominees; write a number from 1 to 2."),
        ({"n_seats": 0}, "seats", "There are 0 seats and 2 nominees; write a number from 1 to 2."),
        ({"targets": (BalanceTarget("r", "x", 2, 1),)}, "targets", "r = x: the minimum 2 is above 1."),
        ({"pins": (Pin("z", True, "asked"),)}, "pins", "“z” is not nominated."),
        ({"pins": (Pin("a", True, " "),)}, "pins", "“a” needs a reason."),
        (
            {"nominations": (Nomination("a", 1), Nomination("a", 1))},
            "nominations",
            "“a” stands twice; keep one.",
        ),
    ],
)
def test_question_that_cannot_be_meant_is_refused(change: dict, field: str, text: str) -> None:
    sound = Question((Nomination("a", 1), Nomination("b", 2)), 1)

    with pytest.raises(Invalid) as refused:
        shortlist(replace(sound, **change))

    assert refused.value.errors == {field: [text]}


@pytest.mark.parametrize("divisor", [1, 20])
def test_leaving_out_who_cannot_matter_changes_nothing(monkeypatch: pytest.MonkeyPatch, divisor: int) -> None:
    question = pool(221, 16)
    people = tuple(replace(one, score=one.score // divisor) for one in question.nominations)
    question = replace(question, nominations=people, caps=())
    everybody = shortlist(question)
    monkeypatch.setattr(program, "_SMALL", 0)
    monkeypatch.setattr(program, "_MOST_KEPT", 1)

    some = shortlist(question)

    assert isinstance(everybody, Shortlist)
    assert isinstance(some, Shortlist)
    assert (some.chosen, some.total, some.lots) == (everybody.chosen, everybody.total, everybody.lots)
    assert len(program.contenders(program.program_of(question.ordered()))) < 221


@given(small_questions())
def test_best_among_contenders_is_the_best_of_all(question: Question) -> None:
    """The same as for everybody, with the pool taken for a large one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "_SMALL", 0)
        patch.setattr(program, "_MOST_KEPT", 1)

        found = shortlist(question)

    assert (None if isinstance(found, NoList) else found.total) == next(
        (total for total, _, _ in best_lists(question)), None
    )
