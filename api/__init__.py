"""Floor 5, JSON: /api/v1. Parses with a schema, calls one service, answers through the published schema."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from api.auth import load_actor

__all__ = ["load_actor", "register"]


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the API to the app. Cookies never authenticate it, so its forms need no CSRF token."""
