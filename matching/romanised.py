"""Could two names written in two scripts be one and the same?

A name is brought to Latin letters (anyascii's tables; Chinese by pinyin), then to a form in which the ways
of writing one sound fall together: Yuri, Jurij and Юрий; Hussein, Husain and حسين. Arabic writes no short
vowels, so beside it only consonants are compared. Knows nothing of people or bodies: a person decides.
Not covered: Japanese names in Chinese characters, which pinyin reads wrongly; names that are translated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz

SURE_BY_SOUND = 0.85
"""From this likeness on two names in two scripts may be one: docs/matching.md tells what that finds."""

_SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "CJK", "HANGUL", "HIRAGANA", "KATAKANA", "GREEK")
FEWEST_LETTERS = 4
"""Letters of either name that are heard, at least: fewer cannot tell by themselves."""
_MOST_WORDS = 6
_MOST = 0.95
"""No likeness by sound alone is higher."""

_SYLLABLE = re.compile(r"[A-Z][a-z']*")
_ARABIC_ARTICLE = re.compile(r"\bال(?=\w{3})")
_ARABIC_SERVANT = re.compile(r"\bعبد\s+(?:ال)?")
_LATIN_SERVANT = re.compile(r"\babd\s*(?:[aeuo][lrnsz](?:[\s-]|(?=[a-z]{3})))?[\s-]*")
_LATIN_ARTICLE = re.compile(r"\b(?:al|el|ul|as|ar|an|ad|at)[\s-]+")

_SOUNDS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"[`'’ʹʼ-]", ""),
        (r"shch|schtsch|tsch", "ch"),
        (r"dsch|dzh|dj|chzh|zh", "Z"),
        (r"tch", "ch"),
        (r"kh|ch(?=[lr])", "h"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"dh", "d"),
        (r"gh", "g"),
        (r"tz|ts|cz", "c"),
        (r"ck|q|c(?=[aouklrt])|c$", "k"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"ou|oo|[yj]u|iu", "u"),
        (r"[yj]a|ia", "a"),
        (r"[yj]e|ie|ee|yo|io", "e"),
        (r"[yji]+", "i"),
        (r"z", "s"),
        (r"(.)\1+", r"\1"),
    )
)
"""Ways of writing one sound, and what is put for each; in this order."""
_CONSONANTS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"[`'’ʹʼ-]", ""),
        (r"ph", "f"),
        (r"kh|x", "h"),
        (r"sh|ch", "S"),
        (r"gh|dj|j|g", "j"),
        (r"th|t", "t"),
        (r"dh|d", "d"),
        (r"ck|q|c", "k"),
        (r"z", "s"),
        (r"v", "f"),
        (r"p", "b"),
        (r"h\b", ""),
        (r"[aeiouyw]+", ""),
        (r"(.)\1+", r"\1"),
    )
)
"""The same for names beside Arabic ones: what is left are the consonants that every spelling keeps."""


@lru_cache(maxsize=65_536)
def script_of(name: str) -> str:
    """The script that most letters of a name are written in, "" where there is none: "LATIN", "CJK"."""
    found: dict[str, int] = {}
    for character in name:
        if character.isalpha():
            script = unicodedata.name(character, "").partition(" ")[0]
            found[script] = found.get(script, 0) + 1
    return max(sorted(found), key=lambda script: found[script], default="")


def likeness_by_sound(one: str, other: str, *, fewest: int = FEWEST_LETTERS) -> float:
    """Tell how alike two names sound that are written in two scripts.

    Parameters
    ----------
    one, other : str
        Names, in lower case, with no signs but spaces and hyphens, words in any order.
    fewest : int, 1 or more
        Letters (consonants beside Arabic) that either must have: less for a word of a longer name.

    Returns
    -------
    float in 0..0.95
        The same from both sides, to six digits; 0 where both are in one script, or too short to tell.
    """
    scripts = script_of(one), script_of(other)
    if scripts[0] == scripts[1] or "" in scripts:
        return 0.0
    if "ARABIC" in scripts:
        return _likeness(_consonants(one), _consonants(other), fewest)
    if "CJK" in scripts:
        return _syllables_alike(_sounds(one), _sounds(other), fewest)
    return _likeness(_sounds(one), _sounds(other), fewest)


def _likeness(ours: Sequence[str], theirs: Sequence[str], fewest: int) -> float:
    if min(len("".join(ours)), len("".join(theirs))) < fewest:
        return 0.0
    straight = fuzz.ratio(" ".join(ours), " ".join(theirs))
    sorted_ = fuzz.ratio(" ".join(sorted(ours)), " ".join(sorted(theirs)))
    joined = fuzz.ratio("".join(ours), "".join(theirs))
    return round(_MOST * max(straight, sorted_, joined) / 100, 6)


def _syllables_alike(ours: Sequence[str], theirs: Sequence[str], fewest: int) -> float:
    """Syllables of Chinese are few and near to each other: all have to be there, the family name anywhere."""
    if len("".join(ours)) < fewest:
        return 0.0
    is_alike = "".join(ours) in _turned(theirs) or "".join(theirs) in _turned(ours)
    return _MOST if is_alike else 0.0


def _turned(words: Sequence[str]) -> set[str]:
    """The words from each of them on, joined: weizhang, zhangwei."""
    starts = range(min(len(words), _MOST_WORDS))
    return {"".join((*words[at:], *words[:at])) for at in starts}


@lru_cache(maxsize=65_536)
def _sounds(name: str) -> tuple[str, ...]:
    return tuple(sound for word in _latin_words(name) if (sound := _written(word, _SOUNDS)))


@lru_cache(maxsize=65_536)
def _consonants(name: str) -> tuple[str, ...]:
    name = _ARABIC_ARTICLE.sub("", _ARABIC_SERVANT.sub("عبد", name.replace("ظ", "ز")))
    latin = " ".join(_latin_words(name))
    latin = _LATIN_ARTICLE.sub("", _LATIN_SERVANT.sub("abd", latin))
    return tuple(sound for word in latin.split() if (sound := _written(word, _CONSONANTS)))


def _latin_words(name: str) -> list[str]:
    """A word that is not in Latin letters is one word; every Chinese character is one."""
    words: list[str] = []
    for word in name.replace("-", " ").split():
        latin = anyascii(word)
        pieces = _SYLLABLE.findall(latin) if script_of(word) in ("CJK", "HANGUL") else [latin]
        words.extend(piece.casefold() for piece in pieces)
    return words


def _written(word: str, rules: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for pattern, to in rules:
        word = pattern.sub(to, word)
    return word
