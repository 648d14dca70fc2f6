"""May somebody be told of an event, and how much of it?

Three ways: an auditor is told of every event; somebody who runs a call, of those of the call's things that
they may read anyway; a party of a thing, of what it did itself and of what it learns anyway. Whoever has a
conflict of interest on an entry is told nothing of it, unless they are its owner. Facts are arguments.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.audit import AuditEvent
from procedure.access import may
from procedure.facts import ItemFacts, Standing
from services.audit import actor_label
from services.trail.things import Thing
from vocabulary.actions import Action
from vocabulary.events import EVENTS, UNKNOWN
from vocabulary.people import Actor, Role

READS: Mapping[str, Action] = {
    "review": Action.REVIEW_READ_OTHERS,
    "panel": Action.REVIEW_READ_RESULTS,
    "assignment": Action.REVIEW_READ_AUTHOR,
    "conflict": Action.CONFLICT_READ,
    "decision": Action.DECISION_READ,
    "letter": Action.DECISION_READ,
    "reconsideration": Action.DECISION_READ,
    "recognition": Action.DECISION_READ,
    "match": Action.MATCH_READ,
}
"""By the first part of an event's name: what one must be able to read of an entry to be told its values."""

BY_AUTHORS = frozenset(
    {
        "review.start",
        "review.save",
        "review.submit",
        "review.reopen",
        "review.take_revision",
        "assignment.accept",
        "assignment.decline",
        "assignment.recuse",
    }
)
"""What the author of a review does, whoever else they are."""

PARTY_READS = ("fields", "public_fields")
"""Values that a party sees: names of fields, which it has filled in itself."""

_CONFLICTED = (Standing.UNDECIDED, Standing.UPHELD)


@dataclass(frozen=True, slots=True)
class Told:
    """How much of an event somebody is told: `is_whole` with its values and reason, else as a party."""

    is_mine: bool
    by_office: bool
    is_whole: bool


def told(
    actor: Actor, event: AuditEvent, thing: Thing, closed: Collection[str], now: datetime
) -> Told | None:
    """None when the actor may not know of the event at all.

    `closed` are references of entries that a conflict of interest closes to the actor, and of decisions on
    them. An event on another thing that names one of them is not told. Of what concerns a whole call values
    are not told, and nothing where it concerns these alone.
    """
    is_mine = actor.account_id is not None and event.actor == actor_label(actor)
    if closed and (_names(event, closed) if thing.is_item else _is_only_about(event, closed)):
        return None
    if _by_office(actor, event, thing, now):
        reads = all(may(actor, _reading(event, facts), facts, now) for facts in thing.facts if thing.is_item)
        return Told(is_mine, by_office=True, is_whole=reads and (thing.is_item or not closed))
    if _by_party(actor, event, thing, now, is_mine=is_mine):
        return Told(is_mine, by_office=False, is_whole=False)
    return None


def _by_office(actor: Actor, event: AuditEvent, thing: Thing, now: datetime) -> bool:
    if _is_party(actor, thing):
        return False
    if not thing.facts:
        return may(actor, Action.AUDIT_READ, ItemFacts(), now) and actor.has_role(Role.AUDITOR)
    return all(_opens(actor, event, thing, facts, now) for facts in thing.facts)


def _opens(actor: Actor, event: AuditEvent, thing: Thing, facts: ItemFacts, now: datetime) -> bool:
    """Does an office of the actor open the event, as far as these facts go?"""
    if facts.conflict in _CONFLICTED or not may(actor, Action.AUDIT_READ, facts, now):
        return False
    if actor.has_role(Role.AUDITOR, call_id=facts.call_id):
        return True
    if facts.call_id is None:
        return thing.is_technical
    return not thing.is_item or may(actor, _reading(event, facts), facts, now)


def _is_party(actor: Actor, thing: Thing) -> bool:
    """Nobody holds an office over an entry or a nomination of their own."""
    mine = actor.account_id
    return mine is not None and any(
        mine in (facts.owner_id, facts.nominator_id, facts.nominee_id) for facts in thing.facts
    )


def _by_party(actor: Actor, event: AuditEvent, thing: Thing, now: datetime, *, is_mine: bool) -> bool:
    if actor.account_id is None:
        return False
    is_told = EVENTS.get(event.action, UNKNOWN).is_told
    return any(_is_for_party(actor, facts, is_told, is_mine, now) for facts in thing.facts)


def _is_for_party(actor: Actor, facts: ItemFacts, is_told: bool, is_mine: bool, now: datetime) -> bool:
    if is_told and may(actor, Action.AUDIT_READ_OWN, facts, now):
        return True
    own_action = replace(facts, subject_id=actor.account_id)
    return (
        is_mine and facts.conflict not in _CONFLICTED and may(actor, Action.AUDIT_READ_OWN, own_action, now)
    )


def _reading(event: AuditEvent, facts: ItemFacts) -> Action:
    if facts.nomination_id is not None:
        return Action.NOMINATION_READ
    return READS.get(event.action.partition(".")[0], Action.ENTRY_READ)


def _names(event: AuditEvent, refs: Collection[str]) -> bool:
    """Does a value or the reason of the event name one of these references?"""
    said = json.dumps([event.before, event.after, event.reason], ensure_ascii=False)
    return any(ref in said for ref in refs)


def _is_only_about(event: AuditEvent, refs: Collection[str]) -> bool:
    """Does the event list references, and only these?"""
    lists = [value for value in (event.after or {}).values() if isinstance(value, list)]
    named = {str(one) for value in lists for one in value}
    return bool(named) and named <= set(refs)


def values_of(event: AuditEvent, heard: Told) -> tuple[tuple[str, Any, Any], ...]:
    """Name, value before and value after of every field that the reader is told."""
    before, after = event.before or {}, event.after or {}
    names = sorted({*before, *after})
    if not heard.is_whole:
        names = [name for name in names if heard.is_mine and name in PARTY_READS]
    return tuple((name, before.get(name), after.get(name)) for name in names)


def may_name(
    actor: Actor, event: AuditEvent, thing: Thing, account_id: int, now: datetime, *, is_staff: bool
) -> bool:
    """May the reader, who is told by office, learn that this person did it?

    Whoever holds an office is named, but not as the author of a review; reviewers are named to whoever may
    know the author of a review, owners and parties of a nomination to whoever may read who they are. Who
    reviews the entry is not asked: a name must not come and go with an assignment that is hidden.
    """
    return all(_may_name(actor, event, facts, account_id, is_staff, now) for facts in thing.facts)


def _may_name(
    actor: Actor, event: AuditEvent, facts: ItemFacts, account_id: int, is_staff: bool, now: datetime
) -> bool:
    needed: set[Action] = set()
    if facts.nomination_id is not None:
        needed.add(Action.NOMINATION_READ)
    if facts.entry_id is not None:
        is_owner = account_id == facts.owner_id
        if event.action in BY_AUTHORS or not (is_staff or is_owner):
            needed.add(Action.REVIEW_READ_AUTHOR)
        if is_owner or not is_staff:
            needed.add(Action.ENTRY_READ_IDENTITY)
        if not is_owner and event.action in BY_AUTHORS:
            needed.discard(Action.ENTRY_READ_IDENTITY)
    return all(may(actor, action, facts, now) for action in needed)
