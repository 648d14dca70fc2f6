"""/reviews/REF/document: one's scorecard as a document to be filled in, and what such a one would change."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.files import SAFE_HEADERS, UPLOAD
from api.frame import Blueprint
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import DocumentFormatSchema, DocumentReadingSchema, taken_changes
from services.clock import utc_now
from services.reviews.content import differing
from services.scorecard_documents import making, reading
from services.transaction import reading as reading_transaction
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message

bp = Blueprint("api_scorecard_documents", __name__, description="Scorecards as documents")
_MADE = {
    "200": {
        "description": "The document, with what is saved so far",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@bp.route("/reviews/<ref>/document", methods=["GET"])
@acts(Action.REVIEW_READ_OWN)
@bp.arguments(DocumentFormatSchema, location="query")
@bp.doc(responses=_MADE)
@bp.alt_response(404, description="No such assignment, or not the caller's")
def download(asked: dict[str, Any], ref: str) -> Response:
    """One's scorecard with the submission, as DOCX or ODT, in the language of the caller."""
    with reading_transaction() as session:
        made = making.make(
            session, current_actor(), ref, asked["format"], language=current_language(), now=utc_now()
        )
    answer = Response(made.content, content_type=made.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    answer.headers.update(SAFE_HEADERS)
    return answer


@bp.route("/reviews/<ref>/document", methods=["POST"])
@acts(Action.REVIEW_WRITE)
@bp.doc(requestBody=UPLOAD)
@bp.response(200, DocumentReadingSchema)
@bp.alt_response(404, description="No such assignment, or not the caller's")
@bp.alt_response(409, description="The scorecard is submitted, or closed")
@bp.alt_response(422, description="No such document, or one of another scorecard or other criteria")
def read(ref: str) -> dict[str, Any]:
    """What a filled-in document would change. Nothing is kept: send `answers` by PATCH to take them over."""
    sent = request.files.get("file")
    if sent is None:
        raise Invalid({"file": [Message("Send the file as multipart/form-data under the name “file”.")]})
    with reading_transaction() as session:
        found = reading.read(session, current_actor(), ref, sent.stream.read(), now=utc_now())
    answers, errors = taken_changes(found.answers)
    language = current_language()
    return {
        "version": found.current_version,
        "made_from": found.version,
        "is_stale": found.is_stale,
        "revision": found.current_revision,
        "made_from_revision": found.revision,
        "changes": [
            {"field": name, "saved": saved, "document": new}
            for name, (saved, new) in differing(found.saved, answers).items()
        ],
        "problems": [
            {"field": each.code, "text": each.text, "message": translate(each.message, language)}
            for each in (*found.problems, *reading.problems_of(errors, found.answers))
        ],
        "missing": found.missing,
        "answers": answers,
    }
