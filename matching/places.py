"""What does the table of countries say about where each lies, and which kinds of countries it belongs to?

The developed regions are those of the UN M49 standard as it stood until 2021: Europe, Northern America,
Australia and New Zealand, and Cyprus, Israel and Japan. Whatever is an LDC, LLDC or SIDS counts as
developing wherever it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.facts import DEVELOPING_COUNTRIES, CountryPlace, Places

_KINDS = ("ldc", "lldc", "sids")
_DEVELOPED_AREAS = frozenset({"150", "021", "053"})
_DEVELOPED = frozenset({"CYP", "ISR", "JPN"})


def read_places(countries: Mapping[str, Mapping[str, Any]], parents: Mapping[str, str | None]) -> Places:
    """The map as matching needs it.

    Parameters
    ----------
    countries : mapping of ISO 3166 alpha-3 code to its columns
        `ipbes_region`, `ipbes_subregion`, `m49_region`, `m49_subregion`, `ldc`, `lldc`, `sids`; any may lack.
    parents : mapping of region code to that of the region around it, or None
    """
    return Places(
        {code: CountryPlace(_regions(row), _scopes(code, row)) for code, row in countries.items()},
        {code: parent for code, parent in parents.items() if parent},
    )


def _regions(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(region for name in ("ipbes_region", "ipbes_subregion") if (region := row.get(name)))


def _scopes(code: str, row: Mapping[str, Any]) -> frozenset[str]:
    kinds = {kind for kind in _KINDS if row.get(kind)}
    areas = {row.get("m49_region"), row.get("m49_subregion")}
    if kinds or not (areas & _DEVELOPED_AREAS or code in _DEVELOPED or areas <= {None, ""}):
        kinds.add(DEVELOPING_COUNTRIES)
    return frozenset(kinds)
