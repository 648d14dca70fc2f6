"""What is kept of a shortlist, so that anybody can check it years later, and run it again?

One JSON text with sorted keys: the question whole, its hash (which does not depend on the order of rows), the
list, the proofs, and every answer that was given. No time and no name of a machine stands in it: the same
question gives the same bytes. fellowships/checking.py checks it and shares nothing with this file but the
way to write a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import scipy

from fellowships.bands import Above, set_above
from fellowships.chapters import Placement, wish_of
from fellowships.checking import SCHEMA, canonical, check, digest
from fellowships.explaining import Replacement, WhyNot, prices, replacements, reserve, why_not
from fellowships.facts import BalanceTarget, Cap, Chapter, Nomination, Pin, Question
from fellowships.lottery import Lottery, tied
from fellowships.program import members
from fellowships.relaxation import conflict_words, in_conflict, relaxations
from fellowships.shortlist import NoList, Shortlist, shortlist

Json = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """How the integer scores were made: from which column, and which decimal one point is ("0.01").

    seed_source : where the public seed comes from, and when it was named; may be empty.
    """

    column: str
    unit: str
    seed_source: str = ""


def record_of(
    question: Question,
    rule: Rule,
    *,
    n_reserve: int = 0,
    is_explained: bool = True,
    seconds: float = 60.0,
    progress: Progress | None = None,
) -> bytes:
    """The record of a question: canonical JSON in UTF-8 that ends with a line feed, and was checked.

    Parameters
    ----------
    question : Question
    rule : Rule
    n_reserve : int
        Most reserves to name.
    is_explained : bool
        Whether every nominee who is not on the list is told why; one search for each.
    seconds : float
        Longest time of one search.
    progress : callable
        Told how many nominees of how many were answered; may raise to stop.

    Raises
    ------
    Invalid
        As `shortlist` does.
    """
    found = shortlist(question, seconds=seconds)
    question = question.ordered()
    record: Json = {
        "schema": SCHEMA,
        "question": written(question, rule),
        "question_sha256": digest(written(question, rule)),
        "asked": {"reserve": n_reserve, "explained": is_explained},
        "solver": {"name": "HiGHS, by scipy", "version": scipy.__version__},
    }
    if isinstance(found, NoList):
        record |= _without_list(question, found)
    else:
        record |= _with_list(question, found, n_reserve, is_explained, progress)
    content = f"{canonical(record | {'sha256': digest(record)})}\n".encode()
    check(content)
    return content


def agrees(record: Json, *, seconds: float = 60.0) -> bool:
    """Whether solving the question of a checked record again gives the same record, but for the solver."""
    question, rule = question_of(record)
    asked = record["asked"]
    content = record_of(
        question, rule, n_reserve=asked["reserve"], is_explained=asked["explained"], seconds=seconds
    )
    apart = {"schema", "solver", "sha256"}
    again = {name: value for name, value in check(content).items() if name not in apart}
    return again == {name: value for name, value in record.items() if name not in apart}


def written(question: Question, rule: Rule) -> Json:
    """A question as it stands in the record: everything that decides the list, in order."""
    question = question.ordered()
    parts: Json = {}
    if question.chapters:
        parts["chapters"] = [{"code": one.code, "seats": one.seats} for one in question.chapters]
    if question.bands:
        parts["bands"] = list(question.bands)
    if rule.seed_source:
        parts["seed_source"] = rule.seed_source
    return parts | {
        "seats": question.n_seats,
        "seed": question.seed,
        "lots": "first 24 bits of SHA-256(seed|1|id)",
        "score": {"column": rule.column, "unit": rule.unit},
        "nominations": [_nomination(question, one) for one in question.nominations],
        "targets": [_target(one) for one in question.targets],
        "caps": [{"attribute": one.attribute, "most": one.most} for one in question.caps],
        "pins": [{"id": one.id, "is_in": one.is_in, "reason": one.reason} for one in question.pins],
    }


def _nomination(question: Question, one: Nomination) -> Json:
    shown: Json = {"id": one.id, "score": one.score, "values": dict(one.values)}
    if question.chapters:
        shown["wishes"] = list(one.wishes)
    if question.bands:
        shown["band"] = one.band
    return shown


def _read_nomination(one: Json) -> Nomination:
    values = {
        name: tuple(value) if isinstance(value, list) else value for name, value in one["values"].items()
    }
    return Nomination(one["id"], one["score"], values, tuple(one.get("wishes", ())), one.get("band", ""))


def question_of(record: Json) -> tuple[Question, Rule]:
    """The question that a checked record answers, to run it again."""
    asked = record["question"]
    people = tuple(_read_nomination(one) for one in asked["nominations"])
    targets = tuple(
        BalanceTarget(
            one["attribute"],
            one["value"],
            one["least"],
            one["most"],
            one["kind"] == "hard",
            one["weight"],
        )
        for one in asked["targets"]
    )
    caps = tuple(Cap(one["attribute"], one["most"]) for one in asked["caps"])
    pins = tuple(Pin(one["id"], one["is_in"], one["reason"]) for one in asked["pins"])
    chapters = tuple(Chapter(one["code"], one["seats"]) for one in asked.get("chapters", ()))
    bands = tuple(asked.get("bands", ()))
    question = Question(people, asked["seats"], targets, caps, pins, asked["seed"], chapters, bands)
    return question, Rule(asked["score"]["column"], asked["score"]["unit"], asked.get("seed_source", ""))


def _target(target: BalanceTarget) -> Json:
    return {
        "attribute": target.attribute,
        "value": target.value,
        "least": target.least,
        "most": target.most,
        "kind": "hard" if target.is_hard else "soft",
        "weight": target.weight,
    }


def _with_list(
    question: Question, found: Shortlist, n_reserve: int, is_explained: bool, progress: Progress | None
) -> Json:
    people = {one.id: one for one in question.nominations}
    moves = replacements(question, found) if is_explained or n_reserve else ()
    on_reserve = reserve(question, found, moves, n_reserve)
    answers = why_not(question, found, progress=progress) if is_explained else ()
    counts = _counts(question, found)
    if is_explained:
        costs = [{"cost": price.points} | _bands(price.bands) for price in prices(question, found)]
        counts = [shown | cost for shown, cost in zip(counts, costs, strict=True)]
    parts: Json = {}
    if found.placement:
        parts["placement"] = _placement(found.placement)
    if question.bands:
        parts["bands"] = [{"band": one.band, "count": one.n, "proof": one.proof} for one in found.bands]
        parts["above"] = [_above(one) for one in set_above(question, found)] if is_explained else []
    return parts | {
        "status": "optimal",
        "seats": [_seat(people[one], question, found) for one in found.chosen],
        "reserve": [{"id": one, "score": people[one].score} for one in on_reserve],
        "value": {"total": found.total, "lots": found.lots},
        "proof": {"total": found.total_proof, "only": found.only_proof},
        "ties": written_ties(found.lottery),
        "targets": counts,
        "replacements": [_replacement(one) for one in moves],
        "counterfactuals": [_counterfactual(one) for one in answers],
    }


def _seat(one: Nomination, question: Question, found: Shortlist) -> Json:
    """Somebody on the list, with band, chapter and which wish that was (from 1; null: none was named)."""
    shown: Json = {"id": one.id, "score": one.score}
    if question.bands:
        shown["band"] = one.band
    if found.placement:
        chapter = found.placement.chapter_of[one.id]
        shown |= {"chapter": chapter, "wish": wish_of(one, chapter) + 1 if one.wishes else None}
    return shown


def _placement(one: Placement) -> Json:
    return {"wishes": one.wishes, "lots": one.lots, "prices": dict(one.prices)}


def _above(one: Above) -> Json:
    return {"id": one.id, "over": [{"id": other, "breaks": list(names)} for other, names in one.over]}


def _bands(moved: Mapping[str, int]) -> Json:
    return {"bands": dict(moved)} if moved else {}


def written_ties(lottery: Lottery | None) -> Json:
    """Who is on some of the equally good lists and not on all, with the tickets of each list."""
    if lottery is None:
        return {"rule": "lots"}
    among = set(tied(lottery.lists))
    return {
        "rule": "lottery" if among else "only",
        "certain": sorted(set(lottery.lists[0]) - among),
        "lists": [sorted(among & set(one)) for one in lottery.lists],
        "tickets": list(lottery.tickets),
        "drawn": lottery.drawn,
        "chances": lottery.chances,
        "weights": dict(lottery.weights),
    }


def _counts(question: Question, found: Shortlist) -> list[Json]:
    shown = []
    for target in question.targets:
        group = members(question, target.attribute, target.value).tolist()
        having = {one.id for one, has in zip(question.nominations, group, strict=True) if has}
        n = {"count": len(having & set(found.chosen)), "in_pool": len(having)}
        shown.append(_target(target) | n)
    return shown


def _replacement(one: Replacement) -> Json:
    shown = {"id": one.id, "comes": list(one.comes), "goes": list(one.goes), "points": one.points}
    return shown | _bands(one.bands)


def _counterfactual(one: WhyNot) -> Json:
    certain = None if one.needed_for_tie is None else one.needed_for_tie + 1
    return {
        "id": one.id,
        "score": one.score,
        "short": one.short,
        "tied_with": one.needed_for_tie,
        "certain_with": certain,
        "comes": list(one.comes),
        "goes": list(one.goes),
        "excluded": one.is_excluded,
    } | _bands(one.bands)


def _without_list(question: Question, found: NoList) -> Json:
    names = in_conflict(question, found.proof)
    words = conflict_words(question, names)
    changes = [
        [
            _target(one.target) | {"new_least": one.least, "new_most": one.most, "words": str(one.words)}
            for one in change
        ]
        for change in relaxations(question)
    ]
    return {
        "status": "infeasible",
        "proof": {"none": found.proof},
        "conflict": [{"name": name, "words": str(one)} for name, one in zip(names, words, strict=True)],
        "relaxations": changes,
    }
