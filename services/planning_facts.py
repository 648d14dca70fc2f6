"""What does a plan of assignments stand on: proposals, reviewers, who is asked already, who cannot be asked?

One read for the plan and for the matrix, so that both tell the same. Holds only what the actor may assign:
entries that a conflict hides from the actor are in no row, no load and no count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from matching.expertise import Proposal, Reviewer
from models.calls import Call
from models.entries import Entry
from models.people import Account, RoleGrant
from models.reviews import Assignment, ConflictDeclaration, Review
from procedure.access import may
from procedure.facts import ItemFacts, Standing
from services import vocabularies
from services.facts import facts_of_entries, standing
from services.review_settings import settings_of
from services.ties import helpers_of, seen_between
from vocabulary.actions import Action
from vocabulary.people import Actor, Role
from vocabulary.states import AssignmentState, ReviewState

TEXTS = ("title", "summary", "need", "activities", "results")
_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_ENDED = (AssignmentState.DECLINED, AssignmentState.RECUSED, AssignmentState.EXPIRED)

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment that is there already."""

    ref: str
    entry: str
    account_id: int
    state: AssignmentState
    review_state: ReviewState | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about a call's reviews that the actor may assign.

    wanted : reference -> reviewers still wanted. room : reviewer -> proposals they can still take.
    closed : pairs ruled out by a conflict, an earlier assignment, ownership or help.
    pointed : pairs that the service points to and nobody has looked at.
    """

    call_ref: str
    most_each: int
    entries: Mapping[str, Entry]
    revisions: Mapping[str, int]
    proposals: tuple[Proposal, ...]
    reviewers: tuple[Reviewer, ...]
    names: Mapping[str, str]
    held: tuple[Held, ...]
    wanted: Mapping[str, int]
    room: Mapping[str, int]
    closed: frozenset[Pair]
    pointed: frozenset[Pair]
    conflicts: frozenset[Pair]

    def elsewhere(self, wanted: Collection[str]) -> dict[str, frozenset[str]]:
        """Reviewers from another region, for each proposal that has none of them yet and could have one."""
        regions = {row.id: row.regions for row in self.reviewers}
        taken: dict[str, set[str]] = {}
        for held in self.held:
            if held.state in _HELD:
                taken.setdefault(held.entry, set()).add(str(held.account_id))
        found: dict[str, frozenset[str]] = {}
        for row in self.proposals:
            if row.id not in wanted or not row.regions:
                continue
            others = {id_ for id_, own in regions.items() if own and not own & row.regions}
            free = {id_ for id_ in others if (row.id, id_) not in self.closed | self.pointed}
            if free and not others & taken.get(row.id, set()):
                found[row.id] = frozenset(free)
        return found


def board_of(session: Session, actor: Actor, call: Call, *, now: datetime) -> Board:
    """Read the board of a call, in a fixed number of statements."""
    entries, facts = _entries(session, actor, call, now)
    accounts = reviewers_of(session, call)
    held = _held(session, entries)
    settings = settings_of(session, call.id)
    n_held = Counter(row.entry for row in held if row.state in _HELD)
    loads = Counter(str(row.account_id) for row in held if row.state in _HELD)
    conflicts = _conflicts(session, entries)
    by_id = {entry.id: ref for ref, entry in entries.items()}
    owners = {(ref, str(entry.owner_id)) for ref, entry in entries.items() if entry.owner_id}
    owners |= {(by_id[e], str(person)) for e, person in helpers_of(session, list(by_id))}
    asked = {(row.entry, str(row.account_id)) for row in held}
    seen = seen_between(session, list(entries.values()), [row.id for row in accounts], on=now.date())
    levels = _levels(session, [row.id for row in accounts])
    places = vocabularies.places(session)
    return Board(
        call_ref=call.ref,
        most_each=settings.most_each,
        entries=entries,
        revisions={ref: entry.revision_number for ref, entry in entries.items()},
        proposals=tuple(_proposal(entry, facts[entry.id], places) for entry in entries.values()),
        reviewers=tuple(_reviewer(row, levels.get(row.id, {}), places) for row in accounts),
        names={str(row.id): row.name for row in accounts},
        held=held,
        wanted={ref: max(0, call.minimum_reviews - n_held[ref]) for ref in entries},
        room={str(row.id): max(0, settings.most_each - loads[str(row.id)]) for row in accounts},
        closed=frozenset(conflicts | owners | asked),
        pointed=frozenset((by_id[e], str(p)) for (e, p), pair in seen.items() if pair.open),
        conflicts=frozenset(conflicts),
    )


def _entries(
    session: Session, actor: Actor, call: Call, now: datetime
) -> tuple[dict[str, Entry], dict[int, ItemFacts]]:
    rows = session.execute(
        sa.select(Entry)
        .where(Entry.call_id == call.id, Entry.revision_number > 0)
        .options(selectinload(Entry.terms))
        .order_by(Entry.ref)
    ).scalars()
    found = list(rows)
    facts = facts_of_entries(session, found, actor)
    return {row.ref: row for row in found if may(actor, Action.ASSIGNMENT_MAKE, facts[row.id], now)}, facts


def reviewers_of(session: Session, call: Call) -> Sequence[Account]:
    """Everybody who reviews for the call and is no officer of it."""

    def grants(role: Role) -> sa.ColumnElement[bool]:
        return Account.grants.any(
            sa.and_(
                RoleGrant.role == role,
                RoleGrant.country.is_(None),
                sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == call.id),
            )
        )

    return (
        session.execute(
            sa.select(Account)
            .where(Account.is_disabled.is_(False), Account.erased_at.is_(None))
            .where(grants(Role.REVIEWER), sa.not_(grants(Role.OFFICER)))
            .order_by(Account.name, Account.id)
        )
        .scalars()
        .all()
    )


def _held(session: Session, entries: Mapping[str, Entry]) -> tuple[Held, ...]:
    ids = {entry.id: ref for ref, entry in entries.items()}
    rows = session.execute(
        sa.select(Assignment, Review.state)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(Assignment.entry_id.in_(ids))
        .order_by(Assignment.id)
    )
    return tuple(
        Held(row.ref, ids[row.entry_id], row.account_id, row.state, review_state, row.due_at)
        for row, review_state in rows
    )


def _conflicts(session: Session, entries: Mapping[str, Entry]) -> set[Pair]:
    ids = {entry.id: ref for ref, entry in entries.items()}
    rows = session.execute(
        sa.select(ConflictDeclaration).where(ConflictDeclaration.entry_id.in_(ids))
    ).scalars()
    barred = (Standing.UNDECIDED, Standing.UPHELD)
    return {(ids[row.entry_id], str(row.account_id)) for row in rows if standing(row) in barred}


def _levels(session: Session, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What reviewers said they know of each strategy; the latest word of each counts."""
    rows = session.execute(
        sa.select(Assignment.account_id, Review.expertise)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Assignment.account_id.in_(ids))
        .order_by(Review.updated_at, Review.id)
    )
    found: dict[int, dict[str, str]] = {}
    for account_id, said in rows:
        found.setdefault(account_id, {}).update(said or {})
    return found


def _proposal(entry: Entry, facts: ItemFacts, places: Any) -> Proposal:
    return Proposal(
        id=entry.ref,
        text="\n".join(text for name in TEXTS if (text := getattr(entry, name))),
        language=entry.language,
        strategies=tuple(term.code for term in entry.terms if term.vocabulary == "strategies"),
        regions=_regions([entry.organisation_country] if entry.organisation_country else [], places),
    )


def _reviewer(account: Account, levels: Mapping[str, str], places: Any) -> Reviewer:
    return Reviewer(
        id=str(account.id),
        text=account.expertise or "",
        language=account.language,
        languages=tuple(dict.fromkeys((account.language, *account.working_languages))),
        levels=levels,
        regions=_regions([account.country] if account.country else [], places),
    )


def _regions(countries: Sequence[str], places: Any) -> frozenset[str]:
    """The IPBES regions of these countries."""
    known = [places.countries[code] for code in countries if code in places.countries]
    return frozenset(region for place in known for region in place.regions)
