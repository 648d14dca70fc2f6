"""Does a scorecard keep what was written, judge it right, and open to nobody else?"""

from __future__ import annotations

import threading
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.database import db
from models.entries import Entry
from models.reviews import CriterionScore, Review, ReviewVersion
from procedure.access import refusal
from procedure.facts import Standing
from services.assignments import assign, list_all
from services.entries.drafts import save as save_entry
from services.entries.submission import submit as submit_entry
from services.queries.review_queue import STATES, queue, state_of
from services.queries.reviews import gate, receipt, scorecard
from services.reviews.content import content_of
from services.reviews.drafts import reopen, save, take_latest_revision
from services.reviews.rows import find, programme_of
from services.reviews.submission import Declared, submit
from services.sentences import as_data, as_message
from services.sessions import actor_of_account
from services.transaction import reading, transaction
from tests.factories import link_holder, make_account, make_actor, make_call, make_submitted
from tests.fixtures import NOW, Opened
from tests.scoring import full_card, make_sitting
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message, plural_message
from vocabulary.people import SIGNED_OUT, Role
from vocabulary.states import CallState, ConflictAnswer, ReviewState

SURE = Declared(still_no_conflict=True)


def saved(session: Session, ref: str, actor: Any) -> dict[str, Any]:
    item = find(session, actor, ref)
    return content_of(item.review, programme_of(session, item.entry).criteria)


def test_save_keeps_what_was_written_and_leaves_the_rest(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        first = save(
            session, sitting.reviewer, sitting.ref, {"scores": {"9": {"evidence": "ك بحث"}}}, 1, now=NOW
        )
        second = save(
            session, sitting.reviewer, sitting.ref, {"scores": {"9": {"value": 3}}}, first.version, now=NOW
        )

    with read() as session:
        answer = saved(session, sitting.ref, sitting.reviewer)["scores"]["9"]
        n_rows = session.execute(sa.select(sa.func.count()).select_from(CriterionScore)).scalar_one()
    assert answer == {
        "value": 3,
        "cannot_judge": False,
        "cannot_reason": None,
        "evidence": "ك بحث",
        "pointer": None,
        "parts": {},
    }
    assert (second.n_scored, second.n_criteria, n_rows) == (1, 12, 1)


def test_saving_the_same_changes_nothing(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        first = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        second = save(session, sitting.reviewer, sitting.ref, full_card(), first.version, now=NOW)

    assert second == first


def test_cannot_judge_takes_the_score_away_and_back(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        reviewer, ref = sitting.reviewer, sitting.ref
        one = save(session, reviewer, ref, {"scores": {"9": {"value": 2}}}, 1, now=NOW)
        two = save(session, reviewer, ref, {"scores": {"9": {"cannot_judge": True}}}, one.version, now=NOW)
        between = saved(session, ref, reviewer)["scores"]["9"]
        save(session, reviewer, ref, {"scores": {"9": {"value": 0}}}, two.version, now=NOW)

    with read() as session:
        after = saved(session, ref, reviewer)["scores"]["9"]
    assert (between["value"], between["cannot_judge"]) == (None, True)
    assert (after["value"], after["cannot_judge"]) == (0, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scores": {"13": {"value": 1}}}, "scores"),
        ({"scores": {"6": {"parts": {"6x": True}}}}, "scores"),
        ({"expertise": {"S9": "high"}}, "expertise"),
    ],
)
def test_save_refuses_what_the_call_does_not_have(write: Opened, changes: dict[str, Any], field: str) -> None:
    with write() as session:
        sitting = make_sitting(session)

    with pytest.raises(Invalid) as refused, write() as session:
        save(session, sitting.reviewer, sitting.ref, changes, 1, now=NOW)

    assert list(refused.value.errors) == [field]


def test_stale_save_is_refused_with_what_is_there(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, {"comment_internal": "first"}, 1, now=NOW)

    with pytest.raises(Conflict) as stale, write() as session:
        save(session, sitting.reviewer, sitting.ref, {"comment_internal": "second"}, 1, now=NOW)

    assert (stale.value.code, stale.value.extra["version"]) == ("version_conflict", kept.version)
    assert stale.value.extra["current"]["comment_internal"] == "first"


def test_two_saves_of_the_same_version_one_wins(app: Flask, write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
    start, outcomes = threading.Barrier(2), {}

    def save_as(text: str) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction() as session:
                    save(session, sitting.reviewer, sitting.ref, {"comment_internal": text}, 1, now=NOW)
                outcomes[text] = "saved"
            except Conflict as lost:
                outcomes[text] = lost.extra["current"]["comment_internal"]

    threads = [threading.Thread(target=save_as, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with read() as session:
        there = saved(session, sitting.ref, sitting.reviewer)["comment_internal"]
    loser = {"one": "two", "two": "one"}[there]
    assert outcomes == {there: "saved", loser: there}


def test_submission_names_every_error_at_once(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)

    with pytest.raises(Invalid) as refused, write() as session:
        submit(session, sitting.reviewer, sitting.ref, Declared(), 1, now=NOW)

    errors = refused.value.errors
    assert sorted(errors) == ["confidence", "recommendation", "scores", "still_no_conflict"]
    assert {code: list(found) for code, found in errors["scores"].items()} == {
        code: ["value"] for code in ("9", "10", "11", "12")
    }


def test_submission_judges_keeps_and_audits(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)

    with read() as session:
        page = receipt(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
        versions = session.execute(sa.select(ReviewVersion.content)).scalars().all()
        actions = session.execute(
            sa.select(AuditEvent.action)
            .where(AuditEvent.subject_kind == "review")
            .order_by(AuditEvent.sequence)
        ).scalars()
        assert list(actions) == ["review.start", "review.save", "review.submit"]
    assert [(row.code, row.is_claimed, row.verdict) for row in page.strategies] == [
        ("S3", True, "satisfied"),
        ("S1", False, "undecided"),
        ("S2", False, "undecided"),
    ]
    assert str(page.strategies[0].explanation[0]) == "Strategy S3 is met."
    assert str(page.strategies[1].explanation[0]) == (
        "Strategy S1 is not claimed; it would not be determined."
    )
    assert [content["scores"]["9"]["value"] for content in versions] == [2]
    assert versions[0]["result"]["inputs_hash"] == page.inputs_hash


def test_result_can_be_made_again(write: Opened, read: Opened) -> None:
    with write() as session:
        hashes = []
        for _ in range(2):
            sitting = make_sitting(session)
            kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
            review = submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)
            hashes.append((review.result or {})["inputs_hash"])

    assert hashes[0] == hashes[1]


def test_verdict_is_hidden_until_submission_and_while_changing(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
    with read() as session, pytest.raises(Refused) as before:
        receipt(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
    with write() as session:
        review = submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)
        reopen(session, sitting.reviewer, sitting.ref, review.version, now=NOW)

    with read() as session, pytest.raises(Refused) as again:
        receipt(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
    assert (before.value.code, again.value.code) == ("review_not_submitted", "review_not_submitted")


def test_submitted_scorecard_is_opened_before_it_changes(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        version = submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW).version

    with pytest.raises(Conflict) as closed, write() as session:
        save(session, sitting.reviewer, sitting.ref, full_card(1), version, now=NOW)
    with write() as session:
        version = reopen(session, sitting.reviewer, sitting.ref, version, now=NOW).version
        changed = full_card(1)
        version = save(session, sitting.reviewer, sitting.ref, changed, version, now=NOW).version
        submit(session, sitting.reviewer, sitting.ref, SURE, version, now=NOW)

    with read() as session:
        contents = session.execute(sa.select(ReviewVersion.content).order_by(ReviewVersion.id)).scalars()
        assert [content["scores"]["9"]["value"] for content in contents] == [2, 1]
    assert closed.value.code == "submitted"


def test_scores_are_closed_once_the_call_deliberates(write: Opened) -> None:
    with write() as session:
        call = make_call(session)
        sitting = make_sitting(session, call=call)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        call.state = CallState.DELIBERATION

    for act in (
        lambda s: save(s, sitting.reviewer, sitting.ref, full_card(1), kept.version, now=NOW),
        lambda s: submit(s, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW),
    ):
        with pytest.raises(Refused) as closed, write() as session:
            act(session)
        assert closed.value.code == "scoring_closed"


def test_contradiction_needs_a_reason(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        card = full_card(recommendation="do_not_endorse")
        kept = save(session, sitting.reviewer, sitting.ref, card, 1, now=NOW)

    with pytest.raises(Invalid) as refused, write() as session:
        submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)
    with write() as session:
        reason = {"contradiction_reason": "The budget does not hold."}
        version = save(session, sitting.reviewer, sitting.ref, reason, kept.version, now=NOW).version
        done = submit(session, sitting.reviewer, sitting.ref, SURE, version, now=NOW)
        state = done.state

    assert list(refused.value.errors) == ["contradiction_reason"]
    assert state is ReviewState.SUBMITTED


def test_names_in_releasable_texts_are_pointed_out_once(write: Opened) -> None:
    with write() as session:
        account = make_account(session, Role.REVIEWER, name="Ilse Fernweh")
        sitting = make_sitting(session, reviewer=account, contact_name="Amina Example")
        card = full_card(comment_applicant="Dear Amina, Fernweh likes it. Yours, the aminas.")
        kept = save(session, sitting.reviewer, sitting.ref, card, 1, now=NOW)

    with pytest.raises(Invalid) as refused, write() as session:
        submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)
    with write() as session:
        sure = Declared(still_no_conflict=True, names_intended=True)
        state = submit(session, sitting.reviewer, sitting.ref, sure, kept.version, now=NOW).state

    warned = refused.value.errors["names_intended"][0]
    assert warned.params["names"] == ("Fernweh", "Amina")
    assert [str(where) for where in warned.params["where"]] == ["Comment for the applicant"]
    assert state is ReviewState.SUBMITTED


def test_names_of_other_reviewers_and_of_the_owner_are_pointed_out_wherever_they_stand(write: Opened) -> None:
    with write() as session:
        make_account(session, Role.REVIEWER, name="Noor Haddad")
        make_account(session, Role.OFFICER, name="Paul Officer")
        owner = actor_of_account(session, make_account(session, name="Femi Balogun").id)
        entry = make_submitted(session, actor=owner, contact_name="Amina Example", now=NOW)
        sitting = make_sitting(session, entry_ref=entry.ref)
        card = full_card(comment_applicant="As Noor  Haddad and Paul Officer said. Noor too.")
        card["scores"]["9"]["evidence"] = "Balogun leads it."
        kept = save(session, sitting.reviewer, sitting.ref, card, 1, now=NOW)

    with pytest.raises(Invalid) as refused, write() as session:
        submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW)

    warned = refused.value.errors["names_intended"][0]
    assert set(warned.params["names"]) == {"Balogun", "Noor Haddad"}
    assert [str(where) for where in warned.params["where"]] == [
        "Criterion 9, evidence", "Comment for the applicant",
    ]  # fmt: skip


def test_names_of_a_blind_call_are_not_given_away(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(
            session, call=make_call(session, blind_mode=True), contact_name="Amina Example"
        )
        card = full_card(comment_applicant="Dear Amina, it is good.")
        kept = save(session, sitting.reviewer, sitting.ref, card, 1, now=NOW)
        state = submit(session, sitting.reviewer, sitting.ref, SURE, kept.version, now=NOW).state
        page = scorecard(session, sitting.reviewer, sitting.ref, language="en", now=NOW)

    assert state is ReviewState.SUBMITTED
    assert {"organisation_name", "contact_name", "organisation_country"} & set(
        page.submission_content
    ) == set()


def test_newer_version_is_offered_and_taken(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        entry = session.execute(sa.select(Entry).where(Entry.ref == sitting.entry_ref)).scalar_one()
        holder = link_holder(entry.id)
        save_entry(session, holder, entry.ref, {"need": "Another need."}, entry.version, now=NOW)
        submit_entry(session, holder, entry.ref, entry.version, now=NOW)
        before = scorecard(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
        take_latest_revision(session, sitting.reviewer, sitting.ref, kept.version, now=NOW)

    with read() as session:
        after = scorecard(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
    assert (before.revision, before.newer_revision, after.revision, after.newer_revision) == (1, 2, 2, None)
    assert after.submission_content["need"] == "Another need."
    assert after.content["scores"] == before.content["scores"]


# --- who may ----------------------------------------------------------------------------------------------


def test_permission_table_of_a_review(write: Opened) -> None:
    """Everybody towards one cleared, unsubmitted review; an empty cell is a yes."""
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        entry = make_submitted(session, actor=owner)
        sitting = make_sitting(session, entry_ref=entry.ref)
        other = make_sitting(session, entry_ref=entry.ref)
        people = {
            "public": SIGNED_OUT,
            "owner": owner,
            "reviewer": sitting.reviewer,
            "other reviewer": other.reviewer,
            "idle reviewer": make_actor(session, Role.REVIEWER),
            "moderator": make_actor(session, Role.MODERATOR),
            "officer": sitting.officer,
            "decider": make_actor(session, Role.DECIDER),
            "auditor": make_actor(session, Role.AUDITOR),
            "admin": make_actor(session, Role.ADMIN),
        }
        acts = (Action.ASSIGNMENT_READ, Action.REVIEW_READ_OWN, Action.REVIEW_WRITE, Action.REVIEW_SUBMIT)
        allowed = {
            name: [refusal(actor, act, find(session, actor, sitting.ref).facts, NOW) is None for act in acts]
            for name, actor in people.items()
        }

    nothing, knows, all_of_it = [False] * 4, [True, False, False, False], [True] * 4
    assert allowed == {
        "public": nothing,
        "owner": nothing,
        "reviewer": all_of_it,
        "other reviewer": nothing,
        "idle reviewer": nothing,
        "moderator": knows,
        "officer": knows,
        "decider": knows,
        "auditor": nothing,
        "admin": nothing,
    }


def test_scorecard_of_another_is_not_found_and_an_officer_is_refused(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        other = make_sitting(session, entry_ref=sitting.entry_ref)
    cases = ((other.reviewer, NotFound), (sitting.officer, Refused), (SIGNED_OUT, NotFound))

    for actor, expected in cases:
        for act in (
            lambda s, a: scorecard(s, a, sitting.ref, language="en", now=NOW),
            lambda s, a: save(s, a, sitting.ref, full_card(), 1, now=NOW),
            lambda s, a: submit(s, a, sitting.ref, SURE, 1, now=NOW),
            lambda s, a: reopen(s, a, sitting.ref, 1, now=NOW),
        ):
            with pytest.raises((NotFound, Refused)) as closed, write() as session:
                act(session, actor)
            assert type(closed.value) is expected


@pytest.mark.parametrize("answer", [None, ConflictAnswer.POSSIBLE, ConflictAnswer.CONFLICT])
def test_nothing_opens_without_a_cleared_answer(write: Opened, answer: ConflictAnswer | None) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=answer)
    expected = Refused if answer is None else NotFound

    for act in (
        lambda s: scorecard(s, sitting.reviewer, sitting.ref, language="en", now=NOW),
        lambda s: save(s, sitting.reviewer, sitting.ref, full_card(), 0, now=NOW),
    ):
        with pytest.raises((NotFound, Refused)) as closed, write() as session:
            act(session)
        assert type(closed.value) is expected


def test_gate_shows_title_people_institution_country_only(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None)

    with read() as session:
        shown = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
    assert sorted(shown.preview) == [
        "contact_name",
        "countries",
        "language",
        "organisation_country",
        "organisation_kind",
        "organisation_name",
        "title",
    ]


# --- the queue --------------------------------------------------------------------------------------------


def test_queue_costs_the_same_for_one_and_three(app: Flask, write: Opened) -> None:
    with write() as session:
        account = make_account(session, Role.REVIEWER)
        one = make_sitting(session, reviewer=account)
        other = make_account(session, Role.REVIEWER)
        for answer in (ConflictAnswer.NONE, None, ConflictAnswer.POSSIBLE):
            three = make_sitting(session, reviewer=other, answer=answer)

    counts = []
    for sitting in (one, three):
        statements: list[str] = []
        with app.app_context():
            sa.event.listen(db.engine, "before_cursor_execute", lambda *a, s=statements: s.append(a[2]))
            with reading() as session:
                queue(session, sitting.reviewer, language="en", now=NOW)
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_queue_puts_what_is_to_do_first_and_hides_conflicts(write: Opened, read: Opened) -> None:
    with write() as session:
        account = make_account(session, Role.REVIEWER)
        done = make_sitting(session, reviewer=account)
        kept = save(session, done.reviewer, done.ref, full_card(), 1, now=NOW)
        submit(session, done.reviewer, done.ref, SURE, kept.version, now=NOW)
        fresh = make_sitting(session, reviewer=account)
        asked = make_sitting(session, reviewer=account, answer=None)
        waiting = make_sitting(session, reviewer=account, answer=ConflictAnswer.POSSIBLE)
        make_sitting(session, reviewer=account, answer=ConflictAnswer.CONFLICT)

    with read() as session:
        found = queue(session, done.reviewer, language="en", now=NOW)
    assert [(row.ref, row.state, row.n_scored) for row in found.rows] == [
        (fresh.ref, "not_started", 0),
        (asked.ref, "question", 0),
        (done.ref, "submitted", 4),
    ]
    assert [row.ref for row in found.waiting] == [waiting.ref]


def test_queue_is_for_reviewers(write: Opened) -> None:
    with write() as session:
        officer, reviewer = make_actor(session, Role.OFFICER), make_actor(session, Role.REVIEWER)
        empty = queue(session, reviewer, language="en", now=NOW)
        with pytest.raises(Refused):
            queue(session, officer, language="en", now=NOW)

    assert (empty.rows, empty.waiting) == ((), ())


def test_every_state_has_words() -> None:
    reviews = [None, *(Review(state=state) for state in ReviewState)]

    found = {state_of(review, standing, n) for review, standing, n in product(reviews, Standing, (0, 3))}

    assert found == set(STATES)


# --- assignments ------------------------------------------------------------------------------------------


def test_assignment_refuses_who_cannot_score(write: Opened) -> None:
    with write() as session:
        owner = make_account(session, Role.REQUESTER, Role.REVIEWER)
        sitting = make_sitting(session)
        session.flush()
        entry = session.execute(sa.select(Entry).where(Entry.ref == sitting.entry_ref)).scalar_one()
        entry.owner_id = owner.id
        cases = {
            "owner": owner.email,
            "officer": make_account(session, Role.REVIEWER, Role.OFFICER).email,
            "no reviewer": make_account(session, Role.PARTNER).email,
            "nobody": "nobody@people.example",
            "again": session.get_one(type(owner), sitting.reviewer.account_id).email,
        }

    for email in cases.values():
        with pytest.raises(Invalid) as refused, write() as session:
            assign(session, sitting.officer, sitting.entry_ref, email, None, now=NOW)
        assert list(refused.value.errors) == ["reviewer"]


def test_only_officers_assign_and_list(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        email = make_account(session, Role.REVIEWER).email
        moderator, admin = make_actor(session, Role.MODERATOR), make_actor(session, Role.ADMIN)

    for actor, expected in ((moderator, Refused), (sitting.reviewer, Refused), (admin, NotFound)):
        with pytest.raises((NotFound, Refused)) as closed, write() as session:
            assign(session, actor, sitting.entry_ref, email, None, now=NOW)
        assert type(closed.value) is expected
    with read() as session:
        listed = [row.ref for row in list_all(session, moderator, now=NOW)]
        with pytest.raises(Refused):
            list_all(session, sitting.reviewer, now=NOW)
    assert listed == [sitting.ref]


def test_messages_survive_storage() -> None:
    said = plural_message("{n} of {names}", "{n} of {names}", 2, names=("a", "b"), inner=Message("{x}", x=1))

    assert str(as_message(as_data(said))) == str(said)
    assert as_message(as_data(said)).params == said.params
