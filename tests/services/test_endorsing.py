"""Is a partner's own activity endorsed by two people, told, recognised, and retracted cleanly?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.operation import OutgoingMail
from procedure.access import may
from services import recognitions
from services.decisions import endorsing
from services.decisions.proposing import Draft
from services.facts import entry_facts
from services.queries import decisions
from services.recognitions import Standing
from tests.factories import MADE_AT as NOW
from tests.factories import make_actor, make_submitted
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, Bench, Scores, hand_in, make_bench
from tests.services.test_panels import declare_conflict
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Role
from vocabulary.states import EntryKind, OfferState

GOOD = Draft("endorsed", "It serves the plan.")


def make_offer(
    session: Session, bench: Bench, cards: Sequence[Scores] = (MET, MET, MET), **changes: Any
) -> Entry:
    """An offer that stands and seeks recognition, scored by the reviewers of the bench."""
    fields = {"seeks_recognition": True, "strategies": ["S3"]} | changes
    offer = make_submitted(session, EntryKind.OFFER, actor=bench.owner, now=NOW, **fields)
    for reviewer, card in zip(bench.reviewers, cards, strict=False):
        hand_in(session, bench, offer.ref, reviewer, card, now=NOW)
    offer.state = OfferState.ACTIVE
    session.flush()
    return offer


def endorsed(session: Session, bench: Bench, offer: Entry, draft: Draft = GOOD) -> str:
    made = endorsing.propose(session, bench.moderator, offer.ref, draft, None, offer.version, now=NOW)
    return endorsing.approve(session, bench.decider, made.ref, made.version, now=NOW).ref


def test_endorsed_activity_is_told_recognised_and_stays_an_active_offer(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)

        ref = endorsed(session, bench, offer)
        recognition = recognitions.issue(session, bench.officer, offer.ref, date(2027, 6, 1), now=NOW)

        mails = session.execute(
            sa.select(OutgoingMail.template, OutgoingMail.state)
            .where(OutgoingMail.subject_ref == offer.ref)
            .where(OutgoingMail.template.in_(("decision", "recognition")))
            .order_by(OutgoingMail.id)
        ).all()
        own = decisions.own_decision(session, bench.owner, offer.ref, now=NOW)
        page = recognitions.page(session, SIGNED_OUT, recognition.ref, now=NOW)
        assert offer.state is OfferState.ACTIVE or offer.state == "active"
        assert [tuple(row) for row in mails] == [("decision", "queued"), ("recognition", "draft")]
        assert (own.ref, own.outcome.value, own.may_ask, own.recognition_ref) == (
            ref, "endorsed", False, recognition.ref,
        )  # fmt: skip
        assert (page.standing, page.title, page.kind) == (Standing.VALID, offer.title, "offer")
        later = NOW.replace(year=2027) + timedelta(days=1)
        assert recognitions.page(session, SIGNED_OUT, recognition.ref, now=later).standing is Standing.EXPIRED


def test_retracted_recognition_of_an_offer_leaves_a_tombstone(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        endorsed(session, bench, offer)
        made = recognitions.issue(session, bench.officer, offer.ref, None, now=NOW)

        recognitions.retract(session, bench.officer, made.ref, "It ended.", made.version, now=NOW)

        page = recognitions.page(session, SIGNED_OUT, made.ref, now=NOW)
        assert (page.standing, page.title, page.organisation, page.retraction_reason) == (
            Standing.RETRACTED, None, None, "It ended.",
        )  # fmt: skip


def test_nobody_approves_their_own_proposal(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        made = endorsing.propose(session, bench.decider, offer.ref, GOOD, None, offer.version, now=NOW)

        with pytest.raises(Refused) as refused:
            endorsing.approve(session, bench.decider, made.ref, made.version, now=NOW)
        with pytest.raises(Refused):
            endorsing.approve(session, bench.officer, made.ref, made.version, now=NOW)

        assert refused.value.code == "needs_second_person"
        assert recognitions.of_entry(session, offer) is None


def test_what_was_not_endorsed_is_told_and_not_recognised(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, (NOT_MET, NOT_MET, NOT_MET))

        endorsed(session, bench, offer, Draft("not_endorsed", "The criteria are not met."))

        with pytest.raises(Conflict) as refused:
            recognitions.issue(session, bench.officer, offer.ref, None, now=NOW)
        assert refused.value.code == "not_endorsed"


def test_deciding_against_the_result_needs_its_reason(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, (NOT_MET, NOT_MET, NOT_MET))

        with pytest.raises(Invalid) as wrong:
            endorsing.propose(session, bench.moderator, offer.ref, GOOD, None, offer.version, now=NOW)

        assert list(wrong.value.errors) == ["contradiction_reason"]


def test_too_few_reviews_need_a_reason_that_is_kept(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, (MET,))

        with pytest.raises(Invalid) as wrong:
            endorsing.propose(session, bench.moderator, offer.ref, GOOD, " ", offer.version, now=NOW)
        made = endorsing.propose(
            session, bench.moderator, offer.ref, GOOD, "One expert.", offer.version, now=NOW
        )

        assert list(wrong.value.errors) == ["few_reviews_reason"]
        assert made.outcome == "endorsed"


@pytest.mark.parametrize(
    ("changes", "outcome", "error"),
    [
        ({"seeks_recognition": False}, "endorsed", Conflict),
        ({}, "reserve", Invalid),
    ],
)
def test_only_what_asks_for_it_is_proposed(write: Opened, changes: Any, outcome: str, error: Any) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, **changes)

        with pytest.raises(error):
            endorsing.propose(
                session, bench.moderator, offer.ref, Draft(outcome, "x"), None, offer.version, now=NOW
            )


def test_result_that_changed_since_stops_the_approval(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench, (MET, MET))
        made = endorsing.propose(
            session, bench.moderator, offer.ref, GOOD, "Two will do.", offer.version, now=NOW
        )
        hand_in(session, bench, offer.ref, bench.reviewers[2], NOT_MET, now=NOW)
        more = make_bench(session, n_reviewers=3)
        for reviewer in more.reviewers:
            hand_in(session, bench, offer.ref, reviewer, NOT_MET, now=NOW)

        with pytest.raises(Conflict) as refused:
            endorsing.approve(session, bench.decider, made.ref, made.version, now=NOW)

        assert refused.value.code == "result_changed"
        back = endorsing.take_back(session, bench.moderator, made.ref, "Look again.", made.version, now=NOW)
        assert back.withdrawn_reason == "Look again."


def test_owner_reads_the_decision_only_once_it_is_told(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        made = endorsing.propose(session, bench.moderator, offer.ref, GOOD, None, offer.version, now=NOW)
        before = may(bench.owner, Action.DECISION_READ, entry_facts(session, offer, bench.owner), NOW)

        endorsing.approve(session, bench.decider, made.ref, made.version, now=NOW)

        after = may(bench.owner, Action.DECISION_READ, entry_facts(session, offer, bench.owner), NOW)
        stranger = make_actor(session, Role.PARTNER)
        other = may(stranger, Action.DECISION_READ, entry_facts(session, offer, stranger), NOW)
        assert (before, after, other) == (False, True, False)


def test_conflict_hides_it_from_whoever_has_one(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        seen = [row.ref for row in endorsing.asking(session, bench.officer, now=NOW)]
        declare_conflict(session, bench.officer, offer)

        assert seen == [offer.ref]
        assert endorsing.asking(session, bench.officer, now=NOW) == ()
        with pytest.raises((NotFound, Refused)):
            endorsing.endorsement(session, bench.officer, offer.ref, now=NOW)
        with pytest.raises((NotFound, Refused)):
            endorsing.propose(session, bench.officer, offer.ref, GOOD, None, offer.version, now=NOW)


def test_reviews_that_it_was_decided_on_still_count_after_it(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer = make_offer(session, bench)
        before = endorsing.endorsement(session, bench.officer, offer.ref, now=NOW)
        endorsed(session, bench, offer)
        after = endorsing.endorsement(session, bench.officer, offer.ref, now=NOW)

    assert (before.n_reviews, after.n_reviews) == (3, 3)
    assert before.verdicts == after.verdicts
