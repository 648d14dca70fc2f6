"""/calls/REF/calibration: the practice samples of a call, their reference, scores and results."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.calibration import (
    CalibrationSchema,
    NewSampleSchema,
    PracticeSchema,
    ReferenceSchema,
    SampleScoresSchema,
)
from services.calibration import drafts, results, samples
from services.calibration.samples import CANNOT_JUDGE, TEXTS, Invented
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_calibration", __name__, description="Practice samples of a call")
NO_CALL = "No such call or sample"


def _results(session: Session, ref: str) -> dict[str, Any]:
    found = results.results(session, current_actor(), ref, language=current_language(), now=utc_now())
    return dict(CalibrationSchema().dump(found))


@bp.route("/calls/<ref>/calibration", methods=["GET"])
@acts(Action.CALIBRATION_READ_RESULTS)
@bp.response(200, CalibrationSchema)
@bp.alt_response(404, description=NO_CALL)
def get_results(ref: str) -> Any:
    """The samples of a call, who has scored them and how far they agree (moderators, officers, deciders)."""
    with reading() as session:
        return results.results(session, current_actor(), ref, language=current_language(), now=utc_now())


@bp.route("/calls/<ref>/calibration", methods=["POST"])
@acts(Action.CALIBRATION_PREPARE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewSampleSchema)
@bp.response(201, CalibrationSchema)
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="The deliberation has begun, or there are too many")
def add(given: dict[str, Any], ref: str) -> Response:
    """Add a sample: a copy of a published `entry` of another call, or one that is written here."""

    def work(session: Session) -> Answer:
        if given["entry"]:
            samples.copy_entry(session, current_actor(), ref, given["entry"], now=utc_now())
        else:
            texts = {name: given[name] or "" for name in TEXTS}
            invented = Invented(given["title"] or "", given["language"], texts)
            samples.invent(session, current_actor(), ref, invented, now=utc_now())
        return _results(session, ref), 201, {}

    return write_once(work)


@bp.route("/calls/<ref>/calibration/<int:position>/reference", methods=["PUT"])
@acts(Action.CALIBRATION_PREPARE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(ReferenceSchema)
@bp.response(200, CalibrationSchema)
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="Changed meanwhile, or somebody has scored it")
@bp.alt_response(428, description="If-Match is missing")
def put_reference(given: dict[str, Any], ref: str, position: int) -> Response:
    """Keep the scores of reference and their reasons. Needs If-Match with the version of the sample."""
    version = expected_version()

    def work(session: Session) -> Answer:
        samples.set_reference(
            session, current_actor(), ref, position, given["reference"], version, now=utc_now()
        )
        return _results(session, ref), 200, {}

    return write_once(work)


@bp.route("/calls/<ref>/calibration/<int:position>", methods=["DELETE"])
@acts(Action.CALIBRATION_PREPARE)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="Somebody has scored it, or the deliberation has begun")
def remove(ref: str, position: int) -> Response:
    """Take a sample away that nobody has scored."""

    def work(session: Session) -> Answer:
        samples.remove(session, current_actor(), ref, position, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/calls/<ref>/practice/<int:position>", methods=["GET"])
@acts(Action.CALIBRATION_SCORE)
@bp.response(200, PracticeSchema)
@bp.alt_response(404, description=NO_CALL)
def get_sample(ref: str, position: int) -> Any:
    """One sample; once the caller has scored it, what others gave and what the reference says."""
    with reading() as session:
        return results.sample_page(
            session, current_actor(), ref, position, language=current_language(), now=utc_now()
        )


@bp.route("/calls/<ref>/practice/<int:position>/draft", methods=["PUT"])
@acts(Action.CALIBRATION_SCORE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(SampleScoresSchema)
@bp.response(200, PracticeSchema)
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="Changed meanwhile, handed in already, or the deliberation has begun")
@bp.alt_response(428, description="If-Match is missing")
def put_draft(given: dict[str, Any], ref: str, position: int) -> Response:
    """Keep some scores of a sample to go on later. Needs If-Match: the draft's version, 0 for the first."""
    version, scores = expected_version(), _as_given(given)

    def work(session: Session) -> Answer:
        drafts.save(session, current_actor(), ref, position, scores, version, now=utc_now())
        page = results.sample_page(
            session, current_actor(), ref, position, language=current_language(), now=utc_now()
        )
        return dict(PracticeSchema().dump(page)), 200, {}

    return write_once(work)


def _as_given(given: dict[str, Any]) -> dict[str, str]:
    return {code: CANNOT_JUDGE if value is None else str(value) for code, value in given["scores"].items()}


@bp.route("/calls/<ref>/practice/<int:position>", methods=["POST"])
@acts(Action.CALIBRATION_SCORE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(SampleScoresSchema)
@bp.response(201, PracticeSchema)
@bp.alt_response(404, description=NO_CALL)
@bp.alt_response(409, description="Handed in already, or the deliberation has begun")
def score(given: dict[str, Any], ref: str, position: int) -> Response:
    """Hand in one's scores of a sample, every criterion and once; null is «cannot judge»."""
    scores = _as_given(given)

    def work(session: Session) -> Answer:
        samples.answer(session, current_actor(), ref, position, scores, now=utc_now())
        page = results.sample_page(
            session, current_actor(), ref, position, language=current_language(), now=utc_now()
        )
        return dict(PracticeSchema().dump(page)), 201, {}

    return write_once(work)
