"""What may follow what: one table per lifecycle, and the function that reads them.

(state, action) -> state. What is not listed cannot happen. Who may act, and under which further
conditions, is the policy's question; each service function stands for one action.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from vocabulary.errors import Conflict
from vocabulary.labels import label_of
from vocabulary.messages import Message
from vocabulary.states import (
    AssignmentAction,
    AssignmentState,
    CallAction,
    CallState,
    EntryAction,
    EntryKind,
    MatchAction,
    MatchState,
    OfferState,
    RequestState,
    ReviewAction,
    ReviewState,
)

State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)


def steps_from(states: tuple[State, ...], action: Step, to: State) -> dict[tuple[State, Step], State]:
    """The same action from several states."""
    return {(state, action): to for state in states}


CALL_STEPS: Mapping[tuple[CallState, CallAction], CallState] = {
    (CallState.DRAFT, CallAction.SCHEDULE): CallState.SCHEDULED,
    (CallState.SCHEDULED, CallAction.OPEN): CallState.OPEN,
    (CallState.OPEN, CallAction.CLOSE): CallState.CLOSED,
    # A correction that moves the deadline for all opens the call again.
    (CallState.CLOSED, CallAction.REOPEN): CallState.OPEN,
    (CallState.CLOSED, CallAction.START_REVIEW): CallState.REVIEW,
    (CallState.REVIEW, CallAction.DELIBERATE): CallState.DELIBERATION,
    (CallState.DELIBERATION, CallAction.DECIDE): CallState.DECIDED,
    (CallState.DECIDED, CallAction.RELEASE): CallState.RELEASED,
    (CallState.RELEASED, CallAction.ARCHIVE): CallState.ARCHIVED,
    **steps_from(
        (
            CallState.DRAFT,
            CallState.SCHEDULED,
            CallState.OPEN,
            CallState.CLOSED,
            CallState.REVIEW,
            CallState.DELIBERATION,
            CallState.DECIDED,
        ),
        CallAction.CANCEL,
        CallState.CANCELLED,
    ),
}

REQUEST_STEPS: Mapping[tuple[RequestState, EntryAction], RequestState] = {
    (RequestState.DRAFT, EntryAction.SUBMIT): RequestState.SUBMITTED,
    (RequestState.SUBMITTED, EntryAction.REVISE): RequestState.SUBMITTED,
    (RequestState.RETURNED, EntryAction.REVISE): RequestState.SUBMITTED,
    (RequestState.SUBMITTED, EntryAction.RETURN): RequestState.RETURNED,
    (RequestState.DELIBERATION, EntryAction.RETURN): RequestState.RETURNED,
    (RequestState.RETURNED, EntryAction.LAPSE): RequestState.LAPSED,
    (RequestState.SUBMITTED, EntryAction.MARK_INELIGIBLE): RequestState.INELIGIBLE,
    (RequestState.INELIGIBLE, EntryAction.RESTORE): RequestState.SUBMITTED,
    (RequestState.LAPSED, EntryAction.RESTORE): RequestState.RETURNED,
    # Where it stood before it was withdrawn may have moved on, so it starts again as submitted.
    (RequestState.WITHDRAWN, EntryAction.RESTORE): RequestState.SUBMITTED,
    (RequestState.SUBMITTED, EntryAction.START_REVIEW): RequestState.IN_REVIEW,
    (RequestState.IN_REVIEW, EntryAction.DELIBERATE): RequestState.DELIBERATION,
    (RequestState.DELIBERATION, EntryAction.DECIDE): RequestState.DECIDED,
    # A decision that was taken back before its release: the panel meets again.
    (RequestState.DECIDED, EntryAction.REOPEN): RequestState.DELIBERATION,
    (RequestState.DECIDED, EntryAction.RELEASE): RequestState.RELEASED,
    (RequestState.INELIGIBLE, EntryAction.RELEASE): RequestState.RELEASED,
    (RequestState.RELEASED, EntryAction.ASK_RECONSIDERATION): RequestState.RECONSIDERATION,
    (RequestState.RECONSIDERATION, EntryAction.RELEASE): RequestState.RELEASED,
    **steps_from(
        (
            RequestState.SUBMITTED,
            RequestState.RETURNED,
            RequestState.INELIGIBLE,
            RequestState.IN_REVIEW,
            RequestState.DELIBERATION,
            RequestState.DECIDED,
        ),
        EntryAction.WITHDRAW,
        RequestState.WITHDRAWN,
    ),
    **steps_from(
        (RequestState.RELEASED, RequestState.WITHDRAWN, RequestState.LAPSED),
        EntryAction.ARCHIVE,
        RequestState.ARCHIVED,
    ),
}
"""A draft is not withdrawn but discarded: nobody has received it."""

OFFER_STEPS: Mapping[tuple[OfferState, EntryAction], OfferState] = {
    (OfferState.DRAFT, EntryAction.SUBMIT): OfferState.SUBMITTED,
    # New content is checked anew, whatever the old content had reached.
    **steps_from(
        (
            OfferState.SUBMITTED,
            OfferState.RETURNED,
            OfferState.CHECKED,
            OfferState.ACTIVE,
            OfferState.PAUSED,
        ),
        EntryAction.REVISE,
        OfferState.SUBMITTED,
    ),
    (OfferState.SUBMITTED, EntryAction.RETURN): OfferState.RETURNED,
    (OfferState.SUBMITTED, EntryAction.REFUSE): OfferState.REFUSED,
    (OfferState.REFUSED, EntryAction.RESTORE): OfferState.SUBMITTED,
    (OfferState.WITHDRAWN, EntryAction.RESTORE): OfferState.SUBMITTED,
    (OfferState.SUBMITTED, EntryAction.CHECK): OfferState.CHECKED,
    (OfferState.CHECKED, EntryAction.ACTIVATE): OfferState.ACTIVE,
    (OfferState.ACTIVE, EntryAction.PAUSE): OfferState.PAUSED,
    (OfferState.PAUSED, EntryAction.RESUME): OfferState.ACTIVE,
    # Renewing before the date spares the reminder; what is paused stays paused.
    (OfferState.ACTIVE, EntryAction.RENEW): OfferState.ACTIVE,
    (OfferState.PAUSED, EntryAction.RENEW): OfferState.PAUSED,
    (OfferState.EXPIRED, EntryAction.RENEW): OfferState.ACTIVE,
    **steps_from(
        (OfferState.CHECKED, OfferState.ACTIVE, OfferState.PAUSED), EntryAction.EXPIRE, OfferState.EXPIRED
    ),
    **steps_from(
        (OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED), EntryAction.CLOSE, OfferState.CLOSED
    ),
    **steps_from(
        (
            OfferState.SUBMITTED,
            OfferState.RETURNED,
            OfferState.CHECKED,
            OfferState.ACTIVE,
            OfferState.PAUSED,
            OfferState.EXPIRED,
        ),
        EntryAction.WITHDRAW,
        OfferState.WITHDRAWN,
    ),
    **steps_from(
        (OfferState.REFUSED, OfferState.EXPIRED, OfferState.CLOSED, OfferState.WITHDRAWN),
        EntryAction.ARCHIVE,
        OfferState.ARCHIVED,
    ),
}

ASSIGNMENT_STEPS: Mapping[tuple[AssignmentState, AssignmentAction], AssignmentState] = {
    (AssignmentState.INVITED, AssignmentAction.ACCEPT): AssignmentState.ACCEPTED,
    (AssignmentState.INVITED, AssignmentAction.DECLINE): AssignmentState.DECLINED,
    (AssignmentState.ACCEPTED, AssignmentAction.DECLINE): AssignmentState.DECLINED,
    (AssignmentState.INVITED, AssignmentAction.RECUSE): AssignmentState.RECUSED,
    (AssignmentState.ACCEPTED, AssignmentAction.RECUSE): AssignmentState.RECUSED,
    (AssignmentState.INVITED, AssignmentAction.EXPIRE): AssignmentState.EXPIRED,
    # An officer gives what was accepted and not handed in to somebody else.
    (AssignmentState.ACCEPTED, AssignmentAction.EXPIRE): AssignmentState.EXPIRED,
    (AssignmentState.DECLINED, AssignmentAction.INVITE_AGAIN): AssignmentState.INVITED,
    (AssignmentState.EXPIRED, AssignmentAction.INVITE_AGAIN): AssignmentState.INVITED,
}

REVIEW_STEPS: Mapping[tuple[ReviewState, ReviewAction], ReviewState] = {
    (ReviewState.DRAFT, ReviewAction.SUBMIT): ReviewState.SUBMITTED,
    (ReviewState.RETURNED, ReviewAction.SUBMIT): ReviewState.SUBMITTED,
    (ReviewState.SUBMITTED, ReviewAction.REVISE): ReviewState.SUBMITTED,
    (ReviewState.SUBMITTED, ReviewAction.RETURN): ReviewState.RETURNED,
    # After a question to the submitter the scores are confirmed or changed on the new revision.
    (ReviewState.LOCKED, ReviewAction.RETURN): ReviewState.RETURNED,
    (ReviewState.SUBMITTED, ReviewAction.LOCK): ReviewState.LOCKED,
    **steps_from(
        (ReviewState.DRAFT, ReviewState.SUBMITTED, ReviewState.RETURNED, ReviewState.LOCKED),
        ReviewAction.VOID,
        ReviewState.VOID,
    ),
    **steps_from(
        (ReviewState.DRAFT, ReviewState.SUBMITTED, ReviewState.RETURNED),
        ReviewAction.RELEASE,
        ReviewState.RELEASED,
    ),
}

MATCH_STEPS: Mapping[tuple[MatchState, MatchAction], MatchState] = {
    (MatchState.SUGGESTED, MatchAction.SHORTLIST): MatchState.SHORTLISTED,
    (MatchState.SHORTLISTED, MatchAction.PROPOSE): MatchState.PROPOSED,
    (MatchState.PROPOSED, MatchAction.AGREE): MatchState.AGREED,
    (MatchState.PROPOSED, MatchAction.DECLINE): MatchState.DECLINED,
    (MatchState.PROPOSED, MatchAction.LAPSE): MatchState.LAPSED,
    (MatchState.AGREED, MatchAction.START): MatchState.ACTIVE,
    (MatchState.ACTIVE, MatchAction.COMPLETE): MatchState.COMPLETED,
    (MatchState.ACTIVE, MatchAction.END_EARLY): MatchState.ENDED_EARLY,
    **steps_from(
        (MatchState.SUGGESTED, MatchState.SHORTLISTED, MatchState.PROPOSED, MatchState.AGREED),
        MatchAction.CANCEL,
        MatchState.CANCELLED,
    ),
}


def advance(table: Mapping[tuple[State, Step], State], state: State, action: Step) -> State:
    """The state after an action.

    Raises
    ------
    Conflict
        Code "wrong_state", when the table does not list the action for this state; `extra` holds the
        state and what is possible in it.
    """
    try:
        return table[state, action]
    except KeyError:
        raise Conflict(
            Message("This cannot be done now: the state is “{state}”.", state=label_of(state)),
            code="wrong_state",
            extra={
                "state": str(state),
                "possible": [str(step) for step in actions_from(table, state)],
            },
        ) from None


def actions_from(table: Mapping[tuple[State, Step], State], state: State) -> tuple[Step, ...]:
    """What the table lists for a state, in its order."""
    return tuple(step for listed, step in table if listed == state)


def has_step(kind: EntryKind, state: str, action: EntryAction) -> bool:
    """Whether a support request or support offer in this state knows this action at all."""
    if kind is EntryKind.REQUEST:
        return (RequestState(state), action) in REQUEST_STEPS
    return (OfferState(state), action) in OFFER_STEPS


def advance_entry(kind: EntryKind, state: str, action: EntryAction) -> RequestState | OfferState:
    """The state of a support request or support offer after an action. Raises Conflict as `advance`."""
    if kind is EntryKind.REQUEST:
        return advance(REQUEST_STEPS, RequestState(state), action)
    return advance(OFFER_STEPS, OfferState(state), action)
