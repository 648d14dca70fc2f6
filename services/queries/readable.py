"""How does the content of an entry read in a language? Codes become names; days and amounts stay values.

Takes content that is already limited to what the reader may see; decides nothing about that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from services import vocabularies
from services.entries.fields import BY_NAME, ContentField, ValueKind, fields_of
from services.queries.entries import EntryRow
from services.vocabularies import Names
from vocabulary.messages import Message
from vocabulary.states import EntryKind

CHOICES: Mapping[str, Message] = {
    "email": Message("by e-mail"),
    "phone": Message("by phone"),
    "yes": Message("Yes"),
    "no": Message("No"),
    "not_applicable": Message("Not applicable"),
    "places": Message("places"),
    "projects": Message("projects"),
    "free": Message("Free of charge"),
    "shared": Message("Cost is shared"),
    "full_cost": Message("The full cost is charged"),
}
"""Names of the codes that have a short fixed list in place of a vocabulary."""

LINE_FIELDS = frozenset(
    {"title", "summary", "language", "organisation_name", "countries", "regions", "scopes", "support"}
)
"""What a line of a list needs to know of an entry."""

_PLACES = ("countries", "regions", "scopes")

MOST_SUMMARY = 280
"""Characters of a summary in a list."""


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field as a page shows it: a text, a tuple of names, a day, an amount or a number."""

    name: str
    label: Message
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a public list, with what of it may be shown; None and () where it may not."""

    ref: str
    kind: EntryKind
    title: str | None
    summary: str | None
    language: str | None
    organisation: str | None
    places: tuple[str, ...]
    support: tuple[str, ...]
    published_at: datetime | None


def readable(
    session: Session, kind: EntryKind, content: Mapping[str, Any], language: str
) -> dict[str, ShownField]:
    """Every field that says something, by name, in the order of the form."""
    found = {}
    for field in fields_of(kind):
        value = _value(session, field, content.get(field.name), language)
        if value not in (None, "", ()):
            found[field.name] = ShownField(field.name, field.label, field.kind.value, value)
    return found


def lines(session: Session, rows: Iterable[EntryRow], language: str) -> list[Line]:
    """The rows of a list."""
    named = {
        field: vocabularies.names(session, BY_NAME[field].vocabulary or field, language)
        for field in (*_PLACES, "support")
    }
    return [_line(row, named) for row in rows]


def _line(row: EntryRow, named: Mapping[str, Names]) -> Line:
    content = row.content
    return Line(
        ref=row.ref,
        kind=row.kind,
        title=row.title,
        summary=_clipped(row.summary),
        language=content.get("language"),
        organisation=content.get("organisation_name"),
        places=tuple(name for field in _PLACES for name in named[field].of(content.get(field) or ())),
        support=named["support"].of(content.get("support") or ()),
        published_at=row.published_at,
    )


def _value(session: Session, field: ContentField, value: Any, language: str) -> Any:
    if value is None or field.kind in (ValueKind.ASSESSMENT, ValueKind.NAMES):
        return None
    if field.kind is ValueKind.CODES:
        return _names(session, field, value, language)
    if field.kind is ValueKind.CODE:
        return next(iter(_names(session, field, [value], language)), None)
    if field.kind is ValueKind.DAY:
        return date.fromisoformat(value)
    if field.kind is ValueKind.FLAG:
        return CHOICES["yes" if value else "no"]
    return Decimal(value) if field.kind is ValueKind.MONEY else value


def _names(session: Session, field: ContentField, codes: Any, language: str) -> tuple[str, ...]:
    """Names in the order of the vocabulary; countries in the order of the language."""
    if field.vocabulary is None:
        return tuple(CHOICES.get(code, code) for code in codes)
    return vocabularies.names(session, field.vocabulary, language).of(codes)


def _clipped(text: str | None) -> str | None:
    """The beginning of a long text, cut between words."""
    if text is None or len(text) <= MOST_SUMMARY:
        return text
    cut = text[:MOST_SUMMARY]
    space = cut.rfind(" ")
    return (cut[:space] if space > MOST_SUMMARY // 2 else cut).rstrip(" ,.;:،。") + "…"
