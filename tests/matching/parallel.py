"""The platform's own texts in six languages, and how well concepts alone find a text's translations."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from matching.glossary import concepts_in
from matching.text import LANGUAGES

DATA = Path(__file__).resolve().parents[2] / "seed" / "data"
NAMES = {"countries", "currencies", "languages", "regions", "un_groups"}
"""Vocabularies of names: no concepts in them."""
Texts = Mapping[str, str]


def vocabulary_texts(part: str | None = None, names: list[str] | None = None) -> dict[str, Texts]:
    """Vocabulary and code to the item's texts by language: one part of it ("labels"), or all joined."""
    texts: dict[str, Texts] = {}
    for path in sorted(DATA.glob("*.json")):
        if path.stem in NAMES or (names is not None and path.stem not in names):
            continue
        for item in json.loads(path.read_text(encoding="utf-8")).get("items", ()):
            pieces = list(_in_six_languages(item if part is None else item[part]))
            texts[f"{path.stem}/{item['code']}"] = {
                language: "\n".join(piece[language] for piece in pieces) for language in LANGUAGES
            }
    return texts


def _in_six_languages(content: Any) -> Iterator[Texts]:
    if isinstance(content, dict):
        if set(LANGUAGES) <= set(content):
            yield content
            return
        for value in content.values():
            yield from _in_six_languages(value)
    elif isinstance(content, list):
        for value in content:
            yield from _in_six_languages(value)


def shared_terms(texts: Texts) -> set[str]:
    """The concepts that a text names in all six languages."""
    return set.intersection(
        *({item.id for item in concepts_in(text, language, nested=True)} for language, text in texts.items())
    )


@dataclass(frozen=True, slots=True)
class Ranks:
    """The place of each text's translation among all texts of the other language, best 1; ties share."""

    places: tuple[float, ...]

    def at(self, n: int) -> float:
        """Share of the translations among the first n."""
        return sum(place <= n for place in self.places) / len(self.places)


def ranks(texts: Mapping[str, Texts]) -> Ranks:
    """Ask with every text in every language for its translations, by cosine over concepts."""
    counts = {
        (name, language): Counter(item.id for item in concepts_in(text[language], language, nested=True))
        for name, text in texts.items()
        for language in LANGUAGES
    }
    n_texts = Counter(concept for found in counts.values() for concept in found)
    vectors = {key: _unit(found, n_texts, len(counts)) for key, found in counts.items()}
    places = []
    for here, there in permutations(LANGUAGES, 2):
        for name in texts:
            query = vectors[name, here]
            scores = {other: _dot(query, vectors[other, there]) for other in texts}
            better = sum(score > scores[name] for score in scores.values())
            equal = sum(score == scores[name] for score in scores.values()) - 1
            places.append(1 + better + equal / 2 if scores[name] else math.inf)
    return Ranks(tuple(places))


def _unit(found: Counter[str], n_texts: Counter[str], n: int) -> dict[str, float]:
    weights = {
        concept: (1 + math.log(count)) * math.log(1 + n / n_texts[concept])
        for concept, count in found.items()
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {concept: round(weight / length, 12) for concept, weight in weights.items()}


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return round(sum(weight * other.get(concept, 0.0) for concept, weight in one.items()), 12)
