"""How do nominees, nominators and the panel of the fellowship calls act? Through the use cases, in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random

import sqlalchemy as sa

from models.calls import Call
from models.fellowships import NominationLink
from models.operation import OutgoingMail
from models.people import Account
from seed.demo.current import DOMAIN
from seed.demo.fellows import (
    CHAPTERS,
    INVITED,
    MARKS,
    N_SEATS,
    PAST,
    PRESENT,
    SEED,
    SOURCE,
    TARGETS,
    TEXTS,
    TITLES,
    NomineePlan,
    dates,
    nominees,
)
from seed.loading.calls import ZONE
from seed.loading.stage import Stage
from services import audit
from services.fellowships import invitations, nominations, nominators, panel, running, settings, shortlists
from services.fellowships.rows import fellowship_of
from services.references import next_reference
from services.sessions import actor_of_account
from vocabulary.fellowships import FellowshipBody, MeritBand
from vocabulary.people import Actor
from vocabulary.states import CallKind, CallState, ConflictAnswer

HOUR = timedelta(hours=1)
MEMBERS = ("reviewer", "reviewer-2")


def plan_fellowships(stage: Stage) -> None:
    """Put both fellowship calls on the timeline."""
    for key, (opens_at, closes_at, nominators_until) in dates(stage.now).items():
        stage.timeline.at(opens_at, partial(_open, stage, key, opens_at, closes_at, nominators_until))
    opens_at, closes_at, until = dates(stage.now)[PAST]
    people = nominees(Random("fellows"), DOMAIN)  # noqa: S311 -- no secret
    spread = (closes_at - opens_at) / (len(people) + 1)
    for n, plan in enumerate(people, 1):
        stage.timeline.at(opens_at + n * spread, partial(_nominate, stage, plan))
    stage.timeline.at(until + HOUR, partial(_review, stage, people))
    stage.timeline.at(until + timedelta(days=30), partial(_lock, stage))
    stage.timeline.at(until + timedelta(days=31), partial(_run, stage))
    stage.timeline.at(stage.now - HOUR, partial(_begin_own, stage))


def _open(
    stage: Stage, key: str, opens_at: datetime, closes_at: datetime, until: datetime, now: datetime
) -> None:
    officer = stage.actors["officer"]
    call = Call(
        ref=next_reference(stage.session, "CALL", now),
        kind=CallKind.FELLOWSHIP,
        state=CallState.DRAFT,
        title=dict(TITLES[key]),
        text=dict(TEXTS),
        strategies=[],
        opens_at=opens_at,
        closes_at=closes_at,
        zone=ZONE,
        eligibility={},
        created_at=now,
        updated_at=now,
    )
    stage.session.add(call)
    stage.session.flush()
    content = {
        "body": FellowshipBody.ASSESSMENT if key == PAST else FellowshipBody.TASK_FORCE,
        "selecting_body": "Management committee of the assessment",
        "n_seats": N_SEATS,
        "nominators_until": until,
        "chapters": [dict(one) for one in CHAPTERS] if key == PAST else [],
        "marks": [dict(one) for one in MARKS],
        "targets": [dict(one) for one in TARGETS],
        "caps": [{"attribute": "country", "most": 1}],
        "oldest_age": 35,
    }
    settings.set_fellowship(stage.session, officer, call.ref, content, None, now=now)
    call.state = CallState.OPEN
    stage.session.flush()
    stage.calls[key] = call.ref
    audit.record(stage.session, officer, "call.publish", ("call", call.ref), now=now, after={"state": "open"})


def _nominate(stage: Stage, plan: NomineePlan, now: datetime) -> None:
    session = stage.session
    account = Account(
        email=plan.email,
        name=nominations.full_name(plan.content),
        language="en",
        country=plan.content["nationality"],
        working_languages=["en"],
        email_confirmed_at=now,
        created_at=now,
        updated_at=now,
        grants=[],
    )
    session.add(account)
    session.flush()
    nominee = actor_of_account(session, account.id)
    made = nominations.begin(session, nominee, stage.calls[PAST], plan.content, now=now)
    stage.nominations[plan.key] = made.ref
    nominations.complete(session, nominee, made.ref, made.version, now=now)
    link = session.execute(
        sa.select(OutgoingMail.values)
        .where(OutgoingMail.template == "nomination_approve", OutgoingMail.subject_ref == made.ref)
        .limit(1)
    ).scalar_one()["link"]
    nominators.approve(session, link.rsplit("/", 1)[1], commits_time=True, now=now)


def _move(stage: Stage, state: CallState) -> None:
    call, _ = fellowship_of(stage.session, stage.calls[PAST])
    call.state = state
    stage.session.flush()


def _review(stage: Stage, people: tuple[NomineePlan, ...], now: datetime) -> None:
    """The panel gets everything, has no conflict and marks; the second member a point lower or higher."""
    session, officer, ref = stage.session, stage.actors["officer"], stage.calls[PAST]
    _move(stage, CallState.REVIEW)
    panel.start_review(session, officer, ref, now=now)
    members = [_actor(stage, key) for key in MEMBERS]
    emails = [_email(stage, member) for member in members]
    pairs = [(stage.nominations[plan.key], email) for plan in people for email in emails]
    panel.seat_members(session, officer, ref, pairs, now=now)
    for n, plan in enumerate(people):
        for at, member in enumerate(members):
            _mark(stage, member, plan, (0, (-1, 0, 1)[n % 3])[at], now)


def _mark(stage: Stage, member: Actor, plan: NomineePlan, shift: int, now: datetime) -> None:
    ref = stage.nominations[plan.key]
    seat = panel.answer_conflict(stage.session, member, ref, ConflictAnswer.NONE, None, now=now)
    marks = {code: max(0, min(10, mark + shift)) for code, mark in plan.marks.items()}
    band = MeritBand(plan.band)
    panel.mark(stage.session, member, ref, marks, {}, band, seat.version, is_final=True, now=now)


def _lock(stage: Stage, now: datetime) -> None:
    _move(stage, CallState.DELIBERATION)
    officer, ref = stage.actors["officer"], stage.calls[PAST]
    panel.lock_marks(stage.session, officer, ref, now=now)
    shortlists.name_seed(stage.session, officer, ref, SEED, SOURCE, now=now)


def _run(stage: Stage, now: datetime) -> None:
    """An officer asks for the run that counts; the worker computes it."""
    session = stage.session
    shortlists.ask_run(
        session, stage.actors["officer"], stage.calls[PAST], n_reserve=4, is_trial=False, now=now
    )
    work = running.take(session, now=now)
    if work is not None:
        running.compute_within(session, work, now=now)
    session.execute(sa.update(NominationLink).values(revoked_at=now))


def _begin_own(stage: Stage, now: datetime) -> None:
    """Somebody has begun the form of the open call; two bodies name a person, each in its own script."""
    begun = {"first_name": "Wanjiru", "last_name": "Kimani", "country": "KEN", "languages": ["en"]}
    nominations.begin(stage.session, _actor(stage, "requester"), stage.calls[PRESENT], begun, now=now)
    for key, given in INVITED.items():
        actor = _actor(stage, key)
        answers = {name: value for name, value in given.items() if name != "email"}
        invitations.invite(stage.session, actor, stage.calls[PRESENT], answers, given["email"], now=now)


def _actor(stage: Stage, key: str) -> Actor:
    return stage.actors[key]


def _email(stage: Stage, actor: Actor) -> str:
    return stage.session.execute(sa.select(Account.email).where(Account.id == actor.account_id)).scalar_one()
