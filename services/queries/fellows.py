"""Who are the fellows, and whom did the released calls reach? What everybody may know.

A fellow is named who consented to it; everybody else is a number, and small numbers are held back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.disclosure import disclosed, total_of
from models.calls import Call
from models.fellowships import Fellowship, Nomination
from procedure.access import require
from procedure.facts import NOTHING
from services import vocabularies
from services.fellowships.fields import full_name
from services.fellowships.placing import HOLDING
from services.fellowships.questions import UNSAID, values_of
from vocabulary.actions import Action
from vocabulary.fellowships import NominationState
from vocabulary.people import Actor

NAMED = (NominationState.CONFIRMED, NominationState.ACTIVE, NominationState.COMPLETED)
COUNTED_BY = ("region", "gender", "discipline")
MOST_FELLOWS = 1000
MOST_CALLS = 50


@dataclass(frozen=True, slots=True)
class Fellow:
    """Somebody who consented to be named. Country is a code."""

    name: str
    country: str
    chapter: Mapping[str, str] | None
    call: str
    call_title: Mapping[str, str]
    state: NominationState


@dataclass(frozen=True, slots=True)
class CallFigures:
    """A released call: fellows in all, and by each attribute; None is a number that is held back."""

    call: str
    call_title: Mapping[str, str]
    n_fellows: int | None
    by: Mapping[str, Mapping[str, int | None]]


@dataclass(frozen=True, slots=True)
class FellowsPage:
    """The fellows by name, and the figures of each released call, the latest first."""

    fellows: tuple[Fellow, ...]
    calls: tuple[CallFigures, ...]


def fellows_page(session: Session, actor: Actor, *, now: datetime) -> FellowsPage:
    """Everything that is public about fellows."""
    require(actor, Action.FELLOW_READ, NOTHING, now)
    released = (
        sa.select(Call, Fellowship)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(Fellowship.released_at.is_not(None))
        .order_by(Fellowship.released_at.desc(), Call.id.desc())
        .limit(MOST_CALLS)
    )
    calls = [(found[0], found[1]) for found in session.execute(released)]
    holders = sa.select(Nomination).where(
        Nomination.call_id.in_([call.id for call, _ in calls]), Nomination.state.in_(HOLDING)
    )
    rows = session.execute(holders.order_by(Nomination.name_key, Nomination.id)).scalars().all()
    around = {call.id: (call, fellowship) for call, fellowship in calls}
    named = [row for row in rows if row.public_name and row.state in NAMED and row.erased_at is None]
    regions = {
        code: row.data.get("un_group")
        for code, row in vocabularies.terms(session, vocabularies.COUNTRIES).items()
    }
    return FellowsPage(
        tuple(_fellow(row, *around[row.call_id]) for row in named[:MOST_FELLOWS]),
        tuple(_figures(call, [row for row in rows if row.call_id == call.id], regions) for call, _ in calls),
    )


def is_released(session: Session, call_ref: str) -> bool:
    """Are the letters of this call out, if it is a fellowship call?"""
    query = sa.select(Fellowship.released_at).join(Call, Call.id == Fellowship.call_id)
    return session.execute(query.where(Call.ref == call_ref)).scalar_one_or_none() is not None


def _fellow(row: Nomination, call: Call, fellowship: Fellowship) -> Fellow:
    chapters = {one["code"]: one["title"] for one in fellowship.chapters}
    return Fellow(
        name=full_name(row.content),
        country=row.content.get("nationality") or "",
        chapter=chapters.get(row.chapter),
        call=call.ref,
        call_title=call.title,
        state=row.state,
    )


def _figures(call: Call, rows: list[Nomination], regions: Mapping[str, str | None]) -> CallFigures:
    held = [values_of(row, regions) for row in rows]
    counts = {name: Counter(str(one.get(name, UNSAID)) for one in held) for name in COUNTED_BY}
    n_fellows = total_of(counts[COUNTED_BY[0]])
    return CallFigures(
        call.ref, call.title, n_fellows, {name: disclosed(one) for name, one in counts.items()}
    )
