"""How alike are two texts in meaning, whatever languages they are in?

Vectors come from outside (a sentence model that somebody installed); here they are centred, compared and
turned into the part `meaning`. A model puts texts of one language close together whatever they say, so the
mean of each language, frozen and shipped, is taken off first: without it a list of several languages fills
with the reader's own. No model is known here, and nothing is read from disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.facets import Floats
from matching.facts import EntryFacts
from matching.text import identify

Vectors: TypeAlias = NDArray[np.float32]

NOT_ABOUT = frozenset({"conditions", "stakeholders", "iplc_involved", "guidance_used"})
"""Fields that say how, with whom and on what terms, in words that most entries share."""

LONGEST_PASSAGE = 1_500
"""Letters of a passage, about 220 words; a Chinese character says as much as three letters."""

LONGEST_SENTENCE = 300
MOST_PASSAGES = 64
"""Passages of an entry that are compared, from its beginning: a bound on work, not a wish."""

_MOST_LETTERS = MOST_PASSAGES * LONGEST_PASSAGE

BEST = 3
"""Passages of the request that count: those with the best answer among the offer's."""

GRID = 2.0**11
"""Numbers of a vector are whole multiples of 1 / GRID: then sums of products in float32 are exact, and come
out the same in any order, on any number of threads, beside any other entries."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_SENTENCE_END = re.compile(r"(?<=[.!?؟…;؛])\s+|(?<=[。！？；])|\n+")


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of an entry as a model reads it; `language` is that of the entry."""

    text: str
    language: str

    @property
    def key(self) -> str:
        """Names the piece by what it says, so that a vector never stands for an older wording."""
        return sha256(f"{self.language}\n{self.text}".encode("utf-8", "replace")).hexdigest()


def passages_of(entry: EntryFacts) -> list[Text]:
    """Cut an entry into passages.

    The title stands before the first text; every other text is cut by itself, between sentences, so that
    who may see fewer fields has little that must be encoded apart.

    Parameters
    ----------
    entry : EntryFacts

    Returns
    -------
    list of Text
        In reading order, none twice, at most `MOST_PASSAGES`; empty when there is nothing but spaces.
    """
    texts = _texts(entry)
    language = _language(entry, texts)
    found: dict[str, None] = {}
    for text in texts:
        for passage in _cut(text, LONGEST_PASSAGE):
            found.setdefault(passage)
            if len(found) == MOST_PASSAGES:
                return [Text(passage, language) for passage in found]
    return [Text(passage, language) for passage in found]


def sentences_of(entry: EntryFacts) -> list[Text]:
    """The sentences of an entry's passages, in reading order, none twice; long ones are cut."""
    texts = _texts(entry)
    language = _language(entry, texts)
    found: dict[str, None] = {}
    for text in texts:
        for sentence in _sentences(text):
            found.setdefault(sentence)
    return [Text(sentence, language) for sentence in list(found)[: 4 * MOST_PASSAGES]]


def _language(entry: EntryFacts, texts: Sequence[str]) -> str:
    return entry.language or identify(" ".join(texts[:4]))


def _texts(entry: EntryFacts) -> list[str]:
    names = [name for name in _READING_ORDER if name in entry.texts]
    names += sorted(entry.texts.keys() - set(_READING_ORDER) - NOT_ABOUT)
    pieces = (" ".join(text[:_MOST_LETTERS].split()) for name in names for text in entry.texts[name])
    texts = [text for text in pieces if text]
    if any(title.strip() for title in entry.texts.get("title", ())) and len(texts) > 1:
        texts[:2] = [f"{texts[0]}\n{texts[1]}"]
    return texts


_READING_ORDER = ("title", "summary", "need", "activities", "results", "text")


def _sentences(text: str) -> list[str]:
    pieces = (piece.strip() for piece in _SENTENCE_END.split(text))
    return [short for piece in pieces if piece for short in _chopped(piece, LONGEST_SENTENCE)]


def _chopped(piece: str, longest: int) -> list[str]:
    """A sentence that is too long, cut between words where there are any."""
    parts = []
    while _length(piece) > longest:
        at = longest if not _HAN.search(piece) else longest // 3
        space = piece.rfind(" ", at // 2, at)
        at = space if space > 0 else at
        parts.append(piece[:at].strip())
        piece = piece[at:].strip()
    return [part for part in (*parts, piece) if part]


def _cut(text: str, longest: int) -> list[str]:
    """Whole sentences joined up to about `longest`, of about equal length."""
    if _length(text) <= longest:
        return [text]
    sentences = [short for piece in _sentences(text) for short in _chopped(piece, longest)]
    wanted = _length(text) / -(-_length(text) // longest)
    passages: list[list[str]] = [[]]
    n_letters = 0
    for sentence in sentences:
        if passages[-1] and n_letters + _length(sentence) / 2 > wanted:
            passages.append([])
            n_letters = 0
        passages[-1].append(sentence)
        n_letters += _length(sentence)
    return [" ".join(passage) for passage in passages if passage]


def _length(text: str) -> int:
    return len(text) + 2 * len(_HAN.findall(text))


@dataclass(frozen=True, slots=True)
class Model:
    """How one model's vectors are read: `n_numbers` columns, the mean of each language, and its weight.

    `means` is empty for a model that needs no centring (measured: docs/matching.md).
    """

    name: str
    n_numbers: int
    weight: float
    means: Mapping[str, Vectors] = field(default_factory=dict)


def combine_models(raw: Vectors, languages: Sequence[str], models: Sequence[Model]) -> Vectors:
    """Centre each model's vectors by language and lay them side by side.

    Parameters
    ----------
    raw : float32 array, shape (n, sum of n_numbers)
        The models' vectors, in the order of `models`.
    languages : sequence of str, length n
        A language without a mean of its own has the mean of the means taken off.
    models : sequence of Model

    Returns
    -------
    float32 array of the same shape
        Rows of length 1, or 0 for nothing, in whole multiples of 1 / GRID: a product of two rows is the
        mean of the models' cosines, by their weights.

    Raises ValueError when the columns are not those of the models.
    """
    if raw.shape[1] != sum(model.n_numbers for model in models):
        raise ValueError(f"vectors of {raw.shape[1]} numbers are not those of the models")
    blocks, start = [], 0
    for model in models:
        block = raw[:, start : start + model.n_numbers].astype(np.float64)
        blocks.append(sqrt(model.weight) * _unit(block - _means(languages, model)))
        start += model.n_numbers
    rounded: Vectors = (np.round(_unit(np.hstack(blocks)) * GRID) / GRID).astype(np.float32)
    return rounded


def _means(languages: Sequence[str], model: Model) -> NDArray[np.float64]:
    if not model.means:
        return np.zeros((len(languages), model.n_numbers))
    other = np.mean([model.means[name] for name in sorted(model.means)], axis=0)
    rows = [np.asarray(model.means.get(language, other), dtype=np.float64) for language in languages]
    return np.reshape(rows, (len(languages), model.n_numbers))


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.sqrt(np.sum(rows * rows, axis=1, keepdims=True))
    unit: NDArray[np.float64] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-9)
    return unit


@dataclass(frozen=True, slots=True)
class EntryMeaning:
    """What is known of one entry: its language, and its passages' vectors, shape (n, d) with n 1 or more."""

    language: str
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class PassageBlock:
    """The passages of n entries, ordered by id.

    `ids` and `languages` have shape (n,), `vectors` shape (number of passages, d); those of an entry begin at
    `starts`, shape (n + 1,).
    """

    ids: NDArray[np.str_]
    languages: NDArray[np.str_]
    starts: NDArray[np.intp]
    vectors: Vectors

    def rows(self, ids: NDArray[np.str_]) -> NDArray[np.intp]:
        """Where each id stands, -1 for one that is not known; shape (n,)."""
        if len(ids) == len(self.ids) and bool(np.all(ids == self.ids)):
            return np.arange(len(ids))
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.intp)
        found = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[found] == ids, found, -1)


def pack_passages(known: Mapping[str, EntryMeaning]) -> PassageBlock:
    """Lay out the vectors in the order of ids."""
    ordered = [known[name] for name in sorted(known)]
    lengths = [len(one.vectors) for one in ordered]
    return PassageBlock(
        ids=np.array(sorted(known), dtype=np.str_),
        languages=np.array([one.language for one in ordered], dtype=np.str_),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.intp),
        vectors=np.vstack([one.vectors for one in ordered]) if ordered else np.zeros((0, 0), np.float32),
    )


class Passages:
    """The passages of many entries of one kind, laid out so that a subject meets all of them at once.

    Those of `base` for which `is_current` holds, and those of `known`, what came or changed since.
    """

    def __init__(
        self,
        known: Mapping[str, EntryMeaning],
        base: PassageBlock | None = None,
        is_current: NDArray[np.bool_] | None = None,
    ) -> None:
        """An entry that is in neither is not compared. Ids of `known` must not be current in `base`."""
        self._known = known
        self._base = base if base is not None else pack_passages({})
        whole = np.ones(len(self._base.ids), dtype=np.bool_)
        self._is_current = whole if is_current is None else is_current
        self._blocks = (self._base, pack_passages(known))

    def with_changes(self, changed: Mapping[str, EntryMeaning], removed: Iterable[str] = ()) -> Passages:
        """The same with entries added, replaced and gone; an id in both is gone."""
        gone = set(removed)
        left = gone | changed.keys()
        rows = self._base.rows(np.array(sorted(left), dtype=np.str_))
        rows = rows[rows >= 0]
        if not changed and gone.isdisjoint(self._known) and not self._is_current[rows].any():
            return self
        is_current = self._is_current.copy()
        is_current[rows] = False
        known = {name: one for name, one in {**self._known, **changed}.items() if name not in gone}
        return Passages(known, self._base, is_current)

    def __len__(self) -> int:
        """Count the entries whose vectors are known."""
        return int(np.count_nonzero(self._is_current)) + len(self._known)

    def rows(self, ids: Sequence[str]) -> list[tuple[PassageBlock, NDArray[np.intp]]]:
        """The blocks that hold any of the ids, with the row of each id there, or -1; shape (n,)."""
        asked = np.asarray(ids, dtype=np.str_)
        base, recent = (block.rows(asked) for block in self._blocks)
        base[base >= 0] = np.where(self._is_current[base[base >= 0]], base[base >= 0], -1)
        found = zip(self._blocks, (base, recent), strict=True)
        return [(block, rows) for block, rows in found if (rows >= 0).any()]


@dataclass(frozen=True, slots=True)
class SubjectMeaning:
    """One subject's meaning against that of every candidate: what `rank` takes.

    `subject` is None where nothing is known of it yet.
    """

    version: str
    is_request: bool
    subject: EntryMeaning | None
    candidates: Passages

    def similarities(self, subject_id: str, candidate_ids: Sequence[str]) -> Floats:
        """How alike the subject is to each candidate: shape (n,), 0..1; NaN where either is not known."""
        values = np.full(len(candidate_ids), np.nan)
        if self.subject is not None:
            for block, rows in self.candidates.rows(candidate_ids):
                values[rows >= 0] = self._all(self.subject.vectors, block)[rows[rows >= 0]]
        return values

    def shares_language(self, candidate_ids: Sequence[str]) -> NDArray[np.bool_]:
        """Which candidates are written in the subject's language: shape (n,); also True where unknown."""
        shares = np.ones(len(candidate_ids), dtype=np.bool_)
        if self.subject is not None:
            for block, rows in self.candidates.rows(candidate_ids):
                shares[rows >= 0] = block.languages[rows[rows >= 0]] == self.subject.language
        return shares

    def _all(self, subject: Vectors, block: PassageBlock) -> Floats:
        """For every entry: mean of the `BEST` passages of the request that the offer answers best."""
        starts = block.starts
        cosines = block.vectors @ subject.T
        if self.is_request:
            answers = np.maximum.reduceat(cosines, starts[:-1], axis=0)
            top = np.sort(answers, axis=1)[:, ::-1][:, :BEST].astype(np.float64)
            return _as_part(top.mean(axis=1))
        best = cosines.max(axis=1).astype(np.float64)
        owner = np.repeat(np.arange(len(block.ids)), np.diff(starts))
        order = np.lexsort((-best, owner))
        kept = order[np.arange(len(order)) - starts[owner[order]] < BEST]
        sums = np.bincount(owner[kept], weights=best[kept], minlength=len(block.ids))
        return _as_part(sums / np.minimum(np.diff(starts), BEST))


def _as_part(values: Floats) -> Floats:
    return np.clip(np.round(values, 9), 0.0, 1.0)


def nearest_pair(requests: Vectors, offers: Vectors) -> tuple[int, int] | None:
    """Numbers of the two sentences that are nearest, the first of equals; None when a side has none."""
    if not len(requests) or not len(offers):
        return None
    request, offer = divmod(int(np.argmax(requests @ offers.T)), len(offers))
    return request, offer
