"""Do the pages of plans and conflict questions show, and do their buttons do what they say?"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from models.calls import Call
from models.reviews import Assignment, ConflictDeclaration
from services.clock import utc_now
from tests.fixtures import Opened
from tests.scoring import sign_in, signed_in
from tests.services.test_assignment_plans import make_scene


@pytest.fixture(autouse=True)
def _no_csrf(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


def test_officer_plans_looks_and_makes(app: Flask, write: Opened, read: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        browser = signed_in(app, sign_in(session, scene.officer, utc_now()))

    table = browser.get(f"/assignments/calls/{scene.call}")
    made = browser.post(f"/assignments/calls/{scene.call}/plans", data={"mode": "sum"})
    plan = browser.get(made.headers["Location"])
    keys = [part.split('"')[0] for part in plan.text.split('name="pair" value="')[1:]]
    done = browser.post(f"{made.headers['Location']}/commit", data={"pair": keys[:2]})

    with read() as session:
        n = session.execute(sa.select(sa.func.count()).select_from(Assignment)).scalar_one()
    assert (table.status_code, plan.status_code, done.status_code) == (200, 200, 303)
    assert (len(keys), n) == (3, 2)


def test_office_answers_before_the_content_opens(app: Flask, write: Opened, read: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        session.execute(sa.update(Call).values(asks_everybody=True))
        browser = signed_in(app, sign_in(session, scene.officer, utc_now()))

    ref = scene.entries[0]
    closed = browser.get(f"/requests/{ref}").text
    listed = browser.get("/conflicts").text
    gate = browser.get(f"/conflicts/{ref}")
    browser.post("/conflicts", data={"entry": [ref]})
    opened = browser.get(f"/requests/{ref}").text

    with read() as session:
        n = session.execute(sa.select(sa.func.count()).select_from(ConflictDeclaration)).scalar_one()
    need = "Nobody on the team has led an assessment before."
    assert (need in closed, need in opened, ref in listed, gate.status_code, n) == (False, True, True, 200, 1)
