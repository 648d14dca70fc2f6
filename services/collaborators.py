"""Let somebody help with an entry: invite by mail, say what they may do, remove them at once.

The owner never learns whether an address has an account: the answer and the mail are the same. Opening the
mailed link changes nothing, since mail scanners follow links; its button makes an account only for an address
that has none, and everybody else signs in under that address first. What a collaborator may do is the
question of the policy (procedure/policy.py, column COL); here is only who is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.collaborators import Collaborator
from models.entries import Entry
from models.people import Account
from procedure.reasons import REASONS
from services import audit
from services.accounts import account_by_email
from services.conflict_hints import ask_again
from services.entries.rows import fetch_for
from services.mail import queue_mail
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from services.throttle import Limit, count_try
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, TooMany, Unauthenticated
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import CollaboratorLevel, EntryKind

LINK_LASTS = timedelta(days=14)
MOST = 20
"""Invitations and collaborators of one entry at a time."""
INVITES_OF_OWNER = Limit("collaborator_by", 30, timedelta(hours=1))
INVITES_TO_ADDRESS = Limit("collaborator_to", 5, timedelta(days=1))
"""So that inviting is no machine to send mail with; beyond the second the mail is left out silently."""

LINK_IS_OVER = Message(
    "This link does not hold: it has expired, was answered, or the invitation was taken back. "
    "If you accepted it, sign in and look under “My entries”."
)
OTHER_ACCOUNT = Message("The invitation went to another address. Sign in with that one.")
ONESELF = Message("This is your own address. The entry is yours already.")
TOO_MANY = Message("An entry has at most {n} collaborators. Remove one first.")
HELPS_ALREADY = Message("This person helps already. Change what they may do instead.")
HAS_ACCOUNT = Message("There is an account for this address. Sign in to go on.")


@dataclass(frozen=True, slots=True)
class CollaboratorRow:
    """One collaborator as the owner sees them. `name` is None until they accepted."""

    id: int
    email: str
    level: CollaboratorLevel
    name: str | None
    invited_at: datetime
    accepted_at: datetime | None
    expires_at: datetime
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Helpers:
    """Everybody whom the owner invited to an entry, the first one first."""

    ref: str
    kind: EntryKind
    title: str | None
    rows: tuple[CollaboratorRow, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the page behind a link shows before the button is pressed."""

    ref: str
    kind: EntryKind
    title: str | None
    email: str
    level: CollaboratorLevel
    invited_by: str
    expires_at: datetime
    needs_sign_in: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """An invitation that was accepted; `is_new` where the link made the account."""

    ref: str
    kind: EntryKind
    account_id: int
    is_new: bool


def helpers_of(
    session: Session, actor: Actor, ref: str, *, now: datetime, kind: EntryKind | None = None
) -> Helpers:
    """Who helps with an entry, for its owner. Raises NotFound, Refused."""
    entry, _ = fetch_for(session, actor, Action.COLLABORATOR_GRANT, ref, now=now, kind=kind)
    found = session.execute(
        sa.select(Collaborator, Account.name)
        .outerjoin(Account, Account.id == Collaborator.account_id)
        .where(Collaborator.entry_id == entry.id, Collaborator.ended_at.is_(None))
        .order_by(Collaborator.id)
    )
    rows = tuple(
        CollaboratorRow(
            row.id,
            row.email,
            row.level,
            name,
            row.invited_at,
            row.accepted_at,
            row.expires_at,
            row.accepted_at is None and row.expires_at <= now,
        )
        for row, name in found
    )
    return Helpers(entry.ref, entry.kind, entry.title, rows)


def invite(
    session: Session,
    actor: Actor,
    ref: str,
    email: str,
    level: CollaboratorLevel,
    *,
    now: datetime,
    kind: EntryKind | None = None,
) -> int:
    """Ask somebody by mail to help; returns the number of the invitation.

    Inviting an address again takes the place of an invitation that is not answered. Raises Invalid for one's
    own address, Conflict for somebody who helps already and for what was archived, TooMany.
    """
    entry, _ = fetch_for(session, actor, Action.COLLABORATOR_GRANT, ref, now=now, lock=True, kind=kind)
    if actor.account_id is None:
        raise Unauthenticated
    if entry.archived_at is not None:  # what people wrote is blanked, and nothing new is kept
        raise Conflict(REASONS["wrong_phase"], code="wrong_state")
    address = email.strip().lower()
    if address == actor.email:
        raise Invalid({"email": [ONESELF]})
    standing = _standing(session, entry.id)
    known = next((row for row in standing if row.email == address), None)
    if known is not None and known.accepted_at is not None:
        raise Conflict(HELPS_ALREADY, code="unchanged")
    if known is None and len(standing) >= MOST:
        raise Conflict(TOO_MANY.format(n=MOST), code="too_many")
    count_try(session, [(INVITES_OF_OWNER, str(actor.account_id))], now=now)
    if known is not None:
        known.ended_at = now
        session.flush()
    secret = new_secret()
    made = Collaborator(
        entry_id=entry.id,
        email=address,
        level=level,
        token_hash=secret_hash(session, secret),
        invited_by_id=actor.account_id,
        invited_at=now,
        expires_at=now + LINK_LASTS,
    )
    session.add(made)
    session.flush()
    _noted(session, actor, entry, "collaborator.grant", made, now)
    _mail(session, actor, entry, made, secret, now)
    return made.id


def set_level(
    session: Session,
    actor: Actor,
    ref: str,
    number: int,
    level: CollaboratorLevel,
    *,
    now: datetime,
    kind: EntryKind | None = None,
) -> None:
    """Let a collaborator do more or less, from their next page on. Raises NotFound."""
    entry, row = _of_owner(session, actor, ref, number, now, kind)
    if row.level is not level:
        row.level = level
        session.flush()
        _noted(session, actor, entry, "collaborator.change", row, now)


def remove(
    session: Session, actor: Actor, ref: str, number: int, *, now: datetime, kind: EntryKind | None = None
) -> None:
    """Take an invitation back, or end what somebody may do: their next page is refused. Raises NotFound."""
    entry, row = _of_owner(session, actor, ref, number, now, kind)
    row.ended_at = now
    session.flush()
    _noted(session, actor, entry, "collaborator.end", row, now)


def leave(session: Session, actor: Actor, ref: str, *, now: datetime, kind: EntryKind | None = None) -> None:
    """A collaborator steps out. Raises NotFound, Refused for everybody else."""
    entry, _ = fetch_for(session, actor, Action.COLLABORATOR_LEAVE, ref, now=now, lock=True, kind=kind)
    row = next(row for row in _standing(session, entry.id) if row.account_id == actor.account_id)
    row.ended_at = now
    session.flush()
    _noted(session, actor, entry, "collaborator.leave", row, now)


# --- the link ---------------------------------------------------------------------------------------------


def invitation_behind(session: Session, secret: str, *, now: datetime) -> Invitation:
    """What the invited person reads before they answer; changes nothing. Raises NotFound."""
    row, entry = _open(session, secret, now)
    return Invitation(
        entry.ref,
        entry.kind,
        entry.title,
        row.email,
        row.level,
        session.get_one(Account, row.invited_by_id).name,
        row.expires_at,
        account_by_email(session, row.email) is not None,
    )


def accept(session: Session, actor: Actor, secret: str, *, now: datetime) -> Accepted:
    """Help with the entry from now on; the link ends. Whoever was cleared of a conflict is asked again.

    Raises Unauthenticated where there is an account to sign in to, Refused for another account, NotFound.
    """
    row, entry = _open(session, secret, now, lock=True)
    is_new = actor.account_id is None
    if is_new:
        if account_by_email(session, row.email) is not None:
            raise Unauthenticated(HAS_ACCOUNT)
        account_id = _new_account(session, row.email, actor.language, now)
    elif actor.email != row.email:
        raise Refused(OTHER_ACCOUNT, code="not_yours")
    else:
        account_id = actor.account_id or 0
    row.account_id, row.accepted_at = account_id, now
    session.flush()
    _noted(session, Actor(account_id=account_id), entry, "collaborator.accept", row, now)
    ask_again(session, entry, now=now)
    return Accepted(entry.ref, entry.kind, account_id, is_new)


def turn_down(session: Session, secret: str, *, now: datetime) -> None:
    """The invited person says no; the link ends. Raises NotFound."""
    row, entry = _open(session, secret, now, lock=True)
    row.ended_at = now
    session.flush()
    _noted(session, SIGNED_OUT, entry, "collaborator.turn_down", row, now)


def _open(session: Session, secret: str, now: datetime, *, lock: bool = False) -> tuple[Collaborator, Entry]:
    query = sa.select(Collaborator).where(Collaborator.token_hash == secret_hash(session, secret))
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    is_open = row is not None and row.accepted_at is None and row.ended_at is None and row.expires_at > now
    if row is None or not is_open:
        raise NotFound(LINK_IS_OVER)
    entry = session.get_one(Entry, row.entry_id)
    if entry.owner_id != row.invited_by_id:  # whoever invited no longer owns it
        raise NotFound(LINK_IS_OVER)
    return row, entry


def _new_account(session: Session, email: str, language: str, now: datetime) -> int:
    """An account for an address that the mail has proved. Raises NotFound for one that was closed."""
    if session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one_or_none() is not None:
        raise NotFound(LINK_IS_OVER)
    account = Account(
        email=email,
        name=email,
        language=language,
        working_languages=[],
        email_confirmed_at=now,
        created_at=now,
        updated_at=now,
        grants=[],
    )
    session.add(account)
    session.flush()
    audit.record(session, SIGNED_OUT, "account.create", ("account", str(account.id)), now=now)
    return account.id


# --- who helps --------------------------------------------------------------------------------------------


def _standing(session: Session, entry_id: int) -> list[Collaborator]:
    query = sa.select(Collaborator).where(Collaborator.entry_id == entry_id, Collaborator.ended_at.is_(None))
    return list(session.execute(query.order_by(Collaborator.id)).scalars())


def _of_owner(
    session: Session, actor: Actor, ref: str, number: int, now: datetime, kind: EntryKind | None
) -> tuple[Entry, Collaborator]:
    entry, _ = fetch_for(session, actor, Action.COLLABORATOR_GRANT, ref, now=now, lock=True, kind=kind)
    row = next((row for row in _standing(session, entry.id) if row.id == number), None)
    if row is None:
        raise NotFound
    return entry, row


def _noted(
    session: Session, actor: Actor, entry: Entry, event: str, row: Collaborator, now: datetime
) -> None:
    after = {"collaborator": row.id, "level": row.level.value}
    audit.record(session, actor, event, ("entry", entry.ref), now=now, after=after)


def _mail(
    session: Session, actor: Actor, entry: Entry, row: Collaborator, secret: str, now: datetime
) -> None:
    """The same mail to everybody; silently none where this address had too many."""
    try:
        count_try(session, [(INVITES_TO_ADDRESS, row.email)], now=now)
    except TooMany:
        return
    values = {
        "kind": entry.kind.value,
        "ref": entry.ref,
        "title": entry.title,
        "invited_by": session.get_one(Account, row.invited_by_id).name,
        "level": row.level.value,
        "link": f"{runtime(session).address}/{actor.language}/collaborations/{secret}",
        "valid_until": row.expires_at.isoformat(),
    }
    queue_mail(
        session, row.email, "collaborator", values, language=actor.language, now=now, subject_ref=entry.ref
    )
