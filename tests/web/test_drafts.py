"""web/drafts.py: the form keeps what was typed, whatever is wrong with it."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.calls import Call
from models.entries import Entry
from services.clock import utc_now
from services.entries import drafts
from services.queries.entries import entry_page
from tests.factories import link_holder, make_call
from tests.fixtures import NOW, Opened
from vocabulary.states import CallState


def value(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def begin(client: FlaskClient, **typed: Any) -> Any:
    page = client.get("/requests/new").text
    return client.post(
        "/requests/new", data={"csrf_token": value(page, "csrf_token"), "version": "0", **typed}
    )


def test_first_answers_make_a_draft_that_this_browser_may_edit(client: FlaskClient) -> None:
    answer = begin(client, language="en", title="A title", contact_email="a@people.example")

    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).status_code == 200


def test_wrong_first_answer_keeps_the_good_ones(client: FlaskClient) -> None:
    answer = begin(client, language="en", title="A title", contact_email="nix")

    assert answer.status_code == 422
    assert 'value="A title"' in answer.text
    assert 'value="nix"' in answer.text
    assert 'href="#f-contact_email"' in answer.text


def test_stranger_does_not_find_a_draft(app: Flask, client: FlaskClient) -> None:
    address = begin(client, language="en", title="A title").headers["Location"]

    assert app.test_client().get(address).status_code == 404


def _with_draft(client: FlaskClient) -> tuple[str, str, str]:
    """A draft in this browser: its address, its reference, a token for forms."""
    address = begin(client, language="en", title="First", summary="One").headers["Location"]
    page = client.get(address.replace("/need", "/basics")).text
    return address.replace("/need", "/basics"), address.split("/")[2], value(page, "csrf_token")


def test_lost_update_shows_both_texts(app: Flask, client: FlaskClient, write: Opened, read: Opened) -> None:
    address, ref, token = _with_draft(client)
    with read() as session:
        entry_id = session.execute(_id_of(ref)).scalar_one()
    with write() as session:
        page = entry_page(session, link_holder(entry_id), ref, now=NOW)
        changes = {"title": "From elsewhere"}
        drafts.save(session, link_holder(entry_id), ref, changes, page.row.version, now=NOW)
        stale = page.row.version
    typed = {"csrf_token": token, "version": str(stale), "language": "en", "title": "Mine", "summary": "One"}
    answer = client.post(address, data=typed)

    assert answer.status_code == 409
    assert "From elsewhere" in answer.text
    assert 'value="Mine"' in answer.text
    again = client.post(address, data=typed | {"version": value(answer.text, "version")})
    assert again.status_code == 303


def test_same_answers_saved_twice_are_no_conflict(client: FlaskClient) -> None:
    """The form saves itself while the button is pressed: both say the same."""
    address, _, token = _with_draft(client)
    version = value(client.get(address).text, "version")
    typed = {"csrf_token": token, "version": version, "language": "en", "title": "New", "summary": "Two"}
    saved = client.post(address, data=typed, headers={"X-Requested-With": "autosave"})
    pressed = client.post(address, data=typed)

    assert (saved.status_code, saved.json["version"]) == (200, int(version) + 1)
    assert pressed.status_code == 303


def test_submission_with_gaps_names_each_with_a_link(client: FlaskClient) -> None:
    _, ref, token = _with_draft(client)
    version = value(client.get(f"/requests/{ref}/check").text, "version")
    answer = client.post(f"/requests/{ref}/submission", data={"csrf_token": token, "version": version})

    assert answer.status_code == 422
    assert f"/requests/{ref}/edit/need#f-need" in answer.text
    assert 'href="#f-consent_terms"' in answer.text


def test_check_page_points_at_initiatives_of_a_strategy_not_chosen(
    client: FlaskClient, write: Opened, read: Opened
) -> None:
    _, ref, _ = _with_draft(client)
    with read() as session:
        entry_id = session.execute(_id_of(ref)).scalar_one()
    with write() as session:
        page = entry_page(session, link_holder(entry_id), ref, now=NOW)
        chosen = {"strategies": ["S1"], "initiatives": ["1a", "2b"]}
        drafts.save(session, link_holder(entry_id), ref, chosen, page.row.version, now=NOW)

    shown = client.get(f"/requests/{ref}/check").text

    assert shown.count("which you did not choose.") == 1
    assert "Initiative 2b belongs to strategy S2, which you did not choose." in shown
    assert "You can submit it as it is." in shown


def test_discarded_draft_is_gone(client: FlaskClient) -> None:
    address, ref, token = _with_draft(client)
    version = value(client.get(address).text, "version")
    answer = client.post(f"/requests/{ref}/discard", data={"csrf_token": token, "version": version})

    assert answer.status_code == 303
    assert client.get(address).status_code == 404


def test_offer_section_does_not_open_a_request(app: Flask, client: FlaskClient) -> None:
    address, _, _ = _with_draft(client)

    assert client.get(address.replace("/requests/", "/offers/")).status_code == 404


def _id_of(ref: str) -> Any:
    return sa.select(Entry.id).where(Entry.ref == ref)


def test_new_form_points_to_the_open_call(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = make_call(session, now=utc_now()).ref

    beside = client.get("/requests/new").text
    within = client.get(f"/requests/new?call={ref}").text
    offer = client.get("/offers/new").text

    assert f"/requests/new?call={ref}" in beside
    assert "Answer this call" not in within
    assert f'name="call" value="{ref}"' in within
    assert f"call={ref}" not in offer


def test_draft_of_a_call_that_has_closed_can_be_read_but_offers_no_button(
    client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_call(session, now=utc_now()).ref
    address = begin(client, language="en", title="Mine", call=ref).headers["Location"]
    with write() as session:
        session.execute(sa.update(Call).values(state=CallState.CLOSED))

    page = client.get(address.replace("/need", "/basics"))

    assert page.status_code == 200
    assert "the call has closed" in page.text
    assert 'value="Mine"' in page.text
    assert "Save and go on" not in page.text
    assert "data-autosave=" not in page.text


def test_check_page_writes_amounts_with_their_currency(client: FlaskClient) -> None:
    _, ref, token = _with_draft(client)
    version = value(client.get(f"/requests/{ref}/edit/support").text, "version")
    typed = {"csrf_token": token, "version": version, "amount_sought": "25000", "currency": "EUR"}
    client.post(f"/requests/{ref}/edit/support", data=typed)

    page = client.get(f"/requests/{ref}/check").text
    french = client.get(f"/fr/requests/{ref}/check").text

    assert "€25,000" in page
    assert re.search(r'aria-current="step">Check and submit</a>\s*<span class="state state-todo">', page)
    assert "25\u202f000\xa0€" in french


def test_upload_without_a_file_asks_for_one(client: FlaskClient) -> None:
    _, ref, token = _with_draft(client)
    answer = client.post(f"/requests/{ref}/files", data={"csrf_token": token})

    assert answer.status_code == 422
    assert "Choose a file first." in answer.text
