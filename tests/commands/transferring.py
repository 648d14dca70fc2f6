"""Tables to bring in, and what the command that does it said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from click.testing import Result

from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Organisation
from services.clock import utc_now
from services.queries.bulk_exports import entry_columns
from services.tables import as_csv, as_jsonl, as_xlsx
from tests.factories import content
from tests.fixtures import Opened
from vocabulary.states import EntryKind

REQUEST = EntryKind.REQUEST
OFFER = EntryKind.OFFER
WRITERS: Mapping[str, Callable[..., bytes]] = {".csv": as_csv, ".xlsx": as_xlsx, ".jsonl": as_jsonl}
SOON = {
    "starts_on": (utc_now() + timedelta(days=90)).date().isoformat(),
    "ends_on": (utc_now() + timedelta(days=300)).date().isoformat(),
}


def said(result: Result) -> list[str]:
    return result.output.splitlines()


def row(kind: EntryKind = REQUEST, **changes: Any) -> dict[str, Any]:
    """What can be entered today."""
    late = {"valid_until": SOON["ends_on"]} if kind is OFFER else {}
    return content(kind, **(SOON | late | changes))


def table(path: Path, rows: Iterable[Mapping[str, Any]], kind: EntryKind = REQUEST) -> Path:
    """A file of rows with the columns that some row names, in the order of an export."""
    found = [dict(each) for each in rows]
    columns = [name for name in entry_columns(kind) if any(name in each for each in found)]
    if path.suffix != ".jsonl":
        for each in found:
            each["self_assessment"] = json.dumps(each.get("self_assessment") or {})
    path.write_bytes(WRITERS[path.suffix](columns, found))
    return path


def counts(read: Opened) -> tuple[int, int, int]:
    """Entries, organisations, mails."""
    with read() as session:
        return tuple(
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (Entry, Organisation, OutgoingMail)
        )
