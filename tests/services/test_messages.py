"""services/messages.py: the thread of an entry, who reads it, and what a mail says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Account
from services import collaborators, messages
from services.assignments import assign
from services.conflicts import declare
from services.queries.board import work
from tests.factories import (
    link_holder,
    make_actor,
    make_call,
    make_conflict,
    make_draft,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from tests.services.test_collaborators import secret_to
from vocabulary.errors import Conflict, HouseError, Invalid, NotFound, Refused, TooMany
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import CollaboratorLevel, ConflictAnswer

WORDS = "Does the Institute of Savannah Studies take part?"


@dataclass(slots=True)
class Given:
    """A request in a blind call, its owner and two officers."""

    owner: Actor
    officer: Actor
    colleague: Actor
    ref: str


@pytest.fixture
def given(write: Opened) -> Given:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        officers = [
            make_actor(session, Role.OFFICER, email=f"{name}@office.example") for name in ("one", "two")
        ]
        call = make_call(session, now=NOW, blind_mode=True)
        ref = make_submitted(session, actor=owner, now=NOW, call=call).ref
        return Given(owner, *officers, ref)


def said(session: Session, actor: Actor, ref: str) -> list[tuple[str, bool, bool]]:
    rows = messages.thread(session, actor, ref, now=NOW).rows
    return [(row.text, row.is_from_office, row.by is not None) for row in rows]


def mailed(session: Session) -> list[str]:
    rows = session.execute(
        sa.select(OutgoingMail.to_email).where(OutgoingMail.template == "message").order_by(OutgoingMail.id)
    )
    return list(rows.scalars())


def test_both_sides_write_and_the_submitter_learns_no_officer_s_name(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        messages.write(session, given.officer, given.ref, WORDS, now=NOW)
        messages.write(session, given.owner, given.ref, "  It does.  ", now=NOW)

    with read() as session:
        assert said(session, given.officer, given.ref) == [(WORDS, True, True), ("It does.", False, True)]
        assert said(session, given.owner, given.ref) == [(WORDS, True, False), ("It does.", False, True)]


def test_mail_carries_a_link_and_none_of_the_words(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        messages.write(session, given.officer, given.ref, WORDS, now=NOW)

    with read() as session:
        mail = session.execute(sa.select(OutgoingMail).where(OutgoingMail.template == "message")).scalar_one()
        assert mail.to_email == "amina@savannah.example"
        assert mail.values["entry_link"].endswith(f"/requests/{given.ref}/messages")
        assert WORDS not in str(mail.values)


def test_answer_goes_to_whoever_wrote_for_the_secretariat_else_to_every_officer(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        messages.write(session, given.owner, given.ref, "A question.", now=NOW)
        first = mailed(session)
        messages.write(session, given.colleague, given.ref, WORDS, now=NOW)
        messages.write(session, given.owner, given.ref, "Thank you.", now=NOW)

    with read() as session:
        assert first == ["one@office.example", "two@office.example"]
        assert mailed(session)[3:] == ["two@office.example"]


def test_helper_who_may_comment_writes_and_one_who_may_view_does_not(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        helper = make_actor(session, email="helper@people.example")
        number = collaborators.invite(
            session, given.owner, given.ref, "helper@people.example", CollaboratorLevel.VIEW, now=NOW
        )
        collaborators.accept(session, helper, secret_to(session), now=NOW)
    with pytest.raises(Refused) as refused, write() as session:
        messages.write(session, helper, given.ref, WORDS, now=NOW)
    assert refused.value.code == "view_only"

    with write() as session:
        level = CollaboratorLevel.COMMENT
        collaborators.set_level(session, given.owner, given.ref, number, level, now=NOW)
        messages.write(session, helper, given.ref, WORDS, now=NOW)
        messages.write(session, given.officer, given.ref, "Good.", now=NOW)

    with read() as session:
        assert [text for text, _, _ in said(session, helper, given.ref)] == [WORDS, "Good."]
        assert mailed(session)[-1] == "helper@people.example"


def test_closed_account_of_a_helper_gets_no_mail(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        helper = make_actor(session, email="helper@people.example")
        level = CollaboratorLevel.EDIT
        collaborators.invite(session, given.owner, given.ref, "helper@people.example", level, now=NOW)
        collaborators.accept(session, helper, secret_to(session), now=NOW)
        session.get_one(Account, helper.account_id).is_disabled = True

    with write() as session:
        messages.write(session, given.officer, given.ref, WORDS, now=NOW)

    with read() as session:
        assert mailed(session) == ["amina@savannah.example"]


def test_nobody_who_judges_reads_it(write: Opened, given: Given) -> None:
    with write() as session:
        reviewer = make_actor(session, Role.REVIEWER, email="reviewer@people.example")
        made = assign(session, given.officer, given.ref, "reviewer@people.example", None, now=NOW)
        declare(session, reviewer, made.ref, ConflictAnswer.NONE, [], None, now=NOW)
        others = [make_actor(session, role) for role in (Role.MODERATOR, Role.DECIDER, Role.AUDITOR)]
        make_conflict(session, given.colleague, given.ref)

    for actor in (reviewer, *others, given.colleague, SIGNED_OUT):
        with pytest.raises(HouseError), write() as session:
            messages.thread(session, actor, given.ref, now=NOW)


def test_officer_reads_nothing_before_the_conflict_question_where_everybody_is_asked(write: Opened) -> None:
    with write() as session:
        owner, officer = make_actor(session), make_actor(session, Role.OFFICER)
        call = make_call(session, now=NOW, asks_everybody=True)
        ref = make_submitted(session, actor=owner, now=NOW, call=call).ref

    with pytest.raises(Refused) as refused, write() as session:
        messages.thread(session, officer, ref, now=NOW)

    assert refused.value.code == "conflict_unanswered"


def test_private_link_is_enough_for_a_submitter_without_an_account(write: Opened, read: Opened) -> None:
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        made = make_submitted(session, now=NOW)
        holder, ref = link_holder(made.id), made.ref
        messages.write(session, officer, ref, WORDS, now=NOW)
        messages.write(session, holder, ref, "Here we are.", now=NOW)

    with read() as session:
        assert said(session, holder, ref) == [(WORDS, True, False), ("Here we are.", False, False)]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001])
def test_empty_and_endless_messages_are_refused(write: Opened, given: Given, text: str) -> None:
    with pytest.raises(Invalid), write() as session:
        messages.write(session, given.owner, given.ref, text, now=NOW)


def test_draft_has_no_thread_yet(write: Opened, given: Given) -> None:
    with write() as session:
        ref = make_draft(session, actor=given.owner, now=NOW).entry.ref

    with pytest.raises(Conflict), write() as session:
        messages.write(session, given.owner, ref, WORDS, now=NOW)
    with pytest.raises(NotFound), write() as session:
        messages.write(session, given.officer, ref, WORDS, now=NOW)


def test_one_submitter_floods_nobody_over_many_entries(write: Opened, given: Given) -> None:
    with write() as session:
        call = make_call(session, now=NOW)
        refs = [make_submitted(session, actor=given.owner, now=NOW, call=call).ref for _ in range(3)]
        for ref in refs[:2]:
            for _ in range(messages.PER_ENTRY.most):
                messages.write(session, given.owner, ref, WORDS, now=NOW)

    with pytest.raises(TooMany), write() as session:
        messages.write(session, given.owner, refs[2], WORDS, now=NOW)
    with write() as session:
        messages.write(session, given.officer, refs[2], WORDS, now=NOW)
        messages.write(session, given.owner, refs[2], WORDS, now=NOW + timedelta(hours=1))


def test_nothing_new_is_written_about_what_was_archived(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        past = {"state": "archived", "archived_from": "released", "archived_at": NOW}
        session.execute(sa.update(Entry).where(Entry.ref == given.ref).values(past))

    with pytest.raises(Conflict), write() as session:
        messages.write(session, given.owner, given.ref, WORDS, now=NOW)
    with pytest.raises(Conflict), write() as session:
        collaborators.invite(
            session, given.owner, given.ref, "new@people.example", CollaboratorLevel.VIEW, now=NOW
        )
    with read() as session:
        assert messages.thread(session, given.owner, given.ref, now=NOW).rows == ()


def test_what_waits_for_an_answer_is_among_today_s_work_until_it_is_answered(
    write: Opened, read: Opened, given: Given
) -> None:
    counts = []
    for actor in (None, given.owner, given.officer):
        with write() as session:
            if actor is not None:
                messages.write(session, actor, given.ref, WORDS, now=NOW)
            counts.append(work(session, given.officer, "messages", now=NOW, language="en").count)

    assert counts == [0, 1, 0]
