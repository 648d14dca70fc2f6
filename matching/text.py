"""Which words of a text count, in each of the six languages?

One seam, `analyse`: a text and its language go in, pairs of a token (what is compared) and its surface (the
word as it was written, for showing) come out in reading order. A better analyser replaces this file and
nothing else. Knows nothing of weights, fields or entries. Stemming: the Snowball algorithms
(snowballstem.org); language identification: py3langid.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import snowballstemmer
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from matching.arabic import without_joined
from matching.fixed_phrases import fixed_words
from matching.stop_words import CHINESE_CHARACTERS, CHINESE_COMPOUNDS, STOP_WORDS

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
ANALYSIS_VERSION = "3"
"""Raise it whenever the same text would give other tokens: fitted indexes name it."""

_SNOWBALL = {"ar": "arabic", "en": "english", "es": "spanish", "fr": "french", "ru": "russian"}
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_HAN_JOINING = re.compile(f"[{''.join(sorted(CHINESE_CHARACTERS))}]")
_COMPOUND_LENGTHS = sorted({len(word) for word in CHINESE_COMPOUNDS})
_ARABIC = re.compile(r"[\u0620-\u06ff]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_LATIN = re.compile(r"[a-z\u00df-\u024f]", re.IGNORECASE)
_ARABIC_LETTERS = str.maketrans("أإآٱةىؤئکی", "ااااهيويكي", "\u0640")
_SHORT_ENDING = 1
_LONGEST_WORD = 64
"""Letters; a longer run is no word, and the stemmers take time that grows with it."""
_SAMPLE = 500
"""Characters read to tell the language."""

_stemmers = threading.local()


def normalise(text: str) -> str:
    """Make equal texts equal: NFKC, no loose or invisible marks, control characters as spaces, plain digits.

    Letter case is kept, so that a word can still be shown as written.
    """
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", text).translate(_PLAIN)


class _Plain(dict[int, str]):
    """Character code to what stands for it in a normalised text; worked out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


_PLAIN = _Plain()


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Mn":  # vowel signs, and accents that no letter takes up: seldom written alike
        return ""
    if category == "Cf":  # joiners, soft hyphens, direction marks
        return " " if character == "\u200b" else ""
    if category in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
        return " "
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character


def identify(text: str) -> str:
    """Tell which of the six languages a text is in; "en" when it holds no letters of theirs.

    Script decides for Arabic, Chinese and Russian; among the languages in Latin letters a model of letter
    sequences does. It always answers, so the writer's own word goes before it.
    """
    sample = normalise(text[:_SAMPLE])
    n_letters = {
        "zh": 3
        * sum(len(run) for run in _HAN.findall(sample)),  # one character says as much as three letters
        "ar": len(_ARABIC.findall(sample)),
        "ru": len(_CYRILLIC.findall(sample)),
        "latin": len(_LATIN.findall(sample)),
    }
    script = max(n_letters, key=lambda name: n_letters[name])
    if n_letters[script] == 0:
        return "en"
    if script != "latin":
        return script
    return str(_identifier().classify(sample)[0])


@lru_cache(maxsize=1)
def _identifier() -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(["en", "es", "fr"])
    return identifier


def analyse(text: str, language: str | None = None) -> list[tuple[str, str]]:
    """Split a text into tokens.

    Parameters
    ----------
    text : str
        Any text, any length; may be empty.
    language : str or None
        Code of its language; None asks `identify`. For a code outside the six, words are compared as they
        stand: no stems, no stop words.

    Returns
    -------
    list of (token, surface)
        In reading order; empty when nothing but function words, signs and spaces is there.
    """
    language = language or identify(text)
    plain = normalise(text)
    fixed = fixed_words(plain, language)
    if not fixed:
        return _tokens(plain, language)
    tokens: list[tuple[str, str]] = []
    at = 0
    for start, (end, token) in fixed.items():
        tokens.extend(_tokens(plain[at:start], language))
        tokens.append((token, plain[start:end]))
        at = end
    return [*tokens, *_tokens(plain[at:], language)]


def _tokens(plain: str, language: str) -> list[tuple[str, str]]:
    """Those of a stretch of normalised text, word by word."""
    tokens_of = _TOKENS.setdefault(language, _Tokens(language))
    if plain.isascii() or not _HAN.search(plain):
        return [(token, word) for word in _WORD.findall(plain) if (token := tokens_of[word])]
    tokens: list[tuple[str, str]] = []
    for word in _WORD.findall(plain):
        if _HAN.search(word):
            tokens.extend(_mixed_word(word, language))
        elif token := tokens_of[word]:
            tokens.append((token, word))
    return tokens


class _Tokens(dict[str, str]):
    """Word as written to its token in one language, "" where it does not count; worked out when first met."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __missing__(self, word: str) -> str:
        token = _token(word.casefold(), self.language)
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[word] = token
        return token


_TOKENS: dict[str, _Tokens] = {}
_MOST_KEPT = 262_144


def _mixed_word(word: str, language: str) -> list[tuple[str, str]]:
    """Chinese has no spaces: a run is read as overlapping pairs, what stands between runs as words."""
    tokens: list[tuple[str, str]] = []
    at = 0
    for run in _HAN.finditer(word):
        tokens.extend(_other_script(word[at : run.start()], language))
        tokens.extend(pair for piece in _cut_at_joining(run.group()) for pair in _pairs(piece))
        at = run.end()
    tokens.extend(_other_script(word[at:], language))
    return tokens


def _cut_at_joining(run: str) -> Iterator[str]:
    """The stretches between characters that join words; one inside a word of its own (参与) does not cut."""
    start = 0
    for found in _HAN_JOINING.finditer(run):
        at = found.start()
        around = (
            run[first : first + n] for n in _COMPOUND_LENGTHS for first in range(max(0, at - n + 1), at + 1)
        )
        if CHINESE_COMPOUNDS.isdisjoint(around):
            yield run[start:at]
            start = at + 1
    yield run[start:]


def _other_script(word: str, language: str) -> list[tuple[str, str]]:
    token = _token(word.casefold(), language) if word else ""
    return [(token, word)] if token else []


def _pairs(run: str) -> list[tuple[str, str]]:
    if len(run) < 2:
        return [(run, run)] if run else []
    return [(run[at : at + 2], run[at : at + 2]) for at in range(len(run) - 1)]


@lru_cache(maxsize=262_144)
def _token(word: str, language: str) -> str:
    """The form a word is compared in; "" when it does not count. The script chooses the stemmer."""
    if len(word) > _LONGEST_WORD:
        return word[:_LONGEST_WORD]
    if language not in LANGUAGES:
        return word
    if _ARABIC.search(word):
        return _arabic(word)
    if _CYRILLIC.search(word):
        word = word.replace("ё", "е")
        return "" if word in STOP_WORDS["ru"] or len(word) < 2 else _stem(word, "ru")
    if word.isdigit():
        return word if len(word) > 1 else ""
    return _latin(word, language if language in ("en", "es", "fr") else "en")


def _latin(word: str, language: str) -> str:
    if len(word) < 2 or word in STOP_WORDS[language]:
        return ""
    decomposed = unicodedata.normalize("NFD", _stem(word, language))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _arabic(word: str) -> str:
    """One form for each letter (hamza seats, ta marbuta, alef maqsura), then the stem.

    "And" and the article are cut first: Snowball keeps them on letters so evened out.
    """
    word = word.translate(_ARABIC_LETTERS)
    if len(word) < 2 or word in STOP_WORDS["ar"]:
        return ""
    word = without_joined(word)
    stem = _stem(word, "ar")
    is_bare = len(word) - len(stem) <= _SHORT_ENDING  # a province (ولاية) is not "nor" (ولا) with an ending
    return "" if is_bare and stem in STOP_WORDS["ar"] else stem


def _stem(word: str, language: str) -> str:
    """Snowball's stemmers keep a cursor, so every thread has its own."""
    stemmer = getattr(_stemmers, language, None)
    if stemmer is None:
        stemmer = snowballstemmer.stemmer(_SNOWBALL[language])
        setattr(_stemmers, language, stemmer)
    return str(stemmer.stemWord(word)) or word
