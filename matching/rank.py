"""Which entries of the other kind suit this one best, and why? The one way into the engine:
`rank` for one entry, `rank_all` for many.

A request is ranked against offers, or an offer against requests; a pair scores the same from both sides
when both indexes hold the same fit. Nothing is decided here: a ranking advises. Equal facts give an equal
ranking, whatever the order they came in: scores have nine digits and ties go by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice, repeat
from typing import Protocol

import numpy as np

from matching.bags import read_words
from matching.choice import best_rows
from matching.columns import Bools, Columns, build_columns
from matching.explain import SharedTerm, shared_terms
from matching.facets import Floats
from matching.facts import NO_PLACES, EntryFacts, Places
from matching.gates import Blocker, Masks, Sides, any_of, blocked, blocker
from matching.index import Index, Segment, Subject
from matching.likeness import Likeness, Rows, Shares
from matching.reasons import Pair, Reasons
from matching.score import Judged, Known, Part, applying, scaled_weights, structured_parts
from matching.settings import PARTS, MatchingSettings
from vocabulary.messages import Message
from vocabulary.states import EntryKind

_BLOCK = 64
"""Subjects of a batch that are read at once."""


class Meaning(Protocol):
    """Sentence vectors, where they are installed: the seam for what words cannot tell."""

    @property
    def version(self) -> str:
        """Names the models and their versions."""

    def similarities(self, subject_id: str, candidate_ids: Sequence[str]) -> Floats:
        """How alike the subject is to each candidate: shape (n,), 0..1; NaN where that is not known."""

    def shares_language(self, candidate_ids: Sequence[str]) -> Bools:
        """Which candidates are written in the subject's language: shape (n,); True where not known."""


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate for the subject.

    Attributes
    ----------
    id : str
        The candidate's.
    score : float, 0..1
        Sum over `weights[part] * parts[part]`, to nine digits.
    parts, weights : mappings of the eight part names to float, 0..1
        A part that does not apply is 0 with weight 0; weights add up to 1.
    terms : tuple of SharedTerm
        Shares add up to `parts["text"]`.
    reasons : mapping of part name to Message
    blockers : tuple of Blocker
        Empty in `Ranking.matches`.
    """

    id: str
    score: float
    parts: Mapping[str, float]
    weights: Mapping[str, float]
    terms: tuple[SharedTerm, ...]
    reasons: Mapping[str, Message]
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Best first. `n_blocked` and `n_candidates` count the whole index, not only what is listed."""

    subject_id: str
    matches: tuple[Match, ...]
    blocked: tuple[Match, ...]
    n_candidates: int
    n_blocked: int
    index_version: str
    settings_version: str


@dataclass(frozen=True)
class _Searched:
    """One segment with what holds for all its rows."""

    segment: Segment
    sides: Sides
    likeness: Likeness
    parts: Mapping[str, Part]
    masks: Masks
    is_current: Bools
    is_blocked: Bools

    @cached_property
    def open_rows(self) -> Rows:
        return np.flatnonzero(self.is_current & ~self.is_blocked)

    @property
    def shut_rows(self) -> Rows:
        return np.flatnonzero(self.is_current & self.is_blocked)

    def codes(self, row: int) -> list[str]:
        """What rules a row out."""
        if not self.is_blocked[row]:
            return []
        return [code for code, mask in self.masks.items() if mask[row if len(mask) > 1 else 0]]

    @property
    def n_shut(self) -> int:
        return int(np.count_nonzero(self.is_current)) - len(self.open_rows)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the engine, once for all segments."""

    subject: Subject
    columns: Columns
    settings: MatchingSettings
    places: Places
    today: date | None
    more_blockers: Mapping[str, tuple[Blocker, ...]]
    meaning: Meaning | None

    @property
    def is_request(self) -> bool:
        return self.subject.entry.kind is EntryKind.REQUEST

    def sides(self, columns: Columns) -> Sides:
        return Sides(self.columns, columns) if self.is_request else Sides(columns, self.columns)


def rank(
    subject: EntryFacts,
    index: Index,
    *,
    settings: MatchingSettings | None = None,
    places: Places = NO_PLACES,
    today: date | None = None,
    top: int = 10,
    include_blocked: bool = False,
    more_blockers: Mapping[str, tuple[Blocker, ...]] | None = None,
    meaning: Meaning | None = None,
) -> Ranking:
    """Rank the entries of an index for one subject.

    Parameters
    ----------
    subject : EntryFacts
        Of the other kind than the index holds; need not be indexed itself.
    index : Index
    settings : MatchingSettings or None
        Other weights of parts and reach to try; None takes the index's own. Weights of fields and tags are
        laid down when an index is built.
    places : Places
        The map.
    today : date or None
        Day on which entries must still stand; None judges no expiry.
    top : int, 0 or more
        At most so many matches, and so many blocked ones.
    include_blocked : bool
        Also list what was ruled out, with what would have been its score.
    more_blockers : mapping of candidate id to blockers, or None
        What the caller knows: conflicts of interest, limits of a call.
    meaning : Meaning or None
        Sentence vectors; None leaves the part `meaning` out, and its sentence says so.

    Returns
    -------
    Ranking
        Candidates that score 0 are not matches and are left out; ties go by id.

    Raises
    ------
    ValueError
        The subject is of the index's own kind, or `top` is below 0.
    """
    _check(subject, index, top)
    settings = settings or index.settings
    question = _Question(
        subject=index.read(subject),
        columns=build_columns([subject], settings),
        settings=settings,
        places=places,
        today=today,
        more_blockers=more_blockers or {},
        meaning=meaning,
    )
    return _ranking(question, index, top, include_blocked)


def rank_all(
    subjects: Iterable[EntryFacts],
    index: Index,
    *,
    settings: MatchingSettings | None = None,
    places: Places = NO_PLACES,
    today: date | None = None,
    top: int = 10,
    include_blocked: bool = False,
    meaning_of: Callable[[EntryFacts], Meaning | None] = lambda _: None,
) -> Iterator[Ranking]:
    """Rank the entries of an index for each of many subjects, in the order given: what `rank` gives, sooner.

    Subjects are taken in and weighed a block at a time, so a million of them may come from a file. Hand over
    all that one process is to rank rather than call `rank` for each; some dozens or more pay.

    Parameters
    ----------
    subjects : iterable of EntryFacts
        All of the other kind than the index holds.
    meaning_of : callable
        The sentence vectors of a subject, None for none; asked for when its turn has come.

    The others, and what is raised, are those of `rank`.
    """
    settings, waiting = settings or index.settings, iter(subjects)
    while block := list(islice(waiting, _BLOCK)):
        for subject in block:
            _check(subject, index, top)
        for read in index.read_all(block):
            question = _Question(
                subject=read,
                columns=build_columns([read.entry], settings),
                settings=settings,
                places=places,
                today=today,
                more_blockers={},
                meaning=meaning_of(read.entry),
            )
            yield _ranking(question, index, top, include_blocked)


def _check(subject: EntryFacts, index: Index, top: int) -> None:
    if subject.kind is index.kind:
        raise ValueError(f"entry {subject.id} is itself of the kind {index.kind}")
    if top < 0:
        raise ValueError(f"top is {top}; it must be 0 or more")


def _ranking(question: _Question, index: Index, top: int, include_blocked: bool) -> Ranking:
    searched = [_search(question, *part) for part in index.segments() if part[0].entries]
    return Ranking(
        subject_id=question.subject.entry.id,
        matches=_best(question, [(part, part.open_rows) for part in searched], top),
        blocked=_best(question, [(part, part.shut_rows) for part in searched], top, least=-1.0)
        if include_blocked
        else (),
        n_candidates=len(index),
        n_blocked=sum(part.n_shut for part in searched),
        index_version=index.version,
        settings_version=question.settings.version,
    )


def _search(question: _Question, segment: Segment, is_current: Bools) -> _Searched:
    """Find what is ruled out; only what is not will be judged."""
    sides = question.sides(segment.columns)
    parts = structured_parts(sides, question.settings, question.places)
    masks = blocked(sides, question.settings, question.places, question.today)
    is_blocked = any_of(masks, len(segment.entries))
    is_blocked[[segment.rows[known] for known in question.more_blockers if known in segment.rows]] = True
    return _Searched(
        segment, sides, Likeness(question.subject, segment), parts, masks, is_current, is_blocked
    )


def _judge(question: _Question, part: _Searched, rows: Rows) -> Judged:
    """What some rows are worth but for their words, and how much every part weighs there."""
    segment, parts = part.segment, dict(part.parts)
    has_words = np.array([question.subject.has_words]) if question.is_request else segment.has_words[rows]
    meaning, is_across = _meaning(question, segment, rows)
    is_known = ~np.isnan(meaning)
    if bool(np.any(is_known)):
        values = np.zeros(len(segment.entries))
        values[rows] = np.clip(np.round(np.where(is_known, meaning, 0.0), 9), 0.0, 1.0)
        parts["meaning"] = Known(values)
    pick = slice(None) if question.is_request else rows
    applies = applying(part.sides.requests, has_words, is_known, pick)
    return Judged(rows, parts, scaled_weights(applies, question.settings, is_across))


def _meaning(question: _Question, segment: Segment, rows: Rows) -> tuple[Floats, Bools | None]:
    """Likeness in meaning, NaN where it is not known, and which of the known pairs are of two languages."""
    if question.meaning is None:
        return np.full(1, np.nan), None
    ids = segment.ids[rows].tolist()
    values = question.meaning.similarities(question.subject.entry.id, ids)
    return values, ~question.meaning.shares_language(ids) & ~np.isnan(values)


@dataclass(frozen=True, slots=True)
class _Found:
    """A row that was chosen, with what its match is told from."""

    part: _Searched
    row: int
    candidate: EntryFacts
    score: float
    parts: Mapping[str, float]
    weights: Mapping[str, float]


def _best(
    question: _Question, wanted: Sequence[tuple[_Searched, Rows]], top: int, least: float = 0.0
) -> tuple[Match, ...]:
    """The best `top` wanted rows of all segments that score above `least`, explained."""
    found: list[_Found] = []
    for part, rows in wanted:
        if not len(rows):
            continue
        chosen, scores = best_rows(part.likeness, _judge(question, part, rows), top, least)
        columns = (chosen, scores.score, scores.parts.T, scores.weights.T)
        for row, score, parts, weights in zip(*(column.tolist() for column in columns), strict=True):
            named = (dict(zip(PARTS, numbers, strict=True)) for numbers in (parts, weights))
            found.append(_Found(part, row, part.segment.entries[row], score, *named))
    found.sort(key=lambda one: (-one.score, one.candidate.id))
    best = found[:top]
    return tuple(map(_match, repeat(question), best, _shares(best)))


def _shares(found: Sequence[_Found]) -> Iterator[Shares]:
    """What each word that a pair shares adds to its text part, worked out at once for each segment."""
    waiting = {}
    for part in {id(one.part): one.part for one in found}.values():
        mine = [one for one in found if one.part is part]
        texts = [one.parts["text"] for one in mine]
        waiting[id(part)] = iter(part.likeness.shares(np.array([one.row for one in mine]), texts))
    return (next(waiting[id(one.part)]) for one in found)


def _terms(question: _Question, found: _Found, shares: Shares) -> tuple[SharedTerm, ...]:
    """The shared words of a pair, the request's side first whoever asks."""
    subject, candidate, text = question.subject, found.candidate, found.parts["text"]
    is_read = not question.is_request or found.part.likeness.is_across(found.row)
    there = read_words(candidate).written() if is_read else {}
    if question.is_request:
        return shared_terms((subject.entry, candidate), shares, text, (subject.written, there))
    turned = {(theirs, ours): share for (ours, theirs), share in shares.items()}
    return shared_terms((candidate, subject.entry), turned, text, (there, subject.written))


def _match(question: _Question, found: _Found, shares: Shares) -> Match:
    subject, candidate = question.subject, found.candidate
    pair = (subject.entry, candidate) if question.is_request else (candidate, subject.entry)
    terms = _terms(question, found, shares)
    applies = frozenset(name for name, weight in found.weights.items() if weight > 0)
    told = Pair(
        *pair, found.parts, applies, terms, question.settings, question.places, question.meaning is not None
    )
    return Match(
        id=candidate.id,
        score=found.score,
        parts=found.parts,
        weights=found.weights,
        terms=terms,
        reasons=Reasons(told),
        blockers=(
            *(blocker(code, *pair) for code in found.part.codes(found.row)),
            *question.more_blockers.get(candidate.id, ()),
        ),
    )
