"""Every text a person reads is in all six languages, with the same values in it."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from translations.catalogues import LANGUAGES
from translations.update import extracted, lacking, read

OTHERS = LANGUAGES[1:]
BRACES = re.compile(r"\{(\w*)\}")
PERCENTS = re.compile(r"%\((\w+)\)[a-z]|%%")
SCRIPTS = {"ru": r"[\u0400-\u04ff]", "ar": r"[\u0600-\u06ff]", "zh": r"[\u3400-\u9fff]"}


def translated(language: str) -> list[Message]:
    return [message for message in read(language) if message.id]


def texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (str(value),)


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_lacks_no_text(language: str) -> None:
    assert lacking(read(language), extracted()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_holds_no_text_that_is_not_used(language: str) -> None:
    wanted = extracted()

    assert [m.id for m in translated(language) if wanted.get(m.id, m.context) is None] == []


@pytest.mark.parametrize("language", OTHERS)
def test_values_in_texts_agree(language: str) -> None:
    wrong = []
    for message in translated(language):
        known = {name for text in texts(message.id) for name in BRACES.findall(text)}
        counted = {name for text in texts(message.id) for name in PERCENTS.findall(text)} | {"num", "n"}
        for text in texts(message.string):
            if not set(BRACES.findall(text)) <= known or not set(PERCENTS.findall(text)) <= counted | {""}:
                wrong.append(text)
        last = texts(message.string)[-1]
        if not known - {"n"} <= set(BRACES.findall(last)):
            wrong.append(last)

    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_texts_of_templates_can_be_filled_in(language: str) -> None:
    """Templates fill in with the percent operator: a lone percent sign would break the page."""
    wrong = [
        text
        for message in translated(language)
        if any(place.startswith("templates/") for place, _ in message.locations)
        for text in texts(message.string)
        if "%" in PERCENTS.sub("", text)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", SCRIPTS)
def test_texts_are_in_the_script_of_the_language(language: str) -> None:
    in_latin = [
        texts(message.string)[0]
        for message in translated(language)
        if not re.search(SCRIPTS[language], " ".join(texts(message.string)))
    ]

    assert len(in_latin) <= 25, in_latin
