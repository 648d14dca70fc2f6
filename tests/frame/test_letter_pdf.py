"""Is a letter written as a PDF in every language, and not at all where a sign is lacking?"""

from __future__ import annotations

import re

import pytest

from frame.letter_pdf import can_be_pdf, letter_pdf
from translations.catalogues import LANGUAGES

VALUES = {
    "kind": "offer",
    "ref": "OFF-2026-0001",
    "letter_ref": "REC-2026-0001",
    "title": "Wetland atlas",
    "organisation": "Institute",
    "contact_name": "A. Mwangi",
    "date": "2026-06-01",
    "expires_on": "2028-06-01",
    "recognition_link": "https://capmatch.example/recognitions/REC-2026-0001",
}


def letters_in(pdf: bytes) -> set[str]:
    """The characters that the PDF says its glyphs stand for (ToUnicode)."""
    return {chr(int(code, 16)) for code in re.findall(rb"<[0-9A-F]{4}> <([0-9A-F]{4})>", pdf)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_is_a_pdf_in_every_language(language: str) -> None:
    made = letter_pdf("recognition", VALUES, language)

    assert made is not None
    assert made.startswith(b"%PDF-")
    assert len(made) < 400_000


def test_chinese_letter_holds_chinese_characters_that_can_be_copied() -> None:
    made = letter_pdf("recognition", VALUES | {"title": "湿地图集"}, "zh")

    assert made is not None
    assert set("湿地图集") <= letters_in(made)


@pytest.mark.parametrize(("title", "language"), [("𠀀", "zh"), ("湿地", "en")])
def test_letter_with_a_sign_that_the_font_lacks_is_no_pdf(title: str, language: str) -> None:
    values = VALUES | {"title": title}

    assert can_be_pdf("recognition", values, language) is False
    assert letter_pdf("recognition", values, language) is None
