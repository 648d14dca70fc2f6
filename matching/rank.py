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

from matching.bags import read_words
from matching.choice import best_rows
from matching.columns import Bools, Columns, build_columns
from matching.explain import SharedTerm, shared_terms
from matching.facets import Floats
from matching.facts import NO_PLACES, EntryFacts, Places
from matching.gates import Blocker, Masks, Sides, blocked, blocker
from matching.index import Index, Segment, Subject
from matching.likeness import Likeness
from matching.reasons import Pair, Reasons
from matching.score import Judged, Scores, applying, scaled_weights, structured_parts
from matching.settings import PARTS, MatchingSettings
from vocabulary.messages import Message
from vocabulary.states import EntryKind


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


@dataclass(frozen=True, slots=True)
class _Scored:
    """One segment with what was worked out for its rows."""

    segment: Segment
    likeness: Likeness
    judged: Judged
    masks: Masks
    is_blocked: Bools
    is_current: Bools


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
    question = _Question(
        subject=index.read(subject),
        columns=build_columns([subject], settings),
        settings=settings,
        places=places,
        today=today,
        more_blockers=more_blockers or {},
        meaning=meaning,
    )
    scored = [
        _score(question, segment, is_current) for segment, is_current in index.segments() if segment.entries
    ]
    open_rows = [part.is_current & ~part.is_blocked for part in scored]
    shut_rows = [part.is_current & part.is_blocked for part in scored]
    return Ranking(
        subject_id=subject.id,
        matches=_best(question, scored, open_rows, top),
        blocked=_best(question, scored, shut_rows, top, least=-1.0) if include_blocked else (),
        n_candidates=len(index),
        n_blocked=sum(int(np.count_nonzero(rows)) for rows in shut_rows),
        index_version=index.version,
        settings_version=settings.version,
    )


def _score(question: _Question, segment: Segment, is_current: Bools) -> _Scored:
    subject, settings = question.columns, question.settings
    sides = Sides(subject, segment.columns) if question.is_request else Sides(segment.columns, subject)
    has_words = np.array([question.subject.has_words]) if question.is_request else segment.has_words
    meaning, is_across = _meaning(question, segment)
    is_known = ~np.isnan(meaning)
    applies = applying(sides, has_words, is_known)
    parts = structured_parts(sides, applies, settings, question.places)
    if bool(np.any(is_known)):
        parts["meaning"] = np.clip(np.round(np.where(is_known, meaning, 0.0), 9), 0.0, 1.0)
    masks = blocked(sides, parts, question.today)
    is_blocked = np.zeros(len(segment.entries), dtype=np.bool_)
    for mask in masks.values():
        if len(mask) > 1 or mask.any():
            is_blocked |= mask
    is_blocked[[segment.rows[known] for known in question.more_blockers if known in segment.rows]] = True
    return _Scored(
        segment=segment,
        likeness=Likeness(question.subject, segment),
        judged=Judged(parts, scaled_weights(applies, settings, is_across)),
        masks=masks,
        is_blocked=is_blocked,
        is_current=is_current,
    )


def _meaning(question: _Question, segment: Segment) -> tuple[Floats, Bools | None]:
    """Likeness in meaning, NaN where it is not known, and which of the known pairs are of two languages."""
    if question.meaning is None or not len(segment.entries):
        return np.full(1, np.nan), None
    ids = segment.ids.tolist()
    values = question.meaning.similarities(question.subject.entry.id, ids)
    return values, ~question.meaning.shares_language(ids) & ~np.isnan(values)


def _best(
    question: _Question, scored: Sequence[_Scored], wanted: Sequence[Bools], top: int, least: float = 0.0
) -> tuple[Match, ...]:
    """The best `top` wanted rows of all segments that score above `least`, explained."""
    found = []
    for part, rows in zip(scored, wanted, strict=True):
        chosen, scores = best_rows(part.likeness, part.judged, rows, top, least)
        ids = (part.segment.entries[row].id for row in chosen.tolist())
        found += [
            (-float(scores.score[at]), name, part, scores, at, int(chosen[at])) for at, name in enumerate(ids)
        ]
    found.sort(key=lambda item: item[:2])
    return tuple(_match(question, *item[2:]) for item in found[:top])


def _match(question: _Question, part: _Scored, scores: Scores, at: int, row: int) -> Match:
    subject, candidate = question.subject, part.segment.entries[row]
    pair = (subject.entry, candidate) if question.is_request else (candidate, subject.entry)
    parts = {name: float(scores.parts[name][at]) for name in PARTS}
    weights = {name: float(scores.weights[name][at]) for name in PARTS}
    written = subject.written if question.is_request else read_words(candidate).written()
    terms = shared_terms(pair, part.likeness.shares(row, parts["text"]), parts["text"], written)
    applies = frozenset(name for name in PARTS if weights[name] > 0)
    codes = [code for code, mask in part.masks.items() if mask[row if len(mask) > 1 else 0]]
    return Match(
        id=candidate.id,
        score=float(scores.score[at]),
        parts=parts,
        weights=weights,
        terms=terms,
        reasons=Reasons(
            Pair(
                *pair, parts, applies, terms, question.settings, question.places, question.meaning is not None
            )
        ),
        blockers=(
            *(blocker(code, *pair) for code in codes),
            *question.more_blockers.get(candidate.id, ()),
        ),
    )
