"""What the secretariat says of a fellow beside the place: support for travel, and the meetings to attend.

The form gives a first answer on travel for each nationality, from lists that are public; the secretariat says
for each of them whether it holds, with the basis and the day. A person is supported when any nationality is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from models.fellowships import Nomination
from services import audit
from services.fellowships.rows import Item, fetch_for, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import FELLOWS, NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor

LONGEST_NOTE = 500
MOST_MEETINGS = 20
_AFTER_SUBMISSION = frozenset(
    set(NominationState)
    - {
        NominationState.DRAFT,
        NominationState.AWAITING_NOMINEE,
        NominationState.AWAITING_NOMINATOR,
        NominationState.WITHDRAWN,
        NominationState.LAPSED,
    }
)
_MISSING = Message("This is missing.")


def confirm_travel(
    session: Session,
    actor: Actor,
    ref: str,
    supported: Mapping[str, bool],
    basis: str,
    *,
    now: datetime,
) -> Nomination:
    """Say for each nationality whether travel is supported, and on which basis; it can be said anew.

    Raises NotFound, Refused, Conflict before the nomination is received, Invalid by field.
    """
    item = fetch_for(session, actor, Action.NOMINATION_SCREEN, ref, now=now, lock=True)
    row = item.nomination
    if row.state not in _AFTER_SUBMISSION:
        raise Conflict(
            Message("Support for travel is confirmed once the nomination is received."), code="wrong_state"
        )
    named = row.travel.get("nationalities", {})
    errors = {
        f"supported.{country}": [Message("Choose one answer.")]
        for country in named
        if country not in supported
    }
    if set(supported) - set(named):
        errors["supported"] = [Message("There is no such nationality in the form.")]
    said = basis.replace("\x00", "").strip()
    if not said or len(said) > LONGEST_NOTE:
        errors["basis"] = [
            Message(
                "Name the basis, such as the list that was applied, in at most {n} signs.", n=LONGEST_NOTE
            )
        ]
    if errors:
        raise Invalid(errors)
    row.travel = dict(row.travel) | {
        "confirmed": {
            "on": now.date().isoformat(),
            "basis": said,
            "supported": dict(sorted(supported.items())),
        }
    }
    row.travel_confirmed = any(supported.values())
    _keep(session, actor, item, "nomination.travel", now)
    return row


def add_meeting(
    session: Session,
    actor: Actor,
    ref: str,
    title: str,
    place: str,
    on: date | None,
    is_supported: bool,
    *,
    now: datetime,
) -> Nomination:
    """Note a meeting that a fellow attends, and whether the programme pays for travelling there.

    Raises NotFound, Refused, Conflict for somebody who is no fellow, Invalid by field.
    """
    item = _fellow(session, actor, ref, now)
    texts = {"title": title.replace("\x00", "").strip(), "place": place.replace("\x00", "").strip()}
    errors = {
        name: [_MISSING if not text else Message("Use at most {max} characters.", max=200)]
        for name, text in texts.items()
        if not text or len(text) > 200
    }
    if on is None:
        errors["on"] = [_MISSING]
    if len(item.nomination.meetings) >= MOST_MEETINGS:
        errors["title"] = [Message("There can be {max} of these at most.", max=MOST_MEETINGS)]
    if errors or on is None:
        raise Invalid(errors)
    made = texts | {"on": on.isoformat(), "is_supported": is_supported}
    item.nomination.meetings = sorted([*item.nomination.meetings, made], key=lambda one: str(one["on"]))
    _keep(session, actor, item, "nomination.meeting", now)
    return item.nomination


def drop_meeting(session: Session, actor: Actor, ref: str, at: int, *, now: datetime) -> Nomination:
    """Take a meeting out again; `at` counts from 0. Raises NotFound, Refused, Conflict."""
    item = _fellow(session, actor, ref, now)
    kept = list(item.nomination.meetings)
    if not 0 <= at < len(kept):
        raise Conflict(Message("This meeting is not in the list any more."), code="gone")
    del kept[at]
    item.nomination.meetings = kept
    _keep(session, actor, item, "nomination.meeting", now)
    return item.nomination


def _fellow(session: Session, actor: Actor, ref: str, now: datetime) -> Item:
    item = fetch_for(session, actor, Action.FELLOWSHIP_EDIT, ref, now=now, lock=True)
    if item.nomination.state not in FELLOWS:
        raise Conflict(Message("Meetings are noted once the place is confirmed."), code="wrong_state")
    return item


def _keep(session: Session, actor: Actor, item: Item, event: str, now: datetime) -> None:
    touch(item.nomination, now)
    session.flush()
    audit.record(session, actor, event, ("nomination", item.nomination.ref), now=now)
