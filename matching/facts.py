"""What does matching know of a request or an offer? Frozen facts, taken from rows or files by the callers.

Nothing here is computed and nothing is hidden: who may see an entry is decided before its facts come here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite

from vocabulary.states import EntryKind

DEVELOPING_COUNTRIES = "developing_countries"
GLOBAL = "global"
SCOPES = (DEVELOPING_COUNTRIES, GLOBAL, "ldc", "lldc", "sids")
"""Codes of places that are not on the map: kinds of countries, and everywhere."""

FINANCIAL = "financial"
"""Code of the one support type that is counted in money."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a vocabulary inside a reason; a door shows its label in the reader's language.

    `vocabulary` is one of: support, need, initiative, deliverable, category, ecosystem, country, region,
    scope, language.
    """

    vocabulary: str
    code: str

    def __str__(self) -> str:
        """The code as it reads in an English sentence where no label is at hand."""
        if self.vocabulary in ("need", "initiative", "deliverable", "category"):
            return f"{self.vocabulary} {self.code}"
        return self.code.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money inside a reason, unit: US dollars; a door writes the number as its language does."""

    usd: float

    def __str__(self) -> str:
        return f"USD {self.usd:,.0f}"


@dataclass(frozen=True, slots=True)
class CountryPlace:
    """Where a country lies, and which kinds of countries it is counted among.

    `regions` holds codes of its IPBES region and subregion; `scopes` any of "developing_countries", "ldc",
    "lldc", "sids".
    """

    regions: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Places:
    """The map as data: ISO 3166 alpha-3 code to its place, and a subregion's code to its region's."""

    countries: Mapping[str, CountryPlace] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)


NO_PLACES = Places()
"""No map: countries and regions match only by their own codes."""


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """A support request or a support offer, as matching sees it. An empty field means "not said".

    Attributes
    ----------
    id : str
        Reference; unique in an index, and what ties are broken by.
    texts : mapping of str to tuple of str
        Field name (title, summary, need, activities, results, conditions, tags, text, ...) to its passages.
    language : str or None
        Code of the texts' language; None is found out.
    support : frozenset of str
        Types of support asked for, or given.
    essential_support : frozenset of str
        Those without which the request cannot go ahead; a subset of `support`. Requests only.
    needs, initiatives, deliverables, categories, ecosystems : frozenset of str
        Codes of the reference vocabularies; "1" is the parent of the need "1.1".
    countries, regions, scopes : frozenset of str
        Where help is needed, or can be given: ISO 3166 alpha-3, region codes, and `SCOPES`.
    languages : frozenset of str
        Working languages.
    amount_usd : float or None
        Request: amount sought. Offer: the most for one request.
    amount_left_usd : float or None
        Offer: what is left of its ceiling in all.
    from_on, until_on : date or None
        Days on which the work starts and ends, or help can be given, both included.
    valid_until_on : date or None
        Last day on which the entry stands.
    capacity_left : int or None
        Offer: places or projects left.
    organisation_key : str or None
        The same for two entries of one organisation.
    is_open : bool
        Does its state let it be matched at all?
    version : int
        Of the row, so that a stale index can be told.
    """

    id: str
    kind: EntryKind
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    language: str | None = None
    support: frozenset[str] = frozenset()
    essential_support: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    initiatives: frozenset[str] = frozenset()
    deliverables: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    ecosystems: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    amount_usd: float | None = None
    amount_left_usd: float | None = None
    from_on: date | None = None
    until_on: date | None = None
    valid_until_on: date | None = None
    capacity_left: int | None = None
    organisation_key: str | None = None
    is_open: bool = True
    version: int = 1

    @property
    def ceiling_usd(self) -> float | None:
        """The most one request can get from this offer, unit: US dollars; None when nothing is said."""
        said = [said_amount(amount) for amount in (self.amount_usd, self.amount_left_usd)]
        return min((amount for amount in said if amount is not None), default=None)

    @property
    def period(self) -> tuple[date | None, date | None]:
        """First and last day; both None when the last lies before the first."""
        if self.from_on is not None and self.until_on is not None and self.until_on < self.from_on:
            return None, None
        return self.from_on, self.until_on

    @property
    def places(self) -> tuple[Term, ...]:
        """Every place named, in a fixed order."""
        named = {"country": self.countries, "region": self.regions, "scope": self.scopes}
        return terms(named)


def said_amount(amount: float | None) -> float | None:
    """A sum of 0 or more, unit: US dollars; None when none is said or it cannot be one."""
    return amount if amount is not None and isfinite(amount) and amount >= 0 else None


def terms(codes: Mapping[str, frozenset[str]]) -> tuple[Term, ...]:
    """Vocabulary to codes, as terms in a fixed order."""
    return tuple(Term(vocabulary, code) for vocabulary, known in codes.items() for code in sorted(known))
