"""Where a call says so, reviewers see the result of their own scores while they score; anywhere else not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.calls import Call
from models.entries import Entry
from services.clock import utc_now
from services.queries import reviews
from tests.factories import make_call, make_submitted
from tests.fixtures import Opened
from tests.scoring import Sitting, at, full_card, make_sitting, make_token, sign_in, signed_in
from tests.web.test_scorecard import form
from vocabulary.states import CallState

TITLE = "What the rules make of your scores so far"


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def sit(app: Flask, write: Opened, *, is_shown: bool) -> tuple[Sitting, FlaskClient, dict[str, str]]:
    with write() as session:
        call = make_call(session, now=utc_now(), shows_own_verdict=is_shown)
        entry = make_submitted(session, call=call, now=utc_now())
        sitting = make_sitting(session, now=utc_now(), entry_ref=entry.ref)
        browser = signed_in(app, sign_in(session, sitting.reviewer, utc_now()))
        return sitting, browser, make_token(session, sitting.reviewer, utc_now())


def test_it_follows_every_save_without_a_script(app: Flask, write: Opened) -> None:
    sitting, browser, _ = sit(app, write, is_shown=True)

    fresh = browser.get(f"/reviews/{sitting.ref}").text
    browser.post(f"/reviews/{sitting.ref}", data=form(full_card(), version=1, do="save"))
    saved = browser.get(f"/reviews/{sitting.ref}").text

    assert (TITLE in fresh, "Undecided" in fresh, "Satisfied" in fresh) == (True, True, False)
    assert ("Undecided" in saved, "Satisfied" in saved) == (False, True)
    assert "Strategy S3 is met." in saved


def test_the_answer_of_an_autosave_brings_it_along(app: Flask, write: Opened) -> None:
    sitting, browser, _ = sit(app, write, is_shown=True)

    first = browser.post(f"/reviews/{sitting.ref}/draft", data=form(full_card(), version=1)).json
    worse = full_card() | {"scores": full_card()["scores"] | {"9": {"value": 0, "evidence": "None."}}}
    second = browser.post(f"/reviews/{sitting.ref}/draft", data=form(worse, version=2)).json

    assert "Satisfied" in first["running"]
    assert ("Failed" in second["running"], "<p>" in second["running"]) == (True, True)


def test_the_api_has_it_too(app: Flask, client: FlaskClient, write: Opened) -> None:
    sitting, _, token = sit(app, write, is_shown=True)

    path = f"/api/v1/reviews/{sitting.ref}"
    fresh = client.get(path, headers=at(token)).json
    saved = client.patch(path, headers=at(token, 1), json=full_card()).json

    assert (fresh["running"], saved["running"], saved["result"]) == (
        {"S3": "undecided"},
        {"S3": "satisfied"},
        None,
    )


def test_a_call_that_does_not_say_so_shows_nothing(app: Flask, client: FlaskClient, write: Opened) -> None:
    sitting, browser, token = sit(app, write, is_shown=False)

    answer = browser.post(f"/reviews/{sitting.ref}/draft", data=form(full_card(), version=1)).json
    page = browser.get(f"/reviews/{sitting.ref}").text

    assert "running" not in answer
    assert (TITLE in page, "Satisfied" in page, "is met" in page) == (False, False, False)
    assert client.get(f"/api/v1/reviews/{sitting.ref}", headers=at(token)).json["running"] is None


def test_it_ends_with_the_submission_and_with_the_scoring(app: Flask, write: Opened, read: Opened) -> None:
    sitting, browser, _ = sit(app, write, is_shown=True)
    with write() as session:
        call_id = session.execute(sa.select(Entry.call_id).where(Entry.ref == sitting.entry_ref)).scalar_one()
        session.get_one(Call, call_id).state = CallState.DELIBERATION

    def running() -> tuple[Any, ...]:
        with read() as session:
            return reviews.running(session, sitting.reviewer, sitting.ref, language="en", now=utc_now())

    locked = running()
    with write() as session:
        session.get_one(Call, call_id).state = CallState.OPEN
    scoring = len(running())
    sent = form(full_card(), version=1, still_no_conflict="yes", do="submit")
    browser.post(f"/reviews/{sitting.ref}", data=sent)

    assert (locked, scoring, running()) == ((), 1, ())


def test_the_setting_is_off_on_a_new_form_and_says_why(app: Flask, write: Opened) -> None:
    with write() as session:
        call = make_call(session, now=utc_now())
        officer = make_sitting(session, now=utc_now()).officer
        browser = signed_in(app, sign_in(session, officer, utc_now()))
        session.refresh(call)
        is_on = call.shows_own_verdict

    page = browser.get("/calls/new").text
    box = page[page.index('name="shows_own_verdict"') :][:80]

    assert (is_on, "checked" in box, "tempted to adjust the score" in page) == (False, False, True)
