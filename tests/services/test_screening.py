"""Screening: eligible, returned with a clock, not eligible by two officers, and the way back from each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.calls import Call
from models.entries import Entry
from models.operation import OutgoingMail
from models.screening import Screening
from services import screening
from services.assignments import assign
from services.calls import advance_call
from services.conflicts import declare
from services.entries.drafts import save
from services.entries.submission import submit, withdraw
from services.screening_clock import lapse_due, start_ready_reviews
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor, make_call, make_conflict, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import CallAction, CallState, ConflictAnswer, ScreeningKind

DAY = timedelta(days=1)
DUE = NOW + 7 * DAY
PAST = {"opens_at": NOW - 60 * DAY, "closes_at": NOW - DAY, "state": CallState.CLOSED}


class Desk:
    """A call that has closed, one request in it, its owner and two officers."""

    def __init__(self, write: Opened, read: Opened, **changes: Any) -> None:
        self.write, self.read = write, read
        with write() as session:
            self.first = make_actor(session, Role.OFFICER)
            self.second = make_actor(session, Role.OFFICER)
            self.owner = make_actor(session)
            call = make_call(session, now=NOW)
            self.call = call.ref
            self.ref = make_submitted(session, actor=self.owner, now=NOW, call=call).ref
            for name, value in (PAST | changes).items():
                setattr(call, name, value)

    def entry(self) -> Entry:
        with self.read() as session:
            entry = session.execute(sa.select(Entry).where(Entry.ref == self.ref)).scalar_one()
            session.expunge(entry)
            return entry

    def do(self, act: Any, actor: Actor, *args: Any, now: datetime = NOW) -> None:
        version = self.entry().version
        with self.write() as session:
            act(session, actor, self.ref, version, *args, now=now)

    def answer(self, now: datetime) -> None:
        with self.write() as session:
            entry = save(
                session, self.owner, self.ref, {"need": "Said better."}, self.entry().version, now=now
            )
            submit(session, self.owner, self.ref, entry.version, now=now)

    def kinds(self) -> list[ScreeningKind]:
        with self.read() as session:
            return list(session.execute(sa.select(Screening.kind).order_by(Screening.id)).scalars())

    def mails(self, template: str) -> list[dict[str, Any]]:
        with self.read() as session:
            query = sa.select(OutgoingMail.values).where(OutgoingMail.template == template)
            return list(session.execute(query).scalars())


@pytest.fixture
def desk(write: Opened, read: Opened) -> Desk:
    return Desk(write, read)


def test_eligible_holds_for_the_version_that_was_looked_at(desk: Desk) -> None:
    desk.do(screening.find_eligible, desk.first)
    with pytest.raises(Conflict) as twice:
        desk.do(screening.find_eligible, desk.second)
    desk.do(screening.return_with_questions, desk.first, ["Which wetlands?"], DUE)
    desk.answer(NOW + DAY)
    desk.do(screening.find_eligible, desk.second, now=NOW + DAY)

    assert twice.value.code == "unchanged"
    assert desk.kinds() == [ScreeningKind.ELIGIBLE, ScreeningKind.RETURNED, ScreeningKind.ELIGIBLE]


def test_returned_entry_is_answered_until_the_due_date_and_the_grace(desk: Desk) -> None:
    desk.do(screening.return_with_questions, desk.first, ["Which wetlands?", " ", "Since when?"], DUE)
    after_grace = DUE + timedelta(minutes=30)
    with pytest.raises(Refused) as late:
        desk.answer(after_grace)
    desk.answer(after_grace - timedelta(seconds=1))

    entry = desk.entry()
    assert (entry.state, entry.revision_number, entry.due_at) == ("submitted", 2, None)
    assert late.value.code == "deadline_passed"
    assert [(mail["reason"], mail["due_at"]) for mail in desk.mails("returned")] == [
        ("1. Which wetlands?\n2. Since when?", DUE.isoformat())
    ]


def test_unanswered_entry_lapses_by_the_clock_and_is_opened_again_once(desk: Desk) -> None:
    desk.do(screening.return_with_questions, desk.first, ["Which wetlands?"], DUE)
    after_grace = DUE + timedelta(minutes=30)
    lapsed = []
    for at in (DUE, after_grace - timedelta(seconds=1), after_grace, after_grace):
        with desk.write() as session:
            lapsed.append(lapse_due(session, now=at))
    state = desk.entry().state
    until = after_grace + 3 * DAY
    desk.do(screening.reopen, desk.second, until, "They were ill.", now=after_grace)
    reopened = desk.entry()
    with desk.write() as session:
        lapse_due(session, now=until + DAY)
    with pytest.raises(Conflict) as twice:
        desk.do(screening.reopen, desk.second, until + 9 * DAY, "Again.", now=until + DAY)

    assert (lapsed, state, len(desk.mails("lapsed"))) == ([0, 0, 1, 0], "lapsed", 2)
    assert (reopened.state, reopened.due_at, twice.value.code) == ("returned", until, "twice")


@pytest.mark.parametrize(
    ("questions", "due", "field"), [([" "], DUE, "questions"), (["Where?"], NOW + DAY / 2, "due_at")]
)
def test_return_needs_a_question_and_time_to_answer(
    desk: Desk, questions: list[str], due: datetime, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        desk.do(screening.return_with_questions, desk.first, questions, due)

    assert list(refused.value.errors) == [field]


def test_questions_wait_until_the_call_has_closed(write: Opened, read: Opened) -> None:
    desk = Desk(write, read, state=CallState.OPEN, closes_at=NOW + DAY)

    with pytest.raises(Conflict) as refused:
        desk.do(screening.return_with_questions, desk.first, ["Where?"], DUE)

    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize("has_round", [False, True])
def test_in_deliberation_a_moderator_proposes_and_the_call_must_allow_it(
    write: Opened, read: Opened, has_round: bool
) -> None:
    desk = Desk(write, read, state=CallState.DELIBERATION, question_round=has_round)
    with write() as session:
        moderator = make_actor(session, Role.MODERATOR)
        session.execute(sa.update(Entry).where(Entry.ref == desk.ref).values(state="deliberation"))
    asked = (["Which wetlands?"], DUE)
    with pytest.raises(Conflict):
        desk.do(screening.return_with_questions, desk.first, *asked)
    desk.do(screening.propose_return, moderator, ["Which wetlands?"])
    if has_round:
        desk.do(screening.return_with_questions, desk.first, *asked)
    else:
        with pytest.raises(Conflict):
            desk.do(screening.return_with_questions, desk.first, *asked)

    assert desk.entry().state == ("returned" if has_round else "deliberation")


def test_not_eligible_takes_two_officers_and_writes_to_nobody(desk: Desk) -> None:
    before = len(desk.mails("receipt"))
    desk.do(screening.find_ineligible, desk.first, "scope", "It asks for a building.")
    with pytest.raises(Refused) as alone:
        desk.do(screening.confirm_ineligible, desk.first)
    desk.do(screening.confirm_ineligible, desk.second)
    with pytest.raises(Conflict):
        desk.do(screening.confirm_ineligible, desk.second)

    with desk.read() as session:
        row = session.execute(sa.select(Screening.by_id, Screening.confirmed_by_id)).one()
        gone = OutgoingMail.state != "draft"
        n_mails = session.execute(sa.select(sa.func.count(OutgoingMail.id)).where(gone)).scalar_one()
    assert alone.value.code == "needs_second_person"
    assert tuple(row) == (desk.first.account_id, desk.second.account_id)
    assert (desk.entry().state, n_mails) == ("ineligible", before)


def test_another_officer_reverses_and_the_first_may_not(desk: Desk) -> None:
    desk.do(screening.find_ineligible, desk.first, "country", "Not in the list.")
    with pytest.raises(Refused) as own:
        desk.do(screening.reverse_ineligible, desk.first, "I erred.")
    with pytest.raises(Invalid):
        desk.do(screening.reverse_ineligible, desk.second, " ")
    desk.do(screening.reverse_ineligible, desk.second, "It is in the list.")
    desk.do(screening.find_ineligible, desk.first, "kind", "A company.")

    assert own.value.code == "involved_before"
    assert desk.kinds() == [ScreeningKind.INELIGIBLE, ScreeningKind.REVERSED, ScreeningKind.INELIGIBLE]


@pytest.mark.parametrize(
    ("code", "text", "named"), [("nonsense", "x", "reason_code"), ("scope", " ", "text")]
)
def test_not_eligible_needs_a_reason(desk: Desk, code: str, text: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.do(screening.find_ineligible, desk.first, code, text)

    assert list(refused.value.errors) == [named]


def test_where_the_second_person_is_off_one_officer_is_enough_and_it_is_written_down(
    write: Opened, read: Opened
) -> None:
    desk = Desk(write, read, four_eyes=False)
    desk.do(screening.find_ineligible, desk.first, "scope", "It asks for a building.")

    with read() as session:
        row = session.execute(sa.select(Screening.confirmed_by_id, Screening.is_alone)).one()
    assert tuple(row) == (desk.first.account_id, True)


@pytest.mark.parametrize(
    ("phase", "comes_back"),
    [
        (CallState.CLOSED, True),
        (CallState.REVIEW, True),
        (CallState.DELIBERATION, True),
        (CallState.DECIDED, False),
        (CallState.RELEASED, False),
    ],
)
def test_withdrawn_entry_comes_back_before_the_deliberation_ends(
    write: Opened, read: Opened, phase: CallState, comes_back: bool
) -> None:
    desk = Desk(write, read)
    desk.do(withdraw, desk.owner, "A mistake")
    with write() as session:
        session.execute(sa.update(Call).where(Call.ref == desk.call).values(state=phase))
    if comes_back:
        desk.do(screening.restore_withdrawn, desk.first, "Their letter of 3 June.")
    else:
        with pytest.raises(Conflict):
            desk.do(screening.restore_withdrawn, desk.first, "Their letter of 3 June.")

    entry = desk.entry()
    assert (entry.state, entry.withdrawn_at is None) == (
        ("submitted", True) if comes_back else ("withdrawn", False)
    )


def test_officer_with_a_conflict_screens_nothing(desk: Desk) -> None:
    with desk.write() as session:
        make_conflict(session, desk.first, desk.ref, ConflictAnswer.POSSIBLE)

    for act, args in (
        (screening.find_eligible, ()),
        (screening.return_with_questions, (["Where?"], DUE)),
        (screening.find_ineligible, ("scope", "x")),
    ):
        with pytest.raises(NotFound):
            desk.do(act, desk.first, *args)


def test_review_starts_when_enough_reviewers_are_without_conflict(write: Opened, read: Opened) -> None:
    desk = Desk(write, read, state=CallState.REVIEW, minimum_reviews=2)
    desk.do(screening.find_eligible, desk.first)
    started = []
    for _ in range(3):
        with write() as session:
            account = make_account(session, Role.REVIEWER)
            made = assign(session, desk.first, desk.ref, account.email, None, now=NOW)
            reviewer = actor_of_account(session, account.id)
            answer = ConflictAnswer.NONE if started else ConflictAnswer.CONFLICT
            kinds, words = (["family"], "x") if answer is ConflictAnswer.CONFLICT else ([], None)
            declare(session, reviewer, made.ref, answer, kinds, words, now=NOW)
        with write() as session:
            started.append(start_ready_reviews(session, now=NOW))

    assert (started, desk.entry().state) == ([0, 0, 1], "in_review")


def deliberate(desk: Desk, write: Opened, reason: str | None = None) -> None:
    with write() as session:
        ref = session.execute(sa.select(Call.ref).join(Entry, Entry.call_id == Call.id)).scalars().first()
        assert ref is not None
        advance_call(session, desk.first, ref, CallAction.DELIBERATE, now=NOW, reason=reason)


def test_what_is_eligible_and_short_of_reviewers_meets_the_panel_where_somebody_says_why(
    write: Opened, read: Opened
) -> None:
    desk = Desk(write, read, state=CallState.REVIEW, minimum_reviews=2)
    desk.do(screening.find_eligible, desk.first)

    with pytest.raises(Conflict) as refused:
        deliberate(desk, write)
    before = desk.entry().state
    deliberate(desk, write, "the reviewers fell ill")

    assert (refused.value.code, before, desk.entry().state) == ("not_ready", "submitted", "deliberation")


def test_what_becomes_eligible_while_the_panel_meets_goes_under_review_by_the_clock(
    write: Opened, read: Opened
) -> None:
    desk = Desk(write, read, state=CallState.REVIEW, minimum_reviews=2)
    desk.do(screening.find_eligible, desk.first)
    with write() as session:
        session.execute(sa.update(Call).values(state=CallState.DELIBERATION))

    with write() as session:
        n_started = start_ready_reviews(session, now=NOW)

    assert (n_started, desk.entry().state) == (1, "in_review")
