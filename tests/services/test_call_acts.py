"""What changes an announced call: proposed by one, confirmed by another, and only then done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.calls import Call, CallCorrection, Extension
from models.entries import Entry
from models.operation import OutgoingMail
from services.call_acts import acts_of, confirm_act, drop_act, extensions_of, propose_act
from services.calls import close_due_calls, read_call, set_four_eyes
from services.entries.drafts import save
from services.entries.submission import submit
from tests.factories import make_actor, make_call, make_conflict, make_draft, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import ActOutcome, CallActKind, CallState, ConflictAnswer

DAY = timedelta(days=1)
CLOSES_AT = NOW + 30 * DAY


def officers(write: Opened) -> tuple[Actor, Actor]:
    with write() as session:
        return make_actor(session, Role.OFFICER), make_actor(session, Role.OFFICER)


def opened(write: Opened, **changes: Any) -> str:
    with write() as session:
        return make_call(session, now=NOW, **changes).ref


def test_deadline_moves_only_when_a_second_officer_confirms(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    ref = opened(write)
    later = {"closes_at": CLOSES_AT + DAY}
    with write() as session:
        act = propose_act(session, first, ref, CallActKind.MOVE_DEADLINE, later, "Floods", now=NOW)
    with read() as session:
        waiting = read_call(session, first, ref, now=NOW).content["closes_at"]
    with pytest.raises(Refused) as alone, write() as session:
        confirm_act(session, first, act.id, now=NOW)
    with write() as session:
        done = confirm_act(session, second, act.id, now=NOW)

    assert (waiting, alone.value.code) == (CLOSES_AT, "needs_second_person")
    assert (act.outcome, act.may_confirm, done.outcome) == (None, False, ActOutcome.DONE)
    with read() as session:
        assert read_call(session, first, ref, now=NOW).content["closes_at"] == CLOSES_AT + DAY
        events = session.execute(
            sa.select(AuditEvent.action, AuditEvent.reason)
            .where(AuditEvent.subject_ref == ref)
            .order_by(AuditEvent.sequence)
        ).all()
    assert [tuple(row) for row in events] == [
        ("call.propose_act", "Floods"),
        ("call.confirm_act", "Floods"),
        ("call.move_deadline", "Floods"),
    ]


def test_call_that_had_closed_opens_again_with_a_later_deadline(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    ref = opened(write)
    after = CLOSES_AT + DAY
    with write() as session:
        assert close_due_calls(session, now=after) == 1
    with write() as session:
        act = propose_act(
            session,
            first,
            ref,
            CallActKind.MOVE_DEADLINE,
            {"closes_at": after + DAY},
            "The service was away",
            now=after,
        )
    with write() as session:
        confirm_act(session, second, act.id, now=after)

    with read() as session:
        sheet = read_call(session, first, ref, now=after)
    assert (sheet.state, sheet.is_open) == (CallState.OPEN, True)


@pytest.mark.parametrize("closes_at", [CLOSES_AT, CLOSES_AT - DAY, NOW])
def test_deadline_never_moves_to_earlier(write: Opened, closes_at: Any) -> None:
    first, _ = officers(write)
    ref = opened(write)

    with pytest.raises(Invalid) as refused, write() as session:
        propose_act(
            session, first, ref, CallActKind.MOVE_DEADLINE, {"closes_at": closes_at}, "Why not", now=NOW
        )

    assert list(refused.value.errors) == ["closes_at"]


def test_correction_starts_the_deadline_anew(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    ref = opened(write)
    wrong = {"changes": {"minimum_reviews": 2, "closes_at": NOW + 59 * DAY}}
    right = {"changes": {"minimum_reviews": 2, "closes_at": NOW + 60 * DAY}}
    with pytest.raises(Invalid) as refused, write() as session:
        propose_act(session, first, ref, CallActKind.CORRECT, wrong, "A mistake", now=NOW)
    with write() as session:
        act = propose_act(session, first, ref, CallActKind.CORRECT, right, "A mistake", now=NOW)
    with write() as session:
        confirm_act(session, second, act.id, now=NOW)

    assert list(refused.value.errors) == ["closes_at"]
    with read() as session:
        content = read_call(session, first, ref, now=NOW).content
        correction = session.execute(sa.select(CallCorrection)).scalar_one()
        assert (correction.number, correction.reason) == (1, "A mistake")
        assert correction.before == {"minimum_reviews": 3, "closes_at": CLOSES_AT.isoformat()}
    assert (content["minimum_reviews"], content["closes_at"]) == (2, NOW + 60 * DAY)


@pytest.mark.parametrize(
    "name", ["criteria_set", "rule_set", "met_threshold", "blind_mode", "conflict_years"]
)
def test_what_is_pinned_is_never_corrected(write: Opened, name: str) -> None:
    first, _ = officers(write)
    ref = opened(write)
    changes = {name: 1, "closes_at": NOW + 90 * DAY}

    with pytest.raises(Invalid) as refused, write() as session:
        propose_act(session, first, ref, CallActKind.CORRECT, {"changes": changes}, "x", now=NOW)

    assert list(refused.value.errors) == [name]


def test_cancelling_keeps_the_reason_and_closes_the_call(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    ref = opened(write)
    with write() as session:
        act = propose_act(session, first, ref, CallActKind.CANCEL, {}, "No money", now=NOW)
    with pytest.raises(Conflict) as twice, write() as session:
        propose_act(session, second, ref, CallActKind.CANCEL, {}, "No money", now=NOW)
    with write() as session:
        confirm_act(session, second, act.id, now=NOW)

    with read() as session:
        sheet = read_call(session, first, ref, now=NOW)
    assert (twice.value.code, sheet.state, sheet.state_reason) == ("twice", CallState.CANCELLED, "No money")


def test_dropped_act_cannot_be_confirmed_any_more(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    ref = opened(write)
    with write() as session:
        act = propose_act(session, first, ref, CallActKind.CANCEL, {}, "No money", now=NOW)
    with write() as session:
        drop_act(session, first, act.id, now=NOW)

    with pytest.raises(Conflict), write() as session:
        confirm_act(session, second, act.id, now=NOW)
    with read() as session:
        assert [row.outcome for row in acts_of(session, first, ref, now=NOW)] == [ActOutcome.DROPPED]
        assert acts_of(session, first, ref, now=NOW, only_open=True) == ()


def test_second_person_is_switched_off_by_an_administrator_only(write: Opened, read: Opened) -> None:
    first, _ = officers(write)
    ref = opened(write)
    with write() as session:
        admin = make_actor(session, Role.ADMIN)
    with pytest.raises(Refused), write() as session:
        set_four_eyes(session, first, ref, False, "I am alone", now=NOW)
    with pytest.raises(Invalid), write() as session:
        set_four_eyes(session, admin, ref, False, " ", now=NOW)
    with write() as session:
        set_four_eyes(session, admin, ref, False, "One officer works alone", now=NOW)
    with write() as session:
        act = propose_act(session, first, ref, CallActKind.CANCEL, {}, "No money", now=NOW)

    assert act.outcome is ActOutcome.DONE
    with read() as session:
        assert session.execute(sa.select(Call.state).where(Call.ref == ref)).scalar_one() == "cancelled"
        event = session.execute(
            sa.select(AuditEvent.before, AuditEvent.after, AuditEvent.reason).where(
                AuditEvent.action == "call.set_four_eyes"
            )
        ).one()
    assert tuple(event) == (
        {"four_eyes": True},
        {"four_eyes": False},
        "One officer works alone",
    )


# --- extensions -------------------------------------------------------------------------------------------


def test_extended_entry_can_be_submitted_after_the_deadline_and_no_other(write: Opened, read: Opened) -> None:
    first, second = officers(write)
    with write() as session:
        call = make_call(session, now=NOW)
        owner = make_actor(session)
        drafts = [make_draft(session, actor=owner, now=NOW, call=call).entry for _ in range(2)]
        ref, refs = call.ref, [entry.ref for entry in drafts]
    until = CLOSES_AT + 5 * DAY
    with write() as session:
        act = propose_act(
            session,
            first,
            ref,
            CallActKind.EXTEND,
            {"until": until},
            "No power for a week",
            now=NOW,
            entry_ref=refs[0],
        )
    with pytest.raises(Refused), write() as session:
        confirm_act(session, first, act.id, now=NOW)
    with write() as session:
        confirm_act(session, second, act.id, now=NOW)
    with write() as session:
        close_due_calls(session, now=CLOSES_AT + DAY)

    def try_to_submit(which: str, at: Any) -> str:
        try:
            with write() as session:
                entry = save(session, owner, which, {}, _version(session, which), now=at)
                submit(session, owner, which, entry.version, now=at)
        except Refused as refused:
            return refused.code
        return "submitted"

    assert try_to_submit(refs[1], CLOSES_AT + DAY) == "deadline_passed"
    assert try_to_submit(refs[0], until) == "deadline_passed"
    assert try_to_submit(refs[0], until - timedelta(seconds=1)) == "submitted"
    with read() as session:
        row = extensions_of(session, first, ref, now=NOW)[0]
        mails = session.execute(sa.select(OutgoingMail).where(OutgoingMail.template == "extended")).scalars()
        assert (row.entry_ref, row.until, row.reason) == (refs[0], until, "No power for a week")
        assert [mail.values["until"] for mail in mails] == [until.isoformat()]
        assert row.proposed_by != row.granted_by


def _version(session: Any, ref: str) -> int:
    return int(session.execute(sa.select(Entry.version).where(Entry.ref == ref)).scalar_one())


def test_decider_grants_an_extension_alone(write: Opened, read: Opened) -> None:
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        call = make_call(session, now=NOW)
        entry = make_submitted(session, now=NOW, call=call)
        refs = call.ref, entry.ref
    with write() as session:
        act = propose_act(
            session,
            decider,
            refs[0],
            CallActKind.EXTEND,
            {"until": CLOSES_AT + DAY},
            "Ill",
            now=NOW,
            entry_ref=refs[1],
        )

    assert act.outcome is ActOutcome.DONE
    with read() as session:
        row = session.execute(sa.select(Extension)).scalar_one()
        assert (row.proposed_by_id, row.granted_by_id) == (None, decider.account_id)


def test_extension_on_which_an_officer_has_a_conflict_is_not_there_for_them(
    write: Opened, read: Opened
) -> None:
    first, second = officers(write)
    with write() as session:
        call = make_call(session, now=NOW)
        entry = make_submitted(session, now=NOW, call=call)
        refs = call.ref, entry.ref
    with write() as session:
        act = propose_act(
            session,
            first,
            refs[0],
            CallActKind.EXTEND,
            {"until": CLOSES_AT + DAY},
            "Ill",
            now=NOW,
            entry_ref=refs[1],
        )
    with write() as session:
        make_conflict(session, second, refs[1], ConflictAnswer.CONFLICT, now=NOW)

    with read() as session:
        assert acts_of(session, second, refs[0], now=NOW) == ()
        assert len(acts_of(session, first, refs[0], now=NOW)) == 1
    with pytest.raises(NotFound), write() as session:
        confirm_act(session, second, act.id, now=NOW)
