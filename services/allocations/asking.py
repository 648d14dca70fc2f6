"""An officer asks for an allocation, follows it, stops it, and reads what it proposes.

Only asks: the background job makes it. Entries that are the reader's own, or under a conflict of interest of
theirs, are never in it; an allocation that holds one is not shown to them at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.allocation import Mode
from matching.coverage import top_regions
from models.calls import Call
from models.entries import Entry
from models.matches import Allocation
from models.people import Account
from procedure.access import require
from procedure.facts import NOTHING
from services import audit, vocabularies
from services.allocations.record import Check, check
from services.matches import conflicting
from services.references import next_reference
from services.reviews.rows import touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AllocationState, EntryKind

MODES = tuple(mode.value for mode in Mode)
LONGEST_TITLE, LONGEST_SEED = 200, 100
MOST_SECONDS = 120
MOST_ROWS = 100
MOST_FLOOR = 10_000
_UNDER_WAY = (AllocationState.QUEUED, AllocationState.RUNNING)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an officer asks for.

    call : reference of the call whose requests count; None for all that can be matched.
    offers : references of the offers that may give; none for all.
    needs : only requests that name one of these needs; none for all.
    mode : best (greatest sum of scores) or stable.
    floors : region -> least number of its requests to serve; mode best only.
    most_per_offer : cap for every offer, beside its own places; None for none.
    least_score : pairs below are not placed, 0..1.
    uses_budgets : whether an offer's money in all counts.
    seed : public, settles ties. seconds : longest search.
    """

    title: str
    call: str | None = None
    offers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    mode: str = Mode.BEST
    floors: Mapping[str, int] | None = None
    most_per_offer: int | None = None
    least_score: float = 0.2
    uses_budgets: bool = True
    seed: str = ""
    seconds: int = 60

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "call": self.call,
            "offers": sorted(self.offers),
            "needs": sorted(self.needs),
            "mode": str(self.mode),
            "floors": dict(sorted((self.floors or {}).items())),
            "most_per_offer": self.most_per_offer,
            "least_score": self.least_score,
            "uses_budgets": self.uses_budgets,
            "seed": self.seed,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """An allocation in a list. `progress` of `n_steps` requests are ranked."""

    ref: str
    version: int
    state: AllocationState
    title: str
    asked_by: str | None
    created_at: datetime
    finished_at: datetime | None
    progress: int
    n_steps: int
    n_placed: int | None
    n_unserved: int | None


@dataclass(frozen=True, slots=True)
class AllocationSheet:
    """One allocation with its whole record; `check` is made anew each time it is read, without a solver."""

    row: AllocationRow
    asked: Mapping[str, Any]
    inputs: Mapping[str, Any] | None
    inputs_hash: str | None
    result: Mapping[str, Any] | None
    fault: Mapping[str, Any] | None
    settings_version: str | None
    index_version: str | None
    is_cancel_asked: bool
    check: Check | None


def ask(session: Session, actor: Actor, asked: Asked, *, now: datetime) -> str:
    """Put an allocation in the queue; returns its reference. Raises Refused, Invalid by field."""
    require(actor, Action.ALLOCATION_MAKE, NOTHING, now)
    _check_asked(session, asked)
    row = Allocation(
        ref=next_reference(session, "ALC", now),
        state=AllocationState.QUEUED,
        title=asked.title.strip(),
        asked=asked.as_data(),
        asked_by_id=actor.account_id,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "allocation.make", ("allocation", row.ref), now=now, after=row.asked)
    return row.ref


def _check_asked(session: Session, asked: Asked) -> None:
    needs = vocabularies.terms(session, "needs")
    floors = asked.floors or {}
    wrong = (
        ("title", not asked.title.strip(), Message("Give it a name by which others know it.")),
        (
            "title",
            len(asked.title) > LONGEST_TITLE,
            Message("This is longer than {max} characters.", max=LONGEST_TITLE),
        ),
        (
            "call",
            asked.call is not None and not _has_call(session, asked.call),
            Message("There is no such call."),
        ),
        (
            "offers",
            bool(_unknown_offers(session, asked.offers)),
            Message("These must be references of offers."),
        ),
        ("needs", not set(asked.needs) <= set(needs), Message("These must be codes of needs.")),
        ("floors", not set(floors) <= set(regions(session)), Message("These must be codes of regions.")),
        (
            "floors",
            any(not 0 <= least <= MOST_FLOOR for least in floors.values()),
            Message("This must be a whole number of 0 or more."),
        ),
        (
            "floors",
            asked.mode == Mode.STABLE and any(floors.values()),
            Message("A stable allocation knows no floors."),
        ),
        (
            "most_per_offer",
            asked.most_per_offer is not None and asked.most_per_offer < 1,
            Message("This must be a whole number of 1 or more."),
        ),
        (
            "least_score",
            not 0 <= asked.least_score <= 1,
            Message("Write a number from 0 to 1, such as 0.25."),
        ),
        (
            "seed",
            len(asked.seed) > LONGEST_SEED,
            Message("This is longer than {max} characters.", max=LONGEST_SEED),
        ),
        (
            "seconds",
            not 1 <= asked.seconds <= MOST_SECONDS,
            Message("This must lie between {min} and {max}.", min=1, max=MOST_SECONDS),
        ),
    )
    errors: dict[str, list[Message]] = {}
    for name, is_wrong, message in wrong:
        if is_wrong:
            errors.setdefault(name, []).append(message)
    if errors:
        raise Invalid(errors)


def regions(session: Session) -> tuple[str, ...]:
    """Codes of the regions that can have a floor, in order."""
    return top_regions(vocabularies.places(session))


def _has_call(session: Session, ref: str) -> bool:
    return session.execute(sa.select(Call.id).where(Call.ref == ref)).first() is not None


def _unknown_offers(session: Session, refs: tuple[str, ...]) -> set[str]:
    if not refs:
        return set()
    query = sa.select(Entry.ref).where(
        Entry.ref.in_(refs), Entry.kind == EntryKind.OFFER, Entry.state != "draft"
    )
    return set(refs) - set(session.execute(query).scalars())


def list_allocations(session: Session, actor: Actor, *, now: datetime) -> tuple[AllocationRow, ...]:
    """The latest first. Raises Refused for all but officers."""
    require(actor, Action.ALLOCATION_READ, NOTHING, now)
    barred = barred_refs(session, actor)
    rows = session.execute(
        sa.select(Allocation, Account.name)
        .outerjoin(Account, Account.id == Allocation.asked_by_id)
        .order_by(Allocation.id.desc())
        .limit(MOST_ROWS)
    )
    return tuple(_row(row, name) for row, name in rows if not _holds(row, barred))


def allocation(session: Session, actor: Actor, ref: str, *, now: datetime) -> AllocationSheet:
    """One allocation, checked again. Raises Refused, NotFound."""
    require(actor, Action.ALLOCATION_READ, NOTHING, now)
    row = fetch(session, actor, ref)
    name = session.execute(sa.select(Account.name).where(Account.id == row.asked_by_id)).scalar_one_or_none()
    return AllocationSheet(
        row=_row(row, name),
        asked=row.asked,
        inputs=row.inputs,
        inputs_hash=row.inputs_hash,
        result=row.result,
        fault=row.fault,
        settings_version=row.settings_version,
        index_version=row.index_version,
        is_cancel_asked=row.is_cancel_asked,
        check=check(row.inputs, row.inputs_hash, row.result) if row.inputs and row.result else None,
    )


def fetch(session: Session, actor: Actor, ref: str, *, lock: bool = False) -> Allocation:
    """The row, where no entry in it is barred to the actor. Raises NotFound."""
    query = sa.select(Allocation).where(Allocation.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.execute(query).scalar_one_or_none()
    if row is None or _holds(row, barred_refs(session, actor)):
        raise NotFound
    return row


def cancel(session: Session, actor: Actor, ref: str, *, now: datetime) -> None:
    """Stop an allocation that waits or runs; one under way ends at its next step. Raises Conflict."""
    require(actor, Action.ALLOCATION_MAKE, NOTHING, now)
    row = fetch(session, actor, ref, lock=True)
    if row.state not in _UNDER_WAY:
        raise Conflict(Message("It has ended already."), code="wrong_state", extra={"state": row.state.value})
    row.is_cancel_asked = True
    if row.state is AllocationState.QUEUED:
        row.state, row.finished_at = AllocationState.CANCELLED, now
    touch(row, now)
    audit.record(session, actor, "allocation.cancel", ("allocation", row.ref), now=now)
    session.flush()


def barred_refs(session: Session, actor: Actor) -> frozenset[str]:
    """Entries of the actor's own, and those under a conflict of interest of theirs."""
    if actor.account_id is None:
        return frozenset()
    own = session.execute(sa.select(Entry.ref).where(Entry.owner_id == actor.account_id)).scalars()
    return conflicting(session, actor) | frozenset(own)


def _holds(row: Allocation, barred: frozenset[str]) -> bool:
    inputs = row.inputs or {}
    return bool(barred) and not barred.isdisjoint({*inputs.get("requests", ()), *inputs.get("offers", ())})


def _row(row: Allocation, name: str | None) -> AllocationRow:
    result = row.result or {}
    return AllocationRow(
        ref=row.ref,
        version=row.version,
        state=row.state,
        title=row.title,
        asked_by=name,
        created_at=row.created_at,
        finished_at=row.finished_at,
        progress=row.progress,
        n_steps=row.n_steps,
        n_placed=len(result["placed"]) if result else None,
        n_unserved=len(result["unserved"]) if result else None,
    )
