"""What do the rows of a file of scorecards say, and what in them cannot be so?

A row is one reviewer's scores of one proposal under one strategy. Rows of the same reviewer on the same
proposal become one card. Every problem is told by row and field, with what would be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from commands.records import Record, read_name, read_records, refuse_twice
from commands.values import Unreadable
from criteria.cases import Case, Reviewed
from criteria.rules import RuleSet, criteria_of
from criteria.scorecard import Answer, Criterion, Scorecard
from services.row_files import Problem
from vocabulary.findings import SCORES, Confidence, Recommendation
from vocabulary.messages import Message

ONCE = ("recommendation", "confidence", "revision", "scores", "pointers")
"""What a reviewer says of a proposal once, whichever strategy the row is about."""
Kind = TypeVar("Kind", bound=StrEnum)


def read_scorecards(
    path: Path, criteria: Sequence[Criterion], rules: RuleSet, problems: list[Problem]
) -> dict[str, Case]:
    """The case of each proposal, by id, from a JSONL or CSV file; what is wrong goes to `problems`.

    Reviews within a case stand in the order of the reviewers' names, whatever the order of the rows.
    """
    wanted = {
        "proposal": read_name,
        "reviewer": read_name,
        "strategy": _strategy_reader(rules),
        "scores": _read_object,
    }
    more = {
        "recommendation": _choice_reader(Recommendation),
        "confidence": _choice_reader(Confidence),
        "pointers": _read_object,
        "revision": _read_revision,
    }
    found: list[Problem] = []
    records = read_records(path, wanted, more, found)
    refuse_twice(path, records, ("proposal", "reviewer", "strategy"), found)
    known = [criterion.code for criterion in criteria]
    for record in records:
        needed = list(dict.fromkeys(criteria_of(rules.rule_of(record["strategy"]))))
        faults = [*_score_faults(record["scores"], known, needed), *_pointer_faults(record, known)]
        found += [Problem(path.name, record["row"], name, message) for name, message in faults]
    found += _differences(path, records)
    problems += sorted(found, key=lambda problem: problem.row or 0)
    return {} if found else _cases(records, criteria, rules)


def _score_faults(
    scores: Mapping[str, Any], known: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[str, Message]]:
    for code in needed:
        if code not in scores:
            yield (
                f"scores.{code}",
                Message("It is missing; write 0, 1, 2 or 3, or null for “cannot judge”."),
            )
    for code, value in scores.items():
        if code not in known:
            yield (
                f"scores.{code[:40]}",
                Message("There is no such criterion; the criteria are {known}.", known=tuple(known)),
            )
        elif value is not None and (isinstance(value, bool) or value not in SCORES):
            yield (
                f"scores.{code}",
                Message(
                    "“{value}” is no score; write 0, 1, 2 or 3, or null for “cannot judge”.",
                    value=str(value)[:60],
                ),
            )


def _pointer_faults(record: Record, known: Sequence[str]) -> Iterator[tuple[str, Message]]:
    for code, pointer in record.get("pointers", {}).items():
        if code not in known:
            yield (
                f"pointers.{code[:40]}",
                Message("There is no such criterion; the criteria are {known}.", known=tuple(known)),
            )
        elif pointer is not None and not isinstance(pointer, str):
            yield f"pointers.{code}", Message("Write a text, such as “section 2”.")


def _differences(path: Path, records: Sequence[Record]) -> Iterator[Problem]:
    """Two rows of a reviewer on a proposal that say something different of the same thing."""
    said: dict[tuple[str, str, str], tuple[Any, Record]] = {}
    for record in records:
        for name, value in _statements(record):
            key = (record["proposal"], record["reviewer"], name)
            before, other = said.setdefault(key, (value, record))
            if before != value and other["strategy"] != record["strategy"]:
                message = Message(
                    "“{reviewer}” gave another value for “{proposal}” in row {row}; keep one of the two.",
                    reviewer=record["reviewer"],
                    proposal=record["proposal"],
                    row=other["row"],
                )
                yield Problem(path.name, record["row"], name, message)


def _statements(record: Record) -> Iterator[tuple[str, Any]]:
    for name in ONCE:
        value = record.get(name)
        if isinstance(value, Mapping):
            yield from ((f"{name}.{code}", one) for code, one in value.items())
        elif name in record:
            yield name, value


# --- cases ------------------------------------------------------------------------------------------------


def _cases(records: Sequence[Record], criteria: Sequence[Criterion], rules: RuleSet) -> dict[str, Case]:
    of_proposal: dict[str, dict[str, list[Record]]] = {}
    for record in sorted(records, key=lambda one: (one["proposal"], one["reviewer"], one["strategy"])):
        of_proposal.setdefault(record["proposal"], {}).setdefault(record["reviewer"], []).append(record)
    knows_pointers = any("pointers" in record for record in records)
    return {
        proposal: _case(of_reviewer, criteria, rules, knows_pointers)
        for proposal, of_reviewer in of_proposal.items()
    }


def _case(
    of_reviewer: Mapping[str, Sequence[Record]],
    criteria: Sequence[Criterion],
    rules: RuleSet,
    knows_pointers: bool,
) -> Case:
    rows = [row for own in of_reviewer.values() for row in own]
    latest = max((row["revision"] for row in rows if "revision" in row), default=0)
    named = {row["strategy"] for row in rows}
    reviews = tuple(
        Reviewed(reviewer, _card(own), any(row.get("revision", latest) < latest for row in own))
        for reviewer, own in of_reviewer.items()
    )
    claimed = tuple(strategy for strategy in rules.codes() if strategy in named)
    return Case(reviews, criteria, rules, claimed, knows_pointers=knows_pointers)


def _card(rows: Sequence[Record]) -> Scorecard:
    """One reviewer's rows on one proposal together."""
    scores: dict[str, Any] = {}
    pointers: dict[str, str | None] = {}
    whole: dict[str, Any] = {}
    for row in rows:
        scores |= row["scores"]
        pointers |= row.get("pointers", {})
        whole |= {name: row[name] for name in ("recommendation", "confidence") if name in row}
    answers = {
        code: Answer(cannot_judge=True) if value is None else Answer(int(value), pointer=pointers.get(code))
        for code, value in scores.items()
    }
    return Scorecard(answers, whole.get("recommendation"), whole.get("confidence"))


# --- readers ----------------------------------------------------------------------------------------------


def _strategy_reader(rules: RuleSet) -> Callable[[Any], str]:
    known = {code.casefold(): code for code in rules.codes()}

    def read(value: Any) -> str:
        code = known.get(str(value).strip().casefold())
        if code is None:
            message = Message(
                "“{value}” is no strategy; the strategies are {known}.",
                value=str(value)[:60],
                known=rules.codes(),
            )
            raise Unreadable(message)
        return code

    return read


def _choice_reader(kind: type[Kind]) -> Callable[[Any], Kind]:
    def read(value: Any) -> Kind:
        try:
            return kind(str(value).strip().casefold())
        except ValueError:
            message = Message(
                "“{value}” is not known; write one of {known}.",
                value=str(value)[:60],
                known=tuple(choice.value for choice in kind),
            )
            raise Unreadable(message) from None

    return read


def _read_object(value: Any) -> Mapping[str, Any]:
    """An object, or the text of one in a cell."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        example = '{"1": 2, "2": null}'
        raise Unreadable(Message("Write an object by criterion, such as {example}.", example=example))
    return value


def _read_revision(value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or not 1 <= len(text) <= 9:
        raise Unreadable(
            Message("“{value}” is no revision; write a whole number, such as 2.", value=text[:60])
        )
    return int(text)
