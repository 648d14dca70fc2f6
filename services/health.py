"""Do the parts that the service stands on answer?"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.operation import Heartbeat
from models.reference import Vocabulary
from services.transaction import NO_TABLES
from vocabulary.errors import HouseError
from vocabulary.messages import Message

UPGRADE = Message(
    "The database has no tables yet, or those of an older version: run `flask --app app db upgrade` first."
)


def readiness(session: Session, now: datetime, silence: timedelta) -> dict[str, str]:
    """State of each part: ok, unavailable, or for jobs "silent" when the worker has not been heard.

    A silent worker delays mail but loses nothing, so it does not take the service out.
    """
    session.execute(sa.text("SELECT 1"))
    loaded = session.execute(sa.select(sa.func.count()).select_from(Vocabulary)).scalar_one()
    beat = session.execute(sa.select(sa.func.max(Heartbeat.at))).scalar_one()
    return {
        "database": "ok",
        "reference": "ok" if loaded else "unavailable",
        "jobs": "ok" if beat is not None and now - beat <= silence else "silent",
    }


def in_words_for_operators(refused: HouseError) -> Message:
    """The sentence of a refusal; where the database was not upgraded, what to do about it."""
    return UPGRADE if refused.code == NO_TABLES else refused.message
