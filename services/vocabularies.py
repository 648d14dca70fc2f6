"""Which terms may be chosen, and what are they called in each language?

The reference terms are read once per process and content version: a form asks for hundreds of them, and they
change only when reference data is loaded. Each use costs one small query for the versions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from threading import Lock
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from matching.facts import Places
from matching.places import read_places
from models.reference import Term, Vocabulary

COUNTRIES = "countries"


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term with its texts in every language; `data` is what its vocabulary keeps beside them."""

    code: str
    parent: str | None
    labels: Mapping[str, str]
    texts: Mapping[str, Any]
    data: Mapping[str, Any]
    source: Mapping[str, Any]
    status: str

    def label(self, language: str) -> str:
        """The name in a language, in English where it is lacking."""
        return self.labels.get(language) or self.labels.get("en") or self.code

    def text(self, name: str, language: str) -> str | None:
        """One of the texts (description, sought, given, …) in a language, in English where it is lacking."""
        texts = self.texts.get(name) or {}
        return texts.get(language) or texts.get("en")


@dataclass(frozen=True, slots=True)
class Option:
    """What a form offers: a code, its name and explanation in one language, and the code above it."""

    code: str
    label: str
    description: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Every vocabulary as it stood under one set of content hashes."""

    hashes: Mapping[str, str]
    terms: Mapping[str, Mapping[str, TermRow]]
    made: dict[tuple[str, str, str], Any] = field(default_factory=dict)


OF_PROGRAMME = "@"
"""Parts the name of a vocabulary from the body that added terms to it, as in "strategies@mangrove"."""

_VERSIONS = sa.select(Vocabulary.__table__.c.code, Vocabulary.__table__.c.content_hash).order_by(
    Vocabulary.__table__.c.code
)
_shelves: dict[tuple[tuple[str, str], ...], _Shelf] = {}
_lock = Lock()
_MOST_SHELVES = 4


def _shelf(session: Session) -> _Shelf:
    """The terms as they are now; kept in the session for the rest of its transaction."""
    kept = session.info.get("vocabulary_shelf")
    if kept is not None and kept[0] is session.get_transaction():
        shelf: _Shelf = kept[1]
        return shelf
    rows = session.connection().execute(_VERSIONS)
    hashes = tuple((code, digest) for code, digest in rows)
    with _lock:
        found = _shelves.get(hashes)
    if found is None:
        found = _Shelf(dict(hashes), _read_terms(session))
        with _lock:
            while len(_shelves) >= _MOST_SHELVES:
                _shelves.pop(next(iter(_shelves)))
            _shelves[hashes] = found
    session.info["vocabulary_shelf"] = (session.get_transaction(), found)
    return found


def _read_terms(session: Session) -> dict[str, dict[str, TermRow]]:
    columns = (
        Term.vocabulary,
        Term.code,
        Term.parent,
        Term.labels,
        Term.texts,
        Term.data,
        Term.source,
        Term.status,
    )
    found: dict[str, dict[str, TermRow]] = {}
    for vocabulary, *values in session.execute(sa.select(*columns).order_by(Term.vocabulary, Term.position)):
        row = TermRow(*values)
        name, _, programme = vocabulary.partition(OF_PROGRAMME)
        if programme:
            row = replace(row, data={**row.data, "programme": programme})
        found.setdefault(name, {})[row.code] = row
    return found


def version(session: Session, vocabulary: str) -> str:
    """Content hash of a vocabulary, "" when it is not loaded; changes whenever a term does."""
    return _shelf(session).hashes.get(vocabulary, "")


def terms(session: Session, vocabulary: str) -> Mapping[str, TermRow]:
    """Every term of a vocabulary by code, in its own order; empty when it is not loaded."""
    return _shelf(session).terms.get(vocabulary, {})


def labels(session: Session, vocabulary: str, language: str) -> Mapping[str, str]:
    """Code to name in one language, in the vocabulary's own order."""
    shelf = _shelf(session)
    key = ("labels", vocabulary, language)
    if key not in shelf.made:
        rows = shelf.terms.get(vocabulary, {})
        shelf.made[key] = {code: row.label(language) for code, row in rows.items()}
    made: Mapping[str, str] = shelf.made[key]
    return made


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a vocabulary in one language, by code, and the place of each in a list of them."""

    by_code: Mapping[str, str]
    places: Mapping[str, int]

    def of(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The names of some codes, in order; an unknown code stands for itself, at the end."""
        last = len(self.places)
        ordered = sorted(codes, key=lambda code: (self.places.get(code, last), code))
        return tuple(self.by_code.get(code, code) for code in ordered)


def names(session: Session, vocabulary: str, language: str) -> Names:
    """Names in the vocabulary's own order; countries in the order of the language."""
    shelf = _shelf(session)
    key = ("names", vocabulary, language)
    if key not in shelf.made:
        by_code = {code: row.label(language) for code, row in shelf.terms.get(vocabulary, {}).items()}
        codes = list(by_code)
        if vocabulary == COUNTRIES:
            codes.sort(key=lambda code: sort_key(by_code[code], language))
        shelf.made[key] = Names(by_code, {code: place for place, code in enumerate(codes)})
    made: Names = shelf.made[key]
    return made


def options(session: Session, vocabulary: str, language: str) -> tuple[Option, ...]:
    """What a form offers, in the vocabulary's own order; countries in the order of the language."""
    shelf = _shelf(session)
    key = ("options", vocabulary, language)
    if key not in shelf.made:
        made = [
            Option(row.code, row.label(language), row.text("description", language), row.parent)
            for row in shelf.terms.get(vocabulary, {}).values()
        ]
        if vocabulary == COUNTRIES:
            made.sort(key=lambda option: sort_key(option.label, language))
        shelf.made[key] = tuple(made)
    found: tuple[Option, ...] = shelf.made[key]
    return found


def close_codes(session: Session, vocabulary: str, code: str, *, language: str = "en") -> tuple[str, ...]:
    """Up to three valid codes that an unknown one may have meant, by code or by name; best first."""
    rows = terms(session, vocabulary)
    asked = code.strip().casefold()
    written = {known: known.casefold() for known in rows}
    named = {known: row.label(language).casefold() for known, row in rows.items()}
    scores: dict[str, float] = {}
    for candidates in (written, named):
        for _, score, known in process.extract(
            asked, candidates, scorer=fuzz.ratio, limit=3, score_cutoff=60
        ):
            scores[known] = max(score, scores.get(known, 0.0))
    return tuple(sorted(scores, key=lambda known: (-scores[known], known))[:3])


def usd_rate(session: Session, currency: str) -> tuple[Decimal, date] | None:
    """US dollars for one unit of a currency, and the day of that rate; None for an unknown currency."""
    row = terms(session, "currencies").get(currency)
    if row is None:
        return None
    rate = 1 / Decimal(str(row.data["usd_rate"]))  # the data holds units for one dollar, as the UN does
    return rate.quantize(Decimal("0.00000001")), date.fromisoformat(row.data["rate_as_of"])


def places(session: Session) -> Places:
    """The map as matching needs it: countries with their regions and kinds, subregions with their region."""
    shelf = _shelf(session)
    key = ("places", COUNTRIES, "")
    if key not in shelf.made:
        shelf.made[key] = _places(shelf)
    made: Places = shelf.made[key]
    return made


def _places(shelf: _Shelf) -> Places:
    countries = {code: row.data for code, row in shelf.terms.get(COUNTRIES, {}).items()}
    return read_places(countries, {code: row.parent for code, row in shelf.terms.get("regions", {}).items()})


_SOUNDS_LIKE = str.maketrans("瑙斐汶", "恼匪问")
"""Rarer characters of country names, which the character set puts last, and common ones that sound alike."""


def sort_key(label: str, language: str) -> tuple[bytes, str]:
    """Where a name stands in a list of a language; accents, case and kinds of apostrophe do not count.

    Chinese goes by the national character set, whose common characters stand in the order of pinyin; Arabic
    without the article.
    """
    if language == "zh":
        return label.translate(_SOUNDS_LIKE).encode("gb18030"), label
    plain = unicodedata.normalize("NFD", label.casefold()).replace("’", "'")
    if language == "ar":
        plain = plain.removeprefix("ال")
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).encode(), label


def every(session: Session) -> list[dict[str, Any]]:
    """Code, version and source of every vocabulary that is loaded."""
    rows = session.execute(sa.select(Vocabulary).order_by(Vocabulary.code)).scalars()
    return [{"code": row.code, "version": row.version, "source": row.source} for row in rows]
