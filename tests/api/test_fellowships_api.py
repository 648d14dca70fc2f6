"""Does the API of fellowship calls do what the pages do: plans, rulings, marks, late files, retention?"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.fellowships import Nomination, NominationFile, PanelSeat
from services.clock import utc_now
from services.fellowships import nominations, running
from services.sessions import actor_of_account
from services.transaction import transaction
from tests.factories import make_account, make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import Opened
from tests.scoring import make_token
from tests.services.test_fellowships import marked_call
from vocabulary.fellowships import NominationState
from vocabulary.people import Actor, Role
from vocabulary.states import ConflictRuling

API = "/api/v1"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
ASKED = {"each": 2, "most": 5, "mode": "fair"}


def at(headers: dict[str, str], version: int) -> dict[str, str]:
    return headers | {"If-Match": f'"{version}"'}


def second_member(session: Session) -> Actor:
    account = make_account(session, Role.REVIEWER, email="second@second.example", name="Second Member")
    return actor_of_account(session, account.id)


def panel_world(write: Opened) -> tuple[str, list[str], dict[str, str], dict[str, str]]:
    """A call that one member has marked; its nominations; headers of the officer and of a second member."""
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")}, is_locked=False)
        member = second_member(session)
        refs = list(session.execute(sa.select(Nomination.ref).order_by(Nomination.ref)).scalars())
        now = utc_now()
        return ref, refs, make_token(session, officer, now), make_token(session, member, now)


def test_plan_is_looked_at_then_made_but_for_what_is_left_out(client: FlaskClient, write: Opened) -> None:
    ref, refs, officer, _ = panel_world(write)
    path = f"{API}/fellowships/{ref}/panel-plan"

    before = client.get(f"{API}/fellowships/{ref}/panel", headers=officer)
    plan = client.get(f"{path}?each=2&most=5", headers=officer)
    adoption: dict[str, Any] = ASKED | {"fingerprint": plan.json["fingerprint"]}
    left = {"nomination": refs[0], "member": "second@second.example"}
    no_pair = client.post(
        path, headers=officer, json=adoption | {"left_out": [left | {"nomination": "NOM-1999-0001"}]}
    )
    nothing = client.post(
        path, headers=officer, json=adoption | {"left_out": [left | {"nomination": one} for one in refs]}
    )
    made = client.post(path, headers=officer, json=adoption | {"left_out": [left]})
    stale = client.post(path, headers=officer, json=adoption)
    after = client.get(f"{API}/fellowships/{ref}/panel", headers=officer)

    assert [(row["nomination"], row["member"]) for row in plan.json["pairs"]] == [
        (one, "second@second.example") for one in refs
    ]
    assert all(row["reasons"] for row in plan.json["pairs"])
    assert (plan.json["gap"], plan.json["n_ruled_out"]) == (0, 2)
    assert (no_pair.status_code, nothing.status_code) == (422, 422)
    assert made.json == {"n": 1}
    assert (stale.status_code, stale.json["code"]) == (409, "stale")
    assert {one["email"]: one["n_seats"] for one in before.json["items"]}["second@second.example"] == 0
    assert {one["email"]: one["n_seats"] for one in after.json["items"]}["second@second.example"] == 1


def test_member_answers_the_conflict_question_and_marks(client: FlaskClient, write: Opened) -> None:
    ref, refs, officer, member = panel_world(write)
    plan = client.get(f"{API}/fellowships/{ref}/panel-plan?each=2&most=5", headers=officer).json
    client.post(
        f"{API}/fellowships/{ref}/panel-plan",
        headers=officer,
        json=ASKED | {"fingerprint": plan["fingerprint"]},
    )
    path = f"{API}/marks/{refs[0]}"

    queue = client.get(f"{API}/marks?limit=1", headers=member)
    rest = client.get(f"{API}/marks?limit=1&cursor={queue.json['next']}", headers=member)
    shut = client.get(path, headers=member)
    answered = client.put(f"{path}/conflict", headers=member, json={"answer": "none"})
    opened = client.get(path, headers=member)
    marks = {"marks": {"merit": 7, "fit": 6}, "notes": {"merit": "Good papers."}, "band": "B", "final": True}
    without = client.put(path, headers=member, json=marks)
    wrong = client.put(
        path, headers=at(member, opened.json["version"]), json=marks | {"marks": {"merit": 99}}
    )
    done = client.put(path, headers=at(member, opened.json["version"]), json=marks)
    stale = client.put(path, headers=at(member, opened.json["version"]), json=marks)
    spread = client.get(f"{API}/fellowships/{ref}/agreement", headers=officer)

    assert (queue.json["total"], len(queue.json["items"]), rest.json["next"]) == (2, 1, None)
    assert queue.json["items"][0]["nomination"] != rest.json["items"][0]["nomination"]
    assert (shut.json["content"], shut.json["answer"]) == (None, None)
    assert opened.json["content"]["statement"] == "I study lakes."
    assert "gender" not in opened.json["content"]
    assert answered.json == {"nomination": refs[0], "answer": "none", "standing": "cleared"}
    assert done.headers["ETag"] == f'"{done.json["version"]}"'
    assert without.status_code == 428
    assert (wrong.status_code, sorted(wrong.json["errors"])) == (422, ["marks.fit", "marks.merit"])
    assert (done.status_code, done.json["marks"], done.json["band"]) == (200, {"merit": 7, "fit": 6}, "B")
    assert (stale.status_code, stale.json["code"]) == (409, "version_conflict")
    row = next(one for one in spread.json["items"] if one["nomination"] == refs[0])
    assert [one["marks"] for one in row["spreads"]] == [[7, 9], [6, 9]]
    assert [one["name"] for one in spread.json["members"]][-1] == "Second Member"


def test_officer_rules_on_the_conflict_that_was_read(client: FlaskClient, write: Opened) -> None:
    ref, refs, officer, member = panel_world(write)
    plan = client.get(f"{API}/fellowships/{ref}/panel-plan?each=2&most=5", headers=officer).json
    client.post(
        f"{API}/fellowships/{ref}/panel-plan",
        headers=officer,
        json=ASKED | {"fingerprint": plan["fingerprint"]},
    )
    said = {"answer": "possible", "text": "We met once."}
    client.put(f"{API}/marks/{refs[0]}/conflict", headers=member, json=said)
    path = f"{API}/fellowships/{ref}/panel-conflicts"

    first = client.get(path, headers=officer).json["items"][0]
    ruling = {"ruling": "upheld", "reason": "They meet every week."}
    where = f"{path}/{first['id']}/ruling"
    stale = client.put(where, headers=at(officer, first["version"] + 1), json=ruling | {"ruling": "cleared"})
    ruled = client.put(where, headers=at(officer, first["version"]), json=ruling)
    not_hers = client.put(where, headers=at(member, first["version"]), json=ruling)

    assert (first["text"], first["may_rule"], first["nomination"]) == ("We met once.", True, refs[0])
    assert (stale.status_code, stale.json["code"]) == (409, "version_conflict")
    assert (stale.json["version"], stale.json["current"]) == (first["version"], {"text": "We met once."})
    assert [(one["ruling"], one["may_rule"]) for one in ruled.json["items"]] == [("upheld", False)]
    assert not_hers.status_code == 403
    with write() as session:
        seat = session.execute(sa.select(PanelSeat).where(PanelSeat.id == first["id"])).scalar_one()
        assert seat.ruling_reason == ruling["reason"]
        assert ruled.json["items"][0]["ruling"] == ConflictRuling.UPHELD.value


def test_two_runs_are_compared_and_listed_page_by_page(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        marks = {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman"), "Dora": (4, "woman")}
        ref, officer = marked_call(session, marks)
        token = make_token(session, officer, utc_now())
        names = {
            row.content["first_name"]: row.ref for row in session.execute(sa.select(Nomination)).scalars()
        }
    asked = f"{API}/fellowships/{ref}/shortlists"

    first = client.post(asked, headers=token, json={}).json["ref"]
    waiting = client.get(f"{API}/shortlists/{first}/comparison?with=SHL-1999-0001", headers=token)
    _compute(app, write)
    client.put(
        f"{API}/nominations/{names['Dora']}/pin",
        headers=token,
        json={"is_in": True, "reason": "A small region."},
    )
    second = client.post(asked, headers=token, json={}).json["ref"]
    no_list = client.get(f"{API}/shortlists/{second}/comparison?with={first}", headers=token)
    _compute(app, write)
    found = client.get(f"{API}/shortlists/{second}/comparison?with={first}", headers=token)
    page = client.get(f"{asked}?limit=1", headers=token).json
    rest = client.get(f"{asked}?limit=1&cursor={page['next']}", headers=token).json

    assert (waiting.status_code, list(waiting.json["errors"])) == (422, ["with"])
    assert (no_list.status_code, no_list.json["code"]) == (409, "no_list")
    assert (found.json["comes"], found.json["goes"]) == ([names["Dora"]], [names["Cora"]])
    assert (found.json["asked_differently"], found.json["with"]) == (["pins"], first)
    assert found.json["total"] < 0
    assert [one["ref"] for one in page["items"] + rest["items"]] == [second, first]
    assert (rest["next"], "record" in page["items"][0]) == (None, False)


def _compute(app: Flask, write: Opened) -> None:
    with write() as session:
        work = running.take(session, now=utc_now())
    assert work is not None
    with app.app_context():
        running.compute(work, transaction, utc_now)


def test_officer_lets_in_late_with_a_reason_and_adds_a_late_file(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        call = make_fellowship(session, now=utc_now())
        made = nominations.begin(session, make_actor(session), call, answers(), now=utc_now())
        ref, version = made.ref, made.version
        token = make_token(session, make_actor(session, Role.OFFICER), utc_now())
    path = f"{API}/nominations/{ref}"
    given = {"late_until": "2099-01-01T00:00:00Z", "late_reason": "The post was on strike."}

    empty = client.put(f"{path}/late", headers=at(token, version), json=given | {"late_reason": " "})
    past = client.put(
        f"{path}/late", headers=at(token, version), json=given | {"late_until": "2001-01-01T00:00:00Z"}
    )
    admitted = client.put(f"{path}/late", headers=at(token, version), json=given)
    stale = client.put(f"{path}/late", headers=at(token, version), json=given)

    def form(**more: object) -> dict[str, object]:
        return {"document": "cv", "late_reason": "Sent by post.", "file": (BytesIO(PDF), "cv.pdf")} | more

    unknown = client.post(f"{path}/late-files", headers=token, data=form(document="poem"))
    silent = client.post(f"{path}/late-files", headers=token, data=form(late_reason=""))
    added = client.post(f"{path}/late-files", headers=token, data=form())

    assert list(empty.json["errors"]) == ["late_reason"]
    assert list(past.json["errors"]) == ["late_until"]
    assert (admitted.status_code, admitted.headers["ETag"]) == (200, f'"{version + 1}"')
    assert stale.status_code == 409
    assert (list(unknown.json["errors"]), list(silent.json["errors"])) == (["document"], ["late_reason"])
    assert (added.status_code, added.json["document"], added.json["late_reason"]) == (
        201,
        "cv",
        "Sent by post.",
    )
    with write() as session:
        row = session.execute(sa.select(Nomination).where(Nomination.ref == ref)).scalar_one()
        assert row.late_reason == given["late_reason"]
        assert session.execute(sa.select(NominationFile.size)).scalars().all() == [len(PDF)]


def test_retention_says_what_falls_due_and_erases_nothing(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        call = make_fellowship(session, now=utc_now())
        nominee = make_actor(session)
        made = nominations.begin(session, nominee, call, answers(), now=utc_now())
        nominations.complete(session, nominee, made.ref, made.version, now=utc_now())
        nominations.withdraw(session, nominee, made.ref, made.version, now=utc_now())
        ref = made.ref
        officer = make_token(session, make_actor(session, Role.OFFICER), utc_now())
        own = make_token(session, nominee, utc_now())
    path = f"{API}/fellowships/{call}/retention"

    before = client.get(path, headers=officer)
    too_long = client.put(path, headers=at(officer, before.json["version"]), json={"months_kept": 121})
    kept = client.put(path, headers=at(officer, before.json["version"]), json={"months_kept": 6})
    stale = client.put(path, headers=at(officer, before.json["version"]), json={"months_kept": 7})
    not_asked = client.post(f"{API}/nominations/{ref}/erasure", headers=officer)
    wished = client.post(f"{API}/nominations/{ref}/erasure-wish", headers=own)
    asked = client.get(path, headers=officer)
    erased = client.post(f"{API}/nominations/{ref}/erasure", headers=officer)
    after = client.get(path, headers=officer)

    assert (before.json["due"], before.json["n_kept"], before.json["months_kept"]) == ([], 1, 12)
    assert (too_long.status_code, list(too_long.json["errors"])) == (422, ["months_kept"])
    assert (kept.json["months_kept"], stale.status_code, not_asked.status_code) == (6, 409, 409)
    assert wished.status_code == erased.status_code == 204
    assert [(one["nomination"], one["state"]) for one in asked.json["asked"]] == [
        (ref, NominationState.WITHDRAWN.value)
    ]
    assert (after.json["n_kept"], after.json["n_erased"], after.json["counts"]["gender"]) == (
        0,
        1,
        {"woman": 1},
    )
