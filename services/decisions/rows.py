"""Fetch a decision for somebody, with its entry and the facts that the policy asks about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision, Release
from models.entries import Entry
from procedure.access import may, require
from procedure.facts import ItemFacts
from services.facts import entry_facts
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

STALE = Message("Somebody else changed this decision meanwhile. Look at it again.")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, its entry and the facts about both."""

    decision: Decision
    entry: Entry
    facts: ItemFacts


def fetch_for(
    session: Session, actor: Actor, action: Action, ref: str, *, now: datetime, lock: bool = False
) -> Ruling:
    """The decision of a reference, if the actor may do this to it.

    The entry is locked first, as everywhere. Raises NotFound where the actor may not even know of it,
    Refused where only the action is closed.
    """
    found = find(session, actor, ref, lock=lock)
    if not may(actor, Action.DECISION_READ, found.facts, now):
        raise NotFound
    require(actor, action, found.facts, now)
    return found


def find(session: Session, actor: Actor, ref: str, *, lock: bool = False) -> Ruling:
    """The decision of a reference. Raises NotFound; asks nothing else."""
    entry_id = session.execute(sa.select(Decision.entry_id).where(Decision.ref == ref)).scalar_one_or_none()
    if entry_id is None:
        raise NotFound
    entries, decisions = sa.select(Entry).where(Entry.id == entry_id), sa.select(Decision)
    if lock:
        entries = entries.with_for_update(of=Entry).execution_options(populate_existing=True)
        decisions = decisions.with_for_update().execution_options(populate_existing=True)
    entry = session.execute(entries).scalar_one()
    decision = session.execute(decisions.where(Decision.ref == ref)).scalar_one()
    return Ruling(decision, entry, decision_facts(session, entry, decision, actor))


def decision_facts(session: Session, entry: Entry, decision: Decision, actor: Actor) -> ItemFacts:
    """The facts of the entry, with who proposed this decision and who had a part in what came before it."""
    return replace(
        entry_facts(session, entry, actor),
        proposed_by_id=decision.proposed_by_id,
        four_eyes=decision.four_eyes,
        involved_ids=involved(session, entry, but=decision),
    )


def involved(session: Session, entry: Entry, *, but: Decision | None = None) -> frozenset[int]:
    """Everybody who proposed, approved or released a decision on the entry, but for one of them."""
    found: set[int] = set()
    query = (
        sa.select(Decision, Release.released_by_id)
        .outerjoin(Release, Release.id == Decision.release_id)
        .where(Decision.entry_id == entry.id, Decision.withdrawn_at.is_(None))
    )
    for decision, released_by_id in session.execute(query):
        if but is not None and decision.id == but.id:
            continue
        found |= {decision.proposed_by_id, decision.approved_by_id or 0, released_by_id or 0}
    return frozenset(found - {0})


def check_version(decision: Decision, expected: int) -> None:
    """Raises Conflict when the decision is not at the version that was read."""
    if decision.version != expected:
        current = {"ref": decision.ref, "outcome": decision.outcome, "reason": decision.reason}
        raise Conflict(
            STALE, code="version_conflict", extra={"version": decision.version, "current": current}
        )


def under_way(session: Session, entry_ids: Iterable[int]) -> dict[int, Decision]:
    """Decisions that were neither released nor taken back, by the entry's id."""
    query = sa.select(Decision).where(
        Decision.entry_id.in_(list(entry_ids)),
        Decision.released_at.is_(None),
        Decision.withdrawn_at.is_(None),
    )
    return {row.entry_id: row for row in session.execute(query).scalars()}


def in_force(session: Session, entry_ids: Iterable[int]) -> dict[int, Decision]:
    """Decisions that were released and not superseded, by the entry's id."""
    query = sa.select(Decision).where(
        Decision.entry_id.in_(list(entry_ids)),
        Decision.released_at.is_not(None),
        Decision.superseded_by_id.is_(None),
    )
    return {row.entry_id: row for row in session.execute(query).scalars()}
