"""The conditions that a cell of the permission table can set, each a small pure question.

A condition that does not hold gives its reason code; procedure/reasons.py has a sentence for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from procedure.facts import ItemFacts, Standing
from vocabulary.people import Actor, Role
from vocabulary.states import CallState, EntryKind, OfferState, Publication, RequestState

Test = Callable[[Actor, ItemFacts, datetime], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A reason code, and the question whose "no" it stands for."""

    code: str
    holds: Test


_EDITABLE: dict[EntryKind | None, frozenset[str]] = {
    EntryKind.REQUEST: frozenset({RequestState.DRAFT, RequestState.SUBMITTED, RequestState.RETURNED}),
    EntryKind.OFFER: frozenset(
        {
            OfferState.DRAFT,
            OfferState.SUBMITTED,
            OfferState.RETURNED,
            OfferState.CHECKED,
            OfferState.ACTIVE,
            OfferState.PAUSED,
        }
    ),
}
_UNDER_WAY: dict[EntryKind | None, frozenset[str]] = {
    EntryKind.REQUEST: frozenset(
        set(RequestState)
        - {RequestState.DRAFT, RequestState.LAPSED, RequestState.WITHDRAWN, RequestState.ARCHIVED}
    ),
    EntryKind.OFFER: frozenset(
        set(OfferState)
        - {
            OfferState.DRAFT,
            OfferState.REFUSED,
            OfferState.WITHDRAWN,
            OfferState.CLOSED,
            OfferState.ARCHIVED,
        }
    ),
}
_BEING_REVIEWED: dict[EntryKind | None, frozenset[str]] = {
    EntryKind.REQUEST: frozenset({RequestState.SUBMITTED, RequestState.RETURNED, RequestState.IN_REVIEW}),
    EntryKind.OFFER: frozenset({OfferState.SUBMITTED, OfferState.CHECKED, OfferState.ACTIVE}),
}
_RECOGNISABLE = frozenset({OfferState.CHECKED, OfferState.ACTIVE, OfferState.PAUSED})
_DELIBERATED = frozenset({RequestState.DELIBERATION, RequestState.DECIDED})
_RELEASED = frozenset({RequestState.RELEASED, RequestState.RECONSIDERATION})
_RETURNABLE = frozenset({RequestState.SUBMITTED, RequestState.DELIBERATION})
_SCORING_PHASES = frozenset({None, CallState.OPEN, CallState.CLOSED, CallState.REVIEW})
_EXTENDED_PHASES = frozenset({CallState.CLOSED, CallState.REVIEW, CallState.DELIBERATION})
_PANEL_PHASES = frozenset({CallState.REVIEW, CallState.DELIBERATION, CallState.DECIDED})
_SINCE_PANEL = _PANEL_PHASES | {CallState.RELEASED, CallState.ARCHIVED}


def _is_open(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """The call takes entries; once its day has come only those with a deadline of their own still to come.

    A call that was closed before its day takes none: no deadline is a reason to keep it open.
    """
    has_opened = facts.opens_at is None or facts.opens_at <= now
    has_ended = facts.closes_at is not None and facts.closes_at <= now
    takes_entries = facts.call_phase in (None, CallState.OPEN) or (
        facts.call_phase in _EXTENDED_PHASES and has_ended and facts.deadline_at is not None
    )
    return has_opened and takes_entries


def _is_scored_now(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """Scores may be written: the entry is under review and neither it nor its call is deliberated."""
    return facts.state in _BEING_REVIEWED.get(facts.kind, ()) and facts.call_phase in _SCORING_PHASES


def _has_second_person(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """Somebody else took the first step, or the call does without a second person."""
    return not facts.four_eyes or facts.proposed_by_id not in (None, actor.account_id)


def _with(role: Role) -> Test:
    """Somebody else who holds the role took the first step; no setting does away with this."""

    def holds(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
        return facts.proposed_by_id not in (None, actor.account_id) and role in facts.proposer_roles

    return holds


published = Condition("not_published", lambda a, f, now: f.publication is Publication.PUBLISHED)
announced = Condition("not_published", lambda a, f, now: f.call_phase not in (None, CallState.DRAFT))
open_for_entries = Condition("call_not_open", _is_open)
before_deadline = Condition("deadline_passed", lambda a, f, now: f.deadline_at is None or now < f.deadline_at)
editable = Condition("frozen", lambda a, f, now: f.state in _EDITABLE.get(f.kind, ()))
draft = Condition("not_a_draft", lambda a, f, now: f.state == "draft")
received = Condition("wrong_phase", lambda a, f, now: f.state != "draft")
commenter = Condition("view_only", lambda a, f, now: a.account_id in f.commenter_ids)
editor = Condition("view_only", lambda a, f, now: a.account_id in f.editor_ids)
own_entry = Condition("not_yours", lambda a, f, now: a.account_id is not None and a.account_id == f.owner_id)
own_side = Condition(
    "not_yours", lambda a, f, now: a.account_id in f.partner_ids or own_entry.holds(a, f, now)
)
subject = Condition("not_yours", lambda a, f, now: a.account_id is not None and a.account_id == f.subject_id)
others_case = Condition(
    "own_case", lambda a, f, now: f.subject_id is not None and a.account_id != f.subject_id
)
cleared = Condition("conflict_unanswered", lambda a, f, now: f.conflict is Standing.CLEARED)
under_way = Condition("wrong_phase", lambda a, f, now: f.state in _UNDER_WAY.get(f.kind, ()))
submitted_request = Condition(
    "wrong_phase",
    lambda a, f, now: f.kind is EntryKind.REQUEST and f.state in _UNDER_WAY[EntryKind.REQUEST],
)
just_submitted = Condition(
    "wrong_phase", lambda a, f, now: f.kind is EntryKind.REQUEST and f.state == RequestState.SUBMITTED
)
returnable = Condition("wrong_phase", lambda a, f, now: f.state in _RETURNABLE)
assignable = Condition("wrong_phase", lambda a, f, now: f.state in _BEING_REVIEWED.get(f.kind, ()))
scored_now = Condition("scoring_closed", _is_scored_now)
deliberating = Condition("wrong_phase", lambda a, f, now: f.state == RequestState.DELIBERATION)
deliberated = Condition("before_deliberation", lambda a, f, now: f.state in _DELIBERATED)
late = Condition("before_deliberation", lambda a, f, now: f.state in _DELIBERATED | _RELEASED)
decided = Condition(
    "wrong_phase", lambda a, f, now: f.state in (RequestState.DECIDED, RequestState.INELIGIBLE)
)
released = Condition("not_released", lambda a, f, now: f.state in _RELEASED)
told = Condition("not_released", lambda a, f, now: f.state in _RELEASED or f.is_result_out)
recognisable = Condition(
    "wrong_phase", lambda a, f, now: f.kind is EntryKind.OFFER and f.state in _RECOGNISABLE
)
reconsidered = Condition("wrong_phase", lambda a, f, now: f.state == RequestState.RECONSIDERATION)
reviewed_or_deliberated = Condition(
    "wrong_phase", lambda a, f, now: assignable.holds(a, f, now) or deliberating.holds(a, f, now)
)
panel_phase = Condition("wrong_phase", lambda a, f, now: f.call_phase in _PANEL_PHASES)
panel_begun = Condition("wrong_phase", lambda a, f, now: f.call_phase in _SINCE_PANEL)
call_over = Condition("call_not_over", lambda a, f, now: f.is_call_over)
review_submitted = Condition("review_not_submitted", lambda a, f, now: f.is_review_submitted)
verdict_shown = Condition("verdict_hidden", lambda a, f, now: f.shows_own_verdict)
not_blind = Condition("blind_call", lambda a, f, now: not f.is_blind)
not_blind_or_released = Condition("blind_call", lambda a, f, now: not f.is_blind or released.holds(a, f, now))
names_shown = Condition("names_hidden", lambda a, f, now: f.reviewers_see_names)
agreed = Condition("not_agreed", lambda a, f, now: f.contacts_shared)
second_person = Condition("needs_second_person", _has_second_person)
with_auditor = Condition("needs_second_person", _with(Role.AUDITOR))
with_decider = Condition("needs_second_person", _with(Role.DECIDER))
with_officer = Condition("needs_second_person", _with(Role.OFFICER))
glass_broken = Condition("needs_reason", lambda a, f, now: bool((f.break_glass_reason or "").strip()))
not_involved = Condition("involved_before", lambda a, f, now: a.account_id not in f.involved_ids)
in_call = Condition("call_roles_only", lambda a, f, now: f.call_id is not None)
technical = Condition("not_technical", lambda a, f, now: f.entry_id is None and f.call_id is None)
