"""Does the API of reviews do what the form does, with versions, and nothing more?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.reviews import CriterionScore, Review
from services.clock import utc_now
from tests.factories import make_account
from tests.fixtures import Opened
from tests.scoring import (
    Sitting,
    as_form,
    at,
    full_card,
    full_scores,
    make_sitting,
    make_token,
    sign_in,
    signed_in,
)
from vocabulary.people import Role, Scope
from vocabulary.states import ConflictAnswer

SUBMIT = {"still_no_conflict": True}


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def sit(write: Opened, **changes: Any) -> tuple[Sitting, dict[str, str]]:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), **changes)
        return sitting, make_token(session, sitting.reviewer, utc_now())


def test_journey_by_api(client: FlaskClient, write: Opened) -> None:
    sitting, token = sit(write, answer=None)
    path = f"/api/v1/reviews/{sitting.ref}"

    listed = client.get("/api/v1/reviews", headers=token)
    before = client.get(path, headers=token)
    answered = client.put(f"{path}/conflict", headers=token, json={"answer": "none"})
    opened = client.get(path, headers=token)
    saved = client.patch(path, headers=at(token, 1), json=full_card())
    done = client.post(f"{path}/submission", headers=at(token, 2), json=SUBMIT)
    again = client.delete(f"{path}/submission", headers=at(token, 3))

    assert [(row["ref"], row["state"]) for row in listed.json["items"]] == [(sitting.ref, "question")]
    assert (before.json["state"], "need" in before.json["submission"]) == ("question", False)
    assert answered.json == {"ref": sitting.ref, "answer": "none", "standing": "cleared"}
    assert (opened.headers["ETag"], opened.json["state"], opened.json["result"]) == (
        '"1"',
        "not_started",
        None,
    )
    assert (saved.status_code, saved.headers["ETag"], saved.json["result"]) == (200, '"2"', None)
    assert (done.status_code, done.json["state"]) == (200, "submitted")
    assert [
        (row["strategy"], row["is_claimed"], row["verdict"]) for row in done.json["result"]["strategies"]
    ] == [("S3", True, "satisfied"), ("S1", False, "undecided"), ("S2", False, "undecided")]
    assert (again.json["state"], again.json["result"]) == ("draft", None)


CARDS = {
    "complete": full_card(expertise={"S3": "high", "S1": "low"}),
    "every kind of answer": {
        "scores": full_scores()
        | {
            "1": {"value": 0, "evidence": " Line one\r\nline two ", "pointer": "p. 3"},
            "2": {"cannot_judge": True, "cannot_reason": "Outside my field."},
            "6": {"value": 3, "parts": {"6i": True, "6iv": True}, "evidence": "数据"},
            "11": {"value": 1, "parts": {"11i": True, "11ii": False, "11iii": None}},
        },
        "recommendation": "endorse_with_conditions",
        "conditions": "A letter.",
        "confidence": "low",
        "comment_applicant": "شكرا",
        "comment_internal": "",
        "minutes_spent": 0,
        "partners": ["Partner Foundation", " A  second one ", "partner foundation", ""],
    },
    "nearly empty": {"scores": {"9": {"value": None, "evidence": "Only a note."}}},
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_form_and_api_store_the_same_rows(
    app: Flask, client: FlaskClient, write: Opened, read: Opened, card: dict[str, Any]
) -> None:
    with write() as session:
        by_form, by_api = (make_sitting(session, now=utc_now()) for _ in range(2))
        browser = signed_in(app, sign_in(session, by_form.reviewer, utc_now()))
        token = make_token(session, by_api.reviewer, utc_now())
    sent: dict[str, list[str]] = {}
    for name, value in [*as_form(card), ("version", "1")]:
        sent.setdefault(name, []).append(value)

    one = browser.post(f"/reviews/{by_form.ref}", data=sent)
    two = client.patch(f"/api/v1/reviews/{by_api.ref}", headers=at(token, 1), json=card)

    with read() as session:
        rows = [stored(session, sitting) for sitting in (by_form, by_api)]
    assert (one.status_code, two.status_code) == (303, 200)
    assert rows[0] == rows[1]


def stored(session: Any, sitting: Sitting) -> Any:
    own = ("id", "ref", "assignment_id", "entry_id", "revision_id", "created_at", "updated_at")
    reviews = session.execute(sa.select(Review.__table__)).mappings().all()
    from_ref = sitting.entry_ref
    entry_id = session.execute(
        sa.text("select id from entry where ref = :ref"), {"ref": from_ref}
    ).scalar_one()
    review = next(row for row in reviews if row["entry_id"] == entry_id)
    scores = session.execute(
        sa.select(CriterionScore.__table__)
        .where(CriterionScore.review_id == review["id"])
        .order_by(CriterionScore.criterion_id)
    ).mappings()
    return (
        {name: value for name, value in review.items() if name not in own},
        [{name: value for name, value in row.items() if name != "review_id"} for row in scores],
    )


def test_lost_update_is_409_with_the_present_scorecard(client: FlaskClient, write: Opened) -> None:
    sitting, token = sit(write)
    path = f"/api/v1/reviews/{sitting.ref}"
    client.patch(path, headers=at(token, 1), json={"comment_internal": "first"})

    lost = client.patch(path, headers=at(token, 1), json={"comment_internal": "second"})
    missing = client.patch(path, headers=token, json={"comment_internal": "third"})

    assert (lost.status_code, lost.json["code"], lost.json["version"]) == (409, "version_conflict", 2)
    assert lost.json["current"]["comment_internal"] == "first"
    assert missing.status_code == 428


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"scores": {"9": {"value": 4}}}, ["scores", "9", "value"]),
        ({"scores": {"9": {"value": True}}}, ["scores", "9", "value"]),
        ({"scores": {"9": {"value": 1.5}}}, ["scores", "9", "value"]),
        ({"scores": {"9": {"value": 2, "cannot_judge": True}}}, ["scores", "9", "value"]),
        ({"scores": {"9": {"pointer": "x" * 201}}}, ["scores", "9", "pointer"]),
        ({"scores": {"9": {"evidence": "\u0000"}}}, ["scores", "9", "evidence"]),
        ({"scores": {"9": {"note": "?"}}}, ["scores", "9", "note"]),
        ({"scores": {"13": {"value": 1}}}, ["scores", "13"]),
        ({"scores": {"9": None}}, ["scores", "9"]),
        ({"scores": []}, ["scores"]),
        ({"recommendation": "perhaps"}, ["recommendation"]),
        ({"expertise": {"S1": "some"}}, ["expertise", "S1"]),
        ({"minutes_spent": -1}, ["minutes_spent"]),
        ({"state": "submitted"}, ["state"]),
    ],
)
def test_wrong_answers_are_named_by_field(
    client: FlaskClient, write: Opened, body: dict[str, Any], path: list[str]
) -> None:
    sitting, token = sit(write)

    refused = client.patch(f"/api/v1/reviews/{sitting.ref}", headers=at(token, 1), json=body)

    assert refused.status_code == 422
    found = refused.json["errors"]
    for step in path:
        assert list(found) == [step]
        found = found[step]


def test_idempotency_key_repeats_the_first_answer(client: FlaskClient, write: Opened) -> None:
    sitting, token = sit(write)
    headers = at(token, 1) | {"Idempotency-Key": "once-and-only-once"}
    path = f"/api/v1/reviews/{sitting.ref}"

    first, second = (client.patch(path, headers=headers, json=full_card()) for _ in range(2))

    assert (first.status_code, second.status_code, first.json) == (200, 200, second.json)


def test_token_needs_the_scope(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now())
        token = make_token(session, sitting.reviewer, utc_now(), scopes=(Scope.READ,))
    path = f"/api/v1/reviews/{sitting.ref}"

    read_it = client.get(path, headers=token)
    write_it = client.patch(path, headers=at(token, 1), json=full_card())

    assert (read_it.status_code, write_it.status_code, write_it.json["code"]) == (200, 403, "scope")


def test_others_find_nothing(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now())
        other = make_sitting(session, now=utc_now(), entry_ref=sitting.entry_ref)
        token = make_token(session, other.reviewer, utc_now())
        officer = make_token(session, sitting.officer, utc_now())
    path = f"/api/v1/reviews/{sitting.ref}"

    def statuses(headers: dict[str, str]) -> list[int]:
        return [
            client.get(path, headers=headers).status_code,
            client.patch(path, headers=at(headers, 1), json=full_card()).status_code,
            client.post(f"{path}/submission", headers=at(headers, 1), json=SUBMIT).status_code,
            client.put(f"{path}/conflict", headers=headers, json={"answer": "none"}).status_code,
        ]

    assert statuses(token) == [404, 404, 404, 404]
    assert statuses(officer) == [403, 403, 403, 403]
    assert [client.get(path).status_code, client.get("/api/v1/reviews").status_code] == [401, 401]


def test_officer_assigns_lists_and_rules(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), answer=ConflictAnswer.POSSIBLE)
        email = make_account(session, Role.REVIEWER).email
        officer = make_token(session, sitting.officer, utc_now())
    asked = {"entry": sitting.entry_ref, "reviewer": email, "due_at": "2099-01-01T16:00:00+02:00"}

    made = client.post("/api/v1/assignments", headers=officer, json=asked)
    twice = client.post("/api/v1/assignments", headers=officer, json=asked)
    listed = client.get("/api/v1/assignments", headers=officer)
    ruled = client.put(
        f"/api/v1/reviews/{sitting.ref}/conflict/ruling", headers=officer, json={"ruling": "cleared"}
    )

    assert (made.status_code, made.json["due_at"]) == (201, "2099-01-01T14:00:00+00:00")
    assert (twice.status_code, list(twice.json["errors"])) == (422, ["reviewer"])
    assert [row["ref"] for row in listed.json["items"]] == [made.json["ref"], sitting.ref]
    assert ruled.json == {"ref": sitting.ref, "answer": "possible", "standing": "cleared"}


def test_step_back_by_api_while_a_ruling_is_awaited(client: FlaskClient, write: Opened) -> None:
    sitting, token = sit(write, answer=ConflictAnswer.POSSIBLE)
    path = f"/api/v1/reviews/{sitting.ref}"

    seen = [client.get(path, headers=token).status_code, client.get("/api/v1/reviews", headers=token).json]
    gone = client.post(f"{path}/step-back", headers=token)
    again = client.post(f"{path}/step-back", headers=token)

    assert seen == [404, {"items": [], "next": None}]
    assert (gone.status_code, gone.data, again.status_code) == (204, b"", 404)
