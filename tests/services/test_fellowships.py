"""From the call to an approved list: two parties, panel, lock, seed, run, approval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.checking import check
from models.fellowships import Nomination, NominationLink, PanelSeat, ShortlistRun
from models.operation import OutgoingMail
from services.fellowships import mark_sheets, nominations, nominators, panel, pins, running, shortlists
from services.fellowships.questions import question_of_call, room_of
from services.fellowships.rows import fellowship_of, item_of
from services.queries.nominations import nominations_of_call
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, TooMany
from vocabulary.fellowships import MeritBand, NominationState, RunState
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import CallState, ConflictAnswer


def completed(session: Session, call_ref: str, **changes: Any) -> Nomination:
    nominee = make_actor(session)
    made = nominations.begin(session, nominee, call_ref, answers(**changes), now=NOW)
    return nominations.complete(session, nominee, made.ref, made.version, now=NOW)


def last_link(session: Session) -> str:
    mail = session.execute(
        sa.select(OutgoingMail)
        .where(OutgoingMail.template == "nomination_approve")
        .order_by(OutgoingMail.id.desc())
        .limit(1)
    ).scalar_one()
    return str(mail.values["link"]).rsplit("/", 1)[1]


def submitted(session: Session, call_ref: str, **changes: Any) -> Nomination:
    completed(session, call_ref, **changes)
    return nominators.approve(session, last_link(session), commits_time=True, now=NOW)


def in_phase(session: Session, call_ref: str, state: CallState) -> None:
    call, _ = fellowship_of(session, call_ref)
    call.state = state
    session.flush()


def test_nomination_counts_once_both_parties_have_said_yes(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nomination = completed(session, ref)
        waiting = nomination.state

        approved = nominators.approve(session, last_link(session), commits_time=True, now=NOW)

        assert waiting is NominationState.AWAITING_NOMINATOR
        assert approved.state is NominationState.SUBMITTED
        assert approved.nominee_consent_at == approved.nominator_approved_at == NOW
        told = session.execute(
            sa.select(OutgoingMail.to_email).where(OutgoingMail.template == "nomination_received")
        ).scalars()
        assert "kamau@ministry.example" in set(told)


def test_nominator_who_does_not_commit_the_time_has_not_approved(write: Opened) -> None:
    with write() as session:
        completed(session, make_fellowship(session, now=NOW))

        with pytest.raises(Invalid) as refused:
            nominators.approve(session, last_link(session), commits_time=False, now=NOW)

        assert list(refused.value.errors) == ["commits_time"]


def test_nominator_who_refuses_gives_the_form_back(write: Opened) -> None:
    with write() as session:
        nomination = completed(session, make_fellowship(session, now=NOW))
        secret = last_link(session)

        nominators.refuse(session, secret, "We nominate one person only.", now=NOW)

        assert nomination.state is NominationState.DRAFT
        with pytest.raises(NotFound):
            nominators.approval_behind(session, secret, now=NOW)


def test_taking_back_ends_the_nominators_link(write: Opened) -> None:
    with write() as session:
        nomination = completed(session, make_fellowship(session, now=NOW))
        secret = last_link(session)
        nominee = actor_of_account(session, nomination.nominee_id or 0)

        nominations.take_back(session, nominee, nomination.ref, nomination.version, now=NOW)

        with pytest.raises(NotFound):
            nominators.approve(session, secret, commits_time=True, now=NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nominator_email": "me@people.example"}, "nominator_email"),
        ({"nominator_name": "OTIENO, Amina", "first_name": "Otieno", "last_name": "Amina"}, "nominator_name"),
    ],
)
def test_nobody_nominates_oneself(write: Opened, change: dict[str, str], field: str) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nominee = make_actor(session, email="me@people.example")
        made = nominations.begin(session, nominee, ref, answers(**change), now=NOW)

        with pytest.raises(Invalid) as refused:
            nominations.complete(session, nominee, made.ref, made.version, now=NOW)

        assert list(refused.value.errors) == [field]


def test_completing_names_everything_that_is_missing(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW, documents=["cv"])
        nominee = make_actor(session)
        made = nominations.begin(session, nominee, ref, {"first_name": "Amina"}, now=NOW)

        with pytest.raises(Invalid) as refused:
            nominations.complete(session, nominee, made.ref, made.version, now=NOW)

        assert {"last_name", "gender", "consent_data", "interests", "file.cv"} <= set(refused.value.errors)
        assert "first_name" not in refused.value.errors


def test_two_deadlines_one_for_each_party(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        late = completed(session, ref, first_name="Late")
        secret = last_link(session)
        nominee = actor_of_account(session, late.nominee_id or 0)
        in_phase(session, ref, CallState.CLOSED)
        after_first, after_second = NOW + timedelta(days=31), NOW + timedelta(days=38)

        with pytest.raises(Refused):
            nominations.take_back(session, nominee, late.ref, late.version, now=after_first)
        with pytest.raises(Refused):
            nominators.approve(session, secret, commits_time=True, now=after_second)
        approved = nominators.approve(session, secret, commits_time=True, now=after_first)

        assert approved.state is NominationState.SUBMITTED


def test_thresholds_warn_and_do_not_block(write: Opened) -> None:
    with write() as session:
        nomination = submitted(session, make_fellowship(session, now=NOW), born_on="1980-01-01")
        item = item_of(session, SIGNED_OUT, nomination)

        assert nomination.state is NominationState.SUBMITTED
        assert [str(one) for one in nominations.advice(item)] == [
            "The call is meant for people of up to 35 years; on the day it closes it will be 46. "
            "The nomination can be made all the same."
        ]


def test_travel_support_is_told_for_each_nationality(write: Opened) -> None:
    with write() as session:
        nomination = completed(session, make_fellowship(session, now=NOW), second_nationality="DEU")

        assert nomination.travel == {
            "as_of": "2026-06-01",
            "nationalities": {"KEN": "developing", "DEU": "none"},
        }


def test_second_nomination_for_the_same_call_is_refused_by_name(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nominee = make_actor(session)
        first = nominations.begin(session, nominee, ref, answers(), now=NOW)

        with pytest.raises(Conflict) as refused:
            nominations.begin(session, nominee, ref, answers(), now=NOW)

        assert refused.value.extra == {"ref": first.ref}


# --- panel and shortlist ----------------------------------------------------------------------------------


def marked_call(
    session: Session,
    marks: dict[str, tuple[int, str]],
    *,
    is_locked: bool = True,
    bands: Mapping[str, MeritBand] | None = None,
    said: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> tuple[str, Actor]:
    """Nominations by name with a mark on everything and a gender, marked by one member, marks locked.

    bands : of those who are not in A. said : other answers, by name. settings : of the call.
    """
    ref = make_fellowship(session, now=NOW, **settings)
    refs = {}
    for name, (_, gender) in marks.items():
        answers = (said or {}).get(name, {})
        refs[name] = submitted(session, ref, first_name=name, gender=gender, **answers).ref
    officer = make_actor(session, Role.OFFICER)
    in_phase(session, ref, CallState.REVIEW)
    panel.start_review(session, officer, ref, now=NOW)
    member = make_account(session, Role.REVIEWER, email="member@panel.example")
    panel.seat_members(session, officer, ref, [(one, member.email) for one in refs.values()], now=NOW)
    actor = actor_of_account(session, member.id)
    for name, (value, _) in marks.items():
        seat = panel.answer_conflict(session, actor, refs[name], ConflictAnswer.NONE, None, now=NOW)
        given = {"merit": value, "fit": value}
        band = (bands or {}).get(name, MeritBand.A)
        panel.mark(session, actor, refs[name], given, {}, band, seat.version, is_final=True, now=NOW)
    if not is_locked:
        return ref, officer
    panel.lock_marks(session, officer, ref, now=NOW)
    shortlists.name_seed(session, officer, ref, "2026-06-01 lottery", "national lottery", now=NOW)
    return ref, officer


def test_panel_sees_no_protected_answer_and_nothing_before_the_conflict_question(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nomination = submitted(session, ref)
        officer = make_actor(session, Role.OFFICER)
        in_phase(session, ref, CallState.REVIEW)
        panel.start_review(session, officer, ref, now=NOW)
        member = make_account(session, Role.REVIEWER, email="member@panel.example")
        panel.seat_members(session, officer, ref, [(nomination.ref, member.email)], now=NOW)
        actor = actor_of_account(session, member.id)

        before = mark_sheets.my_sheet(session, actor, nomination.ref, now=NOW)
        panel.answer_conflict(session, actor, nomination.ref, ConflictAnswer.NONE, None, now=NOW)
        after = mark_sheets.my_sheet(session, actor, nomination.ref, now=NOW)

        assert before.content is None
        assert after.content is not None
        assert not {"gender", "born_on", "nationality", "second_nationality"} & set(after.content)
        assert after.content["statement"] == "I study lakes."


def test_member_with_a_conflict_no_longer_finds_the_nomination(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nomination = submitted(session, ref)
        officer = make_actor(session, Role.OFFICER)
        in_phase(session, ref, CallState.REVIEW)
        panel.start_review(session, officer, ref, now=NOW)
        member = make_account(session, Role.REVIEWER, email="member@panel.example")
        panel.seat_members(session, officer, ref, [(nomination.ref, member.email)], now=NOW)
        actor = actor_of_account(session, member.id)

        panel.answer_conflict(session, actor, nomination.ref, ConflictAnswer.CONFLICT, "My pupil.", now=NOW)

        with pytest.raises(NotFound):
            mark_sheets.my_sheet(session, actor, nomination.ref, now=NOW)


def test_list_from_marks_to_approval(write: Opened, read: Opened) -> None:
    marks = {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman"), "Dora": (4, "woman")}
    with write() as session:
        ref, officer = marked_call(session, marks)
        lamps = room_of(session, officer, ref, now=NOW)
        asked = shortlists.ask_run(session, officer, ref, n_reserve=2, is_trial=False, now=NOW)
        refs = {
            row.content["first_name"]: row.ref for row in session.execute(sa.select(Nomination)).scalars()
        }
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)

    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        done = shortlists.approve(session, decider, asked.ref, now=NOW)
        states = {
            row.content["first_name"]: (row.state, row.reserve_order)
            for row in session.execute(sa.select(Nomination)).scalars()
        }
        run = session.execute(sa.select(ShortlistRun)).scalar_one()
        content = (run.record or "").encode()

        assert [(one.value, one.least, one.in_pool) for one in lamps] == [("woman", 1, 2)]
        assert done.is_approved
        assert [one["id"] for one in check(content)["seats"]] == [refs["Ada"], refs["Cora"]]
        assert run.signature == shortlists.signature_of(session, content)
        assert states == {
            "Ada": (NominationState.SHORTLISTED, None),
            "Ben": (NominationState.RESERVE, 1),
            "Cora": (NominationState.SHORTLISTED, None),
            "Dora": (NominationState.RESERVE, 2),
        }


def test_pin_stands_in_the_question_and_makes_an_older_run_outdated(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman")})
        asked = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)
    with write() as session:
        ben = session.execute(sa.select(Nomination).where(Nomination.name_key.startswith("ben"))).scalar_one()
        pins.pin(session, officer, ben.ref, is_in=True, reason="Speaks for a small region.", now=NOW)
        call, fellowship = fellowship_of(session, ref)
        held = question_of_call(session, call, fellowship).pins

        with pytest.raises(Conflict) as refused:
            shortlists.approve(session, make_actor(session, Role.DECIDER), asked.ref, now=NOW)

        assert [(one.id, one.is_in) for one in held] == [(ben.ref, True)]
        assert refused.value.code == "outdated"


def test_run_that_counts_needs_the_seed_and_another_person_approves_it(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")})
        both = make_actor(session, Role.OFFICER, Role.DECIDER)
        asked = shortlists.ask_run(session, both, ref, n_reserve=0, is_trial=False, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)
    with write() as session, pytest.raises(Conflict) as refused:
        shortlists.approve(session, both, asked.ref, now=NOW)

    assert refused.value.code == "own_run"
    assert officer.account_id is not None


def test_cancelled_run_ends_without_a_record(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")})
        asked = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=True, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    with write() as session:
        shortlists.cancel_run(session, officer, asked.ref, now=NOW)

    running.compute(work, write, lambda: NOW)

    with write() as session:
        run = session.execute(sa.select(ShortlistRun)).scalar_one()
        assert (run.state, run.record) == (RunState.CANCELLED, None)


def test_impossible_targets_give_a_proof_and_no_list(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Ben": (5, "man")})
        shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=True, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)

    with write() as session:
        run = session.execute(sa.select(ShortlistRun)).scalar_one()
        record = json.loads(run.record or "{}")
        assert record["status"] == "infeasible"
        assert session.execute(sa.select(sa.func.count(NominationLink.id))).scalar_one() == 2


@pytest.mark.parametrize("part", ["nominee", "nominator"])
def test_party_to_a_nomination_neither_sees_nor_makes_the_list_of_its_call(
    write: Opened, read: Opened, part: str
) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"One": (5, "woman"), "Two": (4, "man")})
        run = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=True, now=NOW)
        row = session.execute(sa.select(Nomination).order_by(Nomination.id).limit(1)).scalar_one()
        party = make_actor(session, Role.OFFICER, Role.DECIDER, email="party@ministry.example")
        if part == "nominee":
            row.nominee_id = party.account_id
        else:
            row.nominator_email = "party@ministry.example"
        session.flush()
        actor = actor_of_account(session, party.account_id or 0)

        refusals = [
            lambda: pins.pin(session, actor, row.ref, is_in=True, reason="Me.", now=NOW),
            lambda: shortlists.name_seed(session, actor, ref, "7", "Lottery", now=NOW),
            lambda: shortlists.ask_run(session, actor, ref, n_reserve=0, is_trial=True, now=NOW),
            lambda: shortlists.read_run(session, actor, run.ref, now=NOW),
            lambda: shortlists.approve(session, actor, run.ref, now=NOW),
            lambda: panel.start_review(session, actor, ref, now=NOW),
            lambda: room_of(session, actor, ref, now=NOW),
        ]
        for refused in refusals:
            with pytest.raises(Refused) as why:
                refused()
            assert why.value.code == "own_case"
        rows, _, _ = nominations_of_call(session, actor, ref, now=NOW)
        assert {(one.score, one.band, one.state) for one in rows} == {(None, None, NominationState.IN_REVIEW)}


def test_stale_version_tells_a_nominator_nothing_of_the_form(write: Opened) -> None:
    with write() as session:
        row = completed(session, make_fellowship(session, now=NOW))
        nominator = make_actor(session)
        row.nominator_id = nominator.account_id
        session.flush()

        with pytest.raises(Conflict) as refused:
            nominations.withdraw(session, nominator, row.ref, row.version + 1, now=NOW)

        assert refused.value.extra == {"version": row.version}


def test_naming_an_officer_as_nominator_does_not_shut_them_out(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        completed(session, ref, nominator_email="officer@people.example")
        officer = make_actor(session, Role.OFFICER, email="officer@people.example")
        in_phase(session, ref, CallState.REVIEW)

        assert panel.start_review(session, officer, ref, now=NOW) == 0


def test_marks_count_no_more_once_their_giver_declares_a_conflict(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"One": (5, "woman")}, is_locked=False)
        row = session.execute(sa.select(Nomination)).scalar_one()
        seat = session.execute(sa.select(PanelSeat).where(PanelSeat.nomination_id == row.id)).scalar_one()
        member = actor_of_account(session, seat.account_id)
        before = row.score

        panel.answer_conflict(session, member, row.ref, ConflictAnswer.CONFLICT, "My pupil.", now=NOW)

        assert (before is not None, row.score, row.band) == (True, None, None)
        with pytest.raises(Conflict) as refused:
            panel.lock_marks(session, officer, ref, now=NOW)
        assert refused.value.code == "unmarked"


def test_completing_again_and_again_sends_only_so_many_mails(write: Opened) -> None:
    with write() as session:
        nomination = completed(session, make_fellowship(session, now=NOW))
        nominee = actor_of_account(session, nomination.nominee_id or 0)

        def once_more() -> None:
            nominations.take_back(session, nominee, nomination.ref, nomination.version, now=NOW)
            nominations.complete(session, nominee, nomination.ref, nomination.version, now=NOW)

        for _ in range(nominations.MAILS_OF_NOMINEE.most - 1):
            once_more()
        with pytest.raises(TooMany):
            once_more()
