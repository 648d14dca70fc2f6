"""Nominated by somebody else: invited by mail, taken up or turned down; and nobody nominates oneself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.fellowships import Nomination
from models.operation import OutgoingMail
from models.people import Account
from services.fellowships import invitations, nominations, nominators
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from vocabulary.fellowships import NominationState
from vocabulary.people import SIGNED_OUT, Actor

GIVEN = {
    "first_name": "Amina",
    "last_name": "Otieno",
    "nominator_name": "Joseph Kamau",
    "nominator_body": "Ministry of Environment",
    "nominator_kind": "government",
    "nominator_country": "KEN",
}
NOMINEE = "amina@lake.example"


def nominator(session: Session, email: str = "kamau@ministry.example") -> Actor:
    return replace(make_actor(session, email=email), email=email)


def invited(session: Session, ref: str, actor: Actor, email: str = NOMINEE, **changes: Any) -> Nomination:
    return invitations.invite(session, actor, ref, GIVEN | changes, email, now=NOW)


def secret_in(session: Session, template: str) -> str:
    mail = session.execute(
        sa.select(OutgoingMail).where(OutgoingMail.template == template).order_by(OutgoingMail.id.desc())
    ).scalars()
    return str(next(iter(mail)).values["link"]).rsplit("/", 1)[1]


def taken(session: Session, actor: Actor = SIGNED_OUT) -> invitations.TakenUp:
    return invitations.take_up(session, actor, secret_in(session, "nomination_invitation"), now=NOW)


def test_invited_nominee_takes_it_up_fills_in_consents_and_the_nominator_approves(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        made = invited(session, ref, nominator(session))
        waiting = made.state

        mine = taken(session)
        actor = actor_of_account(session, mine.account_id)
        given = answers(nominator_email=made.nominator_email)
        saved = nominations.save(session, actor, made.ref, given, made.version, now=NOW)
        nominations.complete(session, actor, made.ref, saved.version, now=NOW)
        done = nominators.approve(
            session, secret_in(session, "nomination_approve"), commits_time=True, now=NOW
        )

        assert waiting is NominationState.AWAITING_NOMINEE
        assert mine.is_new
        assert (done.state, done.nominee_consent_at) == (NominationState.SUBMITTED, NOW)
        account = session.get_one(Account, mine.account_id)
        assert (account.email, account.email_confirmed_at) == (NOMINEE, NOW)


def test_consent_is_never_taken_from_the_nominator(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        made = invited(session, ref, nominator(session), consent_data=True, public_name=True, gender="woman")

        assert (made.content["consent_data"], made.content["public_name"]) == (False, False)
        assert made.content["gender"] is None
        assert made.nominee_consent_at is None


def test_link_is_used_once(write: Opened) -> None:
    with write() as session:
        invited(session, make_fellowship(session, now=NOW), nominator(session))
        secret = secret_in(session, "nomination_invitation")
        invitations.take_up(session, SIGNED_OUT, secret, now=NOW)

        with pytest.raises(NotFound):
            invitations.take_up(session, SIGNED_OUT, secret, now=NOW)
        with pytest.raises(NotFound):
            invitations.invitation_behind(session, secret, now=NOW)


def test_link_signs_nobody_in_to_an_account_that_is_there_already(write: Opened) -> None:
    with write() as session:
        known = make_account(session, email=NOMINEE)
        made = invited(session, make_fellowship(session, now=NOW), nominator(session))

        with pytest.raises(Unauthenticated):
            taken(session)
        mine = taken(session, actor_of_account(session, known.id))

        assert (mine.account_id, mine.is_new, made.nominee_id) == (known.id, False, known.id)


@pytest.mark.parametrize(
    ("email", "changes", "field"),
    [
        ("kamau@ministry.example", {}, "nominee_email"),
        ("KAMAU+fellow@Ministry.example", {}, "nominee_email"),
        (NOMINEE, {"nominator_name": "OTIENO, Amína"}, "last_name"),
    ],
)
def test_nobody_invites_oneself(write: Opened, email: str, changes: dict[str, str], field: str) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        with pytest.raises(Invalid) as refused:
            invited(session, ref, nominator(session), email, **changes)

        assert list(refused.value.errors) == [field]


def test_nominator_cannot_take_up_what_they_began_under_another_address(write: Opened) -> None:
    with write() as session:
        actor = nominator(session)
        invited(session, make_fellowship(session, now=NOW), actor, "second.mailbox@home.example")

        with pytest.raises(Refused):
            taken(session, actor)


def test_nominee_who_is_signed_in_cannot_approve_as_their_own_nominator(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nominee = make_actor(session)
        made = nominations.begin(session, nominee, ref, answers(nominator_email="x@home.example"), now=NOW)
        nominations.complete(session, nominee, made.ref, made.version, now=NOW)
        secret = secret_in(session, "nomination_approve")

        with pytest.raises(Refused):
            nominators.approve(session, secret, commits_time=True, now=NOW, account_id=nominee.account_id)

        assert made.state is NominationState.AWAITING_NOMINATOR


def test_same_person_is_invited_once_and_the_nominator_is_pointed_to_their_own(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        actor = nominator(session)
        first = invited(session, ref, actor)

        with pytest.raises(Conflict) as again:
            invited(session, ref, actor, NOMINEE.upper())
        with pytest.raises(Conflict) as other:
            invited(session, ref, nominator(session, "else@body.example"), nominator_name="Someone Else")

        assert again.value.extra == {"ref": first.ref}
        assert other.value.extra == {}


def test_nominee_says_no_and_the_nominator_is_told(write: Opened) -> None:
    with write() as session:
        invited(session, make_fellowship(session, now=NOW), nominator(session))

        ended = invitations.turn_down(session, secret_in(session, "nomination_invitation"), now=NOW)

        assert (ended.state, ended.withdrawn_by) == (NominationState.WITHDRAWN, "nominee")
        told = sa.select(OutgoingMail.to_email).where(OutgoingMail.template == "nomination_withdrawn")
        assert session.execute(told).scalars().all() == ["kamau@ministry.example"]


def test_nominee_cannot_put_another_nominator_in_the_place_of_whoever_began(write: Opened) -> None:
    with write() as session:
        made = invited(session, make_fellowship(session, now=NOW), nominator(session))
        actor = actor_of_account(session, taken(session).account_id)

        with pytest.raises(Invalid) as refused:
            nominations.save(
                session, actor, made.ref, {"nominator_email": "friend@x.example"}, made.version, now=NOW
            )

        assert list(refused.value.errors) == ["nominator_email"]


def test_invitation_ends_with_the_deadline_of_the_nominee(write: Opened) -> None:
    with write() as session:
        invited(session, make_fellowship(session, now=NOW), nominator(session))
        secret = secret_in(session, "nomination_invitation")

        with pytest.raises(Refused):
            invitations.take_up(session, SIGNED_OUT, secret, now=NOW + timedelta(days=31))
