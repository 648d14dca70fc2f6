"""Small worlds to ask the policy about: somebody of one kind, and a thing in some situation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from procedure.facts import ItemFacts, Standing
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor, Grant, Role
from vocabulary.states import CallState, EntryKind, OfferState, Publication, RequestState

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ME, OTHER = 7, 8
CALL, ENTRY = 3, 5

KINDS = ("PUB", "OWN", "COL", "PAR", "NOM", "NEE", "REV", "MOD", "OFF", "DEC", "AUD", "ADM", "FOC", "SYS")
STAFF = {
    "MOD": Role.MODERATOR,
    "OFF": Role.OFFICER,
    "DEC": Role.DECIDER,
    "AUD": Role.AUDITOR,
    "ADM": Role.ADMIN,
}
TIES: dict[str, dict[str, Any]] = {
    "OWN": {"owner_id": ME},
    "COL": {"collaborator_ids": frozenset({ME})},
    "PAR": {"partner_ids": frozenset({ME})},
    "NOM": {"nominator_id": ME},
    "NEE": {"nominee_id": ME},
    "REV": {"assigned_reviewer_ids": frozenset({ME})},
}


def actor_of(kind: str) -> Actor:
    """Somebody who is of this kind towards the entry of `item`, and of no other."""
    if kind == "PUB":
        return SIGNED_OUT
    if kind == "SYS":
        return SYSTEM
    if kind == "FOC":
        return Actor(account_id=ME, grants=frozenset({Grant(Role.FOCAL_POINT, country="KEN")}))
    if kind in STAFF:
        return Actor(account_id=ME, grants=frozenset({Grant(STAFF[kind], call_id=CALL)}))
    return Actor(account_id=ME)


def item(tie: str, **changes: Any) -> ItemFacts:
    """An entry of somebody else, in the most open situation, tied to the actor as a kind says."""
    facts = ItemFacts(
        kind=EntryKind.REQUEST,
        entry_id=ENTRY,
        state=RequestState.SUBMITTED,
        publication=Publication.PUBLISHED,
        owner_id=OTHER,
        subject_id=ME,
        countries=frozenset({"KEN", "TZA"}),
        call_id=CALL,
        call_phase=CallState.OPEN,
        opens_at=NOW - timedelta(days=30),
        closes_at=NOW,
        deadline_at=NOW + timedelta(days=30),
        conflict=Standing.CLEARED,
        proposed_by_id=OTHER,
        proposer_roles=frozenset({Role.AUDITOR, Role.DECIDER, Role.OFFICER}),
        break_glass_reason="A court asks.",
        is_blind=False,
        reviewers_see_names=True,
        shows_own_verdict=True,
        is_review_submitted=True,
        contacts_shared=True,
        is_call_over=True,
    )
    return replace(facts, **(TIES.get(tie, {}) | changes))


VARIATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"owner_id": ME},
    {"owner_id": None, "subject_id": None},
    {"subject_id": OTHER},
    {"editor_ids": frozenset({ME})},
    {"commenter_ids": frozenset({ME})},
    {"commenter_ids": frozenset({OTHER})},
    {"editor_ids": frozenset({OTHER})},
    {"past_helper_ids": frozenset({ME})},
    {"past_helper_ids": frozenset({OTHER})},
    {"deadline_at": NOW},
    {"deadline_at": NOW + timedelta(microseconds=1)},
    {"deadline_at": None},
    {"opens_at": NOW},
    {"opens_at": NOW + timedelta(seconds=1)},
    {"opens_at": None, "call_phase": None},
    {"call_phase": CallState.CLOSED},
    {"call_phase": CallState.CLOSED, "deadline_at": None},
    {"call_phase": CallState.CLOSED, "closes_at": None},
    {"call_phase": CallState.CLOSED, "closes_at": NOW + timedelta(microseconds=1)},
    {"call_phase": CallState.REVIEW},
    {"call_phase": CallState.DELIBERATION},
    {"call_phase": CallState.DECIDED},
    {"call_phase": CallState.DRAFT},
    {"call_phase": CallState.SCHEDULED},
    {"call_phase": CallState.CANCELLED},
    {"proposed_by_id": None},
    {"proposed_by_id": ME},
    {"proposed_by_id": None, "four_eyes": False},
    {"proposer_roles": frozenset({Role.ADMIN})},
    {"break_glass_reason": None},
    {"break_glass_reason": "  "},
    {"conflict": Standing.UNANSWERED},
    {"conflict": Standing.UNANSWERED, "asks_everybody": False},
    {"conflict": Standing.UNDECIDED},
    {"conflict": Standing.UPHELD},
    {"publication": Publication.NONE},
    {"publication": Publication.CONSENTED},
    {"publication": Publication.UNPUBLISHED},
    {"is_blind": True},
    {"reviewers_see_names": False},
    {"shows_own_verdict": False},
    {"is_review_submitted": False},
    {"contacts_shared": False},
    {"is_call_over": False},
    {"is_result_out": True},
    {"involved_ids": frozenset({ME})},
    {"involved_ids": frozenset({OTHER})},
    {"countries": frozenset({"TZA"})},
    {"call_id": CALL + 1},
    {"call_id": None},
)


TELLING = {
    EntryKind.REQUEST: ("draft", "submitted", "deliberation", "released"),
    EntryKind.OFFER: ("submitted", "active"),
}
"""States in which everything else is varied, too."""


def situations(kind: str) -> list[ItemFacts]:
    """Every state of a request and of an offer, and in some of them one thing after the other different."""
    return [
        item(kind, **({"kind": entry_kind, "state": state} | variation))
        for entry_kind, states in ((EntryKind.REQUEST, RequestState), (EntryKind.OFFER, OfferState))
        for state in states
        for variation in (VARIATIONS if state in TELLING[entry_kind] else VARIATIONS[:1])
    ]


SITUATIONS = {kind: situations(kind) for kind in KINDS}
