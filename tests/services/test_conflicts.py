"""Does the conflict question close what it must, and open only what was cleared?"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Entry
from models.reviews import Assignment, ConflictDeclaration, Review
from services.conflicts import KINDS, declare, rule, step_back, waiting_for_ruling
from services.queries.review_queue import queue
from services.queries.reviews import scorecard
from services.reviews.drafts import save
from services.reviews.submission import Declared, submit
from tests.factories import make_account, make_actor
from tests.fixtures import NOW, Opened
from tests.scoring import Sitting, full_card, make_sitting
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Role
from vocabulary.states import AssignmentState, ConflictAnswer, ConflictRuling, ReviewState

NONE, POSSIBLE, CONFLICT = ConflictAnswer.NONE, ConflictAnswer.POSSIBLE, ConflictAnswer.CONFLICT


def states(session: object, sitting: Sitting) -> tuple[AssignmentState, ReviewState | None]:
    row = session.execute(  # type: ignore[attr-defined]
        sa.select(Assignment.state, Review.state)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(Assignment.ref == sitting.ref)
    ).one()
    return row[0], row[1]


def test_none_accepts_and_opens(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=NONE)

    with read() as session:
        page = scorecard(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
        found = states(session, sitting)
    assert found == (AssignmentState.ACCEPTED, ReviewState.DRAFT)
    assert (page.state, page.may_write, page.version) == ("not_started", True, 1)


def test_conflict_ends_the_assignment_and_voids_what_was_scored(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        kept = save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        submit(session, sitting.reviewer, sitting.ref, Declared(True), kept.version, now=NOW)
        declare(session, sitting.reviewer, sitting.ref, CONFLICT, ["financial"], None, now=NOW)

    with read() as session:
        found = states(session, sitting)
        rows = queue(session, sitting.reviewer, language="en", now=NOW)
        with pytest.raises(NotFound):
            scorecard(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
    assert found == (AssignmentState.RECUSED, ReviewState.VOID)
    assert (rows.rows, rows.waiting) == ((), ())


@pytest.mark.parametrize(
    ("ruling", "expected"),
    [
        (ConflictRuling.CLEARED, (AssignmentState.ACCEPTED, ReviewState.DRAFT)),
        (ConflictRuling.UPHELD, (AssignmentState.RECUSED, None)),
    ],
)
def test_ruling_opens_or_ends(
    write: Opened, ruling: ConflictRuling, expected: tuple[AssignmentState, ReviewState | None]
) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=POSSIBLE)
        before = [row.ref for row in waiting_for_ruling(session, sitting.officer, now=NOW)]
        rule(session, sitting.officer, sitting.ref, ruling, "looked into", now=NOW)
        after = [row.ref for row in waiting_for_ruling(session, sitting.officer, now=NOW)]
        found = states(session, sitting)

    assert (before, after, found) == ([sitting.ref], [], expected)


def test_nobody_rules_on_their_own_or_twice_or_without_the_role(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=POSSIBLE)
        moderator, other = make_actor(session, Role.MODERATOR), make_actor(session, Role.REVIEWER)
    cases = ((sitting.reviewer, NotFound), (moderator, Refused), (other, NotFound))

    for actor, expected in cases:
        with pytest.raises((NotFound, Refused)) as closed, write() as session:
            rule(session, actor, sitting.ref, ConflictRuling.CLEARED, None, now=NOW)
        assert type(closed.value) is expected
    with write() as session:
        rule(session, sitting.officer, sitting.ref, ConflictRuling.CLEARED, None, now=NOW)
    with pytest.raises(Conflict) as twice, write() as session:
        rule(session, sitting.officer, sitting.ref, ConflictRuling.UPHELD, None, now=NOW)
    assert twice.value.code == "nothing_to_rule"


def test_officer_with_a_conflict_sees_and_rules_nothing(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=POSSIBLE)
        officer = make_actor(session, Role.OFFICER)
        entry_id = session.execute(sa.select(Entry.id).where(Entry.ref == sitting.entry_ref)).scalar_one()
        session.add(
            ConflictDeclaration(
                entry_id=entry_id,
                account_id=officer.account_id,
                answer=CONFLICT,
                kinds=[],
                answered_at=NOW,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        session.flush()
        listed = waiting_for_ruling(session, officer, now=NOW)

    assert listed == ()
    with pytest.raises(NotFound), write() as session:
        rule(session, officer, sitting.ref, ConflictRuling.CLEARED, None, now=NOW)


def test_answer_grows_stronger_but_not_weaker(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=NONE)
        declare(session, sitting.reviewer, sitting.ref, POSSIBLE, ["joint_work"], "A paper.", now=NOW)

    with pytest.raises(NotFound), write() as session:
        declare(session, sitting.reviewer, sitting.ref, NONE, [], None, now=NOW)


def test_the_same_answer_again_changes_nothing(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=NONE)
        declare(session, sitting.reviewer, sitting.ref, NONE, [], None, now=NOW)

    with read() as session:
        n_events = session.execute(
            sa.select(sa.func.count()).where(AuditEvent.action == "conflict.declare")
        ).scalar_one()
    assert n_events == 1


def test_step_back_is_open_while_a_ruling_is_awaited(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=POSSIBLE)
        step_back(session, sitting.reviewer, sitting.ref, now=NOW)
        found = states(session, sitting)

    assert found == (AssignmentState.RECUSED, None)


def test_somebody_else_cannot_answer_or_step_back(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None)
        other = make_sitting(session, entry_ref=sitting.entry_ref).reviewer

    for actor in (other, sitting.officer):
        with pytest.raises((NotFound, Refused)), write() as session:
            declare(session, actor, sitting.ref, NONE, [], None, now=NOW)
        with pytest.raises((NotFound, Refused)), write() as session:
            step_back(session, actor, sitting.ref, now=NOW)


@pytest.mark.parametrize(
    ("answer", "kinds", "text", "fields"),
    [
        (POSSIBLE, [], None, ["text"]),
        (POSSIBLE, ["nonsense"], None, ["kinds", "text"]),
        (NONE, ["family"], None, ["kinds"]),
        (CONFLICT, [], "x" * 4001, ["text"]),
    ],
)
def test_answer_names_every_error(
    write: Opened, answer: ConflictAnswer, kinds: list[str], text: str | None, fields: list[str]
) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None)

    with pytest.raises(Invalid) as refused, write() as session:
        declare(session, sitting.reviewer, sitting.ref, answer, kinds, text, now=NOW)

    assert sorted(refused.value.errors) == fields


def test_audit_names_the_kind_and_never_the_description(write: Opened, read: Opened) -> None:
    with write() as session:
        account = make_account(session, Role.REVIEWER)
        sitting = make_sitting(session, reviewer=account, answer=None)
        declare(session, sitting.reviewer, sitting.ref, POSSIBLE, ["family"], "My cousin.", now=NOW)

    with read() as session:
        after = session.execute(
            sa.select(AuditEvent.after).where(AuditEvent.action == "conflict.declare")
        ).scalar_one()
    assert after == {"answer": "possible", "kinds": ["family"]}
    assert list(KINDS)[-1] == "other"
