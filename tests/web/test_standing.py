"""web/standing.py, api/standing.py: the page of how long an offer stands, and the button of a reminder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.entries import Entry
from models.operation import OutgoingMail
from services.clock import utc_now
from services.entries import publication
from services.offer_reminders import remind_of_end
from services.sessions import actor_of_account
from tests.factories import OFFICER, make_account, make_published
from tests.fixtures import Opened
from tests.signing_in import bearer, post, sign_in
from vocabulary.people import Role
from vocabulary.states import EntryKind


@pytest.fixture
def offer(app: Flask, client: FlaskClient, write: Opened) -> tuple[str, int]:
    """An offer of the person at the browser that ends in a week, and the account."""
    now = utc_now()
    with write() as session:
        account = make_account(session, Role.PARTNER)
        owner = actor_of_account(session, account.id)
        until = (now.date() + timedelta(days=7)).isoformat()
        made = make_published(session, EntryKind.OFFER, actor=owner, now=now, valid_until=until)
        publication.check_and_activate(session, OFFICER, made.ref, made.version, now=now)
        found = made.ref, account.id
    sign_in(app, client, found[1])
    return found


def row(read: Opened, ref: str) -> Any:
    with read() as session:
        columns = (Entry.state, Entry.version, Entry.valid_until)
        return session.execute(sa.select(*columns).where(Entry.ref == ref)).one()


def test_owner_pauses_takes_up_renews_and_closes_on_one_page(
    client: FlaskClient, read: Opened, offer: tuple[str, int]
) -> None:
    ref, page = offer[0], f"/offers/{offer[0]}/standing"
    assert "Ends soon" in client.get("/mine").text
    assert "Ends soon" in client.get(f"/offers/{ref}").text

    states = []
    for step in ("pause", "resumption", "closing"):
        answer = post(client, f"/offers/{ref}/{step}", {"version": row(read, ref).version}, page=page)
        states.append((answer.status_code, row(read, ref).state))

    assert states == [(303, "paused"), (303, "active"), (303, "closed")]
    assert "Nothing can be done with it at this step" in client.get(page).text


def test_wrong_day_is_said_beside_its_field_and_a_stale_page_changes_nothing(
    client: FlaskClient, read: Opened, offer: tuple[str, int]
) -> None:
    ref, page = offer[0], f"/offers/{offer[0]}/standing"
    typed = {"version": row(read, ref).version, "valid_until": "soon"}

    wrong = post(client, f"/offers/{ref}/renewal", typed, page=page)
    stale = post(client, f"/offers/{ref}/pause", {"version": 1}, page=page)

    assert (wrong.status_code, stale.status_code) == (422, 409)
    assert 'id="f-valid_until"' in wrong.text
    assert "Give a day to come" in wrong.text
    assert row(read, ref).state == "active"


def test_mailed_link_changes_nothing_until_the_button(
    app: Flask, client: FlaskClient, write: Opened, read: Opened, offer: tuple[str, int]
) -> None:
    now = utc_now()
    with write() as session:
        remind_of_end(session, now=now)
    with read() as session:
        mail = session.execute(sa.select(OutgoingMail).where(OutgoingMail.template == "offer_ending"))
        address = mail.scalar_one().values["link"].removeprefix("http://localhost")
    anybody = app.test_client()
    before = row(read, offer[0]).valid_until

    shown = anybody.get(address)
    assert (shown.status_code, row(read, offer[0]).valid_until) == (200, before)
    assert shown.headers["Cache-Control"] == "no-store"
    assert post(anybody, address, {}, page=address).status_code == 303  # no answer is no “no”
    assert row(read, offer[0]).state == "active"
    answered = post(anybody, address, {"answer": "yes"}, page=address)

    assert answered.status_code == 200
    assert row(read, offer[0]).valid_until == now.date() + timedelta(days=365)
    assert anybody.get(f"/offers/{offer[0]}/standing").status_code == 403  # the link opens nothing else


def test_program_does_the_same_with_versions(app: Flask, read: Opened, offer: tuple[str, int]) -> None:
    ref, program = offer[0], app.test_client()
    headers = bearer(app, offer[1])
    address = f"/api/v1/offers/{ref}"

    first = program.get(f"{address}/standing", headers=headers)
    paused = program.post(f"{address}/pause", json={}, headers={**headers, "If-Match": first.headers["ETag"]})
    stale = program.post(f"{address}/resumption", headers={**headers, "If-Match": first.headers["ETag"]})
    renewed = program.post(
        f"{address}/renewal", json={}, headers={**headers, "If-Match": paused.headers["ETag"]}
    )

    assert (first.json["state"], first.json["is_expiring"], first.json["possible"]) == (
        "active",
        True,
        ["close", "pause", "renew"],
    )
    assert (paused.status_code, paused.json["state"]) == (200, "paused")
    assert stale.status_code == 409
    assert (renewed.status_code, renewed.json["state"]) == (200, "paused")  # longer, and still on pause
    assert renewed.json["valid_until"] == (utc_now().date() + timedelta(days=365)).isoformat()
