"""Rows for tests, as plain functions with honest defaults: what is made is what the service itself makes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.people import Account, RoleGrant
from models.reference import CriteriaSet, RuleSet
from models.reviews import ConflictDeclaration
from services.entries.drafts import CreatedDraft, create_draft
from services.entries.publication import publish
from services.entries.submission import submit
from services.references import next_reference
from services.sessions import actor_of_account
from vocabulary.people import SIGNED_OUT, Actor, Grant, Role
from vocabulary.states import CallKind, CallState, ConflictAnswer, EntryKind

MADE_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
OFFICER = Actor(account_id=0, grants=frozenset({Grant(Role.OFFICER)}))
"""An officer of the whole service, for acts that leave no trace of who did them but in the audit trail."""

_numbers = itertools.count(1)

SHARED = {
    "language": "en",
    "title": "Mentors for a national ecosystem assessment",
    "summary": "We prepare our first national assessment and look for people who have led one.",
    "strategies": ["S3"],
    "initiatives": ["3b"],
    "needs": ["2.1"],
    "categories": ["national_assessment"],
    "countries": ["KEN"],
    "support": ["mentoring", "training"],
    "languages": ["en", "sw"],
    "level": "national",
    "stage": "implementation",
    "currency": "USD",
    "starts_on": "2027-01-15",
    "ends_on": "2027-12-15",
    "organisation_name": "Institute of Savannah Studies",
    "organisation_kind": "research",
    "organisation_country": "KEN",
    "contact_name": "Amina Example",
    "contact_email": "amina@savannah.example",
    "contact_way": "email",
    "consent_terms": True,
    "public_fields": ["countries", "needs", "organisation_name", "summary", "support", "title"],
}
REQUEST = SHARED | {
    "need": "Nobody on the team has led an assessment before.",
    "activities": "A scoping workshop, four author meetings and a review.",
    "results": "A national assessment with a summary for policymakers.",
    "essential_support": ["mentoring"],
    "amount_needed": "60000.00",
    "amount_sought": "25000.00",
    "focal_point_consulted": "no",
    "self_assessment": {"11": {"finding": "met", "text": "All ecosystems of the country are covered."}},
}
OFFER = SHARED | {
    "title": "Two mentors for national assessments",
    "contribution": "c",
    "amount_ceiling": "40000.00",
    "amount_per_request": "20000.00",
    "capacity": 2,
    "capacity_unit": "projects",
    "valid_until": "2027-06-30",
    "contact_email": "paul@partner.example",
    "organisation_name": "Partner Foundation",
}
CONTENT: Mapping[EntryKind, Mapping[str, Any]] = {EntryKind.REQUEST: REQUEST, EntryKind.OFFER: OFFER}


def content(kind: EntryKind = EntryKind.REQUEST, **changes: Any) -> dict[str, Any]:
    """What can be submitted as it is; `changes` take the place of fields."""
    return dict(CONTENT[kind]) | changes


def _surname(n: int) -> str:
    """Letters of its own for each number: names that look alike would be taken for one person."""
    digits = sha256(str(n).encode()).hexdigest()[:10]
    return digits.translate(str.maketrans("0123456789abcdef", "bcdfghklmnprstvw")).title()


def make_account(
    session: Session,
    *roles: Role,
    email: str | None = None,
    call_id: int | None = None,
    country: str | None = None,
    **changes: Any,
) -> Account:
    """A confirmed account; its roles hold everywhere, or for the call or country named."""
    n = next(_numbers)
    account = Account(
        **(
            {
                "email": email or f"person{n}@people.example",
                "name": f"Person {n} {_surname(n)}",
                "language": "en",
                "working_languages": ["en"],
                "email_confirmed_at": MADE_AT,
                "created_at": MADE_AT,
                "updated_at": MADE_AT,
                "grants": [
                    RoleGrant(role=role, call_id=call_id, country=country, granted_at=MADE_AT)
                    for role in roles
                ],
            }
            | changes
        )
    )
    session.add(account)
    session.flush()
    return account


def make_actor(session: Session, *roles: Role, **changes: Any) -> Actor:
    """Somebody signed in with these roles."""
    return actor_of_account(session, make_account(session, *roles, **changes).id)


def link_holder(entry_id: int) -> Actor:
    """Somebody without an account who came by the private link of an entry."""
    return Actor(entry_ids=frozenset({entry_id}))


def make_call(session: Session, *, now: datetime = MADE_AT, **changes: Any) -> Call:
    """An open call for requests, from a month ago to a month ahead, with the criteria and rules loaded."""
    values: dict[str, Any] = {
        "kind": CallKind.REQUESTS,
        "state": CallState.OPEN,
        "title": {"en": "Call for requests"},
        "text": {"en": "Tell us what you need."},
        "strategies": ["S1", "S2", "S3"],
        "opens_at": now - timedelta(days=30),
        "closes_at": now + timedelta(days=30),
        "zone": "Europe/Berlin",
        "eligibility": {},
        "asks_everybody": False,
        "criteria_set_id": session.execute(sa.select(sa.func.min(CriteriaSet.id))).scalar_one(),
        "rule_set_id": session.execute(sa.select(sa.func.min(RuleSet.id))).scalar_one(),
        "created_at": now,
        "updated_at": now,
    }
    call = Call(**({"ref": next_reference(session, "CALL", now)} | values | changes))
    session.add(call)
    session.flush()
    return call


def make_draft(
    session: Session,
    kind: EntryKind = EntryKind.REQUEST,
    *,
    actor: Actor = SIGNED_OUT,
    now: datetime = MADE_AT,
    call: Call | None = None,
    **changes: Any,
) -> CreatedDraft:
    """A draft that could be submitted as it is."""
    return create_draft(
        session, actor, kind, content(kind, **changes), now=now, call_ref=call.ref if call else None
    )


def make_submitted(
    session: Session,
    kind: EntryKind = EntryKind.REQUEST,
    *,
    actor: Actor = SIGNED_OUT,
    now: datetime = MADE_AT,
    call: Call | None = None,
    **changes: Any,
) -> Entry:
    """A submitted entry; of nobody, unless an actor is given."""
    made = make_draft(session, kind, actor=actor, now=now, call=call, **changes).entry
    owner = actor if actor.is_signed_in else link_holder(made.id)
    submit(session, owner, made.ref, made.version, now=now)
    return made


def make_published(
    session: Session,
    kind: EntryKind = EntryKind.REQUEST,
    *,
    actor: Actor = SIGNED_OUT,
    now: datetime = MADE_AT,
    **changes: Any,
) -> Entry:
    """An entry that everybody sees, as far as its owner consented."""
    made = make_submitted(session, kind, actor=actor, now=now, **changes)
    return publish(session, OFFICER, made.ref, made.version, now=now)


def make_conflict(
    session: Session,
    actor: Actor,
    entry_ref: str,
    answer: ConflictAnswer = ConflictAnswer.CONFLICT,
    *,
    now: datetime = MADE_AT,
) -> ConflictDeclaration:
    """What somebody answered to the conflict question about an entry."""
    entry_id = session.execute(sa.select(Entry.id).where(Entry.ref == entry_ref)).scalar_one()
    declared = ConflictDeclaration(
        entry_id=entry_id,
        account_id=actor.account_id,
        answer=answer,
        kinds=["family"] if answer is not ConflictAnswer.NONE else [],
        answered_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(declared)
    session.flush()
    return declared
