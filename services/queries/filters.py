"""What may a list of entries be narrowed down by, in which order may it come, and where does a page end?

Filters are named like fields. For the public a filter, a search and an order look only at what the owner
consented to publish.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from services import vocabularies
from services.entries.search import holds, search_words
from services.entries.visibility import names_code
from vocabulary.errors import Invalid
from vocabulary.messages import Message, plural_message

Condition = sa.ColumnElement[bool]

TERM_FILTERS = (
    "strategies",
    "initiatives",
    "needs",
    "deliverables",
    "categories",
    "countries",
    "regions",
    "scopes",
    "ecosystems",
    "support",
    "languages",
)
COLUMN_FILTERS = ("language", "level", "stage", "contribution")
OPEN_FILTERS = ("call",)
INSIDE_FILTERS = ("state", "publication")
"""Only for lists of what an actor may see; the public sees no states."""

MOST_CODES = 50
SORTS = ("newest", "oldest", "title")
LONGEST_CURSOR = 600


def check_filters(filters: Mapping[str, Sequence[str]], sort: str, *, inside: bool) -> None:
    """Raises Invalid for an unknown filter or order, or too many codes."""
    known = {*TERM_FILTERS, *COLUMN_FILTERS, *OPEN_FILTERS, *(INSIDE_FILTERS if inside else ())}
    errors = {name: [Message("There is no such filter.")] for name in filters if name not in known}
    errors |= {
        name: [
            plural_message(
                "At most {n} value can be asked for at once.",
                "At most {n} values can be asked for at once.",
                MOST_CODES,
            )
        ]
        for name, codes in filters.items()
        if len(codes) > MOST_CODES
    }
    if sort not in SORTS:
        errors["sort"] = [Message("This must be one of: {choices}.", choices=", ".join(SORTS))]
    if errors:
        raise Invalid(errors)


def matches(
    session: Session,
    filters: Mapping[str, Sequence[str]],
    q: str | None,
    texts: Sequence[Any],
    *,
    public: bool,
) -> Condition:
    """Entries that pass every filter and hold every word; a filter with several codes takes any of them.

    `texts` are the columns that this reader's search may look at. With `public` a field counts only where
    its publication was consented to.
    """
    conditions = [
        _one_filter(session, name, list(codes), public=public) for name, codes in filters.items() if codes
    ]
    for word in search_words(q or ""):
        conditions.append(sa.or_(*(holds(column, word) for column in texts)))
    return sa.and_(sa.true(), *conditions)


def _one_filter(session: Session, name: str, codes: list[str], *, public: bool) -> Condition:
    if name == "call":
        return Entry.call_id.in_(sa.select(Call.id).where(Call.ref.in_(codes)))
    if name in INSIDE_FILTERS:
        return sa.cast(getattr(Entry, name), sa.String).in_(codes)
    if name in COLUMN_FILTERS:
        return _consented(name, getattr(Entry, name).in_(codes), public)
    wider = _with_parts(session, name, codes)
    found = _consented(name, names_code(name, wider), public)
    if name == "regions":
        inside = _countries_in(session, wider)
        if inside:
            found = sa.or_(found, _consented("countries", names_code("countries", inside), public))
    return found


def _consented(name: str, condition: Condition, public: bool) -> Condition:
    return sa.and_(condition, names_code("public_fields", [name])) if public else condition


def _with_parts(session: Session, name: str, codes: list[str]) -> list[str]:
    """Asking for a need or region also finds what names only a part of it."""
    vocabulary = {"needs": "needs", "regions": "regions", "deliverables": "deliverables"}.get(name)
    if vocabulary is None:
        return codes
    rows = vocabularies.terms(session, vocabulary).values()
    return sorted({*codes, *(row.code for row in rows if row.parent in codes)})


def _countries_in(session: Session, regions: Collection[str]) -> list[str]:
    wanted = set(regions)
    countries = vocabularies.places(session).countries
    return sorted(code for code, place in countries.items() if place.regions & wanted)


# --- order and pages --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list: a key that never is null, then the id, so that it is total."""

    key: Any
    is_descending: bool
    id: Any = Entry.id

    def by(self) -> tuple[Any, Any]:
        """For ORDER BY."""
        if self.is_descending:
            return self.key.desc(), self.id.desc()
        return self.key.asc(), self.id.asc()

    def after(self, value: Any, entry_id: int) -> Condition:
        """Entries that come after this one."""
        if self.is_descending:
            return sa.or_(self.key < value, sa.and_(self.key == value, self.id < entry_id))
        return sa.or_(self.key > value, sa.and_(self.key == value, self.id > entry_id))


def order(sort: str, time: Any) -> Order:
    """What a sort word stands for; `time` is the instant by which this reader's list is new or old."""
    return Order(Entry.title_key, False) if sort == "title" else Order(time, sort == "newest")


def write_cursor(sort: str, value: Any, entry_id: int) -> str:
    """Where the next page begins, as a text without meaning to others."""
    shown = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([sort, shown, entry_id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, sort: str) -> tuple[Any, int]:
    """The key and id after which the next page begins. Raises Invalid for anything not written by us."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        padded = cursor + "=" * (-len(cursor) % 4)
        written, value, entry_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if (
            written != sort
            or type(entry_id) is not int
            or not 0 <= entry_id < 2**31
            or not isinstance(value, str)
        ):
            raise ValueError("another list's")
        return (value if sort == "title" else datetime.fromisoformat(value).astimezone(UTC)), entry_id
    except (ValueError, TypeError, OverflowError, binascii.Error) as wrong:
        raise Invalid({"cursor": [Message("This page mark is not valid; begin again.")]}) from wrong
