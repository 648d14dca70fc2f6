"""/openapi.json, and the same for people at /docs; health under the API's own address too."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, render_template

from api.description import complete
from api.frame import Blueprint
from frame.access import acts
from frame.health import live, ready
from vocabulary.actions import Action

bp = Blueprint("api_documents", __name__, description="This description, and health")


def spec() -> dict[str, Any]:
    """The OpenAPI document of the running service."""
    kept: dict[str, dict[str, Any]] = current_app.extensions
    if "capmatch_openapi" not in kept:
        kept["capmatch_openapi"] = complete(
            current_app.extensions["capmatch_api"].spec.to_dict(), current_app
        )
    return kept["capmatch_openapi"]


@bp.route("/openapi.json", methods=["GET"])
@acts(Action.PAGE_READ)
@bp.doc(
    summary="This description in OpenAPI 3.1",
    responses={"200": {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
)
def openapi() -> Response:
    """The description of the API, made from the schemas that validate."""
    return jsonify(spec())


@bp.route("/docs", methods=["GET"])
@acts(Action.PAGE_READ)
@bp.doc(
    summary="This description for people",
    responses={"200": {"description": "A page", "content": {"text/html": {}}}},
)
def docs() -> str:
    """The description of the API as a page, without scripts."""
    return render_template("api/docs.html", spec=spec())


@bp.route("/health/live", methods=["GET"])
@acts(Action.PAGE_READ)
@bp.doc(responses={"200": {"description": "The process answers", "content": {"application/json": {}}}})
def health_live() -> Response:
    """The process answers."""
    return live()


@bp.route("/health/ready", methods=["GET"])
@acts(Action.PAGE_READ)
@bp.doc(
    responses={
        "200": {"description": "Ready", "content": {"application/json": {}}},
        "503": {
            "description": "A part does not answer; the body names it",
            "content": {"application/json": {}},
        },
    }
)
def health_ready() -> tuple[Response, int]:
    """Database and reference data answer; how the match index and the background jobs stand."""
    return ready()
