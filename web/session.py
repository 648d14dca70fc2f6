"""Who is at this browser?

A signed cookie holds two things: the secret of a sign-in, and those of the drafts it may edit.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import flash, g, request, session

from frame.access import set_actor
from frame.language import current_language
from services.clock import utc_now
from services.sessions import browser, note_use
from services.transaction import reading, transaction
from translations.catalogues import translate
from vocabulary.errors import Unavailable
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT

SIGN_IN_SECRET = "sign_in"  # noqa: S105 -- the name of a cookie field, not a secret
DRAFTS = "drafts"


def tell(message: Message, *, is_done: bool = True) -> None:
    """Say on the next page that something is done, or why nothing was, in the language of this one."""
    flash(translate(message, current_language()), "good" if is_done else "warn")


def load_actor() -> None:
    """Find out who asks, once per request; a cookie that no longer holds means signed out."""
    secret: str | None = session.get(SIGN_IN_SECRET)
    drafts: list[str] = session.get(DRAFTS, [])
    if request.endpoint == "static" or (secret is None and not drafts):
        set_actor(replace(SIGNED_OUT, address=request.remote_addr))
        return
    with reading() as database:
        found = browser(database, secret, drafts, now=utc_now(), language=g.language)
    g.session_id = found.session_id
    set_actor(replace(found.actor, address=request.remote_addr))
    if found.stale_session_id is not None:
        _note_use(found.stale_session_id)


def _note_use(session_id: int) -> None:
    """Keep the sign-in from falling idle, at most once a minute. A page is shown even when this fails."""
    with suppress(Unavailable), transaction() as database:
        note_use(database, session_id, now=utc_now())


MOST_DRAFTS = 20
"""Private links that one browser keeps; the oldest goes first."""


def keep_draft(cookie: MutableMapping[str, Any], secret: str) -> None:
    """Let this browser edit the entry of a private link from now on."""
    kept = [known for known in cookie.get(DRAFTS, []) if known != secret]
    cookie[DRAFTS] = [*kept, secret][-MOST_DRAFTS:]
    if hasattr(cookie, "permanent"):
        cookie.permanent = True
