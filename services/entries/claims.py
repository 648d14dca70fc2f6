"""Whose entry is it? Confirming the contact's address makes its holder the owner.

The link in the receipt opens a page with a button; only the button claims, since mail scanners follow links.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.entries import Entry
from models.people import Account, PrivateLink, RoleGrant
from procedure.access import require
from services import audit
from services.entries.rows import touch
from services.entries.submission import CONFIRM
from services.facts import entry_facts
from services.secrets import secret_hash
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Role
from vocabulary.states import EntryKind

LINK_IS_OVER = Message(
    "This link does not hold: it was used, has expired, or a newer one took its place. "
    "Submit again or ask for a new link."
)
_ROLES = {EntryKind.REQUEST: Role.REQUESTER, EntryKind.OFFER: Role.PARTNER}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the page behind a link shows before the button is pressed."""

    ref: str
    kind: EntryKind
    title: str | None
    email: str


def claim_behind(session: Session, secret: str, *, now: datetime) -> Claim:
    """What a link would claim; changes nothing. Raises NotFound for a link that does not hold."""
    link, entry = _open(session, secret, now)
    return Claim(entry.ref, entry.kind, entry.title, link.email or "")


def confirm_email(session: Session, secret: str, *, now: datetime) -> Entry:
    """Make the holder of the address the owner, with an account of its own. Once, and only in time.

    The caller may sign the owner in by the way of the account service; this function does not.
    """
    link, entry = _open(session, secret, now, lock=True)
    holder = replace(SIGNED_OUT, entry_ids=frozenset({entry.id}))
    require(holder, Action.ENTRY_CLAIM, entry_facts(session, entry, holder), now)
    account = _account(session, link, entry, now)
    link.used_at = now
    _end_private_links(session, entry, now)
    entry.owner_id, entry.confirmed_at = account.id, now
    _grant(session, account, _ROLES[entry.kind], now)
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        SIGNED_OUT,
        "entry.claim",
        ("entry", entry.ref),
        now=now,
        after={"owner": f"account:{account.id}"},
    )
    return entry


def _open(session: Session, secret: str, now: datetime, *, lock: bool = False) -> tuple[PrivateLink, Entry]:
    query = sa.select(PrivateLink).where(
        PrivateLink.token_hash == secret_hash(session, secret), PrivateLink.purpose == CONFIRM
    )
    if lock:
        query = query.with_for_update()
    link = session.execute(query).scalar_one_or_none()
    is_open = link is not None and link.used_at is None and link.revoked_at is None and link.expires_at > now
    if link is None or not is_open:
        raise NotFound(LINK_IS_OVER)
    found = sa.select(Entry).where(Entry.id == link.entry_id).options(selectinload(Entry.terms))
    if lock:
        found = found.with_for_update(of=Entry)
    entry = session.execute(found).scalar_one_or_none()
    if entry is None or entry.owner_id is not None:
        raise NotFound(LINK_IS_OVER)
    return link, entry


def _account(session: Session, link: PrivateLink, entry: Entry, now: datetime) -> Account:
    """The account of the address; a disabled or erased one is not opened again by a mail."""
    email = (link.email or "").lower()
    account = session.execute(
        sa.select(Account).where(Account.email == email).options(selectinload(Account.grants))
    ).scalar_one_or_none()
    if account is None:
        account = Account(
            email=email,
            name=entry.contact_name or email,
            language=entry.language if entry.language in ("en", "fr", "es", "ru", "ar", "zh") else "en",
            country=entry.organisation_country,
            organisation_id=entry.organisation_id,
            working_languages=[],
            created_at=now,
            updated_at=now,
            grants=[],
        )
        session.add(account)
        session.flush()
        audit.record(session, SIGNED_OUT, "account.create", ("account", str(account.id)), now=now)
    if account.is_disabled or account.erased_at is not None:
        raise NotFound(LINK_IS_OVER)
    account.email_confirmed_at = account.email_confirmed_at or now
    return account


def _end_private_links(session: Session, entry: Entry, now: datetime) -> None:
    """From now on the owner signs in: whoever wrote under somebody else's address has no way back in."""
    session.execute(
        sa.update(PrivateLink)
        .where(
            PrivateLink.entry_id == entry.id,
            PrivateLink.purpose != "sign_in",
            PrivateLink.used_at.is_(None),
            PrivateLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _grant(session: Session, account: Account, role: Role, now: datetime) -> None:
    if any(
        grant.role is role and grant.call_id is None and grant.country is None for grant in account.grants
    ):
        return
    account.grants.append(RoleGrant(role=role, granted_at=now))
    audit.record(
        session, SIGNED_OUT, "role.grant", ("account", str(account.id)), now=now, after={"role": role.value}
    )
