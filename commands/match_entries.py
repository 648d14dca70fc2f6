"""What does a row of a file say about a request or an offer, and what in it cannot be so?

Only `id` and `text` are required. Every problem of every row is told, with what would be right; codes that
are not known are told too, and compared as they were written.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from commands import codes
from commands.progress import Tell, untold
from commands.values import (
    Unreadable,
    read_amount,
    read_capacity,
    read_day,
    read_id,
    read_language,
    read_languages,
    read_text,
    read_title,
    read_words,
)
from matching.facts import SCOPES, EntryFacts
from matching.text import LANGUAGES, analyse, identify
from services.row_files import Problem, Row, Rows, stream_rows
from vocabulary.messages import Message, plural_message
from vocabulary.states import EntryKind

REQUIRED = ("id", "text")
FIELDS = (
    *REQUIRED,
    "title",
    "language",
    "languages",
    "support",
    "needs",
    "initiatives",
    "countries",
    "amount",
    "from",
    "until",
    "capacity",
)

_MOST_NAMED = 20
"""Values or rows that one remark names."""
_FEW_LETTERS = 80
"""Only texts so short are looked through for words that count."""


@dataclass(slots=True)
class Entries:
    """What a file says: facts in the order of the file, every problem, and remarks that stop nothing."""

    entries: list[EntryFacts] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Noticed:
    """What stops nothing but must not pass in silence: values to the first row they stand in, and rows."""

    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    other_languages: dict[str, int] = field(default_factory=dict)
    wordless: list[int] = field(default_factory=list)


def read_entries(path: Path, kind: EntryKind, tell: Tell = untold) -> Entries:
    """Read a file of requests or of offers, row by row; `tell` is told the bytes read and in all.

    Raises OSError when it cannot be read.
    """
    n_bytes = path.stat().st_size
    rows = Rows(path.name)
    found = Entries(problems=rows.problems)
    seen: dict[str, int] = {}
    noticed = _Noticed()
    for row in stream_rows(path, rows):
        if rows.is_csv and rows.n_read == 1 and _lacks_columns(rows):
            return found
        tell(rows.n_bytes, n_bytes)
        entry = _entry(row, kind, rows, noticed)
        if entry is None:
            continue
        first = seen.setdefault(entry.id, row.number)
        if first != row.number:
            message = Message(
                "“{id}” stands already in row {row}; give each row its own.", id=entry.id, row=first
            )
            rows.refuse(message, row.number, "id")
        else:
            found.entries.append(entry)
    if rows.n_read:
        found.remarks = [*_unused_fields(rows), *_remarks(rows.file, noticed)]
    rows.problems.sort(key=lambda problem: problem.row or 0)
    return found


def _lacks_columns(rows: Rows) -> bool:
    missing = [name for name in REQUIRED if name not in rows.fields]
    for name in missing:
        rows.refuse(Message("There is no such column; the first row must name the columns."), 1, name)
    return bool(missing)


def _entry(row: Row, kind: EntryKind, rows: Rows, noticed: _Noticed) -> EntryFacts | None:
    read: dict[str, Any] = {}
    n_problems = len(rows.problems)
    for name, reader in _READERS.items():
        if name not in row.values:
            if name in REQUIRED:
                rows.refuse(Message("It is missing or empty; every row needs one."), row.number, name)
            continue
        try:
            read[name] = reader(row.values[name])
        except Unreadable as error:
            rows.refuse(error.message, row.number, name)
    first, last = read.get("from"), read.get("until")
    if first and last and last < first:
        message = Message("{last} lies before {first}; write the later day here.", last=last, first=first)
        rows.refuse(message, row.number, "until")
    if len(rows.problems) > n_problems:
        return None
    return _facts(read, kind, row.number, noticed)


def _facts(read: Mapping[str, Any], kind: EntryKind, number: int, noticed: _Noticed) -> EntryFacts:
    named = {name: _codes(name, read.get(name, ()), number, noticed) for name in codes.FIELDS}
    countries, regions, scopes = _parted(named[codes.PLACES])
    language = _language(read.get("language"), number, noticed)
    texts = {"text": read["text"]} | ({"title": (read["title"],)} if "title" in read else {})
    if _is_wordless(texts, language):
        noticed.wordless.append(number)
    return EntryFacts(
        id=read["id"],
        kind=kind,
        texts=texts,
        language=language,
        languages=named[codes.LANGUAGES],
        support=named[codes.SUPPORT],
        needs=named[codes.NEEDS],
        initiatives=named[codes.INITIATIVES],
        countries=countries,
        regions=regions,
        scopes=scopes,
        amount_usd=read.get("amount"),
        from_on=read.get("from"),
        until_on=read.get("until"),
        capacity_left=read.get("capacity"),
    )


@lru_cache(maxsize=65_536)
def _parted(places: frozenset[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Countries, regions and kinds of countries; the same sets for the same places, as many rows name few."""
    regions = frozenset(place for place in places if codes.is_region(place))
    scopes = places & set(SCOPES)
    return places - regions - scopes, regions, scopes


def _codes(name: str, written: Sequence[str], number: int, noticed: _Noticed) -> frozenset[str]:
    for word in written:
        if not codes.read_code(name, word).is_known:
            noticed.unknown.setdefault(name, {}).setdefault(word, number)
    return _set_of(name, tuple(written))


@lru_cache(maxsize=65_536)
def _set_of(name: str, written: tuple[str, ...]) -> frozenset[str]:
    return frozenset(codes.read_code(name, word).code for word in written)


def _language(written: str | None, number: int, noticed: _Noticed) -> str | None:
    if written is None:
        return None
    read = codes.read_code(codes.LANGUAGES, written)
    if not read.is_known:
        noticed.unknown.setdefault("language", {}).setdefault(written, number)
    elif read.code not in LANGUAGES:
        noticed.other_languages.setdefault(read.code, number)
    return read.code


def _is_wordless(texts: Mapping[str, Sequence[str]], language: str | None) -> bool:
    """Is this so short a text that it may hold no word that counts, and does it hold none?"""
    whole = " ".join(text for passages in texts.values() for text in passages)
    return len(whole) <= _FEW_LETTERS and not analyse(whole, language or identify(whole))


# --- remarks ----------------------------------------------------------------------------------------------


def _unused_fields(rows: Rows) -> list[Problem]:
    unknown = tuple(sorted(rows.fields - set(FIELDS)))
    message = Message("Not used: {names}. Fields are {known}.", names=unknown, known=FIELDS)
    return [Problem(rows.file, None, None, message)] if unknown else []


def _remarks(file: str, noticed: _Noticed) -> list[Problem]:
    told = [(name, _unknown(name, noticed.unknown[name])) for name in FIELDS if name in noticed.unknown]
    if noticed.other_languages:
        message = Message(
            "Words are compared as they stand, without their stems, in {languages}.",
            languages=tuple(sorted(noticed.other_languages)),
        )
        told.append(("language", message))
    if noticed.wordless:
        message = plural_message(
            "In {n} row no word of the text counts (row {rows}): words cannot match it.",
            "In {n} rows no word of the text counts (rows {rows}): words cannot match them.",
            len(noticed.wordless),
            rows=_first_of([str(row) for row in noticed.wordless]),
        )
        told.append(("text", message))
    return [Problem(file, None, name, message) for name, message in told]


def _unknown(name: str, values: Mapping[str, int]) -> Message:
    shown = _first_of(
        [f"{value[:60]} (row {row}{_close(name, value)})" for value, row in sorted(values.items())]
    )
    if name == codes.PLACES:
        return Message(
            "Not known as countries, such as KEN or Kenya, and compared as written: {names}.", names=shown
        )
    if name in ("language", codes.LANGUAGES):
        return Message(
            "Not known as languages, such as en or zh, and compared as written: {names}.", names=shown
        )
    return Message(
        "Not known, and compared as written: {names}. Known are {known}.",
        names=shown,
        known=codes.known_codes(name),
    )


def _close(name: str, value: str) -> str:
    field_name = codes.LANGUAGES if name == "language" else name
    near = difflib.get_close_matches(value, codes.spellings(field_name), n=1, cutoff=0.75)
    return f"; {near[0]}?" if near else ""


def _first_of(values: Sequence[str]) -> tuple[str, ...]:
    rest = len(values) - _MOST_NAMED
    return (*values[:_MOST_NAMED], *([str(Message("{n} more", n=rest))] if rest > 0 else []))


_READERS: dict[str, Callable[[Any], Any]] = {
    "id": read_id,
    "text": read_text,
    "title": read_title,
    "language": read_language,
    "languages": read_languages,
    "support": lambda value: read_words(value, codes.SUPPORT),
    "needs": lambda value: read_words(value, codes.NEEDS),
    "initiatives": lambda value: read_words(value, codes.INITIATIVES),
    "countries": lambda value: read_words(value, codes.PLACES),
    "amount": read_amount,
    "from": read_day,
    "until": read_day,
    "capacity": read_capacity,
}
