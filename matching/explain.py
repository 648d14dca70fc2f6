"""Which words make a pair alike, and how much does each add?

The text part is a sum over shared tokens, so each token's share is exact. Shares are shown under a word as
the request's author wrote it; for Chinese, pairs of characters that stand together in both texts are shown
joined, with their shares added. Between two languages the offer's word is shown beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.bags import passages
from matching.facts import EntryFacts
from matching.text import normalise

_PAIR = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]{2}")
_FIRST_HAN = "\u3400"
_LONGEST_JOINED = 12


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word of the request that the offer also holds, and what it adds to the text part (0..1).

    `other` is the word of the offer that stands for it where the two are written in two languages and it is
    another word there; else "".
    """

    term: str
    share: float
    other: str = ""

    @property
    def shown(self) -> str:
        """The word as people are shown it: both words where there are two."""
        return f"{self.term} / {self.other}" if self.other else self.term


def shared_terms(
    pair: tuple[EntryFacts, EntryFacts],
    shares: Mapping[tuple[str, str], float],
    text: float,
    written: tuple[Mapping[str, str], Mapping[str, str]],
) -> tuple[SharedTerm, ...]:
    """Split the text part of a pair among the words that make it.

    Parameters
    ----------
    pair : (request, offer)
        For the Chinese words as they were written.
    shares : mapping of (token of the request, token of the offer) to float above 0
        What each shared token adds; the two differ only between languages.
    text : float
        The text part, 0..1, to nine digits.
    written : (mapping of token to str, mapping of token to str)
        How the request and the offer write each token.

    Returns
    -------
    tuple of SharedTerm
        Largest share first, ties by the word; shares have nine digits and add up to `text` within 1e-9.
    """
    if not shares or text == 0.0:
        return ()
    joined = _joined((ours for ours, theirs in shares if ours == theirs), *pair)
    by_word: dict[str, float] = {}
    others: dict[str, tuple[float, str]] = {}
    for (ours, theirs), share in sorted(shares.items()):
        word = joined.get(ours) or written[0].get(ours, ours)
        by_word[word] = by_word.get(word, 0.0) + share
        if ours != theirs:
            others[word] = max(others.get(word, (0.0, "")), (share, written[1].get(theirs, theirs)))
    # Twelve digits first: what lies half-way between two numbers of nine would fall to either by noise.
    rounded = [(-round(round(share, 12), 9), word) for word, share in by_word.items()]
    rounded.sort()
    return tuple(
        SharedTerm(word, share, others.get(word, (0.0, ""))[1])
        for word, share in _adding_up([(w, -s) for s, w in rounded], text)
    )


def _adding_up(shares: list[tuple[str, float]], text: float) -> list[tuple[str, float]]:
    """Put what rounding left over onto a largest share, and keep the order."""
    left_over = round(text - sum(share for _, share in shares), 9)
    n_largest = sum(share == shares[0][1] for _, share in shares)
    at = 0 if left_over > 0 else n_largest - 1
    word, share = shares[at]
    return [*shares[:at], (word, round(share + left_over, 9)), *shares[at + 1 :]]


def _joined(tokens: Iterable[str], request: EntryFacts, offer: EntryFacts) -> dict[str, str]:
    """Pair of Chinese characters to the longest run of shared pairs it belongs to in both texts."""
    pairs = {token for token in tokens if token[0] >= _FIRST_HAN and _PAIR.fullmatch(token)}
    if not pairs:
        return {}
    here, there = ("\n".join(normalise(text) for _, text in passages(entry)) for entry in (request, offer))
    runs = {run for start in range(len(here) - 1) if (run := _run(here, start, pairs, there))}
    joined: dict[str, str] = {}
    for run in sorted(runs, key=lambda run: (-len(run), run)):
        for start in range(len(run) - 1):
            joined.setdefault(run[start : start + 2], run)
    return joined


def _run(here: str, start: int, pairs: set[str], there: str) -> str:
    """The longest run of shared pairs from `start` on that also stands in the other text, or ""."""
    end = start + 1
    while (
        end - start < _LONGEST_JOINED and here[end - 1 : end + 1] in pairs and here[start : end + 1] in there
    ):
        end += 1
    return here[start:end] if end - start >= 2 else ""
