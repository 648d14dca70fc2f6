"""Can an officer and a decider recognise a partner's own activity, and does the partner see it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from services import recognitions
from services.clock import utc_now
from tests.fixtures import Opened
from tests.panels import MET, make_bench
from tests.scoring import make_token, sign_in, signed_in
from tests.services.test_endorsing import endorsed, make_offer
from vocabulary.people import Actor, Scope


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_journey_from_proposal_to_public_page(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, (MET, MET))
        ref = offer.ref
        people: tuple[Actor, ...] = (bench.officer, bench.decider, bench.owner)
        secrets = [sign_in(session, person, utc_now()) for person in people]
    officer, decider, owner = (signed_in(app, secret) for secret in secrets)
    at = f"/offers/{ref}/recognition"

    board = officer.get("/decisions").text
    wrong = officer.post(at, data={"outcome": "endorsed", "version": version_in(officer.get(at).text)})
    proposed = officer.post(
        at,
        data={
            "outcome": "endorsed",
            "reason": "It serves the plan.",
            "few_reviews_reason": "Two experts saw it.",
            "version": version_in(officer.get(at).text),
        },
    )
    by_officer = officer.get(at).text
    page = decider.get(at).text
    decision = re.search(r"/decisions/(DEC-[\d-]+)/endorsement\"", page)
    assert decision is not None
    approved = decider.post(f"/decisions/{decision[1]}/endorsement", data={"version": version_in(page)})
    own = owner.get(f"/offers/{ref}/decision")
    issued = officer.post(f"/requests/{ref}/recognition", data={"expires_on": ""})
    public = app.test_client().get(issued.location)

    assert at in board
    assert wrong.status_code == 422
    assert "Say why that is enough." in wrong.text
    assert (proposed.status_code, proposed.location) == (303, at)
    assert "Approve and tell the partner" not in by_officer
    assert (approved.status_code, approved.location) == (303, f"/decisions/{decision[1]}")
    assert own.status_code == 200
    assert "was endorsed." in own.text
    assert "look at it again" not in own.text
    assert f"/offers/{ref}/decision" in owner.get("/mine").text
    assert issued.status_code == 303
    assert "Valid" in public.text


def test_page_is_closed_to_partners_and_reviewers(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        ref = make_offer(session, bench).ref
        secrets = [sign_in(session, person, utc_now()) for person in (bench.owner, bench.reviewers[0])]

    answers = [signed_in(app, secret).get(f"/offers/{ref}/recognition").status_code for secret in secrets]

    assert answers == [403, 403]


def test_api_proposes_and_approves_by_two_people(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        ref, version = offer.ref, offer.version
        officer, decider = (
            make_token(session, person, utc_now()) for person in (bench.officer, bench.decider)
        )
    client = app.test_client()

    proposed = client.post(
        f"/api/v1/offers/{ref}/recognition",
        json={"outcome": "endorsed", "reason": "It serves the plan."},
        headers=officer | {"If-Match": f'"{version}"'},
    )
    at = f"/api/v1/decisions/{proposed.json['ref']}/endorsement"
    alone = client.post(at, headers=officer | {"If-Match": '"1"'})
    approved = client.post(at, headers=decider | {"If-Match": proposed.headers["ETag"]})

    assert (proposed.status_code, alone.status_code, approved.status_code) == (201, 403, 200)
    assert approved.json["released_at"] is not None


def test_partner_renews_with_one_button_and_the_pages_say_so(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        bench = make_bench(session, now=now)
        offer = make_offer(session, bench, (MET, MET, MET))
        endorsed(session, bench, offer)
        soon = now.date() + timedelta(days=20)
        old = recognitions.issue(session, bench.officer, offer.ref, soon, now=now).ref
        ref = offer.ref
        people: tuple[Actor, ...] = (bench.officer, bench.decider, bench.owner)
        secrets = [sign_in(session, person, now) for person in people]
    officer, decider, owner = (signed_in(app, secret) for secret in secrets)
    public, at, renewal = app.test_client(), f"/offers/{ref}/recognition", f"/recognitions/{old}/renewal"

    seen = [renewal in client.get(f"/recognitions/{old}").text for client in (owner, officer, public)]
    own = owner.get(f"/offers/{ref}/decision").text
    page = owner.get(renewal).text
    long = owner.post(renewal, data={"version": version_in(page), "text": "x" * 4_001})
    asked = owner.post(renewal, data={"version": version_in(page), "text": "Two more rounds."})
    again = owner.get(renewal).text
    board = officer.get("/today/recognitions").text
    line = officer.get("/decisions").text
    desk = officer.get(at).text
    officer.post(
        at, data={"outcome": "endorsed", "reason": "It goes on.", "version": version_in(officer.get(at).text)}
    )
    shown = decider.get(at).text
    decision = re.search(r"/decisions/(DEC-[\d-]+)/endorsement\"", shown)
    assert decision is not None
    decider.post(f"/decisions/{decision[1]}/endorsement", data={"version": version_in(shown)})
    ready = officer.get(at).text
    issued = officer.post(f"/requests/{ref}/recognition", data={"expires_on": ""})
    before, after = public.get(f"/recognitions/{old}").text, public.get(issued.location).text

    assert seen == [True, False, False]
    assert renewal in own
    assert (long.status_code, asked.status_code) == (422, 303)
    assert "<form" not in again.split("<main")[1].split("</main>")[0]
    assert at in board
    assert "Renewal asked for" in line
    assert "Two more rounds." in desk
    assert "Recognise it anew" not in desk
    assert "Recognise it anew" in ready
    assert issued.status_code == 303
    assert "This recognition was renewed" in before
    assert issued.location in before
    assert f"/recognitions/{old}" in after
    assert [client.get(renewal).status_code for client in (officer, decider)] == [403, 403]


def test_api_asks_for_a_renewal(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        bench = make_bench(session, now=now)
        offer = make_offer(session, bench, (MET, MET, MET))
        endorsed(session, bench, offer)
        soon = now.date() + timedelta(days=20)
        old = recognitions.issue(session, bench.officer, offer.ref, soon, now=now).ref
        scopes = (Scope.READ, Scope.WRITE_ENTRIES)
        owner, officer = (make_token(session, one, now, scopes) for one in (bench.owner, bench.officer))
    client, at = app.test_client(), f"/api/v1/recognitions/{old}/renewal"
    first = {"If-Match": '"1"'}

    answers = [
        client.post(at, json={"text": "Two more rounds."}, headers=headers)
        for headers in (owner, officer | first, owner | {"If-Match": '"9"'}, owner | first)
    ]

    assert [answer.status_code for answer in answers] == [428, 403, 409, 201]
    assert (answers[3].json["ref"], answers[3].json["renewed_by"]) == (old, None)
