"""What of a nomination lies outside the indicative thresholds of a call? Warns and never blocks.

Sources differ on the thresholds (up to 35 years; at most 5 to 7, or 5 to 10, years since the degree), so they
are settings of each call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Of one call; None asks nothing."""

    oldest_age: int | None = None
    most_years_since_degree: int | None = None


def age_on(born_on: date, day: date) -> int:
    """Full years at a day; born on 29 February, one turns a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def warnings(
    thresholds: Thresholds, born_on: date | None, degree_years: Sequence[int], closes_on: date
) -> tuple[Message, ...]:
    """What lies outside, in words for the nominee and the officer.

    Parameters
    ----------
    thresholds : Thresholds
    born_on : date or None
    degree_years : sequence of int
        Years in which degrees were obtained; the latest counts.
    closes_on : date
        Day of the nominee's deadline, at which age and years are counted.
    """
    found = []
    oldest = thresholds.oldest_age
    if oldest is not None and born_on is not None and age_on(born_on, closes_on) > oldest:
        found.append(
            Message(
                "The call is meant for people of up to {limit} years; on the day it closes it will be {age}. "
                "The nomination can be made all the same.",
                limit=oldest,
                age=age_on(born_on, closes_on),
            )
        )
    most = thresholds.most_years_since_degree
    if most is not None and degree_years:
        years = closes_on.year - max(degree_years)
        if years > most:
            found.append(
                Message(
                    "The call is meant for people up to {limit} years after their last degree; here it is "
                    "{years}. The nomination can be made all the same.",
                    limit=most,
                    years=years,
                )
            )
    return tuple(found)
