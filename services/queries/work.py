"""What is one thing to do, and one kind of work, on the board of whoever runs calls? Rows only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One thing to do. `kind` says what `ref` is of: request, offer, nomination, call or nothing that has a
    page."""

    ref: str
    kind: str
    title: str
    language: str | None = None
    call_ref: str | None = None
    at: datetime | None = None
    note: Message | str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: how much there is, and the first rows of it, the oldest first."""

    code: str
    count: int
    rows: tuple[WorkRow, ...]
