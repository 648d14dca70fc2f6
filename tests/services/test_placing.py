"""From an approved list to fellows: release, answers, the reserve list, confirmation, and the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.facts import BalanceTarget, Question
from fellowships.facts import Nomination as Nominee
from models.fellowships import Nomination
from models.operation import OutgoingMail
from services.fellowships import calling_up, nominations, placing, running, shortlists
from services.fellowships.calling_up import fitting
from services.fellowships.rows import fellowship_of
from services.sessions import actor_of_account
from tests.factories import make_actor
from tests.fixtures import NOW, Opened
from tests.services.test_fellowships import marked_call
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.fellowships import NominationAction, NominationState
from vocabulary.people import Actor, Role

BY = NOW + timedelta(days=14)
PEOPLE = {
    "Ada": (9, "man"),
    "Ben": (8, "man"),
    "Cora": (5, "woman"),
    "Dora": (4, "woman"),
    "Emil": (3, "man"),
}
"""Two seats, one of them for a woman at least: Ada and Cora; Ben and Dora wait, in this order."""


def approved_call(write: Opened, n_reserve: int = 2) -> str:
    """A call whose list is approved: Ada and Cora in, Ben and Dora on the reserve, Emil not chosen."""
    with write() as session:
        ref, officer = marked_call(session, PEOPLE)
        asked = shortlists.ask_run(session, officer, ref, n_reserve=n_reserve, is_trial=False, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)
    with write() as session:
        shortlists.approve(session, make_actor(session, Role.DECIDER), asked.ref, now=NOW)
    return ref


def named(session: Session, first_name: str) -> Nomination:
    rows = session.execute(sa.select(Nomination)).scalars()
    return next(row for row in rows if row.content["first_name"] == first_name)


def nominee(session: Session, first_name: str) -> Actor:
    return actor_of_account(session, named(session, first_name).nominee_id or 0)


def states(session: Session) -> dict[str, NominationState]:
    return {
        row.content["first_name"]: row.state
        for row in session.execute(sa.select(Nomination).order_by(Nomination.id)).scalars()
    }


def released_call(write: Opened) -> str:
    ref = approved_call(write)
    with write() as session:
        placing.release(session, make_actor(session, Role.DECIDER), ref, now=NOW, answer_by_at=BY)
    return ref


def test_release_offers_the_places_and_mails_as_many_as_the_preview_said(write: Opened) -> None:
    ref = approved_call(write)
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        shown = placing.preview_release(session, decider, ref, now=NOW)

        done = placing.release(session, decider, ref, now=NOW, answer_by_at=BY, n_mails=shown.n_mails)

        counted = session.execute(
            sa.select(OutgoingMail.template, sa.func.count().label("n"))
            .where(
                OutgoingMail.template.in_(
                    ("nomination_offered", "nomination_reserve", "nomination_not_chosen")
                )
            )
            .group_by(OutgoingMail.template)
        )
        assert shown == done == placing.ReleaseCounts(2, 2, 1, 10)
        assert {row.template: row.n for row in counted} == {
            "nomination_offered": 4,
            "nomination_reserve": 4,
            "nomination_not_chosen": 2,
        }
        assert states(session) == {
            "Ada": NominationState.OFFERED,
            "Ben": NominationState.RESERVE,
            "Cora": NominationState.OFFERED,
            "Dora": NominationState.RESERVE,
            "Emil": NominationState.NOT_SHORTLISTED,
        }
        assert named(session, "Ada").answer_by_at == BY
        assert fellowship_of(session, ref)[1].released_at == NOW


def test_release_is_refused_before_the_approval_twice_late_and_to_an_officer(write: Opened) -> None:
    with write() as session:
        early, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")})
        decider = make_actor(session, Role.DECIDER)

        with pytest.raises(Conflict) as not_yet:
            placing.release(session, decider, early, now=NOW, answer_by_at=BY)
        with pytest.raises(Refused):
            placing.release(session, officer, early, now=NOW, answer_by_at=BY)

        assert not_yet.value.code == "not_approved"


def test_release_is_refused_twice_for_a_past_day_and_for_a_preview_that_no_longer_holds(
    write: Opened,
) -> None:
    ref = approved_call(write)
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        with pytest.raises(Invalid) as past:
            placing.release(session, decider, ref, now=NOW, answer_by_at=NOW)
        with pytest.raises(Conflict) as changed:
            placing.release(session, decider, ref, now=NOW, answer_by_at=BY, n_mails=9)
        placing.release(session, decider, ref, now=NOW, answer_by_at=BY)
        with pytest.raises(Conflict) as twice:
            placing.release(session, decider, ref, now=NOW, answer_by_at=BY)

    assert list(past.value.errors) == ["answer_by_at"]
    assert (changed.value.code, twice.value.code) == ("outdated", "released")


def test_declined_place_goes_to_the_reserve_that_keeps_the_targets(write: Opened) -> None:
    ref = released_call(write)
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        nobody = calling_up.next_from_reserve(session, officer, ref, now=NOW)
        cora, dora = named(session, "Cora"), named(session, "Dora")
        placing.answer_place(session, nominee(session, "Ada"), named(session, "Ada").ref, True, now=NOW)
        placing.answer_place(session, nominee(session, "Cora"), cora.ref, False, now=NOW)

        found = calling_up.next_from_reserve(session, officer, ref, now=NOW)
        with pytest.raises(Conflict) as refused:
            calling_up.offer_to_reserve(
                session, officer, ref, named(session, "Ben").ref, answer_by_at=BY, now=NOW
            )
        calling_up.offer_to_reserve(session, officer, ref, dora.ref, answer_by_at=BY, now=NOW)

        assert nobody is None
        assert found == calling_up.NextUp(dora.ref, "Dora Otieno", 1, keeps_balance=True)
        assert refused.value.code == "outdated"
        assert states(session) == {
            "Ada": NominationState.ACCEPTED,
            "Ben": NominationState.RESERVE,
            "Cora": NominationState.DECLINED,
            "Dora": NominationState.OFFERED,
            "Emil": NominationState.NOT_SHORTLISTED,
        }
        assert calling_up.next_from_reserve(session, officer, ref, now=NOW) is None


def test_withdrawn_offer_frees_the_place_for_the_best_of_the_reserve(write: Opened) -> None:
    ref = released_call(write)
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        ada = named(session, "Ada")
        nominations.withdraw(session, nominee(session, "Ada"), ada.ref, ada.version, now=NOW)

        found = calling_up.next_from_reserve(session, officer, ref, now=NOW)

        assert found is not None
        assert (found.name, found.keeps_balance) == ("Ben Otieno", True)


def test_reserve_that_cannot_keep_the_balance_is_called_in_its_order_and_says_so(write: Opened) -> None:
    ref = released_call(write)
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        for name in ("Cora", "Dora"):
            row = named(session, name)
            nominations.withdraw(session, nominee(session, name), row.ref, row.version, now=NOW)

        found = calling_up.next_from_reserve(session, officer, ref, now=NOW)

        assert found is not None
        assert (found.name, found.keeps_balance) == ("Ben Otieno", False)


def test_offer_without_an_answer_lapses_by_the_clock_and_not_before(write: Opened) -> None:
    ref = released_call(write)
    with write() as session:
        ada = named(session, "Ada")
        placing.answer_place(session, nominee(session, "Ada"), ada.ref, True, now=NOW)

        n_early = placing.lapse_places(session, now=BY - timedelta(seconds=1))
        with pytest.raises(Conflict) as late:
            placing.answer_place(session, nominee(session, "Cora"), named(session, "Cora").ref, True, now=BY)
        n_late = placing.lapse_places(session, now=BY)
        found = calling_up.next_from_reserve(session, make_actor(session, Role.OFFICER), ref, now=BY)

        assert (n_early, n_late, late.value.code) == (0, 1, "too_late")
        assert states(session)["Cora"] is NominationState.LAPSED
        assert found is not None
        assert found.name == "Dora Otieno"


def test_nobody_but_the_nominee_answers(write: Opened) -> None:
    released_call(write)
    with write() as session:
        ref = named(session, "Ada").ref

        with pytest.raises(Refused):
            placing.answer_place(session, make_actor(session, Role.OFFICER), ref, True, now=NOW)
        with pytest.raises(NotFound):
            placing.answer_place(session, make_actor(session), ref, True, now=NOW)


def test_accepted_place_is_confirmed_begun_and_finished(write: Opened) -> None:
    released_call(write)
    with write() as session:
        officer, ref = make_actor(session, Role.OFFICER), named(session, "Ada").ref
        with pytest.raises(Conflict):
            placing.confirm(session, officer, ref, None, "Prof. Mwangi", now=NOW)
        placing.answer_place(session, nominee(session, "Ada"), ref, True, now=NOW)
        with pytest.raises(Invalid) as unknown:
            placing.confirm(session, officer, ref, "99", None, now=NOW)

        confirmed = placing.confirm(session, officer, ref, None, " Prof. Mwangi ", now=NOW).state
        begun = placing.move_on(session, officer, ref, NominationAction.START, now=NOW).state
        finished = placing.move_on(session, officer, ref, NominationAction.FINISH, now=NOW).state

        assert list(unknown.value.errors) == ["chapter"]
        assert named(session, "Ada").mentor == "Prof. Mwangi"
        assert (confirmed, begun, finished) == (
            NominationState.CONFIRMED,
            NominationState.ACTIVE,
            NominationState.COMPLETED,
        )


def test_fitting_fills_as_many_places_as_wait_and_nothing_where_no_choice_fits() -> None:
    people = tuple(
        Nominee(name, score, {"gender": gender})
        for name, score, gender in (("a", 9, "man"), ("b", 8, "man"), ("c", 5, "woman"), ("d", 4, "man"))
    )
    question = Question(people, 3, (BalanceTarget("gender", "woman", 1),))

    assert fitting(question, ["a"], ["b", "c", "d"]) == {"b", "c"}
    assert fitting(question, ["a"], ["c"]) == {"c"}
    assert fitting(question, ["a"], ["b", "d"]) == frozenset()
