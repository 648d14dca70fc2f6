"""What every noun of the API shares: parsing, versions, and answers given once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from flask import Response, json, request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import RAISE, Schema, ValidationError
from sqlalchemy.orm import Session
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, PreconditionRequired

from api.errors import ProblemSchema
from frame.access import current_actor
from services import repeats
from services.clock import utc_now
from services.transaction import transaction
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message

Work = Callable[[Session], tuple[dict[str, Any], int, dict[str, str]]]
"""One use case in one transaction: JSON body, status, headers."""


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


PROBLEMS = {
    "400": _problem("The request could not be read"),
    "401": _problem("No token, or one that does not hold"),
    "403": _problem("The caller sees it but may not do this"),
    "404": _problem("Nothing here, or the caller may not see it"),
    "405": _problem("This address does not take that method"),
    "409": _problem("The thing changed meanwhile (both versions inside), or is in another state"),
    "413": _problem("Larger than the service takes"),
    "415": _problem("Not sent as application/json"),
    "422": _problem("Every error, by field"),
    "428": _problem("If-Match is missing"),
    "429": _problem("Asked too often; see Retry-After"),
    "503": _problem("The service is busy; see Retry-After"),
}
_UNSAFE = ("post", "put", "patch", "delete")


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to an OpenAPI document what any endpoint may answer besides its own success."""
    document["components"]["responses"] = {f"Problem{code}": body for code, body in PROBLEMS.items()}
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method not in ("get", *_UNSAFE):
                continue
            operation["responses"] = {
                status: answer
                for status, answer in operation["responses"].items()
                if status.isdigit() and int(status) < 400
            } | {
                code: {"$ref": f"#/components/responses/Problem{code}"}
                for code in PROBLEMS
                if method in _UNSAFE or code not in ("409", "413", "415", "428")
            }
            operation["security"] = [{}, {"token": []}]
    return document


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "the version that was read, as the ETag gave it",
}
REPEAT = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    "description": "the same key repeats the first answer and does nothing twice",
}


class HouseApi(Api):  # type: ignore[misc]
    """flask-smorest, with our error body and without its own error handler."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """app.py sends every error under /api/ to api/errors.py."""


class HouseParser(FlaskParser):
    """Unknown query parameters are refused like unknown fields; every error is one of ours."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 -- webargs' own form
        "json": None,
        "query": RAISE,
        "path": RAISE,
        "form": None,
        "headers": None,
        "cookies": None,
        "files": None,
        "json_or_form": None,
    }

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Every error at once, by field."""
        messages: Any = error.messages
        found = next(iter(messages.values())) if isinstance(messages, Mapping) and messages else messages
        raise Invalid(found if isinstance(found, Mapping) else {"body": found}) from error

    def _handle_invalid_json_error(self, error: Any, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise BadRequest from error


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A group of API endpoints."""

    ARGUMENTS_PARSER = HouseParser()


def expected_version() -> int:
    """The version in If-Match, which every change needs. Raises 428 without it, Invalid when unreadable."""
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid({"If-Match": [Message('This must be the version you read, for example "3".')]})
    return int(text)


def version_headers(version: int) -> dict[str, str]:
    """The version of the object in the answer, as the ETag to send back in If-Match."""
    return {"ETag": f'"{version}"'}


def write_once(work: Work, *, keep_answer: bool = True) -> Response:
    """Run one use case in one transaction; with an Idempotency-Key, at most once.

    An answer that holds a secret is not kept (`keep_answer`), so such a call takes no key.

    The key is claimed in the same transaction as the effect. A second sender waits for the first
    one's commit, fails on the unique key, and then reads the first answer.
    """
    actor, key = current_actor(), request.headers.get("Idempotency-Key")
    if key is not None and not keep_answer:
        raise Invalid({"Idempotency-Key": [Message("This call takes no key, since its answer is not kept.")]})
    if key is None or not actor.is_signed_in:
        with transaction() as session:
            return _response(repeats.Answer(*_shaped(work(session))))
    _check_key(key)
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data()).hexdigest()
    for is_last in (False, True):
        try:
            with transaction() as session:
                answer = repeats.first_answer(session, actor, key, digest)
                if answer is None:
                    row = repeats.claim(session, actor, key, digest, now=utc_now())
                    answer = repeats.Answer(*_shaped(work(session)))
                    row.status, row.body, row.headers = answer.status, answer.body, answer.headers
            return _response(answer)
        except Conflict as lost:
            if lost.code != "integrity" or is_last:
                raise
    raise AssertionError("not reached")


def _check_key(key: str) -> None:
    if not 8 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        raise Invalid({"Idempotency-Key": [Message("This must be 8 to 200 printable ASCII characters.")]})


def _shaped(done: tuple[dict[str, Any], int, dict[str, str]]) -> tuple[int, dict[str, Any], dict[str, str]]:
    body, status, headers = done
    return status, json.loads(json.dumps(body)), headers


def _response(answer: repeats.Answer) -> Response:
    body = b"" if answer.status == 204 else json.dumps(answer.body).encode()
    return Response(body, answer.status, answer.headers, content_type="application/json")


def page_of(schema: Schema, rows: Any, next_cursor: str | None, total: int | None = None) -> dict[str, Any]:
    """A list as the API gives it: items, the cursor of the next page or null, the total where known."""
    page: dict[str, Any] = {"items": schema.dump(rows, many=True), "next": next_cursor}
    if total is not None:
        page["total"] = total
    return page
