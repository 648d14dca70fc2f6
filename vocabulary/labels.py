"""What a state is called for people. One text per word, whatever it is a state of."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from vocabulary.messages import Message, message_in
from vocabulary.states import RequestState

STATE_LABELS: Mapping[str, Message] = {
    "draft": Message("draft"),
    "scheduled": Message("scheduled"),
    "open": Message("open"),
    "closed": Message("closed"),
    "review": Message("in review"),
    "deliberation": Message("in deliberation"),
    "decided": Message("decided"),
    "released": Message("released"),
    "archived": Message("archived"),
    "cancelled": Message("cancelled"),
    "submitted": Message("submitted"),
    "returned": Message("returned with questions"),
    "lapsed": Message("lapsed"),
    "ineligible": Message("not eligible"),
    "in_review": Message("in review"),
    "reconsideration": Message("in reconsideration"),
    "withdrawn": Message("withdrawn"),
    "refused": Message("refused"),
    "checked": Message("checked"),
    "active": Message("active"),
    "paused": Message("paused"),
    "expired": Message("expired"),
    "invited": Message("invited"),
    "accepted": Message("accepted"),
    "declined": Message("declined"),
    "recused": Message("recused"),
    "locked": Message("locked"),
    "void": Message("void"),
    "suggested": Message("suggested"),
    "shortlisted": Message("shortlisted"),
    "proposed": Message("proposed"),
    "agreed": Message("agreed"),
    "completed": Message("completed"),
    "ended_early": Message("ended early"),
    "awaiting_nominee": Message("waiting for the nominee"),
    "awaiting_nominator": Message("waiting for the nominator"),
    "banded": Message("marked by the panel"),
    "reserve": Message("on the reserve list"),
    "not_shortlisted": Message("not shortlisted"),
    "selected": Message("selected"),
    "offered": Message("place offered"),
    "confirmed": Message("confirmed"),
    "waiting": Message("waiting"),
    "queued": Message("waiting"),
    "running": Message("running"),
    "done": Message("done"),
    "failed": Message("failed"),
}
"""Value of a state -> its word inside a sentence."""

_RECEIVED = message_in("an entry", "Received")
_UNDER_REVIEW = Message("Under review")
_RESULT = Message("Result available")
_CLOSED = message_in("an entry", "Closed")

PUBLIC_LABELS: Mapping[RequestState, Message] = {
    RequestState.DRAFT: Message("Draft"),
    RequestState.SUBMITTED: _RECEIVED,
    RequestState.RETURNED: Message("Question to you"),
    RequestState.LAPSED: _CLOSED,
    RequestState.INELIGIBLE: _RECEIVED,
    RequestState.IN_REVIEW: _UNDER_REVIEW,
    RequestState.DELIBERATION: _UNDER_REVIEW,
    RequestState.DECIDED: _UNDER_REVIEW,
    RequestState.RELEASED: _RESULT,
    RequestState.RECONSIDERATION: _RESULT,
    RequestState.WITHDRAWN: Message("Withdrawn"),
    RequestState.ARCHIVED: _CLOSED,
}
"""What those who ask are told about their request; it gives away no decision before its release."""


def label_of(state: StrEnum | str) -> Message:
    """The word for a state. Raises KeyError for a state without one; a test makes sure there is none."""
    return STATE_LABELS[str(state)]
