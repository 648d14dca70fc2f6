"""Is a call ready for its next phase, and how may an announced call still change? Pure; figures come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vocabulary.messages import Message, plural_message
from vocabulary.states import CallAction

CORRECTABLE = ("title", "text", "strategies", "eligibility", "audience", "closes_at", "minimum_reviews")
"""What a published correction may change; criteria, rules and the other settings need a new call."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the entries of a call are; each entry is counted in at most one of these.

    Attributes
    ----------
    n_entries : int
        Submitted ones that are still under way.
    n_unscreened : int
        Submitted, and no officer has said whether they are eligible.
    n_returned : int
        Back with their owners, who have questions to answer.
    n_unconfirmed : int
        Marked ineligible by one officer, and no second one has confirmed it.
    n_short : int
        To be scored, with fewer submitted reviews than the call asks for.
    n_undecided : int
        Scored, without a decision that a second person approved.
    n_unreleased : int
        Decided, or confirmed as not eligible, and not released.
    """

    n_entries: int = 0
    n_unscreened: int = 0
    n_returned: int = 0
    n_unconfirmed: int = 0
    n_short: int = 0
    n_undecided: int = 0
    n_unreleased: int = 0


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of a step, and whether a recorded reason is enough to pass it."""

    words: Message
    may_pass: bool


STANDING: Mapping[CallAction, tuple[tuple[str, bool], ...]] = {
    CallAction.START_REVIEW: (("n_unscreened", True),),
    CallAction.DELIBERATE: (
        ("n_unscreened", False),
        ("n_unconfirmed", False),
        ("n_returned", True),
        ("n_short", True),
    ),
    CallAction.DECIDE: (
        ("n_unscreened", False),
        ("n_unconfirmed", False),
        ("n_returned", False),
        ("n_undecided", False),
    ),
    CallAction.RELEASE: (("n_unconfirmed", False), ("n_undecided", False), ("n_unreleased", False)),
}
"""What must be nought before each step, the gravest first, and whether a recorded reason passes it."""


def obstacles(action: CallAction, progress: Progress) -> tuple[Obstacle, ...]:
    """Everything that stands in the way, the gravest first."""
    words = in_words(progress)
    return tuple(
        Obstacle(words[name], may_pass)
        for name, may_pass in STANDING.get(action, ())
        if getattr(progress, name) > 0
    )


def in_words(progress: Progress) -> Mapping[str, Message]:
    """A sentence for each figure that can stand in the way, by its name."""
    return {
        "n_unscreened": plural_message(
            "{n} entry is not screened.", "{n} entries are not screened.", progress.n_unscreened
        ),
        "n_returned": plural_message(
            "{n} entry is back with its owner.",
            "{n} entries are back with their owners.",
            progress.n_returned,
        ),
        "n_unconfirmed": plural_message(
            "{n} entry was found not eligible and no second officer has confirmed it.",
            "{n} entries were found not eligible and no second officer has confirmed it.",
            progress.n_unconfirmed,
        ),
        "n_short": plural_message(
            "{n} entry has fewer reviews than the call asks for.",
            "{n} entries have fewer reviews than the call asks for.",
            progress.n_short,
        ),
        "n_undecided": plural_message(
            "{n} entry has no approved decision.",
            "{n} entries have no approved decision.",
            progress.n_undecided,
        ),
        "n_unreleased": plural_message(
            "The result of {n} entry is not released.",
            "The results of {n} entries are not released.",
            progress.n_unreleased,
        ),
    }


def earliest_deadline(opens_at: datetime, closes_at: datetime, now: datetime) -> datetime:
    """After a correction the deadline starts anew: whoever reads it has as long as the call was open for."""
    return now + max(closes_at - opens_at, timedelta(days=1))
