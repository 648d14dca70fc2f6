"""What an officer does with nominations in the browser: compare, let in late, look at what is kept."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from models.fellowships import NominationFile
from services.clock import utc_now
from services.fellowships import nominations
from tests.factories import make_account, make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import Opened
from tests.services.test_nomination_desk import PDF
from tests.signing_in import post, sign_in
from vocabulary.people import Role


def test_officer_sees_two_of_one_person_and_keeps_them_apart(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    refs = []
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        for first, last in (("Пётр", "Иванов"), ("Petr", "Ivanov")):
            nominee = make_actor(session)
            given = answers(first_name=first, last_name=last)
            made = nominations.begin(session, nominee, ref, given, now=utc_now())
            nominations.complete(session, nominee, made.ref, made.version, now=utc_now())
            refs.append(made.ref)
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, officer)
    path = f"/en/fellowships/{ref}/alike"

    page = client.get(path)
    early = post(client, path, data={"answer": "same", "kept": refs[0], "other": refs[1]}, page=path)
    apart = post(client, path, data={"answer": "different", "kept": refs[0], "other": refs[1]}, page=path)

    assert "names that are alike" in page.text
    assert "the same date of birth" in page.text
    assert early.status_code == 409
    assert apart.status_code == 303
    assert "Looked at before" in client.get(path).text


def test_officer_lets_one_in_late_and_adds_a_document(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        nomination = nominations.begin(session, make_actor(session), ref, answers(), now=utc_now()).ref
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, officer)
    path = f"/en/nominations/{nomination}/late"
    version = re.search(r'name="version" value="(\d+)"', client.get(path).text)
    assert version is not None
    day = (utc_now() + timedelta(days=60)).date().isoformat()
    form = {"version": version.group(1), "late_until": day, "late_reason": "illness"}

    wrong = post(client, path, data=form | {"late_until": "tomorrow"}, page=path)
    without = post(client, path, data=form | {"late_reason": ""}, page=path)
    admitted = post(client, path, data=form, page=path)
    sent = {"document": "cv", "file": (io.BytesIO(PDF), "cv.pdf"), "file_reason": "came by post"}
    added = post(client, f"{path}-files", data=sent, page=path)

    assert (wrong.status_code, without.status_code) == (422, 422)
    assert "This must be a date such as 2027-03-31." in wrong.text
    assert "Say why this nomination is let in late." in without.text
    assert (admitted.status_code, added.status_code) == (303, 303)
    with write() as session:
        assert session.query(NominationFile.late_reason).scalar() == "came by post"


def test_page_of_what_is_kept_takes_a_number_of_months(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, officer)
    path = f"/en/fellowships/{ref}/retention"
    version = re.search(r'name="version" value="(\d+)"', client.get(path).text)
    assert version is not None

    wrong = post(client, path, data={"version": version.group(1), "months_kept": "many"}, page=path)
    kept = post(client, path, data={"version": version.group(1), "months_kept": "6"}, page=path)
    stale = post(client, path, data={"version": version.group(1), "months_kept": "7"}, page=path)

    assert (wrong.status_code, kept.status_code, stale.status_code) == (422, 303, 409)
    assert 'value="6"' in client.get(path).text


def test_nominee_asks_for_erasure_only_once_it_has_ended(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session)
        actor = make_actor(session)
        nomination = nominations.begin(session, actor, ref, answers(), now=utc_now()).ref
        mine = actor.account_id or account.id
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, mine)
    path = f"/en/nominations/{nomination}"
    early = post(client, f"{path}/erasure-wish", data={}, page="/en/account")
    version = re.search(r'name="version" value="(\d+)"', client.get(path).text)
    assert version is not None
    post(client, f"{path}/withdrawal", data={"version": version.group(1)}, page="/en/account")
    offered = client.get(path).text
    asked = post(client, f"{path}/erasure-wish", data={}, page="/en/account")
    office = app.test_client()
    sign_in(app, office, officer)
    listed = office.get(f"/en/fellowships/{ref}/retention").text
    erased = post(office, f"{path}/erasure", data={}, page="/en/account")

    assert early.status_code == 409
    assert "Have this nomination erased" in offered
    assert asked.status_code == 303
    assert "Amina Otieno" in listed
    assert erased.status_code == 303
    assert "Amina Otieno" not in office.get(f"/en/fellowships/{ref}/retention").text
    assert client.get(path).status_code == 404
