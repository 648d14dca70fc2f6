"""/requests/{ref}/revisions: what changed between versions, and no more than the reader may see of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.clock import utc_now
from services.entries.drafts import save
from services.entries.submission import revisions as frozen_revisions
from services.entries.submission import submit
from services.entries.visibility import CONTACT, IDENTITY
from tests.factories import link_holder, make_account, make_actor, make_call, make_submitted
from tests.fixtures import Opened
from tests.scoring import make_sitting, make_token
from vocabulary.people import Actor, Role


def revised(write: Opened, changes: dict[str, Any], **made: Any) -> tuple[str, Actor]:
    """A request submitted twice by an owner; its reference and the owner."""
    with write() as session:
        owner, now = make_actor(session, Role.REQUESTER), utc_now()
        call = make_call(session, now=now, **made)
        entry = make_submitted(session, actor=owner, now=now, call=call)
        save(session, owner, entry.ref, changes, entry.version, now=now)
        submit(session, owner, entry.ref, entry.version, now=now + timedelta(minutes=1))
        return entry.ref, owner


def revisions(client: FlaskClient, write: Opened, actor: Actor, ref: str) -> list[dict[str, Any]]:
    with write() as session:
        headers = make_token(session, actor, utc_now())
    answer = client.get(f"/api/v1/requests/{ref}/revisions", headers=headers)
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_versions_say_what_changed(client: FlaskClient, write: Opened) -> None:
    ref, owner = revised(
        write, {"title": "Mentors for an assessment", "countries": ["UGA"], "amount_sought": "100.00"}
    )

    first, second = revisions(client, write, owner, ref)

    changes = {change["field"]: change for change in second["changes"]}
    assert (first["number"], first["changes"], second["number"]) == (1, [], 2)
    assert sorted(changes) == ["amount_sought", "countries", "title"]
    assert (changes["countries"]["added"], changes["countries"]["removed"]) == (["UGA"], ["KEN"])
    assert (changes["amount_sought"]["old"], changes["amount_sought"]["new"]) == ("25000.00", "100.00")
    parts = changes["title"]["parts"]
    for version, kinds in ((first, ("same", "removed")), (second, ("same", "added"))):
        text = "".join(part["text"] for part in parts if part["kind"] in kinds)
        assert text == version["content"]["title"]


@pytest.mark.parametrize(("is_blind", "hidden"), [(True, CONTACT | IDENTITY), (False, CONTACT)])
def test_reviewer_sees_in_versions_what_the_page_shows(
    client: FlaskClient, write: Opened, is_blind: bool, hidden: frozenset[str]
) -> None:
    ref, _owner = revised(
        write,
        {"contact_email": "new@savannah.example", "organisation_name": "Institute of Grassland Studies"},
        blind_mode=is_blind,
    )
    with write() as session:
        reviewer = make_sitting(session, now=utc_now(), entry_ref=ref).reviewer

    found = revisions(client, write, reviewer, ref)

    for version in found:
        assert set(version["content"]) & hidden == set()
        assert version["content"]["need"]
    told = {change["field"] for change in found[1]["changes"]}
    assert told == (set() if is_blind else {"organisation_name"})


def test_focal_point_learns_no_names_from_versions(client: FlaskClient, write: Opened) -> None:
    ref, _owner = revised(write, {"contact_name": "Somebody Else"})
    with write() as session:
        account = make_account(session, Role.FOCAL_POINT, country="KEN")
        focal_point = Actor(account_id=account.id)
        headers = make_token(session, focal_point, utc_now())

    answer = client.get(f"/api/v1/requests/{ref}/revisions", headers=headers)

    assert answer.status_code == 200
    assert "savannah" not in answer.text.lower()
    assert "Amina" not in answer.text
    assert "Somebody Else" not in answer.text


def test_holder_of_the_private_link_sees_everything(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, now=utc_now())
        holder = link_holder(entry.id)
        rows = frozen_revisions(session, holder, entry.ref, now=utc_now())

    assert rows[0].content["contact_email"] == "amina@savannah.example"
