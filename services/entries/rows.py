"""Fetch an entry for somebody, check the version they read, and note that it changed.

Not visible is not found: every use case fetches through here before it asks whether it may act.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from models.entries import Entry, EntryChange
from procedure.access import is_visible, require
from procedure.facts import ItemFacts
from services.entries.content import content_of
from services.facts import entry_facts
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind, Publication

STALE = Message("Somebody else changed this meanwhile. Compare both versions and repeat your change.")


def fetch(session: Session, ref: str, *, lock: bool = False, kind: EntryKind | None = None) -> Entry:
    """The entry with its terms; raises NotFound. With `lock`, nobody else changes it meanwhile."""
    query = sa.select(Entry).where(Entry.ref == ref).options(selectinload(Entry.terms))
    if lock:
        query = query.with_for_update(of=Entry).execution_options(populate_existing=True)
    entry = session.execute(query).scalar_one_or_none()
    if entry is None or kind not in (None, entry.kind):
        raise NotFound
    return entry


def fetch_for(
    session: Session,
    actor: Actor,
    action: Action,
    ref: str,
    *,
    now: datetime,
    lock: bool = False,
    kind: EntryKind | None = None,
) -> tuple[Entry, ItemFacts]:
    """The entry and its facts, if the actor may do this to it.

    Raises NotFound where the actor may not even see it, Refused where only the action is closed.
    """
    entry = fetch(session, ref, lock=lock, kind=kind)
    facts = entry_facts(session, entry, actor)
    if not is_visible(actor, facts, now):
        raise NotFound
    require(actor, action, facts, now)
    return entry, facts


def check_version(entry: Entry, expected: int, *, for_writer: bool = False) -> None:
    """Raises Conflict when the entry is not at the version that was read.

    Only whoever writes it is told what is there now: its contact, names and unsubmitted words are not for
    everybody who may do something to it.
    """
    if entry.version != expected:
        current = {"current": working_content(entry)} if for_writer else {}
        raise Conflict(STALE, code="version_conflict", extra={"version": entry.version} | current)


def working_content(entry: Entry) -> dict[str, Any]:
    """What the owner sees in the form: an edit under way goes before the latest revision."""
    content = content_of(entry)
    return content | entry.pending if entry.pending else content


def touch(entry: Entry, now: datetime) -> None:
    """Note the time of a change; the version counts up even where nothing else of the row changed."""
    entry.updated_at = now
    flag_modified(entry, "updated_at")


def note_change(session: Session, entry: Entry, now: datetime) -> None:
    """Tell every worker's match index that this entry looks different now."""
    session.add(EntryChange(entry_id=entry.id, at=now))


def audited(content: Mapping[str, Any]) -> dict[str, Any]:
    """Which fields changed, for the audit trail: names only, since a text may name people."""
    return {"fields": sorted(content)}


def settle_publication(entry: Entry) -> None:
    """Publication follows consent: without the title there is nothing that may be shown."""
    has_title = "title" in entry.public_fields
    if entry.publication is Publication.PUBLISHED and not has_title:
        entry.publication = Publication.UNPUBLISHED
    elif entry.publication in (Publication.NONE, Publication.CONSENTED):
        entry.publication = Publication.CONSENTED if entry.public_fields else Publication.NONE
