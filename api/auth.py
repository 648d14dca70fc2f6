"""Who calls the API? The owner of the bearer token, or nobody; cookies are not looked at."""

from __future__ import annotations

from flask import request

from frame.access import set_actor
from services.clock import utc_now
from services.sessions import actor_of_token
from services.transaction import reading
from vocabulary.errors import Unauthenticated
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
        if actor is not None:
            set_actor(actor)
            return
    raise Unauthenticated(Message("The bearer token is not valid: it is wrong, expired or revoked."))
