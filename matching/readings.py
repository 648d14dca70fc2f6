"""How is a subject read to be compared with entries in each language? As it stands, or across.

Entries in the subject's own language, and in none of the six, meet its words as they stand; entries in
another language meet them as `matching.across` reads them there. A reading is worked out once for each
segment and language that stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.across import Reading, read_across
from matching.bags import Floats32, language_of
from matching.index import Segment, Subject
from matching.text import LANGUAGES

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Asked:
    """A piece of a subject over the tokens of a segment.

    `tokens` (growing) and `weights` have shape (k,); `is_asked` has shape (number of tokens of the segment,).
    `origins` tells which of the subject's own tokens a token was read from, and what each of them gives to
    its weight; one that is not there stands for itself.
    """

    tokens: Rows
    weights: Floats
    is_asked: NDArray[np.bool_]
    origins: Mapping[int, tuple[tuple[str, float], ...]]

    def among(self, tokens: NDArray[np.integer]) -> tuple[Rows, Floats]:
        """Places of those of some tokens that are asked for, growing, and what they weigh here."""
        held = self.is_asked.take(tokens).nonzero()[0]
        return held, self.weights.take(self.tokens.searchsorted(tokens.take(held)))


def _laid_out(
    tokens: Rows, weights: Floats, origins: Mapping[int, tuple[tuple[str, float], ...]], n_tokens: int
) -> Asked:
    is_asked = np.zeros(n_tokens, dtype=np.bool_)
    is_asked[tokens] = True
    return Asked(tokens, weights, is_asked, origins)


def _across(read: Reading, n_tokens: int) -> Asked:
    tokens = np.array(sorted(read.weights), dtype=np.intp)
    weights = np.array([read.weights[token] for token in tokens.tolist()], dtype=np.float64)
    return _laid_out(tokens, weights, read.origins, n_tokens)


@dataclass(frozen=True)
class Readings:
    """The pieces of one subject, as each language of one segment meets them."""

    subject: Subject
    segment: Segment

    @cached_property
    def others(self) -> list[str]:
        """The languages here that the subject is read in; none for a subject in a language of no lexicon."""
        known = self.segment.columns.rows_of_language
        language = language_of(self.subject.entry) if len(known) else ""
        return sorted(other for other in known if other != language) if language in LANGUAGES else []

    @cached_property
    def asked(self) -> list[list[Asked]]:
        """The subject's pieces as they stand, then as read in each of the others."""
        segment, pieces = self.segment, self.subject.pieces
        n_tokens = len(segment.bags.names)
        found = [[_laid_out(*segment.asked(piece), {}, n_tokens) for piece in pieces]]
        for other in self.others:
            language = language_of(self.subject.entry)
            read = [read_across(piece.weights, language, other, segment.numbers) for piece in pieces]
            found.append([_across(one, n_tokens) for one in read])
        return found

    @cached_property
    def _by_language(self) -> Rows:
        """Place of a language among `LANGUAGES` (the last: any other) to the place of its reading."""
        places = np.zeros(len(LANGUAGES) + 1, dtype=np.intp)
        for place, other in enumerate(self.others, start=1):
            places[LANGUAGES.index(other)] = place
        return places

    def is_across(self, row: int) -> bool:
        """Is the subject read in another language to be compared with this entry?"""
        return bool(self._by_language[self.segment.columns.languages[row]])

    def of(self, pieces: Rows) -> Rows:
        """Which reading some pieces of the segment are compared with: the same shape."""
        segment = self.segment
        rows = np.searchsorted(segment.first_piece, pieces, "right") - 1 if segment.is_split else pieces
        return np.asarray(self._by_language[segment.columns.languages[rows]], dtype=np.intp)

    def one_of(self, one: int, there: int) -> Asked:
        """A piece of the subject as one piece of the segment meets it."""
        return self.asked[int(self.of(np.array([there]))[0]) if self.others else 0][one]

    def products(self, one: int) -> Floats32:
        """Products of a piece of the subject with every piece of the segment, each in its own language."""
        postings, asked = self.segment.postings, self.asked
        sums = postings.products(asked[0][one].tokens, asked[0][one].weights)
        for reading, other in enumerate(self.others, start=1):
            rows = self._pieces_of(self.segment.columns.rows_of_language[other])
            sums[rows] = postings.products(asked[reading][one].tokens, asked[reading][one].weights)[rows]
        return sums

    def _pieces_of(self, rows: Rows) -> Rows:
        """The pieces of some entries."""
        if not self.segment.is_split:
            return rows
        first = self.segment.first_piece
        lengths = first[rows + 1] - first[rows]
        ends = np.cumsum(lengths)
        pieces: Rows = np.arange(int(lengths.sum())) + np.repeat(first[rows] - ends + lengths, lengths)
        return pieces

    def weights_at(
        self, one: int, there: Rows, piece: Rows, tokens: NDArray[np.integer]
    ) -> tuple[Rows, Floats]:
        """What a piece of the subject weighs at some tokens, each of which stands in a piece of the segment.

        Parameters
        ----------
        one : int
            Which piece of the subject.
        there : array of pieces of the segment
        piece, tokens : arrays of shape (k,)
            The place in `there` of the piece of each token, and the token.

        Returns
        -------
        (array of places among `tokens`, growing; array of weights above 0)
            Only those that are asked for.
        """
        if not self.others:
            return self.asked[0][one].among(tokens)
        weights: Floats = np.zeros(len(tokens))
        readings = self.of(there)[piece]
        for reading in np.unique(readings).tolist():
            held, found = self.asked[reading][one].among(tokens)
            mine = readings[held] == reading
            weights[held[mine]] = found[mine]
        held = weights.nonzero()[0]
        return held, weights[held]
