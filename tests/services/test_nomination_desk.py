"""Two nominations of one person, late nominations and documents, and forgetting who was not selected."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.database import db
from models.fellowships import Nomination, ShortlistRun
from models.operation import OutgoingMail
from services import audit
from services.fellowships import files, invitations, late, likeness, nominations, nominators, retention
from services.fellowships.deadlines import lapse_nominations
from services.fellowships.rows import fellowship_of
from services.queries.fellows import fellows_page
from services.sessions import actor_of_account
from tests.factories import make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import NOW, Opened
from tests.services.test_invitations import invited, nominator, secret_in
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.fellowships import NominationDocument, NominationState, NominatorAnswer, RunState
from vocabulary.people import SIGNED_OUT, SYSTEM, Role
from vocabulary.states import CallState

DAY = timedelta(days=1)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def submitted(session: Session, ref: str, **changes: Any) -> Nomination:
    actor = make_actor(session)
    made = nominations.begin(session, actor, ref, answers(**changes), now=NOW)
    nominations.complete(session, actor, made.ref, made.version, now=NOW)
    secret = secret_in(session, "nomination_approve")
    return nominators.approve(session, secret, commits_time=True, now=NOW)


# --- perhaps the same person ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"first_name": "Пётр", "last_name": "Иванов"}, {"first_name": "Petr", "last_name": "Ivanov"}, True),
        ({"first_name": "张", "last_name": "伟"}, {"first_name": "Wei", "last_name": "Zhang"}, True),
        ({"first_name": "Ana", "last_name": "Otieno"}, {"first_name": "OTIENO", "last_name": "Aná"}, True),
        ({"last_name": "Otieno"}, {"last_name": "Otieno", "born_on": "1990-12-31"}, True),
        ({"last_name": "Otieno"}, {"last_name": "Otienno", "born_on": "1990-12-31"}, False),
        ({"first_name": "Maria", "last_name": "Silva"}, {"first_name": "Li", "last_name": "Wu"}, False),
        ({"first_name": "Ada", "phone": "+254 700 123 456"},
         {"first_name": "Zoe", "last_name": "Li", "phone": "+254-700-123456"}, True),
    ],
)  # fmt: skip
def test_pairs_are_pointed_out_across_scripts_and_spellings(
    write: Opened, one: dict[str, str], other: dict[str, str], found: bool
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        first, second = submitted(session, ref, **one), submitted(session, ref, **other)

        pairs = likeness.alike_nominations(session, make_actor(session, Role.OFFICER), ref, now=NOW)

        assert [(pair.first.ref, pair.second.ref) for pair in pairs] == [(first.ref, second.ref)] * found


def test_nothing_is_set_aside_by_itself_and_an_officer_may_undo_it(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        first, second = submitted(session, ref), submitted(session, ref)
        officer = make_actor(session, Role.OFFICER)
        likeness.alike_nominations(session, officer, ref, now=NOW)
        before = second.state

        likeness.rule(session, officer, ref, first.ref, second.ref, is_same=True, now=NOW)
        aside = (second.state, second.duplicate_of_id, first.state)
        told = sa.select(sa.func.count(OutgoingMail.id)).where(
            OutgoingMail.template == "nomination_duplicate"
        )
        n_told = session.execute(told).scalar_one()
        likeness.rule(session, officer, ref, first.ref, second.ref, is_same=False, now=NOW)
        pairs = likeness.alike_nominations(session, officer, ref, now=NOW)

        assert before is NominationState.SUBMITTED
        assert aside == (NominationState.INELIGIBLE, first.id, NominationState.SUBMITTED)
        assert n_told == 2
        assert (second.state, second.duplicate_of_id) == (NominationState.SUBMITTED, None)
        assert [pair.is_same for pair in pairs] == [False]


def test_nominator_is_told_of_two_of_their_own_before_approving_the_second(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        first = submitted(session, ref, first_name="Пётр", last_name="Иванов")
        actor = make_actor(session)
        given = answers(first_name="Petr", last_name="Ivanov")
        made = nominations.begin(session, actor, ref, given, now=NOW)
        nominations.complete(session, actor, made.ref, made.version, now=NOW)

        page = nominators.approval_behind(session, secret_in(session, "nomination_approve"), now=NOW)

        assert page.alike == ((first.ref, "Пётр Иванов"),)


# --- late -------------------------------------------------------------------------------------------------


def lapsed_call(session: Session) -> tuple[str, Any]:
    ref = make_fellowship(session, now=NOW)
    return ref, make_actor(session, Role.OFFICER)


def test_a_lapsed_nomination_goes_on_where_it_stood_once_it_is_let_in(write: Opened) -> None:
    with write() as session:
        ref, officer = lapsed_call(session)
        nominee = make_actor(session)
        draft = nominations.begin(session, nominee, ref, answers(), now=NOW)
        other = make_actor(session)
        waits = nominations.begin(session, other, ref, answers(), now=NOW)
        nominations.complete(session, other, waits.ref, waits.version, now=NOW)
        waiting = invited(session, ref, nominator(session))
        call, _ = fellowship_of(session, ref)
        call.state = CallState.CLOSED
        after = NOW + 40 * DAY
        lapse_nominations(session, now=after)
        lapsed = {one.state for one in (draft, waits, waiting)}

        for one in (draft, waits, waiting):
            late.admit_late(session, officer, one.ref, after + 5 * DAY, "illness", one.version, now=after)
        nominations.complete(session, nominee, draft.ref, draft.version, now=after + 4 * DAY)
        secret = secret_in(session, "nomination_invitation")
        taken = invitations.take_up(session, SIGNED_OUT, secret, now=after + DAY)
        n_again = lapse_nominations(session, now=after + 4 * DAY)
        mine, late_for = actor_of_account(session, taken.account_id), after + 6 * DAY

        assert lapsed == {NominationState.LAPSED}
        assert (draft.state, waits.state) == (NominationState.AWAITING_NOMINATOR,) * 2
        assert waiting.nominee_id == taken.account_id
        assert n_again == 0
        with pytest.raises(Refused):
            nominations.save(session, mine, waiting.ref, {"phone": "1"}, waiting.version, now=late_for)


@pytest.mark.parametrize(
    ("days", "reason", "field"), [(-1, "illness", "late_until"), (3, "  ", "late_reason")]
)
def test_late_needs_a_day_to_come_and_a_reason(write: Opened, days: int, reason: str, field: str) -> None:
    with write() as session:
        ref, officer = lapsed_call(session)
        made = nominations.begin(session, make_actor(session), ref, answers(), now=NOW)

        with pytest.raises(Invalid) as refused:
            late.admit_late(session, officer, made.ref, NOW + days * DAY, reason, made.version, now=NOW)

        assert list(refused.value.errors) == [field]


def test_what_is_received_is_not_opened_again(write: Opened) -> None:
    with write() as session:
        ref, officer = lapsed_call(session)
        done = submitted(session, ref)

        with pytest.raises(Conflict):
            late.admit_late(session, officer, done.ref, NOW + DAY, "illness", done.version, now=NOW)


def test_officer_adds_a_late_document_with_a_reason_beside_it(write: Opened) -> None:
    with write() as session:
        ref, officer = lapsed_call(session)
        done = submitted(session, ref)
        cv = NominationDocument.CV

        with pytest.raises(Invalid):
            files.add_late_file(session, officer, done.ref, cv, "cv.pdf", PDF, " ", now=NOW)
        row = files.add_late_file(session, officer, done.ref, cv, "cv.pdf", PDF, "came by post", now=NOW)

        assert (row.late_reason, row.added_by_id) == ("came by post", officer.account_id)


# --- retention --------------------------------------------------------------------------------------------

MARKS = {
    "first_name": "Zzmarker",
    "last_name": "Qqmarker",
    "phone": "+254700555111",
    "organisation": "Institute Xxmarker",
    "statement": "Vvmarker statement",
    "nominator_name": "Wwmarker",
    "nominator_email": "yymarker@ministry.example",
    "interests": "Uumarker",
}


def decided(session: Session) -> tuple[str, Nomination, Nomination]:
    """A released call: one fellow, and one who was not chosen and is full of marked values."""
    ref = make_fellowship(session, now=NOW)
    fellow = submitted(session, ref, first_name="Fay", last_name="Fellow", public_name=True)
    gone = submitted(session, ref, **MARKS)
    gone.late_reason = "Ttmarker"
    fellow.state, gone.state = NominationState.CONFIRMED, NominationState.NOT_SHORTLISTED
    _, fellowship = fellowship_of(session, ref)
    run = ShortlistRun(
        ref="SHL-2026-0009", call_id=gone.call_id, state=RunState.WAITING, question={},
        question_sha256="0" * 64, asked_by_id=gone.nominee_id, asked_at=NOW, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    session.add(run)
    session.flush()
    fellowship.approved_run_id = run.id
    fellowship.approved_at = fellowship.released_at = NOW
    session.flush()
    return ref, fellow, gone


def everything(session: Session) -> str:
    tables = [table for table in db.metadata.sorted_tables if table.name != "audit_event"]
    rows = [dict(row._mapping) for table in tables for row in session.execute(sa.select(table))]
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_the_clock_forgets_who_was_not_selected_after_the_time_of_the_call_and_not_before(
    write: Opened,
) -> None:
    with write() as session:
        ref, fellow, gone = decided(session)
        officer = make_actor(session, Role.OFFICER)
        over = NOW + 12 * retention.MONTH

        early = retention.forget_unselected(session, now=over - timedelta(seconds=1))
        before = fellows_page(session, SIGNED_OUT, now=NOW)
        counts = retention.report(session, officer, ref, now=over).counts
        looked = [one.ref for one in retention.report(session, officer, ref, now=over).due]
        kept_until_then = gone.content["first_name"]
        n_gone = retention.forget_unselected(session, now=over)
        again = retention.forget_unselected(session, now=over)
        session.flush()
        report = retention.report(session, officer, ref, now=over)

        assert (early, looked, kept_until_then) == (0, [gone.ref], "Zzmarker")
        assert (n_gone, again) == (1, 0)
        assert (gone.content, gone.erased_at, gone.state) == ({}, over, NominationState.NOT_SHORTLISTED)
        assert fellow.content["first_name"] == "Fay"
        assert (report.n_kept, report.n_erased, report.counts) == (1, 1, counts)
        assert counts["gender"] == {"woman": 2}
        assert fellows_page(session, SIGNED_OUT, now=NOW) == before
        assert "marker" not in everything(session)
        audit.seal(session)
        events = session.execute(sa.select(AuditEvent.action, AuditEvent.after, AuditEvent.reason)).all()
        assert ("nomination.erase", None, None) in events
        assert "marker" not in str(events)


def test_a_dry_look_at_what_is_due_changes_nothing(write: Opened) -> None:
    with write() as session:
        ref, _, gone = decided(session)
        version = gone.version

        retention.report(session, make_actor(session, Role.OFFICER), ref, now=NOW + 400 * DAY)
        session.flush()

        assert (gone.version, gone.erased_at) == (version, None)


def test_nominee_asks_and_an_officer_erases_at_once(write: Opened) -> None:
    with write() as session:
        ref, fellow, gone = decided(session)
        officer = make_actor(session, Role.OFFICER)
        nominee = actor_of_account(session, gone.nominee_id or 0)
        winner = actor_of_account(session, fellow.nominee_id or 0)

        with pytest.raises(Conflict):
            retention.erase_asked(session, officer, gone.ref, now=NOW)
        retention.ask_erasure(session, nominee, gone.ref, now=NOW)
        asked = [one.ref for one in retention.report(session, officer, ref, now=NOW).asked]
        retention.erase_asked(session, officer, gone.ref, now=NOW)
        with pytest.raises(Conflict):
            retention.ask_erasure(session, winner, fellow.ref, now=NOW)

        assert asked == [gone.ref]
        assert (gone.content, gone.nominator_answer) == ({}, NominatorAnswer.APPROVED)


def test_months_are_one_to_120_and_hold_from_then_on(write: Opened) -> None:
    with write() as session:
        ref, _, _ = decided(session)
        officer = make_actor(session, Role.OFFICER)
        version = retention.report(session, officer, ref, now=NOW).version

        with pytest.raises(Invalid):
            retention.set_months(session, officer, ref, 121, version, now=NOW)
        retention.set_months(session, officer, ref, 3, version, now=NOW)

        assert retention.report(session, officer, ref, now=NOW).due_from == NOW + 3 * retention.MONTH
        assert retention.forget_unselected(session, now=NOW + 3 * retention.MONTH) == 1


def test_erasing_a_person_erases_their_nominations_and_them_from_those_of_others(write: Opened) -> None:
    with write() as session:
        _, fellow, gone = decided(session)
        account_id = gone.nominee_id or 0
        email = gone.nominator_email or ""

        retention.erase_person(session, SYSTEM, account_id, "nobody@x.example", now=NOW)
        retention.erase_person(session, SYSTEM, 0, "kamau@ministry.example", now=NOW)

        assert (gone.content, email) == ({}, "yymarker@ministry.example")
        assert (fellow.nominator_email, fellow.content["nominator_name"]) == (None, None)
        assert fellow.content["first_name"] == "Fay"
