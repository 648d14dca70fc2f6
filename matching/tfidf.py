"""How much does each word of an entry weigh? TF-IDF, fitted once and then frozen.

weight(t) = g(tf) * idf(t), scaled so that the squares of an entry's weights add up to 1, where
  tf     = sum over fields of field weight * number of times the word stands there
  g(tf)  = 1 + ln(tf) above 1, and tf up to 1 (a word said ten times is not ten times as much about it)
  idf(t) = ln((1 + N) / (1 + n(t))) + 1, N entries fitted, n(t) of them with the word; an unseen word has n
  = 0.

Fitting again would move every score, so scores are comparable inside one fitted version only, and a new
entry is weighed with the frozen idf. Method: Salton and Buckley 1988; smoothing as in scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import log, sqrt

from matching.facts import EntryFacts
from matching.settings import MatchingSettings
from matching.text import ANALYSIS_VERSION, analyse, identify


@dataclass(frozen=True, slots=True)
class TermModel:
    """Frozen knowledge of how common each word is.

    Attributes
    ----------
    n_entries : int
        Entries that were fitted.
    frequencies : mapping of token to int
        In how many of them a token stands, 1..n_entries.
    version : str
        Name of this fit; equal texts and equal analysis give an equal name.
    """

    n_entries: int
    frequencies: Mapping[str, int]
    version: str

    def idf(self, token: str) -> float:
        """Weight of a token by rarity: 1 when every entry has it, highest for one never seen."""
        return log((1 + self.n_entries) / (1 + self.frequencies.get(token, 0))) + 1.0


def language_of(entry: EntryFacts) -> str:
    """The language an entry says it is in, or the one its texts read like."""
    return entry.language or identify(" ".join(text for _, text in passages(entry)))


def passages(entry: EntryFacts) -> list[tuple[str, str]]:
    """Every (field, passage) of an entry; fields in the order of their names, so that order never matters."""
    return [(name, text) for name in sorted(entry.texts) for text in entry.texts[name]]


def count_tokens(entry: EntryFacts, settings: MatchingSettings) -> dict[str, float]:
    """Weighted count of each token of an entry, above 0; empty when no word counts."""
    language = language_of(entry)
    counts: dict[str, float] = {}
    for field, text in passages(entry):
        weight = settings.field_weights.get(field, 1.0)
        for token, n in Counter(token for token, _ in analyse(text, language)).items():
            counts[token] = counts.get(token, 0.0) + weight * n
    return counts


def fit(counts: Iterable[Mapping[str, float]]) -> TermModel:
    """Count in how many entries each token stands, from the results of `count_tokens`."""
    frequencies: Counter[str] = Counter()
    n_entries = 0
    for tokens in counts:
        frequencies.update(tokens.keys())
        n_entries += 1
    digest = sha256(f"{ANALYSIS_VERSION}\n{n_entries}\n".encode())
    for token in sorted(frequencies):
        digest.update(f"{token}\t{frequencies[token]}\n".encode())
    return TermModel(n_entries, dict(frequencies), digest.hexdigest()[:16])


def weigh(counts: Mapping[str, float], model: TermModel) -> dict[str, float]:
    """Turn counts into a vector of length 1, tokens in alphabetical order; empty stays empty.

    Parameters
    ----------
    counts : mapping of token to float above 0
        From `count_tokens`.
    model : TermModel

    Returns
    -------
    dict of token to float in 0..1
        Tokens the model has never seen are kept, at the highest idf.
    """
    raw = {token: _damped(counts[token]) * model.idf(token) for token in sorted(counts)}
    length = sqrt(sum(weight * weight for weight in raw.values()))
    return {token: weight / length for token, weight in raw.items()}


def _damped(count: float) -> float:
    return 1.0 + log(count) if count > 1.0 else count
