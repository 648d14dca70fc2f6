"""Who calls the API? The owner of the bearer token, or nobody; cookies are not looked at."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import current_app, request

from frame.access import action_of, current_actor, is_public, set_actor
from services import tokens
from services.clock import utc_now
from services.sessions import actor_of_token
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Unauthenticated, Unavailable
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT

_READING = ("GET", "HEAD", "OPTIONS")
_ASKING = frozenset({Action.CRITERIA_EVALUATE})
"""Actions that are asked by POST and leave nothing behind."""


def is_for_everybody(action: Action, method: str) -> bool:
    """Can it be called without a token? Reading what is public can; nobody's entries are not written here."""
    return is_public(action) and (method in _READING or action in _ASKING)


def ask_for_token() -> None:
    """Private links do not open the API: without a token there is only what everybody may read."""
    action = action_of(current_app, request.endpoint or "", request.method)
    if current_actor().is_signed_in or request.method == "OPTIONS" or action is None:
        return
    if not is_for_everybody(action, request.method):
        raise Unauthenticated


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
            set_actor(replace(actor, address=request.remote_addr))
            return
    raise Unauthenticated(Message("The bearer token is not valid: it is wrong, expired or revoked."))


def _note_use(secret: str) -> None:
    """Keep when the token was last used. The call is answered even when this fails."""
    with suppress(Unavailable), transaction() as session:
        tokens.note_use(session, secret, now=utc_now())
