"""Files of a nomination: a curriculum vitae, a conflict-of-interest form, something supporting.

Kept like the files of entries (services/attachments.py); each opening asks again whether this person may.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.fellowships import Nomination, NominationFile
from procedure.access import may
from services import audit
from services.attachments import OpenedFile, clean_name, keep_bytes, stored_at
from services.fellowships.rows import fetch_for, item_of, refuse_own, touch
from services.file_kinds import recognise
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Unavailable
from vocabulary.fellowships import NominationDocument, NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor

MOST_FILES = 6
LONGEST_REASON = 2_000
_ENDED = (NominationState.WITHDRAWN, NominationState.LAPSED, NominationState.INELIGIBLE)
COMPLETED = Message("The form was completed; take it back before you change it.")


def files_of(session: Session, nomination_id: int) -> list[NominationFile]:
    """The files that were not removed, the oldest first."""
    query = (
        sa.select(NominationFile)
        .where(NominationFile.nomination_id == nomination_id, NominationFile.removed_at.is_(None))
        .order_by(NominationFile.id)
    )
    return list(session.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class FileRow:
    """A document as it is listed."""

    ref: str
    document: str
    name: str
    size: int


def kept(session: Session, actor: Actor, ref: str, *, now: datetime) -> tuple[FileRow, ...]:
    """The documents of a nomination, for whoever may open them; for others none."""
    query = sa.select(Nomination).where(Nomination.ref == ref)
    nomination = session.execute(query).scalar_one_or_none()
    if nomination is None:
        raise NotFound
    if not may(actor, Action.NOMINATION_DOWNLOAD, item_of(session, actor, nomination).facts, now):
        return ()
    return tuple(
        FileRow(row.ref, row.document, row.name, row.size) for row in files_of(session, nomination.id)
    )


def add_file(
    session: Session,
    actor: Actor,
    ref: str,
    document: NominationDocument,
    name: str,
    data: bytes,
    *,
    now: datetime,
) -> NominationFile:
    """Keep a file. Raises Invalid when it is too large, too many, or of a kind that is not taken."""
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, ref, now=now, lock=True)
    if item.nomination.state not in (NominationState.DRAFT, NominationState.AWAITING_NOMINEE):
        raise Conflict(COMPLETED, code="completed")
    row = _kept(session, item.nomination, document, name, data, now)
    audit.record(
        session,
        actor,
        "nomination.add_file",
        ("nomination", ref),
        now=now,
        after={"document": row.document, "size": row.size, "sha256": row.sha256},
    )
    return row


def add_late_file(
    session: Session,
    actor: Actor,
    ref: str,
    document: NominationDocument,
    name: str,
    data: bytes,
    reason: str,
    *,
    now: datetime,
) -> NominationFile:
    """An officer adds a document that came late, with a reason that is kept beside it.

    Raises Invalid without a reason or for a file that is not taken, Conflict for a nomination that has ended.
    """
    item = fetch_for(session, actor, Action.NOMINATION_SCREEN, ref, now=now, lock=True)
    refuse_own(item, actor)
    if item.nomination.state in _ENDED:
        raise Conflict(Message("This nomination has ended; nothing is added to it."), code="ended")
    said = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    if not said:
        raise Invalid({"late_reason": [Message("Say why the file is taken after the deadline.")]})
    row = _kept(session, item.nomination, document, name, data, now)
    row.late_reason, row.added_by_id = said, actor.account_id
    session.flush()
    after = {"document": row.document, "size": row.size, "sha256": row.sha256}
    subject = ("nomination", ref)
    audit.record(session, actor, "nomination.add_late_file", subject, now=now, after=after)
    return row


def _kept(
    session: Session,
    nomination: Nomination,
    document: NominationDocument,
    name: str,
    data: bytes,
    now: datetime,
) -> NominationFile:
    limit = runtime(session).upload_max_bytes
    if not 0 < len(data) <= limit:
        raise Invalid({"file": [Message("A file has 1 to {n} bytes.", n=limit)]})
    if len(files_of(session, nomination.id)) >= MOST_FILES:
        raise Invalid({"file": [Message("There are {n} files already; remove one first.", n=MOST_FILES)]})
    kind = recognise(data)
    digest = hashlib.sha256(data).hexdigest()
    keep_bytes(session, digest, data)
    row = NominationFile(
        ref=f"nfl_{secrets.token_hex(12)}",
        nomination_id=nomination.id,
        document=document.value,
        name=clean_name(name, kind.suffix),
        media_type=kind.media_type,
        size=len(data),
        sha256=digest,
        uploaded_at=now,
    )
    session.add(row)
    touch(nomination, now)
    session.flush()
    return row


def remove_file(session: Session, actor: Actor, file_ref: str, *, now: datetime) -> str:
    """Take a file away; returns the nomination's reference."""
    row, nomination = _fetch(session, file_ref)
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, nomination.ref, now=now, lock=True)
    if item.nomination.state not in (NominationState.DRAFT, NominationState.AWAITING_NOMINEE):
        raise Conflict(COMPLETED, code="completed")
    row.removed_at = now
    touch(item.nomination, now)
    session.flush()
    audit.record(session, actor, "nomination.remove_file", ("nomination", nomination.ref), now=now)
    return nomination.ref


def open_file(session: Session, actor: Actor, file_ref: str, *, now: datetime) -> OpenedFile:
    """A file, if the actor may open it now."""
    row, nomination = _fetch(session, file_ref)
    fetch_for(session, actor, Action.NOMINATION_DOWNLOAD, nomination.ref, now=now)
    path = stored_at(session, row.sha256)
    if not path.is_file():
        raise Unavailable(Message("This file cannot be read at the moment. Tell the secretariat its name."))
    return OpenedFile(row.name, row.media_type, row.size, row.sha256, path)


def _fetch(session: Session, file_ref: str) -> tuple[NominationFile, Nomination]:
    query = (
        sa.select(NominationFile, Nomination)
        .join(Nomination, Nomination.id == NominationFile.nomination_id)
        .where(NominationFile.ref == file_ref, NominationFile.removed_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]
