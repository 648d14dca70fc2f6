"""Opening something in an emergency: what it opens, for how long, to whom, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call
from models.glass import OpenGlass
from models.operation import OutgoingMail
from models.people import UserSession
from models.reviews import ConflictDeclaration
from procedure.access import may
from services import audit, glass
from services.facts import entry_facts
from services.queries.emergency import opened
from services.sessions import browser, open_session
from tests.factories import MADE_AT, make_actor, make_draft, make_submitted
from tests.fixtures import Opened
from tests.panels import Bench, entry_of, make_bench, make_decided
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role, Scope
from vocabulary.states import ConflictAnswer

REASON = "A court asks for the file of this request."
CONTENT = (
    Action.ENTRY_READ,
    Action.ENTRY_READ_IDENTITY,
    Action.ENTRY_READ_PROTECTED,
    Action.ATTACHMENT_DOWNLOAD,
    Action.REVIEW_READ_OTHERS,
    Action.REVIEW_READ_AUTHOR,
    Action.DECISION_READ,
    Action.MATCH_READ_CONTACTS,
)


def signed_in(session: Session, actor: Actor, now: datetime = MADE_AT) -> tuple[str, int]:
    """The secret of a new sign-in, and its number."""
    secret = open_session(session, actor.account_id or 0, now=now)
    return secret, session.scalars(sa.select(UserSession.id).order_by(UserSession.id.desc())).first() or 0


def broken(
    session: Session, actor: Actor, ref: str, now: datetime = MADE_AT, reason: str = REASON
) -> tuple[str, OpenGlass]:
    secret, number = signed_in(session, actor, now)
    return secret, glass.open_glass(session, actor, number, ref, reason, now=now)


def opens(session: Session, actor: Actor, bench: Bench, now: datetime = MADE_AT) -> list[Action]:
    facts = entry_facts(session, entry_of(session, bench.entries[0]), actor)
    return [action for action in CONTENT if may(actor, action, facts, now)]


def world(session: Session, **changes: object) -> Bench:
    bench = make_bench(session, **changes)
    make_decided(session, bench)
    return bench


@pytest.mark.parametrize(
    ("role", "expected"),
    [(Role.AUDITOR, CONTENT), (Role.ADMIN, (Action.ENTRY_READ, Action.ENTRY_READ_IDENTITY))],
)
def test_glass_opens_what_the_table_says_to_this_sign_in_for_half_an_hour(
    write: Opened, role: Role, expected: tuple[Action, ...]
) -> None:
    with write() as session:
        bench = world(session)
        actor = make_actor(session, role)
        before = opens(session, actor, bench)
        secret, _ = broken(session, actor, bench.entries[0])
        other, _ = signed_in(session, actor)

        def seen(cookie: str, later: timedelta) -> list[Action]:
            now = MADE_AT + later
            return opens(session, browser(session, cookie, (), now=now).actor, bench, now)

        open_now, elsewhere = seen(secret, timedelta(0)), seen(other, timedelta(0))
        last, over = seen(secret, timedelta(minutes=29)), seen(secret, timedelta(minutes=30))

    assert before == []
    assert open_now == list(expected)
    assert last == list(expected)
    assert (elsewhere, over) == ([], [])


def test_closing_ends_it_at_once_and_only_ones_own(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor = make_actor(session, Role.AUDITOR)
        secret, row = broken(session, auditor, bench.entries[0])

        with pytest.raises(NotFound):
            glass.close_glass(session, make_actor(session, Role.AUDITOR), row.id, now=MADE_AT)
        glass.close_glass(session, auditor, row.id, now=MADE_AT)
        with pytest.raises(NotFound):
            glass.close_glass(session, auditor, row.id, now=MADE_AT)
        after = browser(session, secret, (), now=MADE_AT).actor

    assert after.glasses == frozenset()


def test_it_is_recorded_and_the_other_auditors_are_told(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor, other = (make_actor(session, Role.AUDITOR) for _ in range(2))
        barred = make_actor(session, Role.AUDITOR)
        declare(session, barred, bench, ConflictAnswer.CONFLICT)
        n_before = session.scalar(sa.select(sa.func.count(OutgoingMail.id)))
        broken(session, auditor, bench.entries[0])
        audit.seal(session)

        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "glass.open")).one()
        mails = session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id).offset(n_before)).all()

        assert (event.subject_ref, event.reason) == (bench.entries[0], REASON)
        assert event.actor == f"account:{auditor.account_id}"
        assert [(mail.template, mail.to_email) for mail in mails] == [("glass_open", other.email)]
        assert mails[0].values["reason"] == REASON


def test_the_only_auditor_does_not_watch_alone(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        broken(session, make_actor(session, Role.AUDITOR), bench.entries[0])
        query = sa.select(OutgoingMail.to_email).where(OutgoingMail.template == "glass_open")
        told = session.scalars(query).all()

    assert told == [bench.decider.email]


def declare(session: Session, actor: Actor, bench: Bench, answer: ConflictAnswer) -> None:
    session.add(
        ConflictDeclaration(
            entry_id=entry_of(session, bench.entries[0]).id,
            account_id=actor.account_id,
            answer=answer,
            kinds=[],
            answered_at=MADE_AT,
            created_at=MADE_AT,
            updated_at=MADE_AT,
        )
    )
    session.flush()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
@pytest.mark.parametrize("answer", [ConflictAnswer.CONFLICT, ConflictAnswer.POSSIBLE])
def test_conflict_keeps_it_closed_and_ends_what_is_open(
    write: Opened, role: Role, answer: ConflictAnswer
) -> None:
    with write() as session:
        bench = world(session)
        actor, late = make_actor(session, role), make_actor(session, role)
        declare(session, actor, bench, answer)

        with pytest.raises(NotFound):
            broken(session, actor, bench.entries[0])
        secret, _ = broken(session, late, bench.entries[0])
        declare(session, late, bench, answer)
        after = browser(session, secret, (), now=MADE_AT).actor
        left, listed = opens(session, after, bench), glass.open_now(session, after, now=MADE_AT)

    assert (left, listed) == ([], ())


def test_the_conflict_question_comes_first_where_everybody_is_asked(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=True)
        ref = make_submitted(session, actor=bench.owner, call=call_of(session, bench)).ref
        bench.entries.append(ref)
        auditor = make_actor(session, Role.AUDITOR)

        with pytest.raises(Refused) as asked:
            broken(session, auditor, ref)
        declare(session, auditor, bench, ConflictAnswer.NONE)
        secret, _ = broken(session, auditor, ref)
        found = opens(session, browser(session, secret, (), now=MADE_AT).actor, bench)

    assert asked.value.code == "conflict_unanswered"
    assert Action.ENTRY_READ in found


def call_of(session: Session, bench: Bench) -> Call:
    return session.get_one(Call, bench.call_id)


@pytest.mark.parametrize("office", ["officer", "moderator", "decider", "owner", "reviewer"])
def test_nobody_else_breaks_a_glass(write: Opened, office: str) -> None:
    with write() as session:
        bench = world(session)
        actor = bench.reviewers[0] if office == "reviewer" else getattr(bench, office)

        with pytest.raises((NotFound, Refused)):
            broken(session, actor, bench.entries[0])

        assert session.scalars(sa.select(OpenGlass)).all() == []


def test_drafts_what_is_missing_programs_and_bad_reasons_are_refused(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor = make_actor(session, Role.AUDITOR)
        draft = make_draft(session, actor=bench.owner).entry.ref
        program = replace(auditor, scopes=frozenset(Scope))

        for ref in (draft, "REQ-1999-0001"):
            with pytest.raises(NotFound):
                broken(session, auditor, ref)
        with pytest.raises(Refused):
            glass.open_glass(session, program, 1, bench.entries[0], REASON, now=MADE_AT)
        with pytest.raises(Refused):
            glass.open_glass(session, auditor, None, bench.entries[0], REASON, now=MADE_AT)
        for reason in ("", "   ", "too short", "a" * 1001):
            with pytest.raises(Invalid):
                broken(session, auditor, bench.entries[0], reason=reason)

        assert session.scalars(sa.select(OpenGlass)).all() == []


def test_open_twice_is_a_conflict(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor = make_actor(session, Role.AUDITOR)
        secret, row = broken(session, auditor, bench.entries[0])
        again = browser(session, secret, (), now=MADE_AT).actor

        with pytest.raises((Conflict, NotFound)):
            glass.open_glass(session, again, row.session_id, bench.entries[0], REASON, now=MADE_AT)


def test_reviews_and_decisions_are_read_with_a_glass_only(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor = make_actor(session, Role.AUDITOR)
        closed = opened(session, auditor, bench.entries[0], now=MADE_AT)
        secret, _ = broken(session, auditor, bench.entries[0])
        actor = browser(session, secret, (), now=MADE_AT).actor

        found = opened(session, actor, bench.entries[0], now=MADE_AT)

    assert (closed.reviews, closed.decisions, closed.contacts) == ((), (), ())
    assert len(found.reviews) == 3
    assert None not in {review.by for review in found.reviews}
    assert [score.value for score in found.reviews[0].scores] == [2, 2, 2, 2]
    assert [decision.outcome for decision in found.decisions] == ["endorsed"]


def test_open_glasses_are_listed_to_auditors_and_to_oneself(write: Opened) -> None:
    with write() as session:
        bench = world(session)
        auditor, admin = make_actor(session, Role.AUDITOR), make_actor(session, Role.ADMIN)
        other = make_actor(session, Role.ADMIN)
        broken(session, admin, bench.entries[0])

        seen = [glass.open_now(session, actor, now=MADE_AT) for actor in (auditor, admin, other)]
        later = glass.open_now(session, auditor, now=MADE_AT + glass.LASTS)

    assert [[row.ref for row in rows] for rows in seen] == [[bench.entries[0]], [bench.entries[0]], []]
    assert [[row.is_mine for row in rows] for rows in seen] == [[False], [True], []]
    assert later == ()
