"""What do the words of a piece come to in another language?

A pair in two languages shares few words as they stand, so the words of the one that asks are read in the
language of the other:

    q'(u) = ACROSS * sum over words t of q(t) * T(t, u)

where T is how likely u stands for t (`matching.lexicon`). The product with the other side's weights is then
the same sum from either side, since T is. Names, numbers and words that are written alike stand for
themselves. Knows nothing of entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from matching.lexicon import translations

ACROSS = 1.3
"""What a product across languages is worth beside one within a language.

Words lose likelihood in translation, and some have none; without this a list of several languages would fill
with one's own. Measured on one pool of five languages (docs/performance.md).
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One piece over the tokens of a segment: number of a token to its weight, and which words it came from.

    `origins` is empty where the piece is read as it stands: every token then comes from itself.
    """

    weights: Mapping[int, float]
    origins: Mapping[int, tuple[tuple[str, float], ...]]


def read_across(
    weights: Mapping[str, float], language: str, into: str, numbers: Mapping[str, int]
) -> Reading:
    """Read a piece in another language.

    Parameters
    ----------
    weights : mapping of token to float above 0
        The piece's own words.
    language, into : str
        Of the piece, and of the entries it is compared with.
    numbers : mapping of token to int
        The tokens that stand in any of those entries.
    """
    found: defaultdict[int, list[tuple[str, float]]] = defaultdict(list)
    for token, weight in weights.items():
        for other, likely in translations(token, language, into):
            number = numbers.get(other)
            if number is not None:
                found[number].append((token, ACROSS * weight * likely))
    origins = {number: tuple(come) for number, come in found.items()}
    return Reading({number: sum(w for _, w in come) for number, come in origins.items()}, origins)
