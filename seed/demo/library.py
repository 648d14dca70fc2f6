"""Which texts, names and places can the world draw on? Read once from seed/demo/data; says nothing itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")


@dataclass(frozen=True, slots=True)
class Place:
    """A country of the world: language of its texts, requests of the pilot call it leads (None: no part).

    `traits`: c coast, m mountains, d drylands. `phrases`: "in the country", by language.
    """

    code: str
    language: str
    pilot: int | None
    traits: str
    phrases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Theme:
    """What projects are about, with the codes that such projects name."""

    code: str
    categories: tuple[str, ...]
    strategies: tuple[str, ...]
    initiatives: tuple[str, ...]
    needs: tuple[str, ...]
    deliverables: tuple[str, ...]
    ecosystems: tuple[str, ...]
    criteria: tuple[str, ...]
    support: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Texts by language: `themes` and `common` sentences, `grants` for offers of money, `names`.

    Sentences hold the slots {in} (a place with its preposition; {place} in Chinese), {n} (a number that
    takes the same grammatical form in every language), {m} (months) and {area} (an invented place).
    """

    themes: Mapping[str, Theme]
    places: Mapping[str, Place]
    areas: Mapping[str, Mapping[str, str]]
    theme_texts: Mapping[str, Mapping[str, Mapping[str, Any]]]
    common: Mapping[str, Mapping[str, Any]]
    grants: Mapping[str, Sequence[Sequence[str]]]
    names: Mapping[str, Mapping[str, Sequence[Any]]]
    calls: Mapping[str, Mapping[str, Mapping[str, str]]]
    procedure: Mapping[str, Any]


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _theme(code: str, item: Mapping[str, Any]) -> Theme:
    lists = ("strategies", "initiatives", "needs", "deliverables", "ecosystems", "criteria", "support")
    return Theme(code, (item["primary"], *item["also"]), *(tuple(item[name]) for name in lists))


@cache
def library() -> Library:
    """The one library; read from disk at the first call."""
    places = _read("places.json")
    return Library(
        themes={code: _theme(code, item) for code, item in _read("themes.json").items()},
        places={
            item["code"]: Place(item["code"], item["language"], item["pilot"], item["traits"], item["in"])
            for item in places["countries"]
        },
        areas=places["areas"],
        theme_texts={language: _read(f"texts/themes.{language}.json") for language in LANGUAGES},
        common={language: _read(f"texts/common.{language}.json") for language in LANGUAGES},
        grants=_read("texts/grants.json"),
        names=_read("names.json"),
        calls=_read("calls.json"),
        procedure=_read("procedure.json"),
    )
