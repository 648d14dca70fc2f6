"""Whatever people do in whatever order from the deliberation on: nothing is sent that nobody released.

Random acts by random people, with the constraints of the database on; after each step the invariants are
read back from the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.decisions import Decision, Letter, Reconsideration, Release
from models.entries import Entry
from models.operation import OutgoingMail
from models.panels import PanelResult
from models.reviews import Review
from services.decisions.proposing import Draft, approve, propose, take_back
from services.decisions.reconsidering import ask, decide, prepare
from services.decisions.releasing import preview, release
from services.panels.deliberation import record_consensus, write_note
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, Bench, deliberate, make_bench, make_reviewed
from vocabulary.errors import HouseError
from vocabulary.people import Actor, Role

STEPS = 45
OUTCOMES = ("endorsed", "endorsed_with_conditions", "reserve", "not_endorsed")


class World:
    """Two proposals, everybody who may act on them, and every act there is."""

    def __init__(self, session: Session, rng: Random) -> None:
        """Set the table."""
        self.rng, self.session = rng, session
        self.bench: Bench = make_bench(session, four_eyes=rng.random() < 0.8)
        cards = [(MET, MET, NOT_MET), (NOT_MET, NOT_MET, MET)]
        for given in cards:
            deliberate(session, self.bench, make_reviewed(session, self.bench, given))
        self.people: list[Actor] = [
            self.bench.officer,
            self.bench.moderator,
            self.bench.decider,
            self.bench.owner,
            *(make_actor(session, role) for role in (Role.OFFICER, Role.DECIDER, Role.DECIDER)),
            *self.bench.reviewers[:1],
        ]
        self.now = MADE_AT
        self.acts: list[Callable[[Actor, Entry], object]] = [
            self._propose, self._approve, self._take_back, self._release, self._ask, self._prepare,
            self._decide, self._agree, self._note, self._propose, self._approve, self._release,
        ]  # fmt: skip

    def _draft(self) -> Draft:
        outcome = self.rng.choice(OUTCOMES)
        return Draft(outcome, "So.", "Send it.", self.rng.choice((None, "We saw it otherwise.")))

    def _newest(self, entry: Entry) -> Decision | None:
        query = sa.select(Decision).where(Decision.entry_id == entry.id).order_by(Decision.id.desc())
        return self.session.execute(query.limit(1)).scalar_one_or_none()

    def _propose(self, actor: Actor, entry: Entry) -> object:
        return propose(self.session, actor, entry.ref, self._draft(), entry.version, now=self.now)

    def _on_newest(self, act: Callable[[Decision], object], entry: Entry) -> object:
        found = self._newest(entry)
        return act(found) if found is not None else None

    def _approve(self, actor: Actor, entry: Entry) -> object:
        return self._on_newest(lambda d: approve(self.session, actor, d.ref, d.version, now=self.now), entry)

    def _take_back(self, actor: Actor, entry: Entry) -> object:
        return self._on_newest(
            lambda d: take_back(self.session, actor, d.ref, "A slip.", d.version, now=self.now), entry
        )

    def _release(self, actor: Actor, entry: Entry) -> object:
        seen = preview(self.session, actor, self.bench.call, now=self.now)
        return release(self.session, actor, self.bench.call, seen.seen_hash, now=self.now)

    def _ask(self, actor: Actor, entry: Entry) -> object:
        return ask(self.session, actor, entry.ref, "fact", "It was there.", now=self.now)

    def _prepare(self, actor: Actor, entry: Entry) -> object:
        return self._on_newest(
            lambda d: prepare(self.session, actor, d.ref, "Looked.", self._draft(), now=self.now), entry
        )

    def _decide(self, actor: Actor, entry: Entry) -> object:
        return self._on_newest(lambda d: decide(self.session, actor, d.ref, d.version, now=self.now), entry)

    def _agree(self, actor: Actor, entry: Entry) -> object:
        return record_consensus(
            self.session, actor, entry.ref, "9", self.rng.choice((0, 1, 2, 3, None)), "So.", now=self.now
        )

    def _note(self, actor: Actor, entry: Entry) -> object:
        return write_note(self.session, actor, entry.ref, "minority", "No.", now=self.now)

    def step(self) -> bool:
        """One act by somebody on something; True where it was done."""
        self.now += timedelta(hours=self.rng.randint(1, 20))
        entries = self.session.execute(sa.select(Entry).order_by(Entry.id)).scalars().all()
        act, actor = self.rng.choice(self.acts), self.rng.choice(self.people)
        with self.session.begin_nested() as point:
            try:
                act(actor, self.rng.choice(entries))
                self.session.flush()
            except HouseError:
                point.rollback()
                self.session.expire_all()
                return False
        return True


def check(session: Session, scores: dict[int, str]) -> None:
    """Everything that must hold at any moment."""
    session.flush()
    decisions = session.execute(sa.select(Decision)).scalars().all()
    mails = session.execute(sa.select(OutgoingMail).filter_by(template="decision")).scalars().all()
    by_id = {decision.id: decision for decision in decisions}
    for entry in session.execute(sa.select(Entry)).scalars():
        own = [one for one in decisions if one.entry_id == entry.id]
        if entry.state in ("decided", "released", "reconsideration"):
            assert by_id[entry.decision_id].entry_id == entry.id
            assert by_id[entry.decision_id].approved_by_id is not None
        if entry.state in ("released", "reconsideration"):
            assert by_id[entry.decision_id].released_at is not None
        if entry.state == "deliberation":
            assert not any(one.released_at for one in own)
        assert sum(1 for one in own if one.released_at and one.superseded_by_id is None) <= 1
        assert sum(1 for one in own if not one.released_at and not one.withdrawn_at) <= 1
    for decision in decisions:
        assert (
            decision.approved_by_id is None
            or not decision.four_eyes
            or (decision.approved_by_id != decision.proposed_by_id)
        )
        assert not decision.contradicts or decision.contradiction_reason
    for mail in mails:
        is_released = by_id[mail.decision_id].released_at is not None
        assert (mail.state == "queued") == is_released == (mail.approved_by_id is not None)
    assert len(mails) == len({mail.decision_id for mail in mails})
    batches = session.execute(sa.select(Release)).scalars().all()
    assert sum(batch.n_letters for batch in batches) == sum(mail.state == "queued" for mail in mails)
    for letter in session.execute(sa.select(Letter)).scalars():
        assert (letter.values is not None) == (by_id[letter.decision_id].released_at is not None)
    assert {
        review.id: repr(review.result) for review in session.execute(sa.select(Review)).scalars()
    } == scores


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_acts_keeps_what_must_hold(write: Opened, seed: int) -> None:
    done = 0
    with write() as session:
        world = World(session, Random(seed))
        scores = {review.id: repr(review.result) for review in session.execute(sa.select(Review)).scalars()}
        n_before = session.execute(sa.select(sa.func.count()).select_from(PanelResult)).scalar_one()
        for _ in range(STEPS):
            done += world.step()
            check(session, scores)
        n_after = session.execute(sa.select(sa.func.count()).select_from(PanelResult)).scalar_one()
        n_asked = session.execute(sa.select(sa.func.count()).select_from(Reconsideration)).scalar_one()
    assert done >= 3
    assert n_after >= n_before
    assert n_asked <= 2
    with write() as session:
        kinds = sa.select(AuditEvent.action).where(AuditEvent.action.like("decision.%"))
        assert session.execute(kinds).first() is not None
