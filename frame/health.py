"""Is the service alive, and ready to take work? Shown without a sign-in; /metrics only with its token."""

from __future__ import annotations

import hmac
from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from services.clock import utc_now
from services.health import Gauges, gauges, readiness
from services.transaction import reading
from vocabulary.errors import HouseError, NotFound

bp = Blueprint("health", __name__)
JOBS_MAY_BE_SILENT = timedelta(minutes=2)


@bp.get("/health/live")
def live() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/health/ready")
def ready() -> tuple[Response, int]:
    """Database, matching index and background jobs answer; 503 names the part that does not."""
    try:
        with reading() as session:
            parts = readiness(session, utc_now(), JOBS_MAY_BE_SILENT)
    except HouseError:
        parts = {"database": "unavailable"}
    is_ready = all(state != "unavailable" for state in parts.values())
    return jsonify({"status": "ok" if is_ready else "unavailable", "parts": parts}), 200 if is_ready else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus; without the right token there is no such page.

    Those named capmatch_ are of the whole service, the others of the process that happens to answer.
    """
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotFound()
    with reading() as session:
        found = gauges(session, utc_now())
    text = generate_latest(_registry(found)) + generate_latest()
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _registry(found: Gauges) -> CollectorRegistry:
    registry = CollectorRegistry()
    mails = Gauge("capmatch_mails", "Mails that wait, went or failed.", ["state"], registry=registry)
    for state, n in found.n_mails.items():
        mails.labels(state).set(n)
    entries = Gauge("capmatch_entries", "Entries by kind and state.", ["kind", "state"], registry=registry)
    for (kind, state), n in found.n_entries.items():
        entries.labels(kind, state).set(n)
    if found.seconds_since_jobs is not None:
        silence = "Seconds since the job worker was last heard."
        Gauge("capmatch_jobs_silent_seconds", silence, registry=registry).set(found.seconds_since_jobs)
    return registry
