"""How does the API say no? One body for every error: problem details (RFC 9457) with a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Response, json, request
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from frame.language import current_language
from frame.requests import request_id
from translations.catalogues import translate, translate_errors
from vocabulary.errors import HouseError
from vocabulary.messages import Message

log = structlog.get_logger("capmatch.api")

CODES = {
    400: ("bad_request", Message("The request could not be read.")),
    404: ("not_found", Message("There is nothing here, or you may not see it.")),
    405: ("method_not_allowed", Message("This address does not take that method.")),
    406: ("not_acceptable", Message("The API answers in JSON only.")),
    413: ("too_large", Message("The body is larger than the service takes.")),
    415: ("unsupported_media_type", Message("Send the body as application/json.")),
    428: ("precondition_required", Message('Send If-Match with the version you read, for example "3".')),
    500: ("internal_error", Message("Something went wrong on our side. What was saved before is safe.")),
}


class ProblemSchema(Schema):
    """The body of every error."""

    type = fields.String(required=True, metadata={"description": "about:blank; the code says what happened"})
    title = fields.String(required=True, metadata={"description": "what happened, in the caller's language"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable name of what happened"})
    errors = fields.Dict(
        keys=fields.String(), metadata={"description": "texts by field; nested fields are nested objects"}
    )
    request_id = fields.String(required=True, metadata={"description": "quote this when you ask about it"})
    current = fields.Dict(metadata={"description": "with version_conflict: the object as it is now"})
    version = fields.Integer(metadata={"description": "with version_conflict: the version it has now"})
    state = fields.String(metadata={"description": "with wrong_state: the state it is in"})
    possible = fields.List(
        fields.String(), metadata={"description": "with wrong_state: what can be done in that state"}
    )


def answer(error: Exception) -> Response:
    """The problem document for any error raised under /api/."""
    if isinstance(error, HouseError):
        return problem(error.status, error.code, error.message, errors=error.errors, extra=error.extra)
    if isinstance(error, HTTPException):
        return _http_problem(error)
    log.error("unexpected", request_id=request_id(), endpoint=request.endpoint, exc_info=error)
    return problem(500, *CODES[500])


def _http_problem(error: HTTPException) -> Response:
    if error.code is not None and 300 <= error.code < 400:
        return Response(error.get_response().get_data(), error.code, error.get_headers())
    status = error.code or 500
    code, message = CODES.get(status, ("error", Message("The request was refused.")))
    response = problem(status, code, message)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def problem(
    status: int,
    code: str,
    message: Message,
    *,
    errors: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """A problem document in the caller's language."""
    language = current_language()
    extra = dict(extra or {})
    retry_after = extra.pop("retry_after", 5 if status == 503 else None)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": translate(message, language),
        "status": status,
        "code": code,
        "request_id": request_id(),
        **extra,
    }
    if errors:
        body["errors"] = translate_errors(errors, language)
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
