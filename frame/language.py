"""Which language is a page in? The address says so: /fr/requests is French, /requests is English.

A language chosen by address is remembered in a cookie; an address without a language then leads
there. Nothing is guessed from the browser alone: it is at most offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from flask import Request, Response, g, redirect, request
from werkzeug.datastructures import LanguageAccept

from translations.catalogues import LANGUAGES, gettext, ngettext, pgettext

COOKIE = "language"
WITHOUT_LANGUAGE = ("/api/", "/static/", "/health/", "/metrics", "/feeds/")
"""Addresses that are the same in every language."""


class LanguageInAddress:
    """WSGI middleware: move a leading /fr into SCRIPT_NAME, so that every link made keeps it."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        first, _, rest = path.lstrip("/").partition("/")
        if first in LANGUAGES and not f"/{rest}".startswith(WITHOUT_LANGUAGE):
            environ["capmatch.language"] = first
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + f"/{first}"
            environ["PATH_INFO"] = f"/{rest}"
        return self.application(environ, start_response)


def current_language() -> str:
    """The language of this answer; English outside a request."""
    language: str = g.get("language", "en") if g else "en"
    return language


def choose_language() -> Response | None:
    """Set the language of this request; lead an address without one to the language remembered."""
    named = request.environ.get("capmatch.language")
    if request.path.startswith(WITHOUT_LANGUAGE):
        g.language = accepted_language(request) or "en"
        return None
    remembered = request.cookies.get(COOKIE, "")
    g.language = named or "en"
    if named is None and remembered in LANGUAGES and remembered != "en" and request.method == "GET":
        return redirect(_same_address(remembered), 302)  # type: ignore[return-value]
    return None


def _same_address(language: str) -> str:
    """This address in another language; its signs stay written as they came, line ends and ? among them."""
    query = request.query_string.decode("ascii", "ignore")
    return quote(f"/{language}{request.path}") + (f"?{query}" if query else "")


def accepted_language(asked: Request) -> str | None:
    """The best of the six languages by Accept-Language, or None when it names none of them."""
    accepted: LanguageAccept = asked.accept_languages
    for tag, _quality in accepted:
        if tag.split("-")[0].lower() in LANGUAGES:
            return tag.split("-")[0].lower()
    return None


def remember_language(response: Response) -> Response:
    """Keep a language that the address named for a year; it is a choice, not personal data."""
    named = request.environ.get("capmatch.language")
    if named and request.cookies.get(COOKIE) != named and request.method == "GET":
        response.set_cookie(
            COOKIE,
            named,
            max_age=31_536_000,
            samesite="Lax",
            secure=request.is_secure,
            httponly=True,
            path="/",
        )
    if not request.path.startswith("/static/"):
        response.headers["Content-Language"] = current_language()
    return response


def text(message: str) -> str:
    """gettext in the language of this answer, for templates, which fill in the values."""
    return gettext(current_language(), message)


def text_in(context: str, message: str) -> str:
    """pgettext in the language of this answer, for templates."""
    return pgettext(current_language(), context, message)


def counted(singular: str, plural: str, n: int) -> str:
    """ngettext in the language of this answer, for templates."""
    return ngettext(current_language(), singular, plural, n)
