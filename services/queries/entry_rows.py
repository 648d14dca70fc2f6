"""Which entries stand on a page of a list, and what do their rows hold? Read in one statement, as plain rows.

An entry names some forty codes; as objects of their own they would cost more than the rest of a page. What is
read here is everything that the row says: the caller limits it to what its reader may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry, EntryTerm
from services.entries.content import said
from services.entries.fields import FIELDS, ValueKind
from services.entries.visibility import is_public
from services.queries.filters import Order, read_cursor, write_cursor
from vocabulary.states import EntryKind

MOST_ROWS = 200
_FACTS = (
    "id",
    "ref",
    "kind",
    "version",
    "state",
    "publication",
    "public_fields",
    "organisation_country",
    "call_id",
    "owner_id",
    "opened_at",
    "due_at",
    "extended_until",
    "submitted_at",
    "published_at",
    "updated_at",
    "confirmed_at",
    "revision_number",
    "pending_at",
    "decision_id",
)
"""Columns that are read of every entry, whatever is shown of it: who may see what depends on them."""

_HAS_PENDING = Entry.pending.is_not(None).label("has_pending")
EVERY_FIELD = frozenset(field.name for field in FIELDS)
_BETWEEN, _WITHIN = "\n", ":"
"""What parts the terms of an entry, and a term's vocabulary from its code, while they are one text."""


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """The columns of an entry as a row with attributes, and its codes by vocabulary."""

    row: Any
    codes: Mapping[str, Sequence[str]]

    def content(self, names: Collection[str] = EVERY_FIELD) -> dict[str, Any]:
        """Some fields of its content, or all of them; they must have been read."""
        kind: EntryKind = self.row.kind
        return said(kind, self.row, self.codes, names)

    @property
    def countries(self) -> frozenset[str]:
        """The countries that it names; they must have been read."""
        return frozenset(self.codes.get("countries", ()))


@dataclass(frozen=True, slots=True)
class Listed:
    """One page: its entries, the cursor of the next page or None, and how many there are in all."""

    entries: tuple[ReadEntry, ...]
    next: str | None
    total: int


def one(session: Session, ref: str) -> ReadEntry | None:
    """Everything of the entry with a reference, or None."""
    row = session.execute(_one(), {"ref": ref}).one_or_none()
    return None if row is None else ReadEntry(row, _codes(row.term_texts))


@cache
def _one() -> sa.Select[Any]:
    columns = _columns(EVERY_FIELD)
    return sa.select(*columns, _HAS_PENDING, Entry.pending).where(Entry.ref == sa.bindparam("ref"))


def listed(
    session: Session,
    condition: sa.ColumnElement[bool],
    ordered: Order,
    sort: str,
    cursor: str | None,
    limit: int,
    *,
    names: frozenset[str] = EVERY_FIELD,
    is_indexed: bool = False,
) -> Listed:
    """The entries of one page, with the fields in `names`.

    `is_indexed`: an index leads through the condition in this order, so that counting apart and stopping
    after a page is less work than one pass over everything.
    """
    limit = max(1, min(limit, MOST_ROWS))
    found = (_stopping if is_indexed else _in_one_pass)(condition, ordered, sort, cursor)
    return _page(session, _read(found, ordered, names, limit), sort, limit)


def first_published(
    session: Session, kind: EntryKind, ordered: Order, sort: str, limit: int, names: frozenset[str]
) -> Listed:
    """The first page of everything that is published: what most visitors ask for, so built only once."""
    limit = max(1, min(limit, MOST_ROWS))
    if (kind, sort, limit, names) not in _first:
        condition = sa.and_(Entry.kind == kind, is_public())
        _first[kind, sort, limit, names] = _read(
            _stopping(condition, ordered, sort, None), ordered, names, limit
        )
    return _page(session, _first[kind, sort, limit, names], sort, limit)


_first: dict[tuple[EntryKind, str, int, frozenset[str]], sa.Select[Any]] = {}


def _read(found: sa.Select[Any], ordered: Order, names: frozenset[str], limit: int) -> sa.Select[Any]:
    narrow = found.limit(limit + 1).subquery("narrow")
    return (
        sa.select(*_columns(names), _HAS_PENDING)
        .add_columns(narrow.c.key.label("list_key"), narrow.c.total.label("list_total"))
        .join(narrow, narrow.c.id == Entry.id)
        .order_by(*Order(narrow.c.key, ordered.is_descending, narrow.c.id).by())
    )


def _page(session: Session, query: sa.Select[Any], sort: str, limit: int) -> Listed:
    rows = session.execute(query).all()
    entries = tuple(ReadEntry(row, _codes(row.term_texts)) for row in rows[:limit])
    following = (
        write_cursor(sort, rows[limit - 1].list_key, rows[limit - 1].id) if len(rows) > limit else None
    )
    return Listed(entries, following, rows[0].list_total if rows else 0)


def _stopping(
    condition: sa.ColumnElement[bool], ordered: Order, sort: str, cursor: str | None
) -> sa.Select[Any]:
    total = sa.select(sa.func.count()).select_from(Entry).where(condition).scalar_subquery()
    query = sa.select(Entry.id, ordered.key.label("key"), total.label("total")).where(condition)
    if cursor:
        query = query.where(ordered.after(*read_cursor(cursor, sort)))
    return query.order_by(*ordered.by())


def _in_one_pass(
    condition: sa.ColumnElement[bool], ordered: Order, sort: str, cursor: str | None
) -> sa.Select[Any]:
    total = sa.func.count().over()
    rows = sa.select(Entry.id, ordered.key.label("key"), total.label("total")).where(condition).subquery()
    on_rows = Order(rows.c.key, ordered.is_descending, rows.c.id)
    query = sa.select(rows.c.id, rows.c.key, rows.c.total)
    if cursor:
        query = query.where(on_rows.after(*read_cursor(cursor, sort)))
    return query.order_by(*on_rows.by())


@cache
def _columns(names: frozenset[str]) -> tuple[Any, ...]:
    coded = {field.name for field in FIELDS if field.kind is ValueKind.CODES}
    of_fields = [field.name for field in FIELDS if field.name in names - coded - set(_FACTS)]
    return (*(getattr(Entry, name) for name in (*_FACTS, *of_fields)), _terms(sorted(names & coded)))


def _terms(vocabularies: Sequence[str]) -> sa.Label[str]:
    """The codes of an entry in one text, so that one entry is one row."""
    text = EntryTerm.vocabulary + _WITHIN + EntryTerm.code
    query = sa.select(sa.func.aggregate_strings(text, _BETWEEN)).where(
        EntryTerm.entry_id == Entry.id, EntryTerm.vocabulary.in_(vocabularies)
    )
    return query.scalar_subquery().label("term_texts")


def _codes(terms: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for term in terms.split(_BETWEEN) if terms else ():
        vocabulary, _, code = term.partition(_WITHIN)
        found.setdefault(vocabulary, []).append(code)
    return found
