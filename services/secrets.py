"""Secrets that people and programs hold: made once, shown once, kept as a keyed hash only."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy.orm import Session

from services.runtime import runtime


def new_secret(prefix: str = "") -> str:
    """256 random bits, safe in an address; the prefix tells a leaked one apart in a scan."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(session: Session, secret: str) -> str:
    """Keyed hash under which a secret is stored and found; 64 hex digits."""
    return hmac.new(runtime(session).secret_key, secret.encode(), hashlib.sha256).hexdigest()
