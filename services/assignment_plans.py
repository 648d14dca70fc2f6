"""Who should review what? A plan that is looked at first, and then made as a whole or not at all.

A plan holds the fingerprint of everything it was worked out from; when anything of that has changed, it is
not made but worked out anew. Whoever has a conflict with an entry neither plans it nor sees it in a plan:
a plan is its maker's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from matching.assignment import Assignment as Chosen
from matching.assignment import Further, Loads, Mode, Shortfall
from matching.assignment import assign as choose
from matching.expertise import Fit, fits
from models.assignments import AssignmentPlan
from models.calls import Call
from models.people import Account
from models.reviews import Assignment
from services import audit
from services.assignments import check_assignable, make, reviewer_for
from services.planning_facts import Board, board_of
from services.references import next_reference
from services.review_settings import call_for_planning
from services.sentences import as_data
from vocabulary.conflicts import PlanKind, PlanState
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

SECONDS = 20.0
"""Longest search; an answer cut short says how far off it can be at most."""

CHANGED = Message("Something this plan stands on has changed. Nothing was made; work it out anew.")
MOST_PAIRS = 5_000

Pair = tuple[str, str]
"""Reference of the entry, id of the account as text."""


def draft_automatic(
    session: Session, actor: Actor, call_ref: str, mode: str, *, now: datetime
) -> AssignmentPlan:
    """Work out who should review what, and keep it to be looked at; makes no assignment.

    Raises Conflict where nobody is wanted, or no plan meets every limit; it says who lacks whom.
    """
    call = call_for_planning(session, actor, call_ref, now=now)
    board = board_of(session, actor, call, now=now)
    wanted = {ref: n for ref, n in board.wanted.items() if n}
    if not wanted:
        raise Conflict(Message("Every submission has its reviewers already."), code="nothing_to_plan")
    proposals = [row for row in board.proposals if row.id in wanted]
    found = fits(proposals, board.reviewers)
    chosen, is_elsewhere_met = _chosen(board, wanted, found, Mode(mode))
    pairs = [
        {
            "entry": ref,
            "account": int(person),
            "score": found[ref, person].score,
            "reasons": [as_data(reason) for reason in reasons(found[ref, person])],
            "shared": list(found[ref, person].shared),
        }
        for ref, people in sorted(chosen.reviewers_of.items())
        for person in people
    ]
    content = {
        "mode": Mode(mode).value,
        "pairs": pairs,
        "total": chosen.total,
        "worst": chosen.worst,
        "worst_bound": chosen.worst_bound,
        "status": chosen.status,
        "elsewhere_met": is_elsewhere_met,
        "n_avoided": len(board.pointed),
        "certificate": {
            "bound": chosen.certificate.bound,
            "gap": chosen.certificate.gap,
            "grid": chosen.certificate.grid,
            "lot_range": chosen.certificate.lot_range,
            "multipliers": {
                name: list(both) for name, both in sorted(chosen.certificate.multipliers.items())
            },
            "seed": call.ref,
        },
    }
    return _keep(session, actor, call.id, PlanKind.AUTOMATIC, content, fingerprint(board), now)


def _chosen(board: Board, wanted: dict[str, int], found: dict[Pair, Fit], mode: Mode) -> tuple[Chosen, bool]:
    """The best choice with somebody from elsewhere for every proposal, or without where that cannot be."""
    people = [row.id for row in board.reviewers]
    scores = {pair: fit.score for pair, fit in found.items()}
    known = set(people)
    closed = [pair for pair in (*board.closed, *board.pointed) if pair[0] in wanted and pair[1] in known]
    most = max(wanted.values())
    for one_of in (board.elsewhere(wanted), {}):
        further = Further(wanted, board.room, one_of)
        chosen = choose(
            list(wanted),
            people,
            scores,
            closed,
            Loads(most, max(board.room.values(), default=0)),
            mode=mode,
            seed=board.call_ref,
            seconds=SECONDS,
            further=further,
        )
        if isinstance(chosen, Chosen):
            return chosen, bool(one_of)
    raise _refusal(chosen, board)


def _refusal(found: Chosen | Shortfall, board: Board) -> Conflict:
    """Say who lacks whom."""
    if isinstance(found, Chosen):
        raise TypeError("a plan is no refusal")
    lacking = tuple(
        Message(
            "{ref}: {n} missing, {free} could",
            ref=ref,
            n=n,
            free=found.n_candidates[ref],
        )
        for ref, n in sorted(found.lacking.items())
    )
    return Conflict(
        Message(
            "There are not enough reviewers without a conflict of interest. Raise the most for each reviewer"
            " ({most}), or name more reviewers. {lacking}",
            most=board.most_each,
            lacking=lacking,
        ),
        code="not_enough_reviewers",
    )


def reasons(fit: Fit) -> list[Message]:
    """Why this reviewer for this proposal, besides the subjects that they share, which are kept apart."""
    said = []
    if fit.strategy >= 150:
        said.append(Message("Knows the strategy well, by their own earlier scorecards"))
    said.append(
        Message("Works in the language of the submission")
        if fit.language
        else Message("Does not name the language of the submission")
    )
    if fit.elsewhere:
        said.append(Message("From another region than the applicant"))
    if fit.overlap:
        said.append(Message("In turn, so that reviewers meet in different pairs"))
    return said


def draft_from_file(
    session: Session, actor: Actor, call_ref: str, rows: Sequence[tuple[int, str, str]], *, now: datetime
) -> AssignmentPlan:
    """Keep the pairs of a file (line, proposal, reviewer's address) to be looked at; makes no assignment.

    Raises Invalid with every wrong line at once, under "line 3".
    """
    call = call_for_planning(session, actor, call_ref, now=now)
    board = board_of(session, actor, call, now=now)
    errors: dict[str, list[Message]] = {}
    pairs: dict[Pair, dict[str, Any]] = {}
    for line, ref, email in rows[:MOST_PAIRS]:
        wrong = _row_error(session, board, pairs, ref, email, now)
        if isinstance(wrong, Message):
            errors[f"line {line}"] = [wrong]
        else:
            pairs[ref, str(wrong)] = {
                "entry": ref,
                "account": wrong,
                "score": None,
                "reasons": [as_data(Message("Named in the file, line {line}", line=line))],
                "shared": [],
            }
    if not rows:
        errors["file"] = [Message("The file names no pair.")]
    if errors:
        raise Invalid(errors, Message("The file was not taken: nothing was made."))
    content = {"mode": "file", "pairs": [pairs[key] for key in sorted(pairs)], "elsewhere_met": True}
    return _keep(session, actor, call.id, PlanKind.FILE, content, fingerprint(board), now)


def _row_error(
    session: Session, board: Board, known: Collection[Pair], ref: str, email: str, now: datetime
) -> Message | int:
    """What is wrong with a pair, or the account of the reviewer."""
    entry = board.entries.get(ref)
    if entry is None:
        return Message("There is no submission {ref} to review in this call.", ref=ref)
    try:
        reviewer = reviewer_for(session, email, entry)
        check_assignable(session, entry, reviewer, None, now)
    except Invalid as wrong:
        first: Message = next(message for messages in wrong.errors.values() for message in messages)
        return first
    if (ref, str(reviewer.id)) in known:
        return Message("This pair stands in the file twice.")
    return reviewer.id


def _keep(
    session: Session,
    actor: Actor,
    call_id: int,
    kind: PlanKind,
    content: dict[str, Any],
    digest: str,
    now: datetime,
) -> AssignmentPlan:
    plan = AssignmentPlan(
        ref=next_reference(session, "PLAN", now),
        call_id=call_id,
        kind=kind,
        state=PlanState.OPEN,
        content=content,
        inputs_hash=digest,
        made_by_id=actor.account_id,
        created_at=now,
        updated_at=now,
    )
    session.add(plan)
    session.flush()
    after = {"kind": kind.value, "n_pairs": len(content["pairs"]), "inputs_hash": digest}
    audit.record(session, actor, "assignment.plan", ("assignment_plan", plan.ref), now=now, after=after)
    return plan


def fingerprint(board: Board) -> str:
    """SHA-256 over everything a plan stands on: proposals, reviewers, what is held, what is closed."""
    said = {
        "proposals": sorted(
            [row.id, board.revisions[row.id], board.wanted[row.id]] for row in board.proposals
        ),
        "reviewers": sorted([row.id, row.text, *sorted(row.languages)] for row in board.reviewers),
        "room": sorted(board.room.items()),
        "closed": sorted({*board.closed, *board.pointed}),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def fetch(session: Session, actor: Actor, ref: str, *, now: datetime, lock: bool = False) -> AssignmentPlan:
    """One's own plan. Raises NotFound."""
    query = sa.select(AssignmentPlan).where(
        AssignmentPlan.ref == ref, AssignmentPlan.made_by_id == actor.account_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    plan = session.execute(query).scalar_one_or_none()
    if plan is None:
        raise NotFound
    return plan


def commit(
    session: Session, actor: Actor, ref: str, left_out: Collection[Pair] = (), *, now: datetime
) -> tuple[Assignment, ...]:
    """Make the plan's assignments but for those left out: all of them, or none.

    Raises Conflict when anything it stands on has changed, and when it was made or put aside before.
    """
    plan = fetch(session, actor, ref, now=now, lock=True)
    call = call_for_planning(session, actor, _call_ref(session, plan.call_id), now=now)
    if plan.state is not PlanState.OPEN:
        raise Conflict(Message("This plan was made, or put aside, before."), code="ended")
    board = board_of(session, actor, call, now=now)
    if fingerprint(board) != plan.inputs_hash:
        raise Conflict(CHANGED, code="stale")
    people = {
        row.id: row
        for row in session.execute(
            sa.select(Account)
            .where(Account.id.in_({pair["account"] for pair in plan.content["pairs"]}))
            .options(selectinload(Account.grants))
        ).scalars()
    }
    made = []
    for pair in plan.content["pairs"]:
        if (pair["entry"], str(pair["account"])) in left_out:
            continue
        entry, reviewer = board.entries[pair["entry"]], people[pair["account"]]
        check_assignable(session, entry, reviewer_for(session, reviewer.email, entry), None, now)
        made.append(make(session, actor, entry, reviewer, None, now=now))
    _end(session, actor, plan, PlanState.COMMITTED, len(made), now)
    return tuple(made)


def discard(session: Session, actor: Actor, ref: str, *, now: datetime) -> AssignmentPlan:
    """Put a plan aside."""
    plan = fetch(session, actor, ref, now=now, lock=True)
    call_for_planning(session, actor, _call_ref(session, plan.call_id), now=now)
    if plan.state is not PlanState.OPEN:
        raise Conflict(Message("This plan was made, or put aside, before."), code="ended")
    _end(session, actor, plan, PlanState.DISCARDED, 0, now)
    return plan


def _end(
    session: Session, actor: Actor, plan: AssignmentPlan, state: PlanState, n_made: int, now: datetime
) -> None:
    plan.state, plan.ended_by_id, plan.ended_at, plan.updated_at = state, actor.account_id, now, now
    session.flush()
    after = {"state": state.value, "n_made": n_made}
    audit.record(session, actor, "assignment.plan", ("assignment_plan", plan.ref), now=now, after=after)


def _call_ref(session: Session, call_id: int) -> str:
    return session.get_one(Call, call_id).ref
