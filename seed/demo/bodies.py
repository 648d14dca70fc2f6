"""Who asks and who gives? Invented bodies in invented places; people named after plants and birds.

Every address ends in .example, a domain that nobody can register (RFC 2606).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from seed.demo.library import Library
from seed.demo.plan import BodyPlan

KINDS = ("research", "research", "research", "government", "government", "ngo", "ngo", "iplc", "network")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to write to, of a body."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation as its entries name it; `area` is the invented place it is named after."""

    plan: BodyPlan
    area: str
    domain: str
    latin: str
    language: str

    def area_for(self, language: str) -> str:
        """The place's name as a text in this language writes it: in Latin letters outside its own script."""
        scripts = {"ru": "ru", "ar": "ar", "zh": "zh"}
        if scripts.get(language) == scripts.get(self.language):
            return self.area
        return self.latin.replace("-", " ").title()


@cache
def slug(text: str) -> str:
    """Latin letters of a name for an address: "Étienne" becomes "etienne"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def _pair(item: Any) -> tuple[str, str]:
    """A name and its Latin form, from a plain name or a pair."""
    return (item, slug(item)) if isinstance(item, str) else (item[0], item[1])


def new_body(
    rng: Random,
    library: Library,
    language: str,
    country: str,
    *,
    key: str,
    kind: str | None = None,
    taken: set[str] | None = None,
) -> Body:
    """An invented body; with `taken`, one whose name is not in it yet if a hundred tries find one."""
    names = library.names[language]
    for _ in range(100):
        chosen = kind or rng.choice(KINDS)
        area, latin = _pair(rng.choice(names["places"]))
        name = rng.choice(names[chosen]).format(p=area)
        if taken is None or name not in taken:
            break
    if taken is not None:
        taken.add(name)
    plan = BodyPlan(key, name, _acronym(name, language), chosen, country)
    return Body(plan, area, f"{latin}-{chosen}.example", latin, language)


def _acronym(name: str, language: str) -> str | None:
    if language in ("ar", "zh"):
        return None
    words = [word for word in name.replace("'", " ").replace("’", " ").split() if len(word) > 3]
    letters = "".join(word.strip("«»")[:1] for word in words)
    return slug(letters).upper() if len(letters) > 2 and language != "ru" else None


def new_contact(rng: Random, library: Library, language: str, domain: str) -> Contact:
    """An invented person with an address in the domain."""
    names = library.names[language]
    given, given_latin = _pair(rng.choice(names["given"]))
    family, family_latin = _pair(rng.choice(names["family"]))
    name = f"{family}{given}" if language == "zh" else f"{given} {family}"
    phone = f"+999 555 {rng.randrange(10_000):04d}" if rng.random() < 0.5 else None
    return Contact(name, f"{given_latin}.{family_latin}@{domain}", phone)
