"""The pages of the history, of internal notes and of emergencies, and the same by the API."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from jobs.trail import check_trail
from models.audit import AuditEvent
from models.people import Account
from services import audit
from services.clock import utc_now
from tests.factories import make_actor
from tests.fixtures import Opened
from tests.panels import Bench, make_bench, make_decided
from tests.scoring import make_token, sign_in, signed_in
from vocabulary.people import Actor, Role, Scope

CANARY = "Kanarienvogel-7391"
REASON = "A court asks for the file of this request."


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def bench(write: Opened) -> Bench:
    """A decided request whose result is not released."""
    with write() as session:
        made = make_bench(session, now=utc_now())
        make_decided(session, made, now=utc_now())
        return made


def browser(app: Flask, write: Opened, actor: Actor) -> FlaskClient:
    with write() as session:
        return signed_in(app, sign_in(session, actor, utc_now()))


def somebody(app: Flask, write: Opened, *roles: Role) -> FlaskClient:
    with write() as session:
        actor = make_actor(session, *roles)
    return browser(app, write, actor)


def test_officer_reads_sentences_names_and_values(
    app: Flask, write: Opened, read: Opened, bench: Bench
) -> None:
    with read() as session:
        reviewer = session.get_one(Account, bench.reviewers[0].account_id).name
    page = browser(app, write, bench.officer).get(f"/history?about={bench.entries[0]}").text

    for words in ("Scorecard submitted", "Decision approved", "Entry submitted", reviewer, "endorsed"):
        assert words in page
    assert "Is the audit trail whole?" not in page


def test_owner_reads_own_steps_and_no_name_of_anybody(
    app: Flask, write: Opened, read: Opened, bench: Bench
) -> None:
    with read() as session:
        names = session.scalars(
            sa.select(Account.name).where(
                Account.id.in_([one.account_id for one in (*bench.reviewers, bench.officer, bench.decider)])
            )
        ).all()
    owner = browser(app, write, bench.owner)
    page = owner.get(f"/history?about={bench.entries[0]}").text
    file = owner.get(f"/history/history.csv?about={bench.entries[0]}").text
    entry = owner.get(f"/requests/{bench.entries[0]}").text

    assert "Entry submitted" in page
    assert f"/history?about={bench.entries[0]}" in entry
    for hidden in (*names, "Scorecard submitted", "review.submit", "decision.", "Emergency access ended"):
        assert hidden not in page + file


def test_file_holds_what_the_page_shows_and_no_live_formula(app: Flask, write: Opened, bench: Bench) -> None:
    with write() as session:
        call = ("call", bench.call)
        audit.record(
            session, bench.officer, "call.edit", call, now=utc_now(), after={"title": "=1+1"}, reason="=2"
        )
    officer = browser(app, write, bench.officer)
    answer = officer.get(f"/history/history.csv?about={bench.call}")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert answer.headers["Content-Disposition"] == "attachment; filename=history.csv"
    assert {row["reference"] for row in rows} == {bench.call}
    assert rows[0]["name"] == "call.edit"
    assert rows[0]["reason"] == "'=2"
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


OLDEST = "cursor=" + base64.urlsafe_b64encode(b"0001-01-01T00:00:00+14:00|0").decode().rstrip("=")
"""The mark of an instant before every other one in UTC."""


@pytest.mark.parametrize(
    "query",
    [
        "by=nobody",
        "action=entry.fly",
        "from=yesterday",
        "until=32",
        "cursor=xx",
        OLDEST,
        "about=" + "a" * 900,
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(
    app: Flask, write: Opened, bench: Bench, query: str
) -> None:
    officer = browser(app, write, bench.officer)

    page = officer.get(f"/history?{query}")

    assert page.status_code == 422
    assert "Scorecard submitted" not in page.text.split("</form>")[-1]


def test_pages_go_on_with_the_same_filters(app: Flask, write: Opened, bench: Bench) -> None:
    with write() as session:
        for n in range(60):
            audit.record(
                session, bench.officer, "call.edit", ("call", bench.call), now=utc_now(), after={"n": n}
            )
    officer = browser(app, write, bench.officer)

    first = officer.get("/history?action=call.edit")
    link = next(part for part in first.text.split('"') if "cursor=" in part and part.startswith("/history"))
    second = officer.get(link.replace("&amp;", "&"))

    assert first.text.count("call.edit</code>") == 50
    assert second.text.count("call.edit</code>") == 10
    assert "action=call.edit" in link


def test_auditor_has_the_chain_checked_by_the_worker(
    app: Flask, write: Opened, read: Opened, bench: Bench
) -> None:
    auditor = somebody(app, write, Role.AUDITOR)
    before = auditor.get("/history").text
    asked = auditor.post("/history/check")
    waiting = auditor.get("/history").text
    with app.app_context():
        check_trail(utc_now)
        check_trail(utc_now)
    after = auditor.get("/history").text
    with read() as session:
        query = sa.select(AuditEvent.after).where(AuditEvent.action == "audit.verify")
        checks = session.scalars(query).all()

    assert "It was not checked yet." in before
    assert asked.status_code == 303
    assert "A check is under way." in waiting
    assert "Whole" in after
    assert "A check is under way." not in after
    assert [check["is_whole"] for check in checks if check] == [True]


def test_a_broken_chain_is_said(app: Flask, write: Opened, bench: Bench) -> None:
    auditor = somebody(app, write, Role.AUDITOR)
    with write() as session:
        session.execute(sa.text("UPDATE audit_head SET hash = 'f'"))
    with app.app_context():
        check_trail(utc_now)

    page = auditor.get("/history").text

    assert "Broken at event" in page


@pytest.mark.parametrize("role", [Role.OFFICER, Role.REQUESTER])
def test_only_auditors_and_administrators_ask_for_the_check(app: Flask, write: Opened, role: Role) -> None:
    assert somebody(app, write, role).post("/history/check").status_code == 403


def test_signed_out_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/history").status_code in (302, 303, 401)


def test_a_program_reads_the_same(app: Flask, write: Opened, bench: Bench) -> None:
    with write() as session:
        officer = make_token(session, bench.officer, utc_now(), (Scope.READ,))
        owner = make_token(session, bench.owner, utc_now(), (Scope.READ,))
        auditor = make_token(session, make_actor(session, Role.AUDITOR), utc_now())
        writes_only = make_token(session, bench.officer, utc_now(), (Scope.WRITE_REVIEWS,))
    client = app.test_client()
    at = f"/api/v1/audit-events?about={bench.entries[0]}"

    by_officer = client.get(at, headers=officer).json
    in_french = client.get(at, headers=owner | {"Accept-Language": "fr"}).json
    page = client.get(at + "&limit=1", headers=officer).json
    following = client.get(at + f"&limit=1&cursor={page['next']}", headers=officer).json
    refused = client.get("/api/v1/audit-events?limit=0", headers=officer)
    asked = client.post("/api/v1/audit-events/check", headers=auditor)

    assert {"review.submit", "decision.approve"} <= {item["action"] for item in by_officer["items"]}
    assert {item["action"] for item in in_french["items"]} == {"entry.create", "entry.submit"}
    assert [page["items"][0], following["items"][0]] == by_officer["items"][:2]
    assert refused.status_code == 422
    assert (asked.status_code, asked.json["is_waiting"]) == (202, True)
    assert client.get(at, headers=writes_only).status_code == 403
    assert client.get("/api/v1/audit-events/check", headers=officer).status_code == 403


def test_notes_are_written_struck_and_shown_to_nobody_else(app: Flask, write: Opened, bench: Bench) -> None:
    officer = browser(app, write, bench.officer)
    at = f"/notes/{bench.entries[0]}"
    empty = officer.post(at, data={"text": " "})
    written = officer.post(at, data={"text": CANARY})
    page = officer.get(at).text
    note = page.split(f"{at}/")[1].split("/strike")[0]
    unstruck = officer.post(f"{at}/{note}/strike", data={"reason": ""})
    struck = officer.post(f"{at}/{note}/strike", data={"reason": "Another entry was meant."})

    assert (empty.status_code, written.status_code) == (422, 303)
    assert CANARY in page
    assert (unstruck.status_code, struck.status_code) == (422, 303)
    assert "Another entry was meant." in browser(app, write, bench.decider).get(at).text
    for other in (bench.owner, bench.reviewers[0]):
        assert browser(app, write, other).get(at).status_code == 404
    auditor = somebody(app, write, Role.AUDITOR)
    for path in ("/history", f"/history?about={bench.entries[0]}", "/history/history.csv", at):
        assert CANARY not in auditor.get(path).text


def test_notes_by_the_api(app: Flask, write: Opened, bench: Bench) -> None:
    with write() as session:
        officer = make_token(session, bench.officer, utc_now())
        owner = make_token(session, bench.owner, utc_now(), tuple(Scope))
    client = app.test_client()
    at = f"/api/v1/entries/{bench.entries[0]}/notes"

    made = client.post(at, json={"text": CANARY}, headers=officer)
    note = made.json["notes"][0]["id"]
    struck = client.post(f"{at}/{note}/strike", json={"reason": "By mistake."}, headers=officer)
    again = client.post(f"{at}/{note}/strike", json={"reason": "By mistake."}, headers=officer)

    assert (made.status_code, struck.status_code, again.status_code) == (201, 200, 409)
    assert struck.json["notes"][0]["struck_reason"] == "By mistake."
    assert client.get(at, headers=owner).status_code == 404
    assert CANARY not in client.get(at, headers=owner).text


def test_an_emergency_from_reason_to_end(app: Flask, write: Opened, bench: Bench) -> None:
    ref = bench.entries[0]
    auditor = somebody(app, write, Role.AUDITOR)
    other = somebody(app, write, Role.AUDITOR)
    closed = auditor.get(f"/requests/{ref}").status_code
    link = auditor.get(f"/history?about={ref}").text
    form = auditor.get(f"/emergency/{ref}").text
    bad = auditor.post(f"/emergency/{ref}", data={"reason": "no"})
    opened = auditor.post(f"/emergency/{ref}", data={"reason": REASON})
    page = auditor.get(f"/emergency/{ref}").text
    entry = auditor.get(f"/requests/{ref}")
    elsewhere = other.get(f"/requests/{ref}").status_code
    history = other.get("/history").text
    number = auditor.get("/history").text.split("/emergency/")[-1].split("/end")[0]
    ended = auditor.post(f"/emergency/{number}/end")

    assert (closed, elsewhere) == (404, 404)
    assert f"/emergency/{ref}" in link
    assert "Open it" in form
    assert (bad.status_code, opened.status_code) == (422, 303)
    assert "The criteria are met." in page
    assert entry.status_code == 200
    assert "One thing is open to you in an emergency." in entry.text
    assert REASON in history
    assert ended.status_code == 303
    assert auditor.get(f"/requests/{ref}").status_code == 404
    assert "in an emergency." not in auditor.get("/").text


def test_officers_and_owners_find_no_emergency(app: Flask, write: Opened, bench: Bench) -> None:
    for actor in (bench.officer, bench.owner, bench.reviewers[0]):
        answer = browser(app, write, actor).post(f"/emergency/{bench.entries[0]}", data={"reason": REASON})
        assert answer.status_code in (403, 404)
