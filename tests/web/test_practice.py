"""Sample nominations in the browser: the officer prepares, the member marks, both read what came of it."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.fellowships import Nomination
from services.clock import utc_now
from services.fellowships import panel
from services.sessions import actor_of_account
from tests.factories import make_account
from tests.fellowship_factories import make_fellowship
from tests.fixtures import NOW, Opened
from tests.services.test_fellowship_panel import answer, member, panel_call
from tests.signing_in import sign_in
from tests.web.test_fellowships import send, version_on
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

SAMPLE = {"title": "Sample 1: hydrologist", "language": "en", "statement": "I study lakes."}
REFERENCE = {
    "marks.merit": "8",
    "reasons.merit": "Others build on it.",
    "marks.fit": "3",
    "reasons.fit": "Beside the call.",
    "band": "B",
    "reasons.band": "For another call.",
}


def test_from_the_first_sample_to_the_first_nomination(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        officer_id, member_id = make_account(session, Role.OFFICER).id, account.id
        nomination = session.execute(sa.select(Nomination.ref)).scalar_one()
    base = f"/en/fellowships/{ref}"
    sign_in(app, client, officer_id)

    empty = client.get(f"{base}/samples").text
    wrong = send(client, f"{base}/samples", SAMPLE | {"statement": ""})
    added = send(client, f"{base}/samples", SAMPLE)
    page = client.get(added.location).text
    half = send(client, added.location, REFERENCE | {"version": version_on(page), "reasons.fit": ""})
    kept = send(client, added.location, REFERENCE | {"version": version_on(page)})
    again = client.get(added.location).text
    other = app.test_client()
    sign_in(app, other, member_id)
    queue = other.get("/en/marks").text
    send(other, f"/en/marks/{nomination}/conflict", {"answer": "none"})
    first = other.get(f"/en/marks/{nomination}").text
    not_yet = send(other, f"/en/marks/{nomination}", {"version": version_on(first), "marks.merit": "7"})
    sample = other.get(f"{base}/practice/1").text
    empty_marks = send(other, f"{base}/practice/1", {"marks.merit": "x"})
    done = send(other, f"{base}/practice/1", {"marks.merit": "7", "marks.fit": "6", "band": "A"})
    result = other.get(done.location).text
    then = other.get(f"/en/marks/{nomination}").text
    named = send(other, f"/en/marks/{nomination}", {"version": version_on(then), "submit": "1"})
    listed = client.get(f"{base}/samples").text
    locked = client.get(added.location).text

    assert "No samples yet" in empty
    assert wrong.status_code == 422
    assert "I study lakes." in page
    assert (half.status_code, "Beside the call." in half.text, "Others build on it." in half.text) == (
        422,
        False,
        True,
    )
    assert (kept.status_code, "Beside the call." in again) == (303, True)
    assert "Sample 1: hydrologist" in queue
    assert "You can mark this nomination once you have marked one sample." in first
    assert "Submit the marks" not in first
    assert (not_yet.status_code, "Mark one sample nomination first" in not_yet.text) == (409, True)
    assert "Beside the call." not in sample
    assert empty_marks.status_code == 422
    assert named.status_code == 422
    assert "<bdi>Scientific merit</bdi>: Give a mark." in named.text
    assert "Beside the call." in result
    assert "marks are shown once 3 members have marked this sample" in result
    assert "Submit the marks" in then
    assert "1 of 1 members have marked it" in listed
    assert "Somebody has marked this sample; it stays as it is." in locked
    assert "Keep the marks of reference" not in locked


def test_old_address_of_samples_is_not_there_for_a_fellowship_call(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, officer, _ = panel_call(session, ["Ada"])
        officer_id = make_account(session, Role.OFFICER).id
        assert actor_of_account(session, officer_id) != officer
    sign_in(app, client, officer_id)

    assert client.get(f"/en/calls/{ref}/calibration").status_code == 404


def test_room_of_an_open_call_offers_nothing_that_cannot_be_done_yet(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        officer_id = make_account(session, Role.OFFICER).id
        decider_id = make_account(session, Role.DECIDER).id
    dead = {}
    for account_id in (officer_id, decider_id):
        visitor = app.test_client()
        sign_in(app, visitor, account_id)
        page = visitor.get(f"/en/fellowships/{ref}").text
        main = page.split("<main")[1].split("</main>")[0]
        found = {link: visitor.get(link).status_code for link in re.findall(r'href="(/en/[^"#]+)', main)}
        dead |= {(account_id, link): code for link, code in found.items() if code != 200}

        assert "once the call has closed and its review has begun" in main
        assert f'action="/en/fellowships/{ref}/review"' not in main
    assert dead == {}


def test_decider_comes_from_today_to_the_conflict_to_rule_on(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        answer(session, account, refs["Ada"], ConflictAnswer.POSSIBLE)
        decider_id = make_account(session, Role.DECIDER).id
    sign_in(app, client, decider_id)

    work = client.get("/en/today/rule_panel").text
    page = client.get(f"/en/fellowships/{ref}/members")

    assert f'href="/en/fellowships/{ref}/members#f-ruling"' in work
    assert page.status_code == 200
    assert "Uphold: this is a conflict" in page.text
    assert "See the plan" not in page.text
