"""Panel of a fellowship call: plans with reasons, rulings on conflicts, marks after the lock, agreement."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.assignment import Mode
from models.fellowships import Nomination, PanelSeat
from models.people import Account
from procedure.facts import Standing
from services.fellowships import mark_sheets, panel, pins, planning, rulings, running, settings, shortlists
from services.fellowships.planning import Asked
from services.fellowships.rows import fellowship_of, standing
from services.queries import board
from services.queries.panel_agreement import agreement_page
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor
from tests.fellowship_factories import make_fellowship
from tests.fixtures import NOW, Opened
from tests.services.test_fellowships import in_phase, marked_call, submitted
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.fellowships import MeritBand, NominationState
from vocabulary.people import Actor, Role
from vocabulary.states import CallState, ConflictAnswer, ConflictRuling


def panel_call(session: Session, names: Sequence[str]) -> tuple[str, Actor, dict[str, str]]:
    """A call whose panel has these nominations; its officer; references by first name."""
    ref = make_fellowship(session, now=NOW)
    refs = {name: submitted(session, ref, first_name=name).ref for name in names}
    officer = make_actor(session, Role.OFFICER)
    in_phase(session, ref, CallState.REVIEW)
    panel.start_review(session, officer, ref, now=NOW)
    return ref, officer, refs


def member(session: Session, name: str, **more: object) -> Account:
    return make_account(session, Role.REVIEWER, email=f"{name}@{name}.example", name=name.title(), **more)


def answer(session: Session, account: Account, ref: str, said: ConflictAnswer) -> PanelSeat:
    text = None if said is ConflictAnswer.NONE else "We wrote a paper together."
    return panel.answer_conflict(session, actor_of_account(session, account.id), ref, said, text, now=NOW)


def give(session: Session, account: Account, ref: str, merit: int, fit: int) -> PanelSeat:
    seat = answer(session, account, ref, ConflictAnswer.NONE)
    actor = actor_of_account(session, account.id)
    marks = {"merit": merit, "fit": fit}
    return panel.mark(session, actor, ref, marks, {}, MeritBand.B, seat.version, is_final=True, now=NOW)


def nomination(session: Session, ref: str) -> Nomination:
    return session.execute(sa.select(Nomination).where(Nomination.ref == ref)).scalar_one()


def named(session: Session, name: str) -> Nomination:
    query = sa.select(Nomination).where(Nomination.name_key.startswith(name))
    return session.execute(query).scalar_one()


def the_member(session: Session) -> Account:
    return session.execute(sa.select(Account).where(Account.email == "member@panel.example")).scalar_one()


def test_plan_gives_each_nomination_its_members_with_reasons_and_changes_nothing(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada", "Ben", "Cora"])
        for name in ("xu", "yara", "zoe"):
            member(session, name, expertise="Lakes and water")

        found = planning.plan(session, officer, ref, Asked(each=2, most=2), now=NOW)

        assert sorted(one.ref for one in found.pairs) == sorted([*refs.values()] * 2)
        assert dict(found.loads) == {"Xu": 2, "Yara": 2, "Zoe": 2}
        assert all(one.reasons for one in found.pairs)
        assert found.gap == 0
        assert session.execute(sa.select(sa.func.count(PanelSeat.id))).scalar_one() == 0
        again = planning.plan(session, officer, ref, Asked(each=2, most=2), now=NOW)
        assert again == found


def test_plan_leaves_out_parties_conflicts_and_shared_domains(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        xu, yara = member(session, "xu"), member(session, "yara")
        make_account(session, Role.REVIEWER, email="colleague@ministry.example", name="Same ministry")
        nominator = make_account(session, Role.REVIEWER, email="kamau@ministry.example", name="Kamau")
        panel.seat_members(session, officer, ref, [(refs["Ada"], xu.email)], now=NOW)
        answer(session, xu, refs["Ada"], ConflictAnswer.CONFLICT)

        found = planning.plan(session, officer, ref, Asked(1, 5), now=NOW)
        with pytest.raises(Conflict) as refused:
            planning.plan(session, officer, ref, Asked(2, 5), now=NOW)

        assert [one.email for one in found.pairs] == [yara.email]
        assert found.n_avoided == 1
        assert refused.value.code == "not_enough_members"
        assert "Left out because the mail addresses have the same domain" in refused.value.message
        assert nominator.email not in [one.email for one in found.pairs]


def test_plan_is_made_as_looked_at_or_not_at_all(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada", "Ben"])
        xu = member(session, "xu")
        member(session, "yara")
        asked = Asked(1, 2, Mode.SUM)
        found = planning.plan(session, officer, ref, asked, now=NOW)
        every = [(one.ref, one.email) for one in found.pairs]
        panel.seat_members(session, officer, ref, [(refs["Ada"], xu.email)], now=NOW)

        with pytest.raises(Conflict) as stale:
            planning.make(session, officer, ref, asked, found.fingerprint, every, now=NOW)
        fresh = planning.plan(session, officer, ref, asked, now=NOW)
        with pytest.raises(Invalid):
            planning.make(
                session, officer, ref, asked, fresh.fingerprint, [(refs["Ben"], "x@y.example")], now=NOW
            )
        pairs = [(one.ref, one.email) for one in fresh.pairs]
        n = planning.make(session, officer, ref, asked, fresh.fingerprint, pairs, now=NOW)

        assert stale.value.code == "stale"
        assert n == len(pairs) == 1


def test_officer_rules_on_a_possible_conflict_and_the_score_follows(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        xu, yara = member(session, "xu"), member(session, "yara")
        pairs = [(refs["Ada"], one.email) for one in (xu, yara)]
        panel.seat_members(session, officer, ref, pairs, now=NOW)
        give(session, xu, refs["Ada"], 2, 2)
        give(session, yara, refs["Ada"], 8, 8)
        both = nomination(session, refs["Ada"]).score
        seat = answer(session, xu, refs["Ada"], ConflictAnswer.POSSIBLE)
        undecided = nomination(session, refs["Ada"]).score
        waiting = rulings.declared_in(session, officer, ref, now=NOW)

        with pytest.raises(Invalid):
            rulings.rule(
                session, officer, seat.id, ConflictRuling.CLEARED, " ", seat.version, now=NOW, call_ref=ref
            )
        rulings.rule(
            session,
            officer,
            seat.id,
            ConflictRuling.CLEARED,
            "A namesake.",
            seat.version,
            now=NOW,
            call_ref=ref,
        )
        cleared = nomination(session, refs["Ada"]).score
        with pytest.raises(Conflict):
            rulings.rule(
                session, officer, seat.id, ConflictRuling.UPHELD, "No.", seat.version, now=NOW, call_ref=ref
            )

        assert [(one.member, one.may_rule, one.had_marked) for one in waiting] == [("Xu", True, True)]
        assert (both, undecided, cleared) == (6, 24, 6)
        assert standing(seat) is Standing.CLEARED


def test_today_counts_conflicts_that_wait_for_those_who_may_rule(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada", "Ben"])
        account = member(session, "xu")
        panel.seat_members(session, officer, ref, [(one, account.email) for one in refs.values()], now=NOW)
        answer(session, account, refs["Ada"], ConflictAnswer.POSSIBLE)
        answer(session, account, refs["Ben"], ConflictAnswer.CONFLICT)
        party = make_actor(session, Role.OFFICER, email="party@people.example")
        nomination(session, refs["Ben"]).nominator_id = party.account_id
        session.flush()

        found = board.work(session, officer, "rule_panel", now=NOW, language="en")
        of_party = board.work(session, party, "rule_panel", now=NOW, language="en")
        seat = session.execute(
            sa.select(PanelSeat).where(PanelSeat.answer == ConflictAnswer.POSSIBLE)
        ).scalar_one()
        rulings.rule(
            session, officer, seat.id, ConflictRuling.CLEARED, "No.", seat.version, now=NOW, call_ref=ref
        )

        assert [(row.ref, row.call_ref, row.note) for row in found.rows] == [(refs["Ada"], ref, "Xu")]
        assert (found.count, of_party.count) == (1, 0)
        assert board.work(session, officer, "rule_panel", now=NOW, language="en").count == 0


def test_upheld_conflict_shuts_the_member_out_and_nobody_rules_on_their_own(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada"])
        both = make_account(session, Role.REVIEWER, Role.DECIDER, email="both@both.example")
        panel.seat_members(session, officer, ref, [(refs["Ada"], both.email)], now=NOW)
        seat = answer(session, both, refs["Ada"], ConflictAnswer.POSSIBLE)
        actor = actor_of_account(session, both.id)

        with pytest.raises(Refused):
            rulings.rule(
                session, actor, seat.id, ConflictRuling.CLEARED, "Fine.", seat.version, now=NOW, call_ref=ref
            )
        with pytest.raises(NotFound):
            rulings.rule(
                session,
                officer,
                seat.id,
                ConflictRuling.UPHELD,
                "x",
                seat.version,
                now=NOW,
                call_ref="CALL-1",
            )
        rulings.rule(
            session, officer, seat.id, ConflictRuling.UPHELD, "A friend.", seat.version, now=NOW, call_ref=ref
        )

        assert standing(seat) is Standing.UPHELD
        with pytest.raises(NotFound):
            mark_sheets.my_sheet(session, actor, refs["Ada"], now=NOW)


def test_conflict_after_the_lock_takes_the_marks_out_and_asks_for_new_ones(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")})
        first = session.execute(
            sa.select(Account).where(Account.email == "member@panel.example")
        ).scalar_one()
        ada = named(session, "ada")
        cora = session.execute(
            sa.select(Nomination).where(Nomination.name_key.startswith("cora"))
        ).scalar_one()
        fresh = member(session, "fresh")
        with pytest.raises(Conflict) as locked:
            panel.seat_members(session, officer, ref, [(ada.ref, fresh.email)], now=NOW)
        answer(session, first, ada.ref, ConflictAnswer.CONFLICT)
        lost = ada.score

        with pytest.raises(Conflict) as unmarked:
            shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, now=NOW)
        panel.seat_members(session, officer, ref, [(ada.ref, fresh.email)], now=NOW)
        with pytest.raises(Conflict):
            panel.seat_members(session, officer, ref, [(cora.ref, fresh.email)], now=NOW)
        give(session, fresh, ada.ref, 4, 4)

        assert (locked.value.code, unmarked.value.code) == ("marks_locked", "unmarked")
        assert lost is None
        assert ada.score == 12
        asked = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, now=NOW)
        assert not asked.is_trial


def test_conflict_after_the_approval_is_told_and_changes_no_list(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")})
        asked = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, now=NOW)
        work = running.take(session, now=NOW)
        assert work is not None
        running.compute_within(session, work, now=NOW)
        shortlists.approve(session, make_actor(session, Role.DECIDER), asked.ref, now=NOW)
        fellowship = fellowship_of(session, ref)[1]
        fellowship.approved_at = NOW.replace(year=NOW.year - 1)
        first = session.execute(
            sa.select(Account).where(Account.email == "member@panel.example")
        ).scalar_one()
        ada = named(session, "ada")

        answer(session, first, ada.ref, ConflictAnswer.CONFLICT)

        assert (ada.state, ada.score) == (NominationState.SHORTLISTED, 27)
        told = rulings.declared_in(session, officer, ref, now=NOW)
        assert [(one.ref, one.is_after_list) for one in told] == [(ada.ref, True)]


def test_who_set_a_pin_or_changed_the_targets_does_not_approve(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman")})
        pinning, changing = make_actor(session, Role.DECIDER), make_actor(session, Role.DECIDER)
        ben = named(session, "ben")
        pins.pin(session, pinning, ben.ref, is_in=True, reason="Small region.", now=NOW)
        version = settings.read_fellowship(session, officer, ref, now=NOW).version
        settings.set_fellowship(session, changing, ref, {"targets": []}, version, now=NOW)
        asked = shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, now=NOW)
        work = running.take(session, now=NOW)
        assert work is not None
        running.compute_within(session, work, now=NOW)

        with pytest.raises(Conflict) as pinned:
            shortlists.approve(session, pinning, asked.ref, now=NOW)
        with pytest.raises(Conflict) as changed:
            shortlists.approve(session, changing, asked.ref, now=NOW)
        done = shortlists.approve(session, make_actor(session, Role.DECIDER), asked.ref, now=NOW)

        assert (pinned.value.code, changed.value.code) == ("own_pin", "own_targets")
        assert done.is_approved


def test_agreement_shows_what_lies_apart_first_and_nothing_protected(write: Opened) -> None:
    with write() as session:
        ref, officer, refs = panel_call(session, ["Ada", "Ben"])
        xu, yara = member(session, "xu"), member(session, "yara")
        pairs = [(one, account.email) for one in refs.values() for account in (xu, yara)]
        panel.seat_members(session, officer, ref, pairs, now=NOW)
        give(session, xu, refs["Ada"], 5, 5)
        give(session, yara, refs["Ada"], 6, 5)
        give(session, xu, refs["Ben"], 1, 4)
        give(session, yara, refs["Ben"], 9, 4)

        page = agreement_page(session, officer, ref, now=NOW)

        assert [row.ref for row in page.rows] == [refs["Ben"], refs["Ada"]]
        assert [(one.marks, one.is_apart) for one in page.rows[0].spreads] == [
            ((1, 9), True),
            ((4, 4), False),
        ]
        assert [(one.criterion, one.raw, one.n_pairs) for one in page.agreed] == [
            (None, 0.75, 4),
            ("merit", 0.5, 2),
            ("fit", 1.0, 2),
        ]
        assert [(one.name, one.mean) for one in page.leanings] == [("Xu", -2.25), ("Yara", 2.25)]
        assert page.agreed[1].alpha is None
