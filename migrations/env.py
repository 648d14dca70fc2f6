"""How Alembic reaches the database of the app and its tables; called by `flask db …`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from models.database import WRITING, Json, UtcDateTime, db


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database: a migration outlives today's code."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and thing is Json:
        return "JSON"
    return False


@contextmanager
def connected() -> Iterator[Connection]:
    """A connection that may write; on SQLite without enforced references while tables are rebuilt.

    SQLite changes a table by copying it and dropping the old one. With references enforced, that drop
    deletes every row elsewhere that refers to it by ON DELETE CASCADE.
    """
    with db.engine.connect().execution_options(**{WRITING: True}) as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 -- only for the type
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            connection.rollback()
            driver.execute("PRAGMA foreign_keys=ON")


def refuse_broken_references(ctx: Any, **_kw: Any) -> None:
    """Called at the end of each migration, inside its transaction: what enforcing would have refused."""
    if ctx.connection.dialect.name == "sqlite":
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration would leave references to nothing: {broken[:5]}")


def run() -> None:
    """Run the migrations that were asked for, each in a transaction of its own."""
    with connected() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            render_item=render,
            compare_server_default=True,
            on_version_apply=refuse_broken_references,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Capmatch migrates a database it can reach; there is no offline mode.")
run()
