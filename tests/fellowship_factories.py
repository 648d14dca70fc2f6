"""Fellowship calls and nominations for tests of other parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.fellowships import Nomination, ShortlistRun
from procedure.facts import ItemFacts
from services.fellowships import nominations, settings
from services.fellowships.rows import call_only, fellowship_of, item_of
from services.references import next_reference
from tests.factories import make_actor, make_call
from vocabulary.fellowships import FellowshipBody, RunState
from vocabulary.people import Actor, Role
from vocabulary.states import CallKind, CallState

MARKS = [
    {"code": "merit", "title": {"en": "Scientific merit"}, "anchors": {}, "weight": 2},
    {"code": "fit", "title": {"en": "Fit with the call"}, "anchors": {}, "weight": 1},
]


def make_fellowship(session: Session, *, now: datetime, **changes: Any) -> str:
    """An open call for two fellows, one of them a woman; its panel marks merit and fit."""
    call = make_call(
        session,
        now=now,
        kind=CallKind.FELLOWSHIP,
        state=CallState.DRAFT,
        criteria_set_id=None,
        rule_set_id=None,
        title={"en": "Fellows for the assessment"},
    )
    content = {
        "body": FellowshipBody.ASSESSMENT,
        "selecting_body": "Management committee",
        "n_seats": 2,
        "nominators_until": call.closes_at + timedelta(days=7),
        "marks": MARKS,
        "targets": [{"attribute": "gender", "value": "woman", "least": 1}],
        "oldest_age": 35,
    }
    officer = make_actor(session, Role.OFFICER)
    settings.set_fellowship(session, officer, call.ref, content | changes, None, now=now)
    call.state = CallState.OPEN
    session.flush()
    return call.ref


def answers(**changes: Any) -> dict[str, Any]:
    """Every answer that a nomination needs."""
    return {
        "first_name": "Amina",
        "last_name": "Otieno",
        "gender": "woman",
        "born_on": "1995-03-01",
        "nationality": "KEN",
        "country": "KEN",
        "languages": ["en"],
        "organisation": "Lake Institute",
        "position": "Researcher",
        "degrees": [{"degree": "doctorate", "field": "Ecology", "place": "Nairobi", "year": 2022}],
        "discipline": "natural_sciences",
        "knowledge": "science",
        "expertise": ["water"],
        "statement": "I study lakes.",
        "nominator_name": "Joseph Kamau",
        "nominator_email": "kamau@ministry.example",
        "nominator_body": "Ministry of Environment",
        "nominator_kind": "government",
        "nominator_country": "KEN",
        "interests": "none",
        "consent_data": True,
    } | changes


def fellowship_world(session: Session, owner: Actor, *, now: datetime) -> tuple[str, str, str]:
    """References of a call, of the owner's nomination, and of a run that waits."""
    ref = make_fellowship(session, now=now)
    made = nominations.begin(session, owner, ref, answers(), now=now)
    call, _ = fellowship_of(session, ref)
    run = ShortlistRun(
        ref=next_reference(session, "SHL", now),
        call_id=call.id,
        state=RunState.WAITING,
        question={},
        question_sha256="0" * 64,
        asked_by_id=owner.account_id,
        asked_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    return ref, made.ref, run.ref


def fellowship_facts(session: Session, call_ref: str) -> ItemFacts:
    """What the policy is told about the call."""
    call, _ = fellowship_of(session, call_ref)
    return call_only(call)


def nomination_facts(session: Session, ref: str, actor: Actor) -> ItemFacts:
    """What the policy is told about a nomination."""
    row = session.execute(sa.select(Nomination).where(Nomination.ref == ref)).scalar_one()
    return item_of(session, actor, row).facts
