"""What is a document that somebody fills in made of? Headings, texts, and tables with a code for each field.

The parts are the same whatever the format (DOCX or ODT). Words are in the reader's language already; knows
nothing of scorecards.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

EMPTY = "–"
"""How an answer to be chosen reads while nothing is chosen."""

_STRONG = {"L": False, "R": True, "AL": True}


class Tone(StrEnum):
    """How a text stands on the page."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 to 3, `breaks` where it begins a page of its own."""

    text: str
    level: int = 1
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One or more paragraphs, a line each."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its code (by which it is read again), what is asked, and what stands in it now.

    `choices` are the texts one of which is to be chosen; empty where anything may be written. A row without
    a code only tells something.
    """

    code: str | None
    label: str
    answer: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A table of fields; `beside` is what the answers are about, shown next to all of them."""

    rows: tuple[Row, ...]
    title: str = ""
    answer_title: str = ""
    beside_title: str = ""
    beside: tuple[Text, ...] = ()


Block = Heading | Text | Form


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document in one language."""

    title: str
    language: str
    is_right_to_left: bool
    blocks: tuple[Block, ...]


def runs_right_to_left(text: str, default: bool) -> bool:
    """The direction of a paragraph, by its first letter that has one."""
    for sign in text:
        found = _STRONG.get(unicodedata.bidirectional(sign))
        if found is not None:
            return found
    return default


def printable(text: str) -> str:
    """The text without signs that XML cannot hold."""
    return "".join(
        sign for sign in text if sign in "\n\t" or (ord(sign) >= 32 and sign not in "\ufffe\uffff")
    )
