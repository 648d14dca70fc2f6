"""The doors in and out: password, mailed link, sessions that end, forms that are never lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.audit import AuditEvent
from models.operation import OutgoingMail
from models.people import Account, Attempt, UserSession
from services.account_management import disable_account
from tests.factories import make_account
from tests.fixtures import NOW, Opened, columns
from tests.signing_in import PASSWORD, csrf_token, password_hash, post, sign_in
from vocabulary.people import SYSTEM, Role

EMAIL = "amina@people.example"


@pytest.fixture
def account_id(write: Opened) -> int:
    """Somebody with a password."""
    with write() as session:
        return make_account(session, Role.PARTNER, email=EMAIL, password_hash=password_hash()).id


def enter(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL, **more: Any) -> TestResponse:
    return post(client, "/sign-in", {"email": email, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def mailed_link(read: Opened) -> str:
    with read() as session:
        values = (
            session.execute(sa.select(OutgoingMail.values).order_by(OutgoingMail.id.desc())).scalars().first()
        )
    assert values is not None
    return re.sub("^http://localhost/en", "", values["link"])


def test_password_signs_in_and_goes_on(client: FlaskClient, account_id: int) -> None:
    answer = enter(client, next="/account")

    assert (answer.status_code, answer.location, is_signed_in(client)) == (303, "/account", True)


def test_sign_in_gives_a_new_session_and_a_new_csrf_token(client: FlaskClient, account_id: int) -> None:
    before = client.get("/sign-in")
    token = csrf_token(before)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    enter(client)

    with client.session_transaction() as cookie:
        kept = dict(cookie)

    assert "planted" not in kept
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400


def test_cookie_has_its_flags(client: FlaskClient, account_id: int) -> None:
    enter(client)
    cookie = client.get_cookie("capmatch")

    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")


@pytest.mark.parametrize("language", ["", "/fr", "/ar"])
def test_wrong_password_unknown_and_closed_account_read_the_same(
    app: Flask, write: Opened, account_id: int, language: str
) -> None:
    with write() as session:
        closed = make_account(session, email="closed@people.example", password_hash=password_hash())
        disable_account(session, SYSTEM, closed.id, now=NOW)
        make_account(session, email="links@people.example")
    answers = []
    for email in (EMAIL, "nobody@people.example", "closed@people.example", "links@people.example"):
        client = app.test_client()
        answer = post(
            client,
            f"{language}/sign-in",
            {"email": email, "password": "Wrong-Zebra-9-Fluss"},
            page=f"{language}/sign-in",
        )
        body = re.sub('name="csrf_token" value="[^"]+"', "", answer.text).replace(email, "ADDRESS")
        names = sorted(name for name, _ in answer.headers)
        answers.append((answer.status_code, body, names))

    assert answers[0][0] == 422
    assert answers == [answers[0]] * 4


def test_link_reads_the_same_for_known_and_unknown(app: Flask, account_id: int) -> None:
    answers = []
    for email in (EMAIL, "nobody@people.example"):
        answer = post(app.test_client(), "/sign-in/link", {"email": email})
        body = re.sub('name="csrf_token" value="[^"]+"', "", answer.text).replace(email, "ADDRESS")
        answers.append((answer.status_code, body, sorted(name for name, _ in answer.headers)))

    assert answers == [answers[0]] * 2


def test_old_cookie_is_dead_after_sign_out(app: Flask, client: FlaskClient, account_id: int) -> None:
    secret = sign_in(app, client, account_id)
    token = csrf_token(client.get("/account"))
    client.post("/sign-out", data={"csrf_token": token})
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["sign_in"] = secret

    assert (is_signed_in(client), is_signed_in(thief)) == (False, False)


def test_password_change_ends_other_sessions_and_renews_this_one(
    app: Flask, client: FlaskClient, read: Opened, account_id: int
) -> None:
    other = app.test_client()
    sign_in(app, other, account_id)
    old = sign_in(app, client, account_id)
    changed = post(
        client,
        "/account/password",
        {"present_password": PASSWORD, "new_password": "another long sentence here"},
        page="/account",
    )
    with client.session_transaction() as cookie:
        new = cookie["sign_in"]
    with read() as session:
        template = session.execute(sa.select(OutgoingMail.template)).scalar_one()

    assert changed.status_code == 303
    assert (is_signed_in(client), is_signed_in(other), new != old) == (True, False, True)
    assert template == "password_changed"
    assert enter(app.test_client()).status_code == 422
    assert enter(app.test_client(), "another long sentence here").status_code == 303


def test_password_change_needs_the_present_one(app: Flask, client: FlaskClient, account_id: int) -> None:
    sign_in(app, client, account_id)

    answer = post(
        client,
        "/account/password",
        {"present_password": "wrong", "new_password": "another long sentence here"},
        page="/account",
    )

    assert answer.status_code == 422
    assert "This is not your present password." in answer.text


def test_first_password_needs_a_fresh_sign_in(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        account_id = make_account(session, email="links@people.example").id
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(app, client, account_id)
        clock.shift(timedelta(minutes=16))
        late = post(client, "/account/password", {"new_password": "another long sentence"}, page="/account")
        sign_in(app, client, account_id)
        fresh = post(client, "/account/password", {"new_password": "another long sentence"}, page="/account")

    assert (late.status_code, fresh.status_code) == (422, 303)


def test_disabling_ends_every_session(
    app: Flask, client: FlaskClient, write: Opened, account_id: int
) -> None:
    sign_in(app, client, account_id)
    with write() as session:
        disable_account(session, SYSTEM, account_id, now=NOW)

    assert is_signed_in(client) is False


def test_session_falls_idle_and_ends_after_twelve_hours(
    app: Flask, client: FlaskClient, account_id: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(app, client, account_id)
        used = []
        for _ in range(25):
            clock.shift(timedelta(minutes=29))
            used.append(is_signed_in(client))
        sign_in(app, client, account_id)
        clock.shift(timedelta(minutes=31))
        idle = is_signed_in(client)

    assert used == [True] * 24 + [False]  # 24 x 29 minutes are less than 12 hours, 25 x 29 are more
    assert idle is False


def test_use_is_noted_once_a_minute(app: Flask, client: FlaskClient, read: Opened, account_id: int) -> None:
    noted = []
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(app, client, account_id)
        for seconds in (30, 29, 2):
            clock.shift(timedelta(seconds=seconds))
            client.get("/account")
            with read() as session:
                noted.append(session.execute(sa.select(UserSession.last_seen_at)).scalar_one() - NOW)

    assert noted == [timedelta(0), timedelta(0), timedelta(seconds=61)]


# --- mailed links -----------------------------------------------------------------------------------------


def test_link_signs_in_once_and_only_by_its_button(
    app: Flask, client: FlaskClient, read: Opened, account_id: int
) -> None:
    post(client, "/sign-in/link", {"email": EMAIL.upper(), "next": "/account"})
    path = mailed_link(read)
    looked = [app.test_client().get(path).status_code for _ in range(3)]
    page = client.get(path)
    data = {"csrf_token": csrf_token(page), "next": "/account"}
    used = client.post(path.partition("?")[0], data=data)
    again = post(app.test_client(), path.partition("?")[0], {})

    assert looked == [200] * 3
    assert (used.status_code, used.location, is_signed_in(client)) == (303, "/account", True)
    assert again.status_code == 404


def test_newer_link_and_time_end_a_link(client: FlaskClient, read: Opened, account_id: int) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        post(client, "/sign-in/link", {"email": EMAIL})
        first = mailed_link(read)
        post(client, "/sign-in/link", {"email": EMAIL})
        second = mailed_link(read)
        answers = [client.get(first).status_code, client.get(second).status_code]
        clock.shift(timedelta(minutes=30))
        answers.append(client.get(second).status_code)

    assert answers == [404, 200, 404]


def test_unknown_address_is_told_by_mail_only(client: FlaskClient, read: Opened) -> None:
    post(client, "/sign-in/link", {"email": "nobody@people.example"})

    with read() as session:
        mails = session.execute(sa.select(OutgoingMail.template, OutgoingMail.to_email)).all()

    assert [tuple(mail) for mail in mails] == [("no_account", "nobody@people.example")]


# --- throttle ---------------------------------------------------------------------------------------------


def test_eleventh_failure_of_an_account_is_refused(app: Flask, account_id: int) -> None:
    statuses = []
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(11):
            statuses.append(enter(app.test_client(), "Wrong-Zebra-9-Fluss").status_code)
        refused = enter(app.test_client())
        clock.shift(timedelta(minutes=15))
        later = enter(app.test_client())

    assert statuses == [422] * 10 + [429]
    assert (refused.status_code, refused.headers["Retry-After"], later.status_code) == (429, "900", 303)


def test_success_does_not_count(app: Flask, read: Opened, account_id: int) -> None:
    for _ in range(3):
        enter(app.test_client())

    with read() as session:
        counted = session.execute(sa.select(sa.func.count()).select_from(Attempt)).scalar_one()

    assert counted == 0


def test_sixth_link_within_an_hour_is_refused(app: Flask, account_id: int) -> None:
    statuses = [post(app.test_client(), "/sign-in/link", {"email": EMAIL}).status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]


# --- a form whose session ended ---------------------------------------------------------------------------


def test_form_of_somebody_signed_out_is_held_and_sent_after_signing_in(
    app: Flask, client: FlaskClient, read: Opened, account_id: int
) -> None:
    sign_in(app, client, account_id)
    token = csrf_token(client.get("/account"))
    with client.session_transaction() as cookie:
        del cookie["sign_in"]
    typed = {"name": 'Amina "the <b>Great</b>"', "language": "fr", "version": "1"}
    held = client.post("/account", data={**typed, "csrf_token": token})
    field = html.unescape(re.search(r'name="held" value="([^"]*)"', held.text)[1])  # type: ignore[index]
    data = {"csrf_token": csrf_token(held), "email": EMAIL, "next": "/account", "held": field}
    wrong = client.post("/sign-in", data={**data, "password": "Wrong-Zebra-9-Fluss"})
    right = client.post("/sign-in", data={**data, "password": PASSWORD})
    shown = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', right.text.partition("<main")[2]))
    sent = client.post("/account", data={name: html.unescape(value) for name, value in shown.items()})
    with read() as session:
        account = columns(session.get_one(Account, account_id), "name", "language")

    assert (held.status_code, wrong.status_code, right.status_code, sent.status_code) == (401, 422, 200, 303)
    assert field in html.unescape(wrong.text)
    assert account == (typed["name"], "fr")


def test_form_with_an_old_token_is_shown_again_to_our_own_page_only(
    app: Flask, client: FlaskClient, account_id: int
) -> None:
    sign_in(app, client, account_id)
    typed = {"name": "Amina", "language": "fr", "version": "1", "csrf_token": "old"}
    own = client.post("/account", data=typed, headers={"Origin": "http://localhost"})
    foreign = client.post("/account", data=typed, headers={"Origin": "http://evil.example"})
    faked = client.post(
        "/account", data=typed, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}
    )

    assert (own.status_code, foreign.status_code, faked.status_code) == (400, 400, 400)
    assert ["Amina" in answer.text for answer in (own, foreign, faked)] == [True, False, False]


def test_passwords_are_never_held(app: Flask, client: FlaskClient, account_id: int) -> None:
    token = csrf_token(client.get("/sign-in"))
    data = {"present_password": "SECRET-1", "new_password": "SECRET-2", "csrf_token": token}

    held = client.post("/account/password", data=data)

    assert (held.status_code, "SECRET" in held.text) == (401, False)


def test_sign_ins_are_in_the_audit_trail(client: FlaskClient, read: Opened, account_id: int) -> None:
    enter(client, "Wrong-Zebra-9-Fluss")
    enter(client, "Wrong-Zebra-9-Fluss", email="nobody@people.example")
    enter(client)

    with read() as session:
        events = session.execute(
            sa.select(AuditEvent.action, AuditEvent.subject_ref).order_by(AuditEvent.sequence)
        ).all()

    assert [tuple(event) for event in events] == [
        ("account.sign_in_failed", str(account_id)),
        ("account.sign_in_failed", "unknown"),
        ("account.sign_in", str(account_id)),
    ]
