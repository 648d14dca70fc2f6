"""services/allocations: asked for, made in the background, checked again, taken up by choice."""

from __future__ import annotations

import copy
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from jobs.allocations import make_allocation
from matching.allocation import Mode
from models.matches import Allocation, Match
from models.reviews import ConflictDeclaration
from services.allocations.asking import AllocationSheet, Asked, allocation, ask, cancel, list_allocations
from services.allocations.display import Proposal, proposal_of, take_up
from services.allocations.record import check
from services.introductions.steps import shortlist
from tests.factories import make_account, make_actor, make_call, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import AllocationState, ConflictAnswer, EntryKind, MatchState

SCARCE = Asked("Places of this year", seed="Bonn 2026", least_score=0.1)


@pytest.fixture
def officer(write: Opened) -> Actor:
    with write() as session:
        return make_actor(session, Role.OFFICER)


@pytest.fixture
def world(write: Opened) -> list[str]:
    """Three requests of one region and one of another, for two offers with a place each."""
    with write() as session:
        asked = [
            make_published(session, title=f"Mangrove mapping {n}", organisation_name=f"Asks {n}").ref
            for n in range(3)
        ]
        far = make_published(
            session, title="Reef counting", summary="Counting fish.", countries=["FJI"], organisation_name="F"
        )
        for n in range(2):
            make_published(
                session,
                EntryKind.OFFER,
                capacity=1,
                countries=["KEN", "FJI"],
                organisation_name=f"Gives {n}",
                title=f"Mangrove experts {n}",
            )
        return [*asked, far.ref]


def asked_for(write: Opened, officer: Actor, asked: Asked = SCARCE) -> str:
    with write() as session:
        return ask(session, officer, asked, now=NOW)


def made(app: Flask, write: Opened, officer: Actor, asked: Asked = SCARCE) -> str:
    ref = asked_for(write, officer, asked)
    with app.app_context():
        assert make_allocation(lambda: NOW)
    return ref


def read_sheet(read: Opened, officer: Actor, ref: str) -> tuple[AllocationSheet, Proposal | None]:
    with read() as session:
        sheet = allocation(session, officer, ref, now=NOW)
        return sheet, proposal_of(session, sheet, language="fr")


def test_record_proposes_places_says_why_not_and_holds(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    ref = made(app, write, officer)

    sheet, proposal = read_sheet(read, officer, ref)

    assert proposal is not None
    assert sheet.row.state is AllocationState.DONE
    assert (sheet.row.progress, sheet.row.n_steps) == (4, 4)
    assert (len(proposal.placed), [row.code for row in proposal.unserved]) == (2, ["places", "places"])
    assert {row.request.ref for row in proposal.placed} < set(world)
    assert sheet.check is not None
    assert (sheet.check.faults, sheet.check.gap) == ((), 0.0)
    assert all(row.reasons["place"] for row in proposal.placed)


def test_floor_of_a_region_is_met_at_the_least_cost(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    free = read_sheet(read, officer, made(app, write, officer))[1]
    floored = Asked("With a floor", seed="Bonn 2026", least_score=0.1, floors={"asia_pacific": 1})

    ref = made(app, write, officer, floored)

    sheet, proposal = read_sheet(read, officer, ref)
    assert free is not None
    assert proposal is not None
    assert world[3] not in {row.request.ref for row in free.placed}
    assert world[3] in {row.request.ref for row in proposal.placed}
    assert proposal.total < free.total
    assert sheet.check is not None
    assert sheet.check.is_sound


def test_floors_that_cannot_be_met_are_told_with_the_most_there_can_be(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    asked = Asked("Too much", least_score=0.1, floors={"asia_pacific": 2})

    sheet, proposal = read_sheet(read, officer, made(app, write, officer, asked))

    assert (sheet.row.state, proposal) == (AllocationState.FAILED, None)
    assert sheet.fault == {"code": "floors", "at_most": {"asia_pacific": {"asked": 2, "at_most": 1}}}


def test_budget_of_an_offer_is_kept(app: Flask, write: Opened, read: Opened, officer: Actor):
    money = {"support": ["financial"], "essential_support": ["financial"]}
    with write() as session:
        for n in range(2):
            make_published(
                session, title=f"Same {n}", organisation_name=f"Asks {n}", amount_sought="15000.00", **money
            )
        make_published(
            session,
            EntryKind.OFFER,
            capacity=5,
            amount_ceiling="20000.00",
            organisation_name="Gives",
            support=["financial"],
        )

    kept = read_sheet(read, officer, made(app, write, officer))[1]
    free = read_sheet(read, officer, made(app, write, officer, Asked("Free", uses_budgets=False)))[1]

    assert kept is not None
    assert free is not None
    assert (len(kept.placed), [row.code for row in kept.unserved]) == (1, ["money"])
    assert len(free.placed) == 2


def test_cap_holds_for_every_offer(app: Flask, write: Opened, read: Opened, officer: Actor):
    with write() as session:
        for n in range(3):
            make_published(session, title=f"Same {n}", organisation_name=f"Asks {n}")
        make_published(session, EntryKind.OFFER, capacity=None, organisation_name="Gives")

    proposal = read_sheet(read, officer, made(app, write, officer, Asked("Capped", most_per_offer=2)))[1]

    assert proposal is not None
    assert len(proposal.placed) == 2


def test_call_and_needs_choose_the_requests(app: Flask, write: Opened, read: Opened, officer: Actor):
    with write() as session:
        call = make_call(session)
        make_submitted(session, call=call, needs=["2.1"], organisation_name="A")
        make_submitted(session, call=call, needs=["3.1"], organisation_name="B")
        make_published(session, needs=["2.1"], organisation_name="C")
        ref = call.ref

    sheet, _ = read_sheet(read, officer, made(app, write, officer, Asked("Call", call=ref, needs=("2.1",))))

    assert sheet.row.n_steps == 1


def test_same_data_and_seed_give_the_same_record(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    first, second = (read_sheet(read, officer, made(app, write, officer))[0] for _ in range(2))

    assert first.inputs_hash == second.inputs_hash
    assert first.result == second.result


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda inputs, result: result["placed"][0].__setitem__(2, 1), "pair:"),
        (lambda inputs, result: result.__setitem__("total", result["total"] + 1), "total"),
        (lambda inputs, result: result["certificate"].__setitem__("gap", 5), "certificate"),
        (lambda inputs, result: result["certificate"].__setitem__("multipliers", {}), "certificate"),
        (lambda inputs, result: inputs["floors"].__setitem__("africa", 4), "inputs"),
        (lambda inputs, result: inputs["offers"].popitem(), "inputs"),
    ],
)
def test_check_finds_what_was_changed_afterwards(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str], change: Any, fault: str
):
    sheet, _ = read_sheet(read, officer, made(app, write, officer))
    assert sheet.inputs is not None
    assert sheet.result is not None
    inputs, result = copy.deepcopy(dict(sheet.inputs)), copy.deepcopy(dict(sheet.result))

    change(inputs, result)

    try:
        faults = check(inputs, sheet.inputs_hash, result).faults
    except KeyError:  # the record names what its inputs no longer hold
        faults = ("inputs",)
    assert any(one.startswith(fault) for one in faults)


def test_stable_allocation_is_checked_too(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    asked = Asked("Stable", mode=Mode.STABLE, least_score=0.1)

    sheet, proposal = read_sheet(read, officer, made(app, write, officer, asked))

    assert proposal is not None
    assert sheet.check is not None
    assert (len(proposal.placed), sheet.check.is_sound, proposal.gap) == (2, True, None)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Asked(" "), "title"),
        (Asked("A", call="CALL-1"), "call"),
        (Asked("A", offers=("OFF-1",)), "offers"),
        (Asked("A", needs=("77",)), "needs"),
        (Asked("A", floors={"atlantis": 1}), "floors"),
        (Asked("A", mode=Mode.STABLE, floors={"africa": 1}), "floors"),
        (Asked("A", most_per_offer=0), "most_per_offer"),
        (Asked("A", least_score=1.1), "least_score"),
        (Asked("A", seconds=0), "seconds"),
    ],
)
def test_wrong_wishes_are_named(write: Opened, officer: Actor, asked: Asked, wrong: str):
    with pytest.raises(Invalid) as refused, write() as session:
        ask(session, officer, asked, now=NOW)

    assert list(refused.value.errors) == [wrong]


def test_only_officers_ask_and_read(write: Opened, read: Opened, officer: Actor):
    with write() as session:
        partner = make_actor(session, Role.PARTNER)
    ref = asked_for(write, officer)

    with pytest.raises(Refused), write() as session:
        ask(session, partner, SCARCE, now=NOW)
    with read() as session, pytest.raises(Refused):
        allocation(session, partner, ref, now=NOW)


def test_waiting_allocation_is_stopped_at_once_and_a_finished_one_not(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    ref = asked_for(write, officer)
    with write() as session:
        cancel(session, officer, ref, now=NOW)
    done = made(app, write, officer)

    with pytest.raises(Conflict), write() as session:
        cancel(session, officer, done, now=NOW)

    with read() as session:
        states = [row.state for row in list_allocations(session, officer, now=NOW)]
    assert states == [AllocationState.DONE, AllocationState.CANCELLED]


def test_running_allocation_ends_at_its_next_step_when_stopped(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    ref = asked_for(write, officer)

    with write() as session:
        row = session.execute(sa.select(Allocation).where(Allocation.ref == ref)).scalar_one()
        row.is_cancel_asked = True
    with app.app_context():
        make_allocation(lambda: NOW)

    with read() as session:
        assert allocation(session, officer, ref, now=NOW).row.state is AllocationState.CANCELLED


def test_worker_that_ends_puts_it_back_and_a_lost_one_is_replaced(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    ref, stop = asked_for(write, officer), threading.Event()
    stop.set()
    with app.app_context():
        make_allocation(lambda: NOW, stop)
    with read() as session:
        put_back = allocation(session, officer, ref, now=NOW).row.state
    with write() as session:
        row = session.execute(sa.select(Allocation).where(Allocation.ref == ref)).scalar_one()
        row.state, row.lease_until = AllocationState.RUNNING, NOW + timedelta(minutes=5)

    with app.app_context():
        was_taken_early = make_allocation(lambda: NOW)
        was_taken_late = make_allocation(lambda: NOW + timedelta(minutes=6))

    assert put_back is AllocationState.QUEUED
    assert (was_taken_early, was_taken_late) == (False, True)


def test_pairs_are_taken_up_by_choice_with_the_reasons_that_placed_them(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    ref = made(app, write, officer)
    proposal = read_sheet(read, officer, ref)[1]
    assert proposal is not None
    pairs = [(row.request.ref, row.offer.ref) for row in proposal.placed]
    with write() as session:
        already = shortlist(session, officer, *pairs[0], now=NOW).ref

    with write() as session:
        taken = take_up(session, officer, ref, pairs, None, now=NOW)

    with read() as session:
        match = session.execute(sa.select(Match).where(Match.ref == taken[1].match_ref)).scalar_one()
        kept = (match.state, round(match.score, 6), sorted(match.explanation))
    assert (taken[0].match_ref, str(taken[0].refused)) == (
        None,
        f"This pair is taken up already, as {already}.",
    )
    assert kept == (
        MatchState.SHORTLISTED,
        round(proposal.placed[1].score, 6),
        ["blockers", "parts", "reasons", "terms", "weights"],
    )


def test_pairs_that_it_does_not_propose_are_refused(
    app: Flask, write: Opened, officer: Actor, world: list[str]
):
    ref = made(app, write, officer)

    with pytest.raises(Invalid) as wrong, write() as session:
        take_up(session, officer, ref, [(world[0], "OFF-1999-0001")], None, now=NOW)

    assert list(wrong.value.errors) == ["pairs"]


def test_conflict_hides_the_whole_allocation_and_own_entries_are_left_out(
    app: Flask, write: Opened, read: Opened, officer: Actor, world: list[str]
):
    with write() as session:
        make_published(session, actor=officer, title="Mangrove mapping of mine", organisation_name="Mine")
        second = make_actor(session, Role.OFFICER)
    ref = made(app, write, officer)
    sheet, _ = read_sheet(read, officer, ref)
    with write() as session:
        entry_id = session.execute(
            sa.text("SELECT id FROM entry WHERE ref = :ref"), {"ref": world[0]}
        ).scalar_one()
        session.add(
            ConflictDeclaration(
                entry_id=entry_id,
                account_id=second.account_id,
                answer=ConflictAnswer.CONFLICT,
                kinds=["financial"],
                answered_at=NOW,
                created_at=NOW,
                updated_at=NOW,
            )
        )
        make_account(session)

    assert sorted((sheet.inputs or {})["requests"]) == sorted(world)
    with read() as session:
        assert list_allocations(session, second, now=NOW) == ()
        with pytest.raises(NotFound):
            allocation(session, second, ref, now=NOW)
