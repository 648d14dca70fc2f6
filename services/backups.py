"""Everything that must not be lost, in one file: database and attachments, and how to bring them back.

A backup is taken while the service runs. The database is copied first, as of one moment, the files after it:
every file that a row names was on the disk before the row was committed. A restore checks every part against
the manifest before it touches anything, and writes into an empty place only. The secrets of the service
(SECRET_KEY, AUDIT_KEY) are not in it and are kept elsewhere; without AUDIT_KEY the audit trail cannot be
verified any more. Messages are for an operator at a terminal, in English.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from models.entries import Attachment
from services.attachments import FOLDER, stored_at

FORMAT = 1
MANIFEST = "manifest.json"
_DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
_FILE = re.compile(rf"{FOLDER}/[0-9a-f]{{2}}/[0-9a-f]{{64}}")
_PIECE = 1024 * 1024


class BackupFault(Exception):
    """It cannot be done; the text says why, and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds."""

    made_at: str
    database: str
    schema: str | None
    audit_sequence: int
    n_files: int
    n_bytes: int


def write_backup(session: Session, data_dir: Path, target: Path, *, now: datetime) -> Summary:
    """Write database and attachments to one file, which appears whole or not at all. Raises BackupFault."""
    url = _url(session)
    kind = _kind(url)
    head = _audit_head(session)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
        copy = Path(scratch) / _DATABASE[kind]
        (_copy_sqlite if kind == "sqlite" else _dump_postgresql)(url, copy)
        parts = {copy.name: copy} | dict(_attachments(data_dir))
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "database": kind,
            "schema": _schema(session),
            "audit": head,
            "files": {},
        }
        draft = Path(scratch) / "backup.tar"
        with tarfile.open(draft, "w") as archive:
            for name, path in parts.items():
                manifest["files"][name] = {"sha256": _digest(path), "size": path.stat().st_size}
                archive.add(path, arcname=name, recursive=False)
            listing = Path(scratch) / MANIFEST
            listing.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
            archive.add(listing, arcname=MANIFEST)
        draft.chmod(0o600)
        _sync(draft)
        draft.replace(target)
    return _summary(manifest)


def restore_backup(session: Session, data_dir: Path, source: Path) -> Summary:
    """Bring a backup into an empty database and data folder. Else BackupFault, and nothing is changed."""
    url = _url(session)
    _require_empty(session, url, data_dir)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as scratch:
        manifest = _unpack(source, Path(scratch))
        kind = _kind(url)
        if manifest["database"] != kind:
            raise BackupFault(
                f"The backup is of a {manifest['database']} database, DATABASE_URL names a {kind} one."
            )
        database = Path(scratch) / _DATABASE[kind]
        session.rollback()
        _engine(session).dispose()  # its connections know the empty database
        if kind == "sqlite":
            _put_sqlite(database, Path(str(url.database)))
        else:
            _run(
                ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"],
                url,
                database,
            )
        if (Path(scratch) / FOLDER).is_dir():
            (Path(scratch) / FOLDER).replace(data_dir / FOLDER)
    return _summary(manifest)


def faults_after_restore(session: Session, summary: Summary) -> list[str]:
    """What a restored service lacks: files that rows name, or events of the audit trail."""
    rows = session.execute(
        sa.select(Attachment.ref, Attachment.sha256).where(Attachment.removed_at.is_(None))
    )
    faults = [
        f"attachment {ref} has no file" for ref, digest in rows if not stored_at(session, digest).is_file()
    ]
    if _audit_head(session)["sequence"] < summary.audit_sequence:
        faults.append("the audit trail is shorter than when the backup was taken")
    return faults


def _engine(session: Session) -> sa.Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, sa.Engine) else bind.engine


def _url(session: Session) -> URL:
    return _engine(session).url


def _kind(url: URL) -> str:
    kind = url.get_backend_name()
    if kind not in _DATABASE:
        raise BackupFault(f"A {kind} database cannot be backed up by this command.")
    return kind


def _schema(session: Session) -> str | None:
    if not sa.inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _audit_head(session: Session) -> dict[str, Any]:
    if not sa.inspect(session.connection()).has_table("audit_head"):
        raise BackupFault("There is no database yet: run `flask db upgrade` first.")
    row = session.execute(sa.text("SELECT sequence, hash FROM audit_head")).one_or_none()
    return {"sequence": row[0], "hash": row[1]} if row else {"sequence": 0, "hash": ""}


def _copy_sqlite(url: URL, copy: Path) -> None:
    """SQLite's own online copy: as of one moment, while others write."""
    with (
        closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        found = target.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise BackupFault(f"The copy of the database is damaged: {found}")


def _dump_postgresql(url: URL, copy: Path) -> None:
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={copy}"], url)


def _run(command: list[str], url: URL, *arguments: Path) -> None:
    """Run a program of PostgreSQL's; the password goes by the environment, where no process list shows it."""
    program = shutil.which(command[0])
    if program is None:
        raise BackupFault(
            f"{command[0]} is not installed: apt install postgresql-client, at the server's version."
        )
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603 -- a program of PostgreSQL's, with arguments of our own
        [program, *command[1:], f"--dbname={address}", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFault(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def _attachments(data_dir: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((data_dir / FOLDER).glob("*/*")):
        name = path.relative_to(data_dir).as_posix()
        if path.is_file() and _FILE.fullmatch(name):
            yield name, path


def _require_empty(session: Session, url: URL, data_dir: Path) -> None:
    has_tables = bool(sa.inspect(session.connection()).get_table_names())
    if has_tables:
        raise BackupFault(
            "The database holds something already. Restore into an empty one: name another folder with "
            "CAPMATCH_DATA, or another database with DATABASE_URL."
        )
    if any((data_dir / FOLDER).glob("*/*")):
        raise BackupFault(
            f"{data_dir / FOLDER} holds files already. Name an empty folder with CAPMATCH_DATA."
        )


def _unpack(source: Path, scratch: Path) -> Mapping[str, Any]:
    """Every part of a backup, checked against the manifest, in a folder of its own."""
    with _opened(source) as archive:
        manifest = _manifest(archive)
        for name, expected in manifest["files"].items():
            if name not in _DATABASE.values() and not _FILE.fullmatch(name):
                raise BackupFault(f"The backup names a part that no backup has: {name}")
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with _part(archive, name) as part, path.open("wb") as written:
                shutil.copyfileobj(part, written, _PIECE)
            if _digest(path) != expected["sha256"]:
                raise BackupFault(f"The backup is damaged: {name} is not what it was.")
    if _DATABASE[manifest["database"]] not in manifest["files"]:
        raise BackupFault("The backup holds no database.")
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError) as error:
        raise BackupFault(f"{source} is not a whole backup: {error}") from error


def _manifest(archive: tarfile.TarFile) -> Mapping[str, Any]:
    try:
        with _part(archive, MANIFEST) as part:
            manifest: dict[str, Any] = json.load(part)
        if manifest["format"] != FORMAT:
            raise BackupFault(f"The backup has format {manifest['format']}; this version reads {FORMAT}.")
        _DATABASE[manifest["database"]], manifest["files"].items()
        _summary(manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupFault("The manifest of the backup cannot be read.") from error
    return manifest


def _part(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        part = archive.extractfile(name)
    except KeyError:
        part = None
    if part is None:
        raise BackupFault(f"The backup lacks {name}; it is no backup of ours, or it was cut off.")
    return part


def _put_sqlite(database: Path, target: Path) -> None:
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    _sync(database)
    database.replace(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _summary(manifest: Mapping[str, Any]) -> Summary:
    files = manifest["files"]
    return Summary(
        manifest["made_at"],
        manifest["database"],
        manifest["schema"],
        manifest["audit"]["sequence"],
        sum(name.startswith(FOLDER) for name in files),
        sum(part["size"] for part in files.values()),
    )
