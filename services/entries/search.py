"""How is a text made findable, in any script, on either database?

The words of an entry and the words somebody searches for go through the same form: no case, no accents,
one form for each Arabic letter. A word is then found wherever it stands, also inside Chinese, which has no
spaces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from matching.text import normalise

KEPT_CHARACTERS = 4_000
"""How much of an entry a search reads: the title, the organisation and about 600 words."""

MOST_WORDS = 8
_ARABIC_LETTERS = str.maketrans("أإآٱةىؤئکی", "ااااهيويكي", "\u0640")
"""Seats of the hamza, ta marbuta and alef maqsura vary from writer to writer; the last one is a stretch."""


def findable(text: str) -> str:
    """One form for equal words; single spaces."""
    plain = unicodedata.normalize("NFD", normalise(text).casefold()).translate(_ARABIC_LETTERS)
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def search_text(texts: Iterable[str]) -> str:
    """What of an entry is searched, cut to KEPT_CHARACTERS."""
    return findable("\n".join(texts)[: 2 * KEPT_CHARACTERS])[:KEPT_CHARACTERS]


def search_words(query: str) -> list[str]:
    """The words that must all be found; at most MOST_WORDS of them."""
    return findable(query[:400]).split()[:MOST_WORDS]


def containing(word: str) -> str:
    """A LIKE pattern (escape character: backslash) for a text that holds the word."""
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, "\\" + sign)
    return f"%{word}%"
