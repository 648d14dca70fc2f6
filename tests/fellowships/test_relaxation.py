"""Are the changes that are proposed the smallest, all of them, and is the conflict a smallest one?"""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings

from fellowships.facts import BalanceTarget, Cap, Nomination, Pin, Question
from fellowships.relaxation import conflict_words, in_conflict, relaxations
from fellowships.shortlist import NoList, shortlist
from tests.fellowships.pools import every_list, holds, keeps, small_questions


def least_weight(question: Question) -> int | None:
    """By trying every list: how much soft targets give way at least; None where hard limits forbid all."""
    hard = replace(question, targets=tuple(one for one in question.targets if one.is_hard))
    soft = [one for one in question.targets if not one.is_hard]
    weights = []
    for group in itertools.combinations(question.nominations, question.n_seats):
        if keeps(hard, group):
            weight = 0
            for target in soft:
                n = sum(holds(one, target.attribute, target.value) for one in group)
                most = n if target.most is None else target.most
                weight += target.weight * (max(target.least - n, 0) + max(n - most, 0))
            weights.append(weight)
    return min(weights, default=None)


@settings(max_examples=50)
@given(small_questions())
def test_changes_are_the_smallest_and_enough(question: Question) -> None:
    if not isinstance(shortlist(question), NoList):
        return

    changes = relaxations(question)

    weights = set()
    for change in changes:
        targets = {(one.attribute, one.value): one for one in question.targets}
        weight = 0
        for one in change:
            key = (one.target.attribute, one.target.value)
            targets[key] = replace(targets[key], least=one.least, most=one.most)
            weight += one.target.least - one.least + (one.most or 0) - (one.target.most or 0)
        assert every_list(replace(question, targets=tuple(targets.values())))
        weights.add(weight)
    assert weights == ({least_weight(question)} - {None})
    assert len(set(changes)) == len(changes)


@settings(max_examples=40)
@given(small_questions())
def test_conflict_is_a_smallest_one(question: Question) -> None:
    found = shortlist(question)
    if not isinstance(found, NoList):
        return

    names = in_conflict(question, found.proof)

    ordered = question.ordered()
    targets = {f"target:{place}": one for place, one in enumerate(ordered.targets)}
    pins = {f"pin:{one.id}": one for one in ordered.pins}
    has_caps, has_chapters = (any(name.startswith(kind) for name in names) for kind in ("cap:", "chapters:"))

    def lists_without(left_out: str | None) -> list:
        kept = [name for name in names if name != left_out]
        return every_list(
            replace(
                ordered,
                targets=tuple(targets[name] for name in kept if name in targets),
                pins=tuple(pins[name] for name in kept if name in pins),
                caps=ordered.caps if has_caps else (),
                chapters=ordered.chapters if has_chapters else (),
            )
        )

    assert lists_without(None) == []
    for name in (*targets, *pins):
        if name in names:
            assert lists_without(name) or has_caps or has_chapters


def impossible() -> Question:
    people = tuple(Nomination(f"n{place}", place, {"r": "x" if place else "y"}) for place in range(5))
    return Question(people, 2, (BalanceTarget("r", "y", 2, 2), BalanceTarget("r", "x", 1)))


def test_changes_are_told_in_the_words_of_the_targets() -> None:
    changes = relaxations(impossible())

    assert [[str(one.words) for one in change] for change in changes] == [
        ["r = y: lower the minimum from 2 to 1."]
    ]


def test_hard_targets_are_never_changed() -> None:
    hard = tuple(replace(one, is_hard=True) for one in impossible().targets)

    assert relaxations(replace(impossible(), targets=hard)) == ()


def test_conflict_is_told_in_words() -> None:
    question = replace(
        impossible(),
        targets=(),
        caps=(Cap("r", 1),),
        pins=(Pin("n1", True, "chair"), Pin("n2", True, "vice")),
    )
    found = shortlist(question)
    assert isinstance(found, NoList)

    words = conflict_words(question, in_conflict(question, found.proof))

    assert [str(one) for one in words] == [
        "r = x: at most 1",
        "seats: exactly 2",
        "“n1” must be on the list",
        "“n2” must be on the list",
    ]
