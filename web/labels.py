"""What a state is called outside, and in one sentence what happens now, who acts, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vocabulary.messages import Message, message_in


@dataclass(frozen=True, slots=True)
class PublicLabel:
    """Words for a state; `tone` is a tone of templates/_parts.html `status`."""

    label: Message
    happens: Message
    tone: str = ""


_DRAFT = PublicLabel(
    Message("Draft"), Message("Only you see it. It is kept until you submit or delete it."), "open"
)
_RECEIVED = PublicLabel(
    message_in("an entry", "Received"), Message("The secretariat checks whether it is complete.")
)
_QUESTION = PublicLabel(
    Message("Question to you"), Message("Answer the secretariat's question and submit again."), "warn"
)
_REVIEW = PublicLabel(Message("Under review"), Message("Members of the task force score it."))
_RESULT = PublicLabel(Message("Result available"), Message("The decision and its reasons are ready."), "good")
_WITHDRAWN = PublicLabel(Message("Withdrawn"), Message("It was taken back and is not matched."), "quiet")
_CLOSED = PublicLabel(message_in("an entry", "Closed"), Message("Nothing more happens."), "quiet")
_STANDS = PublicLabel(
    message_in("an offer", "Open"), Message("It is matched with requests until it ends."), "good"
)
_PAUSED = PublicLabel(Message("Paused"), Message("It is not matched until you take it up again."), "quiet")

LABELS: Mapping[str, PublicLabel] = {
    "draft": _DRAFT,
    "submitted": _RECEIVED,
    "returned": _QUESTION,
    "lapsed": _CLOSED,
    "ineligible": _REVIEW,
    "in_review": _REVIEW,
    "deliberation": _REVIEW,
    "decided": _REVIEW,
    "released": _RESULT,
    "reconsideration": _REVIEW,
    "withdrawn": _WITHDRAWN,
    "archived": _CLOSED,
    "refused": _CLOSED,
    "checked": _STANDS,
    "active": _STANDS,
    "paused": _PAUSED,
    "expired": _CLOSED,
    "closed": _CLOSED,
}
"""Decisions that are not released yet read "Under review", whatever they are."""


MATCH_LABELS: Mapping[str, Message] = {
    "suggested": Message("Suggested"),
    "shortlisted": Message("Shortlisted"),
    "proposed": Message("Introduction proposed"),
    "agreed": Message("Agreed"),
    "active": Message("Under way"),
    "completed": Message("Completed"),
    "ended_early": Message("Ended early"),
    "declined": message_in("a match", "Declined"),
    "lapsed": Message("Lapsed"),
    "cancelled": message_in("a match", "Cancelled"),
}


def match_label(state: str) -> Message:
    """What the state of a match is called, for templates."""
    return MATCH_LABELS[state]


def public_label(state: str | None) -> PublicLabel:
    """The label of a state, for templates."""
    return LABELS.get(state or "", _CLOSED)
