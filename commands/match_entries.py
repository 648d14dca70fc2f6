"""What does a row of a file say about a request or an offer, and what in it cannot be so?

Only `id` and `text` are required. Every problem of every row is told, with what would be right. The reading
is kind where nothing can be misunderstood (50 000, en-GB, kenya) and strict everywhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

import pycountry

from commands.rows import Problem, Rows, read_rows
from matching.facts import SCOPES, EntryFacts
from vocabulary.messages import Message
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

_LONGEST_ID = 200
_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][a-z0-9]+)*")
_PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?(e\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?")
_LIST_SIGNS = re.compile(r"[;,|\n]")


class Unreadable(Exception):
    """A value cannot be what its field means."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


@dataclass(slots=True)
class Entries:
    """What a file says: facts in the order of the file, every problem, and remarks that stop nothing."""

    entries: list[EntryFacts] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


def read_entries(path: Path, kind: EntryKind) -> Entries:
    """Read a file of requests or of offers. Raises OSError when it cannot be read."""
    rows = read_rows(path)
    found = Entries(problems=rows.problems)
    if not rows.fields:
        return found
    if rows.is_csv and _lacks_columns(rows):
        return found
    found.remarks += _unused_fields(rows)
    _read_each(rows, kind, found)
    found.remarks += _unknown_places(found.entries, rows.file)
    rows.problems.sort(key=lambda problem: problem.row or 0)
    return found


def _read_each(rows: Rows, kind: EntryKind, found: Entries) -> None:
    seen: dict[str, int] = {}
    for row in rows.rows:
        entry = _entry(row.values, kind, rows, row.number)
        if entry is None:
            continue
        if entry.id in seen:
            message = Message(
                "“{id}” stands already in row {row}; give each row its own.", id=entry.id, row=seen[entry.id]
            )
            rows.refuse(message, row.number, "id")
        else:
            seen[entry.id] = row.number
            found.entries.append(entry)


def _lacks_columns(rows: Rows) -> bool:
    missing = [name for name in REQUIRED if name not in rows.fields]
    for name in missing:
        rows.refuse(Message("There is no such column; the first row must name the columns."), 1, name)
    return bool(missing)


def _unused_fields(rows: Rows) -> list[Problem]:
    unknown = tuple(sorted(rows.fields - set(FIELDS)))
    message = Message("Not used: {names}. Fields are {known}.", names=unknown, known=FIELDS)
    return [Problem(rows.file, None, None, message)] if unknown else []


def _entry(values: Mapping[str, Any], kind: EntryKind, rows: Rows, number: int) -> EntryFacts | None:
    read: dict[str, Any] = {}
    n_problems = len(rows.problems)
    for name, reader in _READERS.items():
        if name not in values:
            if name in REQUIRED:
                rows.refuse(Message("It is missing or empty; every row needs one."), number, name)
            continue
        try:
            read[name] = reader(values[name])
        except Unreadable as error:
            rows.refuse(error.message, number, name)
    first, last = read.get("from"), read.get("until")
    if first and last and last < first:
        message = Message("{last} lies before {first}; write the later day here.", last=last, first=first)
        rows.refuse(message, number, "until")
    if len(rows.problems) > n_problems:
        return None
    return _facts(read, kind)


def _facts(read: Mapping[str, Any], kind: EntryKind) -> EntryFacts:
    places = frozenset(read.get("countries", ()))
    texts = {"text": read["text"]} | ({"title": (read["title"],)} if "title" in read else {})
    return EntryFacts(
        id=read["id"],
        kind=kind,
        texts=texts,
        language=read.get("language"),
        languages=frozenset(read.get("languages", ())),
        support=frozenset(read.get("support", ())),
        needs=frozenset(read.get("needs", ())),
        initiatives=frozenset(read.get("initiatives", ())),
        countries=places - set(SCOPES),
        scopes=places & set(SCOPES),
        amount_usd=read.get("amount"),
        from_on=read.get("from"),
        until_on=read.get("until"),
        capacity_left=read.get("capacity"),
    )


def _unknown_places(entries: Sequence[EntryFacts], file: str) -> list[Problem]:
    named = frozenset[str]().union(*(entry.countries for entry in entries))
    unknown = tuple(sorted(place for place in named if not _is_country(place)))
    message = Message(
        "Not known as countries, such as KEN or Kenya, and compared as written: {names}.", names=unknown
    )
    return [Problem(file, None, "countries", message)] if unknown else []


def _is_country(code: str) -> bool:
    return len(code) == 3 and pycountry.countries.get(alpha_3=code) is not None


def read_id(value: Any) -> str:
    """A name for the row: a text of 1 to 200 characters, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(Message("It is neither a text nor a whole number; write one of them."))
    name = str(value).strip()
    if len(name) > _LONGEST_ID or not name.isprintable():
        raise Unreadable(Message("It is too long or holds control characters; write up to 200 plain signs."))
    return name


def read_text(value: Any) -> tuple[str, ...]:
    """Passages: a text, or a list of texts; in a CSV cell a list is written as JSON."""
    passages = _json_list(value) if isinstance(value, str) else value
    if not isinstance(passages, list):
        passages = [passages]
    if not all(isinstance(passage, str) for passage in passages):
        raise Unreadable(Message("It is no text; write a text, or a list of texts."))
    written = tuple(passage for passage in passages if passage.strip())
    if not written:
        raise Unreadable(Message("It is missing or empty; every row needs one."))
    return written


def read_title(value: Any) -> str:
    """One text."""
    if not isinstance(value, str):
        raise Unreadable(Message("It is no text; write a text."))
    return value


def read_language(value: Any) -> str:
    """The code of one language, "en" for "en-GB"; a code outside the six is taken as it is."""
    found = _LANGUAGE.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(
            Message("“{value}” is no language code; write one such as en, fr or zh.", value=_short(value))
        )
    return found[1]


def read_codes(value: Any) -> tuple[str, ...]:
    """Codes: a list, or a text with signs ; , | between them."""
    given = _json_list(value) if isinstance(value, str) else value
    if isinstance(given, str):
        given = _LIST_SIGNS.split(given)
    elif not isinstance(given, list):
        given = [given]
    if any(isinstance(code, bool) or not isinstance(code, str | int | float) for code in given):
        raise Unreadable(Message("It holds something that is no code; write a list of codes."))
    return tuple(code for code in (str(code).strip() for code in given) if code)


def read_support(value: Any) -> tuple[str, ...]:
    """Support types, in small letters with _ for spaces."""
    return tuple(re.sub(r"[\s-]+", "_", code.casefold()) for code in read_codes(value))


def read_countries(value: Any) -> tuple[str, ...]:
    """ISO 3166 alpha-3 codes from codes and English names; kinds of countries such as "ldc" stay."""
    return tuple(_country(code) for code in read_codes(value))


@lru_cache(maxsize=4096)
def _country(name: str) -> str:
    scope = re.sub(r"[\s-]+", "_", name.casefold())
    if scope in SCOPES:
        return scope
    try:
        return str(pycountry.countries.lookup(name).alpha_3)
    except LookupError:
        return name.upper()


def read_amount(value: Any) -> float:
    """US dollars, 0 or more; 50 000, 50,000 and 50000,50 are understood in texts."""
    amount = value
    if isinstance(value, str):
        amount = _number(re.sub(r"[\s\u00a0\u202f'’_]|USD|US\$|\$", "", value))
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not _is_sum(amount):
        raise Unreadable(
            Message(
                "“{value}” is no amount; write a number of 0 or more, such as 50000.", value=_short(value)
            )
        )
    return float(amount)


def _number(written: str) -> float | None:
    if _THOUSANDS.fullmatch(written):
        written = written.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(written):
        written = written.replace(",", ".")
    return float(written) if _PLAIN_NUMBER.fullmatch(written) else None


def _is_sum(amount: float) -> bool:
    try:
        return isfinite(amount) and amount >= 0
    except OverflowError:  # a whole number beyond what a float holds
        return False


def read_day(value: Any) -> date:
    """A day as YYYY-MM-DD; a time of day behind it is passed over."""
    found = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        message = Message("“{value}” is no day; write it like 2026-03-31.", value=_short(value))
        raise Unreadable(message) from None


def read_capacity(value: Any) -> int:
    """Places or projects left, 0 or more."""
    count = _number(value.strip()) if isinstance(value, str) else value
    if isinstance(count, bool) or not isinstance(count, int | float) or not _is_sum(count) or count % 1:
        message = Message("“{value}” is no count; write a whole number of 0 or more.", value=_short(value))
        raise Unreadable(message)
    return int(count)


def _json_list(value: str) -> Any:
    """A list written as JSON inside a cell, or the text itself."""
    if not value.lstrip().startswith("["):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return read if isinstance(read, list) else value


def _short(value: Any) -> str:
    shown = str(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


_READERS: dict[str, Callable[[Any], Any]] = {
    "id": read_id,
    "text": read_text,
    "title": read_title,
    "language": read_language,
    "languages": lambda value: tuple(read_language(code) for code in read_codes(value)),
    "support": read_support,
    "needs": read_codes,
    "initiatives": read_codes,
    "countries": read_countries,
    "amount": read_amount,
    "from": read_day,
    "until": read_day,
    "capacity": read_capacity,
}
