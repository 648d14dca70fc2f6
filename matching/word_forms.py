"""Which words of a text could be a form of a term's words?

Tokens of `matching.text` conflate freely, which serves ranking; a term found in a text is shown to people,
so here a stem must also look like a form of the word. Knows nothing of concepts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import product, takewhile

from matching.text import analyse, normalise

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_JOINING = {
    language: frozenset(words.split())
    for language, words in {
        "ar": "أو إلى في على عن من و",
        "en": "a an and at by for from in of on or s the to with",
        "es": "a al con de del e el en entre la las lo los o para por sobre u un una y",
        "fr": "a au aux avec d dans de des du en et l la le les ou par pour s sur un une à",
        "ru": "в во для до и из или к ко на о об от по с со",
    }.items()
}
"""Words that may come and go inside a term."""
_NO_MORE = ("", "")
_LONGEST_ENDING = 3
_ARABIC_LETTERS = str.maketrans("أإآٱةى", "ااااهي")
_ARABIC_START = re.compile(r"^و?(?:[بكفل]?ال|لل|[بلكف](?=....))(?=...)|^و(?=....)")
ARABIC_PREFIXES = "بلكف"
_SHORT_ARABIC = 3
_ARABIC_ENDINGS = {
    (is_feminine, is_long): frozenset(
        (
            "ه ات ته تها تهم تنا اته اتها اتهم" if is_feminine else " ا ات ون ين ان ها هم نا اته اتها اتهم"
        ).split(" ")
    )
    | frozenset(("ي", "يه", "يا") if is_long else ())
    for is_feminine in (True, False)
    for is_long in (True, False)
}
"""Whether a term ends in ta marbuta, and is longer than three letters, to what may follow it."""


@dataclass(frozen=True, slots=True)
class Word:
    token: str
    surface: str
    start: int
    end: int


def plain_text(text: str) -> str:
    """The text that positions refer to: normalised until nothing changes."""
    return normalise(normalise(text))


def words_of(plain: str, language: str) -> list[Word]:
    """The words of a text with where they stand, but for those that join; Chinese is passed over.

    A word that analysis leaves out stands as it is written: "least developed" is not "developing".
    """
    spaced = HAN.sub(lambda run: " " * len(run.group()), plain)
    joining = _JOINING.get(language, frozenset())
    analysed = iter(analyse(spaced, language))
    token, surface = next(analysed, _NO_MORE)
    words = []
    for word in _WORD.finditer(spaced):
        written = word.group()
        if written == surface:
            words.append(Word(token, written, word.start(), word.end()))
            token, surface = next(analysed, _NO_MORE)
        elif written.casefold() not in joining:
            words.append(Word(written.casefold().removeprefix("ال"), written, word.start(), word.end()))
    return words


def keys_of(term: str, language: str) -> list[tuple[str, ...]]:
    """The runs of tokens that stand for a term; none where nothing but joining words is in it."""
    tokens = [word.token for word in words_of(plain_text(term), language)]
    if not tokens:
        return []
    if language != "ru":
        return [tuple(tokens)]
    return [tuple(key) for key in product(*(_russian_forms(token) for token in tokens))]


def _russian_forms(token: str) -> tuple[str, ...]:
    """Stems of a feminine noun in -ка, whose genitive plural takes up a vowel: оценка, оценок."""
    if len(token) < 4 or token[-1] != "к" or token[-2] in "аеиоуыэюяйь":
        return (token,)
    vowel = "е" if token[-2] in "жчш" else "о"
    return (token, f"{token[:-1]}{vowel}к")


@lru_cache(maxsize=65_536)
def is_form(written: str, term: str, language: str) -> bool:
    """Is one word a form of the other? Stems alone would take an index for what is indicated.

    At most three letters differ at the end; in Arabic the term stands whole in its form, with an ending of
    number, relation or possession.
    """
    if language == "ar":
        whole, core = (_ARABIC_START.sub("", word.translate(_ARABIC_LETTERS)) for word in (written, term))
        stem = core.removesuffix("ه")
        endings = _ARABIC_ENDINGS[stem != core, len(stem) > _SHORT_ARABIC]
        return whole.startswith(stem) and whole[len(stem) :] in endings
    one, other = _without_accents(written), _without_accents(term)
    return max(len(one), len(other)) - n_alike(one, other) <= _LONGEST_ENDING


def _without_accents(word: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter)
    )


def n_alike(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
