"""Which criteria and rules are there, and which hold where none are pinned? By body and version.

Any number of bodies may have their criteria and rules in one service. Those of the body that was loaded first
hold outside of calls, and for a call that names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.reference import CriteriaSet, Criterion, RuleSet
from services import vocabularies
from vocabulary.errors import Unavailable
from vocabulary.messages import Message

Kept = TypeVar("Kept", CriteriaSet, RuleSet)


@dataclass(frozen=True, slots=True)
class Named:
    """A criteria set or rule set: its id, and body and version as people write them, "ipbes/2017-1"."""

    id: int
    name: str
    version: str


Names = Mapping[type[CriteriaSet] | type[RuleSet], Mapping[int, Named]]


def in_force(session: Session, kind: type[Kept]) -> Kept:
    """The latest version of the body that was loaded first. Raises Unavailable when nothing is loaded."""
    first = sa.select(kind.code).order_by(kind.id).limit(1).scalar_subquery()
    query = sa.select(kind).where(kind.code == first).order_by(kind.id.desc()).limit(1)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Unavailable(Message("The reference data are not loaded yet."))
    return found


def names(session: Session) -> Names:
    """Every criteria set and rule set by id, the first loaded first."""
    return {
        kind: {
            row.id: Named(row.id, f"{row.code}/{row.version}", row.version)
            for row in session.execute(sa.select(kind.id, kind.code, kind.version).order_by(kind.id))
        }
        for kind in (CriteriaSet, RuleSet)
    }


def strategies_of(session: Session, criteria_set_id: int) -> tuple[str, ...]:
    """The strategies that a criteria set scores, in its order."""
    query = sa.select(Criterion.strategy).where(Criterion.set_id == criteria_set_id)
    return tuple(dict.fromkeys(session.execute(query.order_by(Criterion.position)).scalars()))


def offered(
    session: Session, vocabulary: str, *, call_ref: str | None = None, entry_ref: str | None = None
) -> frozenset[str]:
    """The strategies or criteria that a form offers: those of the call it answers.

    Outside of a call, and in one that pins none, those of the body that the service was set up for.
    """
    query = sa.select(Call.strategies, Call.criteria_set_id)
    if entry_ref is not None:
        query = query.join(Entry, Entry.call_id == Call.id).where(Entry.ref == entry_ref)
    else:
        query = query.where(Call.ref == call_ref)
    call = session.execute(query).one_or_none()
    if call is None or call.criteria_set_id is None:
        rows = vocabularies.terms(session, vocabulary)
        return frozenset(code for code, row in rows.items() if "programme" not in row.data)
    if vocabulary == "strategies":
        return frozenset(call.strategies)
    codes = sa.select(Criterion.code).where(Criterion.set_id == call.criteria_set_id)
    return frozenset(session.execute(codes).scalars())
