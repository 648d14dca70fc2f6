"""/fellowships/REF/samples: sample nominations that a fellowship panel marks before any that counts."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, write_once
from frame.access import acts, current_actor
from schemas.practice import (
    NewSampleNominationSchema,
    ReferenceMarksSchema,
    SampleMarksSchema,
    SampleNominationSchema,
    SampleNominationsSchema,
)
from services.calibration.samples import Invented
from services.clock import utc_now
from services.fellowships import practice
from services.fellowships.practice import TEXTS
from services.queries.practice import practice_page, practice_results
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_practice", __name__, description="Sample nominations of a fellowship panel")
NO_SAMPLE = "No such fellowship call or sample"


def _results(session: Session, ref: str) -> dict[str, Any]:
    session.flush()
    found = practice_results(session, current_actor(), ref, now=utc_now())
    return dict(SampleNominationsSchema().dump(found))


@bp.route("/fellowships/<ref>/samples", methods=["GET"])
@acts(Action.CALIBRATION_READ_RESULTS)
@bp.response(200, SampleNominationsSchema)
@bp.alt_response(404, description=NO_SAMPLE)
def get_results(ref: str) -> Any:
    """The samples of a call, who has marked them, and how far the members agree."""
    with reading() as session:
        return practice_results(session, current_actor(), ref, now=utc_now())


@bp.route("/fellowships/<ref>/samples", methods=["POST"])
@acts(Action.CALIBRATION_PREPARE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewSampleNominationSchema)
@bp.response(201, SampleNominationsSchema)
@bp.alt_response(404, description=NO_SAMPLE)
@bp.alt_response(409, description="Not announced yet, the deliberation has begun, or there are too many")
def add(given: dict[str, Any], ref: str) -> Response:
    """Add an invented nomination. Its panel gets it once it has marks of reference."""

    def work(session: Session) -> Answer:
        texts = {name: given[name] or "" for name in TEXTS}
        invented = Invented(given["title"] or "", given["language"], texts)
        practice.add(session, current_actor(), ref, invented, now=utc_now())
        return _results(session, ref), 201, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/samples/<int:position>/reference", methods=["PUT"])
@acts(Action.CALIBRATION_PREPARE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(ReferenceMarksSchema)
@bp.response(200, SampleNominationsSchema)
@bp.alt_response(404, description=NO_SAMPLE)
@bp.alt_response(409, description="Changed meanwhile, or somebody has marked it")
@bp.alt_response(428, description="If-Match is missing")
def put_reference(given: dict[str, Any], ref: str, position: int) -> Response:
    """Keep the marks of reference and the reasons. Needs If-Match with the version of the sample."""
    version = expected_version()
    band = {"value": given["band"]["value"].value, "reason": given["band"]["reason"]}

    def work(session: Session) -> Answer:
        practice.set_reference(
            session, current_actor(), ref, position, given["marks"], band, version, now=utc_now()
        )
        return _results(session, ref), 200, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/samples/<int:position>", methods=["DELETE"])
@acts(Action.CALIBRATION_PREPARE)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(404, description=NO_SAMPLE)
@bp.alt_response(409, description="Somebody has marked it, or the deliberation has begun")
def remove(ref: str, position: int) -> Response:
    """Take a sample away that nobody has marked."""

    def work(session: Session) -> Answer:
        practice.remove(session, current_actor(), ref, position, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/practice/<int:position>", methods=["GET"])
@acts(Action.CALIBRATION_SCORE)
@bp.response(200, SampleNominationSchema)
@bp.alt_response(404, description=NO_SAMPLE)
def get_sample(ref: str, position: int) -> Any:
    """One sample; once the caller has marked it, the reference and what others gave."""
    with reading() as session:
        return practice_page(session, current_actor(), ref, position, now=utc_now())


@bp.route("/fellowships/<ref>/practice/<int:position>", methods=["POST"])
@acts(Action.CALIBRATION_SCORE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(SampleMarksSchema)
@bp.response(201, SampleNominationSchema)
@bp.alt_response(404, description=NO_SAMPLE)
@bp.alt_response(409, description="Handed in already, or samples are marked no more")
def mark(given: dict[str, Any], ref: str, position: int) -> Response:
    """Hand in one's marks of a sample, every criterion and the band, and once."""

    def work(session: Session) -> Answer:
        actor, now = current_actor(), utc_now()
        practice.answer(session, actor, ref, position, given["marks"], given["band"], now=now)
        page = practice_page(session, actor, ref, position, now=now)
        return dict(SampleNominationSchema().dump(page)), 201, {}

    return write_once(work)
