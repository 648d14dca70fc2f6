"""Write to the contact of an entry about something that was done to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.entries import Entry
from services.mail import queue_mail
from services.runtime import runtime


def mail_owner(
    session: Session,
    entry: Entry,
    template: str,
    values: Mapping[str, Any],
    now: datetime,
    *,
    due_at: datetime | None = None,
) -> None:
    """Write to the contact of an entry, in the language of the entry, with a link to its page."""
    if not entry.contact_email:
        return
    language = entry.language or "en"
    link = f"{runtime(session).address}/{language}/{entry.kind.value}s/{entry.ref}"
    about = {"kind": entry.kind.value, "ref": entry.ref, "title": entry.title, "entry_link": link}
    queue_mail(
        session,
        entry.contact_email,
        template,
        {**about, "due_at": due_at.isoformat() if due_at else None, **values},
        language=language,
        now=now,
        subject_ref=entry.ref,
    )
