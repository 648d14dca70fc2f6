"""The answers of a nomination as people type them and read them: from a form, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from frame.language import current_language
from services.fellowships.fields import ANSWERS, BY_NAME, DEGREE_TYPES, Kind, of_section
from services.queries.calls import best_language
from translations.catalogues import translate
from vocabulary.fellowships import NominationDocument
from vocabulary.messages import Message

DOCUMENTS: Mapping[str, Message] = {
    NominationDocument.CV.value: Message("Curriculum vitae"),
    NominationDocument.CONFLICT_FORM.value: Message("Signed conflict-of-interest form"),
    NominationDocument.SUPPORTING.value: Message("Supporting document"),
}
CELLS: Mapping[Kind, tuple[str, ...]] = {
    Kind.DEGREES: ("degree", "field", "place", "year"),
    Kind.POSITIONS: ("employer", "first_year", "last_year"),
}
"""Answers in rows, and the cells of a row."""


def labels() -> dict[str, Message]:
    """What each field is called, in the summary of errors too."""
    named = {answer.name: answer.label for answer in ANSWERS}
    for answer in ANSWERS:
        for cell in CELLS.get(answer.kind, ()):
            named |= {f"{answer.name}.{at}.{cell}": answer.label for at in range(answer.most)}
    return named | {f"file.{code}": label for code, label in DOCUMENTS.items()}


def typed_answers(form: MultiDict[str, str], section: str) -> dict[str, Any]:
    """The answers of one section as typed, empty ones as None or []."""
    return {answer.name: _typed(form, answer.name, answer.kind) for answer in of_section(section)}


def _typed(form: MultiDict[str, str], name: str, kind: Kind) -> Any:
    if kind is Kind.CODES:
        return [code for code in form.getlist(name) if code]
    if kind is Kind.FLAG:
        return form.get(name) == "yes"
    if kind is Kind.LINES:
        return form.get(name, "").replace("\r\n", "\n")
    if kind in CELLS:
        return _rows(form, name, CELLS[kind])
    return form.get(name, "").replace("\r\n", "\n").strip() or None


def _rows(form: MultiDict[str, str], name: str, parts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of fields such as degrees.0.year; an empty row is left out."""
    found = []
    for at in range(BY_NAME[name].most):
        row = {part: form.get(f"{name}.{at}.{part}", "").strip() or None for part in parts}
        if any(row.values()):
            found.append({part: _number(text) if "year" in part else text for part, text in row.items()})
    return found


def _number(text: str | None) -> Any:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else text


def words_of(
    name: str,
    value: Any,
    countries: Mapping[str, str] | None = None,
    chapters: Mapping[str, str] | None = None,
) -> list[Any]:
    """An answer as the words to show, one for each line."""
    answer = BY_NAME[name]
    if value in (None, "", [], False):
        return []
    if answer.kind is Kind.FLAG:
        return [Message("Yes")]
    if answer.kind is Kind.DATE:
        return [date.fromisoformat(value)]
    if answer.kind is Kind.COUNTRY:
        return [(countries or {}).get(value, value)]
    if answer.options:
        codes = value if isinstance(value, list) else [value]
        return [answer.options.get(code, code) for code in codes]
    if name == "chapters":
        return [(chapters or {}).get(code, code) for code in value]
    if answer.kind in CELLS:
        return [_row_in_words(answer.kind, one) for one in value]
    return list(value) if isinstance(value, list) else [value]


def _row_in_words(kind: Kind, one: Mapping[str, Any]) -> str:
    """A degree, or a position with its years."""
    if kind is Kind.POSITIONS:
        return f"{one['employer']} {one.get('first_year') or ''}–{one.get('last_year') or ''}".strip()
    degree = translate(DEGREE_TYPES.get(one["degree"], one["degree"]), current_language())
    return ", ".join(
        str(part) for part in (degree, one.get("field"), one.get("place"), one.get("year")) if part
    )


def title_of(titles: Mapping[str, str]) -> str:
    """A text in the reader's language, or the nearest there is."""
    return titles.get(best_language(titles, current_language()), "")
