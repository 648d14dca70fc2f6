"""What every noun of the API shares: parsing, versions, and answers given once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, json, request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.exceptions import PreconditionRequired

from api.auth import ask_for_token
from api.errors import ProblemSchema
from api.parsing import JSON, QUERY, HouseParser, check_query
from frame.access import current_actor
from services import repeats
from services.clock import utc_now
from services.transaction import transaction
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message

Answer = tuple[dict[str, Any], int, dict[str, str]]
"""JSON body, status, headers."""

Work = Callable[[Session], Answer]
"""One use case in one transaction."""


class HouseApi(Api):  # type: ignore[misc]
    """flask-smorest, with our error body and without its own error handler."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """app.py sends every error under /api/ to api/errors.py."""


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A group of API endpoints, which ask for a token and refuse what they do not know of the address."""

    ARGUMENTS_PARSER = HouseParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_request(ask_for_token)
        self.before_request(check_query)
        self.after_request(_differs_by)

    def arguments(self, schema: type[Schema], *, location: str = "json", **options: Any) -> Any:
        """flask-smorest's own; a query's schema stays with the view, for check_query."""
        decorate = super().arguments(schema, location=location, **options)

        def take(view: Any) -> Any:
            taking = decorate(view)
            if location == "query":
                setattr(taking, QUERY, schema())
            return taking

        return take


def _differs_by(response: Response) -> Response:
    """What a cache must not mix up: callers and languages."""
    response.vary.update(("Authorization", "Accept-Language"))
    return response


def expected_version() -> int:
    """The version in If-Match, which every change needs. Raises 428 without it, Invalid when unreadable."""
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid({"If-Match": [Message('This must be the version you read, for example "3".')]})
    return int(text)


def unless_known(body: Mapping[str, Any], version: int | None = None) -> Response:
    """An object with its ETag, or 304 where the caller has it already.

    The ETag is the version where that alone decides what is shown; else, without one, the text itself.
    """
    text = json.dumps(body)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    headers = {"ETag": f'W/"{digest}"'} if version is None else version_headers(version)
    if request.if_none_match.contains_weak(headers["ETag"].removeprefix("W/").strip('"')):
        return Response(status=304, headers=headers)
    return Response(text, 200, headers, content_type=JSON)


def version_headers(version: int) -> dict[str, str]:
    """The version of the object in the answer, as the ETag to send back in If-Match."""
    return {"ETag": f'"{version}"'}


def write_once(work: Work, *, keep_answer: bool = True, sent: bytes | None = None) -> Response:
    """Run one use case in one transaction; with an Idempotency-Key, at most once.

    An answer that holds a secret is not kept (`keep_answer`), so such a call takes no key. `sent` stands for
    the body where its bytes differ each time, as those of a multipart form do.

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
    said = request.get_data() if sent is None else sent
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + said).hexdigest()
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
    return Response(body, answer.status, answer.headers, content_type=JSON)
