"""How long is something kept? By the calendar, never a day too short; a query and the rule say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.retention import ARCHIVABLE, due_at, latest_end
from vocabulary.states import EntryKind

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 86 * 366 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
LEAPS = st.sampled_from([2016, 2020, 2024, 2096]).flatmap(
    lambda year: st.builds(
        lambda hours: datetime(year, 2, 28, tzinfo=UTC) + timedelta(hours=hours), st.integers(0, 71)
    )
)


@pytest.mark.parametrize(
    ("ended", "years", "due"),
    [
        ("2026-06-01T12:00", 10, "2036-06-01T12:00"),
        ("2024-02-29T18:30", 1, "2025-03-01T00:00"),
        ("2024-02-29T18:30", 4, "2028-02-29T18:30"),
        ("2099-02-28T23:59", 1, "2100-02-28T23:59"),
    ],
)
def test_years_are_those_of_the_calendar(ended: str, years: int, due: str) -> None:
    found = due_at(datetime.fromisoformat(f"{ended}+00:00"), years)

    assert found == datetime.fromisoformat(f"{due}+00:00")


@given(INSTANTS | LEAPS, st.integers(1, 50))
def test_nothing_goes_before_its_day_has_come(ended: datetime, years: int) -> None:
    due = due_at(ended, years)

    assert (due.year, due >= ended + timedelta(days=365 * years)) == (ended.year + years, True)


@given(INSTANTS | LEAPS, INSTANTS | LEAPS, st.integers(1, 50))
def test_a_query_finds_what_the_rule_says(ended: datetime, now: datetime, years: int) -> None:
    assert (ended <= latest_end(now, years)) is (due_at(ended, years) <= now)


@given(LEAPS, st.integers(-48, 48), st.integers(1, 50))
def test_a_query_finds_what_the_rule_says_around_the_very_day(
    ended: datetime, hours: int, years: int
) -> None:
    now = due_at(ended, years) + timedelta(hours=hours)

    assert (ended <= latest_end(now, years)) is (due_at(ended, years) <= now)


def test_only_what_has_ended_is_archived() -> None:
    assert {
        EntryKind.REQUEST: {"released", "withdrawn", "lapsed"},
        EntryKind.OFFER: {"refused", "expired", "closed", "withdrawn"},
    } == ARCHIVABLE
