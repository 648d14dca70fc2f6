"""Which weights and thresholds make a match? All of them, under one version.

Weights are ours, set by judgement until accepted and declined matches teach better ones; docs/matching.md
says what each does. Whoever changes one gives the settings a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PARTS = ("text", "meaning", "support", "needs", "place", "language", "time", "money")
"""Names of the parts of a score, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """Every number of the engine that somebody might want to change.

    Attributes
    ----------
    part_weights : mapping of part to float, 0 or more
        Only their ratios count: the weights of the parts that apply are scaled to add up to 1.
    field_weights : mapping of field name to float, above 0
        How often one word of this field counts; a field not named counts once.
    tag_weights : mapping of vocabulary to float, above 0
        How much one code that the request names weighs in the part `needs`.
    related_need : float in 0..1
        What a parent or a child of a need is worth, where the need itself is 1.
    essential_weight : float, 1 or more
        How much an essential type of support weighs, where another is 1.
    reach_weights : mapping of level to float in 0..1
        What an offer's reach is worth by how closely it names the request's place.
    words_across_languages : float in 0..1
        Share of its weight that the part `text` keeps between two languages where their meaning is compared
        (names and numbers still count); the rest goes to `meaning`. Measured: 0 puts one's own language last,
        1 lists hardly another.
    n_terms_in_reason : int
        Shared words named in the sentence; the list of terms always holds all.
    """

    version: str = "2026-3"
    part_weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "text": 0.40,
            "meaning": 0.25,
            "support": 0.20,
            "needs": 0.18,
            "place": 0.10,
            "language": 0.04,
            "time": 0.03,
            "money": 0.05,
        }
    )
    field_weights: Mapping[str, float] = field(
        default_factory=lambda: {"title": 2.0, "need": 1.5, "tags": 1.5, "conditions": 0.5}
    )
    tag_weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "need": 1.0,
            "initiative": 1.0,
            "deliverable": 1.0,
            "category": 0.5,
            "ecosystem": 0.5,
        }
    )
    related_need: float = 0.5
    essential_weight: float = 2.0
    reach_weights: Mapping[str, float] = field(
        default_factory=lambda: {"same": 1.0, "region": 0.9, "scope": 0.8, "global": 0.7, "within": 0.5}
    )
    words_across_languages: float = 0.8
    n_terms_in_reason: int = 5

    def __post_init__(self) -> None:
        unknown = sorted(set(self.part_weights) - set(PARTS))
        if unknown:
            raise ValueError(f"part_weights: {', '.join(unknown)} is no part of a score")
        if any(weight < 0 for weight in self.part_weights.values()) or not any(self.part_weights.values()):
            raise ValueError("part_weights: every weight is 0 or more, and one is above 0")
        if any(weight <= 0 for weight in [*self.field_weights.values(), *self.tag_weights.values()]):
            raise ValueError("field_weights and tag_weights: every weight is above 0")
        if not 0.0 <= self.words_across_languages <= 1.0:
            raise ValueError("words_across_languages lies between 0 and 1")


DEFAULT_SETTINGS = MatchingSettings()
