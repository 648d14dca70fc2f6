"""What an officer does with nominations beside the panel: let in late, add a late file, forget in time."""

from __future__ import annotations

from typing import Any

from flask import Response, json, request
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, version_headers, write_once
from api.nominations import shown
from frame.access import acts, current_actor
from schemas.nomination_desk import (
    LateAdmissionSchema,
    LateFileSchema,
    MonthsKeptSchema,
    NominationRetentionSchema,
)
from schemas.nominations import NominationSchema
from services.clock import utc_now
from services.fellowships import files, late, retention
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.fellowships import NominationDocument
from vocabulary.messages import Message

bp = Blueprint("api_nomination_desk", __name__, description="Late nominations, and how long they are kept")

DOCUMENTS = tuple(one.value for one in NominationDocument)
UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "document", "late_reason"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "document": {"type": "string", "enum": list(DOCUMENTS)},
                    "late_reason": {"type": "string"},
                },
            }
        }
    },
}


@bp.route("/nominations/<ref>/late", methods=["PUT"])
@acts(Action.NOMINATION_SCREEN)
@bp.arguments(LateAdmissionSchema)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.alt_response(409, description="Neither party has anything left to do, or it changed meanwhile")
@bp.alt_response(428, description="If-Match is missing")
def admit(given: dict[str, Any], ref: str) -> Response:
    """Give one nomination until a time of its own, with a reason; whoever acts next is told by mail."""
    version = expected_version()

    def work(session: Session) -> Answer:
        reason = given["late_reason"] or ""
        late.admit_late(session, current_actor(), ref, given["late_until"], reason, version, now=utc_now())
        return shown(session, ref)

    return write_once(work)


@bp.route("/nominations/<ref>/late-files", methods=["POST"])
@acts(Action.NOMINATION_SCREEN)
@bp.response(201, LateFileSchema)
@bp.doc(requestBody=UPLOAD, parameters=[REPEAT])
@bp.alt_response(409, description="The nomination has ended")
def add_late_file(ref: str) -> Response:
    """Add a document that came after the deadline, with the reason why it is taken."""
    sent, reason = request.files.get("file"), request.form.get("late_reason", "")
    document = request.form.get("document", "")
    errors: dict[str, list[Message]] = {}
    if sent is None:
        errors["file"] = [Message("Send the file as multipart/form-data under the name “file”.")]
    if document not in DOCUMENTS:
        errors["document"] = [Message("This must be one of: {choices}.", choices=DOCUMENTS)]
    if sent is None or errors:
        raise Invalid(errors)
    data, name = sent.stream.read(), sent.filename or ""

    def work(session: Session) -> Answer:
        row = files.add_late_file(
            session, current_actor(), ref, NominationDocument(document), name, data, reason, now=utc_now()
        )
        return LateFileSchema().dump(row), 201, {}

    said = "\0".join((document, reason, name)).encode(errors="replace")
    return write_once(work, sent=said + b"\0" + data)


@bp.route("/fellowships/<ref>/retention", methods=["GET"])
@acts(Action.NOMINATION_ERASE)
@bp.response(200, NominationRetentionSchema, headers=ETAG)
def get_retention(ref: str) -> Response:
    """What is kept of a call and until when, and what the clock would erase now; changes nothing."""
    with reading() as session:
        body, _, headers = _report(session, ref)
    return Response(json.dumps(body), 200, headers, content_type="application/json")


@bp.route("/fellowships/<ref>/retention", methods=["PUT"])
@acts(Action.NOMINATION_ERASE)
@bp.arguments(MonthsKeptSchema)
@bp.response(200, NominationRetentionSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.alt_response(409, description="Changed meanwhile")
@bp.alt_response(428, description="If-Match is missing")
def put_retention(given: dict[str, Any], ref: str) -> Response:
    """Say how many months after the release the data of those not selected are kept."""
    version = expected_version()

    def work(session: Session) -> Answer:
        retention.set_months(session, current_actor(), ref, given["months_kept"], version, now=utc_now())
        session.flush()
        return _report(session, ref)

    return write_once(work)


@bp.route("/nominations/<ref>/erasure-wish", methods=["POST"])
@acts(Action.NOMINATION_ASK_ERASURE)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(409, description="The nomination is under way; withdraw it first")
def ask_erasure(ref: str) -> Response:
    """The nominee asks that what the nomination says be erased."""

    def work(session: Session) -> Answer:
        retention.ask_erasure(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/nominations/<ref>/erasure", methods=["POST"])
@acts(Action.NOMINATION_ERASE)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
@bp.alt_response(409, description="Nobody asked for it")
def erase(ref: str) -> Response:
    """Erase one nomination whose nominee asked for it."""

    def work(session: Session) -> Answer:
        retention.erase_asked(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)


def _report(session: Session, ref: str) -> Answer:
    found = retention.report(session, current_actor(), ref, now=utc_now())
    named = ("version", "months_kept", "released_at", "due_from", "due", "asked", "n_kept", "n_erased")
    body = {name: getattr(found, name) for name in named} | {"ref": ref, "counts": dict(found.counts)}
    return NominationRetentionSchema().dump(body), 200, version_headers(found.version)
