"""What are the attributes of targets and their values called, in the reader's language?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frame.language import current_language
from services import vocabularies
from services.fellowships.fields import DISCIPLINES, GENDERS, KNOWLEDGE, NOMINATOR_KINDS
from services.fellowships.setting_checks import UN_GROUPS
from translations.catalogues import translate
from vocabulary.fellowships import Gender
from vocabulary.messages import Message
from web.nomination_answers import title_of

ATTRIBUTE_NAMES: Mapping[str, Message] = {
    "region": Message("Region"),
    "gender": Message("Gender"),
    "discipline": Message("Discipline"),
    "knowledge": Message("Knowledge"),
    "country": Message("Country"),
    "organisation": Message("Organisation"),
    "route": Message("Nominated by"),
    "chapter": Message("Chapter"),
}


def value_names(database: Any) -> dict[str, Any]:
    """Words for the values that targets count, by code."""
    language = current_language()
    names: dict[str, Any] = {**GENDERS, **DISCIPLINES, **KNOWLEDGE, **NOMINATOR_KINDS}
    for vocabulary in (vocabularies.COUNTRIES, UN_GROUPS):
        for option in vocabularies.options(database, vocabulary, language):
            names[option.code] = option.label
    return names


def names_by_attribute(database: Any, chapters: Any) -> dict[str, dict[str, str]]:
    """Attribute to the words of each value that a target can count."""
    language = current_language()

    def said(words: Mapping[str, Message]) -> dict[str, str]:
        return {code: translate(text, language) for code, text in words.items() if code != Gender.NOT_SAID}

    return {
        "region": dict(vocabularies.labels(database, UN_GROUPS, language)),
        "gender": said(GENDERS),
        "discipline": said(DISCIPLINES),
        "knowledge": said(KNOWLEDGE),
        "route": said(NOMINATOR_KINDS),
        "country": dict(vocabularies.labels(database, vocabularies.COUNTRIES, language)),
        "chapter": {one["code"]: title_of(one["title"]) or one["code"] for one in chapters},
    }
