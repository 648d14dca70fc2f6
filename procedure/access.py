"""May this actor do this to that, now? Asks the policy table; None is yes, anything else a reason.

Pure: it gets the facts of the object and the time, and knows neither Flask nor the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from procedure.policy import POLICY, READING, SCOPES, Cell, Condition, Kind
from vocabulary.actions import Action
from vocabulary.errors import Refused
from vocabulary.messages import Message
from vocabulary.people import Actor, Role, Scope
from vocabulary.states import AssignmentState, CallState, ReviewState


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the policy must know of the object; for no particular object use ItemFacts().

    `closes_at` is the last instant at which the owner may still change it: the deadline with the grace
    or extension that holds for this object; None means no deadline. `conflict_open` is True while
    the actor has an upheld or undecided conflict on it. `people` are accounts it is about.
    """

    owner_id: int | None = None
    collaborator_ids: frozenset[int] = frozenset()
    entry_id: int | None = None
    call_id: int | None = None
    call_state: CallState | None = None
    state: str | None = None
    is_published: bool = False
    closes_at: datetime | None = None
    countries: frozenset[str] = frozenset()
    assignment: AssignmentState | None = None
    review: ReviewState | None = None
    conflict_answered: bool = False
    conflict_open: bool = False
    has_agreed_match: bool = False
    people: frozenset[int] = frozenset()


NO_OBJECT = ItemFacts()

REASONS: dict[str, Message] = {
    "not_listed": Message("Your roles do not allow this."),
    "not_published": Message("This is not published."),
    "deadline_passed": Message("The deadline has passed."),
    "wrong_phase": Message("This is not possible in the present phase."),
    "conflict_question_open": Message("Answer the conflict-of-interest question first."),
    "conflict": Message("You have a conflict of interest here."),
    "not_assigned": Message("This is not assigned to you, or you have not accepted it."),
    "not_deliberating": Message("This is open in the deliberation only."),
    "not_released": Message("The decision has not been released yet."),
    "not_agreed": Message("Contacts are shown once both sides have agreed."),
    "own_object": Message("Another person must do this."),
    "too_late_to_withdraw": Message("This can no longer be withdrawn."),
    "token_scope": Message("The token's scopes do not cover this."),
}

_ROLE_KINDS = {
    Role.MODERATOR: Kind.MODERATOR,
    Role.OFFICER: Kind.OFFICER,
    Role.DECIDER: Kind.DECIDER,
    Role.AUDITOR: Kind.AUDITOR,
    Role.ADMIN: Kind.ADMIN,
    Role.PARTNER: Kind.PARTNER,
    Role.NOMINATOR: Kind.NOMINATOR,
}
_PRE_SUBMISSION = frozenset({"draft"})
_WITHDRAWABLE = frozenset({"submitted", "returned", "in_review", "checked", "active", "paused"})
_OPEN_CALLS = frozenset({CallState.DRAFT, CallState.SCHEDULED})


def kinds(actor: Actor, facts: ItemFacts) -> frozenset[Kind]:
    """What the actor is towards the object. An open conflict leaves only the public and own kinds."""
    own = _own_kinds(actor, facts)
    if facts.conflict_open:
        return own
    found = set(own)
    for role, kind in _ROLE_KINDS.items():
        if actor.has_role(role, call_id=facts.call_id):
            found.add(kind)
    if facts.assignment is not None or (
        facts.entry_id is None and any(grant.role is Role.REVIEWER for grant in actor.grants)
    ):
        found.add(Kind.REVIEWER)
    if any(grant.role is Role.FOCAL_POINT and grant.country in facts.countries for grant in actor.grants):
        found.add(Kind.FOCAL_POINT)
    return frozenset(found)


def _own_kinds(actor: Actor, facts: ItemFacts) -> frozenset[Kind]:
    found = {Kind.PUBLIC}
    if actor.is_signed_in:
        found.add(Kind.SIGNED_IN)
        if facts.owner_id == actor.account_id:
            found.add(Kind.OWNER)
        if actor.account_id in facts.collaborator_ids:
            found.add(Kind.COLLABORATOR)
    if facts.entry_id is not None and facts.entry_id in actor.entry_ids:
        found.add(Kind.OWNER)
    return frozenset(found)


def refusal(actor: Actor | None, action: Action, facts: ItemFacts | None, now: datetime) -> str | None:
    """None when the actor may, otherwise a code of REASONS. Fails closed on anything missing."""
    if actor is None or facts is None or action not in POLICY:
        return "not_listed"
    if actor.is_system:
        return None
    if actor.scopes is not None and needed_scope(action) not in actor.scopes:
        return "token_scope"
    cells = [POLICY[action][kind] for kind in kinds(actor, facts) if kind in POLICY[action]]
    if not cells:
        return "conflict" if facts.conflict_open and POLICY[action] else "not_listed"
    reasons = [_unmet(cell, actor, facts, now) for cell in sorted(cells)]
    return None if None in reasons else reasons[0]


def require(actor: Actor | None, action: Action, facts: ItemFacts | None, now: datetime) -> None:
    """Go on only when the actor may. Raises Refused with the reason as its code and in words."""
    reason = refusal(actor, action, facts, now)
    if reason is not None:
        raise Refused(REASONS[reason], code=reason)


def is_open_to_signed_out(action: Action) -> bool:
    """Could anybody do this without an account: the public, or the holder of a private link?"""
    return bool({Kind.PUBLIC, Kind.OWNER} & POLICY.get(action, {}).keys())


def needed_scope(action: Action) -> Scope:
    """The scope that a token needs for an action."""
    return SCOPES.get(action, Scope.READ if action in READING else Scope.MANAGE)


def _unmet(cell: Cell, actor: Actor, facts: ItemFacts, now: datetime) -> str | None:
    """The first condition of a cell that does not hold, as a reason."""
    for condition in cell:
        holds, reason = _CONDITIONS[condition]
        if not holds(actor, facts, now):
            return reason
    return None


def _in_phase(_actor: Actor, facts: ItemFacts, _now: datetime) -> bool:
    if facts.entry_id is not None:
        return facts.state is not None and facts.state not in _PRE_SUBMISSION
    return facts.call_state is None or facts.call_state in _OPEN_CALLS


def _assigned_open(_actor: Actor, facts: ItemFacts, _now: datetime) -> bool:
    is_editable = facts.review in (None, ReviewState.DRAFT, ReviewState.SUBMITTED, ReviewState.RETURNED)
    is_before = facts.state in ("submitted", "in_review", "returned", "checked", "active")
    return facts.assignment is AssignmentState.ACCEPTED and is_editable and is_before


Holds = Callable[[Actor, ItemFacts, datetime], bool]

_CONDITIONS: dict[Condition, tuple[Holds, str]] = {
    Condition.ALWAYS: (lambda _actor, _facts, _now: True, "not_listed"),
    Condition.PUBLISHED: (lambda _a, facts, _n: facts.is_published or facts == NO_OBJECT, "not_published"),
    Condition.BEFORE_DEADLINE: (
        lambda _a, facts, now: facts.closes_at is None or now <= facts.closes_at,
        "deadline_passed",
    ),
    Condition.IN_PHASE: (_in_phase, "wrong_phase"),
    Condition.CLEARED: (
        lambda _a, facts, _n: facts == NO_OBJECT or (facts.conflict_answered and not facts.conflict_open),
        "conflict_question_open",
    ),
    Condition.ASSIGNED_OPEN: (_assigned_open, "not_assigned"),
    Condition.DELIBERATION: (lambda _a, facts, _n: facts.state == "deliberation", "not_deliberating"),
    Condition.RELEASED: (lambda _a, facts, _n: facts.state == "released", "not_released"),
    Condition.AGREED: (lambda _a, facts, _n: facts.has_agreed_match, "not_agreed"),
    Condition.NOT_OWN: (lambda actor, facts, _n: actor.account_id not in facts.people, "own_object"),
    Condition.WITHDRAWABLE: (lambda _a, facts, _n: facts.state in _WITHDRAWABLE, "too_late_to_withdraw"),
}
