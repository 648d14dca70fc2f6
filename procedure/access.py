"""May this actor do this to that thing, now? The one place that answers.

Everything that shows or changes something asks here: use cases, lists, exports, menus. What the table
does not allow is refused, and so is every question that makes no sense (no actor, no facts, no such
action). Pure: the facts and the time are arguments.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from procedure.cells import Cell, Row
from procedure.facts import ItemFacts, Kind, Standing, has_helped, kinds_of
from procedure.gate import CLOSED_BEFORE_ANSWER
from procedure.policy import (
    BY_NOMINATORS_LINK,
    BY_NOMINEES_LINK,
    BY_PRIVATE_LINK,
    KEPT_UNDER_CONFLICT,
    LISTS,
    TABLE,
)
from procedure.reasons import REASONS
from procedure.scopes import scope_needed
from vocabulary.actions import Action
from vocabulary.errors import Refused
from vocabulary.people import Actor, Scope

_CONFLICTED = frozenset({Standing.UNDECIDED, Standing.UPHELD})
_KEPT = frozenset({Kind.PUB, Kind.OWN})
_BY_OFFICE = frozenset({Kind.REV, Kind.MOD, Kind.OFF, Kind.DEC, Kind.AUD, Kind.ADM, Kind.FOC})
_GATED = frozenset({Kind.MOD, Kind.OFF, Kind.DEC, Kind.AUD, Kind.ADM})
BY_MAILED_LINK = BY_PRIVATE_LINK | BY_NOMINATORS_LINK | BY_NOMINEES_LINK
"""What somebody without an account may do by a link that was mailed to them."""

_CLOSEST_FIRST = (*(kind for kind in Kind if kind is not Kind.PUB), Kind.PUB)


def refusal(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> str | None:
    """None when the actor may, else the code of the reason (a key of REASONS).

    Parameters
    ----------
    actor : Actor
        Who asks, with the entries whose private link they hold and the scopes of their token.
    action : Action
    facts : ItemFacts
        About the very thing; NOTHING where there is none, ANYWHERE for the actions named list.
    now : datetime
        UTC, aware.

    Notes
    -----
    Somebody with an undecided or upheld conflict keeps only what the public and the owner may do,
    whatever their roles; where everybody is asked, an office opens no content before the answer; and nobody
    holds an office over an entry of their own, or over one that they help to write or once helped with. Two
    kinds held together never give more than what each gives alone.
    """
    if not isinstance(actor, Actor) or not isinstance(facts, ItemFacts) or action not in TABLE:
        return "unknown"
    row = TABLE[action]
    if facts.anywhere and action not in LISTS:
        facts = replace(facts, anywhere=False)
    held = kinds_of(
        actor,
        facts,
        by_link=action in BY_PRIVATE_LINK,
        by_mail=action in BY_NOMINATORS_LINK,
        by_invitation=action in BY_NOMINEES_LINK,
    )
    is_own = _is_own(actor, facts)
    left = _without_conflict(held, action, facts)
    is_party = is_own or has_helped(actor.account_id, facts)
    if is_party:
        left -= _BY_OFFICE - ({Kind.REV} if action in KEPT_UNDER_CONFLICT else set())
    is_asked_first = _is_asked_first(action, facts)
    if is_asked_first:
        left -= _GATED
    answers = _answers(row, left, actor, facts, now)
    if None in answers.values():
        return _scope_refusal(actor, action, answers)
    free = _answers(row, held, actor, replace(facts, conflict=Standing.CLEARED), now)
    if left != held and None in free.values():
        return "own_case" if is_party else _conflict_code(is_asked_first)
    codes = answers or (free if is_asked_first else {})
    return next(iter(codes.values()), None) or ("role" if actor.is_signed_in else "sign_in")


def require(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> None:
    """Raise Refused, with the sentence and the code of the reason, unless the actor may."""
    code = refusal(actor, action, facts, now)
    if code is not None:
        raise Refused(REASONS[code], code=code)


def may(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> bool:
    """Is there no refusal? For menus and buttons; a use case asks `require`."""
    return refusal(actor, action, facts, now) is None


def may_propose(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> bool:
    """May the actor take the first of two steps: everything holds but the second person?"""
    return refusal(actor, action, facts, now) in (None, "needs_second_person")


def is_visible(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """May the actor know that the entry exists? If not, the answer is "not found", not "refused"."""
    ways = (Action.ENTRY_READ_PUBLIC, Action.ENTRY_READ, Action.ENTRY_PREVIEW)
    return any(may(actor, way, facts, now) for way in ways)


def is_open_to_signed_out(action: Action) -> bool:
    """Can somebody signed out ever do this, as the public or by a private link?"""
    return is_open_to_the_public(action) or action in BY_MAILED_LINK


def is_open_to_the_public(action: Action) -> bool:
    """Can somebody who holds nothing, not even a private link, ever do this?"""
    return Kind.PUB in TABLE.get(action, {})


def _is_own(actor: Actor, facts: ItemFacts) -> bool:
    """Is it the actor's own entry, by account or by its private link?"""
    if facts.entry_id is None:
        return False
    owns = actor.account_id is not None and actor.account_id == facts.owner_id
    return owns or facts.entry_id in actor.entry_ids


def _conflict_code(is_asked_first: bool) -> str:
    return "conflict_unanswered" if is_asked_first else "conflict_of_interest"


def _is_asked_first(action: Action, facts: ItemFacts) -> bool:
    """Does the conflict question stand between an office and this action?"""
    return (
        facts.asks_everybody
        and facts.entry_id is not None
        and facts.conflict is Standing.UNANSWERED
        and action in CLOSED_BEFORE_ANSWER
    )


def _without_conflict(held: frozenset[Kind], action: Action, facts: ItemFacts) -> frozenset[Kind]:
    """The kinds that a conflict leaves."""
    if facts.conflict not in _CONFLICTED:
        return held
    kept = _KEPT | {Kind.REV} if action in KEPT_UNDER_CONFLICT else _KEPT
    return held & kept


def _answers(
    row: Row, kinds: frozenset[Kind], actor: Actor, facts: ItemFacts, now: datetime
) -> dict[Kind, str | None]:
    """For each kind held that the row names: None for yes, else the code of the first "no"."""
    return {
        kind: _first_no(row[kind], actor, facts, now)
        for kind in _CLOSEST_FIRST
        if kind in kinds and kind in row
    }


def _first_no(cell: Cell, actor: Actor, facts: ItemFacts, now: datetime) -> str | None:
    return next((condition.code for condition in cell if not condition.holds(actor, facts, now)), None)


def _scope_refusal(actor: Actor, action: Action, answers: dict[Kind, str | None]) -> str | None:
    """A token needs the scope, except to read what the public may read anyway."""
    needed = scope_needed(action)
    if actor.scopes is None or needed in actor.scopes:
        return None
    is_public = needed is Scope.READ and answers.get(Kind.PUB, "no") is None
    return None if is_public else "scope"
