"""Make accounts, give them roles, close and list them: what an administrator or the operator does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.people import Account, ApiToken, RoleGrant
from procedure.access import require
from procedure.facts import NOTHING
from services import audit, vocabularies
from services.accounts import end_links
from services.mail import queue_mail
from services.runtime import runtime
from services.sessions import end_sessions
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor, Grant, Role


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of. `password_hash` is None for somebody who signs in by mailed links."""

    email: str
    name: str
    grants: tuple[Grant, ...] = ()
    language: str = "en"
    country: str | None = None
    organisation_id: int | None = None
    working_languages: tuple[str, ...] = ()
    expertise: str | None = None
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the list of accounts."""

    id: int
    email: str
    name: str
    roles: tuple[str, ...]
    language: str
    is_disabled: bool
    has_password: bool


def create_account(
    session: Session, actor: Actor, new: NewAccount, *, now: datetime, is_told: bool = True
) -> Account:
    """Make an account and tell its holder by mail. Raises Invalid for an address that has one already.

    Whoever makes an account vouches for the address: the mail to sign in can only be read there.
    """
    require(actor, Action.ACCOUNT_MANAGE, NOTHING, now)
    if new.grants:
        require(actor, Action.ROLE_GRANT, NOTHING, now)
    email = new.email.strip().lower()
    if session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one_or_none():
        raise Invalid({"email": [Message("There is an account with this address already.")]})
    _check_country(session, new.country)
    account = Account(
        email=email,
        name=new.name.strip(),
        password_hash=new.password_hash,
        language=new.language,
        country=new.country,
        organisation_id=new.organisation_id,
        expertise=new.expertise,
        working_languages=list(new.working_languages or (new.language,)),
        created_at=now,
        updated_at=now,
        grants=[_row(grant, actor, now) for grant in new.grants],
    )
    session.add(account)
    session.flush()
    _audit_new(session, actor, account, now)
    if is_told:
        link = f"{runtime(session).address}/{account.language}/sign-in"
        queue_mail(session, email, "new_account", {"link": link}, language=account.language, now=now)
    return account


def _audit_new(session: Session, actor: Actor, account: Account, now: datetime) -> None:
    subject = ("account", str(account.id))
    audit.record(session, actor, "account.create", subject, now=now)
    for grant in account.grants:
        audit.record(session, actor, "role.grant", subject, now=now, after=_said(grant))


def grant_roles(
    session: Session, actor: Actor, account_id: int, grants: Sequence[Grant], *, now: datetime
) -> Account:
    """Give an account further roles. Raises Conflict for a closed account, and where it holds them all."""
    require(actor, Action.ROLE_GRANT, NOTHING, now)
    account = fetch(session, account_id)
    if account.is_disabled or account.erased_at is not None:
        raise Conflict(Message("This account is closed. Open it before you change its roles."), code="closed")
    held = {_place(grant) for grant in account.grants}
    for grant in grants:
        _check_country(session, grant.country)
    new = [grant for grant in dict.fromkeys(grants) if _place(grant) not in held]
    if not new:
        raise Conflict(Message("The account holds these roles already."), code="unchanged")
    for grant in new:
        row = _row(grant, actor, now)
        account.grants.append(row)
        audit.record(session, actor, "role.grant", _subject(account), now=now, after=_said(row))
    account.updated_at = now
    return account


def revoke_roles(
    session: Session, actor: Actor, account_id: int, roles: Collection[Role], *, now: datetime
) -> Account:
    """Take roles from an account, wherever they hold; its tokens and sign-ins can do less from now on.

    Raises Conflict where it holds none of them.
    """
    require(actor, Action.ROLE_GRANT, NOTHING, now)
    account = fetch(session, account_id)
    gone = [grant for grant in account.grants if grant.role in roles]
    if not gone:
        raise Conflict(Message("The account holds none of these roles."), code="unchanged")
    for grant in gone:
        account.grants.remove(grant)
        audit.record(session, actor, "role.revoke", _subject(account), now=now, before=_said(grant))
    account.updated_at = now
    return account


def disable_account(
    session: Session, actor: Actor, account_id: int, *, now: datetime, reason: str | None = None
) -> Account:
    """Close an account: sign-ins, mailed links and tokens end at once. Its entries and reviews stay."""
    require(actor, Action.ACCOUNT_MANAGE, NOTHING, now)
    account = fetch(session, account_id)
    if account.is_disabled:
        raise Conflict(Message("This account is closed already."), code="unchanged")
    if account.id == actor.account_id:
        raise Conflict(Message("Nobody closes their own account. Ask a colleague."), code="own_case")
    account.is_disabled, account.updated_at = True, now
    close_ways_in(session, account_id, now=now)
    subject = ("account", str(account_id))
    audit.record(session, actor, "account.disable", subject, now=now, reason=reason)
    return account


def enable_account(session: Session, actor: Actor, account_id: int, *, now: datetime) -> Account:
    """Open a closed account again; its holder signs in anew, its tokens stay ended."""
    require(actor, Action.ACCOUNT_MANAGE, NOTHING, now)
    account = fetch(session, account_id)
    if not account.is_disabled or account.erased_at is not None:
        raise Conflict(Message("Only a closed account that was not erased can be opened."), code="unchanged")
    account.is_disabled, account.updated_at = False, now
    audit.record(session, actor, "account.enable", ("account", str(account_id)), now=now)
    return account


def close_ways_in(session: Session, account_id: int, *, now: datetime) -> None:
    """End every sign-in, mailed link and token of an account."""
    end_sessions(session, account_id, now=now)
    end_links(session, account_id, now=now)
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def list_accounts(session: Session, actor: Actor, *, now: datetime) -> list[AccountRow]:
    """Every account that was not erased, by address."""
    require(actor, Action.ACCOUNT_MANAGE, NOTHING, now)
    rows = session.execute(
        sa.select(Account)
        .where(Account.erased_at.is_(None))
        .options(selectinload(Account.grants))
        .order_by(Account.email)
    ).scalars()
    return [
        AccountRow(
            row.id,
            row.email,
            row.name,
            tuple(sorted({grant.role.value for grant in row.grants})),
            row.language,
            row.is_disabled,
            row.password_hash is not None,
        )
        for row in rows
    ]


def account_named(session: Session, actor: Actor, email: str, *, now: datetime) -> Account:
    """The account of an address, closed ones too. Raises NotFound."""
    require(actor, Action.ACCOUNT_MANAGE, NOTHING, now)
    found = session.execute(
        sa.select(Account).where(Account.email == email.strip().lower(), Account.erased_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(Message("There is no account with the address {email}.", email=email))
    return found


def fetch(session: Session, account_id: int) -> Account:
    """An account with its roles, locked for a change. Raises NotFound."""
    account = session.execute(
        sa.select(Account)
        .where(Account.id == account_id)
        .options(selectinload(Account.grants))
        .with_for_update(of=Account)
    ).scalar_one_or_none()
    if account is None:
        raise NotFound
    return account


def _check_country(session: Session, code: str | None) -> None:
    if code is not None and code not in vocabularies.terms(session, "countries"):
        raise Invalid({"country": [Message("There is no “{code}” in this list.", code=code)]})


def _row(grant: Grant, actor: Actor, now: datetime) -> RoleGrant:
    if grant.role is Role.FOCAL_POINT and grant.country is None:
        raise Invalid({"country": [Message("A focal point needs the country it is the focal point of.")]})
    return RoleGrant(
        role=grant.role,
        call_id=grant.call_id,
        country=grant.country,
        granted_by_id=actor.account_id,
        granted_at=now,
    )


def _place(grant: Grant | RoleGrant) -> tuple[Role, int | None, str | None]:
    """What makes a grant the same as another one: the role, and where it holds."""
    return grant.role, grant.call_id, grant.country


def _subject(account: Account) -> tuple[str, str]:
    return "account", str(account.id)


def _said(grant: RoleGrant) -> dict[str, object]:
    return {"role": grant.role.value, "call": grant.call_id, "country": grant.country}
