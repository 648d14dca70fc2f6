"""/assignment-plans: for officers, who should review what; a dry run first, then all of it or nothing."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.assignments import (
    AssignmentMatrixSchema,
    AssignmentPlanSchema,
    CommitSchema,
    NewPlanSchema,
    ReviewSettingsSchema,
)
from services import assignment_plans, review_settings
from services.clock import utc_now
from services.queries import assignment_board
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_assignment_plans", __name__, description="Plans of who reviews what; for officers")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@bp.route("/calls/<ref>/assignments", methods=["GET"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.response(200, AssignmentMatrixSchema)
@bp.alt_response(404, description="No such call")
def get_matrix(ref: str) -> dict[str, Any]:
    """Proposals with their coverage, reviewers with their loads, and what stands between each two."""
    with reading() as session:
        page = assignment_board.matrix(session, current_actor(), ref, now=utc_now())
    return {
        "call": page.call_ref,
        "reviewers": page.reviewers,
        "proposals": [
            {
                "ref": row.ref,
                "title": row.title,
                "n_held": row.n_held,
                "n_wanted": row.n_wanted,
                "n_in": row.n_in,
                "cells": {
                    str(one.account_id): cell.mark
                    for one, cell in zip(page.reviewers, row.cells, strict=True)
                },
            }
            for row in page.rows
        ],
        "settings": page.settings,
    }


@bp.route("/calls/<ref>/review-settings", methods=["PATCH"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ReviewSettingsSchema)
@bp.response(200, ReviewSettingsSchema)
def patch_settings(given: dict[str, Any], ref: str) -> Response:
    """Change the due date, the most for each reviewer, the reminders, the days to answer."""

    def work(session: Session) -> Answer:
        found = review_settings.change(session, current_actor(), ref, given, now=utc_now())
        return ReviewSettingsSchema().dump(found), 200, {}

    return write_once(work)


@bp.route("/calls/<ref>/assignment-plans", methods=["POST"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewPlanSchema)
@bp.response(201, AssignmentPlanSchema)
@bp.alt_response(409, description="Nobody is wanted, or there are not enough reviewers")
@bp.alt_response(422, description="Every wrong pair, by its place")
def draft(given: dict[str, Any], ref: str) -> Response:
    """Work out a plan, or take `pairs` as one. Nothing is made yet."""

    def work(session: Session) -> Answer:
        actor, now = current_actor(), utc_now()
        if given["pairs"]:
            rows = [
                (place, pair["proposal"] or "", pair["reviewer"] or "")
                for place, pair in enumerate(given["pairs"], start=1)
            ]
            plan = assignment_plans.draft_from_file(session, actor, ref, rows, now=now)
        else:
            plan = assignment_plans.draft_automatic(session, actor, ref, given["mode"], now=now)
        return _shown(session, plan.ref), 201, {"Location": f"/api/v1/assignment-plans/{plan.ref}"}

    return write_once(work)


@bp.route("/assignment-plans/<ref>", methods=["GET"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.response(200, AssignmentPlanSchema)
@bp.alt_response(404, description="No such plan, or another's")
def get_plan(ref: str) -> dict[str, Any]:
    """One's own plan, with the reasons for each pick."""
    with reading() as session:
        return _shown(session, ref)


@bp.route("/assignment-plans/<ref>/commit", methods=["POST"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(CommitSchema)
@bp.response(200, AssignmentPlanSchema)
@bp.alt_response(409, description="Something it stands on has changed, or it has ended")
def commit(given: dict[str, Any], ref: str) -> Response:
    """Make all of it but `left_out`, or nothing; the reviewers are invited by mail."""

    def work(session: Session) -> Answer:
        left_out = {
            (entry, account) for entry, _, account in (key.partition(":") for key in given["left_out"])
        }
        assignment_plans.commit(session, current_actor(), ref, left_out, now=utc_now())
        return _shown(session, ref), 200, {}

    return write_once(work)


@bp.route("/assignment-plans/<ref>", methods=["DELETE"])
@acts(Action.ASSIGNMENT_PLAN)
@bp.doc(parameters=[REPEAT])
@bp.response(204)
@bp.alt_response(409, description="It has ended")
def discard(ref: str) -> Response:
    """Put a plan aside."""

    def work(session: Session) -> Answer:
        assignment_plans.discard(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)


def _shown(session: Session, ref: str) -> dict[str, Any]:
    session.flush()
    language = current_language()
    page = assignment_board.plan_page(session, current_actor(), ref, language=language, now=utc_now())
    found: dict[str, Any] = AssignmentPlanSchema().dump(
        {
            "ref": page.ref,
            "call": page.call_ref,
            "kind": page.kind,
            "state": page.state.value,
            "mode": page.mode,
            "total": page.total,
            "worst": page.worst,
            "bound": page.bound,
            "gap": page.gap,
            "elsewhere_met": page.elsewhere_met,
            "pairs": [
                {
                    "key": row.key,
                    "proposal": row.entry,
                    "reviewer": row.reviewer,
                    "score": row.score,
                    "reasons": [translate(reason, language) for reason in row.reasons],
                }
                for row in page.rows
            ],
        }
    )
    return found
