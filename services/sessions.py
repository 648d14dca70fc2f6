"""Who asks: from the secret in a cookie, the private links of a browser, or an API token, to an Actor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.people import Account, ApiToken, PrivateLink, UserSession
from services.secrets import secret_hash
from vocabulary.people import SIGNED_OUT, Actor, Grant, Scope

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)


def actor_of_account(session: Session, account_id: int) -> Actor:
    """The Actor of an account that may act now; signed out when it is disabled, erased or gone."""
    account = session.execute(
        sa.select(Account).where(Account.id == account_id).options(selectinload(Account.grants))
    ).scalar_one_or_none()
    if account is None or account.is_disabled or account.erased_at is not None:
        return SIGNED_OUT
    return Actor(
        account_id=account.id,
        organisation_id=account.organisation_id,
        email=account.email if account.email_confirmed_at is not None else None,
        grants=frozenset(Grant(grant.role, grant.call_id, grant.country) for grant in account.grants),
        language=account.language,
    )


def actor_of_browser(
    session: Session, secret: str | None, drafts: Sequence[str], *, now: datetime, language: str = "en"
) -> Actor:
    """The Actor at a browser, from its sign-in secret (if any) and its private links (secrets)."""
    actor = SIGNED_OUT
    if secret is not None:
        found = session.execute(
            sa.select(UserSession).where(
                UserSession.token_hash == secret_hash(session, secret),
                UserSession.revoked_at.is_(None),
                UserSession.last_seen_at > now - IDLE,
                UserSession.created_at > now - ABSOLUTE,
            )
        ).scalar_one_or_none()
        if found is not None:
            actor = actor_of_account(session, found.account_id)
    return Actor(
        account_id=actor.account_id,
        organisation_id=actor.organisation_id,
        email=actor.email,
        grants=actor.grants,
        entry_ids=_entries_of_links(session, drafts, now),
        language=language,
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
