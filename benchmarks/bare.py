"""The measure of everything else: plain Flask and SQLAlchemy, one row by its key, as text. Nothing of ours.

`gunicorn "benchmarks.bare:create_app()"` serves it, on the database of DATABASE_URL.
"""

from __future__ import annotations

import os

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy


def create_app() -> Flask:
    """One route, which fetches one row."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    db = SQLAlchemy(app)

    class Row(db.Model):  # type: ignore[name-defined]
        __tablename__ = "entry"
        id = sa.Column(sa.Integer, primary_key=True)
        ref = sa.Column(sa.String(20))
        title = sa.Column(sa.String(300))

    @app.get("/row/<int:number>")
    def row(number: int) -> str:
        """The title of one row."""
        found = db.session.get(Row, number)
        return "" if found is None else f"{found.ref} {found.title}"

    return app
