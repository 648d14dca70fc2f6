"""Which entries of the other kind suit this one best, and why? The one way into the engine.

A request is ranked against offers, or an offer against requests; a pair scores the same from both sides
when both indexes hold the same fit. Nothing is decided here: a ranking advises. Equal facts give an equal
ranking, whatever the order they came in: scores have nine digits and ties go by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools, build_columns
from matching.explain import SharedTerm, shared_terms, written_forms
from matching.facets import Floats
from matching.facts import NO_PLACES, EntryFacts, Places
from matching.gates import Blocker, Masks, Sides, blocked, blocker
from matching.index import Index, Segment
from matching.reasons import Pair, reasons
from matching.score import Scores, applying, combine, structured_parts
from matching.settings import PARTS, MatchingSettings
from vocabulary.messages import Message
from vocabulary.states import EntryKind


class Meaning(Protocol):
    """Sentence vectors, where they are installed: the seam for what words cannot tell."""

    version: str

    def similarities(self, subject_id: str, candidate_ids: Sequence[str]) -> Floats:
        """How alike the subject is to each candidate: shape (n,), 0..1."""


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


@dataclass(frozen=True, slots=True)
class _Scored:
    """One segment with everything that was worked out for its rows."""

    segment: Segment
    scores: Scores
    masks: Masks
    is_blocked: Bools
    is_current: Bools


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the engine, once for all segments."""

    subject: EntryFacts
    vector: Mapping[str, float]
    settings: MatchingSettings
    places: Places
    today: date | None
    more_blockers: Mapping[str, tuple[Blocker, ...]]
    meaning: Meaning | None
    written: Mapping[str, str] | None


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
    if subject.kind is index.kind:
        raise ValueError(f"entry {subject.id} is itself of the kind {index.kind}")
    if top < 0:
        raise ValueError(f"top is {top}; it must be 0 or more")
    settings = settings or index.settings
    vector = index.vector_of(subject)
    written = written_forms(subject) if top and subject.kind is EntryKind.REQUEST else None
    question = _Question(subject, vector, settings, places, today, more_blockers or {}, meaning, written)
    scored = [_score(question, segment, is_current) for segment, is_current in index.segments()]
    open_rows = [part.is_current & ~part.is_blocked & (part.scores.score > 0) for part in scored]
    shut_rows = [part.is_current & part.is_blocked for part in scored]
    return Ranking(
        subject_id=subject.id,
        matches=_best(question, scored, open_rows, top),
        blocked=_best(question, scored, shut_rows, top) if include_blocked else (),
        n_candidates=len(index),
        n_blocked=sum(int(rows.sum()) for rows in shut_rows),
        index_version=index.version,
        settings_version=settings.version,
    )


def _score(question: _Question, segment: Segment, is_current: Bools) -> _Scored:
    is_request = question.subject.kind is EntryKind.REQUEST
    subject = build_columns([question.subject], question.settings)
    sides = Sides(subject, segment.columns) if is_request else Sides(segment.columns, subject)
    n = len(segment.entries)
    parts = structured_parts(sides, question.settings, question.places)
    parts |= {"text": segment.cosines(question.vector), "meaning": _meaning(question, segment)}
    has_words = np.array([bool(question.vector)]) if is_request else segment.has_words
    applies = applying(sides, has_words, question.meaning is not None)
    masks = blocked(sides, parts["support"], parts["place"], question.today)
    is_blocked = np.zeros(n, dtype=np.bool_)
    for mask in masks.values():
        is_blocked |= mask
    is_blocked[[segment.rows[known] for known in question.more_blockers if known in segment.rows]] = True
    return _Scored(segment, combine(parts, applies, question.settings, n), masks, is_blocked, is_current)


def _meaning(question: _Question, segment: Segment) -> Floats:
    if question.meaning is None:
        return np.zeros(len(segment.entries))
    values = question.meaning.similarities(question.subject.id, segment.ids.tolist())
    return np.clip(np.round(values, 9), 0.0, 1.0)


def _best(
    question: _Question, scored: Sequence[_Scored], wanted: Sequence[Bools], top: int
) -> tuple[Match, ...]:
    """The best `top` wanted rows of all segments, explained."""
    found = [
        (-float(part.scores.score[row]), part.segment.entries[row].id, part, row)
        for part, rows in zip(scored, wanted, strict=True)
        for row in _highest(part.scores.score, np.flatnonzero(rows), top)
    ]
    found.sort(key=lambda item: item[:2])
    return tuple(_match(question, part, row) for _, _, part, row in found[:top])


def _highest(score: Floats, rows: NDArray[np.intp], top: int) -> list[int]:
    """The `top` rows of highest score and all that tie with the last of them."""
    if 0 < top < len(rows):
        values = score[rows]
        least = np.partition(values, len(rows) - top)[len(rows) - top]
        rows = rows[values >= least]
        order = np.argsort(-score[rows], kind="stable")  # rows stand in the order of ids
        rows = rows[order][:top]
    return [int(row) for row in rows] if top else []


def _match(question: _Question, part: _Scored, row: int) -> Match:
    candidate = part.segment.entries[row]
    pair = (question.subject, candidate)
    request, offer = pair if question.subject.kind is EntryKind.REQUEST else pair[::-1]
    parts = {name: float(part.scores.parts[name][row]) for name in PARTS}
    weights = {name: float(part.scores.weights[name][row]) for name in PARTS}
    vectors = (question.vector, part.segment.vector(row))
    terms = shared_terms(request, offer, vectors, parts["text"], question.written)
    applies = frozenset(name for name in PARTS if weights[name] > 0)
    codes = [code for code, mask in part.masks.items() if mask[row]]
    return Match(
        id=candidate.id,
        score=float(part.scores.score[row]),
        parts=parts,
        weights=weights,
        terms=terms,
        reasons=reasons(Pair(request, offer, parts, applies, terms, question.settings, question.places)),
        blockers=(
            *(blocker(code, request, offer) for code in codes),
            *question.more_blockers.get(candidate.id, ()),
        ),
    )
