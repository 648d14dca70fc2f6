"""What is an event about, as far as the policy must know it before it may be shown to somebody?

Finds entries, calls, nominations and people by kind and reference, in a fixed number of queries for a batch
of events. A thing that is gone, or is of no kind named here, is for auditors only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentPlan
from models.calls import Call
from models.decisions import Decision, Recognition
from models.entries import Entry
from models.fellowships import Fellowship, Nomination
from models.matches import Match
from models.operation import OutgoingMail
from models.reviews import Assignment, Review
from procedure.facts import ItemFacts
from services.facts import call_facts, facts_of_entries
from services.fellowships.rows import facts_of_all
from vocabulary.people import Actor

Subject = tuple[str, str]
"""Kind and reference, as the trail holds them."""

TECHNICAL = frozenset({"account", "organisation", "matching_weights", "audit", "mail"})
"""Kinds that belong to no call and hold nothing that somebody asked for or gives."""

_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Thing:
    """The facts of every entry, call, nomination or person concerned; none for what is gone.

    `entries` are what a reader may open, by kind and reference.
    """

    facts: tuple[ItemFacts, ...] = ()
    is_item: bool = False
    is_technical: bool = False
    entries: tuple[tuple[str, str], ...] = field(default=())


GONE = Thing()


def things_of(session: Session, actor: Actor, subjects: Iterable[Subject]) -> dict[Subject, Thing]:
    """Every thing of a batch of events, with its facts towards the actor."""
    refs: dict[str, set[str]] = {}
    for kind, ref in subjects:
        refs.setdefault(kind, set()).add(ref)
    behind = _entries_behind(session, refs)
    entries = _entries(session, behind.values())
    facts = facts_of_entries(session, entries.values(), actor) if entries else {}
    found = {
        subject: Thing(
            tuple(facts[one] for one in ids if one in facts),
            is_item=True,
            entries=tuple((entries[one].kind.value, entries[one].ref) for one in ids if one in entries),
        )
        for subject, ids in behind.items()
    }
    found |= _calls(session, refs)
    found |= _nominations(session, actor, refs.get("nomination", ()))
    for kind in TECHNICAL & set(refs):
        for ref in refs[kind]:
            number = int(ref) if kind == "account" and ref.isdecimal() else None
            found.setdefault((kind, ref), Thing((ItemFacts(subject_id=number),), is_technical=True))
    return found


def _entries_behind(session: Session, refs: Mapping[str, Collection[str]]) -> dict[Subject, tuple[int, ...]]:
    """The ids of the entries that each of these things belongs to."""
    found: dict[Subject, tuple[int, ...]] = {}
    for kind, query in BEHIND.items():
        if refs.get(kind):
            for row in session.execute(query(refs[kind])):
                found[(kind, str(row[0]))] = tuple(row[1:])
    return found


def _by_ref(ref: Any, *ids: Any) -> Callable[[Collection[str]], sa.Select[Any]]:
    return lambda wanted: sa.select(ref, *ids).where(ref.in_(wanted))


def _mails(wanted: Collection[str]) -> sa.Select[Any]:
    numbers = [int(one) for one in wanted if one.isdecimal() and int(one) <= _LARGEST_ID]
    columns: tuple[Any, ...] = (OutgoingMail.id, Entry.id)
    query = sa.select(*columns).join(Entry, Entry.ref == OutgoingMail.subject_ref)
    return query.where(OutgoingMail.id.in_(numbers))


BEHIND: Mapping[str, Callable[[Collection[str]], sa.Select[Any]]] = {
    "entry": _by_ref(Entry.ref, Entry.id),
    "review": _by_ref(Review.ref, Review.entry_id),
    "assignment": _by_ref(Assignment.ref, Assignment.entry_id),
    "decision": _by_ref(Decision.ref, Decision.entry_id),
    "recognition": _by_ref(Recognition.ref, Recognition.entry_id),
    "match": _by_ref(Match.ref, Match.request_id, Match.offer_id),
    "mail": _mails,
}


def _entries(session: Session, ids: Iterable[tuple[int, ...]]) -> dict[int, Entry]:
    wanted = {one for group in ids for one in group}
    if not wanted:
        return {}
    return {row.id: row for row in session.execute(sa.select(Entry).where(Entry.id.in_(wanted))).scalars()}


def _calls(session: Session, refs: Mapping[str, Collection[str]]) -> dict[Subject, Thing]:
    """Calls, and what was planned for one as a whole."""
    found: dict[Subject, Thing] = {}
    if refs.get("call"):
        for call in session.execute(sa.select(Call).where(Call.ref.in_(refs["call"]))).scalars():
            found[("call", call.ref)] = Thing((call_facts(call, opened_at=call.created_at),))
    if refs.get("assignment_plan"):
        query = sa.select(AssignmentPlan.ref, Call).join(Call, Call.id == AssignmentPlan.call_id)
        for ref, call in session.execute(query.where(AssignmentPlan.ref.in_(refs["assignment_plan"]))):
            found[("assignment_plan", ref)] = Thing((call_facts(call, opened_at=call.created_at),))
    return found


def _nominations(session: Session, actor: Actor, refs: Collection[str]) -> dict[Subject, Thing]:
    if not refs:
        return {}
    rows = session.execute(sa.select(Nomination).where(Nomination.ref.in_(refs))).scalars().all()
    around = (
        sa.select(Call, Fellowship)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(Call.id.in_({row.call_id for row in rows}))
    )
    found: dict[Subject, Thing] = {}
    for call, fellowship in session.execute(around).all() if rows else ():
        mine = [row for row in rows if row.call_id == call.id]
        facts = facts_of_all(session, actor, mine, call, fellowship)
        found |= {("nomination", row.ref): Thing((facts[row.id],), is_item=True) for row in mine}
    return found
