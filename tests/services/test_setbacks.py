"""A review is returned or voided: by whom, what counts afterwards, and who is told."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.entries import Entry
from models.operation import OutgoingMail
from models.reviews import Review, ReviewAct
from services.panels.results import latest_results
from services.panels.setbacks import confirm, drop, set_back
from services.queries.panels import panel_page
from services.reviews.submission import Declared, submit
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, Bench, decide, deliberate, make_bench, make_reviewed
from tests.services.test_panels import declare_conflict
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Role
from vocabulary.states import ReviewActKind, ReviewState

RETURN, VOID = ReviewActKind.RETURN, ReviewActKind.VOID


def make_scored(session: Session) -> tuple[Bench, Entry, Review]:
    """A proposal under review with three reviews, and the one that says no."""
    bench = make_bench(session)
    entry = make_reviewed(session, bench, (MET, MET, NOT_MET))
    return bench, entry, session.execute(sa.select(Review).order_by(Review.id.desc())).scalars().first()


def counts(session: Session, entry: Entry) -> tuple[int, int]:
    """How many reviews the newest result counts, and how many of them endorse."""
    found = latest_results(session, [entry.id])[entry.id].counts
    return found["n_counted"], found["n_endorsing"]


def test_a_moderator_voids_at_once_and_the_text_is_kept(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        text, before = review.comment_internal, counts(session, entry)

        done = set_back(session, bench.moderator, entry.ref, review.ref, VOID, " Of another ", now=MADE_AT)

        assert (done, before, counts(session, entry)) == (True, (3, 2), (2, 2))
        assert (review.state, review.void_reason) == (ReviewState.VOID, "Of another")
        assert review.comment_internal == text
        page = panel_page(session, bench.moderator, entry.ref, language="en", now=MADE_AT)
        assert review.ref not in [seat.ref for seat in page.seats]


def test_a_locked_review_is_voided_and_not_returned(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        deliberate(session, bench, entry)
        session.refresh(review)

        with pytest.raises(Conflict) as refused:
            set_back(session, bench.moderator, entry.ref, review.ref, RETURN, "why", now=MADE_AT)
        set_back(session, bench.moderator, entry.ref, review.ref, VOID, "why", now=MADE_AT)

        assert refused.value.code == "wrong_state"
        assert (review.state, counts(session, entry)) == (ReviewState.VOID, (2, 2))


def test_a_returned_review_counts_again_once_it_is_submitted_again(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)

        set_back(session, bench.moderator, entry.ref, review.ref, RETURN, "Say why.", now=MADE_AT)
        returned = (review.state, counts(session, entry))
        mail = session.execute(
            sa.select(OutgoingMail).where(OutgoingMail.template == "review_returned")
        ).scalar_one()
        declared = Declared(still_no_conflict=True, names_intended=True)
        submit(session, bench.reviewers[2], review.ref, declared, review.version, now=MADE_AT)

        assert returned == (ReviewState.RETURNED, (2, 2))
        assert mail.values["reason"] == "Say why."
        assert (review.state, counts(session, entry)) == (ReviewState.SUBMITTED, (3, 2))


@pytest.mark.parametrize("kind", [RETURN, VOID])
def test_an_officer_proposes_and_a_second_person_confirms(write: Opened, kind: ReviewActKind):
    with write() as session:
        bench, entry, review = make_scored(session)
        other = make_actor(session, Role.OFFICER)

        done = set_back(session, bench.officer, entry.ref, review.ref, kind, "A slip.", now=MADE_AT)
        waiting = (done, review.state, counts(session, entry))
        with pytest.raises(Refused):
            confirm(session, bench.officer, entry.ref, review.ref, now=MADE_AT)
        with pytest.raises(Conflict):
            set_back(session, bench.moderator, entry.ref, review.ref, kind, "Me too.", now=MADE_AT)
        shown = [
            next(seat.act.may_confirm for seat in page.seats if seat.act)
            for who in (bench.officer, other)
            for page in [panel_page(session, who, entry.ref, language="en", now=MADE_AT)]
        ]
        confirm(session, other, entry.ref, review.ref, now=MADE_AT)

        assert (waiting, shown) == ((False, ReviewState.SUBMITTED, (3, 2)), [False, True])
        assert counts(session, entry) == (2, 2)
        act = session.execute(sa.select(ReviewAct)).scalar_one()
        assert (act.proposed_by_id, act.ended_by_id, act.is_alone) == (
            bench.officer.account_id,
            other.account_id,
            False,
        )


def test_a_dropped_proposal_leaves_the_review_as_it_is(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        set_back(session, bench.officer, entry.ref, review.ref, VOID, "A slip.", now=MADE_AT)

        drop(session, bench.officer, entry.ref, review.ref, now=MADE_AT)

        with pytest.raises(Conflict):
            drop(session, bench.officer, entry.ref, review.ref, now=MADE_AT)
        assert (review.state, counts(session, entry)) == (ReviewState.SUBMITTED, (3, 2))
        ref = review.ref
    with write() as session:
        names = session.execute(
            sa.select(AuditEvent.action).where(AuditEvent.subject_ref == ref).order_by(AuditEvent.sequence)
        ).scalars()
        assert list(names)[-2:] == ["review.propose_void", "review.drop_void"]


def test_a_reason_is_needed(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)

        with pytest.raises(Invalid) as wrong:
            set_back(session, bench.moderator, entry.ref, review.ref, VOID, " \n", now=MADE_AT)

        assert list(wrong.value.errors) == ["reason"]


def test_nothing_is_voided_once_it_is_decided(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        decide(session, bench, deliberate(session, bench, entry))
        session.refresh(review)

        for who in (bench.moderator, bench.officer):
            with pytest.raises((Conflict, Refused)):
                set_back(session, who, entry.ref, review.ref, VOID, "Late.", now=MADE_AT)

        assert review.state is ReviewState.LOCKED


def test_nobody_else_may_and_a_conflict_hides_it(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        declare_conflict(session, bench.moderator, entry)

        for who in (bench.moderator, make_actor(session, Role.REQUESTER)):
            with pytest.raises(NotFound):
                set_back(session, who, entry.ref, review.ref, VOID, "why", now=MADE_AT)
        for who in (bench.decider, bench.owner, bench.reviewers[0]):
            with pytest.raises(Refused):
                set_back(session, who, entry.ref, review.ref, VOID, "why", now=MADE_AT)


def test_the_database_holds_the_four_eyes_of_an_act(write: Opened):
    with write() as session:
        bench, entry, review = make_scored(session)
        set_back(session, bench.officer, entry.ref, review.ref, VOID, "A slip.", now=MADE_AT)
    with pytest.raises(Conflict) as caught, write() as session:
        session.execute(
            sa.update(ReviewAct).values(
                outcome="done", ended_by_id=ReviewAct.proposed_by_id, ended_at=MADE_AT
            )
        )
    assert caught.value.code == "integrity"
    assert "four_eyes" in str(caught.value.__cause__)
