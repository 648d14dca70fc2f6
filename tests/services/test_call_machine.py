"""A call and its entries under random acts of random people at random times: what must always hold does.

The constraints of the database are on. An act that is refused changes nothing; one that is done leaves its
event in the audit trail; nobody is written to but where the procedure says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from models.audit import AuditEvent
from models.calls import Call, CallAct, Extension
from models.entries import Entry
from models.operation import OutgoingMail
from models.screening import Screening
from procedure.lifecycle import CALL_STEPS, REQUEST_STEPS
from services import screening
from services.audit import verify
from services.call_acts import confirm_act, drop_act, propose_act
from services.calls import (
    advance_call,
    close_due_calls,
    create_call,
    edit_call,
    open_due_calls,
    publish_call,
    set_four_eyes,
)
from services.entries.drafts import save
from services.entries.submission import submit, withdraw
from services.facts import entry_deadline
from services.screening_clock import lapse_due, start_ready_reviews
from tests.factories import make_actor, make_draft
from tests.fixtures import NOW, Opened
from vocabulary.errors import HouseError
from vocabulary.people import Role
from vocabulary.states import CallAction, CallActKind, CallKind, ScreeningKind

DAY = timedelta(days=1)
ROLES = (Role.OFFICER, Role.OFFICER, Role.DECIDER, Role.MODERATOR, Role.ADMIN, Role.REQUESTER, Role.REQUESTER)
WHO = st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6])
WRITER = st.sampled_from([5, 5, 5, 5, 5, 0, 6])
"""Mostly those who can do it, so that a run gets somewhere; the others try, too."""

WHICH = st.integers(0, 1)
MAILING = {"submit", "return", "reopen", "lapse", "withdraw", "confirm_act", "propose_act"}
"""Acts that may write to somebody: receipts, questions, lapses, withdrawals and extensions."""

PINNED = (
    *("criteria_set_id", "rule_set_id", "met_threshold", "scale", "blind_mode", "grace_minutes"),
    *("conflict_years", "nationality_conflicts", "question_round", "shows_reviewers", "retention_years"),
    *("shows_own_verdict",),
    *("opens_at", "zone"),
)


class CallMachine(RuleBasedStateMachine):
    """Everything that can be tried; `attempt` notes what came of it."""

    write: Opened
    read: Opened

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.pinned: tuple[Any, ...] | None = None
        self.was_off = False
        with self.write() as session:
            self.actors = [make_actor(session, role) for role in ROLES]
            content = {
                "kind": CallKind.REQUESTS,
                "title": {"en": "A call"},
                "text": {"en": "Tell us what you need."},
                "strategies": ["S3"],
                "opens_at": NOW + DAY,
                "closes_at": NOW + 20 * DAY,
                "question_round": True,
                "asks_everybody": False,
            }
            self.call = create_call(session, self.actors[0], content, now=NOW).ref
        self.refs: list[str] = []
        self.seen = self.look()

    # --- looking ------------------------------------------------------------------------------------------

    def look(self) -> dict[str, Any]:
        """All that matters, as plain values."""
        with self.read() as session:
            call = session.execute(sa.select(Call).where(Call.ref == self.call)).scalar_one()
            entries = session.execute(
                sa.select(Entry.ref, Entry.state, Entry.version, Entry.revision_number)
                .where(Entry.call_id == call.id)
                .order_by(Entry.id)
            ).all()
            count = {
                model: session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
                for model in (AuditEvent, OutgoingMail, Screening, CallAct, Extension)
            }
            return {
                "call": (call.state, call.version, call.closes_at, call.four_eyes),
                "entries": {row.ref: tuple(row)[1:] for row in entries},
                "count": count,
                "pinned": tuple(getattr(call, name) for name in PINNED),
            }

    def attempt(self, name: str, work: Callable[[Any], Any]) -> bool:
        """Try it; refused, it must have changed nothing."""
        before = self.look()
        try:
            with self.write() as session:
                done = work(session)
        except HouseError:
            assert self.look() == before
            return False
        after = self.look()
        if done != 0:
            assert after["count"][AuditEvent] > before["count"][AuditEvent], name
        if name not in MAILING:
            assert after["count"][OutgoingMail] == before["count"][OutgoingMail], name
        self.follows(before, after)
        self.seen = after
        self.was_off = self.was_off or not after["call"][3]
        return True

    def follows(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Every state came from the one before it by a step of the table (opening at once counts as two)."""
        was, became = before["call"][0], after["call"][0]
        one = {to for (state, _), to in CALL_STEPS.items() if state == was}
        two = {to for (state, _), to in CALL_STEPS.items() if state in one}
        assert became == was or became in one | two
        for ref, (state, _, _) in after["entries"].items():
            old = before["entries"].get(ref, (state,))[0]
            assert state == old or state in {to for (at, _), to in REQUEST_STEPS.items() if at == old}

    def version(self, ref: str) -> int:
        return int(self.seen["entries"][ref][1])

    def pick(self, which: int) -> str | None:
        return self.refs[which % len(self.refs)] if self.refs else None

    def on_entry(self, name: str, act: Any, who: int, which: int, *args: Any) -> None:
        ref = self.pick(which)
        if ref is not None:
            version = self.version(ref)
            self.attempt(
                name, lambda session: act(session, self.actors[who], ref, version, *args, now=self.now)
            )

    @initialize(reached=st.sampled_from(["draft", "open", "closed", "closed", "review"]))
    def start(self, reached: str) -> None:
        """Begin somewhere on the way, by the acts that lead there."""
        if reached == "draft":
            return
        self.announce(2)
        self.time_passes(25)
        for which in (0, 1):
            self.begin()
            self.hand_in(5, which, "Said.")
        if reached != "open":
            self.time_passes(24 * 21)
        if reached == "review":
            self.move_on(0, CallAction.START_REVIEW, "It must go on.")

    # --- the clock ----------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 13, 60, 150, 300]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.attempt("open", lambda session: open_due_calls(session, now=self.now))
        self.attempt("close", lambda session: close_due_calls(session, now=self.now))
        self.attempt("lapse", lambda session: lapse_due(session, now=self.now))
        self.attempt("review", lambda session: start_ready_reviews(session, now=self.now))

    # --- the call -----------------------------------------------------------------------------------------

    @rule(who=WHO, grace=st.integers(0, 90))
    def edit(self, who: int, grace: int) -> None:
        version = self.seen["call"][1]
        changes = {"grace_minutes": grace}
        self.attempt(
            "edit",
            lambda session: edit_call(session, self.actors[who], self.call, changes, version, now=self.now),
        )

    @rule(who=WHO)
    def announce(self, who: int) -> None:
        version = self.seen["call"][1]
        if self.attempt(
            "publish",
            lambda session: publish_call(session, self.actors[who], self.call, version, now=self.now),
        ):
            self.pinned = self.look()["pinned"]

    @rule(who=WHO, action=st.sampled_from(CallAction), reason=st.sampled_from([None, "It must go on."]))
    def move_on(self, who: int, action: CallAction, reason: str | None) -> None:
        actor = self.actors[who]
        self.attempt(
            "advance",
            lambda session: advance_call(session, actor, self.call, action, now=self.now, reason=reason),
        )

    @rule(who=WHO, kind=st.sampled_from(CallActKind), days=st.integers(-3, 40), which=WHICH)
    def propose(self, who: int, kind: CallActKind, days: int, which: int) -> None:
        at = self.now + days * DAY
        payload: dict[str, Any] = {
            CallActKind.CANCEL: {},
            CallActKind.MOVE_DEADLINE: {"closes_at": at},
            CallActKind.CORRECT: {"changes": {"minimum_reviews": 1, "closes_at": at}},
            CallActKind.EXTEND: {"until": at},
        }[kind]
        if kind is CallActKind.CANCEL and days > -2:
            return  # seldom, or every run ends early
        self.attempt(
            "propose_act",
            lambda session: propose_act(
                session,
                self.actors[who],
                self.call,
                kind,
                payload,
                "A reason",
                now=self.now,
                entry_ref=self.pick(which),
            ),
        )

    @rule(who=WHO, is_kept=st.booleans())
    def settle(self, who: int, is_kept: bool) -> None:
        with self.read() as session:
            waiting = session.execute(
                sa.select(CallAct.id)
                .join(Call, Call.id == CallAct.call_id)
                .where(Call.ref == self.call, CallAct.outcome.is_(None))
            ).scalars()
            ids = list(waiting)
        act = confirm_act if is_kept else drop_act
        if ids:
            self.attempt("confirm_act", lambda session: act(session, self.actors[who], ids[0], now=self.now))

    @rule(who=WHO, is_on=st.booleans())
    def switch(self, who: int, is_on: bool) -> None:
        self.attempt(
            "switch",
            lambda session: set_four_eyes(
                session, self.actors[who], self.call, is_on, "A reason", now=self.now
            ),
        )

    # --- entries ------------------------------------------------------------------------------------------

    @rule()
    def begin(self) -> None:
        if len(self.refs) >= 2:
            return

        def work(session: Any) -> None:
            call = session.execute(sa.select(Call).where(Call.ref == self.call)).scalar_one()
            made = make_draft(session, actor=self.actors[5], now=self.now, call=call)
            self.refs.append(made.entry.ref)

        n = len(self.refs)
        if not self.attempt("begin", work):
            del self.refs[n:]

    @rule(who=WRITER, which=WHICH, words=st.sampled_from(["Said.", "Said better.", "Said best."]))
    def hand_in(self, who: int, which: int, words: str) -> None:
        ref = self.pick(which)
        if ref is None:
            return
        actor, version = self.actors[who], self.version(ref)
        with self.read() as session:
            entry = session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one()
            call = session.get_one(Call, entry.call_id)
            until = entry_deadline(entry, call)

        def work(session: Any) -> None:
            kept = save(session, actor, ref, {"need": words}, version, now=self.now)
            submit(session, actor, ref, kept.version, now=self.now)

        if self.attempt("submit", work):
            assert until is None or self.now < until
            assert actor is self.actors[5]

    @rule(who=WRITER, which=WHICH)
    def take_back(self, who: int, which: int) -> None:
        self.on_entry("withdraw", withdraw, who, which, "A reason")

    @rule(who=WHO, which=WHICH)
    def find_eligible(self, who: int, which: int) -> None:
        self.on_entry("eligible", screening.find_eligible, who, which)

    @rule(who=WHO, which=WHICH, days=st.integers(0, 9))
    def ask_the_owner(self, who: int, which: int, days: int) -> None:
        due_at = self.now + days * DAY
        self.on_entry("return", screening.return_with_questions, who, which, ["Which?"], due_at)

    @rule(who=WHO, which=WHICH)
    def find_ineligible(self, who: int, which: int) -> None:
        self.on_entry("ineligible", screening.find_ineligible, who, which, "scope", "Outside.")

    @rule(who=WHO, which=WHICH)
    def confirm(self, who: int, which: int) -> None:
        self.on_entry("confirm", screening.confirm_ineligible, who, which)

    @rule(who=WHO, which=WHICH)
    def reverse(self, who: int, which: int) -> None:
        self.on_entry("reverse", screening.reverse_ineligible, who, which, "A reason")

    @rule(who=WHO, which=WHICH)
    def reopen(self, who: int, which: int) -> None:
        self.on_entry("reopen", screening.reopen, who, which, self.now + 5 * DAY, "A reason")

    @rule(who=WHO, which=WHICH)
    def take_up_again(self, who: int, which: int) -> None:
        self.on_entry("restore", screening.restore_withdrawn, who, which, "Their letter")

    # --- what always holds --------------------------------------------------------------------------------

    @invariant()
    def nothing_pinned_has_changed(self) -> None:
        if self.pinned is not None:
            assert self.look()["pinned"] == self.pinned

    @invariant()
    def two_people_stand_for_what_takes_two(self) -> None:
        with self.read() as session:
            alone = session.execute(
                sa.select(sa.func.count(CallAct.id)).where(
                    CallAct.outcome == "done",
                    CallAct.ended_by_id == CallAct.proposed_by_id,
                    CallAct.is_alone.is_(False),
                )
            ).scalar_one()
            found = session.execute(
                sa.select(sa.func.count(Screening.id)).where(
                    Screening.by_id == Screening.confirmed_by_id, Screening.is_alone.is_(False)
                )
            ).scalar_one()
            by_one = sa.select(sa.func.count(Screening.id)).where(Screening.is_alone)
            n_alone = session.execute(
                by_one.where(Screening.entry_id.in_(sa.select(Entry.id).where(Entry.ref.in_(self.refs))))
            ).scalar_one()
        assert (alone, found) == (0, 0)
        assert n_alone == 0 or self.was_off

    @invariant()
    def states_and_findings_agree(self) -> None:
        with self.read() as session:
            for entry in session.execute(sa.select(Entry).where(Entry.ref.in_(self.refs))).scalars():
                is_open = screening.open_ineligible(session, entry) is not None
                assert entry.state != "ineligible" or is_open
                assert entry.state in ("ineligible", "withdrawn") or not is_open
                assert entry.state != "returned" or entry.due_at is not None
                last = screening.last_finding(session, entry)
                assert entry.state != "lapsed" or (
                    last is not None and last.kind is ScreeningKind.LAPSED and last.by_id is None
                )

    def teardown(self) -> None:
        """The audit trail of everything that happened is whole."""
        with self.read() as session:
            assert verify(session)[1] is None


@pytest.mark.slow
def test_calls_and_screening_hold_under_random_acts(write: Opened, read: Opened) -> None:
    class Machine(CallMachine):
        pass

    Machine.write, Machine.read = staticmethod(write), staticmethod(read)  # type: ignore[assignment]
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
