"""Which words of another language may a word stand for?

A lexicon of single words in six languages, as `matching.text` compares them. `data/lexicon/fr.tsv` and so on
give each token of a language the English tokens it may mean, with how likely each is; English tokens stand
for themselves, and so does a word that no lexicon knows: a name, a number, a term written alike. Learnt from
the nearness of single words in a sentence model and from our glossary: docs/glossary.md tells how. Reads
shipped files, once for each language; knows nothing of entries or weights.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from matching.text import LANGUAGES

FOLDER = Path(__file__).resolve().parent / "data" / "lexicon"
PIVOT = "en"
LEAST = 0.2
"""A translation less likely than this is left out."""

Meanings: TypeAlias = tuple[tuple[str, float], ...]


@lru_cache(maxsize=65_536)
def translations(token: str, language: str, into: str) -> Meanings:
    """Tell which tokens of another language a token may stand for.

    Parameters
    ----------
    token : str
        As `matching.text.analyse` gives it.
    language, into : str
        Codes of the six languages; nothing is known of others, where a token stands for itself alone.

    Returns
    -------
    tuple of (token, float in 0..1)
        The likeliest first, ties by token: forms and synonyms, the same from the other side.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for concept, likely in _concepts(token, language):
        for other, as_likely in _tokens(concept, into):
            found[other] += likely * as_likely
    ordered = sorted(((-round(value, 6), other) for other, value in found.items() if value >= LEAST))
    return tuple((other, -value) for value, other in ordered)


def _concepts(token: str, language: str) -> Meanings:
    return _lexicon(language).get(token) or ((token, 1.0),)


def _tokens(concept: str, language: str) -> Meanings:
    """The tokens of a language for an English one; the same word, unless it means something else there."""
    itself = () if concept in _lexicon(language) else ((concept, 1.0),)
    return (*itself, *_turned(language).get(concept, ()))


@lru_cache(maxsize=len(LANGUAGES))
def _lexicon(language: str) -> Mapping[str, Meanings]:
    if language == PIVOT or language not in LANGUAGES:
        return {}
    lines = (FOLDER / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return {token: _meanings(said) for token, _, said in (line.partition("\t") for line in lines)}


def _meanings(said: str) -> Meanings:
    """Read "habitat 60 environ 40"."""
    words = said.split()
    return tuple(
        (concept, int(percent) / 100) for concept, percent in zip(words[::2], words[1::2], strict=True)
    )


@lru_cache(maxsize=len(LANGUAGES))
def _turned(language: str) -> Mapping[str, Meanings]:
    """English token to the tokens of a language that may mean it."""
    turned: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for token, meanings in _lexicon(language).items():
        for concept, likely in meanings:
            turned[concept].append((token, likely))
    return {concept: tuple(tokens) for concept, tokens in turned.items()}
