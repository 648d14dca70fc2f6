"""Which letters before an Arabic word belong to it, and which join it to others?

"And" (و) is written as one with the word after it, and many words begin with the same letter (وطن, home
country; وثيقة, document): cutting it from those would part a word from the same word with an article. Data
and rules only; letters are given as `matching.text` evens them out (ا for every hamza seat, ه for ta marbuta,
ي for alef maqsura).
"""

from __future__ import annotations

import re

from matching.stop_words import words

ARTICLES = ("بال", "كال", "فال", "ال", "لل")
_AND = "و"
_LEAST_LEFT = 3
"""Letters of a word that must be left after "and"."""

_OWN_WAW = words(
    """
    واجب واجه واحد واحه واد وارث وارد وارسو واسع واسط واشنطن واضح واعد واقع واقي والت والد وباء وباي
    وبر وتد وتر وتير وثايق وثق وثيق وجب وجبات وجد وجدان وجه وجوب وجود وحد وحدات وحده وحش وحوش وحي
    وحيد وداع ودي وديان وديع ورث ورد ورش ورق ورم وزار وزاري وزراء وزع وزن وزير وسام وساطه وسايط
    وسايل وسط وسع وسيط وسيل وشيك وصايه وصف وصل وصول وصي وضع وضعي وضوح وطن وطني وظايف وظف وظيف وعاء
    وعد وعر وعظ وعود وعي وفا وفاء وفد وفر وفود وفير وقاء وقاي وقت وقتي وقع وقف وقود وقوع وقوف وكال
    وكالات وكلاء وكيل ولاده ولاء ولاي ولد وليد وهب وهم وويلز ويكيبيديا
    """
)
"""Words that begin with the letter themselves, without their endings."""

_ENDING = (
    "(?:ا|ه|ي|ت|ك|ات|ان|ين|ون|وا|نا|ها|هم|ته|يه|يا|يات|يون|يين|تين|تان|اته|اتها|اتهم|تها|تهم|هما|ا?ء|ايه)?"
)
_IS_OWN = re.compile(f"(?:{'|'.join(sorted(_OWN_WAW))}){_ENDING}")


def without_joined(word: str) -> str:
    """A word without "and" and without the article, where they are not its own first letters."""
    if word.startswith(_AND) and len(word) > _LEAST_LEFT and not _IS_OWN.fullmatch(word):
        word = word[1:]
    article = next((start for start in ARTICLES if word.startswith(start)), "")
    return word[len(article) :] if len(word) - len(article) >= 2 else word
