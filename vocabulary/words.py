"""How many words has a text, in any script?

A limit such as "at most 150 words" must ask the same of everybody. Where words are parted by spaces
they are counted as they stand. Chinese and Japanese are written without: two characters count as one
word, since a Chinese word has about two characters and a translation of 150 English words has about
250 to 300. Thai, Lao, Khmer and Burmese are written without spaces, too: four letters count as one.
"""

from __future__ import annotations

import unicodedata

_INSIDE_WORDS = frozenset("'’ʼ-‐‑_.@·־״׳")
_TWO_A_WORD = (
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_FOUR_A_WORD = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))


def count_words(text: str) -> int:
    """Number of words (0 or more) of a text in any script or mixture of scripts."""
    spaced: list[str] = []
    n_two = n_four = 0
    for character in text:
        point = ord(character)
        if _is_in(point, _TWO_A_WORD):
            n_two += 1
            spaced.append(" ")
        elif _is_in(point, _FOUR_A_WORD):
            n_four += not unicodedata.category(character).startswith("M")
            spaced.append(" ")
        else:
            spaced.append(" " if _parts_words(character) else character)
    n_spaced = sum(any(c.isalnum() for c in token) for token in "".join(spaced).split())
    return n_spaced + -(-n_two // 2) + -(-n_four // 4)


def _is_in(point: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return point >= ranges[0][0] and any(first <= point <= last for first, last in ranges)


def _parts_words(character: str) -> bool:
    """Spaces, punctuation and signs part words, but for those that stand inside them."""
    return (
        character not in _INSIDE_WORDS
        and unicodedata.category(character)[0] in "PSZC"
        and (unicodedata.category(character) != "Cf")
    )
