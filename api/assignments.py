"""/assignments: for officers, who scores what."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.reviews import AssignmentListSchema, AssignmentSchema, NewAssignmentSchema
from services import assignments
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action

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
