"""The only place that asks what time it is; everywhere else the time is an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware, in UTC, to the second (what is shown is what is stored)."""
    return datetime.now(UTC).replace(microsecond=0)
