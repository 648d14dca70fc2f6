"""/calls and /organisations by the API."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import Organisation
from schemas.calls import CallSchema
from services.clock import utc_now
from services.organisations import merge
from tests.factories import make_actor, make_call, make_published, make_submitted
from tests.fixtures import Opened
from tests.scoring import make_token
from vocabulary.people import Role
from vocabulary.states import EntryKind

CALLS = "/api/v1/calls"
NEW: dict[str, Any] = {
    "kind": "requests",
    "title": {"en": "Second call", "ar": "النداء الثاني"},
    "text": {"en": "Tell us what you need.", "ar": "أخبرونا بما تحتاجون إليه."},
    "strategies": ["S1"],
    "opens_at": "2026-01-01T09:00:00+01:00",
    "closes_at": None,
    "zone": "Europe/Berlin",
}


def at(headers: dict[str, str], version: int) -> dict[str, str]:
    return headers | {"If-Match": f'"{version}"'}


def tokens(write: Opened, *roles: Role) -> list[dict[str, str]]:
    with write() as session:
        return [make_token(session, make_actor(session, role), utc_now()) for role in roles]


def test_call_is_written_announced_and_answered(client: FlaskClient, write: Opened) -> None:
    officer, decider = tokens(write, Role.OFFICER, Role.DECIDER)

    made = client.post(CALLS, json=NEW, headers=officer | {"Idempotency-Key": "second-call"})
    again = client.post(CALLS, json=NEW, headers=officer | {"Idempotency-Key": "second-call"})
    path = f"{CALLS}/{made.json['ref']}"
    hidden = client.get(path)
    edited = client.patch(path, json={"minimum_reviews": 2}, headers=at(officer, made.json["version"]))
    alone = client.post(f"{path}/publication", headers=at(officer, edited.json["version"]))
    shown = client.post(f"{path}/publication", headers=at(decider, edited.json["version"]))
    late = client.patch(path, json={"zone": "UTC"}, headers=at(officer, shown.json["version"]))

    assert (made.status_code, made.headers["Location"], again.data) == (201, path, made.data)
    assert (made.json["state"], made.json["opens_at"]) == ("draft", "2026-01-01T08:00:00+00:00")
    assert hidden.status_code == 404
    assert (alone.status_code, alone.json["code"]) == (403, "needs_second_person")
    assert (shown.json["state"], shown.json["is_open"], shown.json["minimum_reviews"]) == ("open", True, 2)
    assert (late.status_code, late.json["code"]) == (409, "not_a_draft")
    assert [row["ref"] for row in client.get(CALLS).json["items"]] == [made.json["ref"]]
    assert CallSchema().validate(shown.json) == {}


def test_call_speaks_the_language_of_the_reader(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = make_call(session, now=utc_now(), title=NEW["title"], text=NEW["text"]).ref

    english, arabic, chinese = (
        client.get(f"{CALLS}/{ref}", headers={"Accept-Language": code}).json for code in ("en", "ar", "zh")
    )

    assert (arabic["title"], arabic["text_language"]) == (NEW["title"]["ar"], "ar")
    assert (chinese["title"], chinese["text_language"]) == (english["title"], "en")
    assert len({english["phase"], arabic["phase"], chinese["phase"]}) == 3
    assert english["titles"] == arabic["titles"] == NEW["title"]


def test_call_that_did_not_change_is_not_sent_again(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = make_call(session, now=utc_now()).ref
    tag = client.get(f"{CALLS}/{ref}").headers["ETag"]

    statuses = [
        client.get(f"{CALLS}/{ref}", headers={"If-None-Match": said, "Accept-Language": language}).status_code
        for said, language in (
            (tag, "en"),
            (f'"x", {tag}', "en"),
            ("*", "en"),
            ('"x"', "en"),
            (tag, "fr"),
        )
    ]

    assert statuses == [304, 304, 304, 200, 200]


def test_wrong_calls_name_every_field(client: FlaskClient, write: Opened) -> None:
    (officer,) = tokens(write, Role.OFFICER)
    wrong = {
        "kind": "party",
        "title": {"xx": "?", "en": 3},
        "opens_at": "9999-12-31T23:59:59-14:00",
        "grace_minutes": 2000,
        "blind": True,
    }

    refused = client.post(CALLS, json=wrong, headers=officer)
    unstorable = client.post(
        CALLS, json=NEW | {"zone": "\u0000", "strategies": ["S1\u0000"]}, headers=officer
    )

    assert (refused.status_code, sorted(refused.json["errors"])) == (422, sorted(wrong))
    assert sorted(refused.json["errors"]["title"]) == ["en", "xx"]
    assert unstorable.status_code == 422


def organisation_of(session: Session, entry: Entry) -> str:
    """The reference of the organisation that stands behind an entry."""
    found = session.execute(sa.select(Organisation.ref).where(Organisation.id == entry.organisation_id))
    return str(found.scalar_one())


def test_organisation_is_shown_as_far_as_its_entries_are(client: FlaskClient, write: Opened) -> None:
    stranger, officer = tokens(write, Role.REQUESTER, Role.OFFICER)
    with write() as session:
        person = make_actor(session, Role.REQUESTER)
        owner = make_token(session, person, utc_now())
        hidden = make_submitted(session, actor=person, organisation_name="Hidden Institute")
        shown = make_published(session, EntryKind.OFFER, organisation_name="Open Institute")
        refs = [organisation_of(session, entry) for entry in (hidden, shown)]

    statuses = [
        [client.get(f"/api/v1/organisations/{ref}", headers=headers).status_code for ref in refs]
        for headers in ({}, stranger, owner, officer)
    ]

    assert statuses == [[404, 200], [404, 200], [200, 200], [200, 200]]


def test_merged_organisation_leads_to_the_one_it_became(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        old, new = (
            organisation_of(session, make_published(session, EntryKind.OFFER, organisation_name=name))
            for name in ("Old Institute", "New Institute")
        )
    with write() as session:
        merge(session, officer, old, new, 1, "the same", now=utc_now())

    answer = client.get(f"/api/v1/organisations/{old}")

    assert (answer.status_code, answer.json["ref"], answer.json["name"]) == (200, new, "New Institute")
