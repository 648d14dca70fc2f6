"""services/health.py and the pages that show it: /health/ready and /metrics."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from matching.files import MANIFEST
from services import upkeep
from services.clock import utc_now
from services.health import gauges, readiness
from services.index_building import build_index
from services.index_versions import folder_of
from services.mail import queue_mail
from services.match_facts import Audience
from services.match_index import ask_for_refit
from services.transaction import reading
from tests.factories import make_draft, make_published
from tests.fixtures import NOW, Opened
from vocabulary.states import EntryKind

SILENCE = timedelta(minutes=2)


def test_gauges_count_mails_and_entries_and_tell_how_long_jobs_were_silent(
    write: Opened, read: Opened
) -> None:
    with read() as session:
        empty = gauges(session, NOW)
    with write() as session:
        make_draft(session)
        make_published(session, EntryKind.OFFER)
        mail = queue_mail(session, "a@b.example", "receipt", {}, language="en", now=NOW)
        mail.state = "failed"
        upkeep.beat(session, "jobs", now=NOW - timedelta(seconds=90))

    with read() as session:
        found = gauges(session, NOW)

    assert (empty.n_mails, empty.n_entries) == ({"queued": 0, "sent": 0, "failed": 0}, {})
    assert empty.seconds_since_jobs is None
    assert found.n_mails["failed"] == 1
    assert found.n_entries == {("request", "draft"): 1, ("offer", "submitted"): 1}
    assert found.seconds_since_jobs == 90.0


def test_readiness_tells_a_worker_that_was_not_heard(write: Opened, read: Opened) -> None:
    with write() as session:
        upkeep.beat(session, "jobs", now=NOW)

    with read() as session:
        states = [readiness(session, NOW + wait, SILENCE)["jobs"] for wait in (SILENCE, SILENCE * 2)]

    assert states == ["ok", "silent"]


def test_readiness_tells_of_the_match_index(app: Flask, write: Opened, read: Opened) -> None:
    data_dir = app.config["SETTINGS"].data_dir
    states = []

    def look() -> None:
        with read() as session:
            states.append(readiness(session, NOW, SILENCE)["index"])

    look()
    with write() as session:
        make_published(session, EntryKind.OFFER)
    look()
    for audience in Audience:
        with app.app_context():
            name = build_index(reading, data_dir, audience, now=NOW)
    look()
    with write() as session:
        ask_for_refit(session, now=NOW)
    look()
    (folder_of(data_dir, Audience.PUBLIC) / str(name) / MANIFEST).unlink()
    look()

    assert states == ["not_needed", "missing", "ok", "old", "damaged"]


def test_metrics_are_there_for_the_right_token_only(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        make_draft(session)
        upkeep.beat(session, "jobs", now=utc_now())
    app.config["METRICS_TOKEN"] = "a-token-of-thirty-two-characters"
    try:
        answers = [
            client.get("/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
            for token in ("a-token-of-thirty-two-characters", "another", None)
        ]
    finally:
        app.config["METRICS_TOKEN"] = ""

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert 'capmatch_entries{kind="request",state="draft"} 1.0' in answers[0].text.splitlines()
    assert 'capmatch_mails{state="failed"} 0.0' in answers[0].text.splitlines()
    assert "capmatch_jobs_silent_seconds" in answers[0].text
    assert "python_info" in answers[0].text
