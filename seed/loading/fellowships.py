"""How do nominees, nominators and the panel of the fellowship calls act? Through the use cases, in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random

import sqlalchemy as sa

from models.calls import Call
from models.fellowships import Nomination, NominationLink
from models.operation import OutgoingMail
from models.people import Account, RoleGrant
from seed.demo.current import DOMAIN
from seed.demo.fellows import (
    BASIS,
    CHAPTERS,
    INVITED,
    MARKS,
    MEETINGS,
    MENTORS,
    N_SEATS,
    PAST,
    PLACES,
    PRESENT,
    RELEASED,
    SEED,
    SOURCE,
    TARGETS,
    TEXTS,
    TITLES,
    WIDER_TARGETS,
    NomineePlan,
    dates,
    nominees,
)
from seed.loading.calls import ZONE
from seed.loading.practice import plan_practice
from seed.loading.stage import Stage
from services import audit
from services.fellowships import (
    calling_up,
    invitations,
    nominations,
    nominators,
    panel,
    placing,
    running,
    settings,
    shortlists,
    support,
)
from services.fellowships.rows import fellowship_of
from services.references import next_reference
from services.sessions import actor_of_account
from vocabulary.fellowships import FellowshipBody, MeritBand, NominationAction, NominationState
from vocabulary.people import Actor, Role
from vocabulary.states import CallKind, CallState, ConflictAnswer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEMBERS = ("reviewer", "reviewer-2")
SELECTING = {
    True: "Multidisciplinary Expert Panel, with the co-chairs of the task force",
    False: "Management committee of the assessment",
}
"""Who selects fellows of a task force, and of an assessment."""
PANEL = (("Marta Oliveira", "PRT"), ("Anand Joshi", "NPL"))


def plan_fellowships(stage: Stage) -> None:
    """Put both fellowship calls on the timeline."""
    for key, (opens_at, closes_at, nominators_until) in dates(stage.now).items():
        stage.timeline.at(opens_at, partial(_open, stage, key, opens_at, closes_at, nominators_until))
    plan_practice(stage, dates(stage.now)[PRESENT][0])
    for key in (RELEASED, PAST):
        opens_at, closes_at, until = dates(stage.now)[key]
        people = nominees(Random(key), "science.example", key)  # noqa: S311 -- no secret
        spread = (closes_at - opens_at) / (len(people) + 1)
        for n, plan in enumerate(people, 1):
            stage.timeline.at(opens_at + n * spread, partial(_nominate, stage, key, plan))
        stage.timeline.at(until + HOUR, partial(_review, stage, key, people))
        stage.timeline.at(until + 30 * DAY, partial(_lock, stage, key))
        stage.timeline.at(until + 31 * DAY, partial(_run, stage, key))
    _plan_places(stage, dates(stage.now)[RELEASED][2] + 32 * DAY)
    stage.timeline.at(stage.now - HOUR, partial(_begin_own, stage))


def _plan_places(stage: Stage, day: datetime) -> None:
    """From the approval of the released call to the fellowships under way."""
    stage.timeline.at(day, partial(_approve, stage))
    stage.timeline.at(day + DAY, partial(_release, stage))
    stage.timeline.at(day + 4 * DAY, partial(_answer, stage))
    stage.timeline.at(day + 6 * DAY, partial(_call_up, stage))
    stage.timeline.at(day + 14 * DAY, partial(_confirm, stage))
    stage.timeline.at(day + 30 * DAY, partial(_start, stage))


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
        "body": FellowshipBody.TASK_FORCE if key == PRESENT else FellowshipBody.ASSESSMENT,
        "selecting_body": SELECTING[key == PRESENT],
        "n_seats": N_SEATS[key],
        "nominators_until": until,
        "chapters": [dict(one) for one in {PAST: CHAPTERS, RELEASED: PLACES}.get(key, ())],
        "marks": [dict(one) for one in MARKS],
        "targets": [dict(one) for one in (WIDER_TARGETS if key == RELEASED else TARGETS)],
        "caps": [{"attribute": "country", "most": 1}],
        "oldest_age": 35,
    }
    settings.set_fellowship(stage.session, officer, call.ref, content, None, now=now)
    call.state = CallState.OPEN
    stage.session.flush()
    stage.calls[key] = call.ref
    audit.record(stage.session, officer, "call.publish", ("call", call.ref), now=now, after={"state": "open"})


def _nominate(stage: Stage, key: str, plan: NomineePlan, now: datetime) -> None:
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
    made = nominations.begin(session, nominee, stage.calls[key], plan.content, now=now)
    stage.nominations[plan.key] = made.ref
    nominations.complete(session, nominee, made.ref, made.version, now=now)
    link = session.execute(
        sa.select(OutgoingMail.values)
        .where(OutgoingMail.template == "nomination_approve", OutgoingMail.subject_ref == made.ref)
        .limit(1)
    ).scalar_one()["link"]
    nominators.approve(session, link.rsplit("/", 1)[1], commits_time=True, now=now)


def _move(stage: Stage, key: str, state: CallState) -> None:
    call, _ = fellowship_of(stage.session, stage.calls[key])
    call.state = state
    stage.session.flush()


def _review(stage: Stage, key: str, people: tuple[NomineePlan, ...], now: datetime) -> None:
    """The panel gets everything, has no conflict and marks; the second member a point lower or higher."""
    session, officer, ref = stage.session, stage.actors["officer"], stage.calls[key]
    _move(stage, key, CallState.REVIEW)
    panel.start_review(session, officer, ref, now=now)
    members = [_actor(stage, one) for one in MEMBERS] if key == PAST else _join_panel(stage, key, now)
    emails = [_email(stage, member) for member in members]
    pairs = [(stage.nominations[plan.key], email) for plan in people for email in emails]
    panel.seat_members(session, officer, ref, pairs, now=now)
    for n, plan in enumerate(people):
        for at, member in enumerate(members):
            _mark(stage, member, plan, (0, (-1, 0, 1)[n % 3])[at], now)


def _join_panel(stage: Stage, key: str, now: datetime) -> list[Actor]:
    """The panel of the released call, which marks in that call alone."""
    call, _ = fellowship_of(stage.session, stage.calls[key])
    found = []
    for name, country in PANEL:
        account = Account(
            email=f"{name.lower().replace(' ', '.')}@{DOMAIN}",
            name=name,
            language="en",
            country=country,
            working_languages=["en"],
            email_confirmed_at=now,
            created_at=now,
            updated_at=now,
            grants=[RoleGrant(role=Role.REVIEWER, call_id=call.id, granted_at=now)],
        )
        stage.session.add(account)
        stage.session.flush()
        found.append(actor_of_account(stage.session, account.id))
    return found


def _mark(stage: Stage, member: Actor, plan: NomineePlan, shift: int, now: datetime) -> None:
    ref = stage.nominations[plan.key]
    seat = panel.answer_conflict(stage.session, member, ref, ConflictAnswer.NONE, None, now=now)
    marks = {code: max(0, min(10, mark + shift)) for code, mark in plan.marks.items()}
    band = MeritBand(plan.band)
    panel.mark(stage.session, member, ref, marks, {}, band, seat.version, is_final=True, now=now)


def _lock(stage: Stage, key: str, now: datetime) -> None:
    _move(stage, key, CallState.DELIBERATION)
    officer, ref = stage.actors["officer"], stage.calls[key]
    panel.lock_marks(stage.session, officer, ref, now=now)
    shortlists.name_seed(stage.session, officer, ref, SEED, SOURCE, now=now)


def _run(stage: Stage, key: str, now: datetime) -> None:
    """An officer asks for the run that counts; the worker computes it."""
    session = stage.session
    shortlists.ask_run(
        session, stage.actors["officer"], stage.calls[key], n_reserve=4, is_trial=False, now=now
    )
    work = running.take(session, now=now)
    if work is not None:
        running.compute_within(session, work, now=now)
    session.execute(sa.update(NominationLink).values(revoked_at=now))


def _approve(stage: Stage, now: datetime) -> None:
    """Somebody of the body that selects takes the list."""
    session, officer, ref = stage.session, stage.actors["officer"], stage.calls[RELEASED]
    run = shortlists.list_runs(session, officer, ref, now=now)[0]
    shortlists.approve(session, stage.actors["decider"], run.ref, now=now)
    _move(stage, RELEASED, CallState.DECIDED)


def _release(stage: Stage, now: datetime) -> None:
    """The letters go out."""
    decider, ref = stage.actors["decider"], stage.calls[RELEASED]
    placing.release(stage.session, decider, ref, now=now, answer_by_at=now + 21 * DAY)
    _move(stage, RELEASED, CallState.RELEASED)


def _places(stage: Stage, state: NominationState) -> list[Nomination]:
    call, _ = fellowship_of(stage.session, stage.calls[RELEASED])
    query = sa.select(Nomination).where(Nomination.call_id == call.id, Nomination.state == state)
    return list(stage.session.execute(query.order_by(Nomination.id)).scalars())


def _answer(stage: Stage, now: datetime) -> None:
    """All take their place, but for the third, whose place falls free."""
    for n, row in enumerate(_places(stage, NominationState.OFFERED)):
        nominee = actor_of_account(stage.session, row.nominee_id or 0)
        placing.answer_place(stage.session, nominee, row.ref, n != 2, now=now)


def _call_up(stage: Stage, now: datetime) -> None:
    """The place goes to the next of the reserve list, who takes it."""
    session, officer, ref = stage.session, stage.actors["officer"], stage.calls[RELEASED]
    found = calling_up.next_from_reserve(session, officer, ref, now=now)
    if found is None:
        return
    row = calling_up.offer_to_reserve(session, officer, ref, found.ref, answer_by_at=now + 14 * DAY, now=now)
    nominee = actor_of_account(session, row.nominee_id or 0)
    placing.answer_place(session, nominee, row.ref, True, now=now)


def _confirm(stage: Stage, now: datetime) -> None:
    """Places are confirmed with chapter and mentor, support for travel, and the meetings to come."""
    session, officer = stage.session, stage.actors["officer"]
    for n, row in enumerate(_places(stage, NominationState.ACCEPTED)):
        chapter = row.chapter or PLACES[n % len(PLACES)]["code"]
        placing.confirm(session, officer, row.ref, chapter, MENTORS[n % len(MENTORS)], now=now)
        supported = {code: basis != "none" for code, basis in row.travel["nationalities"].items()}
        support.confirm_travel(session, officer, row.ref, supported, BASIS, now=now)
        for at, one in enumerate(MEETINGS):
            on = (now + (60 + 240 * at) * DAY).date()
            paid = any(supported.values())
            support.add_meeting(session, officer, row.ref, one["title"], one["place"], on, paid, now=now)


def _start(stage: Stage, now: datetime) -> None:
    """The fellowships begin."""
    for row in _places(stage, NominationState.CONFIRMED):
        placing.move_on(stage.session, stage.actors["officer"], row.ref, NominationAction.START, now=now)


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
