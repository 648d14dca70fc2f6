"""Does a text that the applicant may read name a reviewer or the applicant's people?

A warning, not a judgement: a name may also be a word. Parts of the reviewer's own name and of the names in
the submission are looked for. Of other reviewers it is the whole name, and of all in the service alike, so
that the answer never tells who else reviews this submission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

SHORTEST = 3
"""Characters of a part of a name that is looked for alone."""

_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """The names, or parts of names, that stand in a text as words of their own, in their order."""
    wanted = dict.fromkeys(part for name in names for part in _parts(name))
    return [part for part in wanted if _stands_in(part, text)]


def whole_names_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand in a text as a whole, both first and last name."""
    whole = dict.fromkeys(" ".join(name.split()) for name in names if len(name.split()) > 1)
    plain = " ".join(text.split())
    return [name for name in whole if _stands_in(name, plain)]


def _parts(name: str) -> list[str]:
    words = name.split()
    return [" ".join(words)] if len(words) == 1 else [word for word in words if len(word) >= SHORTEST]


def _stands_in(part: str, text: str) -> bool:
    if not part:
        return False
    if _SPACELESS.search(part):
        return len(part) > 1 and part in text
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def releasable(content: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a scorecard that may reach the applicant, by form field."""
    texts = {f"scores.{code}.evidence": answer["evidence"] for code, answer in content["scores"].items()} | {
        name: content[name] for name in ("conditions", "comment_applicant")
    }
    return {name: text for name, text in texts.items() if text}


def named_people(
    content: Mapping[str, Any], names: Iterable[str], others: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Form fields of releasable texts in which names stand, with those names; `others` whole only."""
    wanted, whole = list(names), list(others)
    found = {
        name: list(dict.fromkeys([*names_in(text, wanted), *whole_names_in(text, whole)]))
        for name, text in releasable(content).items()
    }
    return {name: people for name, people in found.items() if people}
