"""The steps that all forms share which save themselves: read what was typed, say what was kept and what not.

Which form it is, and where the answers are kept, only its own page knows (drafts.py, nominations.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError

from frame.language import current_language
from services.clock import utc_now
from translations.catalogues import translate, translate_errors
from vocabulary.errors import HouseError


def is_autosave() -> bool:
    """Did the form save itself, without its button? Its script wants an answer to read, not a page."""
    return request.headers.get("X-Requested-With") == "autosave"


def loaded(schema: Schema, typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the schema takes of the answers, and the errors of the rest: good are kept beside bad."""
    try:
        return schema.load(typed), {}
    except ValidationError as wrong:
        errors: dict[str, Any] = wrong.normalized_messages()
        kept = {name: value for name, value in typed.items() if name not in errors}
        return schema.load(kept), errors


def autosaved(address: str, ref: str, version: int, errors: Mapping[str, Any]) -> Response:
    """Kept, for the script: when, at which version, where to save next, and what was not taken."""
    told = {"saved_at": utc_now().isoformat(), "version": version, "action": address, "ref": ref}
    return jsonify(told | {"errors": translate_errors(errors, current_language())})


def autosave_refusal(error: HouseError) -> Response:
    """Not kept, for the script: why, and what is wrong in which field."""
    language = current_language()
    answer = jsonify(
        {"text": translate(error.message, language), "errors": translate_errors(error.errors, language)}
    )
    answer.status_code = error.status
    return answer
