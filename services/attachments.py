"""Add, remove and open the files of an entry; each opening asks again whether this person may.

Bytes lie in the data folder under their SHA-256, written before the transaction commits: a file without a row
is harmless and swept later, a row without a file never is. What a file is, its content says, not its name
(services/file_kinds.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Attachment, Entry
from models.fellowships import NominationFile
from procedure.access import may
from services import audit
from services.entries.rows import fetch, fetch_for, touch
from services.facts import entry_facts
from services.file_kinds import FileKind, recognise
from services.runtime import runtime
from services.throttle import Limit, count_try, network_of
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound, Unavailable
from vocabulary.messages import Message, plural_message
from vocabulary.people import Actor

MOST_FILES = 10
MOST_BYTES_IN_ALL = 50 * 1024 * 1024
LONGEST_NAME = 120
FOLDER = "attachments"
FILES_FROM_NETWORK = Limit("file_from", 100, timedelta(hours=1))
"""Of people without an account, so that nobody fills the disk unnamed."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file to be sent: always as a download, under its cleaned name."""

    name: str
    media_type: str
    size: int
    sha256: str
    path: Path


def look_into(
    session: Session, actor: Actor, entry_ref: str, data: bytes, *, now: datetime
) -> FileKind | None:
    """What a file is that somebody may add, found out before the transaction that adds it, as it takes long.

    None where they may not, or the size is wrong: add_attachment then says why. Raises Invalid as it does.
    """
    entry = fetch(session, entry_ref)
    is_right_size = 0 < len(data) <= runtime(session).upload_max_bytes
    if not is_right_size or not may(actor, Action.ATTACHMENT_UPLOAD, entry_facts(session, entry, actor), now):
        return None
    return recognise(data)


def add_attachment(
    session: Session,
    actor: Actor,
    entry_ref: str,
    name: str,
    data: bytes,
    *,
    now: datetime,
    kind: FileKind | None = None,
) -> Attachment:
    """Keep a file with an entry. The same bytes again are the same attachment. `kind` is from look_into.

    Raises Invalid when it is too large, too many, not of a kind that is taken, or holds what is not taken;
    Unavailable when the disk does not take it; TooMany when one place without an account adds many.
    """
    entry, _ = fetch_for(session, actor, Action.ATTACHMENT_UPLOAD, entry_ref, now=now, lock=True)
    _check_size(session, len(data))
    kind = kind or recognise(data)
    kept = _present(session, entry)
    digest = hashlib.sha256(data).hexdigest()
    for row in kept:
        if row.sha256 == digest:
            return row
    _check_room(kept, len(data))
    if not actor.is_signed_in and actor.address:
        count_try(session, [(FILES_FROM_NETWORK, network_of(actor.address))], now=now)
    keep_bytes(session, digest, data)
    row = Attachment(
        ref=f"att_{secrets.token_hex(12)}",
        entry_id=entry.id,
        name=clean_name(name, kind.suffix),
        media_type=kind.media_type,
        size=len(data),
        sha256=digest,
        uploaded_at=now,
    )
    session.add(row)
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        actor,
        "attachment.upload",
        ("entry", entry_ref),
        now=now,
        after={"attachment": row.ref, "media_type": row.media_type, "size": row.size, "sha256": digest},
    )
    return row


def remove_attachment(session: Session, actor: Actor, attachment_ref: str, *, now: datetime) -> None:
    """Take a file away from what will be submitted next; earlier revisions keep listing it."""
    row = _fetch(session, attachment_ref)
    entry, _ = fetch_for(
        session, actor, Action.ATTACHMENT_REMOVE, _entry_ref(session, row), now=now, lock=True
    )
    if row.removed_at is not None:
        return
    row.removed_at = now
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        actor,
        "attachment.remove",
        ("entry", entry.ref),
        now=now,
        before={"attachment": row.ref, "sha256": row.sha256},
    )


def open_attachment(session: Session, actor: Actor, attachment_ref: str, *, now: datetime) -> OpenedFile:
    """A file, if the actor may open it now. Raises NotFound or Refused as for the entry.

    A removed file opens only for whoever may still see the revision that lists it, so for them as before.
    """
    row = _fetch(session, attachment_ref)
    fetch_for(session, actor, Action.ATTACHMENT_DOWNLOAD, _entry_ref(session, row), now=now)
    path = stored_at(session, row.sha256)
    if not path.is_file():
        raise Unavailable(Message("This file cannot be read at the moment. Tell the secretariat its name."))
    return OpenedFile(row.name, row.media_type, row.size, row.sha256, path)


def stored_at(session: Session, digest: str) -> Path:
    """Where the bytes with this SHA-256 lie."""
    return runtime(session).data_dir / FOLDER / digest[:2] / digest


def _fetch(session: Session, ref: str) -> Attachment:
    row = session.execute(sa.select(Attachment).where(Attachment.ref == ref)).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _entry_ref(session: Session, row: Attachment) -> str:
    return session.execute(sa.select(Entry.ref).where(Entry.id == row.entry_id)).scalar_one()


def _present(session: Session, entry: Entry) -> list[Attachment]:
    query = sa.select(Attachment).where(Attachment.entry_id == entry.id, Attachment.removed_at.is_(None))
    return list(session.execute(query).scalars())


def _check_size(session: Session, size: int) -> None:
    most = runtime(session).upload_max_bytes
    if size == 0:
        raise _invalid(Message("The file is empty. Choose another one."))
    if size > most:
        raise _invalid(
            Message("The file is too large; the limit is {n} MB.", n=max(1, most // (1024 * 1024)))
        )


def _check_room(kept: list[Attachment], size: int) -> None:
    if len(kept) >= MOST_FILES:
        raise _invalid(
            plural_message(
                "There is {n} file already. Remove it first.",
                "There are {n} files already. Remove one first.",
                len(kept),
            )
        )
    if sum(row.size for row in kept) + size > MOST_BYTES_IN_ALL:
        raise _invalid(
            Message(
                "All files together may have {n} MB. Remove one first.", n=MOST_BYTES_IN_ALL // (1024 * 1024)
            )
        )


def _invalid(message: Message) -> Invalid:
    return Invalid({"file": [message]}, message)


def clean_name(name: str, suffix: str) -> str:
    """A name that no system trips over: no path, no control or direction signs, the suffix of its content."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1])
    kept = "".join(sign for sign in base if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*%;')
    stem = kept.rsplit(".", 1)[0] if "." in kept.strip(".") else kept
    stem = " ".join(stem.replace("..", " ").split()).strip(" .")[:LONGEST_NAME].strip(" .")
    return f"{stem or 'file'}{suffix}"


def keep_bytes(session: Session, digest: str, data: bytes) -> None:
    """Keep bytes under their SHA-256, before the row that names them. Raises Unavailable."""
    _store(stored_at(session, digest), data)


def _store(path: Path, data: bytes) -> None:
    """All bytes on the disk under the final name, or none; a name that is there already has these bytes.

    Such a file counts as new from now on, so that a sweep under way keeps it until its row is committed.
    """
    with contextlib.suppress(OSError):  # none there, or a sweep has just taken it: write it anew
        if path.stat().st_size == len(data):
            os.utime(path)
            return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as full:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise Unavailable(
            Message("The file could not be kept. Nothing was changed; try again in a few minutes.")
        ) from full


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(session: Session, *, older_than: datetime) -> int:
    """Delete stored files that no row names and that are older than this; returns how many."""
    folder = runtime(session).data_dir / FOLDER
    known = set(session.execute(sa.select(Attachment.sha256)).scalars())
    known |= set(session.execute(sa.select(NominationFile.sha256)).scalars())
    n_gone = 0
    for path in folder.glob("*/*") if folder.is_dir() else ():
        if path.name not in known and path.stat().st_mtime < older_than.timestamp():
            path.unlink(missing_ok=True)
            n_gone += 1
    return n_gone
