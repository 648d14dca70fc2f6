"""How does an answer to be chosen read in a document, and which answer does a text mean?

Every choice begins with a sign that is the same in every language ("2 – Met", "B – Endorse with conditions"),
so that a document is understood whatever language it was made or filled in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from services.documents.parts import EMPTY
from services.queries.cards import SCORE_NAMES
from services.reviews.words import CANNOT_JUDGE, LEVELS, RECOMMENDATIONS, TESTS
from translations.catalogues import LANGUAGES, translate
from vocabulary.messages import Message

Choice = tuple[str, Any, Message]
"""The sign, the answer it stands for, and its words."""

HOLDS = Message("Yes")

CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "value": (
        *((str(score), str(score), name) for score, name in SCORE_NAMES.items()),
        ("X", "cannot_judge", CANNOT_JUDGE),
    ),
    "recommendation": tuple(
        (sign, code, name) for sign, (code, name) in zip("ABCDE", RECOMMENDATIONS.items(), strict=True)
    ),
    "level": tuple((sign, code, name) for sign, (code, name) in zip("123", LEVELS.items(), strict=True)),
    "test": (
        ("Y", True, TESTS["yes"]),
        ("N", False, TESTS["no"]),
        ("U", None, TESTS["unclear"]),
    ),
    "tick": (("Y", True, HOLDS), ("N", False, Message("No"))),
}
"""Kinds of answers to be chosen."""

_NOTHING = frozenset({"", EMPTY, "-", "—", "―"})
_SIGN = re.compile(r"(\w)\s*(?:[–—―:.)-].*)?", re.DOTALL)


class NotAChoice(Exception):
    """A text that is none of the answers one may give."""


def texts(kind: str, language: str) -> tuple[str, ...]:
    """Every choice of a kind as it reads."""
    return tuple(_text(choice, language) for choice in CHOICES[kind])


def text_of(kind: str, answer: Any, language: str) -> str:
    """One answer as it reads; nothing where it is none of the choices."""
    return next((_text(choice, language) for choice in CHOICES[kind] if choice[1] == answer), "")


def _text(choice: Choice, language: str) -> str:
    return f"{choice[0]} – {translate(choice[2], language)}"


def is_nothing(text: str) -> bool:
    """Is this how a field reads in which nothing is chosen?"""
    return text.strip() in _NOTHING


def answer_of(kind: str, text: str) -> Any:
    """The answer that a text means: by its sign, or by its words in any language. Raises NotAChoice."""
    said = _plain(text)
    signs = {choice[0].casefold(): choice[1] for choice in CHOICES[kind]}
    match = _SIGN.fullmatch(said)
    if match is not None and match[1] in signs:
        return signs[match[1]]
    words = _words(kind)
    if said in words:
        return words[said]
    raise NotAChoice(text)


def _plain(text: str) -> str:
    """Small letters, figures 0 to 9, no signs of direction."""
    kept = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return "".join(_figure(sign) for sign in kept).strip().casefold()


def _figure(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


@lru_cache(maxsize=8)
def _words(kind: str) -> dict[str, Any]:
    return {
        _plain(translate(choice[2], language)): choice[1]
        for language in LANGUAGES
        for choice in CHOICES[kind]
    }


def whole_number(text: str) -> str:
    """Figures of any script as 0 to 9, for what takes a number."""
    return "".join(_figure(sign) for sign in text)
