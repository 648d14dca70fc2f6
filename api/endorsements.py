"""/offers/REF/recognition: propose whether an offer that seeks recognition is endorsed, and approve that."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.decisions import NO_DECISION, shown_after
from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, write_once
from frame.access import acts, current_actor
from schemas.panels import DecisionSchema, EndorsementSchema
from services.clock import utc_now
from services.decisions import endorsing
from services.decisions.proposing import Draft
from vocabulary.actions import Action

bp = Blueprint("api_endorsements", __name__, description="Recognition of partners' own activities")


@bp.route("/offers/<ref>/recognition", methods=["POST"])
@acts(Action.RECOGNITION_PROPOSE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(EndorsementSchema)
@bp.response(201, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description="No such offer, or not the caller's to see")
@bp.alt_response(409, description="Changed meanwhile, proposed already, or recognition is not asked for")
@bp.alt_response(428, description="If-Match is missing")
def propose(given: dict[str, Any], ref: str) -> Response:
    """Propose whether the offer is endorsed. Needs If-Match with the version of the offer."""
    version = expected_version()
    draft = Draft(given["outcome"], given["reason"] or "", given["conditions"], given["contradiction_reason"])

    def work(session: Session) -> Answer:
        made = endorsing.propose(
            session, current_actor(), ref, draft, given["few_reviews_reason"], version, now=utc_now()
        )
        return shown_after(session, made.ref, 201)

    return write_once(work)


@bp.route("/decisions/<ref>/endorsement", methods=["POST"])
@acts(Action.RECOGNITION_APPROVE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.response(200, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description=NO_DECISION)
@bp.alt_response(409, description="Changed meanwhile, not under way, or the result is another now")
@bp.alt_response(428, description="If-Match is missing")
def approve(ref: str) -> Response:
    """Approve what another person proposed; the letter goes out. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> Answer:
        endorsing.approve(session, current_actor(), ref, version, now=utc_now())
        return shown_after(session, ref)

    return write_once(work)
