"""services/queries/coverage.py: whose entries count for whom, and who learns what is met."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models.matches import Match
from services.queries.coverage import CoverageReport, coverage_cell, coverage_report, waiting_requests
from tests.factories import OFFICER, make_call, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import NotFound
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import CallState, EntryKind, MatchAnswer, MatchState

PUBLIC = ["title", "needs", "countries"]


def report(read: Opened, actor: Actor) -> CoverageReport:
    with read() as session:
        return coverage_report(session, actor, language="en")


def counts(found: CoverageReport) -> dict[tuple[str | None, str | None], tuple[int, int]]:
    return {(one.need, one.region): (one.n_asked, one.n_offered) for one in found.table.cells}


@pytest.fixture
def entries(write: Opened) -> tuple[int, int]:
    """A published request and offer for the need 2.1, and a request that is not public."""
    with write() as session:
        asked = make_published(session, needs=["2.1"], countries=["KEN"], public_fields=PUBLIC)
        offer = make_published(
            session, EntryKind.OFFER, needs=["2.1"], countries=["KEN"], public_fields=PUBLIC
        )
        make_submitted(session, needs=["2.1"], countries=["KEN"])
        return asked.id, offer.id


def test_public_counts_what_is_published_only(read: Opened, entries: tuple[int, int]) -> None:
    found = report(read, SIGNED_OUT)

    assert counts(found)["2.1", "africa"] == (1, 1)
    assert not found.shows_met


def test_secretariat_counts_everything(read: Opened, entries: tuple[int, int]) -> None:
    found = report(read, OFFICER)

    assert counts(found)["2.1", "africa"] == (2, 1)
    assert found.shows_met


def test_field_that_is_not_public_is_not_counted(write: Opened, read: Opened) -> None:
    with write() as session:
        make_published(session, needs=["2.1"], countries=["KEN"], public_fields=["title", "countries"])

    assert counts(report(read, SIGNED_OUT)) == {(None, "africa"): (1, 0)}


def test_agreed_match_counts_as_met_for_the_secretariat_only(
    write: Opened, read: Opened, entries: tuple[int, int]
) -> None:
    with write() as session:
        add_match(session, *entries)

    inside, outside = report(read, OFFICER), report(read, SIGNED_OUT)

    assert inside.table.n_met == 1
    assert outside.table.n_met == 0


def add_match(session: Session, request_id: int, offer_id: int) -> None:
    """A match that both sides agreed to."""
    session.add(
        Match(
            ref="MAT-2026-0001",
            request_id=request_id,
            offer_id=offer_id,
            state=MatchState.AGREED,
            score=0.5,
            explanation={},
            settings_version="1",
            index_version="1",
            requester_answer=MatchAnswer.YES,
            partner_answer=MatchAnswer.YES,
            created_at=NOW,
            updated_at=NOW,
            version=1,
        )
    )


def test_api_and_page_show_the_same_counts(client, entries: tuple[int, int]) -> None:
    answer = client.get("/api/v1/reports/coverage").get_json()
    page = client.get("/coverage").get_data(as_text=True)

    cell = next(one for one in answer["items"] if one["need"] == "2.1" and one["region"] == "africa")
    assert cell == {
        "need": "2.1",
        "region": "africa",
        "asked": 1,
        "offered": 1,
        "usd_asked": 0.0,
        "gap": False,
    }
    assert answer["requests"] == 1
    assert "1 request" in page


def test_cell_opens_the_entries_that_it_counts(read: Opened, entries: tuple[int, int]) -> None:
    found = report(read, OFFICER)
    wrong = []

    for one in found.table.cells:
        with read() as session:
            cell = coverage_cell(session, OFFICER, one.need, one.region, language="en")
        if (len(cell.requests), len(cell.offers)) != (one.n_asked, one.n_offered):
            wrong.append((one, cell))

    assert len(found.table.cells) == 2
    assert wrong == []


def test_cell_of_the_public_holds_nothing_hidden(read: Opened, entries: tuple[int, int]) -> None:
    with read() as session:
        seen = coverage_cell(session, SIGNED_OUT, "2.1", "africa", language="en")
        every = coverage_cell(session, OFFICER, "2.1", "africa", language="en")
        with pytest.raises(NotFound):
            coverage_cell(session, SIGNED_OUT, "99", "africa", language="en")

    assert {one.ref for one in seen.requests} < {one.ref for one in every.requests}


def test_requests_wait_through_the_calls_that_closed_since(write: Opened, read: Opened) -> None:
    with write() as session:
        for days, state in ((-20, CallState.CLOSED), (5, CallState.RELEASED), (9, CallState.CANCELLED)):
            closes = NOW + timedelta(days=days)
            reason = "none came" if state is CallState.CANCELLED else None
            make_call(session, state=state, closes_at=closes, state_reason=reason)
        ref = make_published(session, now=NOW).ref

    with read() as session:
        waiting = waiting_requests(session, OFFICER)
        outside = waiting_requests(session, SIGNED_OUT)

    assert [(one.ref, one.n_calls) for one in waiting] == [(ref, 1)]
    assert outside == ()
