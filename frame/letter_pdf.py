"""A letter as a PDF, for the five languages whose letters the font has; there is none in Chinese.

Arabic is shaped and set from right to left. The font lies in `fonts/`: nothing depends on the machine.
A text with a sign that the font lacks makes no PDF at all: better none than one with boxes.
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
NAME = "DejaVu"
_MARGIN = 22
_INK, _QUIET = (22, 36, 31), (71, 88, 79)


def letter_pdf(template: str, values: Mapping[str, Any], language: str) -> bytes | None:
    """The letter, or None where the font cannot write all of it (as in Chinese)."""
    parts = blocks(template, values, language)
    title = subject(template, values, language)
    foot = _foot(values, language)
    if not _can_write("".join([title, foot, *(part.text for part in parts)])):
        return None
    sheet = _sheet(language, title, values)
    try:
        return _written(sheet, title, parts, foot, translate(date.fromisoformat(values["date"]), language))
    finally:
        _close(sheet)


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
    sheet.add_font(NAME, "", FOLDER / "DejaVuSans.ttf")
    sheet.add_font(NAME, "B", FOLDER / "DejaVuSans-Bold.ttf")
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


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """Every character that both cuts of the font have."""
    sheet = FPDF()
    sheet.add_font(NAME, "", FOLDER / "DejaVuSans.ttf")
    sheet.add_font(NAME, "B", FOLDER / "DejaVuSans-Bold.ttf")
    regular, bold = (set(font.cmap) for font in sheet.fonts.values() if isinstance(font, TTFFont))
    _close(sheet)
    return frozenset(regular & bold)


def _can_write(text: str) -> bool:
    return all(ord(sign) in _signs() or sign in "\n\t\u200e\u200f\u2066\u2067\u2068\u2069" for sign in text)
