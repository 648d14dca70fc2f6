"""Which fields of an entry may somebody see, and which entries does a list hold for them?

Asks the policy table for one entry; says the same as conditions in SQL for lists, so that a count, a search
or a sort order tells nobody more than a page would.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from models.calls import Call
from models.collaborators import Collaborator
from models.entries import Entry, EntryTerm
from models.reviews import Assignment, ConflictDeclaration
from procedure.access import may
from procedure.facts import ItemFacts, helps
from services.entries.fields import fields_of, personal, publishable
from vocabulary.actions import Action
from vocabulary.people import Actor, Role, Scope
from vocabulary.states import (
    AssignmentState,
    CallState,
    ConflictAnswer,
    ConflictRuling,
    EntryKind,
    Publication,
    RequestState,
)

CONTACT = frozenset({"contact_name", "contact_email", "contact_phone", "contact_way"})
IDENTITY = frozenset(
    {
        "organisation_name",
        "organisation_acronym",
        "organisation_site",
        "organisation_kind",
        "organisation_country",
    }
)
PREVIEWED = IDENTITY | {"title", "language", "people_involved", "contact_name", "focal_point_name"}
"""What somebody sees before the conflict question is answered: the title, the people, the institutions."""

_OFFICES = (Role.OFFICER, Role.MODERATOR, Role.DECIDER)
_UNRELEASED = (RequestState.INELIGIBLE, RequestState.DELIBERATION, RequestState.DECIDED)
_LATER = (CallState.REVIEW, CallState.DELIBERATION, CallState.DECIDED)
"""Phases in which what is found not eligible looks like what is under review; before, like any other."""

Condition = sa.ColumnElement[bool]


def shown_fields(
    actor: Actor, kind: EntryKind, public_fields: Collection[str], facts: ItemFacts, now: datetime
) -> frozenset[str]:
    """Names of the fields that the actor may see of one entry; empty where it is not visible at all."""
    every = {field.name for field in fields_of(kind)}
    shown: set[str] = set()
    if may(actor, Action.ENTRY_READ_PUBLIC, facts, now):
        shown |= set(public_fields) & set(publishable(kind))
    if may(actor, Action.ENTRY_READ, facts, now):
        shown |= every - IDENTITY - CONTACT - set(personal(kind))
        if may(actor, Action.ENTRY_READ_IDENTITY, facts, now):
            shown |= every - CONTACT
        if _may_write_to(actor, facts, now):
            shown |= CONTACT
    elif may(actor, Action.ENTRY_PREVIEW, facts, now):
        shown |= {"title", "language"} if facts.is_blind else PREVIEWED & every
    return frozenset(shown)


def _may_write_to(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """Contact data are for the owner, who may hold only a private link, and for whoever writes to them."""
    is_holder = facts.entry_id is not None and facts.entry_id in actor.entry_ids
    return is_holder or may(actor, Action.ENTRY_MESSAGE, facts, now)


def shown_state(actor: Actor, facts: ItemFacts) -> str | None:
    """The state as the reader may know it: what was found or decided stays hidden until it is released.

    Whoever holds an office over the entry sees the state itself; its owner, who helps them and a focal point
    do not.
    """
    is_own = facts.entry_id in actor.entry_ids or facts.owner_id == (actor.account_id or -1)
    is_party = is_own or helps(actor.account_id, facts)
    holds_office = any(actor.has_role(role, call_id=facts.call_id) for role in _OFFICES)
    is_reviewer = (actor.account_id or -1) in facts.assigned_reviewer_ids
    if actor.is_system or ((holds_office or is_reviewer) and not is_party):
        return facts.state
    if facts.state == RequestState.INELIGIBLE and facts.call_phase not in _LATER:
        return RequestState.SUBMITTED
    return RequestState.IN_REVIEW if facts.state in _UNRELEASED else facts.state


# --- the same in SQL --------------------------------------------------------------------------------------

_NOT_UNDER_WAY = ("draft", "lapsed", "withdrawn", "archived", "refused", "closed")
_ASKED = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
NOTHING: Condition = sa.false()


def is_public() -> Condition:
    """Published: everybody sees what the owner consented to."""
    return Entry.publication == Publication.PUBLISHED


def may_read_at_all(actor: Actor) -> bool:
    """A program whose token lacks the scope to read sees what the public sees, whatever its owner may."""
    return actor.scopes is None or Scope.READ in actor.scopes


def is_own(actor: Actor) -> Condition:
    """The actor's own entries, by account or by a private link."""
    if not may_read_at_all(actor):
        return NOTHING
    ways: list[Condition] = []
    if actor.account_id is not None:
        ways.append(Entry.owner_id == actor.account_id)
    if actor.entry_ids:
        ways.append(Entry.id.in_(actor.entry_ids))
    return sa.or_(*ways) if ways else NOTHING


def is_helped(actor: Actor) -> Condition:
    """The entries that the actor helps with, as long as no conflict of interest bars them."""
    if actor.account_id is None or not may_read_at_all(actor):
        return NOTHING
    return sa.and_(_is_helping(actor), sa.not_(has_conflict(actor)))


def _is_helping(actor: Actor) -> Condition:
    entries = sa.select(Collaborator.entry_id).where(
        Collaborator.account_id == actor.account_id, Collaborator.ended_at.is_(None)
    )
    return Entry.id.in_(entries)


def _may_judge(actor: Actor) -> Condition:
    """No conflict of interest bars the actor, and they did not help to write it, now or once."""
    helped = sa.select(Collaborator.entry_id).where(Collaborator.account_id == actor.account_id)
    return sa.and_(sa.not_(has_conflict(actor)), Entry.id.not_in(helped))


def is_readable(actor: Actor, *, with_identity: bool = False) -> Condition:
    """Entries whose content the actor may read; with `with_identity` only where also whose they are."""
    if actor.is_system:
        return sa.true()
    if actor.account_id is None or not may_read_at_all(actor):
        return is_own(actor)
    under_way = Entry.state.not_in(_NOT_UNDER_WAY)
    open_names = sa.not_(_is_blind()) if with_identity else sa.true()
    answered = sa.or_(sa.not_(_asks_everybody()), _is_cleared(actor))
    panel = sa.or_(
        _in_calls(actor, Role.MODERATOR),
        _in_calls(actor, Role.DECIDER),
        _is_reviewing(actor, cleared=True),
    )
    ways = [
        sa.and_(_in_calls(actor, Role.OFFICER), Entry.state != "draft", answered),
        sa.and_(panel, under_way, open_names, answered),
    ]
    if not with_identity:
        ways.append(sa.and_(_touches_country(actor), under_way, Entry.kind == EntryKind.REQUEST))
    return sa.or_(is_own(actor), is_helped(actor), sa.and_(sa.or_(*ways), _may_judge(actor)))


def has_shown_state(actor: Actor, states: Collection[str]) -> Condition:
    """Entries whose state, as far as the actor may know it, is one of these."""
    office = sa.or_(*(_in_calls(actor, role) for role in _OFFICES), _is_reviewing(actor, cleared=False))
    sees = sa.and_(office, sa.not_(sa.or_(is_own(actor), is_helped(actor))))
    later = sa.select(Call.id).where(Call.state.in_(_LATER))
    early = sa.and_(
        Entry.state == RequestState.INELIGIBLE, sa.or_(Entry.call_id.is_(None), Entry.call_id.not_in(later))
    )
    shown = sa.case(
        (sees, Entry.state),
        (early, sa.literal(RequestState.SUBMITTED.value)),
        (Entry.state.in_(_UNRELEASED), sa.literal(RequestState.IN_REVIEW.value)),
        else_=Entry.state,
    )
    return shown.in_(list(states))


def is_previewed(actor: Actor) -> Condition:
    """Entries of which the actor sees title, people and institutions: the conflict question is not answered.

    Those that the actor is asked to review, and those in the care of an officer, moderator or decider.
    """
    if actor.account_id is None or not may_read_at_all(actor):
        return NOTHING
    asked = sa.and_(_is_reviewing(actor, cleared=False), _may_judge(actor))
    return sa.or_(asked, is_previewed_in_office(actor))


def is_previewed_in_office(actor: Actor) -> Condition:
    """Those of them that an officer, moderator or decider has: where each stands in the procedure is no
    content, so they may be listed by it."""
    if actor.account_id is None or not may_read_at_all(actor):
        return NOTHING
    offices = [_in_calls(actor, role) for role in (Role.OFFICER, Role.MODERATOR, Role.DECIDER)]
    return sa.and_(sa.or_(*offices), Entry.state != "draft", _may_judge(actor))


def _in_calls(actor: Actor, role: Role) -> Condition:
    """Entries for which a role holds: all of them, or those of the calls that it is held for."""
    grants = [grant for grant in actor.grants if grant.role is role and grant.country is None]
    if any(grant.call_id is None for grant in grants):
        return sa.true()
    calls = sorted(grant.call_id for grant in grants if grant.call_id is not None)
    return Entry.call_id.in_(calls) if calls else NOTHING


def _touches_country(actor: Actor) -> Condition:
    """Entries that name a country whose focal point the actor is, or whose organisation sits there."""
    held = sorted(grant.country for grant in actor.grants if grant.role is Role.FOCAL_POINT and grant.country)
    if not held:
        return NOTHING
    return sa.or_(Entry.organisation_country.in_(held), names_code("countries", held))


def names_code(vocabulary: str, codes: Collection[str]) -> Condition:
    """Entries that name one of these codes."""
    named = sa.select(EntryTerm.entry_id).where(
        EntryTerm.vocabulary == vocabulary, EntryTerm.code.in_(sorted(codes))
    )
    return Entry.id.in_(named)


def _asks_everybody() -> Condition:
    asking = sa.select(Call.id).where(Call.asks_everybody.is_(True))
    return sa.and_(Entry.call_id.is_not(None), Entry.call_id.in_(asking))


def _is_blind() -> Condition:
    blind = sa.select(Call.id).where(Call.blind_mode.is_(True))
    return sa.and_(Entry.call_id.is_not(None), Entry.call_id.in_(blind))


def _is_reviewing(actor: Actor, *, cleared: bool) -> Condition:
    entries = sa.select(Assignment.entry_id).where(
        Assignment.account_id == actor.account_id, Assignment.state.in_(_ASKED)
    )
    asked = Entry.id.in_(entries)
    return sa.and_(asked, _is_cleared(actor)) if cleared else asked


def _is_cleared(actor: Actor) -> Condition:
    return _has_declared(
        actor,
        sa.and_(
            ConflictDeclaration.asked_again_at.is_(None),
            sa.or_(
                ConflictDeclaration.ruling == ConflictRuling.CLEARED,
                sa.and_(
                    ConflictDeclaration.ruling.is_(None), ConflictDeclaration.answer == ConflictAnswer.NONE
                ),
            ),
        ),
    )


def has_conflict(actor: Actor) -> Condition:
    """An upheld or undecided conflict: the entry is then in no list, count or search of the actor's."""
    return _has_declared(
        actor,
        sa.or_(
            ConflictDeclaration.ruling == ConflictRuling.UPHELD,
            sa.and_(ConflictDeclaration.ruling.is_(None), ConflictDeclaration.answer != ConflictAnswer.NONE),
        ),
    )


def _has_declared(actor: Actor, condition: Condition) -> Condition:
    entries = sa.select(ConflictDeclaration.entry_id).where(
        ConflictDeclaration.account_id == actor.account_id, condition
    )
    return Entry.id.in_(entries)
