"""/alike: entries that look like one entered twice; for officers."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Answer, Blueprint, write_once
from frame.access import acts, current_actor
from schemas.alike import AlikeSchema, NewRulingSchema
from services import alike
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_alike", __name__, description="Entries that look alike; for officers")


@bp.route("/alike", methods=["GET"])
@acts(Action.ENTRY_READ_ALIKE)
@bp.response(200, AlikeSchema)
def get_list() -> dict[str, Any]:
    """Pairs to rule on, the most alike first, then those ruled on."""
    with reading() as session:
        report = alike.alike_report(session, current_actor(), now=utc_now())
    return {"items": [*report.waiting, *report.ruled], "made_at": report.made_at, "next": None}


@bp.route("/alike", methods=["POST"])
@acts(Action.ENTRY_RULE_ALIKE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewRulingSchema)
@bp.response(204)
@bp.alt_response(404, description="No such entries, or not the caller's to see")
def rule(given: dict[str, Any]) -> Response:
    """Say whether two entries are one; it holds until the title or summary of either changes."""

    def work(session: Session) -> Answer:
        alike.rule(
            session,
            current_actor(),
            given["first"] or "",
            given["second"] or "",
            given["is_same"],
            given["reason"],
            now=utc_now(),
        )
        return {}, 204, {}

    return write_once(work)
