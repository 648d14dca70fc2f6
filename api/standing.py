"""How long an offer stands, by the API: pause, take up again, renew, close, lift its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer
from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Blueprint, expected_version, version_headers, write_once
from frame.access import acts, current_actor
from schemas.standing import RenewalSchema, StandingReasonSchema, StandingSchema
from services.clock import utc_now
from services.entries import standing
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_standing", __name__, description="How long an offer stands")


def _done(ref: str, act: Callable[..., object], *args: Any, **more: Any) -> Response:
    version = expected_version()

    def work(session: Session) -> Answer:
        act(session, current_actor(), ref, version, *args, now=utc_now(), **more)
        found = standing.standing(session, current_actor(), ref, now=utc_now())
        return StandingSchema().dump(found), 200, version_headers(found.version)

    return write_once(work)


@bp.route("/offers/<ref>/standing", methods=["GET"])
@acts(Action.ENTRY_RENEW)
@bp.response(200, StandingSchema, headers=ETAG)
def get_standing(ref: str) -> tuple[Any, dict[str, str]]:
    """Until when it stands, whether a place is left, and what can be done."""
    with reading() as session:
        found = standing.standing(session, current_actor(), ref, now=utc_now())
    return found, version_headers(found.version)


@bp.route("/offers/<ref>/pause", methods=["POST"])
@acts(Action.ENTRY_PAUSE)
@bp.arguments(StandingReasonSchema)
@bp.response(200, StandingSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def pause(asked: dict[str, Any], ref: str) -> Response:
    """Out of the matches for a while."""
    return _done(ref, standing.pause, reason=asked.get("reason"))


@bp.route("/offers/<ref>/resumption", methods=["POST"])
@acts(Action.ENTRY_PAUSE)
@bp.response(200, StandingSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def resume(ref: str) -> Response:
    """Into the matches again."""
    return _done(ref, standing.resume)


@bp.route("/offers/<ref>/renewal", methods=["POST"])
@acts(Action.ENTRY_RENEW)
@bp.arguments(RenewalSchema)
@bp.response(200, StandingSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def renew(asked: dict[str, Any], ref: str) -> Response:
    """It stands until a later day; what has expired stands again."""
    return _done(ref, standing.renew, asked["valid_until"])


@bp.route("/offers/<ref>/closing", methods=["POST"])
@acts(Action.ENTRY_RENEW)
@bp.arguments(StandingReasonSchema)
@bp.response(200, StandingSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def close(asked: dict[str, Any], ref: str) -> Response:
    """It no longer stands."""
    return _done(ref, standing.close, reason=asked.get("reason"))


@bp.route("/offers/<ref>/no-end", methods=["POST"])
@acts(Action.ENTRY_KEEP_OPEN)
@bp.arguments(StandingReasonSchema)
@bp.response(200, StandingSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def keep_open(asked: dict[str, Any], ref: str) -> Response:
    """An officer lifts its end date, with a reason."""
    return _done(ref, standing.keep_open, asked.get("reason") or "")
