"""Where does the conflict question stand: for whoever holds an office, and for those who rule on it?

Frozen rows. Before somebody has answered, of an entry only title, people, institutions and countries show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.ties import Tie
from models.calls import Call
from models.conflicts import ConflictLift
from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration
from procedure.access import is_visible, may, refusal, require
from procedure.facts import ANYWHERE, ItemFacts, Standing
from services import vocabularies
from services.conflict_answers import KINDS, person_of
from services.conflict_hints import in_words
from services.conflicts import shown_hints
from services.entries.visibility import is_previewed_in_office, shown_fields
from services.facts import entry_facts, facts_of_entries, standing
from services.queries.readable import ShownField, readable
from services.ties import seen_between
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import AssignmentState, ConflictAnswer, ConflictRuling

MOST_ROWS = 50
MOST_DECLARED = 500
_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class HintRow:
    """One thing that the service points to."""

    fingerprint: str
    text: Message


@dataclass(frozen=True, slots=True)
class OwnRow:
    """An entry whose conflict question is the actor's to answer; of a blind call its title only."""

    ref: str
    title: str | None
    language: str | None
    organisation: str | None
    contact: str | None
    countries: tuple[str, ...]
    has_hints: bool


@dataclass(frozen=True, slots=True)
class Own:
    """What is to be answered, the first of them, how many in all, and what waits for a ruling."""

    rows: tuple[OwnRow, ...]
    n_open: int
    waiting: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class OfficeGate:
    """The conflict question on an entry that one holds an office over."""

    ref: str
    standing: Standing
    answered_at: datetime | None
    title: str | None
    language: str | None
    preview: Mapping[str, ShownField]
    hints: tuple[HintRow, ...]


@dataclass(frozen=True, slots=True)
class DeclaredRow:
    """What somebody declared, and what may be done about it now."""

    entry_ref: str
    title: str | None
    account_id: int
    person: str
    answer: ConflictAnswer
    ruling: ConflictRuling | None
    standing: Standing
    kinds: tuple[Message, ...]
    text: str | None
    answered_at: datetime
    ruled_by: str | None
    lift_reason: str | None
    may_rule: bool
    may_propose_lift: bool
    may_approve_lift: bool


@dataclass(frozen=True, slots=True)
class PointedRow:
    """Something that the service points to between a reviewer who is asked and an entry, not answered yet."""

    entry_ref: str
    title: str | None
    account_id: int
    person: str
    hint: HintRow


@dataclass(frozen=True, slots=True)
class Register:
    """Declarations other than «none», the latest first, and what the service points to."""

    rows: tuple[DeclaredRow, ...]
    pointed: tuple[PointedRow, ...]


def hint_rows(ties: Sequence[Tie]) -> tuple[HintRow, ...]:
    """What the service points to, as it reads."""
    return tuple(HintRow(tie.fingerprint, in_words(tie)) for tie in ties)


def own(session: Session, actor: Actor, *, language: str, now: datetime) -> Own:
    """The entries on which the actor has still to answer. Raises Refused for whoever holds no office."""
    require(actor, Action.CONFLICT_LIST_OWN, ANYWHERE, now)
    me = person_of(actor)
    entries = list(_unanswered(session, actor, me))
    facts = facts_of_entries(session, entries, actor)
    asked = [
        entry for entry in entries if facts[entry.id].conflict is Standing.UNANSWERED and entry.owner_id != me
    ]
    shown = asked[:MOST_ROWS]
    seen = seen_between(session, shown, [me], on=now.date())
    names = vocabularies.labels(session, "countries", language)
    rows = tuple(
        _own_row(actor, entry, facts[entry.id], names, seen.get((entry.id, me)), now) for entry in shown
    )
    return Own(rows, len(asked), _waiting(session, me))


def _unanswered(session: Session, actor: Actor, me: int) -> Sequence[Entry]:
    answered = sa.select(ConflictDeclaration.entry_id).where(
        ConflictDeclaration.account_id == me, ConflictDeclaration.asked_again_at.is_(None)
    )
    asking = sa.select(Call.id).where(Call.asks_everybody.is_(True))
    return (
        session.execute(
            sa.select(Entry)
            .where(is_previewed_in_office(actor), Entry.call_id.in_(asking), Entry.id.not_in(answered))
            .order_by(Entry.submitted_at, Entry.id)
        )
        .scalars()
        .all()
    )


def _own_row(
    actor: Actor, entry: Entry, facts: ItemFacts, names: Mapping[str, str], seen: Any, now: datetime
) -> OwnRow:
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    is_named = "organisation_name" in shown
    codes = sorted(facts.countries) if is_named else []
    return OwnRow(
        ref=entry.ref,
        title=entry.title if "title" in shown else None,
        language=entry.language,
        organisation=entry.organisation_name if is_named else None,
        contact=entry.contact_name if "contact_name" in shown else None,
        countries=tuple(names.get(code, code) for code in codes),
        has_hints=is_named and seen is not None and bool(seen.open),
    )


def _waiting(session: Session, me: int) -> tuple[tuple[str, datetime], ...]:
    rows = session.execute(
        sa.select(Entry.ref, ConflictDeclaration.answered_at)
        .join(Entry, Entry.id == ConflictDeclaration.entry_id)
        .where(
            ConflictDeclaration.account_id == me,
            ConflictDeclaration.answer == ConflictAnswer.POSSIBLE,
            ConflictDeclaration.ruling.is_(None),
        )
        .order_by(ConflictDeclaration.id)
    )
    return tuple((row.ref, row.answered_at) for row in rows)


def gate(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> OfficeGate:
    """The question on one entry. Raises NotFound for whoever holds no office over it, or has answered."""
    entry = session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one_or_none()
    if entry is None or entry.state == "draft":
        raise NotFound
    facts = entry_facts(session, entry, actor)
    if not may(actor, Action.CONFLICT_DECLARE, facts, now):
        raise NotFound
    declared = session.execute(
        sa.select(ConflictDeclaration.answered_at).where(
            ConflictDeclaration.entry_id == entry.id, ConflictDeclaration.account_id == actor.account_id
        )
    ).scalar_one_or_none()
    return OfficeGate(
        ref=entry.ref,
        standing=facts.conflict,
        answered_at=declared,
        title=_title(actor, entry, facts, now),
        language=entry.language,
        preview=readable(session, entry.kind, _previewed(session, actor, entry, facts, now), language),
        hints=hint_rows(shown_hints(session, actor, entry, facts, now=now))
        if is_visible(actor, facts, now)
        else (),
    )


def _title(actor: Actor, entry: Entry, facts: ItemFacts, now: datetime) -> str | None:
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    return entry.title if "title" in shown else None


_PREVIEW = (
    "organisation_name",
    "organisation_acronym",
    "organisation_kind",
    "organisation_country",
    "contact_name",
    "people_involved",
    "focal_point_name",
)


def _previewed(
    session: Session, actor: Actor, entry: Entry, facts: ItemFacts, now: datetime
) -> dict[str, Any]:
    """People, institutions and countries, as far as they are shown; never more, whoever asks."""
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    found = {name: getattr(entry, name) for name in _PREVIEW if name in shown}
    if "organisation_country" in shown:
        found["countries"] = sorted(facts.countries)
    return found


# --- for those who rule -----------------------------------------------------------------------------------


def register(session: Session, actor: Actor, *, now: datetime) -> Register:
    """Declarations on the calls that the actor runs, and what is pointed to. Raises Refused for others.

    Whoever has a conflict on an entry sees nothing about it here either.
    """
    require(actor, Action.CONFLICT_LIST_ALL, ANYWHERE, now)
    ruler = sa.orm.aliased(Account)
    found = session.execute(
        sa.select(ConflictDeclaration, Entry, Account.name, ruler.name.label("ruled_by"), ConflictLift)
        .join(Entry, Entry.id == ConflictDeclaration.entry_id)
        .join(Account, Account.id == ConflictDeclaration.account_id)
        .outerjoin(ruler, ruler.id == ConflictDeclaration.ruled_by_id)
        .outerjoin(
            ConflictLift,
            sa.and_(
                ConflictLift.declaration_id == ConflictDeclaration.id, ConflictLift.approved_at.is_(None)
            ),
        )
        .where(ConflictDeclaration.answer != ConflictAnswer.NONE)
        .order_by(ConflictDeclaration.answered_at.desc(), ConflictDeclaration.id.desc())
        .limit(MOST_DECLARED)
    ).all()
    facts = facts_of_entries(session, [row[1] for row in found], actor)
    rows = (_declared_row(actor, *row, facts=facts[row[1].id], now=now) for row in found)
    return Register(tuple(row for row in rows if row is not None), _pointed(session, actor, now))


def _declared_row(
    actor: Actor,
    declared: ConflictDeclaration,
    entry: Entry,
    person: str,
    ruled_by: str | None,
    lift: ConflictLift | None,
    *,
    facts: ItemFacts,
    now: datetime,
) -> DeclaredRow | None:
    about = replace(facts, subject_id=declared.account_id)
    if not may(actor, Action.CONFLICT_READ, about, now):
        return None
    stands = standing(declared)
    may_rule = may(actor, Action.CONFLICT_RULE, about, now)
    first = refusal(actor, Action.CONFLICT_LIFT, about, now) in (None, "needs_second_person")
    lifting = replace(
        about,
        proposed_by_id=lift.proposed_by_id if lift else None,
        proposer_roles=frozenset({lift.proposed_as} if lift else ()),
    )
    is_ruler = actor.has_role(Role.OFFICER, call_id=entry.call_id) or may_rule
    return DeclaredRow(
        entry_ref=entry.ref,
        title=_title(actor, entry, facts, now),
        account_id=declared.account_id,
        person=person,
        answer=declared.answer,
        ruling=declared.ruling,
        standing=stands,
        kinds=tuple(KINDS[code] for code in declared.kinds if code in KINDS),
        text=declared.text if is_ruler else None,
        answered_at=declared.answered_at,
        ruled_by=ruled_by,
        lift_reason=lift.reason if lift else None,
        may_rule=may_rule and stands is Standing.UNDECIDED,
        may_propose_lift=first and stands is Standing.UPHELD and lift is None,
        may_approve_lift=lift is not None and may(actor, Action.CONFLICT_LIFT, lifting, now),
    )


def _pointed(session: Session, actor: Actor, now: datetime) -> tuple[PointedRow, ...]:
    """What is pointed to for whoever holds an assignment; whoever holds an office says it for themselves."""
    asked = session.execute(
        sa.select(Assignment.entry_id, Assignment.account_id, Account.name, Entry)
        .join(Account, Account.id == Assignment.account_id)
        .join(Entry, Entry.id == Assignment.entry_id)
        .where(Assignment.state.in_(_HELD))
        .order_by(Entry.ref, Account.name)
    ).all()
    facts = facts_of_entries(session, [row[3] for row in asked], actor)
    mine = [
        row
        for row in asked
        if may(actor, Action.CONFLICT_SUGGEST, replace(facts[row[0]], subject_id=row[1]), now)
    ]
    entries = list({row[0]: row[3] for row in mine}.values())
    seen = seen_between(session, entries, sorted({row[1] for row in mine}), on=now.date())
    return tuple(
        PointedRow(entry.ref, _title(actor, entry, facts[entry_id], now), account_id, name, hint)
        for entry_id, account_id, name, entry in mine
        if (pair := seen.get((entry_id, account_id))) is not None
        for hint in hint_rows(pair.open)
    )
