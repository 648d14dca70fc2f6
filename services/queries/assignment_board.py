"""Who reviews what in a call, as a table of proposals and reviewers; and a plan as it is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.expertise import subject
from models.assignments import AssignmentPlan
from models.calls import Call
from models.people import Account
from procedure.access import may
from services.assignment_plans import fetch
from services.facts import call_facts
from services.planning_facts import Board, Held, board_of
from services.review_settings import Settings, call_for_planning, settings_of
from services.sentences import as_message
from vocabulary.actions import Action
from vocabulary.conflicts import PlanState
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AssignmentState, ReviewState

_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_IN = (ReviewState.SUBMITTED, ReviewState.LOCKED)

MARKS: Mapping[str, Message] = {
    "submitted": Message("Scorecard in"),
    "accepted": Message("Accepted"),
    "invited": Message("Asked"),
    "declined": Message("Declined"),
    "recused": Message("Stepped back"),
    "expired": Message("Expired"),
    "conflict": Message("Conflict of interest"),
    "pointed": Message("The service points to something"),
    "owner": Message("Their own"),
    "free": Message("Free"),
}
"""What a cell of the table says."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One reviewer and one proposal: a key of MARKS, and the assignment there is."""

    mark: str
    ref: str | None


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposal: how many reviewers it has of how many, how many scorecards are in, its cells."""

    ref: str
    title: str | None
    language: str | None
    n_held: int
    n_wanted: int
    n_in: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ReviewerColumn:
    """One reviewer: how many they hold, of how many at most, and how many are in."""

    account_id: int
    name: str
    n_held: int
    most: int
    n_in: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table of a call."""

    call_ref: str
    title: Mapping[str, str]
    settings: Settings
    reviewers: tuple[ReviewerColumn, ...]
    rows: tuple[ProposalRow, ...]
    n_short: int
    n_elsewhere_missing: int


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One pair of a plan with the reasons for it."""

    key: str
    entry: str
    title: str | None
    reviewer: str
    score: int | None
    reasons: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan as it is looked at before it is made."""

    ref: str
    version: int
    call_ref: str
    kind: str
    state: PlanState
    mode: str
    rows: tuple[PlanRow, ...]
    loads: tuple[tuple[str, int], ...]
    total: int | None
    worst: int | None
    gap: int | None
    bound: int | None
    elsewhere_met: bool
    n_avoided: int
    n_pairs_met: int
    made_at: datetime


def planned_calls(
    session: Session, actor: Actor, *, now: datetime
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Calls whose reviews the actor plans, the latest first: (reference, title)."""
    calls = session.execute(
        sa.select(Call).where(Call.state.not_in(("draft", "archived"))).order_by(Call.id.desc())
    ).scalars()
    return tuple(
        (call.ref, call.title)
        for call in calls
        if call.criteria_set_id is not None
        and may(actor, Action.ASSIGNMENT_PLAN, call_facts(call, opened_at=now), now)
    )


def matrix(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> Matrix:
    """The table of a call. Raises NotFound, Refused."""
    call = call_for_planning(session, actor, call_ref, now=now)
    board = board_of(session, actor, call, now=now)
    held = {(row.entry, str(row.account_id)): row for row in board.held}
    active = [row for row in board.held if row.state in _HELD]
    loads = Counter(str(row.account_id) for row in active)
    done = Counter(str(row.account_id) for row in active if row.review_state in _IN)
    rows = tuple(_row(board, ref, held, active, call.minimum_reviews) for ref in board.entries)
    return Matrix(
        call_ref=call.ref,
        title=call.title,
        settings=settings_of(session, call.id),
        reviewers=tuple(
            ReviewerColumn(int(one.id), board.names[one.id], loads[one.id], board.most_each, done[one.id])
            for one in board.reviewers
        ),
        rows=rows,
        n_short=sum(row.n_held < row.n_wanted for row in rows),
        n_elsewhere_missing=len(board.elsewhere(list(board.entries))),
    )


def _row(
    board: Board, ref: str, held: Mapping[tuple[str, str], Held], active: list[Held], n_wanted: int
) -> ProposalRow:
    mine = [row for row in active if row.entry == ref]
    return ProposalRow(
        ref=ref,
        title=board.entries[ref].title,
        language=board.entries[ref].language,
        n_held=len(mine),
        n_wanted=n_wanted,
        n_in=sum(row.review_state in _IN for row in mine),
        cells=tuple(_cell(board, (ref, one.id), held.get((ref, one.id))) for one in board.reviewers),
    )


def _cell(board: Board, pair: tuple[str, str], held: Held | None) -> Cell:
    if held is not None:
        is_in = held.state in _HELD and held.review_state in _IN
        return Cell("submitted" if is_in else held.state.value, held.ref)
    if pair in board.conflicts:
        return Cell("conflict", None)
    if pair in board.closed:
        return Cell("owner", None)
    return Cell("pointed" if pair in board.pointed else "free", None)


def plan_page(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> PlanPage:
    """One's own plan. Raises NotFound."""
    plan = fetch(session, actor, ref, now=now)
    call = session.get_one(Call, plan.call_id)
    board = board_of(session, actor, call_for_planning(session, actor, call.ref, now=now), now=now)
    shown = [pair for pair in plan.content["pairs"] if pair["entry"] in board.entries]
    names = _names(session, [pair["account"] for pair in shown])
    proof = plan.content.get("certificate") or {}
    return PlanPage(
        ref=plan.ref,
        version=plan.version,
        call_ref=call.ref,
        kind=plan.kind.value,
        state=plan.state,
        mode=plan.content["mode"],
        rows=tuple(_plan_row(board, names, pair, language) for pair in shown),
        loads=tuple(sorted(Counter(names[pair["account"]] for pair in shown).items())),
        total=plan.content.get("total"),
        worst=plan.content.get("worst"),
        gap=proof.get("gap"),
        bound=proof.get("bound"),
        elsewhere_met=plan.content["elsewhere_met"],
        n_avoided=plan.content.get("n_avoided", 0),
        n_pairs_met=_n_pairs(shown, board),
        made_at=plan.created_at,
    )


def latest_plans(session: Session, actor: Actor, call_ref: str) -> tuple[AssignmentPlan, ...]:
    """One's own plans for a call that are still open, the latest first."""
    rows = session.execute(
        sa.select(AssignmentPlan)
        .join(Call, Call.id == AssignmentPlan.call_id)
        .where(
            Call.ref == call_ref,
            AssignmentPlan.made_by_id == actor.account_id,
            AssignmentPlan.state == PlanState.OPEN,
        )
        .order_by(AssignmentPlan.id.desc())
        .limit(5)
    ).scalars()
    return tuple(rows)


def _names(session: Session, ids: list[int]) -> dict[int, str]:
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _plan_row(board: Board, names: Mapping[int, str], pair: Mapping[str, Any], language: str) -> PlanRow:
    entry = board.entries[pair["entry"]]
    shared = tuple(subject(one, language) for one in pair["shared"])
    subjects = (Message("Subjects in common: {subjects}", subjects=shared),) if shared else ()
    return PlanRow(
        key=f"{entry.ref}:{pair['account']}",
        entry=entry.ref,
        title=entry.title,
        reviewer=names[pair["account"]],
        score=pair["score"],
        reasons=(*subjects, *(as_message(reason) for reason in pair["reasons"])),
    )


def _n_pairs(pairs: list[dict[str, Any]], board: Board) -> int:
    """How many different pairs of reviewers score something together, with what is held already."""
    together: dict[str, set[int]] = {}
    for pair in pairs:
        together.setdefault(pair["entry"], set()).add(pair["account"])
    for held in board.held:
        if held.state in _HELD and held.entry in together:
            together[held.entry].add(held.account_id)
    return len({(a, b) for people in together.values() for a in people for b in people if a < b})
