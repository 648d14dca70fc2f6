"""web/submitted.py: what the owner sees of what was submitted."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from services.entries import drafts
from services.entries.submission import submit, withdraw
from services.sessions import actor_of_account
from tests.factories import make_account, make_submitted
from tests.fixtures import NOW, Opened
from tests.signing_in import sign_in


def test_versions_page_shows_what_changed_in_texts_and_in_choices(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        account = make_account(session)
        owner = actor_of_account(session, account.id)
        made = make_submitted(session, actor=owner, title="Mapping the old wetlands")
        changes = {"title": "Mapping the new wetlands", "support": ["mentoring", "hosting"]}
        drafts.save(session, owner, made.ref, changes, made.version, now=NOW)
        submit(session, owner, made.ref, made.version, now=NOW)
        ref, account_id = made.ref, account.id
    sign_in(app, client, account_id)

    page = client.get(f"/requests/{ref}/versions")

    assert page.status_code == 200
    assert re.search(r"<del><span[^>]*>removed: </span>old</del>", page.text)
    assert re.search(r"<ins><span[^>]*>added: </span>new</ins>", page.text)
    assert "Hosting" in page.text


def test_edit_under_way_is_told_beside_the_version_that_stands(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        account = make_account(session)
        owner = actor_of_account(session, account.id)
        made = make_submitted(session, actor=owner, title="What stands")
        drafts.save(session, owner, made.ref, {"title": "What is new"}, made.version, now=NOW)
        ref, account_id = made.ref, account.id
    sign_in(app, client, account_id)

    receipt = client.get(f"/requests/{ref}/receipt").text
    page = client.get(f"/requests/{ref}").text
    form = client.get(f"/requests/{ref}/edit/basics").text
    token, version = (
        re.search(rf'name="{name}" value="([^"]+)"', form) for name in ("csrf_token", "version")
    )
    assert token is not None
    assert version is not None
    answer = client.post(
        f"/requests/{ref}/discard",
        data={"csrf_token": token[1], "version": version[1]},
        follow_redirects=True,
    )

    told = "A change of this entry is saved, but not submitted yet"
    assert told in receipt
    assert "<h2>What stands</h2>" in receipt
    assert told in page
    assert 'value="What is new"' in form
    assert answer.status_code == 200
    assert told not in answer.text


def test_withdrawn_entry_offers_nothing_that_is_refused(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        account = make_account(session)
        owner = actor_of_account(session, account.id)
        made = make_submitted(session, actor=owner)
        withdraw(session, owner, made.ref, made.version, None, now=NOW)
        ref, account_id = made.ref, account.id
    sign_in(app, client, account_id)

    receipt = client.get(f"/requests/{ref}/receipt")
    form = client.get(f"/requests/{ref}/edit/basics")

    assert receipt.status_code == 200
    assert f"/requests/{ref}/edit" not in receipt.text
    assert f"/requests/{ref}/withdrawal" not in receipt.text
    assert "What happens now" not in receipt.text
    assert form.status_code == 403
    assert "can no longer be edited" in form.text
