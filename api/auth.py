"""Who calls the API? The owner of the bearer token, or nobody; cookies are not looked at."""

from __future__ import annotations

from contextlib import suppress

from flask import request

from frame.access import set_actor
from services import tokens
from services.clock import utc_now
from services.sessions import actor_of_token
from services.transaction import reading, transaction
from vocabulary.errors import Unauthenticated, Unavailable
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT


def load_actor() -> None:
    """Find out who asks. Raises Unauthenticated when a token is given that does not hold."""
    header = request.headers.get("Authorization", "")
    if not header:
        set_actor(SIGNED_OUT)
        return
    kind, _, secret = header.partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        with reading() as session:
            actor = actor_of_token(session, secret.strip(), now=utc_now())
            is_due = actor is not None and tokens.use_is_due(session, secret.strip(), now=utc_now())
        if is_due:
            _note_use(secret.strip())
        if actor is not None:
            set_actor(actor)
            return
    raise Unauthenticated(Message("The bearer token is not valid: it is wrong, expired or revoked."))


def _note_use(secret: str) -> None:
    """Keep when the token was last used. The call is answered even when this fails."""
    with suppress(Unavailable), transaction() as session:
        tokens.note_use(session, secret, now=utc_now())
