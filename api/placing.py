"""After a shortlist is approved: release, the nominee's answer, and the fellows as everybody may see them."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.placing import (
    FellowsSchema,
    PlaceAnswerSchema,
    PlaceReleaseCountsSchema,
    PlaceReleaseSchema,
    PlaceStateSchema,
)
from services.clock import utc_now
from services.fellowships import placing
from services.queries.fellows import FellowsPage, fellows_page
from services.transaction import reading
from vocabulary.actions import Action

Answer = tuple[dict[str, Any], int, dict[str, str]]

bp = Blueprint("api_placing", __name__, description="Fellowships")


@bp.route("/fellowships/<ref>/release", methods=["POST"])
@acts(Action.SHORTLIST_RELEASE)
@bp.arguments(PlaceReleaseSchema)
@bp.response(200, PlaceReleaseCountsSchema)
@bp.doc(parameters=[REPEAT])
def release(content: dict[str, Any], ref: str) -> Response:
    """Offer the places of the approved list and tell every nominee and nominator."""

    def work(session: Session) -> Answer:
        done = placing.release(session, current_actor(), ref, now=utc_now(), **content)
        return PlaceReleaseCountsSchema().dump(done), 200, {}

    return write_once(work)


@bp.route("/nominations/<ref>/answer", methods=["POST"])
@acts(Action.PLACE_ANSWER)
@bp.arguments(PlaceAnswerSchema)
@bp.response(200, PlaceStateSchema)
@bp.doc(parameters=[REPEAT])
def answer(content: dict[str, Any], ref: str) -> Response:
    """Accept the place that is offered, or decline it."""

    def work(session: Session) -> Answer:
        row = placing.answer_place(session, current_actor(), ref, content["accepts"], now=utc_now())
        return PlaceStateSchema().dump(row), 200, {}

    return write_once(work)


@bp.route("/fellows", methods=["GET"])
@acts(Action.FELLOW_READ)
@bp.response(200, FellowsSchema)
def fellows() -> FellowsPage:
    """Fellows who consented to be named, and each released call in numbers."""
    with reading() as session:
        return fellows_page(session, current_actor(), now=utc_now())
