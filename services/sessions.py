"""Who asks: from the secret in a cookie, the private links of a browser, or an API token, to an Actor.

A sign-in is a row, so that it can be ended from outside: by signing out, by another browser of the same
person, by a new password, by disabling the account. The cookie alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.glass import OpenGlass
from models.people import Account, ApiToken, PrivateLink, RoleGrant, UserSession
from services.secrets import new_secret, secret_hash
from vocabulary.people import SIGNED_OUT, Actor, Glass, Grant, Role, Scope

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
BREAKS_GLASS = frozenset({Role.AUDITOR, Role.ADMIN})
"""Who may open something in an emergency at all."""


def actor_of_account(session: Session, account_id: int) -> Actor:
    """The Actor of an account that may act now; signed out when it is disabled, erased or gone."""
    return _actor(session, session.execute(_ACCOUNT, {"account_id": account_id}).one_or_none())


_ACCOUNT_COLUMNS = (
    Account.id.label("account_id"),
    Account.organisation_id,
    Account.email,
    Account.email_confirmed_at,
    Account.language,
    Account.is_disabled,
    Account.erased_at,
)
_ACCOUNT = sa.select(*_ACCOUNT_COLUMNS).where(Account.id == sa.bindparam("account_id"))
_GRANTS = sa.select(RoleGrant.role, RoleGrant.call_id, RoleGrant.country).where(
    RoleGrant.account_id == sa.bindparam("account_id")
)


def _actor(session: Session, account: Any) -> Actor:
    """The Actor of a row with the columns of an account, if any; read as rows, since every page asks."""
    if account is None or account.is_disabled or account.erased_at is not None:
        return SIGNED_OUT
    grants = session.execute(_GRANTS, {"account_id": account.account_id})
    return Actor(
        account_id=account.account_id,
        organisation_id=account.organisation_id,
        email=account.email if account.email_confirmed_at is not None else None,
        grants=frozenset(Grant(grant.role, grant.call_id, grant.country) for grant in grants),
        language=account.language,
    )


@dataclass(frozen=True, slots=True)
class Browser:
    """Who is at a browser; `stale_session_id` names the sign-in whose time of use should be noted now."""

    actor: Actor
    session_id: int | None = None
    stale_session_id: int | None = None


def browser(
    session: Session, secret: str | None, drafts: Sequence[str], *, now: datetime, language: str = "en"
) -> Browser:
    """Who is at a browser, from its sign-in secret (if any) and its private links (secrets)."""
    found = _signed_in(session, secret, now) if secret is not None else None
    actor = _actor(session, found)
    actor = replace(actor, entry_ids=_entries_of_links(session, drafts, now), language=language)
    if found is None or not actor.is_signed_in:
        return Browser(actor)
    if actor.roles() & BREAKS_GLASS:
        actor = replace(actor, glasses=_glasses(session, found.session_id, now))
    is_stale = found.last_seen_at <= now - NOTED_EVERY
    return Browser(actor, found.session_id, found.session_id if is_stale else None)


def _glasses(session: Session, session_id: int, now: datetime) -> frozenset[Glass]:
    """What this sign-in opened in an emergency and may still read."""
    rows = session.execute(
        sa.select(OpenGlass.reason, OpenGlass.entry_id, OpenGlass.nomination_id).where(
            OpenGlass.session_id == session_id, OpenGlass.closed_at.is_(None), OpenGlass.ends_at > now
        )
    )
    return frozenset(Glass(row.reason, row.entry_id, row.nomination_id) for row in rows)


def _signed_in(session: Session, secret: str, now: datetime) -> Any:
    """The account of an open sign-in with the sign-in's own id and time of use, as one row, or None."""
    query = (
        sa.select(UserSession.id.label("session_id"), UserSession.last_seen_at, *_ACCOUNT_COLUMNS)
        .join(Account, Account.id == UserSession.account_id)
        .where(UserSession.token_hash == secret_hash(session, secret), *still_open(now))
    )
    return session.execute(query).one_or_none()


def actor_of_browser(
    session: Session, secret: str | None, drafts: Sequence[str], *, now: datetime, language: str = "en"
) -> Actor:
    """The Actor at a browser."""
    return browser(session, secret, drafts, now=now, language=language).actor


def note_use(session: Session, session_id: int, *, now: datetime) -> None:
    """The sign-in was used just now; this keeps it from falling idle."""
    session.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id, UserSession.last_seen_at < now)
        .values(last_seen_at=now)
    )


def open_session(session: Session, account_id: int, *, now: datetime) -> str:
    """A new sign-in of an account; returns its secret for the cookie, which is kept nowhere else.

    The caller has made sure that it is the person: accounts.finish_sign_in or accounts.use_link.
    """
    secret = new_secret()
    session.add(
        UserSession(
            token_hash=secret_hash(session, secret), account_id=account_id, created_at=now, last_seen_at=now
        )
    )
    session.flush()
    return secret


def end_session(session: Session, secret: str, *, now: datetime) -> int | None:
    """End the sign-in of a secret; returns whose it was, None when there was none to end."""
    found = _open_session(session, secret, now)
    if found is None:
        return None
    found.revoked_at = now
    return found.account_id


def end_sessions(session: Session, account_id: int, *, now: datetime, but: int | None = None) -> int:
    """End every sign-in of an account, or all but one; returns how many."""
    ended = session.execute(
        sa.update(UserSession)
        .where(
            UserSession.account_id == account_id,
            UserSession.revoked_at.is_(None),
            *([UserSession.id != but] if but is not None else []),
        )
        .values(revoked_at=now)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _open_session(session: Session, secret: str, now: datetime) -> UserSession | None:
    return session.execute(
        sa.select(UserSession).where(UserSession.token_hash == secret_hash(session, secret), *still_open(now))
    ).scalar_one_or_none()


def still_open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds for a sign-in that has neither been ended, nor fallen idle, nor grown too old."""
    return (
        UserSession.revoked_at.is_(None),
        UserSession.last_seen_at > now - IDLE,
        UserSession.created_at > now - ABSOLUTE,
    )


def actor_of_token(session: Session, secret: str, *, now: datetime) -> Actor | None:
    """The Actor of an API token with the token's scopes; None when the token does not hold."""
    token = session.execute(
        sa.select(ApiToken).where(
            ApiToken.token_hash == secret_hash(session, secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
        )
    ).scalar_one_or_none()
    if token is None:
        return None
    owner = actor_of_account(session, token.account_id)
    if not owner.is_signed_in:
        return None
    return Actor(
        account_id=owner.account_id,
        organisation_id=owner.organisation_id,
        email=owner.email,
        grants=owner.grants,
        scopes=frozenset(Scope(scope) for scope in token.scopes),
        language=owner.language,
    )


def _entries_of_links(session: Session, secrets: Sequence[str], now: datetime) -> frozenset[int]:
    if not secrets:
        return frozenset()
    hashes = [secret_hash(session, secret) for secret in secrets]
    found = session.execute(
        sa.select(PrivateLink.entry_id).where(
            PrivateLink.token_hash.in_(hashes),
            PrivateLink.purpose == "resume",
            PrivateLink.revoked_at.is_(None),
            PrivateLink.expires_at > now,
            PrivateLink.entry_id.is_not(None),
        )
    ).scalars()
    return frozenset(entry_id for entry_id in found if entry_id is not None)
