"""/requests and /offers by the API: life of an entry, versions, keys, scopes, pages, parity with the form."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from api.errors import ProblemSchema
from models.entries import Entry, Revision
from services.clock import utc_now
from services.tokens import create_token, scopes_within
from tests.factories import content, make_actor, make_published
from tests.fixtures import Opened
from vocabulary.people import SYSTEM, Actor, Role, Scope
from vocabulary.states import EntryKind

REQUESTS = "/api/v1/requests"


class Caller:
    """A program with a token."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(path, method=method, json=body, headers=self.headers | named)


def token(write: Opened, actor: Actor, scopes: tuple[Scope, ...] | None = None) -> str:
    with write() as session:
        made = create_token(
            session,
            SYSTEM,
            actor.account_id or 0,
            name="test",
            scopes=scopes or scopes_within(actor),
            days=1,
            now=utc_now(),
        )
        return made.secret


@pytest.fixture
def owner(write: Opened) -> Actor:
    with write() as session:
        return make_actor(session, Role.REQUESTER)


@pytest.fixture
def call(app: Flask, write: Opened, owner: Actor) -> Caller:
    return Caller(app, token(write, owner))


def etag(version: int) -> str:
    return f'"{version}"'


def test_request_lives_from_draft_to_withdrawal(call: Caller) -> None:
    made = call("POST", REQUESTS, content())
    ref, version = made.json["ref"], made.json["version"]
    changed = call("PATCH", f"{REQUESTS}/{ref}", {"title": "Another title"}, If_Match=etag(version))
    receipt = call("POST", f"{REQUESTS}/{ref}/submission", If_Match=changed.headers["ETag"])
    shown = call("GET", f"{REQUESTS}/{ref}")
    matches = call("GET", f"{REQUESTS}/{ref}/matches?include=blocked")
    gone = call("POST", f"{REQUESTS}/{ref}/withdrawal", {"reason": "Done"}, If_Match=shown.headers["ETag"])

    statuses = [answer.status_code for answer in (made, changed, receipt, shown, matches, gone)]
    assert statuses == [201, 200, 200, 200, 200, 200]
    assert (receipt.json["ref"], receipt.json["revision"]) == (ref, 1)
    assert (shown.json["title"], shown.json["state"]) == ("Another title", "submitted")
    assert matches.json["items"] == []
    assert gone.json["state"] == "withdrawn"


def test_refusal_in_a_state_says_which_and_what_can_be_done_as_documented(call: Caller) -> None:
    made = call("POST", REQUESTS, content())
    ref = made.json["ref"]
    call("POST", f"{REQUESTS}/{ref}/submission", If_Match=made.headers["ETag"])
    shown = call("GET", f"{REQUESTS}/{ref}")
    gone = call("POST", f"{REQUESTS}/{ref}/withdrawal", {"reason": None}, If_Match=shown.headers["ETag"])

    again = call("POST", f"{REQUESTS}/{ref}/withdrawal", {"reason": None}, If_Match=gone.headers["ETag"])

    assert (again.status_code, again.json["code"]) == (409, "wrong_state")
    assert (again.json["state"], again.json["possible"]) == ("withdrawn", ["restore", "archive"])
    assert ProblemSchema().validate(again.json) == {}


def test_submission_names_everything_that_is_missing(call: Caller) -> None:
    made = call("POST", REQUESTS, {"title": "Only a title"})
    refused = call("POST", f"{REQUESTS}/{made.json['ref']}/submission", If_Match=made.headers["ETag"])

    assert refused.status_code == 422
    wanted = {"summary", "need", "activities", "support", "strategies", "organisation_name", "contact_email"}
    assert wanted <= refused.json["errors"].keys()


def test_change_needs_the_version_that_was_read(call: Caller) -> None:
    made = call("POST", REQUESTS, content())
    path = f"{REQUESTS}/{made.json['ref']}"

    assert call("PATCH", path, {"title": "A"}).status_code == 428
    assert call("PATCH", path, {"title": "A"}, If_Match="x").status_code == 422
    assert call("PATCH", path, {"title": "A"}, If_Match=made.headers["ETag"]).status_code == 200
    lost = call("PATCH", path, {"title": "B"}, If_Match=made.headers["ETag"])
    assert (lost.status_code, lost.json["code"]) == (409, "version_conflict")
    assert lost.json["current"]["title"] == "A"
    assert lost.json["version"] == made.json["version"] + 1


def test_unchanged_object_is_not_sent_again(call: Caller) -> None:
    made = call("POST", REQUESTS, content())
    again = call("GET", f"{REQUESTS}/{made.json['ref']}", If_None_Match=made.headers["ETag"])

    assert (again.status_code, again.data) == (304, b"")


def test_key_repeats_the_first_answer(call: Caller, read: Opened) -> None:
    first = call("POST", REQUESTS, content(), Idempotency_Key="the-same-key")
    second = call("POST", REQUESTS, content(), Idempotency_Key="the-same-key")
    other = call("POST", REQUESTS, content(title="Other"), Idempotency_Key="the-same-key")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    with read() as session:
        assert session.execute(sa.select(sa.func.count(Entry.id))).scalar_one() == 1


def test_key_sent_by_eight_at_once_makes_one_record(
    app: Flask, write: Opened, read: Opened, owner: Actor
) -> None:
    secret = token(write, owner)

    def send(_n: int) -> tuple[int, bytes]:
        answer = Caller(app, secret)("POST", REQUESTS, content(), Idempotency_Key="one-key-for-all")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(8)))

    assert {status for status, _ in answers} == {201}
    assert len(answers) == 1
    with read() as session:
        assert session.execute(sa.select(sa.func.count(Entry.id))).scalar_one() == 1


def test_read_only_token_cannot_write(app: Flask, write: Opened, owner: Actor) -> None:
    reader = Caller(app, token(write, owner, (Scope.READ,)))
    refused = reader("POST", REQUESTS, content())

    assert refused.status_code == 403


def test_cookie_does_not_authenticate(client: FlaskClient) -> None:
    client.set_cookie("capmatch", "anything")

    assert client.post(REQUESTS, json=content()).status_code == 401


def test_hidden_entry_reads_like_a_missing_one(app: Flask, write: Opened, call: Caller) -> None:
    with write() as session:
        stranger = make_actor(session, Role.PARTNER)
    ref = call("POST", REQUESTS, content()).json["ref"]
    other = Caller(app, token(write, stranger))
    hidden, missing = other("GET", f"{REQUESTS}/{ref}"), other("GET", f"{REQUESTS}/REQ-2026-9999")

    bodies = [{k: v for k, v in answer.json.items() if k != "request_id"} for answer in (hidden, missing)]
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert bodies[0] == bodies[1]


def test_pages_neither_lose_nor_repeat_while_entries_come(call: Caller, write: Opened) -> None:
    def publish(n: int) -> str:
        with write() as session:
            entry = make_published(session, EntryKind.OFFER, organisation_name=f"Body {n}")
            return str(entry.ref)

    before = {publish(n) for n in range(7)}
    seen, cursor = [], None
    while True:
        page = call("GET", "/api/v1/offers?limit=3" + (f"&cursor={cursor}" if cursor else "")).json
        seen += [item["ref"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        publish(len(seen) + 100)

    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_errors_are_in_the_language_asked_for(call: Caller) -> None:
    english, french = (call("GET", f"{REQUESTS}/REQ-1", Accept_Language=code) for code in ("en", "fr"))

    assert english.json["title"] == "There is nothing here, or you may not see it."
    assert french.json["title"] != english.json["title"]
    assert english.json.keys() == french.json.keys()


# --- the same entry by form and by API --------------------------------------------------------------------


def _filled(kind: EntryKind, fields: dict[str, Any]) -> dict[str, Any]:
    """Content as a browser sends it."""
    sent: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "self_assessment":
            for code, answer in value.items():
                sent |= {f"{name}.{code}.{key}": text for key, text in answer.items()}
        elif isinstance(value, bool):
            sent |= {name: "yes"} if value else {}
        else:
            sent[name] = [str(item) for item in value] if isinstance(value, list) else str(value)
    return sent


@pytest.mark.parametrize("kind", list(EntryKind))
def test_form_and_api_store_the_same(
    app: Flask, call: Caller, read: Opened, kind: EntryKind, tokenless: FlaskClient
) -> None:
    fields = content(kind) | ({"seeks_recognition": True} if kind is EntryKind.OFFER else {})
    made = call("POST", f"/api/v1/{kind.value}s", fields)
    by_api = made.json["ref"]
    call("POST", f"/api/v1/{kind.value}s/{by_api}/submission", If_Match=made.headers["ETag"])
    by_form = _by_form(tokenless, kind, _filled(kind, fields))

    with read() as session:
        found = session.execute(
            sa.select(Entry.ref, Revision.content).join(Revision, Revision.entry_id == Entry.id)
        ).all()
    contents = {row.ref: row.content for row in found}
    assert contents[by_form] == contents[by_api]


@pytest.fixture
def tokenless(app: Flask) -> FlaskClient:
    """A browser without an account; CSRF is tested elsewhere."""
    return app.test_client()


def _by_form(browser: FlaskClient, kind: EntryKind, sent: dict[str, Any]) -> str:
    noun = f"{kind.value}s"
    page = browser.get(f"/{noun}/new").text
    form = sent | {"csrf_token": _value(page, "csrf_token"), "version": "0"}
    address = browser.post(f"/{noun}/new", data=form).headers["Location"]
    ref = address.split("/")[2]
    while "/edit/" in address:
        page = browser.get(address).text
        form |= {"version": _value(page, "version")}
        address = browser.post(address, data=form).headers["Location"]
    page = browser.get(f"/{noun}/{ref}/check").text
    form |= {"version": _value(page, "version")}
    done = browser.post(f"/{noun}/{ref}/submission", data=form)
    assert done.status_code == 303, done.text
    return ref


def _value(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]
