"""Which words mean something else where they stand beside certain others?

A developed country is the opposite of a developing one, yet both share their stem with each other and with
all development. Beside a country such a word becomes one token of its own, the same in the six languages, so
that it is shared across them too. Everywhere else it is the word it was: what was developed is development.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DEVELOPED, DEVELOPING, LEAST = "developed_country", "developing_country", "least_developed_country"
"""Tokens that no word can be: they hold a sign that parts words."""


def _pattern(*ways: str) -> re.Pattern[str]:
    return re.compile("|".join(ways), re.IGNORECASE)


_EN_BESIDE = (
    r"(?=(?:[\s,/-]+(?:and|or|least|developed|developing|island|member)){0,4}[\s-]+"
    r"(?:countr(?:y|ies)|nations?|states?|econom(?:y|ies)|world|regions?)\b)"
)
_FR_LAND = r"\b(?:pays|états?|nations?|économies?|régions?)(?:\s+insulaires)?\s+"
_ES_LAND = r"\b(?:países|país|estados?|naciones|economías?|regiones)(?:\s+insulares)?\s+"
_RU_LAND = r"(?=(?:\s+островн\w+)?\s+(?:стран|государств|экономик|регион|мир)\w*)"
_AR_LAND = (
    r"\b[وف]?(?:ال|لل|بال|كال)?(?:بلدان|بلاد|دول|دولة|بلد|اقتصادات|مناطق)\s+"
    r"(?:الجزرية\s+)?(?:الصغيرة\s+)?"
)

_PHRASES: Mapping[str, re.Pattern[str]] = {
    "en": _pattern(
        rf"(?<=least\s)(?P<least>developed){_EN_BESIDE}",
        rf"\b(?P<developed>developed){_EN_BESIDE}",
        rf"\b(?P<developing>developing){_EN_BESIDE}",
    ),
    "fr": _pattern(
        rf"{_FR_LAND}en\s+(?:voie\s+de\s+)?(?P<developing>développement)\b",
        rf"{_FR_LAND}les\s+moins\s+(?P<least>avancés|développés|avancées|développées)\b",
        rf"{_FR_LAND}(?P<developed>développée?s?)\b",
    ),
    "es": _pattern(
        rf"{_ES_LAND}en\s+(?:vías\s+de\s+)?(?P<developing>desarrollo)\b",
        rf"{_ES_LAND}menos\s+(?P<least>adelantad[oa]s|desarrollad[oa]s)\b",
        rf"{_ES_LAND}(?P<developed>desarrollad[oa]s?)\b",
    ),
    "ru": _pattern(
        rf"(?<=наименее\s)(?P<least>развит(?:ые|ых|ым|ыми|ая|ой|ую|ый|ого|ому|ое)){_RU_LAND}",
        rf"\b(?P<developed>развит(?:ые|ых|ым|ыми|ая|ой|ую|ый|ого|ому|ое)){_RU_LAND}",
        rf"\b(?P<developing>развивающ\w+){_RU_LAND}",
    ),
    "ar": _pattern(
        rf"{_AR_LAND}(?P<developing>(?:ال)?نامية)\b",
        rf"{_AR_LAND}(?:ال)?[أا]قل\s+(?P<least>نمو[اى]?)\b",
        rf"{_AR_LAND}(?P<developed>(?:ال)?متقدمة)\b",
    ),
    "zh": _pattern(
        r"(?P<least>最不发达)(?=国家)",
        r"(?<!不)(?P<developed>发达)(?=国家|经济体|世界|地区)",
        r"(?P<developing>发展中)(?=国家|经济体|世界|地区|小岛屿)",
    ),
}
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "en": ("develop",),
    "fr": ("développ", "avancé"),
    "es": ("desarroll", "adelantad"),
    "ru": ("разви",),
    "ar": ("نامية", "متقدمة", "نمو"),
    "zh": ("发达", "发展中"),
}
"""What any such phrase holds: most texts hold none of it, and are not searched."""
_TOKENS = {"developed": DEVELOPED, "developing": DEVELOPING, "least": LEAST}


def fixed_words(plain: str, language: str) -> dict[int, tuple[int, str]]:
    """Find the words of a normalised text that stand in such phrases.

    Parameters
    ----------
    plain : str
        As `matching.text.normalise` gives it.
    language : str
        Code of its language; nothing is found in any but the six.

    Returns
    -------
    mapping of int to (int, str)
        Where such a word begins, to where it ends and the token it becomes.
    """
    lowered = plain.lower()
    if not any(sign in lowered for sign in _SIGNS.get(language, ())):
        return {}
    found = {}
    for match in _PHRASES[language].finditer(plain):
        name = match.lastgroup or ""
        found[match.start(name)] = match.end(name), _TOKENS[name]
    return found
