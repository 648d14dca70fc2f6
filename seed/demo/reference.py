"""What must the generator know of the reference data? Facts of countries from seed/data; no database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, slots=True)
class CountryFacts:
    """A country: ISO 3166-1 alpha-3 code, English short name, IPBES subregion and its UN lists."""

    code: str
    name: str
    subregion: str
    is_ldc: bool = False
    is_lldc: bool = False
    is_sids: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """Facts of every country, and names of regions and groups of countries in each language, by code."""

    countries: Mapping[str, CountryFacts]
    areas: Mapping[str, Mapping[str, str]]


def load_facts(folder: Path = DATA) -> Reference:
    """Read countries, regions and groups of countries. Raises FileNotFoundError where they are missing."""
    areas = [*_items(folder, "regions"), *_items(folder, "place_scopes")]
    return Reference(
        {
            item["code"]: CountryFacts(
                item["code"],
                item["names"]["en"],
                item["ipbes_subregion"] or "global",
                is_ldc=bool(item["ldc"]),
                is_lldc=bool(item["lldc"]),
                is_sids=bool(item["sids"]),
            )
            for item in _items(folder, "countries")
        },
        {item["code"]: item["labels"] for item in areas},
    )


def _items(folder: Path, vocabulary: str) -> list[dict[str, Any]]:
    content = json.loads((folder / f"{vocabulary}.json").read_text(encoding="utf-8"))
    return list(content["items"])
