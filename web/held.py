"""A form came from somebody who is not signed in any more: what was typed is held, and sent after signing in.

The fields travel through the sign-in page as one hidden field; they are never stored. A form whose token is
out of date is shown again with a new one, but only to a browser that says itself that the form was ours.
"""

from __future__ import annotations

import json

from flask import render_template, request
from flask.typing import ResponseReturnValue

from web.own_paths import own_path

FIELD = "held"
_NEVER_HELD = ("csrf_token", "password", FIELD)
LONGEST = 2_000_000

Fields = list[tuple[str, str]]


def fields_of_request() -> Fields:
    """Everything typed but secrets; files cannot be held."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(secret in name for secret in _NEVER_HELD)
    ]


def packed(fields: Fields) -> str:
    """The fields as the value of one hidden field."""
    return json.dumps(fields, ensure_ascii=False)


def unpacked(value: str | None) -> Fields | None:
    """The fields again; None when there are none or the value was tampered with."""
    if not value or len(value) > LONGEST:
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    is_sound = isinstance(found, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in found
    )
    return [(name, text) for name, text in found] if is_sound else None


def present_target() -> str:
    """The address that this form was sent to."""
    return request.script_root + request.full_path.rstrip("?")


def is_from_our_own_page() -> bool:
    """Does the browser say that the form stood on a page of this host? Other pages cannot make it say so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and origin == request.host_url.rstrip("/")


def sign_in_page() -> ResponseReturnValue:
    """The sign-in page that holds the form just sent."""
    typed = fields_of_request()
    page = render_template(
        "account/sign_in.html",
        next=present_target(),
        held=packed(typed),
        held_fields=typed,
        has_files=any(file.filename for file in request.files.values()),
        email="",
        errors={},
    )
    return page, 401


def send_again_page(fields: Fields, target: str, *, status: int = 200) -> ResponseReturnValue:
    """The held form with one button that sends it, under a new token."""
    page = render_template(
        "account/send_again.html",
        target=own_path(target) or "/",
        fields_typed=fields,
        has_files=any(file.filename for file in request.files.values()),
    )
    return page, status
