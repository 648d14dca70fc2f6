"""/calls and /organisations: what an entry refers to."""

from __future__ import annotations

from typing import Any

from api.frame import Blueprint
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.calls import CallSchema, CallsSchema
from schemas.organisations import SimilarOrganisationsSchema, SimilarQuerySchema
from services.clock import utc_now
from services.queries import calls, similar
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_lookups", __name__, description="Calls and organisations")


def _call(row: calls.CallRow) -> dict[str, Any]:
    names = ("ref", "is_open", "title", "text", "text_language", "opens_at", "closes_at", "zone")
    shown = {name: getattr(row, name) for name in names}
    phase = translate(row.phase, current_language())
    more = {"strategies": list(row.strategies), "minimum_reviews": row.minimum_reviews}
    return shown | more | {"kind": row.kind.value, "phase": phase}


@bp.route("/calls", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, CallsSchema)
def list_calls() -> dict[str, Any]:
    """Every call that was announced, the open ones first."""
    with reading() as session:
        found = calls.announced_calls(session, language=current_language(), now=utc_now())
    return {"items": [_call(row) for row in found], "next": None}


@bp.route("/calls/<ref>", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, CallSchema)
@bp.alt_response(404, description="No such call")
def get_call(ref: str) -> dict[str, Any]:
    """One call."""
    with reading() as session:
        found = calls.call_page(session, current_actor(), ref, language=current_language(), now=utc_now())
    return _call(found)


@bp.route("/organisations", methods=["GET"])
@acts(Action.ORGANISATION_READ)
@bp.arguments(SimilarQuerySchema, location="query")
@bp.response(200, SimilarOrganisationsSchema)
def list_organisations(query: dict[str, Any]) -> dict[str, Any]:
    """Organisations that are known under a name like this one, in any script."""
    with reading() as session:
        found = similar.similar_organisations(
            session, current_actor(), query["similar_to"] or "", query.get("country")
        )
    return {"items": found, "next": None}
