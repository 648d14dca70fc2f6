"""The facts of many entries as arrays, so that a request meets ten thousand offers in a few milliseconds.

A fact that is not said, or that cannot be true (a sum below zero or not a number, an end before its start),
stands as "not said". Days are ordinals of the proleptic Gregorian calendar; money is in US dollars.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, nan
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.bags import language_of
from matching.facets import FACETS, Facet, Floats, build_facet, codes_of
from matching.facts import FINANCIAL, EntryFacts, said_amount
from matching.settings import MatchingSettings
from matching.text import LANGUAGES

Bools: TypeAlias = NDArray[np.bool_]
Days: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Columns:
    """Arrays of shape (n,) over n entries of one kind; a row is an entry.

    Days are whole numbers in 32 bits, which hold those up to 16,777,216; `from_day` and `until_day` are
    infinite where no day is named, `amount` and `ceiling` are nan where no sum is. `has_money` and
    `only_money` hold only where support is named. `gives_money`: may an offer's ceiling count? `last_day`:
    the day up to which it stands; `is_full`: no place is left. `languages` holds the place of the texts'
    language in `matching.text.LANGUAGES`, -1 for any other.
    """

    n: int
    facets: Mapping[str, Facet]
    rows_of_organisation: Mapping[str, NDArray[np.intp]]
    organisations: Sequence[str | None]
    languages: NDArray[np.int8]
    rows_of_language: Mapping[str, NDArray[np.intp]]
    is_open: Bools
    has_days: Bools
    from_day: Days
    until_day: Days
    amount: Floats
    ceiling: Floats
    left: Floats
    names_support: Bools
    has_money: Bools
    only_money: Bools
    gives_money: Bools
    last_day: Days
    is_full: Bools


def build_columns(entries: Sequence[EntryFacts], settings: MatchingSettings) -> Columns:
    """Lay the facts of entries out in columns, in the order given."""
    periods = [entry.period for entry in entries]
    languages = [language_of(entry) for entry in entries]
    valid_until_day = _days([entry.valid_until_on for entry in entries], inf)
    capacity = _floats([inf if entry.capacity_left is None else entry.capacity_left for entry in entries])
    ceiling = _floats([_sum(entry.ceiling_usd) for entry in entries])
    names_support = _bools([bool(entry.support) for entry in entries])
    has_money = _bools([FINANCIAL in entry.support for entry in entries])
    from_day = _days([first for first, _ in periods], -inf)
    until_day = _days([last for _, last in periods], inf)
    return Columns(
        n=len(entries),
        facets={
            facet: build_facet([codes_of(entry, facet, settings) for entry in entries]) for facet in FACETS
        },
        rows_of_organisation=_rows_of([entry.organisation_key for entry in entries]),
        organisations=tuple(entry.organisation_key for entry in entries),
        languages=np.array([_place_of(language) for language in languages], dtype=np.int8),
        rows_of_language=_rows_of([language if language in LANGUAGES else None for language in languages]),
        is_open=_bools([entry.is_open for entry in entries]),
        has_days=np.isfinite(from_day) | np.isfinite(until_day),
        from_day=from_day,
        until_day=until_day,
        amount=_floats([_sum(entry.amount_usd) for entry in entries]),
        ceiling=ceiling,
        left=_floats([_sum(entry.amount_left_usd) for entry in entries]),
        names_support=names_support,
        has_money=has_money,
        only_money=_bools([entry.support == {FINANCIAL} for entry in entries]),
        gives_money=(has_money | ~names_support) & np.isfinite(ceiling),
        last_day=np.minimum(valid_until_day, until_day),
        is_full=capacity <= 0,
    )


def _place_of(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else -1


def _sum(amount: float | None) -> float:
    said = said_amount(amount)
    return nan if said is None else said


def _days(days: Sequence[date | None], missing: float) -> Days:
    return np.array([missing if day is None else day.toordinal() for day in days], dtype=np.float32)


def _rows_of(keys: Sequence[str | None]) -> dict[str, NDArray[np.intp]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            rows[key].append(row)
    return {key: np.array(found, dtype=np.intp) for key, found in rows.items()}


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _bools(values: Sequence[bool]) -> Bools:
    return np.array(values, dtype=np.bool_)
