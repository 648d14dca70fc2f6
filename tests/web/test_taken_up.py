"""Pages of matches, allocations, look-alikes and gaps: what each person can do there, without scripts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from jobs.allocations import make_allocation
from jobs.reports import find_alike
from models.matches import Match
from services.clock import utc_now
from tests.factories import make_actor, make_published
from tests.fixtures import Opened
from tests.signing_in import post, sign_in
from vocabulary.people import Role
from vocabulary.states import EntryKind, MatchState


@dataclass(slots=True)
class Cast:
    """Browsers of an officer and of both sides, and their entries."""

    officer: FlaskClient
    requester: FlaskClient
    partner: FlaskClient
    request: str
    offer: str


@pytest.fixture
def cast(app: Flask, write: Opened) -> Cast:
    with write() as session:
        people = [make_actor(session, role) for role in (Role.OFFICER, Role.REQUESTER, Role.PARTNER)]
        now = utc_now()
        request = make_published(session, actor=people[1], now=now).ref
        offer = make_published(
            session, EntryKind.OFFER, actor=people[2], now=now, capacity=1, valid_until="2099-06-30"
        ).ref
    browsers = [app.test_client() for _ in people]
    for browser, person in zip(browsers, people, strict=True):
        sign_in(app, browser, person.account_id or 0)
    return Cast(*browsers, request, offer)


def taken_up(cast: Cast) -> str:
    """Shortlisted and proposed by the officer, through the pages; the address of the match."""
    pair = f"/en/requests/{cast.request}/matches/{cast.offer}"
    data = {"request": cast.request, "offer": cast.offer}
    answer = post(cast.officer, "/en/matches", data, page=pair)
    address = answer.headers["Location"]
    version = cast.officer.get(address).text.split('name="version" value="')[1].split('"')[0]
    day = (utc_now().date().replace(day=1)).isoformat()
    early = post(cast.officer, f"{address}/proposal", {"version": version, "answer_by_on": day}, page=address)
    later = utc_now().date().toordinal() + 14
    day = type(utc_now().date()).fromordinal(later).isoformat()
    done = post(cast.officer, f"{address}/proposal", {"version": version, "answer_by_on": day}, page=address)

    assert (answer.status_code, early.status_code, done.status_code) == (303, 422, 303)
    return address


def test_match_goes_from_the_shortlist_to_contacts_through_the_pages(cast: Cast, read: Opened) -> None:
    address = taken_up(cast)
    asked = cast.partner.get(address).text
    bare = post(cast.partner, f"{address}/answer", {"answer": "no"}, page=address)
    first = post(cast.partner, f"{address}/answer", {"answer": "yes"}, page=address)
    hidden = cast.requester.get(address).text
    second = post(cast.requester, f"{address}/answer", {"answer": "yes"}, page=address)
    agreed = cast.requester.get(address).text

    assert "Shall we introduce you?" in asked
    assert (bare.status_code, first.status_code, second.status_code) == (422, 303, 303)
    assert "paul@partner.example" not in hidden
    assert "paul@partner.example" in agreed
    assert address.rsplit("/", 1)[1] in cast.requester.get("/en/mine/matches").text
    with read() as session:
        assert session.execute(sa.select(Match.state)).scalar_one() is MatchState.AGREED


def test_pair_page_shows_what_has_happened_and_the_next_step(cast: Cast) -> None:
    pair = f"/en/requests/{cast.request}/matches/{cast.offer}"
    before = cast.officer.get(pair).text, cast.requester.get(pair).text
    address = taken_up(cast)
    after = cast.officer.get(pair).text

    assert "Shortlist this pair" in before[0]
    assert "Shortlist this pair" not in before[1]
    assert "Nothing is asked of you now." in before[1]
    assert address.rsplit("/", 1)[1] in after
    assert "Shortlist this pair" not in after


def test_allocation_is_asked_for_followed_taken_away_and_taken_up(
    app: Flask, cast: Cast, read: Opened
) -> None:
    wrong = post(cast.officer, "/en/allocations", {"title": "", "least_score": "2"}, page="/en/allocations")
    right = post(
        cast.officer,
        "/en/allocations",
        {"title": "Places", "least_score": "0,1", "floor-africa": "1", "uses_budgets": "yes"},
        page="/en/allocations",
    )
    address = right.headers["Location"]
    waiting = cast.officer.get(address).text
    with app.app_context():
        make_allocation(utc_now)
    done = cast.officer.get(address).text
    table = cast.officer.get(f"{address}/file.csv").get_data(as_text=True)
    record = cast.officer.get(f"{address}/file.json").json
    taken = post(cast.officer, f"{address}/matches", {"pairs": f"{cast.request} {cast.offer}"}, page=address)

    assert (wrong.status_code, right.status_code, taken.status_code) == (422, 303, 303)
    assert "Stop it" in waiting
    assert "no allocation has a greater sum of scores" in done
    assert f"{cast.request},Mentors" in table
    assert record["check"] == {"faults": [], "gap": 0.0}
    with read() as session:
        assert session.execute(sa.select(Match.state)).scalar_one() is MatchState.SHORTLISTED


def test_look_alikes_are_ruled_on(app: Flask, cast: Cast, write: Opened) -> None:
    with write() as session:
        other = make_published(session, now=utc_now()).ref
    with app.app_context():
        find_alike(utc_now)
    shown = cast.officer.get("/en/alike").text
    first, second = sorted((cast.request, other))
    ruled = post(
        cast.officer, "/en/alike", {"first": first, "second": second, "ruling": "other"}, page="/en/alike"
    )

    assert other in shown
    assert ruled.status_code == 303
    assert "Nothing to rule on" in cast.officer.get("/en/alike").text


def test_gap_opens_its_entries_and_drafts_a_call(cast: Cast, client: FlaskClient) -> None:
    officer = cast.officer.get("/en/coverage/cell?need=2.1&region=africa").text
    public = client.get("/en/coverage/cell?need=2.1&region=africa").text

    assert cast.request in public
    assert "kind=targeted" in officer
    assert "kind=targeted" not in public
    assert client.get("/en/coverage/cell?need=99&region=africa").status_code == 404
    assert client.get("/en/coverage?need=2.1").status_code == 200
