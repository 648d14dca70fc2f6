"""Read the catalogues beside this file and put a Message into a language.

The .po files are read as they are, so there is no compile step to forget. A text that a catalogue
lacks is shown in English; tests make sure that none is lacking.
"""

from __future__ import annotations

import gettext as gettext_module
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from vocabulary.messages import HOLDS_A_LIST, Message

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
"""The six languages of the United Nations, English first as the language of the sources."""

OWN_NAMES = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "ru": "Русский",
    "ar": "العربية",
    "zh": "中文",
}
FOLDER = Path(__file__).resolve().parent


def is_right_to_left(language: str) -> bool:
    """True for Arabic."""
    return locale(language).text_direction == "rtl"


@lru_cache(maxsize=8)
def locale(language: str) -> Locale:
    """Formats of a language as the United Nations writes it: 3 June 2026 in English, digits 0-9 in Arabic."""
    return Locale.parse({"en": "en_GB", "zh": "zh_Hans"}.get(language, language))


@lru_cache(maxsize=8)
def catalogue(language: str) -> gettext_module.NullTranslations:
    """The texts of one language; English is the source and needs none."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if language == "en" or not path.exists():
        return gettext_module.NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


def gettext(language: str, text: str) -> str:
    """One text in a language, or the English one."""
    return catalogue(language).gettext(text) if text else ""


def pgettext(language: str, context: str, text: str) -> str:
    """A text in a language, as it reads when said of something, such as "Open" of "a call"."""
    return catalogue(language).pgettext(context, text)


def ngettext(language: str, singular: str, plural: str, n: int) -> str:
    """The form of a text that goes with the number n."""
    return catalogue(language).ngettext(singular, plural, n)


def translate(value: Any, language: str) -> str:
    """A Message, or any value inside one, as it reads in a language.

    A tuple becomes a list in words, dates and numbers take the form of the language; a plain text
    (a name, a title) stays as it is.
    """
    if isinstance(value, Message):
        text = _text(value, language)
        if not value.params:
            return text
        return text.format_map({name: translate(item, language) for name, item in value.params.items()})
    if isinstance(value, tuple):
        return in_words([translate(item, language) for item in value], language)
    return _formatted(value, language)


def _text(message: Message, language: str) -> str:
    if message.context is not None:
        return pgettext(language, message.context, message.msgid)
    if message.plural_msgid is not None:
        return ngettext(language, message.msgid, message.plural_msgid, message.params["n"])
    return gettext(language, message.msgid)


SOUNDS_LIKE_Y = re.compile(r"[«“\"]*h?[ií](?![aeo])", re.IGNORECASE)
"""Spanish says "e" and not "y" before these: "Chile e India", but "agua y hielo"."""


SEMICOLON = {"ar": "؛ ", "zh": "；"}
"""What parts items that hold commas themselves, where it is not a semicolon and a space."""


def in_words(items: Sequence[str], language: str) -> str:
    """Texts as a list inside a sentence: "a, b and c", or "a, b; c" where an item is a list itself."""
    if len(items) > 1 and any(HOLDS_A_LIST.search(item) for item in items):
        return SEMICOLON.get(language, "; ").join(items)
    listed: str = format_list(items, locale=locale(language))
    if language == "es" and len(items) > 1 and SOUNDS_LIKE_Y.match(items[-1]):
        return listed.removesuffix(f" y {items[-1]}") + f" e {items[-1]}"
    return listed


MOST_SAID = 10**15
"""Numbers from here on are not written in the form of a language."""

COMMA = {"ar": "، ", "zh": "、"}
"""What parts the items of a bare list, where it is not a comma and a space."""


def moment(value: datetime, language: str) -> str:
    """Day and time of an instant as a language writes them, in the zone of the value."""
    parting = " " if language == "zh" else COMMA.get(language, ", ")
    time = format_datetime(value, "HH:mm", locale=locale(language))
    return f"{format_date(value, 'long', locale=locale(language))}{parting}{time}"


def _formatted(value: Any, language: str) -> str:
    if isinstance(value, datetime):
        return f"{moment(value, language)} UTC"
    if isinstance(value, date):
        return format_date(value, "long", locale=locale(language))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and _is_sayable(value):
        return str(format_decimal(value, locale=locale(language), numbering_system="latn"))
    return str(value)


def _is_sayable(value: float | Decimal) -> bool:
    """Babel gives up on numbers without end; such a one comes from a caller and stays as it is."""
    return (isinstance(value, int) or math.isfinite(value)) and abs(value) < MOST_SAID


def translate_errors(errors: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Errors by field, at any depth, with every Message in words."""
    return {
        str(field): translate_errors(found, language)
        if isinstance(found, Mapping)
        else [translate(message, language) for message in found]
        for field, found in errors.items()
    }
