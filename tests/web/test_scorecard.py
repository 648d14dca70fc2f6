"""Can a reviewer score with and without a script, lose nothing, and see nothing of others?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.database import db
from models.reviews import CriterionScore, Review
from services.clock import utc_now
from services.reviews.drafts import save
from services.reviews.submission import Declared, submit
from tests.factories import make_account, make_actor
from tests.fixtures import Opened
from tests.scoring import Sitting, as_form, full_card, make_sitting, sign_in, signed_in
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

CANARY = "kingfisher-4711"


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def sit(app: Flask, write: Opened, **changes: Any) -> tuple[Sitting, FlaskClient]:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), **changes)
        secret = sign_in(session, sitting.reviewer, utc_now())
    return sitting, signed_in(app, secret)


def test_journey_from_queue_to_receipt(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write, answer=None)

    led = client.get(f"/reviews/{sitting.ref}")
    question = client.get(f"/reviews/{sitting.ref}/conflict")
    answered = client.post(f"/reviews/{sitting.ref}/conflict", data={"answer": "none"})
    page = client.get(f"/reviews/{sitting.ref}")
    sent = client.post(
        f"/reviews/{sitting.ref}",
        data=form(full_card(), version=1, still_no_conflict="yes", do="submit"),
    )
    receipt = client.get(sent.location)
    queue = client.get("/reviews")

    assert (led.status_code, led.location) == (302, f"/reviews/{sitting.ref}/conflict")
    assert "Nobody on the team has led an assessment before." not in question.text
    assert (answered.status_code, answered.location) == (303, f"/reviews/{sitting.ref}")
    assert "Nobody on the team has led an assessment before." in page.text
    assert page.text.count('name="scores.9.value"') == 5
    assert "is met" not in page.text
    assert (sent.status_code, sent.location) == (303, f"/reviews/{sitting.ref}/receipt")
    assert "Strategy S3 is met." in receipt.text
    assert receipt.text.count("Not claimed") == 2
    assert "4 of 12 scored" in queue.text


def form(card: dict[str, Any], **more: Any) -> Any:
    sent: dict[str, list[str]] = {}
    for name, value in [*as_form(card), *((name, str(value)) for name, value in more.items())]:
        sent.setdefault(name, []).append(value)
    return sent


def test_autosave_answers_after_the_commit(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)

    answer = client.post(
        f"/reviews/{sitting.ref}/draft",
        data=form({"scores": {"9": {"value": 3, "evidence": "Kept."}}}, version=1),
        headers={"X-Requested-With": "autosave"},
    )
    with app.app_context(), db.engine.connect() as another:
        kept = another.execute(sa.select(CriterionScore.value, CriterionScore.evidence)).one()

    assert (answer.status_code, answer.json["version"], answer.json["n_scored"]) == (200, 2, 1)
    assert answer.json["text"].startswith("1 of 12 scored · saved ")
    assert tuple(kept) == (3, "Kept.")


def test_autosave_keeps_the_rest_beside_a_wrong_answer(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)

    answer = client.post(
        f"/reviews/{sitting.ref}/draft",
        data=form({"comment_internal": "Kept.", "minutes_spent": "half an hour"}, version=1),
    )
    page = client.get(f"/reviews/{sitting.ref}")

    assert answer.status_code == 200
    assert "one answer is not saved: This must be a whole number." in answer.json["text"]
    assert "Kept.</textarea>" in page.text


def test_the_same_form_twice_is_no_conflict(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    sent = form(full_card(expertise={"S1": "", "S3": "high"}), version=1)

    first = client.post(f"/reviews/{sitting.ref}/draft", data=sent)
    second = client.post(f"/reviews/{sitting.ref}", data=sent | {"do": "save"})

    assert (first.status_code, second.status_code) == (200, 303)


def test_stale_form_shows_both_texts_and_loses_none(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    client.post(f"/reviews/{sitting.ref}", data=form({"comment_internal": "From window one."}, version=1))

    told = client.post(
        f"/reviews/{sitting.ref}/draft", data=form({"comment_internal": "From window two."}, version=1)
    )
    page = client.post(
        f"/reviews/{sitting.ref}",
        data=form({"comment_internal": "From window two.", "comment_applicant": "Mine."}, version=1),
    )
    kept = client.post(
        f"/reviews/{sitting.ref}",
        data=form({"comment_internal": "From window two.", "comment_applicant": "Mine."}, version=2)
        | {"keep.comment_internal": "yes"},
    )
    after = client.get(kept.location)

    assert (told.status_code, told.json["code"]) == (409, "version_conflict")
    assert page.status_code == 409
    assert '<input type="hidden" name="version" value="2">' in page.text
    for text in ("From window one.", "From window two.", "Mine."):
        assert text in page.text
    assert "From window one.</textarea>" in after.text
    assert "Mine.</textarea>" in after.text


def test_incomplete_submission_keeps_everything_and_says_all(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    card = {
        "scores": {"9": {"value": 2}, "11": {"value": 3, "evidence": "Here."}},
        "recommendation": "endorse",
    }

    page = client.post(f"/reviews/{sitting.ref}", data=form(card, version=1, do="submit"))
    later = client.get(f"/reviews/{sitting.ref}")

    assert page.status_code == 422
    for name in ("9.evidence", "10.value", "11.parts", "12.value"):
        assert f'href="#f-scores.{name}"' in page.text
        assert f'id="f-scores.{name}"' in page.text
    for name in ("confidence", "still_no_conflict"):
        assert f'href="#f-{name}"' in page.text
        assert f'id="f-{name}"' in page.text
    assert "Here.</textarea>" in later.text


def test_nothing_changes_by_get(app: Flask, write: Opened, read: Opened) -> None:
    sitting, client = sit(app, write, answer=None)

    for path in (
        "",
        "/conflict",
        "/receipt",
        "/draft",
        "/reopening",
        "/step-back",
        "/revision",
        "/submission",
    ):
        client.get(f"/reviews/{sitting.ref}{path}?answer=none&do=submit")

    with read() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Review)).scalar_one() == 0


def test_officer_assigns_and_rules_on_the_page(app: Flask, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), answer=ConflictAnswer.POSSIBLE)
        other = make_account(session, Role.REVIEWER, name="Newly Asked")
        email = other.email
        client = signed_in(app, sign_in(session, sitting.officer, utc_now()))

    wrong = client.post("/assignments", data={"entry": "", "reviewer": "", "due_on": "soon"})
    made = client.post(
        "/assignments", data={"entry": sitting.entry_ref, "reviewer": email, "due_on": "2099-01-01"}
    )
    page = client.get("/assignments")
    ruled = client.post(
        f"/assignments/{sitting.ref}/ruling", data={"ruling": "cleared", "reason": "Long ago."}
    )

    assert (wrong.status_code, wrong.text.count('class="error"')) == (422, 3)
    assert (made.status_code, ruled.status_code) == (303, 303)
    assert "We met once." in page.text
    assert "Newly Asked" in page.text


PAGES = (
    "/reviews",
    "/reviews/{ref}",
    "/reviews/{ref}/conflict",
    "/reviews/{ref}/receipt",
    "/assignments",
    "/requests",
    "/requests/{entry}",
    "/api/v1/reviews",
    "/api/v1/reviews/{ref}",
    "/api/v1/assignments",
    "/api/v1/requests",
    "/api/v1/requests/{entry}",
)


def planted(session: Session) -> tuple[Sitting, Sitting]:
    """Two reviewers of one entry; the first has written the canary into every text, and submitted."""
    first = make_sitting(session, now=utc_now())
    second = make_sitting(session, now=utc_now(), entry_ref=first.entry_ref)
    card = full_card(comment_applicant=CANARY, comment_internal=CANARY)
    for answer in card["scores"].values():
        answer |= {"evidence": CANARY, "pointer": CANARY}
    kept = save(session, first.reviewer, first.ref, card, 1, now=utc_now())
    submit(session, first.reviewer, first.ref, Declared(still_no_conflict=True), kept.version, now=utc_now())
    return first, second


def test_scores_of_one_reviewer_reach_no_page_of_anybody_else(app: Flask, write: Opened) -> None:
    with write() as session:
        first, second = planted(session)
        review_ref = session.execute(sa.select(Review.ref).where(Review.state == "submitted")).scalar_one()
        people = {
            "second reviewer": second.reviewer,
            "officer": first.officer,
            "moderator": make_actor(session, Role.MODERATOR),
            "decider": make_actor(session, Role.DECIDER),
            "auditor": make_actor(session, Role.AUDITOR),
            "admin": make_actor(session, Role.ADMIN),
            "requester": make_actor(session, Role.REQUESTER),
        }
        secrets = {name: sign_in(session, actor, utc_now()) for name, actor in people.items()}
        author = signed_in(app, sign_in(session, first.reviewer, utc_now()))

    clients = {name: signed_in(app, secret) for name, secret in secrets.items()} | {
        "signed out": app.test_client()
    }
    seen = {
        (name, page)
        for name, client in clients.items()
        for page in PAGES
        for ref in (first.ref, second.ref, review_ref)
        if CANARY in client.get(page.format(ref=ref, entry=first.entry_ref)).text
    }
    own = signed_in(app, next(iter(secrets.values())))
    author.post(f"/reviews/{first.ref}/reopening", data={"version": "3"})

    assert author.get(f"/reviews/{first.ref}").text.count(CANARY) == 10
    assert seen == set()
    assert own.get(f"/reviews/{first.ref}").status_code == 404
    assert own.post(f"/reviews/{first.ref}/draft", data=form(full_card(), version=2)).status_code == 404
    assert own.post(f"/reviews/{first.ref}", data=form(full_card(), version=2)).status_code == 404


def test_officer_is_refused_and_conflicted_people_find_nothing(app: Flask, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), answer=ConflictAnswer.CONFLICT)
        open_one = make_sitting(session, now=utc_now(), entry_ref=sitting.entry_ref)
        officer = signed_in(app, sign_in(session, sitting.officer, utc_now()))
        conflicted = signed_in(app, sign_in(session, sitting.reviewer, utc_now()))

    statuses = {
        "officer": officer.post(f"/reviews/{open_one.ref}", data=form(full_card(), version=1)).status_code,
        "conflicted": conflicted.get(f"/reviews/{sitting.ref}").status_code,
        "conflicted, question": conflicted.get(f"/reviews/{sitting.ref}/conflict").status_code,
    }

    assert statuses == {"officer": 403, "conflicted": 404, "conflicted, question": 404}
