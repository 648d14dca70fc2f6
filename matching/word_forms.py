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
        "en": "a an and at by for from of or s the to with",
        "es": "a al con de del e el entre la las lo los o para por sobre u un una y",
        "fr": "a au aux avec d dans de des du et l la le les ou par pour s sur un une à",
        "ru": "в во для до и из или к ко на о об от по с со",
    }.items()
}
"""Words that may come and go inside a term."""
_NO_MORE = ("", "")
_LONGEST_ENDING = 3
_ARABIC_LETTERS = str.maketrans("أإآٱةى", "ااااهي")
_ARABIC_STARTS = tuple(
    and_ + rest for and_ in ("", "و") for rest in ("", "ال", "بال", "كال", "فال", "لل", "ب", "ل", "ك", "ف")
)
"""What may stand before a word: and, a preposition, the article."""
ARABIC_PREFIXES = "بلكف"
_SHORT_ARABIC, _SHORT_SPANISH = 3, 5
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
    """The runs of tokens that stand for a term, its own first; none where it has but joining words."""
    words = words_of(plain_text(term), language)
    if not words:
        return []
    more = {"ar": _arabic_tokens, "ru": _russian_tokens}.get(language, _own_token)
    return list(dict.fromkeys(product(*(more(word) for word in words))))


def _own_token(word: Word) -> tuple[str, ...]:
    return (word.token,)


def _russian_tokens(word: Word) -> tuple[str, ...]:
    """Of a feminine noun in -ка, too, whose genitive plural takes up a vowel: оценка, оценок."""
    token = word.token
    if len(token) < 4 or token[-1] != "к" or token[-2] in "аеиоуыэюяйь":
        return (token,)
    vowel = "е" if token[-2] in "жчш" else "о"
    return (token, f"{token[:-1]}{vowel}к")


def _arabic_tokens(word: Word) -> tuple[str, ...]:
    """Of the plural in -at and of the word behind an article, too, whose stems may differ."""
    surface = word.surface
    others = [f"ال{surface}"] if not surface.startswith("ال") else []
    if surface.endswith("ة"):
        others.append(f"{surface[:-1]}ات")
    return (word.token, *(token for other in others for token, _ in analyse(other, "ar")))


@lru_cache(maxsize=65_536)
def is_form(written: str, term: str, language: str) -> bool:
    """Is one word, case-folded, a form of the other? Stems alone take what is indicated for an indicator.

    English, French and Spanish: number, gender, and -al. Arabic: the term whole, with an ending of number,
    relation or possession. Russian: no more than three letters differ at the end.
    """
    if language == "ar":
        return _is_arabic_form(written, term)
    if language == "ru":
        written, term = written.replace("ё", "е"), term.replace("ё", "е")
        return max(len(written), len(term)) - n_alike(written, term) <= _LONGEST_ENDING
    one, other = _BASES[language](written), _BASES[language](term)
    return one == other or (language == "en" and one in (f"{other}al", f"{other.removesuffix('e')}al"))


def _is_arabic_form(written: str, term: str) -> bool:
    core = term.translate(_ARABIC_LETTERS).removeprefix("ال")
    stem = core.removesuffix("ه")
    endings = _ARABIC_ENDINGS[stem != core, len(stem) > _SHORT_ARABIC]
    word = written.translate(_ARABIC_LETTERS)
    starts = (start for start in _ARABIC_STARTS if word.startswith(start + stem))
    return any(word[len(start + stem) :] in endings for start in starts)


def _english_base(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _french_base(word: str) -> str:
    """Accents count: la mer, la mère."""
    word = word.rstrip("sx") if len(word) > 3 else word
    word = f"{word[:-2]}al" if word.endswith("au") and not word.endswith("eau") else word
    for feminine, masculine in (("trice", "teur"), ("euse", "eur"), ("ive", "if"), ("enne", "en")):
        if word.endswith(feminine):
            return word.removesuffix(feminine) + masculine
    return word.removesuffix("e")


def _spanish_base(word: str) -> str:
    """La costa, el costo: the gender counts in short words."""
    letters = unicodedata.normalize("NFD", word)
    word = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if word.endswith("ces"):
        return f"{word[:-3]}z"
    word = word.removesuffix("s")
    if len(word) > _SHORT_SPANISH and word.endswith("a"):
        return word.removesuffix("a") if word.endswith("ora") else f"{word[:-1]}o"
    return word.removesuffix("e")


_BASES = {"en": _english_base, "es": _spanish_base, "fr": _french_base}


def n_alike(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
