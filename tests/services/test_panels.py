"""The panel of a proposal: results, the lock, scores agreed on, notes, and who sees what."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.panels import ConsensusScore, PanelNote, PanelResult
from models.people import Account
from models.reviews import ConflictDeclaration, Review
from services.entries.submission import submit
from services.panels import comparing
from services.panels.deliberation import open_all, open_item, record_consensus, write_note
from services.panels.results import latest_results, refresh
from services.queries.agenda import agenda
from services.queries.panels import panel_page
from services.reviews import drafts
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, decide, deliberate, entry_of, hand_in, make_bench, make_reviewed
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.findings import Verdict
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer, ReviewState


@pytest.fixture(autouse=True)
def _nothing_kept():
    comparing.forget()
    yield
    comparing.forget()


def n_results(session, entry) -> int:
    query = sa.select(sa.func.count()).select_from(PanelResult).where(PanelResult.entry_id == entry.id)
    return session.execute(query).scalar_one()


def test_every_submitted_review_adds_a_result_and_nothing_else_does(write: Opened):
    with write() as session:
        entry = make_reviewed(session, make_bench(session), (MET, MET, NOT_MET))

        assert n_results(session, entry) == 3
        assert refresh(session, [entry], now=MADE_AT) == 0
        found = latest_results(session, [entry.id])[entry.id]
        assert found.verdicts["S3"]["verdict"] == "satisfied"
        assert sorted(found.verdicts["S3"]["own"].values()) == ["failed", "satisfied", "satisfied"]
        assert found.medians["9"]["median"] == 2
        assert [flag["code"] for flag in found.flags][:2] == ["verdict-split", "criterion-gap"]
        assert (found.counts["n_counted"], found.counts["n_endorsing"]) == (3, 2)


def change_rows_of(table: str, write: Opened) -> None:
    with write() as session:
        session.execute(sa.text(f"UPDATE {table} SET entry_id = entry_id"))


def test_result_and_notes_cannot_be_changed_in_the_database(write: Opened):
    for table in ("panel_result", "panel_note"):
        with write() as session:
            bench = make_bench(session)
            entry = deliberate(session, bench, make_reviewed(session, bench))
            write_note(session, bench.moderator, entry.ref, "note", "One.", now=MADE_AT)
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- each database raises its own
            change_rows_of(table, write)
        assert f"{table} is append-only" in f"{caught.value} {caught.value.__cause__}"


def test_taking_a_review_back_changes_the_result(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, (MET, MET, NOT_MET))
        review = session.execute(sa.select(Review).order_by(Review.id)).scalars().first()

        drafts.reopen(session, bench.reviewers[0], review.ref, review.version, now=MADE_AT)

        found = latest_results(session, [entry.id])[entry.id]
        assert found.counts["n_counted"] == 2
        assert found.verdicts["S3"]["verdict"] == "failed"


def test_deliberation_locks_every_review_that_was_handed_in(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))

        assert entry.state == "deliberation"
        assert set(session.execute(sa.select(Review.state)).scalars()) == {ReviewState.LOCKED}


def test_no_score_can_be_changed_once_the_panel_meets(write: Opened):
    with write() as session:
        bench = make_bench(session)
        deliberate(session, bench, make_reviewed(session, bench))
        review = session.execute(sa.select(Review).order_by(Review.id)).scalars().first()

        with pytest.raises(Refused) as refused:
            drafts.reopen(session, bench.reviewers[0], review.ref, review.version, now=MADE_AT)

        assert refused.value.code == "scoring_closed"


def test_deliberation_with_too_few_reviews_needs_a_reason(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, (MET, MET))

        with pytest.raises(Invalid) as refused:
            open_item(session, bench.officer, entry.ref, entry.version, " ", now=MADE_AT)
        assert str(refused.value.errors["reason"][0]) == (
            f"{entry.ref} has 2 of 3 reviews. Say why the panel meets on it all the same."
        )

        open_item(session, bench.officer, entry.ref, entry.version, "The third fell ill.", now=MADE_AT)
        assert entry.state == "deliberation"
    with write() as session:
        event = session.execute(
            sa.select(AuditEvent).where(AuditEvent.action == "entry.deliberate")
        ).scalar_one()
        assert event.reason == "The third fell ill."


def test_only_an_officer_opens_the_deliberation(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench)

        for actor in (bench.moderator, bench.decider):
            with pytest.raises(Refused):
                open_item(session, actor, entry.ref, entry.version, None, now=MADE_AT)


def test_the_whole_call_opens_at_once_and_leaves_out_what_the_officer_may_not_see(write: Opened):
    with write() as session:
        bench = make_bench(session)
        kept = make_reviewed(session, bench)
        barred = make_reviewed(session, bench)
        declare_conflict(session, bench.officer, barred)

        assert open_all(session, bench.officer, bench.call, None, now=MADE_AT) == 1
        assert (kept.state, barred.state) == ("deliberation", "in_review")


def declare_conflict(session, actor, entry, answer=ConflictAnswer.CONFLICT) -> None:
    session.add(
        ConflictDeclaration(
            entry_id=entry.id,
            account_id=actor.account_id,
            answer=answer,
            kinds=["other"],
            answered_at=MADE_AT,
            created_at=MADE_AT,
            updated_at=MADE_AT,
        )
    )
    session.flush()


# --- what the meeting adds --------------------------------------------------------------------------------


def test_consensus_changes_the_verdict_and_keeps_the_scores(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench, (MET, MET, NOT_MET)))

        record_consensus(session, bench.moderator, entry.ref, "9", 1, "The annex is missing.", now=MADE_AT)

        page = panel_page(session, bench.moderator, entry.ref, language="en", now=MADE_AT)
        line = page.blocks[0].lines[0]
        assert (line.result.median, line.agreed.value, line.agreed.reason) == (2, 1, "The annex is missing.")
        assert [answer.value for answer in line.answers] == [2, 2, 0]
        assert (page.blocks[0].verdict, page.blocks[0].from_scores) == (Verdict.FAILED, Verdict.SATISFIED)


def test_consensus_agreed_anew_keeps_the_one_before(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        for value, reason in ((1, "First."), (3, "Second thoughts."), (None, "We leave it.")):
            record_consensus(session, bench.officer, entry.ref, "9", value, reason, now=MADE_AT)

        rows = session.execute(sa.select(ConsensusScore).order_by(ConsensusScore.id)).scalars().all()
        assert [(row.value, row.ended_at is None) for row in rows] == [(1, False), (3, False)]
        with pytest.raises(Conflict) as refused:
            record_consensus(session, bench.officer, entry.ref, "9", None, "Again.", now=MADE_AT)
        assert refused.value.code == "nothing_agreed"


@pytest.mark.parametrize(
    ("criterion", "value", "reason", "fields"),
    [("99", 2, "So.", {"criterion"}), ("9", 4, "So.", {"value"}), ("9", 2, "  ", {"reason"})],
)
def test_consensus_refuses_what_makes_no_sense(write: Opened, criterion, value, reason, fields):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))

        with pytest.raises(Invalid) as refused:
            record_consensus(session, bench.moderator, entry.ref, criterion, value, reason, now=MADE_AT)

        assert set(refused.value.errors) == fields


def test_consensus_waits_for_the_deliberation(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench)

        with pytest.raises(Refused):
            record_consensus(session, bench.moderator, entry.ref, "9", 2, "So.", now=MADE_AT)


def test_a_reviewer_may_leave_a_minority_view_in_the_deliberation_only(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench)
        reviewer = bench.reviewers[2]
        with pytest.raises(Refused):
            write_note(session, reviewer, entry.ref, "minority", "I disagree.", now=MADE_AT)
        deliberate(session, bench, entry)

        write_note(session, reviewer, entry.ref, "minority", "I\r\ndisagree.", now=MADE_AT)
        write_note(session, bench.moderator, entry.ref, "note", "Noted.", now=MADE_AT)

        page = panel_page(session, bench.moderator, entry.ref, language="en", now=MADE_AT)
        assert [note.text for note in page.minority] == ["I\ndisagree."]
        assert [note.text for note in page.notes] == ["Noted."]
        assert session.execute(sa.select(sa.func.count()).select_from(PanelNote)).scalar_one() == 2


# --- who sees what ----------------------------------------------------------------------------------------


def test_reviewers_see_the_panel_from_the_deliberation_on_and_no_names(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, (MET, MET, NOT_MET))
        with pytest.raises(NotFound):
            panel_page(session, bench.reviewers[0], entry.ref, language="en", now=MADE_AT)
        deliberate(session, bench, entry)

        page = panel_page(session, bench.reviewers[0], entry.ref, language="en", now=MADE_AT)

        assert [str(seat.label) for seat in page.seats] == ["Reviewer 1", "Reviewer 2", "Reviewer 3"]
        names = session.execute(
            sa.select(Account.name).where(Account.id.in_([one.account_id for one in bench.reviewers]))
        ).scalars()
        assert [name for name in names if name in repr(page)] == []


def test_the_call_can_show_reviewers_to_each_other(write: Opened):
    with write() as session:
        bench = make_bench(session, shows_reviewers=True)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        name = session.get_one(Account, bench.reviewers[1].account_id).name

        page = panel_page(session, bench.reviewers[0], entry.ref, language="en", now=MADE_AT)

        assert page.seats[1].label == name


@pytest.mark.parametrize("answer", [ConflictAnswer.CONFLICT, ConflictAnswer.POSSIBLE])
def test_whoever_has_a_conflict_sees_a_world_without_the_proposal(write: Opened, answer):
    with write() as session:
        bench = make_bench(session)
        others = [make_reviewed(session, bench) for _ in range(2)]
        without = agenda(session, bench.officer, bench.call, now=MADE_AT)
        comparing.forget()
        entry = make_reviewed(session, bench, (MET, NOT_MET, NOT_MET))
        declare_conflict(session, bench.officer, entry, answer)

        assert agenda(session, bench.officer, bench.call, now=MADE_AT) == without
        assert [row.ref for row in without.rows] == [one.ref for one in others]
        with pytest.raises(NotFound):
            panel_page(session, bench.officer, entry.ref, language="en", now=MADE_AT)


def test_a_review_by_somebody_with_an_upheld_conflict_does_not_count(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, (MET, MET, NOT_MET))
        row = session.execute(
            sa.select(ConflictDeclaration).where(
                ConflictDeclaration.account_id == bench.reviewers[0].account_id
            )
        ).scalar_one()
        row.answer = ConflictAnswer.CONFLICT
        session.flush()

        refresh(session, [entry], now=MADE_AT)

        assert latest_results(session, [entry.id])[entry.id].counts["n_counted"] == 2


def test_the_agenda_puts_flags_first_then_those_most_endorsed(write: Opened):
    with write() as session:
        bench = make_bench(session)
        calm = make_reviewed(session, bench, ({"9": 3, "10": 3, "11": 3, "12": 3},) * 3)
        split = make_reviewed(session, bench, (MET, MET, NOT_MET))

        rows = agenda(session, bench.moderator, None, now=MADE_AT).rows

        assert [row.ref for row in rows] == [split.ref, calm.ref]
        assert rows[0].flags[0][0] == "verdict-split"
        assert rows[1].flags == ()


def test_severity_is_for_officers_and_only_where_reviewers_scored_enough(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entries = [make_reviewed(session, bench, (MET, MET, NOT_MET)) for _ in range(3)]
        page = panel_page(session, bench.officer, entries[0].ref, language="en", now=MADE_AT)
        assert page.shows_severity is False

        make_reviewed(session, bench, (MET, MET, NOT_MET))

        page = panel_page(session, bench.officer, entries[0].ref, language="en", now=MADE_AT)
        assert page.shows_severity is True
        assert [seat.severity > 0 for seat in page.seats] == [False, False, True]
        plain = panel_page(session, bench.moderator, entries[0].ref, language="en", now=MADE_AT)
        assert (plain.shows_severity, [seat.severity for seat in plain.seats]) == (False, [None] * 3)


def test_a_later_result_that_differs_never_touches_the_decision(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench, (MET, MET, NOT_MET)))
        decision = decide(session, bench, entry)
        ref = decision.ref
        before = (decision.outcome, dict(decision.verdicts), decision.version, decision.panel_result_id)
        row = session.execute(
            sa.select(ConflictDeclaration).where(
                ConflictDeclaration.account_id == bench.reviewers[0].account_id
            )
        ).scalar_one()
        row.answer = ConflictAnswer.CONFLICT

        refresh(session, [entry], now=MADE_AT + timedelta(hours=1))

        session.refresh(decision)
        assert (
            decision.outcome,
            dict(decision.verdicts),
            decision.version,
            decision.panel_result_id,
        ) == before
        assert agenda(session, bench.officer, bench.call, now=MADE_AT).rows[0].differs is True
    with write() as session:
        query = sa.select(AuditEvent.subject_ref).where(AuditEvent.action == "panel.differs")
        assert session.execute(query).scalars().all() == [ref]


def test_an_unknown_proposal_is_not_found(write: Opened):
    with write() as session:
        officer = make_actor(session, Role.OFFICER)

        with pytest.raises(NotFound):
            panel_page(session, officer, "REQ-2026-9999", language="en", now=MADE_AT)


def test_a_review_of_an_older_text_is_shown_and_not_counted(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, (MET, MET))
        entry.state = "submitted"
        session.flush()
        entry.pending = {"title": "A better title"}
        session.flush()
        submit(session, bench.owner, entry.ref, entry.version, now=MADE_AT)
        hand_in(session, bench, entry.ref, bench.reviewers[2], MET)

        found = latest_results(session, [entry_of(session, entry.ref).id])[entry.id]
        assert (found.counts["n_counted"], found.counts["n_stale"]) == (1, 2)
        assert "stale" in [flag["code"] for flag in found.flags]
