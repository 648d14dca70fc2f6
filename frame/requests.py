"""What every answer carries: a request id, one log line without personal data, safe headers."""

from __future__ import annotations

import logging
import re
import sys
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, has_request_context, request

log = structlog.get_logger("capmatch.request")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,40}")


def request_id() -> str | None:
    """The id of the request under way; a proxy's X-Request-ID is kept when it is harmless."""
    if not has_request_context():
        return None
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
    found: str = g.request_id
    return found


def install(app: Flask, *, is_secure: bool) -> None:
    """Add the id, the log line and the headers to every answer of the app."""

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()
        request_id()

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headers["X-Request-ID"] = request_id() or ""
        if "Cache-Control" not in response.headers:
            is_private = g.get("actor_is_known") or "secret" in (request.view_args or {})
            response.headers["Cache-Control"] = "no-store" if is_private else "no-cache"
        if not request.path.startswith(("/static/", "/health/")):
            _log(response)
        return response


def _log(response: Response) -> None:
    """One line: no address, no query, no name; the endpoint and not the path, which may hold a secret."""
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        endpoint=request.endpoint or "-",
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        language=g.get("language", "-"),
    )


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
