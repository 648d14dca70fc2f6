"""What does the OpenAPI document say beyond the schemas? Every refusal of an endpoint, and who may call it.

Made from the document itself: an endpoint with a body can meet 415, one that asks for If-Match can meet 428.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask

from api.auth import is_for_everybody
from frame.access import action_of

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NAME_IN_PATH = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
METHODS = ("get", "post", "put", "patch", "delete")

_TEXT = {"schema": {"type": "string"}}
_RETRY = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "string"}}}
PROBLEMS: Mapping[str, Mapping[str, Any]] = {
    "400": {"description": "The request could not be read"},
    "401": {
        "description": "No token, or one that does not hold",
        "headers": {"WWW-Authenticate": {"description": "Bearer", **_TEXT}},
    },
    "403": {"description": "The caller sees it but may not do this"},
    "404": {"description": "Nothing here, or the caller may not see it"},
    "405": {
        "description": "This address does not take that method",
        "headers": {"Allow": {"description": "The methods it takes", **_TEXT}},
    },
    "409": {"description": "The thing changed meanwhile (both versions inside), or is in another state"},
    "413": {"description": "Larger than the service takes"},
    "415": {"description": "Sent as another media type than the one named here"},
    "422": {"description": "Every error, by field"},
    "428": {"description": "If-Match is missing"},
    "429": {"description": "Asked too often", "headers": _RETRY},
    "503": {"description": "The service is busy or a part of it is away", "headers": _RETRY},
}
ALWAYS = ("400", "401", "403", "405", "422", "503")
"""Any call can be unreadable, carry a wrong token or a parameter that nobody knows, or come at a bad time."""

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "the version that was read, as the ETag gave it",
}
REPEAT = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{8,200}$"},
    "description": "the same key repeats the first answer and does nothing twice",
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "an ETag got before: the answer is 304 where nothing changed since",
}
ETAG = {"ETag": {"description": "What to send back in If-Match or If-None-Match", **_TEXT}}
UNCHANGED = {"description": "Nothing changed since the ETag of If-None-Match", "headers": ETAG}


def complete(document: dict[str, Any], app: Flask) -> dict[str, Any]:
    """Add to an OpenAPI document what each endpoint may answer besides its own success."""
    document["components"]["responses"] = {
        f"Problem{code}": {**told, "content": PROBLEM} for code, told in PROBLEMS.items()
    }
    is_open = _open_operations(app)
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                operation["operationId"] = operation_id(method, path)
                operation["responses"] = _answers(path, method, operation)
                needs = [] if is_open[method, path] else [{"token": []}]
                operation["security"] = needs or [{}, {"token": []}]
    return document


def operation_id(method: str, path: str) -> str:
    """The name that generated clients call an operation by; as lasting as its method and address."""
    return "_".join([method, *re.findall(r"[a-z]+", path.removeprefix("/api/v1"))])


def _answers(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    own = {str(status): told for status, told in operation["responses"].items() if str(status).isdigit()}
    found = {status: told for status, told in own.items() if int(status) < 400 or "content" in told}
    for code in _problems(path, method, operation, own):
        said = own.get(code, {}).get("description")
        whole = {"$ref": f"#/components/responses/Problem{code}"}
        found.setdefault(code, {**PROBLEMS[code], "description": said, "content": PROBLEM} if said else whole)
    return dict(sorted(found.items()))


def _problems(path: str, method: str, operation: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    headers = {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "header"}
    is_unsafe = method != "get"
    is_kept = is_unsafe and (method != "post" or "201" in own or "204" in own or headers & {"If-Match"})
    meets = {
        "404": "{" in path or "404" in own,
        "409": bool(is_kept),
        "413": is_unsafe,
        "415": "requestBody" in operation,
        "428": "If-Match" in headers,
        "429": is_unsafe,
    }
    return [code for code in PROBLEMS if code in ALWAYS or meets.get(code)]


def _open_operations(app: Flask) -> dict[tuple[str, str], bool]:
    """Can somebody without a token call it? By method and path, as the document names them."""
    found = {}
    for rule in app.url_map.iter_rules():
        path = _NAME_IN_PATH.sub(r"{\1}", rule.rule)
        for method in rule.methods or ():
            action = action_of(app, rule.endpoint, method)
            found[method.lower(), path] = action is not None and is_for_everybody(action, method)
    return found
