"""Does a record check itself, refuse every change, and give the same bytes when it is run again?"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.selection_pools import pool
from fellowships import checking
from fellowships.certificates import Untrue
from fellowships.checking import canonical, check, digest
from fellowships.facts import BalanceTarget, Chapter, Nomination, Question
from fellowships.lottery import draw
from fellowships.record import Rule, agrees, question_of, record_of, written, written_ties
from tests.fellowships.pools import small_questions

RULE = Rule("score", "1")


def small() -> Question:
    people = tuple(Nomination(f"n{place}", place % 3, {"r": "xy"[place % 2]}) for place in range(6))
    return Question(people, 2, (BalanceTarget("r", "y", 1, 1),))


def with_ties() -> Question:
    """Five nominees with the same score for three seats, two of them of one kind: nine lists."""
    people = tuple(Nomination(f"n{place}", 2, {"r": "xxyyy"[place]}) for place in range(5))
    return Question((*people, Nomination("n9", 5, {"r": "x"})), 3, (BalanceTarget("r", "x", 2),))


def with_everything() -> Question:
    """Chapters, bands, and somebody of two kinds."""
    people = [
        Nomination("a", 3, {"r": "x"}, ("c1",), "A"),
        Nomination("b", 5, {"r": ("x", "y")}, ("c2", "c1"), "B"),
        Nomination("c", 4, {"r": "x"}, ("c1",), "A"),
        Nomination("d", 2, {"r": "y"}, (), "B"),
        Nomination("e", 1, {"r": "y"}, ("c2", "*"), "B"),
    ]
    chapters = (Chapter("c1", 1), Chapter("c2", 2))
    return Question(tuple(people), 3, (BalanceTarget("r", "y", 2),), (), (), "7", chapters, ("A", "B"))


CONTENT = record_of(small(), RULE, n_reserve=2)
TIED = record_of(with_ties(), RULE, is_explained=False)
FULL = record_of(with_everything(), RULE, n_reserve=2)


def resealed(record: dict) -> bytes:
    """A record whose hashes were made anew after a change, as a forger would."""
    record = {name: value for name, value in record.items() if name != "sha256"}
    record["question_sha256"] = digest(record["question"])
    return f"{canonical(record | {'sha256': digest(record)})}\n".encode()


@settings(max_examples=40)
@given(small_questions())
def test_record_of_any_question_checks_and_runs_again_to_the_same_bytes(question: Question) -> None:
    content = record_of(question, RULE, n_reserve=2)

    record = check(content)

    assert record_of(*question_of(record), n_reserve=2) == content


def test_order_of_rows_changes_no_byte() -> None:
    people = small().nominations[::-1]

    assert record_of(replace(small(), nominations=people), RULE, n_reserve=2) == CONTENT


@pytest.mark.parametrize("content", [CONTENT, TIED, FULL], ids=["one list", "a lottery", "everything"])
@pytest.mark.parametrize("bits", [1, 2, 32, 128, 255])
def test_every_changed_byte_is_refused(content: bytes, bits: int) -> None:
    for place in range(len(content)):
        bent = bytearray(content)
        bent[place] ^= bits

        with pytest.raises(Untrue):
            check(bytes(bent))


def whole_numbers(value: object, path: tuple = ()) -> list[tuple]:
    """Where every whole number of a record stands."""
    if isinstance(value, dict):
        return [one for name, part in value.items() for one in whole_numbers(part, (*path, name))]
    if isinstance(value, list):
        return [one for at, part in enumerate(value) for one in whole_numbers(part, (*path, at))]
    return [path] if isinstance(value, int) and not isinstance(value, bool) else []


@pytest.mark.parametrize("content", [CONTENT, TIED, FULL], ids=["one list", "a lottery", "everything"])
@pytest.mark.parametrize("step", [-1, 1])
def test_every_changed_number_of_list_and_proof_is_refused_even_with_new_hashes(
    content: bytes, step: int
) -> None:
    """All but what is told without a proof, and multipliers and prices, where others may prove the same."""
    untold = {"question", "asked", "reserve", "counterfactuals", "replacements"}
    for path in whole_numbers(json.loads(content)):
        if path[0] in untold or path[-1] == "cost" or {"proof", "prices"} & set(path):
            continue
        record = json.loads(content)
        place = record
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] += step

        with pytest.raises(Untrue):
            check(resealed(record))


@given(st.binary(max_size=40), st.integers(0, 10**6), st.integers(0, 40))
def test_any_other_bytes_are_refused(more: bytes, place: int, n_gone: int) -> None:
    place %= len(CONTENT)
    bent = CONTENT[:place] + more + CONTENT[place + n_gone :]
    if bent == CONTENT:
        return

    with pytest.raises(Untrue):
        check(bent)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("seats",), [{"id": "n2", "score": 2}, {"id": "n4", "score": 1}], "the list breaks target:0"),
        (("seats",), [{"id": "n2", "score": 2}, {"id": "n2", "score": 2}], "somebody twice"),
        (("seats", 0, "score"), 3, "a seat shows another score"),
        (("value", "total"), 5, "the sums do not add up"),
        (("value", "lots"), 5, "the sums do not add up"),
        (("proof", "total"), {"grid": 1, "rows": {}}, "a bound is not reached"),
        (("proof", "only"), {"grid": 1, "rows": {}}, "a bound is not reached"),
        (("proof", "total"), {"grid": 0, "rows": {}}, "a bound is not reached"),
        (("proof", "total"), {"grid": 1, "rows": {"target:9": 1}}, "not a record of a shortlist"),
        (("targets", 0, "count"), 2, "the count of r = y is wrong"),
        (("counterfactuals", 0, "short"), 0, "does not add up"),
        (("replacements", 0, "points"), 9, "does not add up"),
        (("question", "nominations", 2, "score"), 90, "a seat shows another score"),
        (("question", "nominations", 4, "score"), 90, "the answer for n4 does not add up"),
        (("question", "seats"), 3, "the list breaks seats"),
        (("schema",), "other", "another kind of file"),
    ],
)
def test_forged_record_with_good_hashes_is_refused(path: tuple, value: object, text: str) -> None:
    record = json.loads(CONTENT)
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(Untrue) as refused:
        check(resealed(record))

    assert text in str(refused.value)


def test_lottery_names_every_list_and_its_chances() -> None:
    ties = json.loads(TIED)["ties"]

    assert ties["rule"] == "lottery"
    assert ties["certain"] == ["n9"]
    assert ties["lists"] == [
        ["n0", "n1"], ["n0", "n2"], ["n0", "n3"], ["n0", "n4"], ["n1", "n2"], ["n1", "n3"], ["n1", "n4"],
    ]  # fmt: skip
    worst = min(ties["chances"].values()) / sum(ties["tickets"])
    assert worst == pytest.approx(1 / 3)  # equal tickets would leave n2 with 2 of 7


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("lists", 0), ["n0", "n2"], "stands twice"),
        (("lists", 6), ["n2", "n3"], "the tickets could be fairer"),
        (("tickets", 0), -1, "tickets below 0"),
        (("rule",), "only", "the rule for ties is another"),
        (("drawn",), 10**6, "another ticket was drawn"),
        (("chances", "n2"), 9, "the chances do not add up"),
        (("weights",), {"n0": 1}, "the tickets could be fairer"),
        (("weights",), {}, "the tickets could be fairer"),
        (("weights", "n9"), 1, "a weight of nobody"),
    ],
)
def test_forged_lottery_is_refused(path: tuple, value: object, text: str) -> None:
    record = json.loads(TIED)
    place = record["ties"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(Untrue, match=text):
        check(resealed(record))


@pytest.mark.parametrize("left_out", range(7))
def test_lottery_without_one_of_the_best_lists_is_refused(left_out: int) -> None:
    """Everything put right for a lottery of the six other lists, but the proof."""
    record = json.loads(TIED)
    certain = record["ties"]["certain"]
    kept = [one for place, one in enumerate(record["ties"]["lists"]) if place != left_out]
    drawn = draw([[*one, *certain] for one in kept], "0")
    record["ties"] = written_ties(drawn)
    chosen = sorted(drawn.chosen, key=lambda one: (one != "n9", one))
    record["seats"] = [{"id": one, "score": 5 if one == "n9" else 2} for one in chosen]
    record["value"]["lots"] = sum(checking._lot("0", one) for one in chosen)
    record["targets"][0]["count"] = sum(one in ("n0", "n1", "n9") for one in chosen)

    with pytest.raises(Untrue, match="a list is left out of the lottery"):
        check(resealed(record))


def test_list_that_is_worse_cannot_be_proved() -> None:
    """The same seats but one, for somebody with fewer points, sums put right."""
    record = json.loads(CONTENT)
    record["seats"] = [{"id": "n3", "score": 0}, {"id": "n2", "score": 2}]
    total, lots = 2, sum(checking._lot("0", name) for name in ("n2", "n3"))
    record |= {"value": {"total": total, "lots": lots}, "counterfactuals": [], "replacements": []}
    record["ties"] = {"rule": "lots"}

    with pytest.raises(Untrue) as refused:
        check(resealed(record))

    assert str(refused.value) == "a bound is not reached"


def test_proof_that_no_list_exists_cannot_be_given_for_a_list() -> None:
    record = json.loads(CONTENT) | {
        "status": "infeasible",
        "proof": {"none": {"grid": 0, "rows": {"seats": 1}}},
    }

    with pytest.raises(Untrue):
        check(resealed(record))


def test_split_must_leave_nothing_out() -> None:
    """A tree whose two sides are the same case is refused, as the checker makes the sides itself."""
    record = json.loads(CONTENT)
    leaf = {"grid": 0, "rows": {"split:0": 5}}
    record["proof"]["total"] = {"count": ["r", "x"], "at": -1, "below": leaf, "above": leaf}

    with pytest.raises(Untrue):
        check(resealed(record))


def test_infeasible_record_names_conflict_and_changes() -> None:
    targets = (BalanceTarget("r", "x", 2), BalanceTarget("r", "y", 2))

    record = check(record_of(replace(small(), targets=targets, n_seats=3), RULE))

    assert record["status"] == "infeasible"
    assert [one["words"] for one in record["conflict"]] == [
        "seats: exactly 3",
        "r = x: at least 2",
        "r = y: at least 2",
    ]
    assert [[one["words"] for one in change] for change in record["relaxations"]] == [
        ["r = x: lower the minimum from 2 to 1."],
        ["r = y: lower the minimum from 2 to 1."],
    ]


def test_checker_needs_the_standard_library_only() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fellowships.checking;"
        "own = {name for name in sys.modules if name.split('.')[0] not in sys.stdlib_module_names};"
        "print(sorted(own - {'__main__'}))"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(Path(checking.__file__).parents[1])],
        capture_output=True,
        text=True,
        check=True,
    )

    own = ("", ".certificates", ".checking", ".seating")
    assert done.stdout == f"{[f'fellowships{name}' for name in own]}\n"


SECOND = (Path(__file__).parent / "data" / "second.json").read_bytes()


def test_record_of_the_second_schema_still_checks_and_solves_again() -> None:
    record = check(SECOND)

    assert record["schema"] == "capmatch-shortlist/2"
    assert agrees(record)


def test_question_of_the_second_schema_keeps_its_hash() -> None:
    record = check(SECOND)

    question, rule = question_of(record)

    assert digest(written(question, rule)) == record["question_sha256"]


def test_record_of_a_real_call_is_small_and_true() -> None:
    content = record_of(pool(221, 16), RULE, n_reserve=8, is_explained=False)

    record = check(content)

    assert len(record["seats"]) == 16
    assert len(record["reserve"]) == 8
    assert len(canonical(record["proof"])) <= 30_000
