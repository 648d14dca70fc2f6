"""How do the marks of several panel members make one score and one band?

Per criterion the lower median of the marks, so that the middle member decides and no single mark moves the
result far; times the criterion's weight, summed. Bands go by the lower median as well: of two members one of
whom says A and the other B, the band is B. Nobody's personal data is read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vocabulary.fellowships import MeritBand

DISAGREE = 0.4
"""Marks further apart than this part of the scale are to be talked about."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Marks go from `low` to `high` in steps of `step`; all are whole numbers."""

    low: int
    high: int
    step: int = 1

    def holds(self, mark: int) -> bool:
        """Is this a mark?"""
        return self.low <= mark <= self.high and (mark - self.low) % self.step == 0


@dataclass(frozen=True, slots=True)
class PanelResult:
    """Of one nomination.

    medians : criterion to its lower median. score : whole points, the weighted sum. apart : criteria on
    which the marks are more than 40 % of the scale apart. band : None where nobody gave one. n_members : who
    marked.
    """

    medians: Mapping[str, int]
    score: int
    apart: tuple[str, ...]
    band: MeritBand | None
    n_members: int


def lower_median(values: Sequence[int]) -> int:
    """The middle value, of an even number the lower of the two. Raises ValueError on nothing."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[(len(values) - 1) // 2]


def panel_result(
    marks: Sequence[Mapping[str, int]],
    bands: Sequence[MeritBand],
    weights: Mapping[str, int],
    scale: Scale,
) -> PanelResult | None:
    """One result of all members' marks; None where nobody has marked.

    Parameters
    ----------
    marks : sequence of mappings, one for each member
        Criterion to mark; every criterion of `weights`.
    bands : sequence of MeritBand
        One for each member who gave one.
    weights : mapping of criterion to int, 1 or more
    scale : Scale
    """
    if not marks:
        return None
    given = {code: [one[code] for one in marks] for code in weights}
    medians = {code: lower_median(values) for code, values in given.items()}
    wide = DISAGREE * (scale.high - scale.low)
    return PanelResult(
        medians=medians,
        score=sum((medians[code] - scale.low) * weight for code, weight in weights.items()),
        apart=tuple(code for code, values in given.items() if max(values) - min(values) > wide),
        band=sorted(bands)[len(bands) // 2] if bands else None,
        n_members=len(marks),
    )


def greatest_score(weights: Mapping[str, int], scale: Scale) -> int:
    """The score of somebody with the highest mark everywhere."""
    return sum(weights.values()) * (scale.high - scale.low)
