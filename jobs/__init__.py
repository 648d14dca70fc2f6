"""Floor 5, background: work that a person need not wait for. Each job calls one service."""

from __future__ import annotations

from flask import Flask

from jobs.command import group


def register(app: Flask) -> None:
    """Add `flask jobs` to the app."""
    app.cli.add_command(group)
