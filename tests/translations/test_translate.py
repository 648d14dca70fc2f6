"""A Message reads right in each language: by what it is said of, by its number, and with lists inside."""

from __future__ import annotations

import pickle

import pytest

from translations.catalogues import in_words, translate
from vocabulary.messages import Message, message_in, plural_message


def test_message_in_is_translated_by_what_it_is_said_of() -> None:
    said = [translate(message_in(context, "Open"), "fr") for context in ("a call", "an offer")]

    assert said == ["Ouvert", "Ouverte"]


def test_message_in_reads_as_its_english_text() -> None:
    message = message_in("a call", "Open")

    assert (message, message.msgid, message.context) == ("Open", "Open", "a call")


def test_context_outlives_copies() -> None:
    message = pickle.loads(pickle.dumps(message_in("a call", "Open")))  # noqa: S301 -- our own bytes

    assert (message.context, message.format(n=1).context) == ("a call", "a call")


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, "через 1 минуту."), (3, "через 3 минуты."), (15, "через 15 минут."), (21, "через 21 минуту.")],
)
def test_plural_message_takes_the_form_of_its_number(n: int, expected: str) -> None:
    message = plural_message(
        "Too many tries. Wait {n} minute and try again.",
        "Too many tries. Wait {n} minutes and try again.",
        n,
    )

    assert translate(message, "ru") == f"Слишком много попыток. Повторите попытку {expected}"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (("Chile", "India"), "Chile e India"),
        (("Chile", "Perú", "Haití"), "Chile, Perú y Haití"),
        (("agua", "hielo"), "agua y hielo"),
        (("padre", "hijo"), "padre e hijo"),
        (("India", "Chile"), "India y Chile"),
        (("Irán",), "Irán"),
    ],
)
def test_spanish_lists_say_e_before_the_sound_of_i(items: tuple[str, ...], expected: str) -> None:
    assert in_words(items, "es") == expected


@pytest.mark.parametrize(
    ("language", "items", "expected"),
    [
        ("en", ("lakes, rivers", "coasts"), "lakes, rivers; coasts"),
        ("ar", ("البيانات والمعارف", "التدريب"), "البيانات والمعارف؛ التدريب"),
        ("ar", ("البيانات", "التدريب"), "البيانات والتدريب"),
        ("zh", ("湖泊、河流", "海岸"), "湖泊、河流；海岸"),
        ("fr", ("lacs", "rivières"), "lacs et rivières"),
    ],
)
def test_lists_of_lists_are_parted_by_semicolons(
    language: str, items: tuple[str, ...], expected: str
) -> None:
    message = Message("{listed}", listed=items)

    assert translate(message, language) == expected
    assert language != "en" or message == expected
