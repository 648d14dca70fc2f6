"""Decisions: two persons, letters, a release of what was shown, a second look; and the outbox behind them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.decisions import Decision, Letter, Release
from models.entries import Entry
from models.operation import OutgoingMail
from models.reviews import Review
from services import outbox
from services.decisions.letters import edit_note
from services.decisions.proposing import Draft, approve, propose, take_back
from services.decisions.reconsidering import ask, decide, prepare
from services.decisions.releasing import preview, release
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, Bench, deliberate, make_bench, make_decided, make_reviewed
from tests.panels import decide as decided
from tests.services.test_panels import declare_conflict
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role

ENDORSED = Draft("endorsed", "The criteria are met.")
NEXT = MADE_AT + timedelta(days=1)


def mails(session, **wanted) -> list[OutgoingMail]:
    query = sa.select(OutgoingMail).filter_by(template="decision", **wanted).order_by(OutgoingMail.id)
    return list(session.execute(query).scalars())


def make_released(session, bench: Bench, outcome: str = "endorsed", **changes) -> tuple[Entry, Actor]:
    """Released by a decider who had no part in it before."""
    entry = make_decided(session, bench, outcome, **changes)
    releaser = make_actor(session, Role.DECIDER)
    seen = preview(session, releaser, bench.call, now=MADE_AT)
    release(session, releaser, bench.call, seen.seen_hash, now=MADE_AT)
    return entry, releaser


# --- two persons ------------------------------------------------------------------------------------------


def test_a_decision_is_proposed_by_one_and_approved_by_another(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))

        made = propose(session, bench.moderator, entry.ref, ENDORSED, entry.version, now=MADE_AT)
        assert (entry.state, made.verdicts, made.contradicts) == ("deliberation", {"S3": "satisfied"}, False)

        approve(session, bench.decider, made.ref, made.version, now=MADE_AT)
        assert (entry.state, entry.decision_id) == ("decided", made.id)
        assert [(mail.state, mail.decision_id) for mail in mails(session)] == [("draft", made.id)]


def test_nobody_approves_what_they_proposed(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        made = propose(session, bench.decider, entry.ref, ENDORSED, entry.version, now=MADE_AT)

        with pytest.raises(Refused) as refused:
            approve(session, bench.decider, made.ref, made.version, now=MADE_AT)

        assert refused.value.code == "needs_second_person"


def test_a_call_can_do_without_a_second_person(write: Opened):
    with write() as session:
        bench = make_bench(session, four_eyes=False)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        made = propose(session, bench.decider, entry.ref, ENDORSED, entry.version, now=MADE_AT)

        approve(session, bench.decider, made.ref, made.version, now=MADE_AT)

        assert (made.approved_by_id, made.four_eyes) == (made.proposed_by_id, False)


def approve_alone(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        made = propose(session, bench.moderator, entry.ref, ENDORSED, entry.version, now=MADE_AT)
        made.approved_by_id = made.proposed_by_id


def test_the_database_holds_the_four_eyes(write: Opened):
    with pytest.raises(Conflict) as refused:
        approve_alone(write)

    assert refused.value.code == "integrity"


@pytest.mark.parametrize("state", ["decided", "released", "reconsideration"])
def test_the_database_refuses_a_decided_entry_without_a_decision(write: Opened, state):
    with pytest.raises(Conflict) as refused, write() as session:
        make_reviewed(session, make_bench(session)).state = state

    assert refused.value.code == "integrity"


def test_going_against_the_panel_needs_a_reason(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench, (NOT_MET,) * 3))

        with pytest.raises(Invalid) as refused:
            propose(session, bench.moderator, entry.ref, ENDORSED, entry.version, now=MADE_AT)
        assert set(refused.value.errors) == {"contradiction_reason"}

        draft = Draft("endorsed", "It serves the plan.", None, "The annex came too late for the reviewers.")
        made = propose(session, bench.moderator, entry.ref, draft, entry.version, now=MADE_AT)
        assert (made.contradicts, made.contradiction_reason) == (True, draft.contradiction_reason)


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (Draft("maybe", "So."), {"outcome"}),
        (Draft("ineligible", "So."), {"outcome"}),
        (Draft("endorsed", " "), {"reason"}),
        (Draft("endorsed_with_conditions", "So."), {"conditions"}),
        (Draft("", ""), {"outcome", "reason"}),
    ],
)
def test_an_incomplete_proposal_names_every_field(write: Opened, draft, fields):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))

        with pytest.raises(Invalid) as refused:
            propose(session, bench.moderator, entry.ref, draft, entry.version, now=MADE_AT)

        assert set(refused.value.errors) == fields


def test_only_one_decision_is_under_way(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        propose(session, bench.moderator, entry.ref, ENDORSED, entry.version, now=MADE_AT)

        with pytest.raises(Conflict) as refused:
            propose(session, bench.officer, entry.ref, ENDORSED, entry.version, now=MADE_AT)

        assert refused.value.code == "already_proposed"


def test_a_decision_taken_back_is_kept_and_the_panel_meets_again(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_decided(session, bench)
        made = session.execute(sa.select(Decision)).scalar_one()
        with pytest.raises(Refused):
            take_back(session, bench.moderator, made.ref, "A slip.", made.version, now=MADE_AT)
        with pytest.raises(Invalid):
            take_back(session, bench.decider, made.ref, " ", made.version, now=MADE_AT)

        take_back(session, bench.decider, made.ref, "A slip.", made.version, now=MADE_AT)

        assert (entry.state, entry.decision_id, made.withdrawn_reason) == ("deliberation", None, "A slip.")
        assert (mails(session), session.execute(sa.select(Letter)).all()) == ([], [])
        again = decided(session, bench, entry, "not_endorsed")
        assert (entry.state, entry.decision_id) == ("decided", again.id)


# --- release ----------------------------------------------------------------------------------------------


def test_a_release_sends_what_the_preview_showed(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entries = [make_decided(session, bench), make_decided(session, bench, "reserve")]
        waiting = make_reviewed(session, bench)
        releaser = make_actor(session, Role.DECIDER)

        seen = preview(session, releaser, bench.call, now=MADE_AT)
        batch = release(session, releaser, bench.call, seen.seen_hash, now=MADE_AT)

        assert [row.entry_ref for row in seen.ready] == [entry.ref for entry in entries]
        assert [(row.entry_ref, str(row.why)) for row in seen.held] == [
            (waiting.ref, "No decision is proposed yet: it is in review.")
        ]
        queued = mails(session, state="queued")
        assert (batch.n_decisions, batch.n_letters, len(queued)) == (2, seen.n_letters, 2)
        assert [mail.values for mail in queued] == [dict(row.values) for row in seen.ready]
        assert {mail.approved_by_id for mail in queued} == {releaser.account_id}
        assert [entry.state for entry in entries] == ["released", "released"]
        letters = session.execute(sa.select(Letter).order_by(Letter.id)).scalars().all()
        assert [letter.values for letter in letters] == [dict(row.values) for row in seen.ready]


def test_a_release_of_something_else_than_shown_changes_nothing(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_decided(session, bench)
        releaser = make_actor(session, Role.DECIDER)
        seen = preview(session, releaser, bench.call, now=MADE_AT)
        made = session.execute(sa.select(Decision)).scalar_one()
        letter = session.execute(sa.select(Letter)).scalar_one()
        edit_note(session, bench.officer, made.ref, "Congratulations.", letter.version, now=MADE_AT)

        with pytest.raises(Conflict) as refused:
            release(session, releaser, bench.call, seen.seen_hash, now=MADE_AT)

        assert refused.value.code == "release_changed"
        assert (entry.state, [mail.state for mail in mails(session)]) == ("decided", ["draft"])
        assert session.execute(sa.select(Release)).all() == []


def test_a_second_release_finds_nothing(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_decided(session, bench)
        releaser = make_actor(session, Role.DECIDER)
        seen = preview(session, releaser, bench.call, now=MADE_AT)
        release(session, releaser, bench.call, seen.seen_hash, now=MADE_AT)

        with pytest.raises(Conflict) as refused:
            release(session, releaser, bench.call, seen.seen_hash, now=MADE_AT)

        assert refused.value.code == "nothing_to_release"
        assert len(mails(session)) == 1


def test_whoever_proposed_a_decision_does_not_release_it(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        made = propose(session, bench.decider, entry.ref, ENDORSED, entry.version, now=MADE_AT)
        other = make_actor(session, Role.DECIDER)
        approve(session, other, made.ref, made.version, now=MADE_AT)

        assert preview(session, bench.decider, bench.call, now=MADE_AT).ready == ()
        assert len(preview(session, other, bench.call, now=MADE_AT).ready) == 1


def test_a_conflict_hides_an_entry_from_the_release(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_decided(session, bench)
        releaser = make_actor(session, Role.DECIDER)
        without = preview(session, releaser, bench.call, now=MADE_AT)
        barred = make_decided(session, bench)
        declare_conflict(session, releaser, barred)

        assert preview(session, releaser, bench.call, now=MADE_AT) == without
        release(session, releaser, bench.call, without.seen_hash, now=MADE_AT)
        assert barred.state == "decided"


def test_the_letter_is_in_the_language_of_the_submitter_and_names_no_reviewer(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_decided(session, bench, language="fr")
        session.execute(
            sa.text("UPDATE account SET language = 'fr' WHERE id = :id").bindparams(id=bench.owner.account_id)
        )
        releaser = make_actor(session, Role.DECIDER)

        (row,) = preview(session, releaser, bench.call, now=MADE_AT).ready

        assert row.values["comments"] == ["Clear and well prepared."] * 3
        assert row.values["sentences"][0]["text"] == "Strategy {strategy} is met."
        assert [word for word in ("Person", "A strong one", "REV-") if word in repr(row.values)] == []


def test_every_draft_letter_is_edited_until_its_release_only(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_released(session, bench)
        made = session.execute(sa.select(Decision)).scalar_one()
        letter = session.execute(sa.select(Letter)).scalar_one()

        with pytest.raises(Conflict) as refused:
            edit_note(session, bench.officer, made.ref, "Too late.", letter.version, now=NEXT)

        assert refused.value.code == "no_draft"


# --- a second look ----------------------------------------------------------------------------------------


def test_a_second_look_supersedes_and_keeps_the_first_decision(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, "not_endorsed")
        first = session.execute(sa.select(Decision)).scalar_one()

        ask(session, bench.owner, entry.ref, "fact", "The annex was there.", now=NEXT)
        assert entry.state == "reconsideration"
        officer, decider = make_actor(session, Role.OFFICER), make_actor(session, Role.DECIDER)
        new = prepare(session, officer, first.ref, "It was there indeed.", ENDORSED, now=NEXT)
        decide(session, decider, new.ref, new.version, now=NEXT)

        assert (entry.state, entry.decision_id, first.superseded_by_id) == ("released", new.id, new.id)
        assert (first.outcome, new.outcome) == ("not_endorsed", "endorsed")
        assert [mail.state for mail in mails(session)] == ["queued", "queued"]


def test_only_new_people_take_the_second_look(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, releaser = make_released(session, bench, "not_endorsed")
        first = session.execute(sa.select(Decision)).scalar_one()
        ask(session, bench.owner, entry.ref, "procedure", "Nobody asked us.", now=NEXT)
        both = make_actor(session, Role.OFFICER, Role.DECIDER)
        new = prepare(session, both, first.ref, "Looked into.", ENDORSED, now=NEXT)

        for actor, code in (
            (bench.decider, "involved_before"),
            (releaser, "involved_before"),
            (both, "needs_second_person"),
        ):
            with pytest.raises(Refused) as refused:
                decide(session, actor, new.ref, new.version, now=NEXT)
            assert refused.value.code == code


def test_a_second_look_is_asked_within_21_days_once_on_a_ground(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)
        with pytest.raises(Invalid) as wrong:
            ask(session, bench.owner, entry.ref, "unfair", " ", now=NEXT)
        assert set(wrong.value.errors) == {"ground", "text"}
        with pytest.raises(Conflict) as late:
            ask(session, bench.owner, entry.ref, "fact", "So.", now=MADE_AT + timedelta(days=21, seconds=1))
        assert late.value.code == "too_late"
        stranger = make_actor(session, Role.REQUESTER)
        with pytest.raises(NotFound):
            ask(session, stranger, entry.ref, "fact", "So.", now=NEXT)

        ask(session, bench.owner, entry.ref, "fact", "So.", now=MADE_AT + timedelta(days=21))

        with pytest.raises(Conflict) as again:
            ask(session, bench.owner, entry.ref, "fact", "So.", now=NEXT)
        assert again.value.code == "asked_before"


# --- the outbox -------------------------------------------------------------------------------------------


def test_the_outbox_shows_drafts_and_lets_no_letter_go_before_the_release(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_decided(session, bench)

        found = outbox.outbox(session, bench.officer, "draft", now=MADE_AT)
        assert [(row.entry_ref, row.state, row.may_release) for row in found.rows] == [
            (entry.ref, "draft", False)
        ]
        with pytest.raises(Conflict) as refused:
            outbox.release(session, bench.decider, found.rows[0].id, now=MADE_AT)
        assert refused.value.code == "with_release"


def test_the_outbox_shows_the_newest_first_and_the_rest_on_further_pages(write: Opened, monkeypatch):
    monkeypatch.setattr(outbox, "PER_PAGE", 2)
    with write() as session:
        bench = make_bench(session)
        refs = [make_decided(session, bench).ref for _ in range(5)]

        pages = [outbox.outbox(session, bench.officer, "draft", now=MADE_AT, page=n) for n in (1, 2, 3, 4, 0)]
        shown = [[row.entry_ref for row in page.rows] for page in pages]

        assert shown == [[refs[4], refs[3]], [refs[2], refs[1]], [refs[0]], [refs[0]], [refs[4], refs[3]]]
        assert [(page.page, page.n_pages, page.counts["draft"]) for page in pages] == [
            (1, 3, 5), (2, 3, 5), (3, 3, 5), (3, 3, 5), (1, 3, 5)
        ]  # fmt: skip


def test_a_failed_mail_is_tried_again_once_asked(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_released(session, bench)
        (mail,) = mails(session)
        mail.state, mail.tries, mail.error = "failed", 7, "the mail server answered 550"
        session.flush()

        (row,) = outbox.outbox(session, bench.officer, "failed", now=MADE_AT).rows
        assert (row.may_retry, row.error) == (True, "the mail server answered 550")
        outbox.retry(session, bench.officer, mail.id, now=NEXT)

        assert (mail.state, mail.tries, mail.try_after, mail.error) == ("queued", 0, NEXT, None)


def test_the_outbox_hides_mails_about_entries_with_a_conflict(write: Opened):
    with write() as session:
        bench = make_bench(session)
        before = outbox.outbox(session, bench.officer, "draft", now=MADE_AT)
        entry = make_decided(session, bench)
        (mail,) = mails(session)
        declare_conflict(session, bench.officer, entry)

        assert outbox.outbox(session, bench.officer, "draft", now=MADE_AT) == before
        with pytest.raises(NotFound):
            outbox.shown(session, bench.officer, mail.id, now=MADE_AT)


def test_every_act_leaves_its_event(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_released(session, bench)
        assert session.execute(sa.select(Review.state)).scalars().all() == ["locked"] * 3
    with write() as session:
        query = sa.select(AuditEvent.action).where(AuditEvent.action.like("%decision.%"))
        assert session.execute(query.order_by(AuditEvent.sequence)).scalars().all() == [
            "decision.propose",
            "decision.approve",
            "decision.release",
        ]


def test_scores_that_differ_give_no_letter_text_of_their_own(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench, (MET, MET, NOT_MET)))
        decided(session, bench, entry)
        releaser = make_actor(session, Role.DECIDER)

        (row,) = preview(session, releaser, bench.call, now=MADE_AT).ready

        assert row.values["reason"] == "The criteria are met."
        assert "The meeting saw it otherwise." not in repr(row.values)
