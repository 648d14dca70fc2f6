"""How do the requests and offers of the demonstration world come about?

Each is begun, gone on with, submitted, checked, published or withdrawn by the use cases that pages call, as
its owner, an officer or the clock, at its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import sqlalchemy as sa

from models.entries import Entry
from models.operation import OutgoingMail
from models.reviews import ConflictDeclaration
from procedure.lifecycle import advance_entry
from seed.demo.plan import EntryPlan
from seed.loading.calls import ASKING
from seed.loading.stage import Stage
from services import audit, upkeep
from services.entries import claims, drafts, publication, standing, submission
from services.entries.rows import note_change, touch
from services.ties import people_hash
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor
from vocabulary.states import ConflictAnswer, EntryAction, EntryKind, OfferState

FIRST_ASKED = (
    "language",
    "title",
    "summary",
    "countries",
    "regions",
    "organisation_name",
    "organisation_country",
)
"""What is known when a draft is begun."""

CLAIMED_EVERY = 3
"""Of so many writers without an account one confirms the address, and has an account from then on."""

OFFICES = ("officer", "officer-2", "moderator", "moderator-2", "decider")
UNANSWERED_EVERY, STANDS_BACK_EVERY = 17, 19
ANSWERED_AFTER = timedelta(minutes=20)
COMPLETED_BEFORE = timedelta(minutes=4)
CHECKED_AFTER, ACTIVATED_AFTER, PUBLISHED_AFTER = (
    timedelta(hours=20),
    timedelta(hours=22),
    timedelta(hours=30),
)
WITHDRAWN_AFTER, PAUSED_AFTER = timedelta(days=3), timedelta(days=8)
ACTIVATED = frozenset({OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED})


def plan_entries(stage: Stage) -> None:
    """Put every entry on the timeline, from the first word to the state it has reached."""
    for number, plan in enumerate(stage.world.entries):
        stage.timeline.at(plan.begun_at, partial(_begin, stage, plan))
        if plan.submitted_at is not None:
            _plan_submitted(stage, plan, plan.submitted_at, is_claimed=_is_claimed(plan, number))


def _is_claimed(plan: EntryPlan, number: int) -> bool:
    return plan.owner is None and plan.call != "pilot" and number % CLAIMED_EVERY == 0


def _plan_submitted(stage: Stage, plan: EntryPlan, submitted: datetime, *, is_claimed: bool) -> None:
    at = stage.timeline.at
    at(submitted - COMPLETED_BEFORE, partial(_complete, stage, plan))
    at(submitted, partial(_submit, stage, plan))
    if plan.call == ASKING:
        at(submitted + ANSWERED_AFTER, partial(_answer_for_offices, stage, plan))
    if is_claimed:
        at(submitted + timedelta(minutes=25), partial(_claim, stage, plan))
    if plan.kind == EntryKind.OFFER and plan.state in ACTIVATED:
        at(submitted + CHECKED_AFTER, partial(_screen, stage, plan, publication.check))
        at(submitted + ACTIVATED_AFTER, partial(_screen, stage, plan, publication.activate))
    if plan.is_published:
        at(submitted + PUBLISHED_AFTER, partial(_screen, stage, plan, publication.publish))
    if plan.state == "withdrawn":
        at(submitted + WITHDRAWN_AFTER, partial(_withdraw, stage, plan))
    if plan.state == OfferState.PAUSED:
        at(submitted + PAUSED_AFTER, partial(_screen, stage, plan, standing.pause))
    if plan.state == OfferState.EXPIRED:
        day_after = date.fromisoformat(plan.fields["valid_until"]) + timedelta(days=1)
        at(datetime.combine(day_after, time(0, 5), UTC), partial(_expire, stage))


def _writer(stage: Stage, plan: EntryPlan) -> Actor:
    """The owner, by account or, once there is a draft, by its private link."""
    if plan.owner is not None:
        return stage.actors[plan.owner]
    signed_out = replace(SIGNED_OUT, language=plan.fields["language"])
    if plan.key not in stage.entries:
        return signed_out
    entry = stage.entry(plan.key)
    if entry.owner_id is not None:  # claimed meanwhile
        return replace(signed_out, account_id=entry.owner_id)
    return replace(signed_out, entry_ids=frozenset({entry.id}))


def _begin(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    is_draft = plan.submitted_at is None
    fields = {name: plan.fields[name] for name in (plan.fields if is_draft else FIRST_ASKED)}
    made = drafts.create_draft(
        stage.session,
        _writer(stage, plan),
        EntryKind(plan.kind),
        fields,
        now=now,
        call_ref=stage.calls[plan.call],
    )
    stage.entries[plan.key] = made.entry


def _complete(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    entry = stage.entry(plan.key)
    drafts.save(stage.session, _writer(stage, plan), entry.ref, plan.fields, entry.version, now=now)


def _submit(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    entry = stage.entry(plan.key)
    submission.submit(stage.session, _writer(stage, plan), entry.ref, entry.version, now=now)


def _answer_for_offices(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    """Whoever screens, moderates and decides says whether they have a conflict, once an entry is in.

    Some answers are still to come from the second officer, and one moderator stands back from some.
    """
    entry, number = stage.entry(plan.key), int(stage.entry(plan.key).ref[-4:])
    people = people_hash(stage.session, entry)
    for key in OFFICES:
        if key == "officer-2" and number % UNANSWERED_EVERY == 0:
            continue
        stands_back = key == "moderator-2" and number % STANDS_BACK_EVERY == 0
        answer = ConflictAnswer.CONFLICT if stands_back else ConflictAnswer.NONE
        stage.session.add(
            ConflictDeclaration(
                entry_id=entry.id,
                account_id=stage.account_id(key),
                answer=answer,
                kinds=["joint_work"] if stands_back else [],
                answered_at=now,
                people_hash=people,
                created_at=now,
                updated_at=now,
            )
        )
    stage.session.flush()
    answered = {"people": len(OFFICES)}
    audit.record(stage.session, SYSTEM, "conflict.declare", ("entry", entry.ref), now=now, after=answered)


def _claim(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    """The button behind the link of the receipt."""
    link = stage.session.execute(
        sa.select(OutgoingMail.values["confirm_link"].as_string()).where(
            OutgoingMail.template == "receipt", OutgoingMail.subject_ref == stage.entry(plan.key).ref
        )
    ).scalar_one()
    claims.confirm_email(stage.session, link.rsplit("/", 1)[1], now=now)


def _screen(stage: Stage, plan: EntryPlan, step: Callable[..., Entry], now: datetime) -> None:
    entry = stage.entry(plan.key)
    step(stage.session, stage.actors["officer"], entry.ref, entry.version, now=now)


def _withdraw(stage: Stage, plan: EntryPlan, now: datetime) -> None:
    entry = stage.entry(plan.key)
    submission.withdraw(stage.session, _writer(stage, plan), entry.ref, entry.version, None, now=now)


def _expire(stage: Stage, now: datetime) -> None:
    upkeep.expire_offers(stage.session, now=now)


def move(stage: Stage, actor: Actor, key: str, action: EntryAction, now: datetime) -> None:
    """One step of the lifecycle that has no use case yet, noted like any other."""
    entry = stage.entry(key)
    before = entry.state
    entry.state = advance_entry(entry.kind, entry.state, action)
    touch(entry, now)
    stage.session.flush()
    note_change(stage.session, entry, now)
    audit.record(
        stage.session,
        actor,
        f"entry.{action.value}",
        ("entry", entry.ref),
        now=now,
        before={"state": before},
        after={"state": entry.state},
    )
