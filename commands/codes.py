"""Which codes do people mean by what they write for support, needs, initiatives, languages and places?

Codes, names in six languages and a few habits are understood, in any case and with any kind of dash. What is
not known is kept as it was written: another body has codes of its own, and may still compare them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from config import ROOT
from matching.facts import GLOBAL, Places
from matching.places import read_places

_DATA = ROOT / "seed" / "data"

SUPPORT, NEEDS, INITIATIVES, LANGUAGES, PLACES = "support", "needs", "initiatives", "languages", "countries"
FIELDS = (SUPPORT, NEEDS, INITIATIVES, LANGUAGES, PLACES)
"""Fields that hold codes."""

_FILES = {
    SUPPORT: ("support_types",),
    NEEDS: ("needs",),
    INITIATIVES: ("initiatives",),
    LANGUAGES: ("languages",),
    PLACES: ("place_scopes", "regions", "countries"),
}

_HABITS = {
    SUPPORT: {
        "financial": "money funds finance financing grant grants cash financial_support financial_assistance",
        "technical": "technical_assistance expertise technical_expertise expert_advice advice",
        "in_kind": "in_kind_support in_kind_contribution goods equipment materials",
        "training": "trainings training_course training_courses course courses workshop workshops",
        "hosting": "host",
        "mentoring": "mentor mentors mentorship",
        "secondment": "secondments internship internships",
        "exchange": "exchanges exchange_visit exchange_visits study_visit study_visits",
        "data_access": "data knowledge access_to_data data_or_knowledge_access data_and_knowledge_access"
        " knowledge_access data_sharing access_to_knowledge",
        "convening": "networking convene",
    },
    LANGUAGES: {"zh": "mandarin zho chi", "fr": "fre", "de": "ger", "fa": "farsi", "ms": "may"},
    PLACES: {
        "global": "world worldwide all all_countries any anywhere international everywhere",
        "developing_countries": "developing_country developing global_south",
        "ldc": "ldcs",
        "lldc": "lldcs",
        "sids": "small_island_developing_states small_islands",
        "GBR": "uk great_britain britain england",
        "USA": "us united_states u_s_a america",
        "TZA": "tanzania",
        "CIV": "ivory_coast",
        "COD": "drc dr_congo democratic_republic_of_congo",
        "COG": "congo_brazzaville republic_of_the_congo",
        "BOL": "bolivia",
        "VEN": "venezuela",
        "IRN": "iran",
        "LAO": "laos",
        "KOR": "south_korea korea",
        "PRK": "north_korea",
        "RUS": "russia",
        "VNM": "vietnam",
        "TUR": "turkey",
        "CZE": "czech_republic",
        "NLD": "holland the_netherlands",
        "SWZ": "swaziland",
        "CPV": "cape_verde",
        "MDA": "moldova",
        "SYR": "syria",
        "FSM": "micronesia",
        "BRN": "brunei",
        "PSE": "palestine",
        "TLS": "east_timor",
        "MKD": "macedonia",
    },
}
"""Other ways in which people write a code, parted by spaces."""

_SIGNS = re.compile(r"[^\w]+|_+")
_NUMBERED = re.compile(r"(?:need|priority need|initiative)s?\s+(?=\d)")
_LONE_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Code:
    """What a value was read as; `is_known` tells whether the reference data holds it."""

    code: str
    is_known: bool


@lru_cache(maxsize=65_536)
def read_code(field: str, written: str) -> Code:
    """The code that somebody means; what they wrote, where it is not known.

    Parameters
    ----------
    field : str
        One of `FIELDS`.
    written : str
        A code, or a name in one of the six languages.

    Raises KeyError for a field that holds no codes.
    """
    known = _spellings(field)
    for form in _forms(field, written):
        if form in known:
            return Code(known[form], True)
    if field == LANGUAGES:
        return _language(written)
    if field == PLACES:
        return _country(written)
    plain = written.strip()
    return Code(_plain(plain).replace(" ", "_") if field == SUPPORT else plain, False)


def known_codes(field: str) -> tuple[str, ...]:
    """Every code of a field that the reference data holds, in its order."""
    return tuple(dict.fromkeys(str(item["code"]) for item in _items(field)))


@cache
def spellings(field: str) -> tuple[str, ...]:
    """Every code and English name of a field, to suggest one that is close."""
    return tuple(
        sorted({name for item in _items(field) for name in (str(item["code"]), _labels(item)["en"])})
    )


@cache
def file_places() -> Places:
    """The map, from the shipped table of countries."""
    countries = {str(item["code"]): item for item in _read("countries")}
    return read_places(countries, {str(item["code"]): item["parent"] for item in _read("regions")})


@cache
def english_names() -> Mapping[tuple[str, str], str]:
    """(vocabulary, code) of the facts to an English name for a sentence, where the code says little."""
    files = {"support": "support_types", "country": "countries", "region": "regions", "scope": "place_scopes"}
    names = {}
    for vocabulary, name in {**files, "language": "languages"}.items():
        is_common = vocabulary in ("support", "scope")
        for item in _read(name):
            label = _labels(item)["en"]
            names[vocabulary, str(item["code"])] = label[0].lower() + label[1:] if is_common else label
    return {**names, ("scope", GLOBAL): "all countries"}


def is_region(code: str) -> bool:
    """Does a place's code name a region, and neither a country nor a kind of countries?"""
    return code in _regions()


@cache
def _regions() -> frozenset[str]:
    return frozenset(str(item["code"]) for item in _read("regions"))


def _forms(field: str, written: str) -> Iterator[str]:
    """What was written, in the forms in which it is looked for."""
    plain = _plain(written)
    yield plain
    if field in (NEEDS, INITIATIVES):
        yield _NUMBERED.sub("", plain, count=1)
        yield _NUMBERED.sub("", plain, count=1).replace(" ", "")
        if plain.endswith(" 0"):  # a spreadsheet's 2.0
            yield plain[:-2]


def _plain(written: str) -> str:
    """Small letters without accents, words parted by one space."""
    spread = unicodedata.normalize("NFKD", written.casefold())
    bare = "".join(sign for sign in spread if not unicodedata.combining(sign) and sign.isprintable())
    return _SIGNS.sub(" ", bare).strip()


@cache
def _spellings(field: str) -> Mapping[str, str]:
    """Every known way to write a code, to the code: names first, so that a code always wins."""
    found: dict[str, str] = {}
    for item in _items(field):
        names = [*_labels(item).values(), str((item.get("data") or {}).get("own_name", ""))]
        found |= {_plain(name): str(item["code"]) for name in names if name}
    for code, habits in _HABITS.get(field, {}).items():
        found |= {_plain(habit): code for habit in habits.split()}
    for item in _items(field):
        codes = [str(item["code"]), *(str(item[name]) for name in ("alpha2", "m49") if item.get(name))]
        found |= {_plain(code): str(item["code"]) for code in codes}
    found.pop("", None)
    return found


def _items(field: str) -> list[dict[str, Any]]:
    return [item for name in _FILES[field] for item in _read(name)]


@cache
def _read(name: str) -> list[dict[str, Any]]:
    content = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    items: list[dict[str, Any]] = content["items"]
    return items


def _labels(item: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = item.get("labels") or item["names"]
    return found


def _language(written: str) -> Code:
    """ "en" for "en-GB"; any code of ISO 639 is known."""
    form = written.strip().casefold()
    lone = _LONE_LANGUAGE.fullmatch(form)
    if lone and lone[1] in _spellings(LANGUAGES):
        return Code(_spellings(LANGUAGES)[lone[1]], True)
    try:
        found = import_module("pycountry").languages.lookup(lone[1] if lone else form)
    except LookupError:
        return Code(form, False)
    code = str(getattr(found, "alpha_2", found.alpha_3))
    return Code(code, True)


def _country(written: str) -> Code:
    """Names and codes of ISO 3166 that the table of countries does not hold."""
    try:
        found = import_module("pycountry").countries.lookup(written.strip())
    except LookupError:
        return Code(written.strip().upper(), False)
    return Code(str(found.alpha_3), True)
