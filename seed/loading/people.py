"""Who has an account in the demonstration world, since when, and with which roles?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from seed.demo.plan import PersonPlan
from seed.loading.stage import Stage
from services.account_management import NewAccount, create_account
from services.organisations import find_or_create
from services.sessions import actor_of_account
from vocabulary.people import SYSTEM, Grant, Role

FOUNDED = datetime(2015, 5, 18, 8, tzinfo=UTC)
"""When the secretariat of the pilot call begins to work."""

SECRETARIAT = frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER, Role.AUDITOR, Role.ADMIN})
BEFORE_THE_CALL = timedelta(days=90)
"""How long ago reviewers, nominators and focal points were given their accounts."""


def plan_people(stage: Stage) -> None:
    """Put the making of every account on the timeline."""
    begun = {
        entry.owner: entry.begun_at
        for entry in sorted(stage.world.entries, key=lambda entry: entry.begun_at, reverse=True)
        if entry.owner
    }
    for person in stage.world.people:
        stage.timeline.at(_since(stage, person, begun.get(person.key)), partial(_join, stage, person))


def _since(stage: Stage, person: PersonPlan, first_begun: datetime | None) -> datetime:
    if Role(person.role) in SECRETARIAT:
        return FOUNDED
    joined = stage.now - BEFORE_THE_CALL
    return min(joined, first_begun - timedelta(minutes=20)) if first_begun else joined


def _join(stage: Stage, person: PersonPlan, now: datetime) -> None:
    role = Role(person.role)
    new = NewAccount(
        email=person.email,
        name=person.name,
        grants=(Grant(role, country=person.country if role is Role.FOCAL_POINT else None),),
        language=person.language,
        country=person.country,
        organisation_id=_organisation_id(stage, person, now),
        working_languages=person.working_languages,
        expertise=person.expertise,
        password_hash=stage.password_hash,
    )
    account = create_account(stage.session, SYSTEM, new, now=now, is_told=False)
    account.email_confirmed_at = now
    stage.session.flush()
    stage.actors[person.key] = actor_of_account(stage.session, account.id)


def _organisation_id(stage: Stage, person: PersonPlan, now: datetime) -> int | None:
    body = next((body for body in stage.world.organisations if body.key == person.organisation), None)
    if body is None:
        return None
    content = {
        "organisation_name": body.name,
        "organisation_acronym": body.acronym,
        "organisation_kind": body.kind,
        "organisation_country": body.country,
    }
    return find_or_create(stage.session, SYSTEM, content, now=now).id
