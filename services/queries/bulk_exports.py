"""Which rows and columns does a whole export hold: every entry with every field, every organisation?

Holds personal data, so it is for the secretariat and the operator only, and leaves an event in the audit
trail. The columns are those that an import takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.entries import Entry
from models.people import Organisation
from procedure.access import require
from procedure.facts import NOTHING
from services import audit
from services.entries.content import content_of
from services.entries.fields import fields_of
from vocabulary.actions import Action
from vocabulary.people import Actor
from vocabulary.states import EntryKind

TOLD = ("state", "publication", "submitted_at", "published_at")
"""Columns that an export tells and an import passes over."""

ORGANISATION_COLUMNS = (
    "ref", "name", "acronym", "aliases", "kind", "country", "site", "stakeholder_role", "merged_into",
)  # fmt: skip


def entry_columns(kind: EntryKind) -> tuple[str, ...]:
    """Reference, call, where it stands, and every field of the kind."""
    return ("ref", "call", *TOLD, *(field.name for field in fields_of(kind)))


def every_entry(
    session: Session, actor: Actor, kind: EntryKind, *, now: datetime
) -> Iterator[dict[str, Any]]:
    """Every entry of a kind that was submitted, in the order of entering. Raises Refused."""
    require(actor, Action.EXPORT_BULK, NOTHING, now)
    audit.record(session, actor, "export.bulk", ("entry", f"{kind.value}s"), now=now)
    return _entries(session, kind)


def _entries(session: Session, kind: EntryKind) -> Iterator[dict[str, Any]]:
    calls = {row.id: row.ref for row in session.execute(sa.select(Call.id, Call.ref))}
    query = (
        sa.select(Entry)
        .where(Entry.kind == kind, Entry.submitted_at.is_not(None))
        .options(selectinload(Entry.terms))
        .order_by(Entry.id)
        .execution_options(yield_per=500)
    )
    for rows in session.execute(query).scalars().partitions():
        for entry in rows:
            yield {
                "ref": entry.ref,
                "call": calls.get(entry.call_id or 0),
                "state": entry.state,
                "publication": entry.publication.value,
                "submitted_at": entry.submitted_at.isoformat() if entry.submitted_at else None,
                "published_at": entry.published_at.isoformat() if entry.published_at else None,
                **content_of(entry),
            }
            session.expunge(entry)


def every_organisation(session: Session, actor: Actor, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Every organisation, those merged into another included. Raises Refused."""
    require(actor, Action.EXPORT_BULK, NOTHING, now)
    audit.record(session, actor, "export.bulk", ("organisation", "all"), now=now)
    refs = {row.id: row.ref for row in session.execute(sa.select(Organisation.id, Organisation.ref))}
    rows = session.execute(sa.select(Organisation).order_by(Organisation.id)).scalars()
    return (
        {name: getattr(row, name, None) for name in ORGANISATION_COLUMNS}
        | {"merged_into": refs.get(row.merged_into_id or 0)}
        for row in rows
    )


def as_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a form that has no objects: they become JSON texts."""
    return {
        name: (json.dumps(value, ensure_ascii=False) if value else None) if isinstance(value, dict) else value
        for name, value in row.items()
    }
