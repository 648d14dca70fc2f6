"""What cannot be read, is not known or is too much is answered 4xx in one error body; nothing is stored."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from api.errors import ProblemSchema
from models.entries import Entry
from services.clock import utc_now
from tests.factories import make_actor, make_draft
from tests.fixtures import Opened
from tests.scoring import make_token
from vocabulary.people import Role, Scope

REQUESTS = "/api/v1/requests"
JSON = "application/json"

UNREADABLE = {
    "half a text": b'{"title": "',
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "lists without end": b'{"title":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects without end": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "number without end": b'{"amount_needed":' + b"9" * 5_000 + b"}",
    "Infinity": b'{"amount_needed": Infinity}',
    "NaN": b'{"amount_needed": NaN}',
    "a name twice": b'{"title": "one", "title": "two"}',
}
WRONG: dict[str, tuple[bytes, list[str]]] = {
    "no object": (b"[]", ["body"]),
    "a text": (b'"title"', ["body"]),
    "nothing": (b"null", ["body"]),
    "unknown field": (b'{"headline": "a"}', ["headline"]),
    "unknown field with a half character": (b'{"\\ud800": 1}', ["\ud800"]),
    "NUL": (b'{"title": "a\\u0000b"}', ["title"]),
    "half a character": (b'{"title": "a\\ud800b"}', ["title"]),
    "half a character in a code": (b'{"countries": ["\\ud800"]}', ["countries"]),
    "a number for a text": (b'{"title": 1}', ["title"]),
    "a number too large": (b'{"amount_needed": 1e308}', ["amount_needed"]),
    "a number beyond floats": (b'{"amount_needed": 1e400}', ["amount_needed"]),
    "many digits": (b'{"amount_needed": "1e999999999"}', ["amount_needed"]),
    "an impossible date": (b'{"starts_on": "2027-02-30"}', ["starts_on"]),
    "a week": (b'{"starts_on": "2027-W01-1"}', ["starts_on"]),
    "a number for a date": (b'{"starts_on": 20270101}', ["starts_on"]),
    "a list in a list": (b'{"countries": [["KEN"]]}', ["countries"]),
    "an object for a list": (b'{"countries": {"KEN": 1}}', ["countries"]),
    "a list for a finding": (b'{"self_assessment": {"1": {"finding": []}}}', ["self_assessment"]),
    "a number for an answer": (b'{"self_assessment": {"1": {"text": 0}}}', ["self_assessment"]),
    "no such call": (b'{"call": "CALL-1999-0001"}', ["call"]),
    "several at once": (
        b'{"title": 1, "starts_on": "x", "countries": 2}',
        ["countries", "starts_on", "title"],
    ),
}
LONG_NUMBERS = (-(10**40), 10**400, 1.5e142, 7.25)
MEDIA_TYPES = (
    None,
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/merge-patch+json",
    "application/json; charset=latin-1",
)
QUERIES: dict[str, tuple[int, list[str]]] = {
    "?headline=a": (422, ["headline"]),
    "?limit=0": (422, ["limit"]),
    "?limit=101": (422, ["limit"]),
    "?limit=many": (422, ["limit"]),
    "?limit=" + "9" * 5_000: (422, ["limit"]),
    "?limit=1&limit=2": (422, ["limit"]),
    "?cursor=x": (422, ["cursor"]),
    "?cursor=%00": (422, ["cursor"]),
    "?q=%00": (422, ["q"]),
    "?sort=best": (422, ["sort"]),
    "?needs=%00": (422, ["needs"]),
    "?limit=0&headline=a&sort=best": (422, ["headline"]),
    "?q=%ff": (400, []),
    "?q=%ed%a0%80": (400, []),
}


@pytest.fixture
def headers(write: Opened) -> dict[str, str]:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        return make_token(session, owner, utc_now(), (Scope.READ, Scope.WRITE_ENTRIES))


def problem(answer: Any) -> dict[str, Any]:
    """The body, which must be a problem document that fits its published schema."""
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.json
    assert ProblemSchema().validate(body) == {}
    assert body["status"] == answer.status_code
    return body


def n_entries(read: Opened) -> int:
    with read() as session:
        return int(session.execute(sa.select(sa.func.count(Entry.id))).scalar_one())


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_body_is_400(
    client: FlaskClient, read: Opened, headers: dict[str, str], body: bytes
) -> None:
    answer = client.post(REQUESTS, data=body, content_type=JSON, headers=headers)

    assert (answer.status_code, problem(answer)["code"], n_entries(read)) == (400, "bad_request", 0)


@pytest.mark.parametrize(("body", "named"), WRONG.values(), ids=WRONG)
def test_wrong_body_names_every_field(
    client: FlaskClient, read: Opened, headers: dict[str, str], body: bytes, named: list[str]
) -> None:
    answer = client.post(REQUESTS, data=body, content_type=JSON, headers=headers)

    assert (answer.status_code, sorted(problem(answer)["errors"]), n_entries(read)) == (422, named, 0)


@pytest.mark.parametrize("score", LONG_NUMBERS)
def test_numbers_without_end_are_told_as_any_other_error(client: FlaskClient, score: float) -> None:
    answer = client.post("/api/v1/criteria/evaluate", json={"strategy": "S1", "scores": {"1": score}})

    assert (answer.status_code, list(problem(answer)["errors"])) == (422, ["scores"])


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_other_media_type_is_415(
    client: FlaskClient, headers: dict[str, str], media_type: str | None
) -> None:
    answer = client.post(REQUESTS, data=b'{"title": "a"}', content_type=media_type, headers=headers)

    assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported_media_type")


def test_body_beyond_the_limit_is_413(client: FlaskClient, headers: dict[str, str]) -> None:
    body = json.dumps({"title": "a" * 3_000_000})

    answer = client.post(REQUESTS, data=body, content_type=JSON, headers=headers)

    assert (answer.status_code, problem(answer)["code"]) == (413, "too_large")


@pytest.mark.parametrize(("query", "expected"), QUERIES.items(), ids=[query[:30] for query in QUERIES])
def test_wrong_query_is_refused_by_name(
    client: FlaskClient, query: str, expected: tuple[int, list[str]]
) -> None:
    answer = client.get(REQUESTS + query)

    assert (answer.status_code, sorted(problem(answer).get("errors", {}))) == expected


def test_every_endpoint_refuses_parameters_it_does_not_know(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    addresses = [path for path, operations in document["paths"].items() if "get" in operations]
    public = [path for path in addresses if {} in document["paths"][path]["get"]["security"]]

    answers = {path: client.get(path.replace("{", "").replace("}", "") + "?headline=a") for path in public}

    assert len(public) >= 14
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(public, 422)
    assert all("headline" in problem(answer)["errors"] for answer in answers.values())


@pytest.mark.parametrize("path", ["/requests/%00", "/requests/%ff", "/vocabularies/%00", "/calls/%ed%a0%80"])
def test_odd_addresses_lead_nowhere(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1{path}")

    assert (answer.status_code, problem(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize("version", ["x", "", "*", '"1", "2"', '"-1"', '"99999999999"', '"1.5"', '"\u0663"'])
def test_if_match_must_be_a_version(
    client: FlaskClient, write: Opened, headers: dict[str, str], version: str
) -> None:
    with write() as session:
        ref = make_draft(session).entry.ref

    answer = client.patch(
        f"{REQUESTS}/{ref}",
        json={},
        headers=headers | {"If-Match": version.encode().decode("latin-1")},
    )

    assert (answer.status_code, list(problem(answer)["errors"])) == (422, ["If-Match"])


@pytest.mark.parametrize("key", ["short", "x" * 201, "with\ttab", "schl\u00fcssel-1"])
def test_key_must_be_a_plain_text(
    client: FlaskClient, read: Opened, headers: dict[str, str], key: str
) -> None:
    answer = client.post(REQUESTS, json={}, headers=headers | {"Idempotency-Key": key})

    assert (answer.status_code, list(problem(answer)["errors"])) == (422, ["Idempotency-Key"])
    assert n_entries(read) == 0


@pytest.mark.parametrize("said", ["Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer \u00ff", "cap_x"])
def test_a_token_that_does_not_hold_opens_not_even_what_is_public(client: FlaskClient, said: str) -> None:
    answer = client.get("/api/v1/criteria", headers={"Authorization": said})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert problem(answer)["code"] == "unauthenticated"


def test_method_that_is_not_taken_names_those_that_are(client: FlaskClient) -> None:
    answer = client.put(f"{REQUESTS}/REQ-2026-0001")

    assert (answer.status_code, problem(answer)["code"]) == (405, "method_not_allowed")
    allowed = {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"}
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_upload_without_a_file_says_how(client: FlaskClient, headers: dict[str, str]) -> None:
    ref = client.post(REQUESTS, json={}, headers=headers).json["ref"]
    address = f"{REQUESTS}/{ref}/attachments"

    missing = client.post(address, headers=headers, data={"other": (io.BytesIO(b"x"), "x.pdf")})
    as_json = client.post(address, headers=headers, json={"file": "x"})

    assert [problem(answer)["errors"].keys() for answer in (missing, as_json)] == [{"file"}, {"file"}]
