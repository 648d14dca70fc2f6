"""Is it open, and until when for this draft?

A deadline is an instant in UTC; the zone of a call is for display only. Until means before: at the very
instant it is closed. The grace is for somebody in the middle of writing, so it counts only for a
draft that was opened before the deadline. An extension is one entry's own deadline, without grace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Window(StrEnum):
    """Where a call stands at an instant."""

    NOT_YET = "not_yet"
    OPEN = "open"
    GRACE = "grace"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a call: aware instants, and minutes of grace (0..1440).

    `closes_at` is None for a standing invitation.
    """

    opens_at: datetime
    closes_at: datetime | None
    grace_minutes: int = 0

    def __post_init__(self) -> None:
        instants = [self.opens_at] + ([self.closes_at] if self.closes_at else [])
        if any(instant.utcoffset() is None for instant in instants):
            raise ValueError("an instant needs its zone")
        if not 0 <= self.grace_minutes <= 1440:
            raise ValueError(f"grace of {self.grace_minutes} minutes")
        if self.closes_at is not None and self.closes_at <= self.opens_at:
            raise ValueError("a call closes after it opens")

    @property
    def ends_at(self) -> datetime | None:
        """When the call closes for good: the deadline and the grace."""
        return self.closes_at and self.closes_at + timedelta(minutes=self.grace_minutes)


def window(dates: Dates, now: datetime) -> Window:
    """Where a call stands; GRACE is open only to drafts opened before the deadline."""
    if now < dates.opens_at:
        return Window.NOT_YET
    if dates.closes_at is None or now < dates.closes_at:
        return Window.OPEN
    return Window.GRACE if dates.ends_at is not None and now < dates.ends_at else Window.CLOSED


def deadline_of(
    dates: Dates,
    *,
    draft_opened_at: datetime | None = None,
    extended_until: datetime | None = None,
    due_at: datetime | None = None,
) -> datetime | None:
    """The instant before which one entry can be written and submitted; None when nothing closes.

    Parameters
    ----------
    dates : Dates
    draft_opened_at : datetime, optional
        When its form was first opened; None for a draft that is only about to be made.
    extended_until : datetime, optional
        An individual extension; the later of it and the call's own deadline counts.
    due_at : datetime, optional
        For a returned entry: until when the questions can be answered. It takes the place of the call's
        deadline; the grace is added, since the owner is in the middle of an answer.
    """
    if due_at is not None:
        own: datetime | None = due_at + timedelta(minutes=dates.grace_minutes)
    elif dates.closes_at is None:
        return None
    elif draft_opened_at is not None and draft_opened_at < dates.closes_at:
        own = dates.ends_at
    else:
        own = dates.closes_at
    if own is None or extended_until is None:
        return own
    return max(own, extended_until)
