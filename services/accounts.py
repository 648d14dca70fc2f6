"""Sign in, sign out, and look after one's own account.

A sign-in has three steps, so that the slow hash is computed outside of any transaction: `begin_sign_in`
counts the try, the door compares the password, `finish_sign_in` opens the session. Every step does the same
work whether the address has an account or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.people import Account, PrivateLink, UserSession
from procedure.access import require
from procedure.facts import NOTHING, ItemFacts
from services import audit, passwords
from services.mail import queue_mail
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from services.sessions import end_session, end_sessions, open_session, still_open
from services.throttle import (
    LINKS_FROM_ADDRESS,
    LINKS_TO_ADDRESS,
    PER_ACCOUNT,
    PER_ADDRESS,
    count_try,
    network_of,
    take_back,
)
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Unauthenticated
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor

SIGN_IN = "sign_in"
LINK_LASTS = timedelta(minutes=30)
FRESH = timedelta(minutes=15)
"""So long after signing in, somebody without a password may choose one without another proof."""

NOT_THE_PERSON = Message(
    "The address and the password do not go together. Check both, or let us send you a link."
)
LINK_IS_OVER = Message("This link does not hold: it was used, has expired, or a newer one took its place.")


@dataclass(frozen=True, slots=True)
class SignInTry:
    """A counted try: what the password is to be compared with. For `finish_sign_in`, once."""

    account_id: int | None
    stored: str | None
    counted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new sign-in; `secret` goes into the cookie."""

    account_id: int
    secret: str
    language: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser somebody is signed in at."""

    id: int
    created_at: datetime
    last_seen_at: datetime


def account_by_email(session: Session, email: str) -> Account | None:
    """The account that can act under an address; None for none, a disabled and an erased one alike."""
    return session.execute(
        sa.select(Account).where(
            Account.email == email.strip().lower(),
            Account.is_disabled.is_(False),
            Account.erased_at.is_(None),
        )
    ).scalar_one_or_none()


def begin_sign_in(session: Session, email: str, address: str | None, *, now: datetime) -> SignInTry:
    """Count a try to sign in. Raises TooMany."""
    require(SIGNED_OUT, Action.ACCOUNT_SIGN_IN, NOTHING, now)
    counted = count_try(session, [(PER_ACCOUNT, email.strip()), (PER_ADDRESS, network_of(address))], now=now)
    account = account_by_email(session, email)
    if account is None:
        return SignInTry(None, None, counted)
    return SignInTry(account.id, account.password_hash, counted)


def finish_sign_in(
    session: Session, tried: SignInTry, *, is_right: bool, new_hash: str | None, now: datetime
) -> SignedIn | None:
    """Open a session when the password was right; None when it was not, and the try stays counted.

    `new_hash` replaces a stored hash of older costs.
    """
    account = session.get(Account, tried.account_id, with_for_update=True) if tried.account_id else None
    if not is_right or account is None or account.is_disabled or account.password_hash != tried.stored:
        subject = str(tried.account_id) if tried.account_id else "unknown"
        audit.record(session, SIGNED_OUT, "account.sign_in_failed", ("account", subject), now=now)
        return None
    take_back(session, tried.counted)
    if new_hash is not None:
        account.password_hash = new_hash
    return _signed_in(session, account, "password", now)


def ask_for_link(
    session: Session, email: str, address: str | None, *, language: str, next_path: str | None, now: datetime
) -> None:
    """Mail a link to sign in, or that there is no account; the asker is shown the same. Raises TooMany."""
    require(SIGNED_OUT, Action.ACCOUNT_SIGN_IN, NOTHING, now)
    count_try(
        session, [(LINKS_TO_ADDRESS, email.strip()), (LINKS_FROM_ADDRESS, network_of(address))], now=now
    )
    account = account_by_email(session, email)
    site = f"{runtime(session).address}/{language}"
    values: dict[str, str] = {"site_link": f"{site}/"}
    if account is not None:
        secret = _new_link(session, account, now)
        then = f"?next={quote(next_path)}" if next_path else ""
        values = {"link": f"{site}/sign-in/{secret}{then}", "valid_until": (now + LINK_LASTS).isoformat()}
    subject = str(account.id) if account else "unknown"
    audit.record(session, SIGNED_OUT, "account.ask_link", ("account", subject), now=now)
    template = "sign_in" if account else "no_account"
    queue_mail(session, email.strip(), template, values, language=language, now=now)


def _new_link(session: Session, account: Account, now: datetime) -> str:
    """A link to sign in; earlier ones of the account end."""
    end_links(session, account.id, now=now)
    secret = new_secret()
    session.add(
        PrivateLink(
            token_hash=secret_hash(session, secret),
            purpose=SIGN_IN,
            email=account.email,
            account_id=account.id,
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    return secret


def end_links(session: Session, account_id: int, *, now: datetime) -> None:
    """Links to sign in that were mailed before hold no more."""
    session.execute(
        sa.update(PrivateLink)
        .where(
            PrivateLink.account_id == account_id,
            PrivateLink.purpose == SIGN_IN,
            PrivateLink.used_at.is_(None),
            PrivateLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def check_link(session: Session, secret: str, *, now: datetime) -> str:
    """Whose address a link signs in; changes nothing. Raises NotFound for a link that does not hold."""
    return _link(session, secret, now)[1].email


def use_link(session: Session, secret: str, *, now: datetime) -> SignedIn:
    """Sign in by a mailed link, once. Raises NotFound for a link that does not hold."""
    link, account = _link(session, secret, now, lock=True)
    link.used_at = now
    account.email_confirmed_at = account.email_confirmed_at or now
    return _signed_in(session, account, "link", now)


def _link(session: Session, secret: str, now: datetime, *, lock: bool = False) -> tuple[PrivateLink, Account]:
    query = sa.select(PrivateLink).where(
        PrivateLink.token_hash == secret_hash(session, secret),
        PrivateLink.purpose == SIGN_IN,
        PrivateLink.used_at.is_(None),
        PrivateLink.revoked_at.is_(None),
        PrivateLink.expires_at > now,
    )
    link = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    account = session.get(Account, link.account_id) if link is not None else None
    if link is None or account is None or account.is_disabled or account.email != link.email:
        raise NotFound(LINK_IS_OVER)
    return link, account


def _signed_in(session: Session, account: Account, way: str, now: datetime) -> SignedIn:
    secret = open_session(session, account.id, now=now)
    actor = Actor(account_id=account.id)
    audit.record(session, actor, "account.sign_in", ("account", str(account.id)), now=now, after={"way": way})
    return SignedIn(account.id, secret, account.language)


def sign_in_owner(session: Session, account_id: int, *, now: datetime) -> SignedIn:
    """Sign in whoever has just confirmed an address by a mailed link: the mail proved who they are."""
    return _signed_in(session, session.get_one(Account, account_id), "confirmed_address", now)


def sign_out(session: Session, secret: str, *, now: datetime) -> None:
    """End the sign-in of a cookie."""
    account_id = end_session(session, secret, now=now)
    if account_id is not None:
        actor = Actor(account_id=account_id)
        audit.record(session, actor, "account.sign_out", ("account", str(account_id)), now=now)


def own_account(session: Session, actor: Actor, *, now: datetime) -> Account:
    """The actor's own account. Raises Unauthenticated when nobody is signed in."""
    if actor.account_id is None:
        raise Unauthenticated
    require(actor, Action.ACCOUNT_EDIT_OWN, ItemFacts(subject_id=actor.account_id), now)
    return session.get_one(Account, actor.account_id)


def edit_own(
    session: Session, actor: Actor, changes: Mapping[str, str], expected_version: int, *, now: datetime
) -> Account:
    """Change one's own name and language. Raises Conflict for a stale version."""
    account = own_account(session, actor, now=now)
    if account.version != expected_version:
        raise Conflict(
            Message("You changed your account elsewhere meanwhile. Check it below and save again."),
            code="version_conflict",
            extra={
                "version": account.version,
                "current": {"name": account.name, "language": account.language},
            },
        )
    changed = {name: value for name, value in changes.items() if getattr(account, name) != value}
    if not changed:
        return account
    for name, value in changed.items():
        setattr(account, name, value)
    account.updated_at = now
    session.flush()
    after = {"fields": sorted(changed)}
    audit.record(session, actor, "account.edit", ("account", str(account.id)), now=now, after=after)
    return account


def begin_step_up(session: Session, actor: Actor, address: str | None, *, now: datetime) -> SignInTry:
    """Count a try to prove once more, by the present password, who one is. Raises TooMany."""
    account = own_account(session, actor, now=now)
    counted = count_try(session, [(PER_ACCOUNT, account.email), (PER_ADDRESS, network_of(address))], now=now)
    return SignInTry(account.id, account.password_hash, counted)


def change_password(
    session: Session,
    actor: Actor,
    tried: SignInTry,
    new_hash: str,
    *,
    session_id: int | None,
    is_right: bool,
    now: datetime,
) -> SignedIn | None:
    """Keep a new password's hash, end every sign-in and mailed link, and open a new session here.

    None, and the try stays counted, when the present password was wrong. Who has none yet must have signed in
    less than FRESH ago. The person is told by mail.
    """
    account = own_account(session, actor, now=now)
    if account.password_hash != tried.stored:
        raise Conflict(Message("Your password was changed elsewhere meanwhile."), code="version_conflict")
    if tried.stored is None:
        is_right = _is_fresh(session, session_id, now)
    if not is_right:
        audit.record(session, actor, "account.step_up_failed", ("account", str(account.id)), now=now)
        return None
    take_back(session, tried.counted)
    account.password_hash, account.updated_at = new_hash, now
    session.flush()
    end_sessions(session, account.id, now=now)
    end_links(session, account.id, now=now)
    audit.record(session, actor, "account.change_password", ("account", str(account.id)), now=now)
    site = f"{runtime(session).address}/{account.language}"
    values = {"changed_at": now.isoformat(), "link": f"{site}/sign-in"}
    queue_mail(session, account.email, "password_changed", values, language=account.language, now=now)
    return _signed_in(session, account, "password", now)


def check_new_password(account_name: str, email: str, password: str) -> None:
    """Raises Invalid with everything that speaks against a new password."""
    faults = passwords.faults_of(password, about=(account_name, email))
    if faults:
        raise Invalid({"new_password": faults})


def own_sessions(session: Session, actor: Actor, *, now: datetime) -> list[SessionRow]:
    """The browsers that somebody is signed in at, the latest first."""
    rows = session.execute(
        sa.select(UserSession)
        .where(UserSession.account_id == actor.account_id, *still_open(now))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).scalars()
    return [SessionRow(row.id, row.created_at, row.last_seen_at) for row in rows]


def end_own_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """End one of one's own sign-ins. Raises NotFound for one that is not open or not one's own."""
    account = own_account(session, actor, now=now)
    found = session.execute(
        sa.select(UserSession).where(
            UserSession.id == session_id, UserSession.account_id == account.id, *still_open(now)
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    found.revoked_at = now
    audit.record(session, actor, "account.end_session", ("account", str(account.id)), now=now)


def end_other_sessions(session: Session, actor: Actor, session_id: int | None, *, now: datetime) -> int:
    """End every sign-in of one's own but this one; returns how many."""
    account = own_account(session, actor, now=now)
    n_ended = end_sessions(session, account.id, now=now, but=session_id)
    if n_ended:
        after = {"n_ended": n_ended}
        audit.record(
            session, actor, "account.end_session", ("account", str(account.id)), now=now, after=after
        )
    return n_ended


def _is_fresh(session: Session, session_id: int | None, now: datetime) -> bool:
    if session_id is None:
        return False
    found = session.get(UserSession, session_id)
    return found is not None and found.created_at > now - FRESH
