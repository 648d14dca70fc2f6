"""services/consultations.py: which focal points are asked, what they see, and who reads what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.consultations import Consultation
from models.entries import Entry
from models.operation import OutgoingMail
from services import consultations
from services.assignments import assign
from services.conflicts import declare
from services.consultations import answer, answers_to, ask_focal_points
from services.entries import drafts, submission
from tests.factories import (
    make_account,
    make_actor,
    make_call,
    make_conflict,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from vocabulary.errors import Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import ConflictAnswer, ConsultationAnswer, EntryKind

CONFIRM, COMMENT, OBJECT = ConsultationAnswer


@dataclass(slots=True)
class Given:
    """A request about Kenya in a blind call, its owner, and the focal point of Kenya."""

    owner: Actor
    focal: Actor
    officer: Actor
    ref: str


@pytest.fixture
def given(write: Opened) -> Given:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        focal = make_actor(session, Role.FOCAL_POINT, country="KEN", name="Njeri Focal")
        call = make_call(session, now=NOW, blind_mode=True)
        ref = make_submitted(session, actor=owner, now=NOW, call=call).ref
        return Given(owner, focal, make_actor(session, Role.OFFICER), ref)


def asked(write: Opened, now: object = NOW) -> int:
    with write() as session:
        return ask_focal_points(session, now=now)  # type: ignore[arg-type]


def secret_of(session: Session) -> str:
    values = session.execute(
        sa.select(OutgoingMail.values)
        .where(OutgoingMail.template == "consultation")
        .order_by(OutgoingMail.id.desc())
    ).scalars()
    return str(next(iter(values))["link"]).rsplit("/", 1)[1]


def test_focal_points_of_the_countries_are_asked_once_about_what_was_submitted(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        make_actor(session, Role.FOCAL_POINT, country="FRA")
        make_account(session, Role.FOCAL_POINT, country="KEN", is_disabled=True)
        make_draft(session, now=NOW)
        make_published(session, EntryKind.OFFER, now=NOW)
        by_seat = make_submitted(
            session,
            actor=given.owner,
            now=NOW,
            countries=["UGA"],
            organisation_country="KEN",
            title="Across the border",
        ).ref

    counts = (asked(write), asked(write))

    with read() as session:
        rows = session.execute(
            sa.select(Entry.ref, Consultation.account_id, Consultation.country).join(
                Entry, Entry.id == Consultation.entry_id
            )
        ).all()
    assert counts == (2, 0)
    assert {tuple(row) for row in rows} == {
        (ref, given.focal.account_id, "KEN") for ref in (given.ref, by_seat)
    }


def test_nobody_is_written_to_about_a_form_that_nobody_stands_for_yet(
    write: Opened, read: Opened, given: Given
) -> None:
    asked(write)
    with write() as session:
        ref = make_submitted(session, now=NOW, countries=["KEN"], title="Look at bad.example").ref
    before = asked(write)
    with write() as session:
        session.execute(sa.update(Entry).where(Entry.ref == ref).values(confirmed_at=NOW))

    after = asked(write)

    assert (before, after) == (0, 1)


def test_somebody_who_becomes_focal_point_later_is_asked_too_and_owners_never_are(
    write: Opened, given: Given
) -> None:
    asked(write)
    with write() as session:
        newcomer = make_actor(session, Role.FOCAL_POINT, country="KEN")
        make_submitted(session, actor=newcomer, now=NOW, title="Of the focal point's own")

    assert asked(write) == 2  # the first request to the newcomer, the second to the other
    with write() as session:
        assert consultations.own(session, newcomer, now=NOW)[0].ref == given.ref


def test_link_shows_what_a_focal_point_sees_and_changes_nothing(
    write: Opened, read: Opened, given: Given
) -> None:
    asked(write)

    with read() as session:
        shown = consultations.question_behind(session, secret_of(session), now=NOW)
        rows = answers_to(session, given.owner, given.ref, now=NOW)

    assert (shown.ref, shown.country, shown.said) == (given.ref, "KEN", None)
    assert set(shown.content) <= set(consultations.SHOWN)
    assert [row.answer for row in rows] == [None]


def test_answer_by_the_link_is_the_account_s_and_can_be_changed(
    write: Opened, read: Opened, given: Given
) -> None:
    asked(write)
    with write() as session:
        consultations.answer_behind(session, secret_of(session), CONFIRM, None, now=NOW)
    with write() as session:
        answer(session, given.focal, given.ref, OBJECT, "We were not asked.", now=NOW + timedelta(hours=1))

    with read() as session:
        (row,) = answers_to(session, given.owner, given.ref, now=NOW)
        (own,) = consultations.own(session, given.focal, now=NOW)
    assert (row.answer, row.text, row.is_older) == (OBJECT, "We were not asked.", False)
    assert own.answer is OBJECT


@pytest.mark.parametrize("said", [COMMENT, OBJECT])
def test_comment_and_objection_say_why(write: Opened, given: Given, said: ConsultationAnswer) -> None:
    with pytest.raises(Invalid) as wrong, write() as session:
        answer(session, given.focal, given.ref, said, " ", now=NOW)

    assert list(wrong.value.errors) == ["text"]


def test_answer_is_marked_when_the_request_was_submitted_again(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        answer(session, given.focal, given.ref, CONFIRM, None, now=NOW)
        entry = session.execute(sa.select(Entry).where(Entry.ref == given.ref)).scalar_one()
        drafts.save(session, given.owner, given.ref, {"need": "Another"}, entry.version, now=NOW)
        submission.submit(session, given.owner, given.ref, entry.version, now=NOW)

    with read() as session:
        assert [row.is_older for row in answers_to(session, given.officer, given.ref, now=NOW)] == [True]


def test_names_are_for_the_desk_and_words_not_for_whoever_judges_blind(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        reviewer = make_actor(session, Role.REVIEWER, email="reviewer@people.example")
        made = assign(session, given.officer, given.ref, "reviewer@people.example", None, now=NOW)
        declare(session, reviewer, made.ref, ConflictAnswer.NONE, [], None, now=NOW)
        answer(session, given.focal, given.ref, COMMENT, "Ask the Institute.", now=NOW)
        stranger = make_actor(session)

    with read() as session:
        said = {
            name: [(row.by, row.text) for row in answers_to(session, actor, given.ref, now=NOW)]
            for name, actor in {
                "officer": given.officer,
                "owner": given.owner,
                "reviewer": reviewer,
                "stranger": stranger,
                "public": SIGNED_OUT,
            }.items()
        }
    assert said == {
        "officer": [("Njeri Focal", "Ask the Institute.")],
        "owner": [(None, "Ask the Institute.")],
        "reviewer": [(None, None)],
        "stranger": [],
        "public": [],
    }


def test_only_focal_points_of_the_country_answer_and_none_with_a_conflict(
    write: Opened, given: Given
) -> None:
    with write() as session:
        others = [
            make_actor(session, Role.FOCAL_POINT, country="FRA"),
            make_actor(session, Role.REVIEWER),
            SIGNED_OUT,
        ]
    for actor in (*others, given.officer, given.owner):
        with pytest.raises((NotFound, Refused)), write() as session:
            answer(session, actor, given.ref, CONFIRM, None, now=NOW)

    asked(write)
    with write() as session:
        secret = secret_of(session)
        make_conflict(session, given.focal, given.ref)
    with pytest.raises(NotFound), write() as session:
        consultations.answer_behind(session, secret, CONFIRM, None, now=NOW)
    with write() as session:
        assert consultations.own(session, given.focal, now=NOW) == ()


def test_link_ends_after_its_time_and_when_the_request_is_taken_back(write: Opened, given: Given) -> None:
    asked(write)
    with write() as session:
        secret = secret_of(session)

    with pytest.raises(NotFound), write() as session:
        consultations.question_behind(session, secret, now=NOW + timedelta(days=61))
    with write() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == given.ref)).scalar_one()
        submission.withdraw(session, given.owner, given.ref, entry.version, None, now=NOW)
    with pytest.raises(NotFound), write() as session:
        consultations.answer_behind(session, secret, CONFIRM, None, now=NOW)
