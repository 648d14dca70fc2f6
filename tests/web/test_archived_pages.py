"""After an entry was archived its pages still open, say «Closed» to its owner, and name nobody."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.decisions import Decision
from models.entries import Entry
from services.archiving.clock import archive_calls, archive_due
from services.clock import utc_now
from tests.fixtures import Opened
from tests.scoring import sign_in, signed_in
from tests.services.test_archiving import CALL_OVER, MARK, OVER, make_marked


@pytest.fixture
def browsers(app: Flask, write: Opened) -> dict[str, FlaskClient]:
    """Those who had to do with a request that is archived now."""
    with write() as session:
        bench, _ = make_marked(session)
        archive_due(session, now=OVER)
        archive_calls(session, now=CALL_OVER)
        people = {
            "officer": bench.officer,
            "decider": bench.decider,
            "owner": bench.owner,
            "reviewer": bench.reviewers[0],
        }
        return {name: signed_in(app, sign_in(session, actor, utc_now())) for name, actor in people.items()}


PAGES = {
    "officer": [
        *("/decisions", "/decisions/{decision}", "/decisions/{decision}/letter.pdf", "/received"),
        *("/requests/{ref}", "/requests/{ref}/versions", "/screening/{ref}", "/today", "/today/archive"),
        *("/calls/{call}", "/calls/{call}/board", "/calls/{call}/statistics", "/outbox"),
    ],
    "decider": ["/decisions", "/decisions/{decision}", "/calls/{call}/statistics"],
    "owner": ["/mine", "/requests/{ref}", "/requests/{ref}/receipt", "/requests/{ref}/versions"],
    "reviewer": ["/reviews"],
}


def test_pages_open_and_name_nobody(browsers: dict[str, FlaskClient], read: Opened) -> None:
    with read() as session:
        entry = session.execute(sa.select(Entry).where(Entry.state == "archived")).scalar_one()
        decision = session.execute(sa.select(Decision.ref)).scalar_one()
        call = session.execute(sa.text("select ref from call")).scalar_one()
        names = {"ref": entry.ref, "decision": decision, "call": call}

    answers = {
        (who, path): browsers[who].get(path.format(**names)) for who, paths in PAGES.items() for path in paths
    }

    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}
    texts = {page: answer.get_data().decode("utf-8", "replace") for page, answer in answers.items()}
    assert [page for page, text in texts.items() if MARK.casefold() in text.casefold()] == []
    assert "Closed" in texts["owner", "/mine"]
