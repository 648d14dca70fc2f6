"""How does a page say no? One template for every error; nothing of the inside is shown."""

from __future__ import annotations

import structlog
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, SecurityError

from frame.access import current_actor
from frame.language import current_language
from frame.requests import request_id
from translations.catalogues import translate
from vocabulary.errors import HouseError, Unauthenticated
from vocabulary.messages import Message
from web import held
from web.session import load_actor

log = structlog.get_logger("capmatch.web")

TITLES = {
    400: Message("The request could not be read"),
    401: Message("Please sign in"),
    403: Message("You may not do this"),
    404: Message("Page not found"),
    405: Message("This page cannot do that"),
    409: Message("Somebody changed this meanwhile"),
    413: Message("That is too large"),
    422: Message("Please correct your answers"),
    429: Message("Too many tries"),
    500: Message("Something went wrong on our side"),
    503: Message("The service is busy"),
}
TEXTS = {
    400: Message("The address or the form was not complete. Go back and try again."),
    404: Message("There is nothing here, or you may not see it."),
    405: Message("Go back and use the buttons of the page."),
    413: Message("The file or text you sent is larger than the service takes."),
    500: Message(
        "What you sent before is safe. Try again; if it goes on, tell the secretariat the number below."
    ),
}


def answer(error: Exception) -> ResponseReturnValue:
    """The page for any error raised outside /api/."""
    if isinstance(error, HouseError):
        return house_error(error)
    if isinstance(error, CSRFError):
        return expired_form()
    if isinstance(error, HTTPException):
        return http_error(error)
    if isinstance(error, ValidationError):  # a form that lacks what its page always sends
        return error_page(422, TEXTS[400])
    return unexpected(error)


def error_page(status: int, message: Message | None = None, **values: object) -> ResponseReturnValue:
    """The error page in the reader's language, with the request id to quote."""
    language = current_language()
    title = TITLES.get(status, TITLES[500])
    shown = message or TEXTS.get(status, TEXTS[500])
    return (
        render_template(
            "error.html",
            title=translate(title, language),
            text=translate(shown, language),
            status=status,
            request_id=request_id(),
            **values,
        ),
        status,
    )


def house_error(error: HouseError) -> ResponseReturnValue:
    """A refusal of a use case; signed out leads to the sign-in page and back."""
    if isinstance(error, Unauthenticated) and not current_actor().is_signed_in:
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), 303)
        return held.sign_in_page()
    page = error_page(error.status, error.message)
    if "retry_after" in error.extra or error.status == 503:
        body, status = page  # type: ignore[misc]
        return body, status, {"Retry-After": str(error.extra.get("retry_after", 5))}
    return page


def expired_form() -> ResponseReturnValue:
    """A form without its token: an old tab, whose fields are kept, or somebody else's page."""
    load_actor()
    fields = held.fields_of_request()
    if fields and held.is_from_our_own_page():
        return held.send_again_page(fields, held.present_target(), status=400)
    return error_page(
        400,
        Message(
            "This form is out of date. Go back, load the page again and repeat your change; drafts are kept."
        ),
    )


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Werkzeug's own errors: unknown address, wrong method, too large."""
    if isinstance(error, SecurityError):  # a host that is not ours: no page can be made, since links lack one
        return Response("This host name is not served here.\n", 400, content_type="text/plain; charset=utf-8")
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    return error_page(error.code or 500)


def unexpected(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged with its id, shown without a word of the inside."""
    log.error("unexpected", request_id=request_id(), endpoint=request.endpoint, exc_info=error)
    return error_page(500)
