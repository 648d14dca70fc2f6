"""Keys for programs: made once, shown once, never worth more than their owner, at most a year old."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.people import ApiToken
from procedure.access import may, require
from procedure.facts import NOTHING, ItemFacts
from services import audit
from services.secrets import new_secret, secret_hash
from services.sessions import actor_of_account
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message, plural_message
from vocabulary.people import Actor, Role, Scope

PREFIX = "cap_"
LONGEST_DAYS = 365
MOST = 20
"""Tokens in force that one account may have."""

_NOTED_EVERY = timedelta(minutes=1)
_REVIEWING = frozenset({Role.REVIEWER, Role.MODERATOR, Role.OFFICER, Role.DECIDER, Role.AUDITOR, Role.ADMIN})
_MANAGING = frozenset({Role.MODERATOR, Role.OFFICER, Role.DECIDER, Role.AUDITOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `secret` is shown this once."""

    id: int
    name: str
    secret: str
    scopes: tuple[Scope, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token of a list, without its secret."""

    id: int
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def scopes_within(actor: Actor) -> tuple[Scope, ...]:
    """The scopes that would open anything at all to this person; each act is still asked about by itself."""
    roles = actor.roles()
    scopes = [Scope.READ, Scope.WRITE_ENTRIES]
    scopes += [Scope.WRITE_REVIEWS] if roles & _REVIEWING else []
    scopes += [Scope.MANAGE] if roles & _MANAGING else []
    return tuple(scopes)


def may_create(actor: Actor, *, now: datetime) -> bool:
    """Do the roles of this person allow tokens at all?"""
    return may(actor, Action.TOKEN_CREATE, NOTHING, now)


def create_token(
    session: Session,
    actor: Actor,
    account_id: int,
    *,
    name: str,
    scopes: Collection[Scope],
    days: int,
    now: datetime,
) -> NewToken:
    """Make a token for oneself; the service itself makes it for anybody. Raises Invalid, Refused.

    A program that holds a token cannot make itself another one with wider scopes.
    """
    require(actor, Action.TOKEN_CREATE, NOTHING, now)
    owner = actor_of_account(session, account_id)
    if not owner.is_signed_in or not (actor.is_system or actor.account_id == account_id):
        raise NotFound
    wanted = tuple(scope for scope in Scope if scope in scopes)
    _check(session, actor, owner, name, wanted, days, now)
    secret = new_secret(PREFIX)
    token = ApiToken(
        account_id=account_id,
        name=name.strip(),
        token_hash=secret_hash(session, secret),
        scopes=[scope.value for scope in wanted],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    audit.record(
        session,
        actor,
        "token.create",
        ("account", str(account_id)),
        now=now,
        after={"token": token.id, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
    return NewToken(token.id, token.name, secret, wanted, token.expires_at)


def _check(
    session: Session,
    actor: Actor,
    owner: Actor,
    name: str,
    wanted: tuple[Scope, ...],
    days: int,
    now: datetime,
) -> None:
    errors: dict[str, list[Message]] = {}
    if not name.strip() or len(name.strip()) > 100 or not name.strip().isprintable():
        errors["name"] = [Message("Give the token a name of 1 to 100 characters, so that you know it again.")]
    if not 1 <= days <= LONGEST_DAYS:
        errors["days"] = [
            plural_message("A token lasts {n} day.", "A token lasts from 1 to {n} days.", LONGEST_DAYS)
        ]
    if not wanted:
        errors["scopes"] = [Message("Choose at least one thing that the token may be used for.")]
    beyond = set(wanted) - set(scopes_within(owner))
    if actor.scopes is not None:
        beyond |= set(wanted) - actor.scopes
    if beyond:
        errors["scopes"] = [
            Message("More than the account itself may do: {scopes}.", scopes=tuple(sorted(beyond)))
        ]
    if len(own_tokens(session, owner, now=now)) >= MOST:
        errors["name"] = [
            plural_message(
                "You have {n} token already. Revoke it first.",
                "You have {n} tokens already. Revoke one first.",
                MOST,
            )
        ]
    if errors:
        raise Invalid(errors)


def own_tokens(session: Session, actor: Actor, *, now: datetime) -> list[TokenRow]:
    """The tokens of one's own that hold, the newest first."""
    rows = session.execute(
        sa.select(ApiToken)
        .where(
            ApiToken.account_id == actor.account_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
        )
        .order_by(ApiToken.id.desc())
    ).scalars()
    return [
        TokenRow(
            row.id,
            row.name,
            tuple(Scope(scope) for scope in row.scopes),
            row.created_at,
            row.expires_at,
            row.last_used_at,
        )
        for row in rows
    ]


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> None:
    """End a token at once; one's own, or anybody's for an administrator. Raises NotFound."""
    token = session.get(ApiToken, token_id)
    if token is None or token.revoked_at is not None:
        raise NotFound
    is_own = token.account_id == actor.account_id
    if not (is_own or actor.is_system or actor.has_role(Role.ADMIN)):
        raise NotFound
    require(actor, Action.TOKEN_REVOKE, ItemFacts(subject_id=token.account_id), now)
    token.revoked_at = now
    subject = ("account", str(token.account_id))
    audit.record(session, actor, "token.revoke", subject, now=now, after={"token": token.id})


def use_is_due(session: Session, secret: str, *, now: datetime) -> bool:
    """Should the use of this token be noted now? At most once a minute, so that reading stays reading."""
    used_at = session.execute(
        sa.select(ApiToken.last_used_at).where(ApiToken.token_hash == secret_hash(session, secret))
    ).scalar_one_or_none()
    return used_at is None or used_at <= now - _NOTED_EVERY


def note_use(session: Session, secret: str, *, now: datetime) -> None:
    """The token was used just now; its owner sees when it last was."""
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.token_hash == secret_hash(session, secret))
        .values(last_used_at=now)
    )
