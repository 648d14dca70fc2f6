"""/assignments: for officers, who scores what; moderators propose whom to ask."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.assignments import (
    DueSchema,
    NewProposalSchema,
    ProposalAnsweredSchema,
    ProposalAnswerSchema,
    ReassignmentSchema,
    ReviewerProposalSchema,
    ReviewerProposalsSchema,
)
from schemas.reviews import AssignmentListSchema, AssignmentSchema, NewAssignmentSchema
from services import assignment_proposals, assignment_steps, assignments
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.conflicts import ProposalState

bp = Blueprint("api_assignments", __name__, description="Who scores what; for officers")


@bp.route("/assignments", methods=["GET"])
@acts(Action.ASSIGNMENT_READ)
@bp.response(200, AssignmentListSchema)
def list_assignments() -> dict[str, Any]:
    """The assignments of the calls that the caller runs, the latest first."""
    with reading() as session:
        rows = assignments.list_all(session, current_actor(), now=utc_now())
    return {"items": rows, "next": None}


@bp.route("/assignments", methods=["POST"])
@acts(Action.ASSIGNMENT_MAKE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewAssignmentSchema)
@bp.response(201, AssignmentSchema)
@bp.alt_response(404, description="No such entry, or not the caller's to see")
@bp.alt_response(422, description="This person cannot score this entry")
def make_assignment(given: dict[str, Any]) -> Response:
    """Ask a reviewer to score an entry."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        made = assignments.assign(
            session,
            current_actor(),
            given["entry"] or "",
            given["reviewer"] or "",
            given["due_at"],
            now=utc_now(),
        )
        rows = assignments.list_all(session, current_actor(), now=utc_now())
        row = next(row for row in rows if row.ref == made.ref)
        return AssignmentSchema().dump(row), 201, {"Location": f"/api/v1/reviews/{made.ref}"}

    return write_once(work)


def _row(session: Session, ref: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    rows = assignments.list_all(session, current_actor(), now=utc_now())
    return AssignmentSchema().dump(next(row for row in rows if row.ref == ref)), 200, {}


@bp.route("/assignments/<ref>/reminder", methods=["POST"])
@acts(Action.ASSIGNMENT_REMIND)
@bp.doc(parameters=[REPEAT])
@bp.response(200, AssignmentSchema)
@bp.alt_response(409, description="Nothing is open, or a reminder went within the last day")
def remind(ref: str) -> Response:
    """Write to the reviewer once more."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        assignment_steps.remind(session, current_actor(), ref, now=utc_now())
        return _row(session, ref)

    return write_once(work)


@bp.route("/assignments/<ref>/invitation", methods=["POST"])
@acts(Action.ASSIGNMENT_MAKE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(DueSchema)
@bp.response(200, AssignmentSchema)
@bp.alt_response(409, description="Only who declined or did not answer can be asked again")
def invite_again(given: dict[str, Any], ref: str) -> Response:
    """Ask somebody again who declined or did not answer."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        assignment_steps.invite_again(session, current_actor(), ref, given["due_at"], now=utc_now())
        return _row(session, ref)

    return write_once(work)


@bp.route("/assignments/<ref>/reassignment", methods=["POST"])
@acts(Action.ASSIGNMENT_REASSIGN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ReassignmentSchema)
@bp.response(200, AssignmentSchema)
@bp.alt_response(409, description="It has ended, or is handed in")
@bp.alt_response(422, description="This person cannot score this entry")
def reassign(given: dict[str, Any], ref: str) -> Response:
    """Give an assignment to somebody else, in one step; the answer is the new one."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        made = assignments.reassign(session, current_actor(), ref, given["reviewer"] or "", now=utc_now())
        return _row(session, made.ref)

    return write_once(work)


@bp.route("/assignments/<ref>/due", methods=["PUT"])
@acts(Action.ASSIGNMENT_REASSIGN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(DueSchema)
@bp.response(200, AssignmentSchema)
@bp.alt_response(422, description="The time has passed")
def move_due_date(given: dict[str, Any], ref: str) -> Response:
    """Give a reviewer more time; reminders follow the new day."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        assignment_steps.move_due_date(session, current_actor(), ref, given["due_at"], now=utc_now())
        return _row(session, ref)

    return write_once(work)


# --- a moderator proposes, an officer makes ---------------------------------------------------------------


@bp.route("/assignments/proposals", methods=["GET"])
@acts(Action.ASSIGNMENT_READ)
@bp.response(200, ReviewerProposalsSchema)
def list_proposals() -> dict[str, Any]:
    """Reviewers whom moderators propose and no officer has answered, the oldest first."""
    with reading() as session:
        rows = assignment_proposals.waiting(session, current_actor(), now=utc_now())
    return {"items": rows, "next": None}


@bp.route("/assignments/proposals", methods=["POST"])
@acts(Action.ASSIGNMENT_PROPOSE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewProposalSchema)
@bp.response(201, ReviewerProposalSchema)
@bp.alt_response(404, description="No such entry, or not the caller's to see")
@bp.alt_response(422, description="This person cannot score this entry, or is proposed already")
def propose_reviewer(given: dict[str, Any]) -> Response:
    """Propose a reviewer to the officers of the call; nobody is asked by it."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        actor, now = current_actor(), utc_now()
        made = assignment_proposals.propose(
            session, actor, given["entry"] or "", given["reviewer"] or "", given["reason"] or "", now=now
        )
        rows = assignment_proposals.waiting(session, actor, now=now)
        row = next(row for row in rows if row.id == made.id)
        return ReviewerProposalSchema().dump(row), 201, {}

    return write_once(work)


@bp.route("/assignments/proposals/<int(max=2147483647):proposal_id>/answer", methods=["POST"])
@acts(Action.ASSIGNMENT_MAKE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ProposalAnswerSchema)
@bp.response(200, ProposalAnsweredSchema)
@bp.alt_response(409, description="It is answered already")
@bp.alt_response(422, description="This person cannot score this entry")
def answer_proposal(given: dict[str, Any], proposal_id: int) -> Response:
    """Make the assignment that a moderator proposed, or dismiss the proposal."""
    is_made = given["answer"] == "make"

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        made = assignment_proposals.answer(session, current_actor(), proposal_id, is_made, now=utc_now())
        body = {
            "id": proposal_id,
            "state": ProposalState.MADE if is_made else ProposalState.DISMISSED,
            "assignment": made.ref if made is not None else None,
        }
        return ProposalAnsweredSchema().dump(body), 200, {}

    return write_once(work)
