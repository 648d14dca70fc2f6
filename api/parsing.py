"""How is a request to the API read? Strictly: what is not understood is refused by name, never guessed.

Knows no noun. Answers 400 for what cannot be read at all, 415 for another media type, 422 by field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from flask import Request, current_app, request
from marshmallow import RAISE, Schema, ValidationError, fields
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from vocabulary.errors import Invalid
from vocabulary.messages import Message

MOST_JSON = 2 * 1024 * 1024
"""Bytes of a JSON body; files go as multipart/form-data."""

JSON = "application/json"
UNKNOWN = Message("There is no such field.")
ONCE = Message("Give this once.")
QUERY = "__capmatch_query__"
"""Where a view keeps the schema of its query."""


def read_json(sent: Request) -> Any:
    """The JSON body, or `missing` for an empty one. Raises UnsupportedMediaType, BadRequest."""
    data = sent.get_data()
    if not data:
        return missing
    charset = sent.mimetype_params.get("charset", "utf-8").lower()
    if sent.mimetype != JSON or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
    if len(data) > MOST_JSON:
        raise RequestEntityTooLarge
    try:
        return json.loads(data.decode(), parse_constant=_no_constant, object_pairs_hook=_each_name_once)
    except (ValueError, RecursionError) as wrong:  # not UTF-8, not JSON, a number or nesting without end
        raise BadRequest from wrong


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name given twice would lose one of its values without a word."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def check_query() -> None:
    """Refuse what the view does not ask for, and one value given twice. Raises BadRequest, Invalid."""
    if not request.query_string:
        return
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as wrong:
        raise BadRequest from wrong
    schema = getattr(current_app.view_functions[request.endpoint or ""], QUERY, None)
    known: Mapping[str, fields.Field] = schema.fields if schema else {}
    errors: dict[str, Any] = {name: [UNKNOWN] for name in request.args if name not in known}
    for name, values in request.args.lists():
        if len(values) > 1 and name in known and not isinstance(known[name], fields.List):
            errors[name] = [ONCE]
    if errors:
        raise Invalid(errors)


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

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The JSON body, read strictly."""
        return read_json(req)

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Every error at once, by field; what is wrong with the whole is under `body`."""
        messages: Any = error.messages
        found = next(iter(messages.values())) if isinstance(messages, Mapping) and messages else messages
        if not isinstance(found, Mapping):
            raise Invalid({"body": found}) from error
        raise Invalid(
            {"body" if name == "_schema" else name: said for name, said in found.items()}
        ) from error
