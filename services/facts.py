"""What must the policy know of an entry before it can say who may do what?

Fills ItemFacts from rows, in a fixed number of queries for any number of entries. Knows no rule: those are in
procedure/.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.collaborators import Collaborator
from models.entries import Entry, EntryTerm
from models.reviews import Assignment, ConflictDeclaration, Review
from procedure.deadlines import Dates, deadline_of
from procedure.facts import ItemFacts, Standing
from vocabulary.people import Actor
from vocabulary.states import (
    AssignmentState,
    CallState,
    CollaboratorLevel,
    ConflictAnswer,
    ConflictRuling,
    EntryKind,
    RequestState,
    ReviewState,
)

GRACE_MINUTES = 30
"""Grace on the due date of a returned request outside of any call."""

_ASKED = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_COMMENTS = (CollaboratorLevel.COMMENT, CollaboratorLevel.EDIT)
_OVER = (CallState.RELEASED, CallState.ARCHIVED)
_SUBMITTED = (ReviewState.SUBMITTED, ReviewState.LOCKED)


def entry_facts(session: Session, entry: Entry, actor: Actor) -> ItemFacts:
    """The facts of one entry towards one actor."""
    named = None
    if "terms" not in sa.inspect(entry).unloaded:
        named = {entry.id: {term.code for term in entry.terms if term.vocabulary == "countries"}}
    return facts_of_entries(session, [entry], actor, countries=named)[entry.id]


def facts_of_entries(
    session: Session,
    entries: Iterable[Entry],
    actor: Actor,
    *,
    countries: Mapping[int, Collection[str]] | None = None,
    calls: Mapping[int, Call] | None = None,
) -> dict[int, ItemFacts]:
    """The facts of several entries towards one actor, by the entry's id.

    `countries` are those that the entries name, and `calls` the calls that they answer, where the caller has
    read them already; rows that have the columns of an entry will do then.
    """
    rows = {entry.id: entry for entry in entries}
    if calls is None:
        calls = _calls(session, {entry.call_id for entry in rows.values() if entry.call_id is not None})
    if countries is None:
        countries = _countries(session, rows)
    reviewing = _reviewing(session, rows, actor)
    standings = _standings(session, rows, actor)
    levels, past = _levels(session, rows, actor)
    found = {}
    for entry_id, entry in rows.items():
        call = calls.get(entry.call_id or 0)
        named = {*countries.get(entry_id, ()), entry.organisation_country or ""}
        found[entry_id] = ItemFacts(
            kind=entry.kind,
            entry_id=entry_id,
            state=entry.state,
            publication=entry.publication,
            owner_id=entry.owner_id,
            collaborator_ids=_me_if(actor, levels.get(entry_id), *CollaboratorLevel),
            commenter_ids=_me_if(actor, levels.get(entry_id), *_COMMENTS),
            editor_ids=_me_if(actor, levels.get(entry_id), CollaboratorLevel.EDIT),
            past_helper_ids=frozenset({actor.account_id or 0} if entry_id in past else ()),
            assigned_reviewer_ids=frozenset({actor.account_id or 0} if entry_id in reviewing else ()),
            countries=frozenset(named - {""}),
            call_id=entry.call_id,
            call_phase=call.state if call else None,
            opens_at=call.opens_at if call else None,
            closes_at=call.closes_at if call else None,
            deadline_at=entry_deadline(entry, call),
            conflict=standings.get(entry_id, Standing.UNANSWERED),
            four_eyes=call.four_eyes if call else True,
            asks_everybody=call is not None and call.asks_everybody,
            break_glass_reason=actor.reason_to_open(entry_id=entry_id),
            is_blind=call.blind_mode if call else False,
            reviewers_see_names=call.shows_reviewers if call else False,
            shows_own_verdict=call.shows_own_verdict if call else False,
            is_call_over=call is not None and call.state in _OVER,
            is_result_out=entry.kind is EntryKind.OFFER and entry.decision_id is not None,
        )
    return found


def assignment_facts(facts: ItemFacts, assignment: Assignment, review: Review | None) -> ItemFacts:
    """The facts of an entry, narrowed to one assignment to it and the review that answers it."""
    return replace(
        facts,
        subject_id=assignment.account_id,
        is_review_submitted=review is not None and review.state in _SUBMITTED,
    )


def call_facts(call: Call, *, opened_at: datetime) -> ItemFacts:
    """The facts of an entry that does not exist yet, under a call; its form was opened at `opened_at`."""
    return ItemFacts(
        call_id=call.id,
        call_phase=call.state,
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        deadline_at=deadline(call, opened_at),
        four_eyes=call.four_eyes,
    )


def entry_deadline(entry: Entry, call: Call | None) -> datetime | None:
    """The instant before which this entry can be written and submitted; None when nothing closes.

    A returned request can be answered until its due date and the grace, whatever the deadline of its call.
    """
    is_returned = entry.kind is EntryKind.REQUEST and entry.state == RequestState.RETURNED
    due_at = entry.due_at if is_returned else None
    if call is None and due_at is None:
        return None
    if call is None:
        dates = Dates(entry.opened_at, None, GRACE_MINUTES)
    else:
        dates = Dates(call.opens_at, call.closes_at, call.grace_minutes)
    return deadline_of(
        dates, draft_opened_at=entry.opened_at, extended_until=entry.extended_until, due_at=due_at
    )


def deadline(call: Call, opened_at: datetime) -> datetime | None:
    """The last instant to submit, with the grace for a form opened in time; None when nothing closes."""
    dates = Dates(call.opens_at, call.closes_at, call.grace_minutes)
    return deadline_of(dates, draft_opened_at=opened_at)


def _calls(session: Session, ids: set[int]) -> dict[int, Call]:
    if not ids:
        return {}
    return {call.id: call for call in session.execute(sa.select(Call).where(Call.id.in_(ids))).scalars()}


def _countries(session: Session, rows: Mapping[int, Entry]) -> dict[int, set[str]]:
    query = sa.select(EntryTerm.entry_id, EntryTerm.code).where(
        EntryTerm.vocabulary == "countries", EntryTerm.entry_id.in_(rows)
    )
    found: dict[int, set[str]] = {}
    for entry_id, code in session.execute(query) if rows else ():
        found.setdefault(entry_id, set()).add(code)
    return found


def _reviewing(session: Session, rows: Mapping[int, Entry], actor: Actor) -> set[int]:
    if actor.account_id is None or not rows:
        return set()
    query = sa.select(Assignment.entry_id).where(
        Assignment.account_id == actor.account_id,
        Assignment.entry_id.in_(rows),
        Assignment.state.in_(_ASKED),
    )
    return set(session.execute(query).scalars())


def _levels(
    session: Session, rows: Mapping[int, Entry], actor: Actor
) -> tuple[dict[int, CollaboratorLevel], set[int]]:
    """The entries that the actor helps with now, with what they may do there; those helped with once."""
    if actor.account_id is None or not rows:
        return {}, set()
    query = sa.select(Collaborator.entry_id, Collaborator.level, Collaborator.ended_at).where(
        Collaborator.account_id == actor.account_id, Collaborator.entry_id.in_(rows)
    )
    found = session.execute(query).all()
    levels = {row.entry_id: row.level for row in found if row.ended_at is None}
    return levels, {row.entry_id for row in found} - levels.keys()


def _me_if(actor: Actor, level: CollaboratorLevel | None, *enough: CollaboratorLevel) -> frozenset[int]:
    """The actor, where one of these levels is held."""
    return frozenset({actor.account_id or 0} if level in enough else ())


def _standings(session: Session, rows: Mapping[int, Entry], actor: Actor) -> dict[int, Standing]:
    if actor.account_id is None or not rows:
        return {}
    query = sa.select(ConflictDeclaration).where(
        ConflictDeclaration.account_id == actor.account_id, ConflictDeclaration.entry_id.in_(rows)
    )
    return {declared.entry_id: standing(declared) for declared in session.execute(query).scalars()}


def standing(declared: ConflictDeclaration) -> Standing:
    """Where somebody stands after this answer and the ruling on it, which goes before the answer.

    An answer that cleared them, given before other people came onto the entry, has to be given again.
    """
    found = _answered(declared)
    return Standing.UNANSWERED if found is Standing.CLEARED and declared.asked_again_at is not None else found


def _answered(declared: ConflictDeclaration) -> Standing:
    if declared.ruling is not None:
        return Standing.CLEARED if declared.ruling is ConflictRuling.CLEARED else Standing.UPHELD
    return {
        ConflictAnswer.NONE: Standing.CLEARED,
        ConflictAnswer.POSSIBLE: Standing.UNDECIDED,
        ConflictAnswer.CONFLICT: Standing.UPHELD,
    }[declared.answer]
