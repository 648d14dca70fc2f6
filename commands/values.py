"""What can a value in a row be read as: an id, a text, an amount, a day? And what in it cannot be so?

The reading is kind where nothing can be misunderstood (50 000, en-GB, Kenya) and strict everywhere else.
"""

from __future__ import annotations

import json
import re
from datetime import date
from math import isfinite
from typing import Any

from commands.codes import LANGUAGES, read_code
from vocabulary.messages import Message

_LONGEST_ID = 200
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][a-z0-9]+)*", re.IGNORECASE)
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
    """One language as it was written: a code ("en", "en-GB"), or a name of a language that is known."""
    if isinstance(value, str):
        written = value.strip()
        if _LANGUAGE.fullmatch(written) or read_code(LANGUAGES, written).is_known:
            return written
    raise Unreadable(
        Message("“{value}” is no language code; write one such as en, fr or zh.", value=_short(value))
    )


def read_languages(value: Any) -> tuple[str, ...]:
    """A list of languages, as they were written."""
    return tuple(read_language(written) for written in read_words(value, LANGUAGES))


def read_words(value: Any, field: str) -> tuple[str, ...]:
    """Codes or names as they were written: a list, or a text with signs ; , | between them.

    A text that is one known name is not parted: Korea, Republic of.
    """
    given = _json_list(value) if isinstance(value, str) else value
    if isinstance(given, str):
        is_one = "," in given and read_code(field, given.strip()).is_known
        given = [given] if is_one else _LIST_SIGNS.split(given)
    elif not isinstance(given, list):
        given = [given]
    if any(isinstance(word, bool) or not isinstance(word, str | int | float) for word in given):
        raise Unreadable(Message("It holds something that is no code; write a list of codes."))
    return tuple(word for word in (str(word).strip() for word in given) if word)


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
