"""The clock and the two parties: reminded once before each deadline, lapsed after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from jobs.mail import send_next
from models.fellowships import Nomination
from models.operation import OutgoingMail
from services.fellowships import nominations, nominators
from services.fellowships.deadlines import lapse_nominations, remind_parties
from services.fellowships.rows import fellowship_of
from tests.factories import make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import NOW, Opened
from tests.services.test_invitations import invited, nominator, secret_in
from vocabulary.fellowships import NominationState
from vocabulary.states import CallState

DAY = timedelta(days=1)


def begun(session: Session, ref: str) -> Nomination:
    return nominations.begin(session, make_actor(session), ref, answers(), now=NOW)


def completed(session: Session, ref: str) -> Nomination:
    actor = make_actor(session)
    made = nominations.begin(session, actor, ref, answers(), now=NOW)
    return nominations.complete(session, actor, made.ref, made.version, now=NOW)


def reminders(session: Session) -> list[str]:
    query = sa.select(OutgoingMail.template).where(OutgoingMail.template.like("%reminder"))
    return list(session.execute(query.order_by(OutgoingMail.id)).scalars())


def deadlines_of(session: Session, ref: str) -> tuple[datetime, datetime]:
    call, fellowship = fellowship_of(session, ref)
    assert call.closes_at is not None
    return call.closes_at, fellowship.nominators_until


@pytest.mark.parametrize(
    ("before", "templates"),
    [
        (8 * DAY, []),
        (7 * DAY, ["nomination_form_reminder", "nomination_invitation_reminder"]),
        (2 * DAY, ["nomination_form_reminder", "nomination_invitation_reminder"]),
        (timedelta(0), []),
    ],
)
def test_nominees_are_reminded_before_their_deadline_and_each_time_once(
    write: Opened, before: timedelta, templates: list[str]
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        begun(session, ref)
        invited(session, ref, nominator(session))
        at = deadlines_of(session, ref)[0] - before

        n_sent = remind_parties(session, now=at)
        n_again = remind_parties(session, now=at + timedelta(minutes=10))

        assert (n_sent, n_again, reminders(session)) == (len(templates), 0, templates)


@pytest.mark.parametrize(("before", "n"), [(4 * DAY, 0), (3 * DAY, 1), (DAY, 1), (timedelta(0), 0)])
def test_nominators_are_reminded_before_the_second_deadline_by_a_link_that_holds(
    write: Opened, before: timedelta, n: int
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nomination = completed(session, ref)
        first = secret_in(session, "nomination_approve")
        at = deadlines_of(session, ref)[1] - before

        remind_parties(session, now=at)
        remind_parties(session, now=at)

        assert reminders(session) == ["nomination_approve_reminder"] * n
        if n:
            assert nominators.approval_behind(session, first, now=at).ref == nomination.ref
            secret = secret_in(session, "nomination_approve_reminder")
            done = nominators.approve(session, secret, commits_time=True, now=at)
            assert done.state is NominationState.SUBMITTED


def test_both_reminders_of_a_party_go_each_once_over_the_whole_time(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        begun(session, ref)
        closes, _ = deadlines_of(session, ref)

        for hours in range(24 * 9):
            remind_parties(session, now=closes - 8 * DAY + timedelta(hours=hours))

        assert reminders(session) == ["nomination_form_reminder"] * 2


def test_whoever_began_today_is_not_reminded_today(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        closes, _ = deadlines_of(session, ref)
        nomination = begun(session, ref)
        nomination.opened_at = closes - 2 * DAY - timedelta(hours=1)

        assert remind_parties(session, now=closes - 2 * DAY) == 0


def test_nothing_lapses_before_its_deadline_and_everything_after(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        draft, waiting = begun(session, ref), invited(session, ref, nominator(session))
        complete = completed(session, ref)
        call, _ = fellowship_of(session, ref)
        first, second = deadlines_of(session, ref)
        grace = timedelta(minutes=call.grace_minutes)

        early = lapse_nominations(session, now=first - timedelta(seconds=1))
        call.state = CallState.CLOSED
        after_first = lapse_nominations(session, now=first + grace)
        state_between = complete.state
        after_second = lapse_nominations(session, now=second + grace)

        assert (early, after_first, after_second) == (0, 2, 1)
        assert state_between is NominationState.AWAITING_NOMINATOR
        assert {draft.state, waiting.state, complete.state} == {NominationState.LAPSED}
        told = sa.select(OutgoingMail.id).where(OutgoingMail.template == "nomination_lapsed")
        assert len(session.execute(told).all()) == 5  # a draft of nobody's nominator tells its nominee only


def test_every_mail_reads_well_in_every_language(app: Flask, write: Opened) -> None:
    taken: list[EmailMessage] = []
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        for at, language in enumerate(("en", "fr", "es", "ru", "ar", "zh")):
            begun(session, ref).language = language
            made = invited(session, ref, nominator(session, f"n{at}@body.example"), f"p{at}@x.example")
            made.language = language
            completed(session, ref).language = language
        call, _ = fellowship_of(session, ref)
        first, second = deadlines_of(session, ref)
        remind_parties(session, now=first - DAY)
        call.state = CallState.CLOSED
        remind_parties(session, now=second - DAY / 2)
        at = second + DAY
        lapse_nominations(session, now=at)

    with app.app_context():
        while send_next(
            lambda message, _: taken.append(message), lambda: at, sender="x@y.example", site="Capmatch"
        ):
            continue

    assert len(taken) == 6 + 6 + 6 + 6 + 6 + 30
    for message in taken:
        assert message["Subject"]
        assert "%(" not in message["Subject"]
        assert "%(" not in message.as_string()
