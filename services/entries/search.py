"""How is a text made findable, in any script, on either database?

The words of an entry and the words somebody searches for go through the same form: no case, no accents,
one form for each Arabic letter. A word is then found wherever it stands, also inside Chinese, which has no
spaces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from matching.text import normalise

KEPT_CHARACTERS = 2_000
"""How much of an entry a search reads: the title, the organisation, the summary and about 150 words more.

PostgreSQL packs longer values away, and a search that unpacks each takes several times as long."""

MOST_WORDS = 8
_WRITTEN_SEVERAL_WAYS = str.maketrans("أإآٱةىؤئکی’‘ʼ", "ااااهيويكي'''", "\u0640")
"""Seats of the hamza, ta marbuta and alef maqsura vary from writer to writer, and so do apostrophes; the one
left out is a stretch."""


def findable(text: str) -> str:
    """One form for equal words; single spaces."""
    plain = unicodedata.normalize("NFD", normalise(text).casefold()).translate(_WRITTEN_SEVERAL_WAYS)
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def search_text(texts: Iterable[str]) -> str:
    """What of an entry is searched, cut to KEPT_CHARACTERS."""
    return findable("\n".join(texts)[: 2 * KEPT_CHARACTERS])[:KEPT_CHARACTERS]


def search_words(query: str) -> list[str]:
    """The words that must all be found; at most MOST_WORDS of them."""
    return findable(query[:400]).split()[:MOST_WORDS]


class holds(FunctionElement[bool]):  # noqa: N801 -- named like the SQL function it stands for
    """`holds(column, word)`: does the text hold the word? Faster than LIKE by far, and nothing to escape."""

    inherit_cache = True
    type = sa.Boolean()


@compiles(holds)
def _instr(element: holds, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **kwargs)}) > 0)"


@compiles(holds, "postgresql")
def _strpos(element: holds, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **kwargs)}) > 0)"
