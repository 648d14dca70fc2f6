"""Release, answer, reserve list and the public page of fellows in the browser and over the API."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.fellowships import Nomination
from services.clock import utc_now
from services.fellowships.rows import fellowship_of
from tests.factories import make_account
from tests.fixtures import Opened
from tests.services.test_placing import approved_call, named
from tests.web.test_fellowships import send, sign_in
from vocabulary.fellowships import NominationState
from vocabulary.people import Role


def test_decider_releases_nominee_declines_and_the_officer_calls_the_reserve(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    ref = approved_call(write)
    day = (utc_now() + timedelta(days=20)).date().isoformat()
    with write() as session:
        decider = make_account(session, Role.DECIDER).id
        officer = make_account(session, Role.OFFICER).id
        cora, dora, nominee = (
            named(session, "Cora").ref,
            named(session, "Dora").ref,
            named(session, "Cora").nominee_id,
        )
    room, places = f"/en/fellowships/{ref}", f"/en/fellowships/{ref}/places"
    sign_in(app, client, decider)
    linked = client.get(room).text
    wrong = send(client, f"{room}/release", data={"answer_by_at": "soon"})
    preview = send(client, f"{room}/release", data={"answer_by_at": day})
    outdated = send(client, f"{room}/release", data={"answer_by_at": day, "n_mails": "3"})
    released = send(client, f"{room}/release", data={"answer_by_at": day, "n_mails": "10"})
    declining = app.test_client()
    sign_in(app, declining, nominee or 0)
    asked = declining.get(f"/en/nominations/{cora}").text
    declined = send(declining, f"/en/nominations/{cora}/answer", data={"answer": "decline"})
    running = app.test_client()
    sign_in(app, running, officer)
    free = running.get(places).text
    called = send(running, f"{room}/reserve", data={"answer_by_at": day, "nominee": dora})

    assert f'href="{places}"' in linked
    assert (wrong.status_code, preview.status_code, outdated.status_code) == (422, 200, 409)
    assert "Mails to nominees and nominators</dt><dd>10</dd>" in preview.text
    assert released.status_code == declined.status_code == called.status_code == 303
    assert "A place is offered to you." in asked
    assert "A place is offered to you." not in declining.get(f"/en/nominations/{cora}").text
    assert "Offer the place to Dora Otieno" in free
    with write() as session:
        assert named(session, "Dora").state is NominationState.OFFERED


def test_public_page_names_only_who_agreed_and_holds_small_numbers_back(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    ref = approved_call(write)
    before = client.get("/en/fellows").text
    with write() as session:
        _, fellowship = fellowship_of(session, ref)
        fellowship.released_at = utc_now()
        for row in session.execute(sa.select(Nomination)).scalars():
            row.state = NominationState.CONFIRMED
            row.public_name = row.content["first_name"] in ("Ada", "Cora", "Dora")
            if row.content["first_name"] == "Cora":
                row.state = NominationState.DECLINED
            if row.content["first_name"] == "Dora":
                row.state = NominationState.ACCEPTED

    page = client.get("/en/fellows").text
    told = client.get("/api/v1/fellows").json

    assert "No fellow to name yet" in before
    assert ref not in before
    assert "Ada Otieno" in page
    assert not [name for name in ("Ben", "Cora", "Dora", "Emil") if name in page]
    assert "fewer than 5" in page
    assert [one["name"] for one in told["fellows"]] == ["Ada Otieno"]
    assert told["calls"][0]["n_fellows"] is None
    assert told["calls"][0]["by"]["gender"] == {"man": None, "woman": None}
    assert 'href="/en/fellows"' in client.get(f"/en/calls/{ref}").text
