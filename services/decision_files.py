"""The file of a decision: everything it stands on in one ZIP, with a manifest that shows any change.

Made for keeping outside of the service: versions of the text, declarations (kind and date, never their
description), scores, results, notes, decisions, letters and the trail. The manifest lists every file with its
SHA-256, and is signed with a key made from the key of the audit trail (HMAC-SHA-256): whoever holds that key
checks the file without the database and without the network.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call
from models.decisions import Decision, Letter, Recognition, Reconsideration, Release
from models.entries import Entry, Revision
from models.notes import EntryNote
from models.operation import OutgoingMail
from models.panels import ConsensusScore, PanelNote, PanelResult
from models.reference import Criterion
from models.reviews import Assignment, ConflictDeclaration, Review, ReviewVersion
from procedure.access import may, require
from procedure.facts import ANYWHERE
from services import audit
from services.entries.rows import fetch
from services.facts import entry_facts, facts_of_entries
from services.mail_sending import without_links
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

SCHEMA = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PURPOSE = b"capmatch decision file 1"
MOST_BYTES = 512 * 1024 * 1024
"""Unpacked; a file that holds more is none of ours."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file says of itself, once it was found whole."""

    subject: str
    made_at: str
    n_files: int


class NotWhole(Exception):
    """The file is not as it was made; the text says where."""


def of_entry(session: Session, actor: Actor, ref: str, purpose: str, *, now: datetime) -> bytes:
    """The file of one entry. Raises NotFound, Refused, Invalid where no purpose is given."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    if not may(actor, Action.DECISION_READ, replace(facts, break_glass_reason=purpose), now):
        raise NotFound
    require(actor, Action.EXPORT_BULK, facts, now)
    return _made(session, actor, entry.ref, [entry], purpose, now)


def of_decision(
    session: Session, actor: Actor, ref: str, purpose: str, *, now: datetime
) -> tuple[str, bytes]:
    """The file of the entry that a decision is on, with the reference of that entry."""
    query = sa.select(Entry.ref).join(Decision, Decision.entry_id == Entry.id).where(Decision.ref == ref)
    entry_ref = session.execute(query).scalar_one_or_none()
    if entry_ref is None:
        raise NotFound
    return entry_ref, of_entry(session, actor, entry_ref, purpose, now=now)


def of_call(session: Session, actor: Actor, call_ref: str, purpose: str, *, now: datetime) -> bytes:
    """The file of every decided entry of a call, but those on which the actor has a conflict of interest."""
    require(actor, Action.EXPORT_BULK, ANYWHERE, now)
    call = session.execute(sa.select(Call).where(Call.ref == call_ref)).scalar_one_or_none()
    if call is None:
        raise NotFound
    query = sa.select(Entry).where(Entry.call_id == call.id, Entry.id.in_(sa.select(Decision.entry_id)))
    entries = session.execute(query.order_by(Entry.id)).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    mine = [entry for entry in entries if may(actor, Action.EXPORT_BULK, facts[entry.id], now)]
    return _made(session, actor, call.ref, mine, purpose, now)


def _made(
    session: Session, actor: Actor, subject: str, entries: Sequence[Entry], purpose: str, now: datetime
) -> bytes:
    said = purpose.strip()[:500]
    if not said:
        raise Invalid({"purpose": [Message("Say what the file is for; the audit trail keeps it.")]})
    files = {
        f"{entry.ref}/{name}": _bytes(content)
        for entry in entries
        for name, content in _contents(session, entry).items()
    }
    kind = "call" if subject.startswith("CALL") else "entry"
    audit.record(
        session,
        actor,
        "export.decision_file",
        (kind, subject),
        now=now,
        after={"entries": [entry.ref for entry in entries], "n_files": len(files)},
        reason=said,
    )
    return packed(
        files,
        {
            "schema": SCHEMA,
            "subject": subject,
            "made_at": now.isoformat(),
            "purpose": said,
            "audit_head": audit.head_hash(session),
        },
        runtime(session).audit_key,
    )


def packed(files: Mapping[str, bytes], about: Mapping[str, Any], key: bytes) -> bytes:
    """A ZIP with a signed manifest; the same content gives the same bytes, so nothing in it is compressed."""
    manifest = _bytes(
        {
            **about,
            "files": [
                {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in sorted(files.items())
            ],
        }
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in [
            (MANIFEST, manifest),
            (SIGNATURE, signature(manifest, key).encode()),
            *sorted(files.items()),
        ]:
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = 3  # the same bytes on every system
            file.writestr(member, content)
    return out.getvalue()


def signature(manifest: bytes, key: bytes) -> str:
    """HMAC-SHA-256 of the manifest, in hex, under a key made from that of the audit trail."""
    own_key = hmac.new(key, _PURPOSE, hashlib.sha256).digest()
    return hmac.new(own_key, manifest, hashlib.sha256).hexdigest()


def check(content: bytes, key: bytes) -> Checked:
    """Is the file, to the last byte, as it was made with this key? Raises NotWhole."""
    held = _unpacked(content)
    manifest = held.get(MANIFEST)
    if manifest is None or SIGNATURE not in held:
        raise NotWhole("it has no signed manifest")
    if not hmac.compare_digest(held[SIGNATURE], signature(manifest, key).encode()):
        raise NotWhole("the signature does not fit the manifest, or was made with another key")
    said = json.loads(manifest)
    listed = {row["name"]: row for row in said["files"]}
    if set(listed) != set(held) - {MANIFEST, SIGNATURE}:
        raise NotWhole("files were added or taken away")
    for name, row in listed.items():
        if hashlib.sha256(held[name]).hexdigest() != row["sha256"]:
            raise NotWhole(f"{name} was changed")
    if content != _repacked(said, held, key):
        raise NotWhole("bytes outside of its files were changed")
    return Checked(said["subject"], said["made_at"], len(listed))


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The files in a ZIP by name; whatever is wrong with it, it is NotWhole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            members = file.infolist()
            if sum(member.file_size for member in members) <= MOST_BYTES:
                return {member.filename: file.read(member) for member in members}
    except Exception as broken:  # what a broken ZIP raises has no base of its own
        raise NotWhole("it is no ZIP file that can be read") from broken
    raise NotWhole("it unpacks to more than any file of ours")


def _repacked(said: Mapping[str, Any], held: Mapping[str, bytes], key: bytes) -> bytes:
    files = {name: content for name, content in held.items() if name not in (MANIFEST, SIGNATURE)}
    about = {name: value for name, value in said.items() if name != "files"}
    return packed(files, about, key)


def _bytes(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=_plain) + "\n").encode()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- what stands in it ------------------------------------------------------------------------------------


def _contents(session: Session, entry: Entry) -> dict[str, Any]:
    """The files of one entry, by name, as JSON values."""
    codes = {row.id: row.code for row in session.execute(sa.select(Criterion.id, Criterion.code))}
    decisions = _rows(session, sa.select(Decision).where(Decision.entry_id == entry.id).order_by(Decision.id))
    ids = [row.id for row in decisions]
    return {
        "entry.json": _columns(entry, ("ref", "kind", "state", "publication", "submitted_at", "version")),
        "revisions.json": [
            _columns(row, ("number", "content", "files", "content_hash", "submitted_at"))
            for row in _rows(
                session, sa.select(Revision).where(Revision.entry_id == entry.id).order_by(Revision.id)
            )
        ],
        "declarations.json": _declarations(session, entry),
        "reviews.json": _reviews(session, entry),
        "results.json": [
            _columns(row, ("id", "computed_at", "inputs_hash", "engine", "medians", "verdicts"))
            | _columns(row, ("explanation", "flags", "counts"))
            for row in _rows(
                session,
                sa.select(PanelResult).where(PanelResult.entry_id == entry.id).order_by(PanelResult.id),
            )
        ],
        "consensus.json": [
            {"criterion": codes.get(row.criterion_id)}
            | _columns(row, ("value", "reason", "recorded_by_id", "recorded_at", "ended_at"))
            for row in _rows(
                session,
                sa.select(ConsensusScore)
                .where(ConsensusScore.entry_id == entry.id)
                .order_by(ConsensusScore.id),
            )
        ],
        "notes.json": [
            _columns(row, ("kind", "text", "written_by_id", "written_at"))
            for row in _rows(
                session, sa.select(PanelNote).where(PanelNote.entry_id == entry.id).order_by(PanelNote.id)
            )
        ],
        "internal_notes.json": [
            _columns(
                row, ("text", "written_by_id", "written_at", "struck_by_id", "struck_at", "struck_reason")
            )
            for row in _rows(
                session, sa.select(EntryNote).where(EntryNote.entry_id == entry.id).order_by(EntryNote.id)
            )
        ],
        "decisions.json": [_whole(row) for row in decisions],
        "letters.json": [
            _whole(row)
            for row in _rows(
                session, sa.select(Letter).where(Letter.decision_id.in_(ids)).order_by(Letter.id)
            )
        ],
        "releases.json": [
            _whole(row)
            for row in _rows(
                session,
                sa.select(Release)
                .where(Release.id.in_([row.release_id for row in decisions if row.release_id]))
                .order_by(Release.id),
            )
        ],
        "reconsiderations.json": [
            _whole(row)
            for row in _rows(
                session,
                sa.select(Reconsideration)
                .where(Reconsideration.decision_id.in_(ids))
                .order_by(Reconsideration.id),
            )
        ],
        "recognitions.json": [
            _whole(row)
            for row in _rows(
                session,
                sa.select(Recognition).where(Recognition.entry_id == entry.id).order_by(Recognition.id),
            )
        ],
        "mails.json": [
            _columns(row, ("message_id", "template", "language", "state", "created_at", "sent_at"))
            | {"values": without_links(row.values)}
            for row in _rows(
                session,
                sa.select(OutgoingMail)
                .where(OutgoingMail.subject_ref == entry.ref)
                .order_by(OutgoingMail.id),
            )
        ],
        "trail.json": [_whole(row) for row in _trail(session, entry, decisions)],
    }


def _rows(session: Session, query: Any) -> list[Any]:
    return list(session.execute(query).scalars())


def _columns(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _whole(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).columns}


def _declarations(session: Session, entry: Entry) -> list[dict[str, Any]]:
    """Who declared what kind of conflict when, and the ruling; the description stays in the service."""
    query = (
        sa.select(ConflictDeclaration)
        .where(ConflictDeclaration.entry_id == entry.id)
        .order_by(ConflictDeclaration.id)
    )
    names = ("account_id", "answer", "kinds", "answered_at", "ruling", "ruled_by_id", "ruled_at")
    return [_columns(row, names) for row in _rows(session, query)]


def _reviews(session: Session, entry: Entry) -> list[dict[str, Any]]:
    """Every review with every state of it that was handed in."""
    query = (
        sa.select(Review, Assignment.ref, Assignment.account_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Review.entry_id == entry.id)
        .order_by(Review.id)
    )
    versions = sa.select(ReviewVersion).order_by(ReviewVersion.id)
    return [
        {
            "ref": review.ref,
            "assignment": assignment_ref,
            "account_id": account_id,
            **_columns(review, ("state", "submitted_at", "void_reason", "result")),
            "versions": [
                {"at": row.at, "content": row.content}
                for row in _rows(session, versions.where(ReviewVersion.review_id == review.id))
            ],
        }
        for review, assignment_ref, account_id in session.execute(query).all()
    ]


def _trail(session: Session, entry: Entry, decisions: Sequence[Decision]) -> list[AuditEvent]:
    """The events of the audit trail about the entry, its reviews and its decisions, with their hashes."""
    reviews = sa.select(Review.ref).where(Review.entry_id == entry.id)
    assignments = sa.select(Assignment.ref).where(Assignment.entry_id == entry.id)
    query = (
        sa.select(AuditEvent)
        .where(
            sa.or_(
                sa.and_(AuditEvent.subject_kind == "entry", AuditEvent.subject_ref == entry.ref),
                sa.and_(AuditEvent.subject_kind == "review", AuditEvent.subject_ref.in_(reviews)),
                sa.and_(AuditEvent.subject_kind == "assignment", AuditEvent.subject_ref.in_(assignments)),
                sa.and_(
                    AuditEvent.subject_kind == "decision",
                    AuditEvent.subject_ref.in_([row.ref for row in decisions]),
                ),
            )
        )
        .order_by(AuditEvent.sequence)
    )
    return _rows(session, query)
