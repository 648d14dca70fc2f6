"""Can an officer and a decider recognise a partner's own activity, and does the partner see it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from services.clock import utc_now
from tests.fixtures import Opened
from tests.panels import MET, make_bench
from tests.scoring import make_token, sign_in, signed_in
from tests.services.test_endorsing import make_offer
from vocabulary.people import Actor


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
