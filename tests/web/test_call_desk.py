"""The officer's pages: a call from its draft to its review, with two people, and today's work."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.calls import Call
from models.entries import Entry
from services import screening
from services.clock import utc_now
from tests.factories import make_actor, make_call, make_conflict, make_draft, make_submitted
from tests.fixtures import Opened
from tests.signing_in import post, sign_in
from vocabulary.people import Actor, Role
from vocabulary.states import CallState

DAY = timedelta(days=1)
FORM: dict[str, Any] = {
    "kind": "targeted",
    "title.en": "Mentors for island states",
    "text.en": "Tell us where mentors are missing.",
    "audience.en": "Teams that prepare a first assessment.",
    "strategies": ["S3"],
    "needs": ["2.1"],
    "regions": [],
    "zone": "Pacific/Fiji",
    "opens_at": "2030-03-01T09:00",
    "closes_at": "2030-04-01T18:00",
    "grace_minutes": "15",
    "met_threshold": "2",
    "minimum_reviews": "2",
    "conflict_years": "4",
    "retention_years": "8",
    "blind_mode": "yes",
}


class Office:
    """Two officers and an administrator, each at a browser of their own."""

    def __init__(self, app: Flask, write: Opened) -> None:
        self.app = app
        with write() as session:
            actors = [make_actor(session, role) for role in (Role.OFFICER, Role.OFFICER, Role.ADMIN)]
        self.actors = actors
        self.first, self.second, self.admin = (self.browser(actor) for actor in actors)

    def browser(self, actor: Actor) -> FlaskClient:
        client = self.app.test_client()
        assert actor.account_id is not None
        sign_in(self.app, client, actor.account_id)
        return client


@pytest.fixture
def office(app: Flask, write: Opened) -> Office:
    return Office(app, write)


@pytest.mark.parametrize("ticked", [{}, {"shows_reviewers": "yes"}])
def test_call_says_whether_reviewers_see_who_wrote_which_review(
    office: Office, read: Opened, ticked: dict[str, str]
) -> None:
    made = post(office.first, "/calls/new", FORM | ticked, page="/calls/new")
    ref = made.location.split("/")[-2]
    with read() as session:
        kept = session.execute(sa.select(Call.shows_reviewers).where(Call.ref == ref)).scalar_one()
    box = re.search(r"<input[^>]*name=\"shows_reviewers\"[^>]*>", office.first.get(f"/calls/{ref}/edit").text)

    assert box is not None
    assert (kept, " checked" in box[0]) == (bool(ticked), bool(ticked))


def version_on(page: Any) -> str:
    return re.findall(r'name="version" value="(\d+)"', page.text)[0]


def test_call_is_written_announced_by_a_colleague_and_seen_by_all(
    office: Office, client: FlaskClient
) -> None:
    made = post(office.first, "/calls/new", FORM, page="/calls/new")
    ref = made.location.split("/")[-2]
    own = office.first.get(f"/calls/{ref}/board")
    other = office.second.get(f"/calls/{ref}/board")
    hidden = client.get(f"/calls/{ref}")
    data = {"version": version_on(other)}
    alone = post(office.first, f"/calls/{ref}/publication", data, page=f"/calls/{ref}/board")
    done = post(office.second, f"/calls/{ref}/publication", data, page=f"/calls/{ref}/board")
    public = client.get(f"/calls/{ref}")

    assert (made.status_code, hidden.status_code, alone.status_code, done.status_code) == (303, 404, 403, 303)
    assert "Announce the call" not in own.text
    assert "Announce the call" in other.text
    for words in ("Mentors for island states", "Teams that prepare a first assessment.", "Pacific/Fiji"):
        assert words in public.text
    assert "1 March 2030, 09:00" in public.text
    assert "28 February 2030, 21:00" in public.text


def test_form_says_what_is_wrong_and_keeps_what_was_typed(office: Office) -> None:
    wrong = FORM | {
        "title.en": "",
        "zone": "Fiji",
        "opens_at": "",
        "grace_minutes": "many",
        "text.en": "Kept as it was typed.",
    }
    page = post(office.first, "/calls/new", wrong, page="/calls/new")
    unread = post(office.first, "/calls/new", wrong | {"grace_minutes": "5"}, page="/calls/new")

    assert (page.status_code, unread.status_code) == (422, 422)
    assert "This is a whole number from 0 to 1,440." in page.text
    assert "Kept as it was typed." in page.text
    for field in ("title", "zone", "opens_at"):
        assert f'href="#f-{field}"' in unread.text


@pytest.mark.parametrize(
    ("zone", "typed", "words"),
    [
        ("Europe/Berlin", "2030-03-31T02:30", "this time does not exist"),
        ("Europe/Berlin", "soon", "Write a day and a time"),
    ],
)
def test_time_that_no_clock_shows_is_refused(office: Office, zone: str, typed: str, words: str) -> None:
    page = post(office.first, "/calls/new", FORM | {"zone": zone, "closes_at": typed}, page="/calls/new")

    assert page.status_code == 422
    assert words in page.text


def test_address_of_a_gap_fills_the_form_in(office: Office) -> None:
    page = office.first.get("/calls/new?kind=targeted&needs=2.1,ILK&regions=nonsense")

    checked = re.findall(r'name="(kind|needs|regions)" value="([^"]+)" checked', page.text)
    assert sorted(checked) == [("kind", "targeted"), ("needs", "2.1"), ("needs", "ILK")]


def test_draft_saved_elsewhere_meanwhile_is_not_overwritten(office: Office) -> None:
    made = post(office.first, "/calls/new", FORM, page="/calls/new")
    path = made.location.replace("/board", "/edit")
    stale = version_on(office.first.get(path))
    post(office.second, path, FORM | {"version": stale, "title.en": "Theirs"}, page=path)
    page = post(office.first, path, FORM | {"version": stale, "title.en": "Mine"}, page=path)

    assert page.status_code == 409
    assert "Mine" in page.text


def opened(write: Opened, **changes: Any) -> str:
    with write() as session:
        return make_call(session, now=utc_now(), **changes).ref


def test_deadline_is_moved_by_two_people_from_the_board(office: Office, write: Opened, read: Opened) -> None:
    ref = opened(write)
    form = f"/calls/{ref}/changes/move_deadline"
    board = f"/calls/{ref}/board"
    version = version_on(office.first.get(form))
    data = {"version": version, "zone": "Europe/Berlin", "closes_at": "2035-01-01T12:00", "reason": "Floods"}
    early = post(office.first, form, data | {"closes_at": "2020-01-01T12:00"}, page=form)
    made = post(office.first, form, data, page=form)
    act = re.findall(r"/acts/(\d+)/confirm", office.second.get(board).text)[0]
    mine = office.first.get(board)
    alone = post(office.first, f"/calls/{ref}/acts/{act}/confirm", {}, page=board)
    done = post(office.second, f"/calls/{ref}/acts/{act}/confirm", {}, page=board)

    assert (early.status_code, made.status_code, alone.status_code, done.status_code) == (422, 303, 403, 303)
    assert "Somebody else has to confirm it." in mine.text
    with read() as session:
        closes_at = session.execute(sa.select(Call.closes_at).where(Call.ref == ref)).scalar_one()
    assert closes_at.isoformat() == "2035-01-01T11:00:00+00:00"


def test_correction_form_and_cancellation_form_can_be_read_and_sent(office: Office, write: Opened) -> None:
    ref = opened(write)
    for kind in ("correct", "cancel", "extend"):
        form = f"/calls/{ref}/changes/{kind}"
        page = office.first.get(form)
        empty = post(office.first, form, {"version": version_on(page), "reason": ""}, page=form)
        assert (page.status_code, empty.status_code) == (200, 422), kind

    form = f"/calls/{ref}/changes/correct"
    later = {"closes_at": "2035-01-01T12:00", "zone": "Europe/Berlin", "reason": "A mistake in the text"}
    typed = {"title.en": "Call for requests", "text.en": "Said better.", "strategies": ["S1", "S2", "S3"]}
    numbers = {"minimum_reviews": "3", "kind": "requests"}
    made = post(
        office.first,
        form,
        {"version": version_on(office.first.get(form)), **later, **typed, **numbers},
        page=form,
    )
    board = office.second.get(f"/calls/{ref}/board")
    act = re.findall(r"/acts/(\d+)/confirm", board.text)[0]
    post(office.second, f"/calls/{ref}/acts/{act}/confirm", {}, page=f"/calls/{ref}/board")
    public = office.app.test_client().get(f"/calls/{ref}")

    assert made.status_code == 303
    assert "Said better." in public.text
    assert "A mistake in the text" in public.text


def test_question_is_asked_by_anybody_and_answered_in_public(
    office: Office, write: Opened, client: FlaskClient
) -> None:
    ref = opened(write)
    page, board = f"/calls/{ref}", f"/calls/{ref}/board"
    empty = post(client, f"{page}/questions", {"question": " "}, page=page)
    odd = post(client, f"{page}/questions", {"question": "May we?", "email": "nobody"}, page=page)
    asked = {"question": "May we of Acme ask twice?", "email": "me@acme.example"}
    sent = post(client, f"{page}/questions", asked, page=page)
    before = client.get(page).text
    seen = office.first.get(board).text
    number = re.findall(r"/questions/(\d+)\"", seen)[0]
    answer = {"question.en": "May one ask twice?", "answer.en": "Yes, with two entries."}
    lacking = post(office.first, f"{page}/questions/{number}", {"answer.en": "Yes."}, page=board)
    done = post(office.first, f"{page}/questions/{number}", answer, page=board)
    after = client.get(page).text

    statuses = [one.status_code for one in (empty, odd, sent, lacking, done)]
    assert statuses == [422, 422, 303, 422, 303]
    assert "May we of Acme ask twice?" in seen
    assert "Acme" not in before + after
    assert "Yes, with two entries." in after


def test_closed_call_takes_no_question(write: Opened, client: FlaskClient) -> None:
    ref = opened(write, closes_at=utc_now() - DAY)

    page = client.get(f"/calls/{ref}")
    refused = post(client, f"/calls/{ref}/questions", {"question": "Still open?"}, page="/sign-in")

    assert "Questions can be asked while the call is open." in page.text
    assert refused.status_code == 403


def test_administrator_switches_the_second_person_off_and_nobody_else(office: Office, write: Opened) -> None:
    ref = opened(write)
    path = f"/calls/{ref}/four-eyes"
    seen = [browser.get(path).status_code for browser in (office.first, office.admin)]
    lacking = post(office.admin, path, {"is_on": "no", "reason": ""}, page=path)
    done = post(office.admin, path, {"is_on": "no", "reason": "One officer alone"}, page=path)
    board = office.first.get(f"/calls/{ref}/board")

    assert (seen, lacking.status_code, done.status_code) == ([403, 200], 422, 303)
    assert "One person is enough" in board.text


# --- screening and today's work ---------------------------------------------------------------------------


@pytest.fixture
def closed(write: Opened) -> list[str]:
    """A call that has closed a day ago, and the references of three requests in it."""
    with write() as session:
        call = make_call(session, now=utc_now())
        refs = [make_submitted(session, now=utc_now(), call=call, title=f"Number {n}").ref for n in (1, 2, 3)]
        call.opens_at, call.closes_at, call.state = utc_now() - 9 * DAY, utc_now() - DAY, CallState.CLOSED
    return refs


def count_of(page: Any, name: str) -> int:
    """The number that the board shows beside a kind of work; 0 where it is not there."""
    found = re.search(rf'work-count">(\d+)</p>\s*<div>\s*<h2><a [^>]+>{name}</a>', page.text)
    return int(found[1]) if found else 0


def test_board_counts_what_waits_and_leads_there(office: Office, closed: list[str]) -> None:
    page = office.first.get("/today")
    rows = office.first.get("/today/screen")

    assert count_of(page, "To screen") == 3
    assert [ref for ref in closed if ref in rows.text] == closed
    assert f"/screening/{closed[0]}" in rows.text


def test_conflicted_officer_sees_the_board_of_a_world_without_the_entry(
    office: Office, write: Opened, closed: list[str]
) -> None:
    with write() as session:
        make_conflict(session, office.actors[0], closed[0])

    pages = [office.first.get(path).text for path in ("/today", "/today/screen")]
    other = office.second.get("/today")

    assert count_of(office.first.get("/today"), "To screen") == 2
    assert count_of(other, "To screen") == 3
    assert not any(closed[0] in page or "Number 1" in page for page in pages)
    assert office.first.get(f"/screening/{closed[0]}").status_code == 404


def test_bulk_act_says_what_would_happen_before_it_does(
    office: Office, read: Opened, closed: list[str]
) -> None:
    none = office.first.get("/today/screen/plan")
    plan = office.first.get(f"/today/screen/plan?ref={closed[0]}&ref={closed[2]}")
    unchanged = office.first.get("/today")
    chosen = re.findall(r'name="entry" value="([^"]+)"', plan.text)
    done = post(office.first, "/today/screen", {"entry": chosen}, page="/today")
    again = post(office.second, "/today/screen", {"entry": chosen}, page="/today")

    assert (none.status_code, plan.status_code, done.status_code, again.status_code) == (422, 200, 303, 409)
    assert "This would be done to 2 entries. No mail would go out. Nothing has happened yet." in plan.text
    assert count_of(unchanged, "To screen") == 3
    assert count_of(office.first.get("/today"), "To screen") == 1


def test_bulk_act_is_done_to_all_or_to_none(office: Office, write: Opened, closed: list[str]) -> None:
    plan = office.first.get(f"/today/screen/plan?ref={closed[0]}&ref={closed[1]}")
    chosen = re.findall(r'name="entry" value="([^"]+)"', plan.text)
    with write() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == closed[1])).scalar_one()
        screening.find_ineligible(
            session, office.actors[1], closed[1], entry.version, "scope", "Outside.", now=utc_now()
        )
    refused = post(office.first, "/today/screen", {"entry": chosen}, page="/today")

    assert refused.status_code == 409
    assert count_of(office.first.get("/today"), "To screen") == 2


def test_not_eligible_goes_through_two_browsers_and_shows_the_owner_nothing(
    office: Office, write: Opened, app: Flask
) -> None:
    with write() as session:
        owner = make_actor(session)
        call = make_call(session, now=utc_now())
        ref = make_submitted(session, actor=owner, now=utc_now(), call=call).ref
        call.opens_at, call.closes_at, call.state = utc_now() - 9 * DAY, utc_now() - DAY, CallState.CLOSED
    mine, path = office.browser(owner), f"/screening/{ref}"
    before = mine.get(f"/requests/{ref}").text
    data = {"version": version_on(office.first.get(path)), "reason_code": "scope", "text": "A building."}
    found = post(office.first, f"{path}/ineligible", data, page=path)
    after = mine.get(f"/requests/{ref}").text
    waits = office.second.get("/today")
    own = office.first.get("/today")
    version = {"version": version_on(office.second.get(path))}
    confirmed = post(office.second, f"{path}/confirmation", version, page=path)

    assert (found.status_code, confirmed.status_code) == (303, 303)
    assert (count_of(waits, "To confirm as not eligible"), count_of(own, "To confirm as not eligible")) == (
        1,
        0,
    )
    assert (
        without_tokens(before) == without_tokens(after) == without_tokens(mine.get(f"/requests/{ref}").text)
    )


def without_tokens(text: str) -> str:
    return re.sub(r'name="(csrf_token|version)" value="[^"]+"', "", text)


def test_owner_reads_the_questions_and_answers_them(office: Office, write: Opened) -> None:
    with write() as session:
        owner = make_actor(session)
        call = make_call(session, now=utc_now())
        ref = make_submitted(session, actor=owner, now=utc_now(), call=call).ref
        call.opens_at, call.closes_at, call.state = utc_now() - 9 * DAY, utc_now() - DAY, CallState.CLOSED
    mine, path = office.browser(owner), f"/screening/{ref}"
    due = (utc_now() + 9 * DAY).date().isoformat()
    data = {"version": version_on(office.first.get(path)), "questions": "Which wetlands?\nSince when?"}
    lacking = post(office.first, f"{path}/return", data | {"due_on": "soon"}, page=path)
    sent = post(office.first, f"{path}/return", data | {"due_on": due}, page=path)
    page = mine.get(f"/requests/{ref}")

    assert (lacking.status_code, sent.status_code) == (422, 303)
    assert "The secretariat has 2 questions" in page.text
    for words in ("Which wetlands?", "Since when?", "Answer before:"):
        assert words in page.text


def test_self_check_shows_the_verdict_on_the_submitters_own_answers(office: Office, write: Opened) -> None:
    met = {code: {"finding": "met", "text": "So it is."} for code in ("9", "10", "11")}
    with write() as session:
        owner = make_actor(session)
        whole = make_draft(session, actor=owner, now=utc_now(), self_assessment=met).entry.ref
        part = make_draft(session, actor=owner, now=utc_now(), self_assessment={}).entry.ref
    mine = office.browser(owner)
    pages = [mine.get(f"/requests/{ref}/self-check").text for ref in (whole, part)]

    assert "Strategy S3 is met." in pages[0]
    assert "Strategy S3 is not determined." in pages[1]
    assert "they count as not clear" in pages[1]
    assert office.first.get(f"/requests/{whole}/self-check").status_code == 404
    assert f"/requests/{whole}/self-check" in mine.get(f"/requests/{whole}/check").text
