"""Until when are the personal data of an entry kept, and which entries end at all? Pure; times come in.

Years are those of the calendar. What ended on 29 February is kept until 1 March of a year without that day,
so that nothing goes a day too early.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from procedure.lifecycle import OFFER_STEPS, REQUEST_STEPS
from vocabulary.states import CallState, EntryAction, EntryKind

YEARS_OUTSIDE = 10
"""Years for an entry that answers no call; as many as a call says unless its officers say otherwise."""

SOON = timedelta(days=30)
"""How far ahead officers see what falls due."""

ARCHIVABLE: Mapping[EntryKind, frozenset[str]] = {
    EntryKind.REQUEST: frozenset(state for state, step in REQUEST_STEPS if step is EntryAction.ARCHIVE),
    EntryKind.OFFER: frozenset(state for state, step in OFFER_STEPS if step is EntryAction.ARCHIVE),
}
"""States in which an entry waits for the end of its retention."""

OVER = frozenset({CallState.RELEASED, CallState.ARCHIVED, CallState.CANCELLED})
"""Phases of a call in which nothing of its requests is under way any more."""


def due_at(ended_at: datetime, years: int) -> datetime:
    """The instant from which an entry is archived.

    Parameters
    ----------
    ended_at : datetime
        UTC. When it was released, withdrawn or lapsed.
    years : int
        1 or more.
    """
    ended_at = ended_at.astimezone(UTC)
    if (ended_at.month, ended_at.day) == (2, 29) and not _is_leap(ended_at.year + years):
        return datetime(ended_at.year + years, 3, 1, tzinfo=UTC)
    return ended_at.replace(year=ended_at.year + years)


def latest_end(now: datetime, years: int) -> datetime:
    """The last instant at which something can have ended that is due now: ``due_at(ended, years) <= now``
    holds exactly where ``ended <= latest_end(now, years)``. For queries, which count no years."""
    now = now.astimezone(UTC)
    if (now.month, now.day) == (2, 29) and not _is_leap(now.year - years):
        return datetime(now.year - years, 3, 1, tzinfo=UTC) - timedelta.resolution
    return now.replace(year=now.year - years)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
