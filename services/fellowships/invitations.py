"""A nomination begun by somebody else, its nominator or an officer with a file: the nominee is asked.

Nothing is known of the nominee but what the nominator gave, and nothing counts before the nominee has taken
the nomination up, filled in the form and consented. Opening the mailed link changes nothing, since mail
scanners follow links. It makes an account only for an address that has none; everybody else signs in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Nomination, NominationLink
from models.people import Account
from procedure.access import require
from services import audit
from services.accounts import account_by_email
from services.fellowships import nominations
from services.fellowships.fields import BY_NAME, NEEDED, empty_content, full_name
from services.fellowships.nominations import check_codes, derive, mail, refuse_second
from services.fellowships.parties import NOT_ONESELF, same_address, self_nomination
from services.fellowships.rows import (
    Item,
    call_only,
    fellowship_of,
    fetch_for,
    item_of,
    nominee_deadline,
    touch,
)
from services.references import next_reference
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from services.throttle import Limit, count_try
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from vocabulary.fellowships import NominationState, NominatorAnswer
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor

NOMINEE = "nominee"
LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
BY_NOMINATOR = (
    "first_name",
    "last_name",
    "nominator_name",
    "nominator_body",
    "nominator_kind",
    "nominator_country",
)
"""What a nominator says who begins a nomination, beside the address of the nominee."""
_WAITING = (NominationState.AWAITING_NOMINEE, NominationState.DRAFT)
"""A lapsed invitation that is let in late is a draft of nobody until its nominee takes it up."""
LINK_LASTS_BEYOND = timedelta(days=60)
INVITES_OF_NOMINATOR = Limit("nominee_invited_by", 30, timedelta(hours=1))
INVITES_TO_ADDRESS = Limit("nominee_invited", 5, timedelta(days=1))
"""So that inviting is no machine to send mail with."""
LINK_IS_OVER = Message(
    "This link does not hold: it has expired, was answered, or the nomination was withdrawn. "
    "If you took the nomination up, sign in and look under “My nominations”."
)
OWN_ADDRESS = Message("This is the nominator’s own address. Nobody nominates oneself.")
OWN_NAME = Message("This is the nominator’s own name. Nobody nominates oneself.")
UNCONFIRMED = Message("Confirm your own mail address first: sign in by a mailed link.")
INVITED_ALREADY = Message("This person is nominated for this call already; one nomination is enough.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the page behind a nominee's link shows. `needs_sign_in`: there is an account for this address."""

    ref: str
    nominee: str
    email: str
    nominator: str
    body: str
    call_ref: str
    call_title: dict[str, str]
    until: datetime | None
    nominators_until: datetime
    needs_sign_in: bool


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A nomination that its nominee took up; `is_new` where the link made the account."""

    ref: str
    account_id: int
    is_new: bool


def invite(
    session: Session,
    actor: Actor,
    call_ref: str,
    given: Mapping[str, Any],
    email: str,
    *,
    now: datetime,
    language: str = "en",
) -> Nomination:
    """Nominate somebody else: the nominee is asked by mail to fill in the form and to consent.

    Raises Unauthenticated for somebody signed out, Refused when the call is closed, Invalid for what is
    missing and for oneself, Conflict where this person is nominated already, TooMany.
    """
    if actor.account_id is None:
        raise Unauthenticated
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.NOMINATION_INVITE, replace(call_only(call), nominator_id=actor.account_id), now)
    content = {name: given.get(name) for name in BY_NOMINATOR} | {"nominator_email": actor.email}
    errors = faults_of(content, email)
    if actor.email is None:
        errors["nominator_email"] = [UNCONFIRMED]
    if errors:
        raise Invalid(errors)
    check_codes(session, fellowship, content)
    _refuse_repeated(session, call, email, actor)
    tries = [(INVITES_OF_NOMINATOR, str(actor.account_id)), (INVITES_TO_ADDRESS, email.lower())]
    count_try(session, tries, now=now)
    nomination = new_nomination(session, call, content, email, now=now, language=language)
    nomination.nominator_id = actor.account_id
    session.flush()
    ask_nominee(session, item_of(session, actor, nomination), now)
    _noted(session, actor, nomination, "nomination.invite", content, now)
    return nomination


def faults_of(content: Mapping[str, Any], email: str) -> dict[str, list[Message]]:
    """What keeps somebody from being invited: missing answers, and a nominator who is the nominee."""
    needed = (*BY_NOMINATOR, "nominator_email")
    errors = {name: [NEEDED] for name in needed if not content.get(name)}
    if not email:
        errors["nominee_email"] = [NEEDED]
    alone = self_nomination(content, [email])
    if alone.pop("nominator_email", None):
        errors["nominee_email"] = [OWN_ADDRESS]
    if "nominator_name" in alone:
        errors["last_name"] = [OWN_NAME]
    return errors


def new_nomination(
    session: Session,
    call: Call,
    content: Mapping[str, Any],
    email: str,
    *,
    now: datetime,
    language: str,
) -> Nomination:
    """A nomination that waits for its nominee, not yet flushed; consents are never taken from others."""
    answers = empty_content() | {name: value for name, value in content.items() if name in BY_NAME}
    nomination = Nomination(
        ref=next_reference(session, "NOM", now),
        call_id=call.id,
        state=NominationState.AWAITING_NOMINEE,
        language=language if language in LANGUAGES else "en",
        content=answers | {"consent_data": False, "public_name": False},
        opened_at=now,
        nominee_email=email.lower(),
        nominator_email=str(content["nominator_email"]).lower(),
        nominator_answer=NominatorAnswer.NONE,
        travel={},
        meetings=[],
        created_at=now,
        updated_at=now,
    )
    derive(session, nomination, now)
    session.add(nomination)
    return nomination


def ask_nominee(session: Session, item: Item, now: datetime, template: str = "nomination_invitation") -> None:
    """Mail the nominee a link to a page with two buttons; earlier links hold beside it until one is used."""
    nomination = item.nomination
    to = nomination.nominee_email
    if to is None:
        return
    until = nominee_deadline(item.call, nomination)
    secret = new_secret()
    session.add(
        NominationLink(
            token_hash=secret_hash(session, secret),
            nomination_id=nomination.id,
            purpose=NOMINEE,
            email=to,
            created_at=now,
            expires_at=max(until or item.fellowship.nominators_until, now) + LINK_LASTS_BEYOND,
        )
    )
    content = nomination.content
    values = {
        "nominator": content.get("nominator_name") or "",
        "body": content.get("nominator_body") or "",
        "link": f"{runtime(session).address}/{nomination.language}/nominations/invitation/{secret}",
        "until": until.isoformat() if until else None,
    }
    mail(session, to, template, item, values, now=now)


def invitation_behind(session: Session, secret: str, *, now: datetime) -> Invitation:
    """What a nominee's link is about; changes nothing. Raises NotFound for a link that does not hold."""
    item, link, _ = _open(session, SIGNED_OUT, secret, Action.NOMINATION_WITHDRAW, now)
    content = item.nomination.content
    return Invitation(
        ref=item.nomination.ref,
        nominee=full_name(content),
        email=link.email,
        nominator=content.get("nominator_name") or "",
        body=content.get("nominator_body") or "",
        call_ref=item.call.ref,
        call_title=dict(item.call.title),
        until=nominee_deadline(item.call, item.nomination),
        nominators_until=item.fellowship.nominators_until,
        needs_sign_in=account_by_email(session, link.email) is not None,
    )


def take_up(session: Session, actor: Actor, secret: str, *, now: datetime) -> TakenUp:
    """Make the nomination one's own, to fill in the form; the link ends.

    Raises Unauthenticated where there is an account to sign in to, Refused for the nominator and after the
    deadline, Conflict for somebody who has a nomination for this call already.
    """
    item, link, asking = _open(session, actor, secret, Action.NOMINATION_TAKE_UP, now, lock=True)
    nomination = item.nomination
    is_new = actor.account_id is None
    if is_new and account_by_email(session, link.email) is not None:
        raise Unauthenticated(Message("There is an account for this address. Sign in to go on."))
    if not is_new:
        _refuse_nominator(item, actor)
        refuse_second(session, item.call, actor.account_id or 0)
    account_id = _new_account(session, link.email, nomination, now) if is_new else actor.account_id or 0
    nomination.nominee_id = account_id
    link.used_at = now
    nominations.end_links(session, nomination, now)
    touch(nomination, now)
    session.flush()
    who = replace(asking, account_id=account_id)
    audit.record(session, who, "nomination.take_up", ("nomination", nomination.ref), now=now)
    return TakenUp(nomination.ref, account_id, is_new)


def turn_down(session: Session, secret: str, *, now: datetime) -> Nomination:
    """The invited nominee says no; the nominator is told."""
    item, _, asking = _open(session, SIGNED_OUT, secret, Action.NOMINATION_WITHDRAW, now, lock=True)
    nomination = item.nomination
    return nominations.withdraw(session, asking, nomination.ref, nomination.version, now=now)


def _refuse_nominator(item: Item, actor: Actor) -> None:
    email = item.nomination.nominator_email or ""
    if actor.account_id == item.nomination.nominator_id or same_address(actor.email or "", email):
        raise Refused(NOT_ONESELF, code="own_case")


def _open(
    session: Session, actor: Actor, secret: str, action: Action, now: datetime, *, lock: bool = False
) -> tuple[Item, NominationLink, Actor]:
    query = (
        sa.select(NominationLink, Nomination)
        .join(Nomination, Nomination.id == NominationLink.nomination_id)
        .where(NominationLink.token_hash == secret_hash(session, secret), NominationLink.purpose == NOMINEE)
    )
    found = session.execute(query).one_or_none()
    if found is None or found[0].revoked_at is not None or found[0].expires_at <= now:
        raise NotFound(LINK_IS_OVER)
    link, nomination = found
    if nomination.state not in _WAITING or nomination.nominee_id is not None:
        raise NotFound(LINK_IS_OVER)
    asking = replace(actor, invited_ids=frozenset({nomination.id}))
    item = fetch_for(session, asking, action, nomination.ref, now=now, lock=lock)
    if item.nomination.nominee_id is not None:  # somebody was quicker
        raise NotFound(LINK_IS_OVER)
    return item, link, asking


def _new_account(session: Session, email: str, nomination: Nomination, now: datetime) -> int:
    """An account for an address that the mail has proved. Raises NotFound for one that was closed."""
    if session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one_or_none() is not None:
        raise NotFound(LINK_IS_OVER)
    account = Account(
        email=email,
        name=full_name(nomination.content) or email,
        language=nomination.language,
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


def _refuse_repeated(session: Session, call: Call, email: str, actor: Actor) -> None:
    for row in under_way(session, call.id, [email.lower()]).values():
        if row.nominator_id == actor.account_id:
            message = Message("You have nominated this person for this call already: {ref}.", ref=row.ref)
            raise Conflict(message, code="nominated_already", extra={"ref": row.ref})
        raise Conflict(INVITED_ALREADY, code="nominated_already")


def under_way(session: Session, call_id: int, addresses: list[str]) -> dict[str, Nomination]:
    """Nominations of a call that have not ended, by the address of their nominee (in lower case)."""
    ended = (NominationState.WITHDRAWN, NominationState.LAPSED)
    address = sa.func.coalesce(sa.func.lower(Account.email), Nomination.nominee_email)
    query = (
        sa.select(address, Nomination)
        .outerjoin(Account, Account.id == Nomination.nominee_id)
        .where(Nomination.call_id == call_id, Nomination.state.not_in(ended))
        .where(sa.or_(sa.func.lower(Account.email).in_(addresses), Nomination.nominee_email.in_(addresses)))
    )
    found: dict[str, Nomination] = {}
    for own, row in session.execute(query):
        found[own] = row
        if row.nominee_email:
            found[row.nominee_email] = row
    return found


def _noted(
    session: Session,
    actor: Actor,
    nomination: Nomination,
    action: str,
    content: Mapping[str, Any],
    now: datetime,
) -> None:
    after = {"fields": sorted(name for name, value in content.items() if value)}
    audit.record(session, actor, action, ("nomination", nomination.ref), now=now, after=after)
