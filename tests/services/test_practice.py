"""Sample nominations: prepared with reasons, marked first and once, seen beside others, in no list."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calibration import CalibrationSample
from models.fellowships import Nomination
from services.calibration import results, samples
from services.calibration.samples import Invented
from services.fellowships import mark_sheets, panel, practice
from services.fellowships.questions import question_of_call
from services.fellowships.rows import fellowship_of
from services.queries.practice import practice_page, practice_results, to_practise
from services.sessions import actor_of_account
from tests.factories import make_actor
from tests.fixtures import NOW, Opened
from tests.services.test_fellowship_panel import answer, give, member, panel_call
from tests.services.test_fellowships import in_phase
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.fellowships import MeritBand
from vocabulary.people import Actor, Role
from vocabulary.states import CallState, ConflictAnswer

GIVEN = Invented("Sample 1: hydrologist", "en", {"statement": "I study lakes.", "position": "Lecturer"})
REFERENCE = {
    "merit": {"value": 8, "reason": "Others build on it."},
    "fit": {"value": 3, "reason": "Beside the call."},
}
BAND = {"value": "B", "reason": "Good, but for another call."}


def prepared(session: Session, ref: str, officer: Actor) -> CalibrationSample:
    made = practice.add(session, officer, ref, GIVEN, now=NOW)
    return practice.set_reference(
        session, officer, ref, made.position, REFERENCE, BAND, made.version, now=NOW
    )


def practise(session: Session, actor: Actor, ref: str, merit: int, fit: int, band: MeritBand) -> None:
    practice.answer(session, actor, ref, 1, {"merit": merit, "fit": fit}, band, now=NOW)


def test_member_marks_the_sample_first_and_then_the_nominations(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        prepared(session, ref, officer)
        actor = actor_of_account(session, account.id)

        with pytest.raises(Conflict) as refused:
            give(session, account, refs["Ada"], 7, 7)
        before = mark_sheets.my_sheet(session, actor, refs["Ada"], now=NOW).samples_left
        listed = to_practise(session, actor, now=NOW)
        practise(session, actor, ref, 8, 4, MeritBand.A)
        seat = give(session, account, refs["Ada"], 7, 7)

        assert (refused.value.code, refused.value.extra) == ("samples_first", {"positions": [1]})
        assert (before, [(one.position, one.is_done) for one in listed]) == ((1,), [(1, False)])
        assert mark_sheets.my_sheets(session, actor, now=NOW)[0].samples_left == ()
        assert seat.submitted_at == NOW
        assert to_practise(session, actor, now=NOW)[0].is_done


def test_later_sample_stops_nobody_who_has_begun(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada", "Ben"])
        account = member(session, "xu")
        pairs = [(one, account.email) for one in refs.values()]
        panel.seat_members(session, officer, ref, pairs, now=NOW)
        give(session, account, refs["Ada"], 7, 7)
        prepared(session, ref, officer)

        assert give(session, account, refs["Ben"], 6, 6).submitted_at == NOW


def test_sample_without_a_reference_is_shown_to_nobody(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        practice.add(session, officer, ref, GIVEN, now=NOW)
        actor = actor_of_account(session, account.id)

        assert to_practise(session, actor, now=NOW) == ()
        with pytest.raises(NotFound):
            practice_page(session, actor, ref, 1, now=NOW)
        assert give(session, account, refs["Ada"], 7, 7).submitted_at == NOW


def test_reference_says_everything_with_reasons_and_stays_once_marked(write: Opened) -> None:
    with write() as session:
        ref, officer, _ = panel_call(session, ["Ada"])
        made = practice.add(session, officer, ref, GIVEN, now=NOW)
        half = {"merit": {"value": 99, "reason": ""}}

        with pytest.raises(Invalid) as wrong:
            practice.set_reference(session, officer, ref, 1, half, {"value": None}, made.version, now=NOW)
        with pytest.raises(Conflict) as stale:
            practice.set_reference(session, officer, ref, 1, REFERENCE, BAND, 99, now=NOW)
        kept = practice.set_reference(session, officer, ref, 1, REFERENCE, BAND, made.version, now=NOW)
        practise(session, actor_of_account(session, member(session, "xu").id), ref, 8, 4, MeritBand.A)
        with pytest.raises(Conflict) as marked:
            practice.set_reference(session, officer, ref, 1, REFERENCE, BAND, kept.version, now=NOW)
        with pytest.raises(Conflict):
            practice.remove(session, officer, ref, 1, now=NOW)

        assert sorted(wrong.value.errors) == [
            "band",
            "marks.fit",
            "marks.merit",
            "reasons.fit",
            "reasons.merit",
        ]
        assert (stale.value.code, marked.value.code) == ("version_conflict", "scored")
        assert kept.reference == {"marks": REFERENCE, "band": BAND}


def test_marks_of_a_sample_are_handed_in_whole_and_once(write: Opened) -> None:
    with write() as session:
        ref, officer, _ = panel_call(session, ["Ada"])
        prepared(session, ref, officer)
        actor = actor_of_account(session, member(session, "xu").id)

        with pytest.raises(Invalid) as wrong:
            practice.answer(session, actor, ref, 1, {"merit": 11}, None, now=NOW)
        practise(session, actor, ref, 8, 4, MeritBand.A)
        with pytest.raises(Conflict) as twice:
            practise(session, actor, ref, 7, 4, MeritBand.A)
        in_phase(session, ref, CallState.DELIBERATION)
        late = actor_of_account(session, member(session, "yara").id)
        with pytest.raises(Conflict) as closed:
            practise(session, late, ref, 7, 4, MeritBand.A)

        assert sorted(wrong.value.errors) == ["band", "marks.fit", "marks.merit"]
        assert (twice.value.code, closed.value.code) == ("answered", "closed")


def test_member_sees_the_reference_at_once_and_the_others_from_three_on(write: Opened) -> None:
    with write() as session:
        ref, officer, _ = panel_call(session, ["Ada"])
        prepared(session, ref, officer)
        people = [actor_of_account(session, member(session, name).id) for name in ("xu", "yara", "zoe")]
        given = [(8, 4, MeritBand.A), (6, 3, MeritBand.B), (9, 7, MeritBand.A)]

        before = practice_page(session, people[0], ref, 1, now=NOW)
        for actor, (merit, fit, band) in zip(people[:2], given[:2], strict=True):
            practise(session, actor, ref, merit, fit, band)
        with_two = practice_page(session, people[0], ref, 1, now=NOW)
        practise(session, people[2], ref, *given[2])
        with_three = practice_page(session, people[0], ref, 1, now=NOW)

        assert (before.lines, before.band, before.texts[0][2]) == ((), None, "Lecturer")
        assert [(line.own, line.reference, line.median) for line in with_two.lines] == [
            (8, 8, None),
            (4, 3, None),
        ]
        assert with_two.lines[1].reason == "Beside the call."
        assert [(line.median, line.lowest, line.highest) for line in with_three.lines] == [
            (6, 6, 9),
            (3, 3, 7),
        ]
        assert with_three.band is not None
        assert (with_three.band.own, with_three.band.reference) == ("A", "B")
        assert with_three.band.others == (("A", 1), ("B", 1))


def test_officer_sees_who_is_missing_and_how_far_the_panel_agrees(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        accounts = [member(session, name) for name in ("xu", "yara", "zoe")]
        panel.seat_members(session, officer, ref, [(refs["Ada"], one.email) for one in accounts], now=NOW)
        prepared(session, ref, officer)
        for account, merit in zip(accounts[:2], (9, 1), strict=True):
            practise(session, actor_of_account(session, account.id), ref, merit, 4, MeritBand.A)

        page = practice_results(session, officer, ref, now=NOW)

        assert (page.n_members, page.missing, page.samples[0].n_answers) == (3, ("Zoe",), 2)
        assert [(one.criterion, one.marks, one.is_apart) for one in page.agreement.rows[0].spreads] == [
            ("merit", (1, 9), True),
            ("fit", (4, 4), False),
        ]
        assert [(one.name, one.mean) for one in page.agreement.leanings] == [("Xu", 4.0), ("Yara", -4.0)]
        with pytest.raises(Refused):
            practice_results(session, actor_of_account(session, accounts[0].id), ref, now=NOW)


def test_samples_are_in_no_score_no_list_and_no_queue_of_reviewers(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        actor = actor_of_account(session, account.id)
        prepared(session, ref, officer)
        call, fellowship = fellowship_of(session, ref)
        before = question_of_call(session, call, fellowship)

        practise(session, actor, ref, 8, 4, MeritBand.A)

        assert question_of_call(session, call, fellowship) == before
        assert session.execute(sa.select(Nomination.score)).scalars().all() == [None]
        assert results.to_score(session, actor, now=NOW) == ()
        with pytest.raises(NotFound):
            samples.invent(session, officer, ref, GIVEN, now=NOW)
    with write() as session:
        actions = session.execute(sa.select(AuditEvent.action).order_by(AuditEvent.sequence)).scalars().all()
        assert actions[-3:] == ["calibration.add", "calibration.set_reference", "calibration.score"]


def test_samples_wait_until_the_call_is_announced(write: Opened) -> None:
    with write() as session:
        ref, officer, _ = panel_call(session, ["Ada"])
        in_phase(session, ref, CallState.DRAFT)

        with pytest.raises(Conflict) as early:
            practice.add(session, officer, ref, GIVEN, now=NOW)
        in_phase(session, ref, CallState.OPEN)
        with pytest.raises(Invalid) as empty:
            practice.add(session, officer, ref, Invented(" ", "xx", {}), now=NOW)
        with pytest.raises(Refused):
            practice.add(session, make_actor(session, Role.REVIEWER), ref, GIVEN, now=NOW)

        assert early.value.code == "call_draft"
        assert sorted(empty.value.errors) == ["language", "statement", "title"]


def test_conflict_question_can_be_answered_before_the_samples(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(refs["Ada"], account.email)], now=NOW)
        prepared(session, ref, officer)

        assert answer(session, account, refs["Ada"], ConflictAnswer.CONFLICT).answered_at == NOW
