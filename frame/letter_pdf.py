"""A letter as a PDF, in all six languages.

Arabic is shaped and set from right to left. The fonts lie in `fonts/`: nothing depends on the machine. The
Chinese one has the characters of GB 2312 and of our own texts, in one cut. A text with a sign that the font
of its language lacks makes no PDF at all: better none than one with boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, TextDirection, XPos, YPos
from fpdf.fonts import TTFFont

from frame.letter_text import Block, Kind, blocks, subject
from translations.catalogues import gettext, is_right_to_left, translate
from vocabulary.messages import Message

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
NAME = "Letter"
LATIN = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
FILES: Mapping[str, tuple[str, str]] = {"zh": ("NotoSansSC-GB2312.ttf", "NotoSansSC-GB2312.ttf")}
"""The regular and the bold cut of a language, where it is not that of the others."""
_MARGIN = 22
_INK, _QUIET = (22, 36, 31), (71, 88, 79)


def letter_pdf(template: str, values: Mapping[str, Any], language: str) -> bytes | None:
    """The letter, or None where the font of the language cannot write all of it."""
    if not can_be_pdf(template, values, language):
        return None
    parts, title = blocks(template, values, language), subject(template, values, language)
    foot, day = _foot(values, language), translate(date.fromisoformat(values["date"]), language)
    sheet = _sheet(language, title, values)
    try:
        return _written(sheet, title, parts, foot, day)
    finally:
        _close(sheet)


def can_be_pdf(template: str, values: Mapping[str, Any], language: str) -> bool:
    """Has the font of the language every sign of the letter?"""
    day = translate(date.fromisoformat(values["date"]), language)
    texts = [block.text for block in blocks(template, values, language)]
    text = "".join([subject(template, values, language), _foot(values, language), day, *texts])
    return _can_write(text, _files(language))


def _written(sheet: FPDF, title: str, parts: Sequence[Block], foot: str, day: str) -> bytes:
    _line(sheet, "Capmatch", 11, bold=True, colour=_QUIET)
    _line(sheet, day, 10, colour=_QUIET)
    sheet.ln(6)
    _line(sheet, title, 16, bold=True)
    sheet.ln(3)
    for part in parts:
        _block(sheet, part)
    sheet.ln(4)
    _line(sheet, foot, 9, colour=_QUIET)
    return bytes(sheet.output())


def _close(sheet: FPDF) -> None:
    """The fonts stay open as long as the sheet lives; nobody else closes them."""
    for font in sheet.fonts.values():
        if isinstance(font, TTFFont):
            font.ttfont.close()


def _foot(values: Mapping[str, Any], language: str) -> str:
    refs = [values.get("decision_ref"), values["letter_ref"]]
    said = Message("Reference: {reference}", reference=" · ".join(ref for ref in refs if ref))
    return translate(said, language)


def _sheet(language: str, title: str, values: Mapping[str, Any]) -> FPDF:
    sheet = FPDF(format="A4")
    sheet.set_margin(_MARGIN)
    sheet.set_auto_page_break(auto=True, margin=_MARGIN)
    regular, bold = _files(language)
    sheet.add_font(NAME, "", FOLDER / regular)
    sheet.add_font(NAME, "B", FOLDER / bold)
    sheet.set_text_shaping(use_shaping_engine=True, direction="rtl" if is_right_to_left(language) else "ltr")
    sheet.set_title(title)
    sheet.set_author(gettext(language, "The secretariat"))
    sheet.set_lang(language)
    sheet.set_creation_date(_midday(values["date"]))
    sheet.add_page()
    return sheet


def _midday(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), UTC)


def _line(
    sheet: FPDF, text: str, size: int, *, bold: bool = False, colour: tuple[int, int, int] = _INK
) -> None:
    sheet.set_font(NAME, "B" if bold else "", size)
    sheet.set_text_color(*colour)
    sheet.multi_cell(0, size * 0.5, text, align=_align(sheet), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _align(sheet: FPDF) -> Align:
    return Align.R if _is_rtl(sheet) else Align.L


def _is_rtl(sheet: FPDF) -> bool:
    shaping = sheet.text_shaping or {}
    return bool(shaping.get("direction") == TextDirection.RTL)


def _block(sheet: FPDF, part: Block) -> None:
    if part.kind is Kind.HEADING:
        sheet.ln(3)
        _line(sheet, part.text, 12, bold=True)
        return
    text = f"•  {part.text}" if part.kind is Kind.ITEM else part.text
    _line(sheet, text, 10)
    sheet.ln(1 if part.kind is Kind.ITEM else 2.5)


def _files(language: str) -> tuple[str, str]:
    return FILES.get(language, LATIN)


@lru_cache(maxsize=2)
def _signs(files: tuple[str, str]) -> frozenset[int]:
    """Every character that both cuts of a font have."""
    sheet = FPDF()
    sheet.add_font(NAME, "", FOLDER / files[0])
    sheet.add_font(NAME, "B", FOLDER / files[1])
    regular, bold = (set(font.cmap) for font in sheet.fonts.values() if isinstance(font, TTFFont))
    _close(sheet)
    return frozenset(regular & bold)


def _can_write(text: str, files: tuple[str, str]) -> bool:
    return all(
        ord(sign) in _signs(files) or sign in "\n\t\u200e\u200f\u2066\u2067\u2068\u2069" for sign in text
    )
