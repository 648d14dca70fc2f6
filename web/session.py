"""Who is at this browser?

A signed cookie holds two things: the secret of a sign-in, and those of the drafts it may edit.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask import g, request, session

from frame.access import set_actor
from services.clock import utc_now
from services.sessions import actor_of_browser
from services.transaction import reading
from vocabulary.people import SIGNED_OUT

SIGN_IN_SECRET = "sign_in"  # noqa: S105 -- the name of a cookie field, not a secret
DRAFTS = "drafts"


def load_actor() -> None:
    """Find out who asks, once per request; a cookie that no longer holds means signed out."""
    secret: str | None = session.get(SIGN_IN_SECRET)
    drafts: list[str] = session.get(DRAFTS, [])
    if request.endpoint == "static" or (secret is None and not drafts):
        set_actor(SIGNED_OUT)
        return
    with reading() as database:
        actor = actor_of_browser(database, secret, drafts, now=utc_now(), language=g.language)
    set_actor(actor)


MOST_DRAFTS = 20
"""Private links that one browser keeps; the oldest goes first."""


def keep_draft(cookie: MutableMapping[str, Any], secret: str) -> None:
    """Let this browser edit the entry of a private link from now on."""
    kept = [known for known in cookie.get(DRAFTS, []) if known != secret]
    cookie[DRAFTS] = [*kept, secret][-MOST_DRAFTS:]
    if hasattr(cookie, "permanent"):
        cookie.permanent = True
