"""Moderators propose by the API as on the pages: reviewers to be asked, questions to be put."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from models.assignments import AssignmentProposal
from models.people import Account
from models.reviews import Assignment
from services.clock import utc_now
from tests.factories import make_account, make_actor, make_call, make_conflict, make_submitted
from tests.fixtures import Opened
from tests.scoring import at, make_token
from vocabulary.people import Role

PATH = "/api/v1/assignments/proposals"


def world(write: Opened) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """A request, a reviewer's address, and the tokens of a moderator and an officer."""
    with write() as session:
        call = make_call(session, now=utc_now())
        entry = make_submitted(session, now=utc_now(), call=call)
        reviewer = make_account(session, Role.REVIEWER)
        tokens = [
            make_token(session, make_actor(session, role), utc_now())
            for role in (Role.MODERATOR, Role.OFFICER)
        ]
        return entry.ref, reviewer.email, tokens[0], tokens[1]


def test_a_moderator_proposes_and_an_officer_makes_the_assignment(
    client: FlaskClient, write: Opened, read: Opened
) -> None:
    ref, reviewer, moderator, officer = world(write)
    asked = {"entry": ref, "reviewer": reviewer, "reason": "Knows the region."}

    made = client.post(PATH, headers=at(moderator), json=asked)
    twice = client.post(PATH, headers=at(moderator), json=asked)
    listed = client.get(PATH, headers=at(officer)).json["items"]
    answered = client.post(f"{PATH}/{made.json['id']}/answer", headers=at(officer), json={"answer": "make"})
    late = client.post(f"{PATH}/{made.json['id']}/answer", headers=at(officer), json={"answer": "dismiss"})

    assert (made.status_code, made.json["reason"], made.json["may_answer"]) == (
        201,
        "Knows the region.",
        False,
    )
    assert (twice.status_code, list(twice.json["errors"])) == (422, ["reviewer"])
    assert [(row["id"], row["entry"], row["may_answer"]) for row in listed] == [(made.json["id"], ref, True)]
    with read() as session:
        assignment = session.execute(sa.select(Assignment)).scalar_one()
        assert session.get_one(Account, assignment.account_id).email == reviewer
        assert (answered.status_code, answered.json["state"], answered.json["assignment"]) == (
            200,
            "made",
            assignment.ref,
        )
    assert (late.status_code, late.json["code"]) == (409, "ended")


def test_an_officer_dismisses_and_nobody_is_asked(client: FlaskClient, write: Opened, read: Opened) -> None:
    ref, reviewer, moderator, officer = world(write)
    made = client.post(PATH, headers=at(moderator), json={"entry": ref, "reviewer": reviewer}).json

    answered = client.post(f"{PATH}/{made['id']}/answer", headers=at(officer), json={"answer": "dismiss"})

    assert (answered.json["state"], answered.json["assignment"]) == ("dismissed", None)
    assert client.get(PATH, headers=at(officer)).json["items"] == []
    with read() as session:
        assert session.execute(sa.select(Assignment)).all() == []


def test_each_keeps_to_their_own_part(client: FlaskClient, write: Opened, read: Opened) -> None:
    ref, reviewer, moderator, officer = world(write)
    asked = {"entry": ref, "reviewer": reviewer}
    with write() as session:
        barred = make_actor(session, Role.MODERATOR)
        make_conflict(session, barred, ref)
        token = make_token(session, barred, utc_now())

    by_officer = client.post(PATH, headers=at(officer), json=asked)
    by_barred = client.post(PATH, headers=at(token), json=asked)
    made = client.post(PATH, headers=at(moderator), json=asked)
    own = client.post(f"{PATH}/{made.json['id']}/answer", headers=at(moderator), json={"answer": "make"})

    assert (by_officer.status_code, by_barred.status_code, own.status_code) == (403, 404, 403)
    assert client.get(PATH, headers=at(token)).json["items"] == []
    with read() as session:
        assert len(session.execute(sa.select(AssignmentProposal)).all()) == 1


def test_a_moderator_proposes_questions_and_an_officer_puts_them(client: FlaskClient, write: Opened) -> None:
    ref, _, moderator, officer = world(write)
    path = f"/api/v1/requests/{ref}/screening"
    version = client.get(path, headers=at(moderator)).json["version"]

    asked = {"finding": "return_proposed", "questions": ["Who leads the work?"]}
    proposed = client.post(path, headers=at(moderator, version), json=asked)
    put = {"finding": "returned", "questions": ["Who leads?"], "due_at": "2099-01-01T00:00:00Z"}
    too_much = client.post(path, headers=at(moderator, proposed.json["version"]), json=put)
    seen = client.get(path, headers=at(officer)).json

    assert (proposed.status_code, proposed.json["state"]) == (200, "submitted")
    assert [row["questions"] for row in seen["findings"]] == [["Who leads the work?"]]
    assert too_much.status_code == 403
