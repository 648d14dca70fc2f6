"""How are the words of all entries counted by several hands? A block of entries at a time, in their order.

Finding words is most of the time of an index build; what is done with the counts is the same whoever counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from commands.blocks import Hands, over_blocks
from matching.bags import CountEach, Pieces, count_each
from matching.facts import EntryFacts
from matching.settings import MatchingSettings

_BLOCK = 250
"""Entries handed over at once: a tenth of a second's work or more."""


def counting(hands: Hands) -> CountEach:
    """What counts for `build_index`, by these hands. Raises NoWorkers, as it goes along."""

    def each(entries: Iterable[EntryFacts], settings: MatchingSettings) -> Iterator[Pieces]:
        for counted in over_blocks(_count_block, settings, _blocks(entries), hands):
            yield from counted

    return each


def _blocks(entries: Iterable[EntryFacts]) -> Iterator[list[EntryFacts]]:
    waiting = iter(entries)
    while block := list(islice(waiting, _BLOCK)):
        yield block


def _count_block(settings: MatchingSettings, entries: Sequence[EntryFacts]) -> list[Pieces]:
    return list(count_each(entries, settings))
