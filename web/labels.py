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
_ENDED = PublicLabel(
    message_in("an offer", "Ended"), Message("It is not matched any more. Its owner can renew it."), "quiet"
)

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
    "expired": _ENDED,
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


MATCH_TONES: Mapping[str, str] = {
    "shortlisted": "open",
    "proposed": "warn",
    "agreed": "good",
    "active": "good",
    "completed": "quiet",
    "ended_early": "quiet",
    "declined": "quiet",
    "lapsed": "quiet",
    "cancelled": "quiet",
}
MATCH_HAPPENS: Mapping[str, Message] = {
    "suggested": Message("It is a suggestion; nobody has taken it up."),
    "shortlisted": Message("Only the secretariat sees it. It can be proposed to both sides."),
    "proposed": Message("Both sides are asked for their answer."),
    "agreed": Message(
        "Both sides said yes and see each other's contact data. The secretariat starts it with them."
    ),
    "active": Message("Both sides work together. When it ends, each says what came of it."),
    "completed": Message("It was carried out."),
    "ended_early": Message("It ended before its time."),
    "declined": Message("One side said no. Both entries are matched with others."),
    "lapsed": Message("It was not answered in time. Both entries are matched with others."),
    "cancelled": Message("The secretariat took it back. Both entries are matched with others."),
}
"""What happens now, in one sentence."""

MATCH_EVENTS: Mapping[str, Message] = {
    "match.shortlist": Message("Shortlisted by the secretariat"),
    "match.propose": Message("Proposed to both sides"),
    "match.answer": Message("Answered"),
    "match.agree": Message("Agreed: both sides said yes"),
    "match.decline": Message("Ended with a no"),
    "match.lapse": Message("Lapsed without both answers"),
    "match.start": Message("Started"),
    "match.report_outcome": Message("Told what came of it"),
    "match.complete": Message("Closed: completed"),
    "match.end_early": Message("Closed: ended early"),
    "match.cancel": Message("Taken back by the secretariat"),
}
DECLINE_LABELS: Mapping[str, Message] = {
    "wrong_level": Message("Wrong level"),
    "too_late": Message("Too late"),
    "no_money": Message("No money"),
    "not_our_region": Message("Not our region"),
    "other": message_in("a reason", "Other"),
}


def match_tone(state: str) -> str:
    """The tone of a match's state, for templates/_parts.html `status`."""
    return MATCH_TONES.get(state, "")


def match_label(state: str) -> Message:
    """What the state of a match is called, for templates."""
    return MATCH_LABELS[state]


def public_label(state: str | None) -> PublicLabel:
    """The label of a state, for templates."""
    return LABELS.get(state or "", _CLOSED)
