"""Backup and restore elsewhere, on both databases: the same is there again, or nothing is changed."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from models.audit import AuditEvent
from models.database import db
from models.entries import Entry
from services.attachments import add_attachment
from services.transaction import reading, transaction
from tests.commands.operating import run
from tests.databases import programs
from tests.factories import link_holder, make_draft
from tests.fixtures import NOW, Opened, settings_for

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def tools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, of the version of the test server."""
    folder = programs(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A second, empty service of the same kind."""
    address = app.config["SETTINGS"].database_url
    data = tmp_path / "elsewhere"
    if address.startswith("sqlite"):
        other = create_app(settings_for(f"sqlite:///{data / 'capmatch.sqlite'}", data))
        yield other
        with other.app_context():
            db.engine.dispose()
        return
    name = f"restored_{os.getpid()}"
    server = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    other = create_app(settings_for(sa.make_url(address).set(database=name).render_as_string(False), data))
    yield other
    with other.app_context():
        db.engine.dispose()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    server.dispose()


@pytest.fixture
def full(app: Flask, write: Opened) -> Flask:
    """A service with an entry and a file."""
    with write() as session:
        made = make_draft(session)
        add_attachment(session, link_holder(made.entry.id), made.entry.ref, "plan.pdf", PDF, now=NOW)
    return app


def state_of(app: Flask) -> tuple[list[str], list[tuple[int, str]]]:
    with app.app_context(), reading() as session:
        refs = list(session.execute(sa.select(Entry.ref)).scalars())
        events = [(event.sequence, event.hash) for event in session.execute(sa.select(AuditEvent)).scalars()]
    return refs, events


@pytest.mark.usefixtures("tools")
def test_backup_restored_elsewhere_is_the_same(full: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    made = run(full, "backup", str(file))
    with full.app_context(), transaction() as session:
        make_draft(session)  # after the backup: not in it
    restored = run(elsewhere, "restore", str(file))
    files = [path.read_bytes() for path in (tmp_path / "elsewhere" / "attachments").glob("*/*")]
    with full.app_context(), db.engine.connect() as connection:
        n_events = connection.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one()
    refs, events = state_of(elsewhere)

    assert (made.exit_code, restored.exit_code) == (0, 0), made.output + restored.output
    assert (len(refs), len(events), n_events) == (1, 2, 3)
    assert events == state_of(full)[1][:2]
    assert files == [PDF]


@pytest.mark.usefixtures("tools")
def test_restore_overwrites_nothing(full: Flask, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    run(full, "backup", str(file))
    before = state_of(full)

    result = run(full, "restore", str(file))

    assert (result.exit_code, state_of(full)) == (1, before)
    assert "The database holds something already." in result.output


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("harm", ["cut", "flip", "noise", "foreign_part"])
def test_damaged_backup_changes_nothing(full: Flask, elsewhere: Flask, tmp_path: Path, harm: str) -> None:
    file = tmp_path / "all.tar"
    run(full, "backup", str(file))
    _harm(file, harm)

    result = run(elsewhere, "restore", str(file))
    with elsewhere.app_context(), db.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()

    assert (result.exit_code, tables) == (1, []), result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "elsewhere" / "attachments").exists()
    assert not (tmp_path / "evil").exists()


def _harm(file: Path, harm: str) -> None:
    content = file.read_bytes()
    if harm == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif harm == "flip":
        at = content.index(PDF)
        file.write_bytes(content[:at] + b"X" + content[at + 1 :])
    elif harm == "noise":
        file.write_bytes(b"no backup at all")
    else:
        manifest = json.dumps(
            {
                "format": 1, "made_at": "x", "database": "sqlite", "schema": None, "audit": {"sequence": 0},
                "files": {"../evil": {"sha256": "", "size": 0}},
            }
        )  # fmt: skip
        (file.parent / "manifest.json").write_text(manifest)
        with tarfile.open(file, "w") as archive:
            archive.add(file.parent / "manifest.json", arcname="manifest.json")
            archive.add(file.parent / "manifest.json", arcname="../evil")


@pytest.mark.usefixtures("tools")
def test_backup_holds_no_key_and_does_not_overwrite(full: Flask, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    first = run(full, "backup", str(file))
    second = run(full, "backup", str(file))
    with tarfile.open(file) as archive:
        names = sorted(name.partition("/")[0] for name in archive.getnames())

    assert (first.exit_code, second.exit_code) == (0, 2)
    assert names in (
        ["attachments", "database.sqlite", "manifest.json"],
        ["attachments", "database.dump", "manifest.json"],
    )
    assert full.config["SETTINGS"].audit_key.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_backup_without_pg_dump_says_so(full: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if full.config["SETTINGS"].database_url.startswith("sqlite"):
        pytest.skip("SQLite needs no program")
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    result = run(full, "backup", str(tmp_path / "all.tar"))

    assert result.exit_code == 1
    assert "pg_dump is not installed" in result.output
    assert list(tmp_path.iterdir()) == []
