"""Pages of those who take part in an entry: collaborators, messages, the focal point's answer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.collaborators import Collaborator
from models.consultations import Consultation
from models.operation import OutgoingMail
from models.people import Account
from services.clock import utc_now
from services.consultations import ask_focal_points
from services.sessions import actor_of_account
from tests.factories import make_account, make_call, make_submitted
from tests.fixtures import Opened
from tests.signing_in import bearer, post, sign_in
from vocabulary.people import Role

HELPER = "helper@friends.example"


@dataclass(slots=True)
class Given:
    """A submitted request and the accounts around it; the owner is at the browser."""

    ref: str
    owner: int
    helper: int
    officer: int
    focal: int


@pytest.fixture
def given(app: Flask, client: FlaskClient, write: Opened) -> Given:
    now = utc_now()
    with write() as session:
        people = {
            "owner": make_account(session, Role.REQUESTER, email="owner@asks.example").id,
            "helper": make_account(session, email=HELPER).id,
            "officer": make_account(session, Role.OFFICER, email="officer@office.example").id,
            "focal": make_account(session, Role.FOCAL_POINT, country="KEN", email="fp@ministry.example").id,
        }
        owner = actor_of_account(session, people["owner"])
        call = make_call(session, now=now)
        made = Given(make_submitted(session, actor=owner, now=now, call=call).ref, **people)
    sign_in(app, client, made.owner)
    return made


def browser(app: Flask, account_id: int | None) -> FlaskClient:
    made = app.test_client()
    if account_id is not None:
        sign_in(app, made, account_id)
    return made


def mailed_path(read: Opened, template: str, to: str) -> str:
    """The path of the link of the last such mail."""
    with read() as session:
        values = session.execute(
            sa.select(OutgoingMail.values)
            .where(OutgoingMail.template == template, OutgoingMail.to_email == to)
            .order_by(OutgoingMail.id.desc())
        ).scalars()
        return str(next(iter(values))["link"]).removeprefix("http://localhost")


def invited(client: FlaskClient, given: Given, email: str, level: str = "edit") -> int:
    page = f"/requests/{given.ref}/collaborators"
    return post(client, page, {"email": email, "level": level}, page=page).status_code


def test_owner_invites_and_removes_and_the_next_page_is_refused(
    app: Flask, client: FlaskClient, read: Opened, given: Given
) -> None:
    helper, page = browser(app, given.helper), f"/requests/{given.ref}/collaborators"
    assert invited(client, given, HELPER) == 303
    link = mailed_path(read, "collaborator", HELPER)
    assert helper.get(link).status_code == 200
    assert helper.get(f"/requests/{given.ref}").status_code == 404
    assert post(helper, link, {"answer": "yes"}, page=link).status_code == 303
    assert given.ref in helper.get("/mine").text
    assert helper.get(f"/requests/{given.ref}/edit/basics").status_code == 200

    with read() as session:
        number = session.execute(sa.select(Collaborator.id)).scalar_one()
    answer = post(client, f"{page}/{number}/end", {}, page=page)

    assert answer.status_code == 303
    assert helper.get(f"/requests/{given.ref}/edit/basics").status_code == 404
    assert given.ref not in helper.get("/mine").text


def test_helper_finds_the_form_without_the_owner_s_consents_and_submits(
    app: Flask, client: FlaskClient, read: Opened, given: Given
) -> None:
    helper = browser(app, given.helper)
    invited(client, given, HELPER)
    link = mailed_path(read, "collaborator", HELPER)
    post(helper, link, {"answer": "yes"}, page=link)
    form = f"/requests/{given.ref}/edit/needs"
    section = helper.get(f"/requests/{given.ref}/edit/basics").text
    assert "csrf_token" in section

    checked = helper.get(f"/requests/{given.ref}/check").text
    nothing_new = post(
        helper, f"/requests/{given.ref}/submission", {"version": "1"}, page=f"/requests/{given.ref}/check"
    )

    assert 'name="consent_terms"' not in checked
    assert 'name="consent_terms"' in client.get(f"/requests/{given.ref}/check").text
    assert nothing_new.status_code == 409  # nothing was changed, and no consent was dropped
    assert helper.get(form).status_code in (200, 404)


def test_wrong_invitations_are_said_beside_their_field(client: FlaskClient, given: Given) -> None:
    page = f"/requests/{given.ref}/collaborators"

    wrong = post(client, page, {"email": "no address", "level": "edit"}, page=page)
    nothing = post(client, page, {"email": " ", "level": "edit"}, page=page)
    own = post(client, page, {"email": "owner@asks.example", "level": "edit"}, page=page)
    level = post(client, page, {"email": HELPER, "level": "all"}, page=page)

    assert {one.status_code for one in (wrong, nothing, own, level)} == {422}
    assert "This is missing." in nothing.text
    assert 'id="f-email"' in wrong.text
    assert "This is your own address." in own.text


def test_invited_stranger_gets_an_account_by_the_button_and_another_account_none(
    app: Flask, client: FlaskClient, read: Opened, given: Given
) -> None:
    invited(client, given, "new@friends.example", "view")
    link = mailed_path(read, "collaborator", "new@friends.example")
    assert post(browser(app, given.helper), link, {"answer": "yes"}, page=link).status_code == 403
    stranger = browser(app, None)
    assert stranger.get(link).headers["Cache-Control"] == "no-store"
    assert post(stranger, link, {"answer": "?"}, page=link).location == link  # no answer is no “yes”

    answered = post(stranger, link, {"answer": "yes"}, page=link)

    assert answered.status_code == 303
    assert stranger.get(f"/requests/{given.ref}").status_code == 200
    with read() as session:
        emails = sa.select(sa.func.count()).where(Account.email == "new@friends.example")
        assert session.execute(emails).scalar_one() == 1


def test_no_ends_the_invitation(app: Flask, client: FlaskClient, read: Opened, given: Given) -> None:
    invited(client, given, HELPER)
    link = mailed_path(read, "collaborator", HELPER)

    refused = post(browser(app, None), link, {"answer": "no"}, page=link)

    assert refused.status_code == 200
    assert browser(app, given.helper).get(link).status_code == 404


def test_both_sides_write_on_the_page_of_the_thread(app: Flask, client: FlaskClient, given: Given) -> None:
    officer, page = browser(app, given.officer), f"/requests/{given.ref}/messages"

    sent = post(officer, page, {"text": "Which <b>site</b>?"}, page=page)
    empty = post(client, page, {"text": " "}, page=page)
    answered = post(client, page, {"text": "The northern one."}, page=page)

    assert (sent.status_code, empty.status_code, answered.status_code) == (303, 422, 303)
    assert "Which &lt;b&gt;site&lt;/b&gt;?" in client.get(page).text
    assert "The northern one." in officer.get(page).text
    assert given.ref in officer.get("/today/messages").text
    assert browser(app, given.focal).get(page).status_code == 403


def test_focal_point_answers_by_the_mailed_link_and_on_the_own_page(
    app: Flask, client: FlaskClient, write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        ask_focal_points(session, now=utc_now())
    link, anybody = mailed_path(read, "consultation", "fp@ministry.example"), browser(app, None)
    focal = browser(app, given.focal)
    shown = anybody.get(link)
    assert shown.status_code == 200
    assert "Institute of Savannah Studies" not in shown.text
    with read() as session:
        assert session.execute(sa.select(Consultation.answer)).scalar_one() is None

    wrong = post(anybody, link, {"answer": "object", "text": " "}, page=link)
    kept = post(anybody, link, {"answer": "confirm"}, page=link)
    page = f"/requests/{given.ref}/consultation"
    changed = post(focal, page, {"answer": "comment", "text": "Ask the counties."}, page=page)

    assert (wrong.status_code, kept.status_code, changed.status_code) == (422, 303, 303)
    for reader in (client, focal, browser(app, given.officer)):
        assert "Ask the counties." in reader.get(f"/requests/{given.ref}").text
    assert "Ask the counties." in browser(app, given.officer).get(f"/screening/{given.ref}").text
    assert given.ref in focal.get("/consultations").text


def test_programs_do_the_same(app: Flask, client: FlaskClient, read: Opened, given: Given) -> None:
    program, address = app.test_client(), f"/api/v1/requests/{given.ref}"
    owner, focal = bearer(app, given.owner), bearer(app, given.focal)

    asked = program.post(f"{address}/collaborators", json={"email": HELPER, "level": "view"}, headers=owner)
    number = asked.json["items"][0]["id"]
    changed = program.put(f"{address}/collaborators/{number}", json={"level": "edit"}, headers=owner)
    removed = program.delete(f"{address}/collaborators/{number}", headers=owner)
    said = program.put(f"{address}/consultation", json={"answer": "confirm"}, headers=focal)
    read_by_owner = program.get(f"{address}/consultations", headers=owner)
    written = program.post(f"{address}/messages", json={"text": "Good day."}, headers=owner)

    assert (asked.status_code, changed.status_code, removed.status_code) == (201, 200, 200)
    assert (changed.json["items"][0]["level"], removed.json["items"]) == ("edit", [])
    assert (said.status_code, read_by_owner.json["items"][0]["answer"]) == (200, "confirm")
    assert (written.status_code, written.json["items"][0]["text"]) == (201, "Good day.")
    assert program.get("/api/v1/consultations", headers=owner).status_code == 403
