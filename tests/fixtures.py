"""The app on a clean database of either kind, and ways to read and write it from a test.

A test that takes `app` (or anything below) runs twice: on SQLite and on PostgreSQL. The reference data
is loaded once and stays; everything else is emptied after each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from config import Settings, from_environment
from models.audit import GENESIS, AuditHead
from models.database import db
from models.reference import CriteriaSet, Criterion, RuleSet, Term, Vocabulary
from seed.reference import load_reference
from services import match_index
from services.transaction import reading, transaction
from tests.databases import empty_tables

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""The present, for tests that need one; services take it as an argument."""

KEPT = frozenset(model.__tablename__ for model in (Vocabulary, Term, CriteriaSet, Criterion, RuleSet))
SECRETS = {
    "SECRET_KEY": "s" * 8 + "-for-tests-only-0123456789abcdef",
    "AUDIT_KEY": "a" * 8 + "-for-tests-only-0123456789abcdef",
}

Opened = Callable[[], AbstractContextManager[Session]]


def settings_for(database_url: str, data_dir: Path, **changes: str) -> Settings:
    """Settings of a test service; `changes` are environment variables."""
    environ = {
        "CAPMATCH_ENV": "test",
        "CAPMATCH_DATA": str(data_dir),
        "CAPMATCH_ADDRESS": "http://localhost",
        "CAPMATCH_LOG_LEVEL": "ERROR",
        "DATABASE_URL": database_url,
        **SECRETS,
        **changes,
    }
    return from_environment(environ)


@pytest.fixture(scope="session")
def built_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app per kind of database and worker, with tables and reference data."""
    app = create_app(settings_for(database_url, tmp_path_factory.mktemp("data")))
    with app.app_context():
        db.create_all()
        with transaction() as session:
            load_reference(session, now=NOW)
        _empty()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(built_app: Flask) -> Iterator[Flask]:
    """The app on a database that holds the reference data only."""
    yield built_app
    with built_app.app_context():
        _empty()
    for folder in ("attachments", "index"):
        shutil.rmtree(built_app.config["SETTINGS"].data_dir / folder, ignore_errors=True)
    match_index.forget()
    built_app.extensions["capmatch_public_answers"].forget()


def _empty() -> None:
    with db.engine.begin() as connection:
        empty_tables(connection, db.metadata, keep=KEPT)
        connection.execute(AuditHead.__table__.insert().values(id=1, sequence=0, hash=GENESIS))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser (or a program) without any cookie."""
    return app.test_client()


@pytest.fixture
def write(app: Flask) -> Opened:
    """`with write() as session:` is one committed transaction, as a door opens it."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    return opened


@pytest.fixture
def read(app: Flask) -> Opened:
    """`with read() as session:` reads and writes nothing."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context(), reading() as session:
            yield session

    return opened


def columns(row: Any, *names: str) -> tuple[Any, ...]:
    """Some columns of a row, for an equality."""
    return tuple(getattr(row, name) for name in names)
