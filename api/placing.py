"""After a shortlist is approved: release, the nominee's answer, and the fellows as everybody may see them."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.placing import (
    ConfirmedTravelSchema,
    FellowsSchema,
    NextUpSchema,
    PlaceAnswerSchema,
    PlaceConfirmationSchema,
    PlaceReleaseCountsSchema,
    PlaceReleaseSchema,
    PlacesSchema,
    PlaceStateSchema,
    ReserveOfferSchema,
    TravelSupportSchema,
)
from services.clock import utc_now
from services.fellowships import calling_up, placing, support
from services.queries.fellows import FellowsPage, fellows_page
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.fellowships import NominationAction

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


@bp.route("/fellowships/<ref>/places", methods=["GET"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.response(200, PlacesSchema)
def places(ref: str) -> dict[str, Any]:
    """Everybody who was offered a place, and what came of it."""
    with reading() as session:
        return {"items": placing.places(session, current_actor(), ref, now=utc_now()), "next": None}


@bp.route("/fellowships/<ref>/reserve", methods=["GET"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.response(200, NextUpSchema)
def next_up(ref: str) -> dict[str, Any]:
    """Whom to offer a free place so that the balance still holds."""
    with reading() as session:
        return {"next_up": calling_up.next_from_reserve(session, current_actor(), ref, now=utc_now())}


@bp.route("/fellowships/<ref>/reserve", methods=["POST"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.arguments(ReserveOfferSchema)
@bp.response(200, PlaceStateSchema)
@bp.doc(parameters=[REPEAT])
def call_up(content: dict[str, Any], ref: str) -> Response:
    """Offer a free place to the nominee who comes next."""

    def work(session: Session) -> Answer:
        row = calling_up.offer_to_reserve(
            session,
            current_actor(),
            ref,
            content["nomination"],
            answer_by_at=content["answer_by_at"],
            now=utc_now(),
        )
        return PlaceStateSchema().dump(row), 200, {}

    return write_once(work)


@bp.route("/nominations/<ref>/confirmation", methods=["POST"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.arguments(PlaceConfirmationSchema)
@bp.response(200, PlaceStateSchema)
@bp.doc(parameters=[REPEAT])
def confirm(content: dict[str, Any], ref: str) -> Response:
    """Confirm an accepted place, with its chapter and mentor."""

    def work(session: Session) -> Answer:
        row = placing.confirm(
            session,
            current_actor(),
            ref,
            content["chapter"],
            content["mentor"],
            now=utc_now(),
            reason=content["reason"],
        )
        return PlaceStateSchema().dump(row), 200, {}

    return write_once(work)


@bp.route("/nominations/<ref>/start", methods=["POST"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.response(200, PlaceStateSchema)
@bp.doc(parameters=[REPEAT])
def start(ref: str) -> Response:
    """The fellowship begins."""
    return _moved(ref, NominationAction.START)


@bp.route("/nominations/<ref>/finish", methods=["POST"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.response(200, PlaceStateSchema)
@bp.doc(parameters=[REPEAT])
def finish(ref: str) -> Response:
    """The fellowship is finished."""
    return _moved(ref, NominationAction.FINISH)


def _moved(ref: str, action: NominationAction) -> Response:
    def work(session: Session) -> Answer:
        row = placing.move_on(session, current_actor(), ref, action, now=utc_now())
        return PlaceStateSchema().dump(row), 200, {}

    return write_once(work)


@bp.route("/nominations/<ref>/travel", methods=["PUT"])
@acts(Action.NOMINATION_SCREEN)
@bp.arguments(TravelSupportSchema)
@bp.response(200, ConfirmedTravelSchema)
@bp.doc(parameters=[REPEAT])
def confirm_travel(content: dict[str, Any], ref: str) -> Response:
    """Say for each nationality whether travel is supported, and on which basis."""

    def work(session: Session) -> Answer:
        row = support.confirm_travel(
            session, current_actor(), ref, content["supported"], content["basis"] or "", now=utc_now()
        )
        return ConfirmedTravelSchema().dump(row), 200, {}

    return write_once(work)


@bp.route("/fellows", methods=["GET"])
@acts(Action.FELLOW_READ)
@bp.response(200, FellowsSchema)
def fellows() -> FellowsPage:
    """Fellows who consented to be named, and each released call in numbers."""
    with reading() as session:
        return fellows_page(session, current_actor(), now=utc_now())
