"""Do the parts that the service stands on answer, and how much lies in them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.operation import Heartbeat, OutgoingMail
from models.reference import Vocabulary
from services.index_building import index_state
from services.match_facts import Audience
from services.runtime import runtime
from services.transaction import NO_TABLES
from vocabulary.errors import HouseError
from vocabulary.messages import Message

UPGRADE = Message(
    "The database has no tables yet, or those of an older version: run `flask --app app db upgrade` first."
)

INDEX_STATES = ("damaged", "missing", "old", "ok", "not_needed")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """Figures for an operator's charts; counts of rows, and seconds. They name nobody."""

    n_mails: dict[str, int]
    """By state: queued, sent, failed."""

    n_entries: dict[tuple[str, str], int]
    """By kind and state."""

    seconds_since_jobs: float | None
    """Since the job worker was last heard; None where it never was."""


def gauges(session: Session, now: datetime) -> Gauges:
    """The figures as the database has them, so that every web worker tells the same."""
    mails = session.execute(sa.select(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state))
    entries = session.execute(
        sa.select(Entry.kind, Entry.state, sa.func.count()).group_by(Entry.kind, Entry.state)
    )
    beat = session.execute(sa.select(sa.func.max(Heartbeat.at))).scalar_one()
    return Gauges(
        n_mails=dict.fromkeys(("queued", "sent", "failed"), 0) | dict(mails.all()),
        n_entries={(kind.value, state): n for kind, state, n in entries},
        seconds_since_jobs=(now - beat).total_seconds() if beat is not None else None,
    )


def readiness(session: Session, now: datetime, silence: timedelta) -> dict[str, str]:
    """State of each part: ok, unavailable, or for jobs "silent" when the worker has not been heard.

    A silent worker delays mail but loses nothing, so it does not take the service out. Nor does the match
    index: ok, not_needed, old (a new version is due), missing or damaged (a small one is fitted meanwhile).
    """
    session.execute(sa.text("SELECT 1"))
    loaded = session.execute(sa.select(sa.func.count()).select_from(Vocabulary)).scalar_one()
    beat = session.execute(sa.select(sa.func.max(Heartbeat.at))).scalar_one()
    return {
        "database": "ok",
        "reference": "ok" if loaded else "unavailable",
        "index": _worst_index(session, now),
        "jobs": "ok" if beat is not None and now - beat <= silence else "silent",
    }


def _worst_index(session: Session, now: datetime) -> str:
    data_dir = runtime(session).data_dir
    states = {index_state(session, data_dir, audience, now=now).state for audience in Audience}
    return next(state for state in INDEX_STATES if state in states)


def in_words_for_operators(refused: HouseError) -> Message:
    """The sentence of a refusal; where the database was not upgraded, what to do about it."""
    return UPGRADE if refused.code == NO_TABLES else refused.message
