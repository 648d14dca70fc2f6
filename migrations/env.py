"""How Alembic reaches the database of the app and its tables; called by `flask db …`."""

from __future__ import annotations

from alembic import context
from flask import current_app

from models.database import db


def run() -> None:
    """Run the migrations that were asked for, each in a transaction of its own."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Capmatch migrates a database it can reach; there is no offline mode.")
run()
