"""Which counts of people can be published without telling who they are?

A count below five is held back, and so is every other one from which it could be worked out by taking the
rest from the total.

Source: the usual primary and complementary suppression of official statistics (Hundepool et al., Statistical
Disclosure Control, 2012, chapter 4).
"""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 5


def disclosed(counts: Mapping[str, int], *, least: int = LEAST) -> dict[str, int | None]:
    """The counts with None for those held back; cells without anybody are left out.

    What is held back adds up to `least` or more and stands in two cells or more, so that the total less what
    is shown tells nothing about a single cell below `least`. Where that cannot be, everything is held back.
    Cells of one size are taken in the order of their names. Counts are of one division: everybody stands in
    exactly one cell.
    """
    present = {name: n for name, n in counts.items() if n > 0}
    by_size = sorted(present, key=lambda name: (present[name], name))
    hidden = [name for name in by_size if present[name] < least]
    for name in by_size[len(hidden) :]:
        if not hidden or (len(hidden) > 1 and sum(present[one] for one in hidden) >= least):
            break
        hidden.append(name)
    held = frozenset(hidden)
    return {name: None if name in held else present[name] for name in sorted(present)}


def total_of(counts: Mapping[str, int], *, least: int = LEAST) -> int | None:
    """How many there are in all; None where that is below `least` and not none at all."""
    total = sum(counts.values())
    return None if 0 < total < least else total
