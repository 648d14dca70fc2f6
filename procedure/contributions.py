"""Who approves a contribution? Rule 10 of the financial procedures of IPBES.

A single contribution by one donor to one activity above the threshold needs the approval of the
Plenary; up to it, that of the Bureau. The threshold is data of the body that runs the service.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

IPBES_THRESHOLD_USD = Decimal(300_000)


class Approver(StrEnum):
    """Who has to approve a contribution."""

    BUREAU = "bureau"
    PLENARY = "plenary"


def approver_of(amount_usd: Decimal, threshold_usd: Decimal = IPBES_THRESHOLD_USD) -> Approver:
    """The approver of one contribution, by one donor to one activity, in United States dollars.

    Raises ValueError for an amount that is not a finite number above zero.
    """
    if not amount_usd.is_finite() or amount_usd <= 0:
        raise ValueError(f"a contribution is an amount above zero, not {amount_usd}")
    return Approver.PLENARY if amount_usd > threshold_usd else Approver.BUREAU


def amount_in_usd(amount: Decimal, usd_rate: Decimal) -> Decimal:
    """An amount at a dated rate (dollars for one unit of its currency), to the cent."""
    return (amount * usd_rate).quantize(Decimal("0.01"))
