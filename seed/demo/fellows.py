"""Who is nominated for a fellowship in the demonstration world, and how does the panel mark? Invented people.

One call is released, and its fellows are at work. One is past its deadlines: its panel has marked, the marks
are locked, and the shortlist is on the desk. Another call is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

RELEASED, PAST, PRESENT = "fellows-released", "fellows-past", "fellows-open"
N_SEATS = {RELEASED: 12, PAST: 6, PRESENT: 6}
SEED, SOURCE = "07 15 23 31 38 44", "Numbers of the state lottery drawn on the evening after the lock"

_DATA = json.loads((Path(__file__).parent / "data" / "fellows.json").read_text(encoding="utf-8"))
TITLES: Mapping[str, Mapping[str, str]] = _DATA["titles"]
TEXTS: Mapping[str, str] = _DATA["text"]
CHAPTERS: tuple[Mapping[str, Any], ...] = tuple(_DATA["chapters"])
MARKS: tuple[Mapping[str, Any], ...] = tuple(_DATA["marks"])
TARGETS: tuple[Mapping[str, Any], ...] = (
    *({"attribute": "region", "value": one, "least": 1, "most": 2} for one in (
        "african", "asia_pacific", "eastern_european", "latin_american_caribbean",
        "western_european_other")),
    {"attribute": "gender", "value": "woman", "least": 3},
    {"attribute": "gender", "value": "man", "least": 2},
    {"attribute": "discipline", "value": "social_sciences", "least": 1},
    {"attribute": "knowledge", "value": "ilk", "least": 1},
)  # fmt: skip

WIDER_TARGETS: tuple[Mapping[str, Any], ...] = (
    *({"attribute": "region", "value": one["value"], "least": 1, "most": 4} for one in TARGETS[:5]),
    {"attribute": "gender", "value": "woman", "least": 5},
    {"attribute": "gender", "value": "man", "least": 5},
)
"""What the released call was balanced by."""
PLACES: tuple[Mapping[str, Any], ...] = tuple(_DATA["places"])
"""Chapters of the released call."""
MENTORS: tuple[str, ...] = tuple(_DATA["mentors"])
MEETINGS: tuple[Mapping[str, str], ...] = tuple(_DATA["meetings"])
SAMPLES: tuple[Mapping[str, Any], ...] = tuple(_DATA["samples"])
"""What the panel of the open call practises on, with the reference and what two members gave."""
BASIS = "Developing countries and economies in transition, as the United Nations listed them in 2025"
_PEOPLE = {PAST: "people", RELEASED: "released"}

_DISCIPLINES = ("natural_sciences", "natural_sciences", "social_sciences", "interdisciplinary", "humanities")
_WISHES = (("2", "3"), ("3",), ("2", "4"), ("2",), ("4", "3"), ("3", "2"), ("2", "3"))
_KNOWLEDGE = ("science", "science", "science", "ilk", "both")


@dataclass(frozen=True, slots=True)
class NomineePlan:
    """One nominee with every answer of the form, and what one panel member marks."""

    key: str
    email: str
    content: Mapping[str, Any]
    marks: Mapping[str, int]
    band: str


def nominees(chance: Random, domain: str, call: str = PAST) -> tuple[NomineePlan, ...]:
    """The nominees of a call, in the order in which they were nominated; each writes from their country."""
    found = []
    for n, (first, last, country, gender) in enumerate(_DATA[_PEOPLE[call]]):
        email = f"{first}.{last}@{country}.{domain}".lower()
        marks = {code: chance.choice((3, 4, 5, 5, 6, 6, 7, 8, 9)) for code in ("merit", "fit", "voice")}
        score = 2 * marks["merit"] + marks["fit"] + marks["voice"]
        content = {
            "first_name": first,
            "last_name": last,
            "gender": gender,
            "born_on": f"{1990 + n % 9}-{1 + n % 12:02d}-{3 + n:02d}",
            "nationality": country,
            "country": country,
            "languages": ["en", *(["fr"] if n % 3 == 0 else [])],
            "organisation": f"{last} Lake and Land Laboratory",
            "position": "Researcher",
            "degrees": [{"degree": "doctorate", "field": "Ecology", "place": None, "year": 2019 + n % 5}],
            "discipline": _DISCIPLINES[n % 5],
            "knowledge": _KNOWLEDGE[(n * 3) % 5],
            "expertise": ["land", "water"] if n % 2 else ["ilk", "governance"],
            "publications": [],
            "statement": _DATA["work"][n % 5],
            "chapters": _wishes(n, call),
            "is_flexible": n % 3 == 0,
            "nominator_name": f"Focal point of {country}",
            "nominator_email": f"focal.{country}@{domain}".lower(),
            "nominator_body": "Ministry of the Environment",
            "nominator_kind": "government" if n % 4 else "organisation",
            "nominator_country": country,
            "interests": "none",
            "consent_data": True,
            "public_name": n % 5 != 0,
        }
        band = "A" if score >= 25 else "B" if score >= 20 else "C"
        found.append(NomineePlan(f"{call}-{n + 1}", email, content, marks, band))
    return tuple(found)


INVITED: Mapping[str, Mapping[str, str]] = {
    "nominator": {
        "first_name": "Aleksei",
        "last_name": "Smirnov",
        "email": "a.smirnov@steppe-institute.example",
        "nominator_name": "Focal point of LKA",
        "nominator_body": "Ministry of the Environment",
        "nominator_kind": "government",
        "nominator_country": "LKA",
    },
    "focal_point": {
        "first_name": "Алексей",
        "last_name": "Смирнов",
        "email": "aleksei@home.example",
        "nominator_name": "National focal point",
        "nominator_body": "Agency for Nature",
        "nominator_kind": "government",
        "nominator_country": "KAZ",
    },
}
"""Whom two bodies name for the open call, each in its own script: perhaps one person."""


def _wishes(n: int, call: str) -> list[str]:
    if call == RELEASED:
        return [PLACES[(n + at) % len(PLACES)]["code"] for at in range(len(PLACES))]
    return list(_WISHES[n % 7])


def dates(now: datetime) -> Mapping[str, tuple[datetime, datetime, datetime]]:
    """Opening, the nominees' and the nominators' deadline of each call."""
    day = timedelta(days=1)
    return {
        RELEASED: (now - 400 * day, now - 340 * day, now - 333 * day),
        PAST: (now - 120 * day, now - 60 * day, now - 53 * day),
        PRESENT: (now - 10 * day, now + 30 * day, now + 37 * day),
    }
