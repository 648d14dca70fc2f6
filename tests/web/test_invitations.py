"""Nominated by somebody else, in the browser and without a script."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.fellowships import Nomination
from models.operation import OutgoingMail
from services.clock import utc_now
from tests.factories import make_account
from tests.fellowship_factories import make_fellowship
from tests.fixtures import Opened
from tests.signing_in import post, sign_in

GIVEN = {
    "first_name": "Amina",
    "last_name": "Otieno",
    "nominee_email": "amina@lake.example",
    "language": "fr",
    "nominator_name": "Joseph Kamau",
    "nominator_body": "Ministry of Environment",
    "nominator_kind": "government",
    "nominator_country": "KEN",
}


def test_nominator_invites_and_the_nominee_takes_it_up_without_an_account(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session, email="kamau@ministry.example").id
    sign_in(app, client, account)
    form = client.get(f"/en/fellowships/{ref}/invite")
    wrong = post(
        client, f"/en/fellowships/{ref}/invite", data=GIVEN | {"nominee_email": "nobody"}, page="/en/account"
    )
    made = post(client, f"/en/fellowships/{ref}/invite", data=GIVEN, page="/en/account")
    again = post(client, f"/en/fellowships/{ref}/invite", data=GIVEN, page="/en/account")
    with write() as session:
        link = session.execute(
            sa.select(OutgoingMail.values).where(OutgoingMail.template == "nomination_invitation")
        ).scalar_one()["link"]
    path = link.removeprefix("http://localhost")
    nominee = app.test_client()
    page = nominee.get(path)
    taken = post(nominee, path, data={}, page=path)
    mine = nominee.get(taken.location)
    seen = client.get(made.location)

    assert "You nominate from the address kamau@ministry.example." in form.text
    assert (wrong.status_code, made.status_code, again.status_code) == (422, 303, 409)
    assert path.startswith("/fr/nominations/invitation/")
    assert "Joseph Kamau (Ministry of Environment)" in page.text
    assert taken.status_code == 303
    assert 'value="Amina"' in mine.text
    assert nominee.get(path).status_code == 404
    assert "Amina" in seen.text


def test_nominator_reads_no_answer_before_the_nominee_has_completed_the_form(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session, email="kamau@ministry.example").id
    sign_in(app, client, account)
    made = post(client, f"/en/fellowships/{ref}/invite", data=GIVEN, page="/en/account")
    with write() as session:
        row = session.execute(sa.select(Nomination)).scalar_one()
        row.content = row.content | {"statement": "Not yet for anybody's eyes"}

    assert "Not yet for anybody" not in client.get(made.location).text


def test_invited_nominee_says_no_and_is_asked_nothing_more(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session, email="kamau@ministry.example").id
    sign_in(app, client, account)
    made = post(client, f"/en/fellowships/{ref}/invite", data=GIVEN | {"language": "en"}, page="/en/account")
    with write() as session:
        link = session.execute(
            sa.select(OutgoingMail.values).where(OutgoingMail.template == "nomination_invitation")
        ).scalar_one()["link"]
    path = link.removeprefix("http://localhost")
    nominee = app.test_client()
    page = nominee.get(path)

    told = post(nominee, f"{path}/refusal", data={}, page=path)

    assert "I do not wish to be nominated" in page.text
    assert "The nomination has ended, and the nominator was told." in told.text
    assert "The nomination was withdrawn." in client.get(made.location).text
