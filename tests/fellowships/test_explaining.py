"""Do the answers to "why not" agree with trying every list?"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from fellowships.explaining import prices, replacements, reserve, why_not
from fellowships.facts import BalanceTarget, Nomination, Pin, Question
from fellowships.shortlist import NoList, shortlist
from tests.fellowships.pools import best_lists, every_list, n_by_band, small_questions


def lifted(question: Question, name: str) -> Question:
    """The question without a pin of this nominee."""
    return replace(question, pins=tuple(pin for pin in question.pins if pin.id != name))


@settings(max_examples=40)
@given(small_questions())
def test_points_short_agree_with_every_list(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    answers = why_not(question, found)

    mine = n_by_band(question, found.chosen)
    for answer in answers:
        best = max(
            (
                (n_by_band(question, ids), total)
                for total, _, ids in every_list(lifted(question, answer.id))
                if answer.id in ids
            ),
            default=None,
        )
        assert answer.short == (None if best is None else found.total - best[1])
        if best is not None:
            moved = zip(question.bands, best[0], mine, strict=True)
            assert answer.bands == {band: n - m for band, n, m in moved if n != m}
            assert answer.needed_for_tie == (None if answer.bands else answer.score + answer.short)
    assert {answer.id for answer in answers} | set(found.chosen) == {one.id for one in question.nominations}


@settings(max_examples=20)
@given(small_questions())
def test_exchange_leads_to_a_list_that_keeps_the_limits(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    answers = [*why_not(question, found), *replacements(question, found)]

    for answer in answers:
        if answer.comes:
            lists = every_list(lifted(question, answer.id))
            legal = {frozenset(ids) for _, _, ids in lists}
            assert (set(found.chosen) - set(answer.goes)) | set(answer.comes) in legal


@settings(max_examples=20)
@given(small_questions())
def test_replacement_keeps_as_many_as_possible(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    moves = replacements(question, found)

    for move in moves:
        lists = every_list(lifted(question, move.id))
        kept = [len(set(ids) & set(found.chosen)) for _, _, ids in lists if move.id not in ids]
        assert (len(found.chosen) - len(move.goes) if move.comes else None) == (max(kept) if kept else None)


@settings(max_examples=30)
@given(small_questions())
def test_price_of_each_target_agrees_with_every_list_without_it(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    answers = prices(question, found)

    ordered = question.ordered()
    mine = n_by_band(question, found.chosen)
    for place, answer in enumerate(answers):
        freed = replace(ordered, targets=(*ordered.targets[:place], *ordered.targets[place + 1 :]))
        total, _, ids = best_lists(freed)[0]
        moved = zip(question.bands, n_by_band(question, ids), mine, strict=True)
        assert answer.points == total - found.total
        assert answer.bands == {band: n - m for band, n, m in moved if n != m}


@settings(max_examples=30)
@given(small_questions())
def test_reserves_are_nobody_on_the_list_and_stand_by_merit(question: Question) -> None:
    found = shortlist(question)
    if isinstance(found, NoList):
        return

    moves = replacements(question, found)
    names = reserve(question, found, moves, 3)

    people = {one.id: one for one in question.nominations}
    left = set(people) - set(found.chosen)
    able = {one for move in moves for one in move.comes}
    allowed = left - {pin.id for pin in question.pins if not pin.is_in}
    merits = [
        (question.bands.index(people[one].band) if question.bands else 0, -people[one].score) for one in names
    ]
    assert set(names) <= left
    assert len(names) == min(3, len(allowed | able))
    assert merits == sorted(merits)
    assert len(able) < 3 or set(names) <= able


def five() -> Question:
    """Two seats; the target asks for one of y, who all score less."""
    people = [("a", 9, "x"), ("b", 8, "x"), ("c", 5, "y"), ("d", 4, "y"), ("e", 1, "x")]
    nominations = tuple(Nomination(name, score, {"r": value}) for name, score, value in people)
    return Question(nominations, 2, (BalanceTarget("r", "y", 1),), (), (Pin("e", False, "a conflict"),))


def test_answers_name_points_and_exchange() -> None:
    found = shortlist(five())
    assert not isinstance(found, NoList)

    b, d, e = why_not(five(), found)

    assert found.chosen == ("a", "c")
    assert (b.id, b.short, b.comes, b.goes, b.needed_for_tie) == ("b", 1, ("b",), ("a",), 9)
    assert (d.id, d.short, d.comes, d.goes, d.needed_for_tie) == ("d", 1, ("d",), ("c",), 5)
    assert (e.short, e.comes, e.goes, e.is_excluded) == (8, ("e",), ("a",), True)


def test_price_is_what_the_list_gains_without_the_target() -> None:
    found = shortlist(five())
    assert not isinstance(found, NoList)

    (price,) = prices(five(), found)

    assert price.points == 3


def test_reserve_covers_seats_and_stands_in_order_of_merit() -> None:
    found = shortlist(five())
    assert not isinstance(found, NoList)

    moves = replacements(five(), found)

    assert [(move.id, move.comes, move.points) for move in moves] == [("a", ("b",), -1), ("c", ("d",), -1)]
    assert reserve(five(), found, moves, 5) == ("b", "d")
    assert reserve(five(), found, moves, 1) == ("b",)
