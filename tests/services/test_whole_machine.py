"""A whole call under random acts of everybody, in any order: from submission to a second look at a decision.

The constraints of the database are on. Each example is one long play by a random number: mostly an act that
could come next, by somebody who might do it, so that a play gets far; otherwise anything by anybody. After
each act that was done, what must always hold is read back from the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.calls import Call
from models.decisions import Decision, Letter
from models.entries import Entry
from models.operation import OutgoingMail
from models.reviews import Assignment, ConflictDeclaration, Review, ReviewAct
from models.screening import Screening
from procedure.facts import Standing
from procedure.lifecycle import CALL_STEPS, REQUEST_STEPS
from services import assignment_steps, conflicts, recognitions, screening
from services.assignments import assign
from services.calls import BY_PERSON, advance_call
from services.decisions.proposing import Draft, approve, propose, take_back
from services.decisions.reconsidering import ask, decide, prepare
from services.decisions.releasing import preview, release
from services.entries.submission import withdraw
from services.facts import standing
from services.panels import setbacks
from services.panels.deliberation import open_item, record_consensus, write_note
from services.reviews import drafts, submission
from services.screening_clock import lapse_due, start_ready_reviews
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor, make_call, make_submitted
from tests.fixtures import NOW, Opened
from tests.panels import MET, NOT_MET, card_of
from vocabulary.errors import HouseError
from vocabulary.people import Actor, Role
from vocabulary.states import (
    AssignmentState,
    CallAction,
    CallState,
    ConflictAnswer,
    ConflictRuling,
    ReviewActKind,
    ReviewState,
)

STEPS = 40
EXAMPLES = 16
"""Plays from each of the stages, so four times as many in all."""

SAYS_IT_AGAIN = ("declare", "score")
"""Acts that leave no trace where the same was said before, or a scorecard was begun before."""

PERSONS = {
    "officer": (Role.OFFICER,),
    "colleague": (Role.OFFICER,),
    "moderator": (Role.MODERATOR,),
    "decider": (Role.DECIDER,),
    "successor": (Role.DECIDER,),
    "auditor": (Role.AUDITOR,),
    "admin": (Role.ADMIN,),
    "owner": (Role.REQUESTER,),
    "stranger": (Role.PARTNER,),
}
OUTCOMES = ("endorsed", "endorsed_with_conditions", "reserve", "not_endorsed")
DECIDED = ("decided", "released", "reconsideration")
LOCKED = ("deliberation", *DECIDED)
Act = Callable[["Play"], object]


class Play:
    """The table, everybody at it, and the time."""

    def __init__(self, session: Session) -> None:
        """A call that has closed, two proposals, four reviewers."""
        self.session = session
        call = make_call(
            session, now=NOW, state=CallState.CLOSED, minimum_reviews=2, question_round=True,
            opens_at=NOW - timedelta(days=40), closes_at=NOW - timedelta(days=2),
        )  # fmt: skip
        self.call = call.ref
        self.people = {name: make_actor(session, *roles) for name, roles in PERSONS.items()}
        accounts = [make_account(session, Role.REVIEWER) for _ in range(4)]
        self.addresses = [account.email for account in accounts]
        for number, account in enumerate(accounts):
            self.people[f"reviewer {number}"] = actor_of_account(session, account.id)
        call.state, call.closes_at = CallState.OPEN, NOW + timedelta(days=1)
        for _ in range(2):
            make_submitted(session, actor=self.people["owner"], now=NOW, call=call)
        call.state, call.closes_at = CallState.CLOSED, NOW - timedelta(days=2)
        session.flush()

    def begin(self, rng: Random) -> None:
        """Once more from the start."""
        self.rng, self.now = rng, NOW
        self.done: list[str] = []
        self.was = self.states()

    # --- looking ------------------------------------------------------------------------------------------

    def rows(self, model: Any) -> list[Any]:
        """Every row of this play, the oldest first."""
        return list(self.session.execute(sa.select(model).order_by(model.id)).scalars())

    def any(self, model: Any) -> Any:
        """One of them, or None."""
        found = self.rows(model)
        return self.rng.choice(found) if found else None

    def entry(self) -> Entry:
        """One of the proposals."""
        found: Entry = self.any(Entry)
        return found

    def somebody(self, *names: str) -> Actor:
        """Mostly one of these; sometimes anybody."""
        chosen = names if names and self.rng.random() < 0.85 else tuple(self.people)
        return self.people[self.rng.choice(chosen)]

    def author(self, assignment: Assignment) -> Actor:
        """Mostly the person who is asked."""
        own = [name for name, actor in self.people.items() if actor.account_id == assignment.account_id]
        return self.somebody(*own)

    def states(self) -> dict[str, str]:
        """Of the call and its entries."""
        found = {entry.ref: str(entry.state) for entry in self.rows(Entry)}
        call = self.session.execute(sa.select(Call)).scalar_one()
        return found | {call.ref: str(call.state)}

    def draft(self) -> Draft:
        """What a decision could be."""
        return Draft(self.rng.choice(OUTCOMES), "So.", "Send it.", self.rng.choice((None, "It fits.")))

    # --- one act ------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """One act by somebody on something; True where it was done."""
        self.now += timedelta(hours=self.rng.randint(1, 30))
        name = self.rng.choice(self.likely() if self.rng.random() < 0.75 else tuple(ACTS))
        n_events = len(self.events)
        with self.session.begin_nested() as point:
            try:
                done = ACTS[name](self)
                self.session.flush()
            except HouseError:
                point.rollback()
                self.session.expire_all()
                del self.events[n_events:]  # they go with the transaction of whoever was refused
                return False
        self.done.append(name)
        if done and name not in SAYS_IT_AGAIN:
            assert len(self.events) > n_events, f"{name} left no trace"
        return bool(done)

    def likely(self) -> tuple[str, ...]:
        """What could come next, as the call and its entries stand."""
        states = self.states()
        call, entries = states[self.call], {state for ref, state in states.items() if ref != self.call}
        found = ["move on", "screen"]
        if "submitted" in entries or "in_review" in entries:
            found += ["screen", "assign", "assign", "declare", "declare", "rule", "score", "score", "hand in"]
            found += ["hand in", "clock"]
        if "in_review" in entries and call == "deliberation":
            found += ["meet", "meet"]
        if "deliberation" in entries:
            found += ["agree", "note", "propose", "propose", "approve", "approve", "set back", "second"]
        if "decided" in entries:
            found += ["release", "take back", "approve", "release"]
        if entries & {"released", "reconsideration"}:
            found += ["ask", "prepare", "decide", "recognise"]
        return tuple(found)

    @property
    def events(self) -> list[Any]:
        """What the audit trail will say of this transaction."""
        found: list[Any] = self.session.info.setdefault("audit_pending", [])
        return found

    # --- what must hold -----------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything, now."""
        self.session.flush()
        now, self.was = self.states(), self.check_states()
        assert now == self.was
        self.check_decisions()
        self.check_reviews()
        self.check_mails()

    def check_states(self) -> dict[str, str]:
        """Every state came from the one before it by steps of the table; an act takes at most three."""
        now = self.states()
        for ref, state in now.items():
            steps: Any = CALL_STEPS if ref == self.call else REQUEST_STEPS
            reached = {self.was[ref]}
            for _ in range(3):
                reached |= {str(to) for (at, _), to in steps.items() if str(at) in reached}
            assert state in reached, (self.was[ref], state)
        return now

    def check_decisions(self) -> None:
        """Two people, one open decision for each entry, and a released one for what is released."""
        by_id = {one.id: one for one in self.rows(Decision)}
        for one in by_id.values():
            assert one.approved_by_id is None or not one.four_eyes or one.approved_by_id != one.proposed_by_id
            assert one.released_at is None or one.approved_by_id is not None
        for entry in self.rows(Entry):
            own = [one for one in by_id.values() if one.entry_id == entry.id]
            assert sum(1 for one in own if one.released_at and one.superseded_by_id is None) <= 1
            assert sum(1 for one in own if not one.released_at and not one.withdrawn_at) <= 1
            if entry.state in DECIDED and entry.decision_id is not None:
                assert by_id[entry.decision_id].entry_id == entry.id
                assert (by_id[entry.decision_id].released_at is not None) == (entry.state != "decided")
            assert entry.state not in DECIDED or entry.decision_id is not None
        for row in self.rows(Screening):
            assert row.confirmed_by_id is None or row.is_alone or row.confirmed_by_id != row.by_id
        for act in self.rows(ReviewAct):
            assert act.outcome != "done" or act.is_alone or act.ended_by_id != act.proposed_by_id

    def check_reviews(self) -> None:
        """Nobody with a conflict of interest scores, and nothing is scored once the panel meets."""
        barred = {
            (one.entry_id, one.account_id)
            for one in self.rows(ConflictDeclaration)
            if standing(one) is Standing.UPHELD
        }
        states = {entry.id: entry.state for entry in self.rows(Entry)}
        asked = {one.id: one for one in self.rows(Assignment)}
        for one in asked.values():
            if (one.entry_id, one.account_id) in barred:
                assert one.state is not AssignmentState.ACCEPTED, one.ref
        for review in self.rows(Review):
            assignment = asked[review.assignment_id]
            assert assignment.entry_id == review.entry_id
            assert (review.state is ReviewState.VOID) == (review.void_reason is not None)
            if states[review.entry_id] in DECIDED:
                assert review.state not in (ReviewState.SUBMITTED, ReviewState.DRAFT), review.ref

    def check_mails(self) -> None:
        """A letter waits as a draft until its decision is released; then it goes, once, as it was shown."""
        by_id = {one.id: one for one in self.rows(Decision)}
        letters = [mail for mail in self.rows(OutgoingMail) if mail.template == "decision"]
        assert len(letters) == len({mail.decision_id for mail in letters})
        for mail in letters:
            is_released = by_id[mail.decision_id].released_at is not None
            assert (mail.state == "queued") == is_released == (mail.approved_by_id is not None)
        for letter in self.rows(Letter):
            assert (letter.values is not None) == (by_id[letter.decision_id].released_at is not None)


# --- acts -------------------------------------------------------------------------------------------------


def move_on(play: Play) -> object:
    """The call goes on to some phase."""
    reason = play.rng.choice((None, "It must go on."))
    step = play.rng.choice(tuple(BY_PERSON))
    return advance_call(
        play.session, play.somebody("officer", "decider"), play.call, step, now=play.now, reason=reason
    )


def screen(play: Play) -> object:
    """Found eligible, or not, by one and by another, or undone."""
    entry, officer = play.entry(), play.somebody("officer", "colleague")
    acts: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (screening.find_eligible, ()),
        (screening.find_eligible, ()),
        (screening.find_eligible, ()),
        (screening.find_ineligible, ("scope", "Outside.")),
        (screening.confirm_ineligible, ()),
        (screening.reverse_ineligible, ("A slip.",)),
        (screening.restore_withdrawn, ("Their letter.",)),
    )
    act, args = play.rng.choice(acts)
    return act(play.session, officer, entry.ref, entry.version, *args, now=play.now)


def ask_for_a_review(play: Play) -> object:
    """One more reviewer, or one again, or one less."""
    officer, assignment = play.somebody("officer", "colleague"), play.any(Assignment)
    if assignment is not None and play.rng.random() < 0.25:
        act: Any = play.rng.choice((assignment_steps.invite_again, assignment_steps.remind))
        more = (None,) if act is assignment_steps.invite_again else ()
        return act(play.session, officer, assignment.ref, *more, now=play.now)
    address = play.rng.choice(play.addresses)
    return assign(play.session, officer, play.entry().ref, address, None, now=play.now)


def say_no(play: Play) -> object:
    """A reviewer declines or steps back, or an officer ends it."""
    assignment = play.any(Assignment)
    if assignment is None:
        return None
    if play.rng.random() < 0.3:
        officer = play.somebody("officer")
        return assignment_steps.end(play.session, officer, assignment.ref, "A reason.", now=play.now)
    author = play.author(assignment)
    if play.rng.random() < 0.5:
        return conflicts.step_back(play.session, author, assignment.ref, now=play.now)
    return assignment_steps.decline(play.session, author, assignment.ref, "No time.", now=play.now)


def declare(play: Play) -> object:
    """Mostly no conflict; sometimes a possible one or one, even late, and by an officer, too."""
    answer = play.rng.choice((*(ConflictAnswer.NONE,) * 12, ConflictAnswer.POSSIBLE, ConflictAnswer.CONFLICT))
    kinds, text = ([], None) if answer is ConflictAnswer.NONE else (["family"], "A cousin.")
    assignment = play.any(Assignment)
    if assignment is None or play.rng.random() < 0.1:
        person = play.somebody("colleague", "auditor")
        return conflicts.declare_on_entry(
            play.session, person, play.entry().ref, answer, kinds, text, now=play.now
        )
    return conflicts.declare(
        play.session, play.author(assignment), assignment.ref, answer, kinds, text, now=play.now
    )


def rule(play: Play) -> object:
    """An officer rules on what somebody said."""
    assignment, ruling = play.any(Assignment), play.rng.choice(tuple(ConflictRuling))
    if assignment is None:
        return None
    return conflicts.rule(
        play.session, play.somebody("officer"), assignment.ref, ruling, "Looked at.", now=play.now
    )


def version_of(play: Play, assignment: Assignment) -> int:
    """That of the scorecard; 1 before it is begun."""
    query = sa.select(Review.version).where(Review.assignment_id == assignment.id)
    return play.session.execute(query).scalar_one_or_none() or 1


def score(play: Play) -> object:
    """A whole scorecard is saved."""
    assignment = play.any(Assignment)
    if assignment is None:
        return None
    card = card_of(play.rng.choice((MET, MET, NOT_MET)))
    version = version_of(play, assignment)
    return drafts.save(play.session, play.author(assignment), assignment.ref, card, version, now=play.now)


def hand_in(play: Play) -> object:
    """A scorecard is submitted, or taken up again."""
    assignment = play.any(Assignment)
    if assignment is None:
        return None
    author, version = play.author(assignment), version_of(play, assignment)
    if play.rng.random() < 0.15:
        return drafts.reopen(play.session, author, assignment.ref, version, now=play.now)
    said = submission.Declared(still_no_conflict=True, names_intended=True)
    return submission.submit(play.session, author, assignment.ref, said, version, now=play.now)


def set_back(play: Play) -> object:
    """A review goes back to its author, or does not count any more."""
    review = play.any(Review)
    if review is None:
        return None
    ref = play.session.get_one(Entry, review.entry_id).ref
    kind, person = play.rng.choice(tuple(ReviewActKind)), play.somebody("moderator", "officer")
    return setbacks.set_back(play.session, person, ref, review.ref, kind, "A reason.", now=play.now) or True


def second(play: Play) -> object:
    """A second person settles what an officer proposed about a review."""
    review = play.any(Review)
    if review is None:
        return None
    ref = play.session.get_one(Entry, review.entry_id).ref
    act = play.rng.choice((setbacks.confirm, setbacks.drop))
    person = play.somebody("officer", "colleague", "decider")
    act(play.session, person, ref, review.ref, now=play.now)
    return True


def meet(play: Play) -> object:
    """The panel meets on one proposal."""
    entry, reason = play.entry(), play.rng.choice((None, "It must go on."))
    return open_item(play.session, play.somebody("officer"), entry.ref, entry.version, reason, now=play.now)


def agree(play: Play) -> object:
    """The meeting agrees on a score."""
    person, value = play.somebody("moderator"), play.rng.choice((0, 1, 2, 3))
    return record_consensus(play.session, person, play.entry().ref, "9", value, "So.", now=play.now)


def note(play: Play) -> object:
    """Somebody notes what was said."""
    kind, person = play.rng.choice(("note", "minority")), play.somebody("moderator", "reviewer 0")
    return write_note(play.session, person, play.entry().ref, kind, "No.", now=play.now)


def propose_decision(play: Play) -> object:
    """Somebody proposes a decision."""
    entry, person = play.entry(), play.somebody("moderator", "officer", "decider")
    return propose(play.session, person, entry.ref, play.draft(), entry.version, now=play.now)


def approve_decision(play: Play) -> object:
    """Somebody stands for it, too."""
    decision = play.any(Decision)
    if decision is None:
        return None
    person = play.somebody("decider", "successor")
    return approve(play.session, person, decision.ref, decision.version, now=play.now)


def take_decision_back(play: Play) -> object:
    """A slip is undone before the release."""
    decision = play.any(Decision)
    if decision is None:
        return None
    person = play.somebody("moderator", "decider")
    return take_back(play.session, person, decision.ref, "A slip.", decision.version, now=play.now)


def release_batch(play: Play) -> object:
    """What was shown goes out; sometimes after something else was shown."""
    person = play.somebody("decider", "successor")
    seen = preview(play.session, person, play.call, now=play.now).seen_hash
    seen = "0" * 64 if play.rng.random() < 0.1 else seen
    return release(play.session, person, play.call, seen, now=play.now)


def ask_again(play: Play) -> object:
    """The owner asks to look at it again."""
    return ask(play.session, play.somebody("owner"), play.entry().ref, "fact", "It was there.", now=play.now)


def prepare_again(play: Play) -> object:
    """Somebody who had no part in it looks."""
    decision = play.any(Decision)
    if decision is None:
        return None
    person = play.somebody("colleague", "officer")
    return prepare(play.session, person, decision.ref, "Looked.", play.draft(), now=play.now)


def decide_again(play: Play) -> object:
    """Another who had no part in it decides."""
    decision = play.any(Decision)
    if decision is None:
        return None
    person = play.somebody("successor", "decider")
    return decide(play.session, person, decision.ref, decision.version, now=play.now)


def recognise(play: Play) -> object:
    """What was endorsed gets its letter."""
    return recognitions.issue(play.session, play.somebody("officer"), play.entry().ref, None, now=play.now)


def give_up(play: Play) -> object:
    """The owner withdraws; seldom, or every play ends early."""
    if play.rng.random() < 0.7:
        return None
    entry = play.entry()
    return withdraw(play.session, play.somebody("owner"), entry.ref, entry.version, None, now=play.now)


def clock(play: Play) -> object:
    """What the background worker does."""
    done = start_ready_reviews(play.session, now=play.now) + lapse_due(play.session, now=play.now)
    return done + assignment_steps.expire_invitations(play.session, now=play.now)


ACTS: dict[str, Act] = {
    "move on": move_on, "screen": screen, "assign": ask_for_a_review, "say no": say_no, "declare": declare,
    "rule": rule, "score": score, "hand in": hand_in, "set back": set_back, "second": second, "meet": meet,
    "agree": agree, "note": note, "propose": propose_decision, "approve": approve_decision,
    "take back": take_decision_back, "release": release_batch, "ask": ask_again, "prepare": prepare_again,
    "decide": decide_again, "recognise": recognise, "give up": give_up, "clock": clock,
}  # fmt: skip


def screened(play: Play) -> None:
    """Both are eligible, three reviewers have each, and the review begins."""
    officer = play.people["officer"]
    advance_call(play.session, officer, play.call, CallAction.START_REVIEW, now=play.now, reason="So.")
    for entry in play.rows(Entry):
        screening.find_eligible(play.session, officer, entry.ref, entry.version, now=play.now)
        for address in play.addresses[:3]:
            assign(play.session, officer, entry.ref, address, None, now=play.now)


def scored(play: Play) -> None:
    """Everybody has handed in."""
    people = {actor.account_id: actor for actor in play.people.values()}
    said = submission.Declared(still_no_conflict=True, names_intended=True)
    for n, assignment in enumerate(play.rows(Assignment)):
        author, ref = people[assignment.account_id], assignment.ref
        conflicts.declare(play.session, author, ref, ConflictAnswer.NONE, [], None, now=play.now)
        card = card_of(NOT_MET if n % 3 == 0 else MET)
        saved = drafts.save(play.session, author, ref, card, 1, now=play.now)
        submission.submit(play.session, author, ref, said, saved.version, now=play.now)
    start_ready_reviews(play.session, now=play.now)


def released(play: Play) -> None:
    """The panel has met, and one decision is out."""
    moderator, decider = play.people["moderator"], play.people["decider"]
    advance_call(play.session, play.people["officer"], play.call, CallAction.DELIBERATE, now=play.now)
    entry = play.rows(Entry)[0]
    made = propose(
        play.session, moderator, entry.ref, Draft("endorsed", "So.", None, "It fits."), entry.version,
        now=play.now,
    )  # fmt: skip
    approve(play.session, decider, made.ref, made.version, now=play.now)
    seen = preview(play.session, decider, play.call, now=play.now)
    release(play.session, decider, play.call, seen.seen_hash, now=play.now)


STAGES: tuple[Callable[[Play], None], ...] = (lambda play: None, screened, scored, released)


@pytest.mark.slow
def test_a_whole_call_holds_whatever_anybody_does(write: Opened) -> None:
    lengths: list[int] = []
    reached: set[str] = set()
    with write() as session:
        play = Play(session)
        for number, stage in enumerate(STAGES):
            play.begin(Random(number))
            stage(play)
            session.flush()
            many_plays(play, lengths, reached)

    assert len(lengths) >= len(STAGES) * EXAMPLES
    assert sorted(lengths)[len(lengths) // 2] >= STEPS // 4, "the plays do not get anywhere"
    assert reached >= {"in_review", "deliberation", "decided", "released", "reconsideration", "ineligible"}


def many_plays(play: Play, lengths: list[int], reached: set[str]) -> None:
    """Plays from here on, each taken back when it ends."""
    n_events = len(play.events)

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32 - 1))
    def one_play(seed: int) -> None:
        with play.session.begin_nested() as start:
            play.begin(Random(seed))
            for _ in range(STEPS):
                if play.step():
                    play.check()
            lengths.append(len(play.done))
            reached.update(play.states().values())
            start.rollback()
        play.session.expire_all()
        del play.events[n_events:]

    one_play()
