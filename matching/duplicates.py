"""Could a text be the same as another one written in another language?

    likeness = root(covered share of the one * covered share of the other)

By words: a word is covered as far as a word of the other text may stand for it (`matching.lexicon`); shares
weigh each different word once. By meaning, where vectors of both are known: a sentence is covered as far as
the nearest sentence of the other text is near. It only points out: a person decides whether two are one.
"""

from __future__ import annotations

from collections.abc import Collection
from math import sqrt

import numpy as np

from matching.lexicon import translations
from matching.meaning import Vectors
from matching.text import LANGUAGES, analyse

SURE = 0.3
"""From this likeness on two texts may be one: docs/matching.md tells what that finds and misses."""
SURE_IN_MEANING = 0.5
"""The same by sentence vectors."""
FEWEST_WORDS = 3
"""Different words that count in either text: fewer cannot tell."""


def likeness_across(one: tuple[str, str], other: tuple[str, str]) -> float:
    """Tell how far two texts in two languages say the same.

    Parameters
    ----------
    one, other : (text, code of its language)

    Returns
    -------
    float in 0..1
        The same from both sides, to six digits; 0 where a language is none of the six, or the same.
    """
    (text, language), (other_text, other_language) = one, other
    if language == other_language or not {language, other_language} <= set(LANGUAGES):
        return 0.0
    ours = {token for token, _ in analyse(text, language)}
    theirs = {token for token, _ in analyse(other_text, other_language)}
    if min(len(ours), len(theirs)) < FEWEST_WORDS:
        return 0.0
    here = _covered(ours, language, theirs, other_language)
    there = _covered(theirs, other_language, ours, language)
    return round(sqrt(here * there), 6)


def likeness_in_meaning(one: Vectors, other: Vectors) -> float:
    """Tell how far two texts mean the same, from the vectors of their sentences.

    Parameters
    ----------
    one, other : float32 arrays of shape (n, d) and (m, d)
        Rows of length 1, centred by language (`matching.meaning.combine_models`).

    Returns
    -------
    float in 0..1
        The same from both sides, to six digits; 0 where either has no sentence.
    """
    if not len(one) or not len(other):
        return 0.0
    cosines = np.clip((one @ other.T).astype(np.float64), 0.0, 1.0)
    here, there = (float(cosines.max(axis=side).mean()) for side in (1, 0))
    return round(sqrt(here * there), 6)


def _covered(tokens: Collection[str], language: str, by: Collection[str], into: str) -> float:
    found = sum(
        any(other in by for other, _ in translations(token, language, into)) for token in sorted(tokens)
    )
    return found / len(tokens)
