"""Floor 5, HTML: pages and forms. Parses with a schema, calls one service, shows a template."""

from __future__ import annotations

from flask import Flask

from web import filters
from web.errors import answer
from web.session import load_actor

BLUEPRINTS: tuple[str, ...] = ()

__all__ = ["answer", "load_actor", "register"]


def register(app: Flask) -> None:
    """Add every page and the template filters to the app."""
    filters.install(app)
