"""Does a plan keep its limits, say why, and get made as a whole or not at all?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentPlan
from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Account
from models.reviews import Assignment
from services.assignment_plans import commit, discard, draft_automatic, draft_from_file
from services.assignments import assign
from services.conflicts import declare, declare_on_entry
from services.queries.assignment_board import matrix, plan_page
from services.review_settings import change
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor, make_call, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import AssignmentState, ConflictAnswer

PEOPLE = (
    ("wetlands, invasive species", "en", "KEN"),
    ("valuation, policy instruments", "en", "DEU"),
    ("remote sensing, indicators", "fr", "FRA"),
    ("coastal ecosystems, fisheries", "en", "FJI"),
    ("governance, local knowledge", "en", "COL"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A call with some proposals and five reviewers."""

    call: str
    officer: Actor
    entries: tuple[str, ...]
    reviewers: tuple[int, ...]


def make_scene(session: Session, n: int = 3) -> Scene:
    call = make_call(session, now=NOW)
    people = []
    for text, language, country in PEOPLE:
        one = make_account(
            session, Role.REVIEWER, expertise=text, language=language, working_languages=[language]
        )
        one.country = country
        people.append(one.id)
    entries = tuple(
        make_submitted(session, now=NOW, call=call, title=f"Wetlands of district {number}").ref
        for number in range(n)
    )
    return Scene(call.ref, make_actor(session, Role.OFFICER), entries, tuple(people))


def pairs(plan: AssignmentPlan) -> list[tuple[str, int]]:
    return [(pair["entry"], pair["account"]) for pair in plan.content["pairs"]]


@pytest.mark.parametrize("mode", ["sum", "fair"])
def test_every_proposal_gets_three_within_the_load_and_one_from_elsewhere(write: Opened, mode: str) -> None:
    with write() as session:
        scene = make_scene(session)
        change(session, scene.officer, scene.call, {"most_each": 2}, now=NOW)
        plan = draft_automatic(session, scene.officer, scene.call, mode, now=NOW)
        page = plan_page(session, scene.officer, plan.ref, language="en", now=NOW)
        n_made = session.execute(sa.select(sa.func.count()).select_from(Assignment)).scalar_one()

        chosen = pairs(plan)
        assert Counter(entry for entry, _ in chosen) == dict.fromkeys(scene.entries, 3)
        assert max(Counter(person for _, person in chosen).values()) == 2
        assert all(
            {person for entry, person in chosen if entry == ref} - {scene.reviewers[0]}
            for ref in scene.entries
        )
        assert (plan.content["elsewhere_met"], plan.content["status"]) == (True, "optimal")
        assert mode == "fair" or plan.content["certificate"]["gap"] == 0
        assert all(row.reasons for row in page.rows)
        assert n_made == 0


def test_the_fitting_reviewer_is_picked_for_the_subject(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

        scores = {pair["account"]: pair["score"] for pair in plan.content["pairs"]}
        assert max(scores, key=lambda person: scores[person]) == scene.reviewers[0]


def test_nobody_with_a_conflict_or_asked_before_is_in_a_plan(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        for place, answer in ((0, ConflictAnswer.CONFLICT), (1, ConflictAnswer.NONE)):
            reviewer = session.get_one(Account, scene.reviewers[place])
            made = assign(session, scene.officer, scene.entries[0], reviewer.email, None, now=NOW)
            actor = actor_of_account(session, reviewer.id)
            declare(session, actor, made.ref, answer, [], None, now=NOW)
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

        assert len(pairs(plan)) == 2
        assert {person for _, person in pairs(plan)} <= set(scene.reviewers[2:])


def test_somebody_of_the_same_body_is_left_out_until_an_officer_has_looked(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        tied = session.get_one(Account, scene.reviewers[0])
        tied.email = "colleague@savannah.example"
        session.flush()
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

        assert scene.reviewers[0] not in {person for _, person in pairs(plan)}
        assert plan.content["n_avoided"] == 1


def test_commit_makes_all_that_is_not_left_out_and_invites(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 2)
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)
        left_out = {(plan.content["pairs"][0]["entry"], str(plan.content["pairs"][0]["account"]))}
        made = commit(session, scene.officer, plan.ref, left_out, now=NOW)
        mails = session.execute(
            sa.select(OutgoingMail.subject_ref).where(OutgoingMail.template == "invitation")
        ).scalars()
        invited = set(mails)

        assert len(made) == 5
        assert invited == {row.ref for row in made}
        assert {row.state for row in made} == {AssignmentState.INVITED}


def test_an_owner_who_is_no_reviewer_is_in_nobodys_way(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        entry = session.execute(sa.select(Entry).where(Entry.ref == scene.entries[0])).scalar_one()
        entry.owner_id = make_account(session, Role.REQUESTER).id
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

        assert len(pairs(plan)) == 3


def test_a_plan_is_not_made_once_something_has_changed(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 2)
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)
        other = session.get_one(Account, scene.reviewers[4])
        assign(session, scene.officer, scene.entries[0], other.email, None, now=NOW)

        with pytest.raises(Conflict) as stale:
            commit(session, scene.officer, plan.ref, now=NOW)
        n_made = session.execute(sa.select(sa.func.count()).select_from(Assignment)).scalar_one()

    assert (stale.value.code, n_made) == ("stale", 1)


def test_a_plan_is_made_once_or_put_aside(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        first = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)
        discard(session, scene.officer, first.ref, now=NOW)
        with pytest.raises(Conflict):
            commit(session, scene.officer, first.ref, now=NOW)
        second = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)
        commit(session, scene.officer, second.ref, now=NOW)
        with pytest.raises(Conflict):
            commit(session, scene.officer, second.ref, now=NOW)
        with pytest.raises(Conflict) as nothing:
            draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

    assert nothing.value.code == "nothing_to_plan"


def test_who_lacks_whom_is_said_where_no_plan_is(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 4)
        change(session, scene.officer, scene.call, {"most_each": 1}, now=NOW)

        with pytest.raises(Conflict) as short:
            draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)

    assert short.value.code == "not_enough_reviewers"
    assert any(ref in str(short.value.message) for ref in scene.entries)


def test_a_file_is_taken_whole_or_every_wrong_line_is_named(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        good = session.get_one(Account, scene.reviewers[0]).email
        rows = [(2, scene.entries[0], good), (3, "REQ-1999-0001", good), (4, scene.entries[0], "x@y.example")]
        with pytest.raises(Invalid) as wrong:
            draft_from_file(session, scene.officer, scene.call, rows, now=NOW)
        plan = draft_from_file(session, scene.officer, scene.call, rows[:1], now=NOW)
        made = commit(session, scene.officer, plan.ref, now=NOW)

        assert sorted(wrong.value.errors) == ["line 3", "line 4"]
        assert [row.account_id for row in made] == [scene.reviewers[0]]


def test_another_officer_does_not_see_the_plan_and_a_reviewer_makes_none(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        plan = draft_automatic(session, scene.officer, scene.call, "sum", now=NOW)
        with pytest.raises(NotFound):
            plan_page(session, make_actor(session, Role.OFFICER), plan.ref, language="en", now=NOW)
        with pytest.raises(Refused):
            draft_automatic(session, make_actor(session, Role.REVIEWER), scene.call, "sum", now=NOW)


def test_an_officer_with_a_conflict_sees_neither_row_nor_load(write: Opened) -> None:
    with write() as session:
        scene = make_scene(session, 2)
        reviewer = session.get_one(Account, scene.reviewers[1])
        assign(session, scene.officer, scene.entries[0], reviewer.email, None, now=NOW)
        before = matrix(session, scene.officer, scene.call, now=NOW)
        declare_on_entry(
            session, scene.officer, scene.entries[0], ConflictAnswer.CONFLICT, ["family"], None, now=NOW
        )
        after = matrix(session, scene.officer, scene.call, now=NOW)

    assert [row.ref for row in before.rows] == list(scene.entries)
    assert [row.ref for row in after.rows] == [scene.entries[1]]
    assert [sum(one.n_held for one in page.reviewers) for page in (before, after)] == [1, 0]
