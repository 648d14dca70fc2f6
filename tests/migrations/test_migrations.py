"""The tables in the database are those of the models, however they came, and no migration loses a row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection

from app import create_app
from config import ROOT
from models.database import db
from seed.reference import load_reference
from services import audit
from services.transaction import reading, transaction
from tests.databases import create_database, drop_database
from tests.factories import make_call, make_draft, make_submitted
from tests.fixtures import NOW, settings_for
from tests.migrations.schemas import described
from vocabulary.states import EntryKind

# SQLite does not tell of indexes on expressions; test_upgrade_… compares them by their text instead.
pytestmark = [
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression"),
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
]
NEWEST = str(ScriptDirectory(str(ROOT / "migrations")).get_current_head())
REBUILD_ENTRY = """
from __future__ import annotations
import sqlalchemy as sa
from alembic import op
revision = "9001"
down_revision = "NEWEST"

def upgrade() -> None:
    with op.batch_alter_table("entry", recreate="auto") as batch:
        batch.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="7"))
        batch.alter_column("title", existing_type=sa.String(300), type_=sa.String(400))

def downgrade() -> None:
    with op.batch_alter_table("entry") as batch:
        batch.alter_column("title", existing_type=sa.String(400), type_=sa.String(300))
        batch.drop_column("rank")
"""
FAILS = """
from __future__ import annotations
import sqlalchemy as sa
from alembic import op
revision = "9001"
down_revision = "NEWEST"

def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE term SET position = position + 1")
    op.execute("INSERT INTO no_such_table VALUES (1)")

def downgrade() -> None:
    pass
"""
BREAKS_REFERENCES = """
from __future__ import annotations
from alembic import op
revision = "9001"
down_revision = "NEWEST"

def upgrade() -> None:
    op.execute("UPDATE entry SET call_id = 999999")

def downgrade() -> None:
    pass
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own, of either kind, with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'fresh.sqlite'}"
        return
    server = request.getfixturevalue("postgres_server")
    made = create_database(server)
    yield made
    drop_database(server, made)


@pytest.fixture
def service(url: str, tmp_path: Path) -> Iterator[Flask]:
    """The service on that database, before anybody has made its tables."""
    made = create_app(settings_for(url, tmp_path / "data"))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@contextmanager
def connected() -> Iterator[Connection]:
    """A connection to the service's database."""
    with db.engine.connect() as connection:
        yield connection


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the models, in an order that does not matter."""
    with connected() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in db.metadata.sorted_tables
        }


def load_world() -> None:
    """Reference data, a call, entries in three states with their terms, revisions, links and audit events."""
    with transaction() as session:
        load_reference(session, now=NOW)
    with transaction() as session:
        call = make_call(session)
        make_draft(session)
        make_submitted(session, call=call)
        make_submitted(session, EntryKind.OFFER)


def migrations_with(folder: Path, source: str) -> str:
    """A copy of our migrations with one more on top."""
    copied = folder / "migrations"
    shutil.copytree(ROOT / "migrations", copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / "9001_one_more.py").write_text(source.replace("NEWEST", NEWEST))
    return str(copied)


def test_upgrade_from_nothing_makes_the_tables_of_the_models(service: Flask, url: str) -> None:
    flask_migrate.upgrade()
    with connected() as connection:
        migrated = described(connection)
    flask_migrate.downgrade(revision="base")
    db.create_all()

    with connected() as connection:
        made = described(connection)

    assert sorted(migrated - made) == []
    assert sorted(made - migrated) == []


def test_down_and_up_again_comes_to_the_same(service: Flask) -> None:
    flask_migrate.upgrade()
    with connected() as connection:
        first = described(connection)

    flask_migrate.downgrade(revision="base")
    with connected() as connection:
        nothing = described(connection)
    flask_migrate.upgrade()
    with connected() as connection:
        second = described(connection)

    assert nothing == set()
    assert second == first


def test_autogenerate_finds_nothing_to_change(service: Flask) -> None:
    flask_migrate.upgrade()

    flask_migrate.check()


def test_a_migrated_database_takes_the_world_and_its_audit_trail_verifies(service: Flask) -> None:
    flask_migrate.upgrade()

    load_world()

    with reading() as session:
        n_events, fault = audit.verify(session)
    assert (n_events > 0, fault) == (True, None)


def test_upgrade_twice_changes_nothing(service: Flask) -> None:
    flask_migrate.upgrade()
    load_world()
    before = rows()

    flask_migrate.upgrade()

    assert rows() == before


def test_downgrade_with_data_is_possible_and_upgrade_starts_anew(service: Flask) -> None:
    flask_migrate.upgrade()
    load_world()

    flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade()

    assert {name: len(found) for name, found in rows().items() if found} == {"audit_head": 1}


def test_a_migration_that_rebuilds_a_table_keeps_every_row_both_ways(service: Flask, tmp_path: Path) -> None:
    flask_migrate.upgrade()
    load_world()
    before = rows()
    with connected() as connection:
        schema = described(connection)
    folder = migrations_with(tmp_path, REBUILD_ENTRY)

    flask_migrate.upgrade(directory=folder)
    above = rows()
    flask_migrate.downgrade(directory=folder, revision=NEWEST)

    assert above == before
    assert rows() == before
    with connected() as connection:
        assert described(connection) == schema
    assert before["entry_term"] != []


def test_a_migration_that_fails_leaves_nothing_behind(service: Flask, tmp_path: Path) -> None:
    flask_migrate.upgrade()
    load_world()
    before = rows()
    with connected() as connection:
        schema = described(connection)
    folder = migrations_with(tmp_path, FAILS)

    with pytest.raises(sa.exc.DatabaseError, match="no_such_table"):
        flask_migrate.upgrade(directory=folder)

    assert rows() == before
    with connected() as connection:
        assert described(connection) == schema
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [
            NEWEST
        ]


def test_a_migration_that_breaks_references_is_refused(service: Flask, tmp_path: Path) -> None:
    flask_migrate.upgrade()
    load_world()
    before = rows()
    folder = migrations_with(tmp_path, BREAKS_REFERENCES)

    with pytest.raises((SystemExit, sa.exc.IntegrityError)):
        flask_migrate.upgrade(directory=folder)

    assert rows() == before


def test_references_are_enforced_again_after_a_migration(service: Flask) -> None:
    flask_migrate.upgrade()

    with connected() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(
            sa.text("INSERT INTO entry_term (entry_id, vocabulary, code) VALUES (1, 'x', 'y')")
        )
