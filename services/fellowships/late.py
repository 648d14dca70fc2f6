"""An officer lets a nomination in late, with a reason: both parties get until a day of its own.

A deadline stays what it is for everybody else. The reason is kept with the nomination.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.fellowships import Nomination
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.invitations import ask_nominee
from services.fellowships.nominations import ask_nominator, mail, nominee_email, refuse_second
from services.fellowships.rows import Item, check_version, fetch_for, refuse_own, touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import NominationAction, NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor

LONGEST_REASON = 2_000
ADMITTED = (
    NominationState.DRAFT,
    NominationState.AWAITING_NOMINEE,
    NominationState.AWAITING_NOMINATOR,
    NominationState.LAPSED,
)


def admit_late(
    session: Session,
    actor: Actor,
    ref: str,
    until: datetime | None,
    reason: str,
    expected_version: int,
    *,
    now: datetime,
) -> Nomination:
    """Give one nomination until a day of its own; one that lapsed goes on where it stood.

    Raises Invalid without a day to come or a reason, Conflict once the nomination is received or ended.
    """
    item = fetch_for(session, actor, Action.NOMINATION_SCREEN, ref, now=now, lock=True)
    nomination = item.nomination
    refuse_own(item, actor)
    check_version(item, expected_version)
    said = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    errors: dict[str, list[Message]] = {}
    if until is None or until <= now:
        errors["late_until"] = [Message("This must be a time to come.")]
    if not said:
        errors["late_reason"] = [Message("Say why this nomination is let in late.")]
    if errors:
        raise Invalid(errors)
    if nomination.state not in ADMITTED or nomination.answer_by_at is not None:
        raise Conflict(Message("Neither party has anything left to do here."), code="wrong_state")
    nomination.late_until, nomination.late_reason = until, said
    before = nomination.state
    if before is NominationState.LAPSED:
        _revive(session, item, now)
    touch(nomination, now)
    session.flush()
    audit.record(
        session,
        actor,
        "nomination.admit_late",
        ("nomination", ref),
        now=now,
        before={"state": before.value},
        after={"state": nomination.state.value, "until": until.isoformat() if until else None},
        reason=said,
    )
    _tell(session, item, before, now)
    return nomination


def require_screening(session: Session, actor: Actor, ref: str, *, now: datetime) -> None:
    """Raise NotFound or Refused unless the actor may let this nomination in late."""
    refuse_own(fetch_for(session, actor, Action.NOMINATION_SCREEN, ref, now=now), actor)


def _revive(session: Session, item: Item, now: datetime) -> None:
    """Back to the party whose turn it was when the nomination lapsed."""
    nomination = item.nomination
    if nomination.nominee_id is not None:
        refuse_second(session, item.call, nomination.nominee_id)
    nomination.state = advance(NOMINATION_STEPS, nomination.state, NominationAction.ADMIT_LATE)
    if nomination.completed_at is not None:
        nomination.state = advance(NOMINATION_STEPS, nomination.state, NominationAction.COMPLETE)


def _tell(session: Session, item: Item, before: NominationState, now: datetime) -> None:
    """Write to the party whose turn it is."""
    nomination = item.nomination
    if nomination.state is NominationState.AWAITING_NOMINATOR:
        ask_nominator(session, item, now)
        return
    if nomination.nominee_id is None:
        ask_nominee(session, item, now)
        return
    to, until = nominee_email(session, nomination), nomination.late_until
    page = f"{runtime(session).address}/{nomination.language}/nominations/{nomination.ref}/edit/person"
    if to and until:
        values = {"page": page, "until": until.isoformat()}
        mail(session, to, "nomination_late", item, values, now=now)
