"""Floor 5, command line: `flask --app app …`. Files in, files out; exit 0 done, 1 refused by the data, 2 wrong use."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add every command to the app."""
