"""Which rows and columns does the file of a public list hold? The same entries and fields as the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.entries.fields import publishable
from services.queries.entries import EntryRow, list_public
from services.queries.entry_rows import MOST_ROWS
from vocabulary.states import EntryKind

MOST_EXPORTED = 20_000


def public_columns(kind: EntryKind) -> tuple[str, ...]:
    """Reference, time of publication, and every field that may be published, named as the API names it."""
    return ("ref", "published_at", *publishable(kind))


def public_rows(
    session: Session,
    kind: EntryKind,
    filters: Mapping[str, Sequence[str]],
    *,
    q: str | None = None,
    sort: str = "newest",
) -> Iterator[dict[str, Any]]:
    """Every entry of the list, on however many pages; at most MOST_EXPORTED."""
    cursor, left = None, MOST_EXPORTED
    while left > 0:
        page = list_public(session, kind, filters, q=q, sort=sort, cursor=cursor, limit=min(left, MOST_ROWS))
        yield from (_row(row) for row in page.rows)
        left -= len(page.rows)
        cursor = page.next
        if cursor is None:
            return


def _row(row: EntryRow) -> dict[str, Any]:
    published = row.published_at.isoformat() if row.published_at else None
    return {"ref": row.ref, "published_at": published, **row.content}
