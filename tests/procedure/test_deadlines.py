"""procedure/deadlines.py: instants, grace for those who were writing, extensions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.deadlines import Dates, Window, deadline_of, window

OPENS = datetime(2026, 3, 1, tzinfo=UTC)
CLOSES = datetime(2026, 5, 31, 22, 0, tzinfo=UTC)
DATES = Dates(OPENS, CLOSES, grace_minutes=30)
STANDING = Dates(OPENS, None)
TICK = timedelta(microseconds=1)
GRACE = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (OPENS - TICK, Window.NOT_YET),
        (OPENS, Window.OPEN),
        (CLOSES - TICK, Window.OPEN),
        (CLOSES, Window.GRACE),
        (CLOSES + GRACE - TICK, Window.GRACE),
        (CLOSES + GRACE, Window.CLOSED),
    ],
)
def test_window_opens_at_its_instant_and_closes_before_its_own(now, expected):
    assert window(DATES, now) is expected


def test_window_reads_the_instant_whatever_its_zone():
    kinshasa = CLOSES.astimezone(timezone(timedelta(hours=1)))

    assert window(DATES, kinshasa - TICK) is Window.OPEN
    assert window(DATES, kinshasa) is Window.GRACE


def test_window_without_grace_closes_at_the_deadline():
    assert window(Dates(OPENS, CLOSES), CLOSES) is Window.CLOSED


def test_window_of_a_standing_invitation_never_closes():
    assert window(STANDING, OPENS + timedelta(days=9999)) is Window.OPEN
    assert STANDING.ends_at is None


@pytest.mark.parametrize(
    ("circumstances", "expected"),
    [
        ({}, CLOSES),
        ({"draft_opened_at": CLOSES - TICK}, CLOSES + GRACE),
        ({"draft_opened_at": CLOSES}, CLOSES),
        ({"extended_until": CLOSES + timedelta(days=2)}, CLOSES + timedelta(days=2)),
        ({"extended_until": CLOSES - timedelta(days=2)}, CLOSES),
        ({"draft_opened_at": OPENS, "extended_until": CLOSES + TICK}, CLOSES + GRACE),
        ({"due_at": CLOSES + timedelta(days=7)}, CLOSES + timedelta(days=7) + GRACE),
        ({"due_at": OPENS + timedelta(days=7), "draft_opened_at": OPENS}, OPENS + timedelta(days=7) + GRACE),
        (
            {"due_at": OPENS + timedelta(days=7), "extended_until": CLOSES},
            CLOSES,
        ),
    ],
)
def test_deadline_of_counts_grace_extension_and_due_date(circumstances, expected):
    assert deadline_of(DATES, **circumstances) == expected


def test_deadline_of_a_standing_invitation_is_the_due_date_of_a_returned_entry_or_none():
    due_at = OPENS + timedelta(days=3)

    assert deadline_of(STANDING, draft_opened_at=OPENS) is None
    assert deadline_of(STANDING, extended_until=CLOSES) is None
    assert deadline_of(STANDING, due_at=due_at) == due_at


@given(
    opened=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    extended=st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_deadline_of_is_never_before_the_deadline_for_all(opened, extended):
    assert deadline_of(DATES, draft_opened_at=opened, extended_until=extended) >= CLOSES


@pytest.mark.parametrize(
    "arguments",
    [
        (OPENS.replace(tzinfo=None), CLOSES, 0),
        (OPENS, CLOSES.replace(tzinfo=None), 0),
        (OPENS, CLOSES, -1),
        (OPENS, CLOSES, 1441),
        (CLOSES, OPENS, 0),
        (OPENS, OPENS, 0),
    ],
)
def test_dates_refuse_what_makes_no_sense(arguments):
    with pytest.raises(ValueError):  # noqa: PT011 -- six faults, three texts
        Dates(*arguments)
