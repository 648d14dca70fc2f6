"""Who may be supported to travel to meetings? Told per nationality, with its basis, always to be confirmed.

Fellows from developing countries and from countries with economies in transition are supported, in accordance
with United Nations rules; the list that the secretariat applies is not public, so this is a first answer.

Source: IPBES/5/INF/3, para 12; United Nations, World Economic Situation and Prospects 2025, statistical
annex, table B (economies in transition).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

IN_TRANSITION = frozenset(
    {
        "ALB", "ARM", "AZE", "BIH", "BLR", "GEO", "KAZ", "KGZ", "MDA", "MKD", "MNE", "RUS", "SRB", "TJK",
        "TKM", "UKR", "UZB",
    }
)  # fmt: skip


class Basis(StrEnum):
    """Why a nationality is eligible for travel support, or that it is not."""

    DEVELOPING = "developing"
    TRANSITION = "transition"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TravelSupport:
    """One nationality (alpha-3) and the basis on which it is eligible."""

    country: str
    basis: Basis

    @property
    def is_eligible(self) -> bool:
        return self.basis is not Basis.NONE


def travel_support(nationalities: Iterable[str], developing: Collection[str]) -> tuple[TravelSupport, ...]:
    """Each nationality once, in the order given, with its basis.

    Parameters
    ----------
    nationalities : iterable of alpha-3 codes
    developing : collection of alpha-3 codes
        Countries that count as developing.
    """
    found = []
    for country in dict.fromkeys(nationalities):
        if country in developing:
            basis = Basis.DEVELOPING
        else:
            basis = Basis.TRANSITION if country in IN_TRANSITION else Basis.NONE
        found.append(TravelSupport(country, basis))
    return tuple(found)


def is_eligible(support: Iterable[TravelSupport]) -> bool:
    """A person is eligible when any of their nationalities is."""
    return any(one.is_eligible for one in support)
