"""web/submitted.py: what the owner sees of what was submitted."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from services.entries import drafts
from services.entries.submission import submit
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
