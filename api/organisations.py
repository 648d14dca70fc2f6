"""/organisations: who stands behind an entry, as far as that is public or one's own."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.description import ETAG, IF_NONE_MATCH, UNCHANGED
from api.frame import Blueprint, unless_known
from frame.access import acts, current_actor
from schemas.organisations import OrganisationSchema, SimilarOrganisationsSchema, SimilarQuerySchema
from services.queries import similar
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("api_organisations", __name__, description="Organisations")


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


@bp.route("/organisations/<ref>", methods=["GET"])
@acts(Action.ORGANISATION_READ)
@bp.response(200, OrganisationSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_organisation(ref: str) -> Response:
    """One organisation; where it was merged into another, that one, whose `ref` then differs."""
    with reading() as session:
        found = similar.organisation(session, current_actor(), ref)
    return unless_known(OrganisationSchema().dump(found))
