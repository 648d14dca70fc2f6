"""The nominator's side: a mailed link opens a page to approve and commit the time, or to refuse.

Opening the link changes nothing, since mail scanners follow links. Whoever approves may also withdraw later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.fellowships import Nomination, NominationLink
from models.people import Account
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.likeness import own_alike
from services.fellowships.nominations import NOMINATOR, mail
from services.fellowships.parties import NOT_ONESELF
from services.fellowships.rows import Item, fetch_for, nominator_deadline, touch
from services.secrets import secret_hash
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.fellowships import NominationAction, NominationState, NominatorAnswer
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor

LINK_IS_OVER = Message(
    "This link does not hold: it has expired, or the nominee took the nomination back. "
    "A new link comes by mail when the form is completed again."
)


@dataclass(frozen=True, slots=True)
class Approval:
    """What the page behind the nominator's link shows.

    `alike`: reference and name of others whom this nominator put forward for the call, who may be the same.
    """

    ref: str
    nominee: str
    call_ref: str
    call_title: dict[str, str]
    state: NominationState
    answer: NominatorAnswer
    until: datetime
    email: str
    version: int
    content: dict[str, object]
    alike: tuple[tuple[str, str], ...]


def approval_behind(session: Session, secret: str, *, now: datetime) -> Approval:
    """What a link is about; changes nothing. Raises NotFound for a link that does not hold."""
    item, link, _ = _open(session, secret, Action.NOMINATION_READ, now)
    nomination = item.nomination
    shown = ("organisation", "position", "discipline", "statement", "justification", "nominator_body")
    return Approval(
        ref=nomination.ref,
        nominee=full_name(nomination.content),
        call_ref=item.call.ref,
        call_title=dict(item.call.title),
        state=nomination.state,
        answer=nomination.nominator_answer,
        until=nominator_deadline(item.call, item.fellowship, nomination),
        email=link.email,
        version=nomination.version,
        content={name: nomination.content.get(name) for name in shown},
        alike=own_alike(session, nomination),
    )


def approve(
    session: Session, secret: str, *, commits_time: bool, now: datetime, account_id: int | None = None
) -> Nomination:
    """Approve the nomination and commit the time that the work takes.

    `account_id` is who is signed in where the link was opened. Raises Invalid when the time is not committed,
    Refused for the nominee and after the second deadline, Conflict where there is nothing to approve.
    """
    item, _, actor = _open(session, secret, Action.NOMINATION_APPROVE, now, lock=True)
    nomination = item.nomination
    if nomination.nominator_answer is NominatorAnswer.APPROVED:
        return nomination
    if account_id is not None and account_id == nomination.nominee_id:
        raise Refused(NOT_ONESELF, code="own_case")
    if not commits_time:
        raise Invalid(
            {"commits_time": [Message("A nomination counts only when its nominator commits the time.")]}
        )
    before = nomination.state
    nomination.state = advance(NOMINATION_STEPS, before, NominationAction.APPROVE)
    nomination.nominator_answer = NominatorAnswer.APPROVED
    nomination.nominator_approved_at = nomination.submitted_at = now
    touch(nomination, now)
    session.flush()
    _answered(session, actor, nomination, before, now)
    _tell_both(session, item, "nomination_received", {}, now)
    return nomination


def refuse(session: Session, secret: str, reason: str, *, now: datetime) -> Nomination:
    """Say no, with a reason that the nominee reads; the form opens again and may name somebody else."""
    item, link, actor = _open(session, secret, Action.NOMINATION_APPROVE, now, lock=True)
    nomination = item.nomination
    said = reason.replace("\x00", "").strip()
    if not said:
        raise Invalid({"reason": [Message("Say why in a sentence; the nominee will read it.")]})
    if nomination.nominator_answer is NominatorAnswer.APPROVED:
        raise Conflict(
            Message("You approved this nomination before. Withdraw it instead."), code="approved_before"
        )
    before = nomination.state
    nomination.state = advance(NOMINATION_STEPS, before, NominationAction.REFUSE)
    nomination.nominator_answer, nomination.nominator_answer_reason = NominatorAnswer.REFUSED, said[:4000]
    nomination.completed_at = nomination.nominator_id = None
    link.used_at = link.revoked_at = now
    touch(nomination, now)
    session.flush()
    _answered(session, actor, nomination, before, now)
    nominee = _nominee(session, nomination)
    if nominee:
        mail(session, nominee, "nomination_refused", item, {"reason": said[:4000]}, now=now)
    return nomination


def holder(nomination: Nomination) -> Actor:
    """Whoever opened the link: signed out, and the nominator of this one nomination."""
    return replace(SIGNED_OUT, nomination_ids=frozenset({nomination.id}), language=nomination.language)


def withdraw_behind(session: Session, secret: str, *, now: datetime) -> tuple[Actor, str, int]:
    """Who would withdraw which nomination at which version, for nominations.withdraw."""
    item, _, actor = _open(session, secret, Action.NOMINATION_WITHDRAW, now)
    return actor, item.nomination.ref, item.nomination.version


def _open(
    session: Session, secret: str, action: Action, now: datetime, *, lock: bool = False
) -> tuple[Item, NominationLink, Actor]:
    query = sa.select(NominationLink, Nomination).join(
        Nomination, Nomination.id == NominationLink.nomination_id
    )
    found = session.execute(
        query.where(
            NominationLink.token_hash == secret_hash(session, secret), NominationLink.purpose == NOMINATOR
        )
    ).one_or_none()
    if found is None or found[0].revoked_at is not None or found[0].expires_at <= now:
        raise NotFound(LINK_IS_OVER)
    link, nomination = found
    actor = holder(nomination)
    return fetch_for(session, actor, action, nomination.ref, now=now, lock=lock), link, actor


def _nominee(session: Session, nomination: Nomination) -> str | None:
    query = sa.select(Account.email).where(Account.id == nomination.nominee_id)
    return session.execute(query).scalar_one_or_none()


def _tell_both(session: Session, item: Item, template: str, values: dict[str, object], now: datetime) -> None:
    nominee = _nominee(session, item.nomination)
    for to in (nominee, item.nomination.nominator_email):
        if to:
            mail(session, to, template, item, values, now=now)


def _answered(
    session: Session, actor: Actor, nomination: Nomination, before: NominationState, now: datetime
) -> None:
    audit.record(
        session,
        actor,
        "nomination.approve",
        ("nomination", nomination.ref),
        now=now,
        before={"state": before.value},
        after={"state": nomination.state.value, "answer": nomination.nominator_answer.value},
    )
