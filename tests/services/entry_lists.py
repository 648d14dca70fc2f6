"""Entries as lists show them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.queries.entries import list_public
from vocabulary.states import (
    EntryKind,
)

REQUEST = EntryKind.REQUEST


def titles(session: Session, **asked: object) -> list[str]:
    """Titles of the public list of requests."""
    filters = asked.pop("filters", {})
    page = list_public(session, REQUEST, filters, **asked)  # type: ignore[arg-type]
    return [row.title or "" for row in page.rows]
