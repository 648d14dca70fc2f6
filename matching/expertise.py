"""How well does a reviewer fit a proposal? By words, by strategy, by language; in points, with the reasons.

Words are compared as the engine of matches does: by word stems, and by the concepts of the field, which are
the same in six languages. The best-fitting pair of the call has all points for words. Knows nothing of loads,
conflicts or who is chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from matching.glossary import concepts_in, shipped_glossary
from matching.text import analyse

WORDS, STRATEGY, LANGUAGE, ELSEWHERE, OVERLAP = 500, 200, 200, 60, 40
"""Most points of each part; together 1000."""

_CONCEPT = 3.0
"""A shared concept of the field says as much as so many shared words."""

_LEVELS = {"low": 0.0, "medium": 0.6, "high": 1.0}
_UNSAID = 0.4
"""Of the points for strategy, where a reviewer never said how much they know of it."""

SHOWN = 3
"""Shared subjects that are named as a reason."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """id; what it says and in which language; the strategies it claims; the regions it is from."""

    id: str
    text: str
    language: str | None
    strategies: tuple[str, ...]
    regions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """id; what they know; the languages they read, best first; level by strategy; the regions they are of."""

    id: str
    text: str
    language: str | None
    languages: tuple[str, ...]
    levels: Mapping[str, str]
    regions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fit:
    """Points of each part, 0 or more, and what is shared: concept ids or words as written."""

    words: int
    strategy: int
    language: int
    elsewhere: int
    overlap: int
    shared: tuple[str, ...]

    @property
    def score(self) -> int:
        """All points, 0..1000."""
        return self.words + self.strategy + self.language + self.elsewhere + self.overlap


def fits(proposals: Sequence[Proposal], reviewers: Sequence[Reviewer]) -> dict[tuple[str, str], Fit]:
    """The fit of every pair, by (proposal, reviewer). The order of the rows does not matter."""
    asked = {one.id: _terms(one.text, one.language) for one in proposals}
    known = {one.id: _terms(one.text, one.language) for one in reviewers}
    rarity = _rarity([*asked.values(), *known.values()])
    said = {id_: _weighed(terms, rarity) for id_, terms in asked.items()}
    held = {id_: _weighed(terms, rarity) for id_, terms in known.items()}
    likeness = {(p, r): _cosine(said[p], held[r]) for p in said for r in held}
    best = max(likeness.values(), default=0.0) or 1.0
    turn = _turns([one.id for one in proposals], [one.id for one in reviewers])
    return {
        (p.id, r.id): Fit(
            words=round(WORDS * likeness[p.id, r.id] / best),
            strategy=round(STRATEGY * _strategy(p, r)),
            language=round(LANGUAGE * _language(p, r)),
            elsewhere=ELSEWHERE if p.regions and r.regions and not p.regions & r.regions else 0,
            overlap=OVERLAP if r.id in turn[p.id] else 0,
            shared=_shared(said[p.id], held[r.id], asked[p.id]),
        )
        for p in proposals
        for r in reviewers
    }


def subject(id_: str, language: str) -> str:
    """A shared subject as it reads: the term of a concept in a language, or the word itself."""
    if not id_.startswith("concept:"):
        return id_
    concept = shipped_glossary().concepts.get(id_.removeprefix("concept:"))
    return concept.label(language) if concept is not None else id_


def _terms(text: str, language: str | None) -> dict[str, tuple[float, str]]:
    """Token or concept -> how often (a concept counts more), and how it is written."""
    found: dict[str, tuple[float, str]] = {}
    for token, surface in analyse(text, language):
        n, written = found.get(token, (0.0, surface))
        found[token] = (n + 1.0, written)
    for id_, n in Counter(one.id for one in concepts_in(text, language)).items():
        found[f"concept:{id_}"] = (_CONCEPT * n, f"concept:{id_}")
    return found


def _rarity(pieces: Sequence[Mapping[str, object]]) -> dict[str, float]:
    held = Counter(token for piece in pieces for token in piece)
    return {token: log((1 + len(pieces)) / (1 + n)) + 1.0 for token, n in held.items()}


def _weighed(terms: Mapping[str, tuple[float, str]], rarity: Mapping[str, float]) -> dict[str, float]:
    weights = {token: (1.0 + log(max(n, 1.0))) * rarity[token] for token, (n, _) in terms.items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {token: weight / length for token, weight in sorted(weights.items())}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[token] for token, weight in one.items() if token in other)


def _shared(
    one: Mapping[str, float], other: Mapping[str, float], terms: Mapping[str, tuple[float, str]]
) -> tuple[str, ...]:
    both = sorted(
        (token for token in one if token in other), key=lambda token: (-one[token] * other[token], token)
    )
    return tuple(dict.fromkeys(terms[token][1] for token in both))[:SHOWN]


def _strategy(proposal: Proposal, reviewer: Reviewer) -> float:
    """The mean over the strategies claimed of what the reviewer said they know of each."""
    levels = [_LEVELS.get(reviewer.levels.get(code, ""), _UNSAID) for code in proposal.strategies]
    return sum(levels) / len(levels) if levels else _UNSAID


def _language(proposal: Proposal, reviewer: Reviewer) -> float:
    """All points for a language that they work in; none for one they do not."""
    return 1.0 if proposal.language is None or proposal.language in reviewer.languages else 0.0


def _turns(proposals: Sequence[str], reviewers: Sequence[str]) -> dict[str, frozenset[str]]:
    """A cyclic design: neighbours score together in turn, so that pairs meet and nobody stands apart."""
    people = sorted(reviewers)
    steps = (0, 1, 3)
    return {
        id_: frozenset(people[(place + step) % len(people)] for step in steps) if people else frozenset()
        for place, id_ in enumerate(sorted(proposals))
    }
