"""Support for travel by nationality, and the meetings of a fellow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.fellowships import placing, support
from services.queries.nominations import nomination_page
from tests.factories import make_actor
from tests.fixtures import NOW, Opened
from tests.services.test_fellowships import make_fellowship, submitted
from tests.services.test_placing import named, nominee, released_call
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.people import Role


def test_travel_is_confirmed_for_each_nationality_with_basis_and_day(write: Opened) -> None:
    with write() as session:
        row = submitted(session, make_fellowship(session, now=NOW), second_nationality="DEU")
        officer = make_actor(session, Role.OFFICER)
        before = nomination_page(session, officer, row.ref, now=NOW)

        with pytest.raises(Invalid) as partial:
            support.confirm_travel(session, officer, row.ref, {"KEN": True}, "UN list 2025", now=NOW)
        with pytest.raises(Invalid) as unfounded:
            support.confirm_travel(session, officer, row.ref, {"KEN": True, "DEU": False}, " ", now=NOW)
        both = {"KEN": True, "DEU": False}
        support.confirm_travel(session, officer, row.ref, both, "UN list 2025", now=NOW)
        page = nomination_page(session, officer, row.ref, now=NOW)

        assert before.travel_confirmed is None
        assert list(partial.value.errors) == ["supported.DEU"]
        assert list(unfounded.value.errors) == ["basis"]
        assert page.travel_confirmed is True
        assert page.travel_answer == {
            "on": NOW.date().isoformat(),
            "basis": "UN list 2025",
            "supported": {"DEU": False, "KEN": True},
        }
        with pytest.raises(NotFound):
            support.confirm_travel(session, make_actor(session), row.ref, both, "x", now=NOW)


def test_meetings_of_a_fellow_come_and_go_in_the_order_of_their_days(write: Opened) -> None:
    released_call(write)
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        ref = named(session, "Ada").ref
        day = date(2027, 5, 3)
        with pytest.raises(Conflict):
            support.add_meeting(session, officer, ref, "First", "Bonn", day, True, now=NOW)
        placing.answer_place(session, nominee(session, "Ada"), ref, True, now=NOW)
        placing.confirm(session, officer, ref, None, "Ana Silva", now=NOW)

        support.add_meeting(session, officer, ref, "Second", "Bilbao", day + timedelta(30), False, now=NOW)
        support.add_meeting(session, officer, ref, "First", "Bonn", day, True, now=NOW)
        with pytest.raises(Invalid) as wrong:
            support.add_meeting(session, officer, ref, "", "Bonn", None, True, now=NOW)
        page = nomination_page(session, nominee(session, "Ada"), ref, now=NOW)
        support.drop_meeting(session, officer, ref, 0, now=NOW)

        assert set(wrong.value.errors) == {"title", "on"}
        assert page.mentor == "Ana Silva"
        assert [(one["title"], one["is_supported"]) for one in page.meetings] == [
            ("First", True),
            ("Second", False),
        ]
        assert [one["title"] for one in named(session, "Ada").meetings] == ["Second"]
        with pytest.raises(Conflict):
            support.drop_meeting(session, officer, ref, 5, now=NOW)
