"""From phase to phase: by the clock with its grace, by a person with what has to be done first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.calls import Call
from models.entries import Entry
from services import screening
from services.calls import (
    advance_call,
    close_due_calls,
    create_call,
    new_version,
    open_due_calls,
    publish_call,
    read_call,
)
from services.entries.drafts import create_draft, save
from services.entries.submission import submit
from tests.factories import content, make_actor, make_call, make_conflict, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, HouseError, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import CallAction, CallKind, CallState, EntryKind

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
CLOSES_AT, GRACE = NOW + 30 * DAY, timedelta(minutes=30)


def test_clock_closes_a_call_when_deadline_and_grace_are_over(write: Opened, read: Opened) -> None:
    with write() as session:
        ref = make_call(session, now=NOW).ref
    seen = []
    for at in (CLOSES_AT - SECOND, CLOSES_AT, CLOSES_AT + GRACE - SECOND, CLOSES_AT + GRACE):
        with write() as session:
            n = close_due_calls(session, now=at)
            sheet = read_call(session, make_actor(session, Role.OFFICER), ref, now=at)
            seen.append((n, sheet.state, sheet.is_open))

    assert seen == [
        (0, CallState.OPEN, True),
        (0, CallState.OPEN, False),
        (0, CallState.OPEN, False),
        (1, CallState.CLOSED, False),
    ]


def test_grace_is_for_forms_that_were_opened_before_the_deadline(write: Opened) -> None:
    with write() as session:
        owner = make_actor(session)
        ref = make_call(session, now=NOW).ref
        before = create_draft(session, owner, EntryKind.REQUEST, content(), now=NOW, call_ref=ref).entry.ref

    def hand_in(at: datetime) -> str:
        try:
            with write() as session:
                version = session.execute(sa.select(Entry.version).where(Entry.ref == before)).scalar_one()
                entry = save(session, owner, before, {"need": f"Said at {at}."}, version, now=at)
                submit(session, owner, before, entry.version, now=at)
        except HouseError as refused:
            return refused.code
        return "submitted"

    with pytest.raises(Refused) as late, write() as session:
        create_draft(session, owner, EntryKind.REQUEST, {}, now=CLOSES_AT, call_ref=ref)

    assert late.value.code == "deadline_passed"
    assert [hand_in(CLOSES_AT + GRACE - SECOND), hand_in(CLOSES_AT + GRACE)] == [
        "submitted",
        "deadline_passed",
    ]


# --- by a person ------------------------------------------------------------------------------------------


class Hall:
    """A closed call with one request, and an officer."""

    def __init__(self, write: Opened, read: Opened, state: CallState, entry_state: str = "submitted") -> None:
        self.write, self.read = write, read
        with write() as session:
            self.officer, self.other = (make_actor(session, Role.OFFICER) for _ in range(2))
            call = make_call(session, now=NOW)
            self.call = call.ref
            entry = make_submitted(session, now=NOW, call=call)
            self.ref = entry.ref
            entry.state = entry_state
            call.opens_at, call.closes_at, call.state = NOW - 60 * DAY, NOW - DAY, state

    def move(self, action: CallAction, reason: str | None = None, actor: Actor | None = None) -> CallState:
        with self.write() as session:
            done = advance_call(session, actor or self.officer, self.call, action, now=NOW, reason=reason)
        return done.state

    def refusal(self, action: CallAction, reason: str | None = None, actor: Actor | None = None) -> Any:
        with pytest.raises(HouseError) as refused:
            self.move(action, reason, actor)
        return refused.value.code, refused.value.extra.get("obstacles")


def test_review_waits_for_the_screening_or_for_a_reason_that_is_kept(write: Opened, read: Opened) -> None:
    hall = Hall(write, read, CallState.CLOSED)

    assert hall.refusal(CallAction.START_REVIEW) == ("not_ready", ["1 entry is not screened."])
    assert hall.refusal(CallAction.START_REVIEW, " ")[0] == "not_ready"
    assert hall.move(CallAction.START_REVIEW, "The last one came today.") is CallState.REVIEW
    with read() as session:
        event = session.execute(
            sa.select(AuditEvent.reason, AuditEvent.after).where(AuditEvent.action == "call.start_review")
        ).one()
    assert tuple(event) == ("The last one came today.", {"state": "review"})


def test_review_begins_without_a_reason_when_everything_is_screened(write: Opened, read: Opened) -> None:
    hall = Hall(write, read, CallState.CLOSED)
    with write() as session:
        version = session.execute(sa.select(Entry.version)).scalar_one()
        screening.find_eligible(session, hall.officer, hall.ref, version, now=NOW)

    assert hall.move(CallAction.START_REVIEW) is CallState.REVIEW


def test_deliberation_takes_enough_reviews_or_a_reason_and_takes_the_entries_along(
    write: Opened, read: Opened
) -> None:
    hall = Hall(write, read, CallState.REVIEW, "in_review")

    words = ["1 entry has fewer reviews than the call asks for."]
    assert hall.refusal(CallAction.DELIBERATE) == ("not_ready", words)
    assert hall.move(CallAction.DELIBERATE, "One reviewer is ill.") is CallState.DELIBERATION
    with read() as session:
        assert session.execute(sa.select(Entry.state)).scalar_one() == "deliberation"


def test_unconfirmed_finding_holds_the_deliberation_up_whatever_the_reason(
    write: Opened, read: Opened
) -> None:
    hall = Hall(write, read, CallState.CLOSED)
    with write() as session:
        version = session.execute(sa.select(Entry.version)).scalar_one()
        screening.find_ineligible(session, hall.officer, hall.ref, version, "scope", "Outside.", now=NOW)
    hall.move(CallAction.START_REVIEW)

    assert hall.refusal(CallAction.DELIBERATE, "We are late.")[0] == "not_ready"
    with write() as session:
        version = session.execute(sa.select(Entry.version)).scalar_one()
        screening.confirm_ineligible(session, hall.other, hall.ref, version, now=NOW)
    assert hall.move(CallAction.DELIBERATE) is CallState.DELIBERATION


def test_results_wait_for_every_decision(write: Opened, read: Opened) -> None:
    hall = Hall(write, read, CallState.DELIBERATION, "deliberation")

    assert hall.refusal(CallAction.DECIDE, "We are late.") == (
        "not_ready",
        ["1 entry has no approved decision."],
    )


def test_officer_with_a_conflict_leaves_the_step_to_a_colleague_whatever_is_ready(
    write: Opened, read: Opened
) -> None:
    hall = Hall(write, read, CallState.CLOSED)
    with write() as session:
        make_conflict(session, hall.other, hall.ref)
    before = hall.refusal(CallAction.START_REVIEW, "We are late.", hall.other)
    with write() as session:
        version = session.execute(sa.select(Entry.version)).scalar_one()
        screening.find_eligible(session, hall.officer, hall.ref, version, now=NOW)

    assert hall.refusal(CallAction.START_REVIEW, "We are late.", hall.other) == before
    assert before == ("conflict_of_interest", None)
    assert hall.move(CallAction.START_REVIEW) is CallState.REVIEW


@pytest.mark.parametrize(
    "action",
    [CallAction.OPEN, CallAction.CLOSE, CallAction.CANCEL, CallAction.SCHEDULE, CallAction.REOPEN],
)
def test_what_the_clock_or_two_people_do_is_not_done_by_one(
    write: Opened, read: Opened, action: CallAction
) -> None:
    hall = Hall(write, read, CallState.CLOSED)

    assert hall.refusal(action, "A reason")[0] == "wrong_state"


# --- new versions -----------------------------------------------------------------------------------------


def test_new_version_takes_the_place_of_the_old_one_before_it_opens(write: Opened, read: Opened) -> None:
    said = {
        "kind": CallKind.REQUESTS,
        "title": {"en": "A call"},
        "text": {"en": "Tell us."},
        "strategies": ["S1"],
        "opens_at": NOW + DAY,
        "closes_at": NOW + 9 * DAY,
        "minimum_reviews": 2,
    }
    with write() as session:
        officer, decider = make_actor(session, Role.OFFICER), make_actor(session, Role.DECIDER)
        old = create_call(session, officer, said, now=NOW)
    with write() as session:
        publish_call(session, decider, old.ref, old.version, now=NOW)
    with write() as session:
        made = new_version(session, officer, old.ref, now=NOW)
    with pytest.raises(Conflict), write() as session:
        new_version(session, officer, old.ref, now=NOW)
    with write() as session:
        announced = publish_call(session, decider, made.ref, made.version, now=NOW)
    with write() as session:
        assert open_due_calls(session, now=NOW + DAY) == 1

    with read() as session:
        before, after = (read_call(session, officer, one.ref, now=NOW + DAY) for one in (old, announced))
    assert (before.state, before.superseded_by) == (CallState.CANCELLED, made.ref)
    assert (after.state, after.edition, after.supersedes) == (CallState.OPEN, 2, old.ref)
    assert after.content["minimum_reviews"] == 2
    with pytest.raises(Conflict), write() as session:
        new_version(session, officer, made.ref, now=NOW + DAY)
    with read() as session:
        states = session.execute(sa.select(Call.state_reason).where(Call.ref == old.ref)).scalar_one()
    assert states == f"superseded by {made.ref}"
