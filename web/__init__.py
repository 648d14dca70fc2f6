"""Floor 5, HTML: pages and forms. Parses with a schema, calls one service, shows a template."""

from __future__ import annotations

from flask import Flask

from web import errors, filters
from web.session import load_actor

BLUEPRINTS: tuple[str, ...] = ()

__all__ = ["load_actor", "register"]


def register(app: Flask) -> None:
    """Add every page, the template filters and the error pages to the app."""
    filters.install(app)
    errors.install(app)
