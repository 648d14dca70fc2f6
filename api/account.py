"""/account and /tokens: whom the token speaks for, what they state of themselves, and their tokens."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.accounts import (
    AffiliationSchema,
    AffiliationsSchema,
    NewTokenSchema,
    StatedAffiliationSchema,
    TokenSchema,
    TokensSchema,
    WhoSchema,
)
from services import affiliations, tokens
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.people import Scope

bp = Blueprint("api_account", __name__, description="The account behind the token")


@bp.route("/account", methods=["GET"])
@acts(Action.EXPORT_OWN)
@bp.response(200, WhoSchema)
def who() -> dict[str, Any]:
    """Whom this token speaks for, and what it may be used for."""
    actor = current_actor()
    return {
        "account": actor.account_id,
        "email": actor.email,
        "roles": sorted(role.value for role in actor.roles()),
        "scopes": sorted(scope.value for scope in actor.scopes or ()),
        "language": actor.language,
    }


@bp.route("/account/affiliations", methods=["GET"])
@acts(Action.ACCOUNT_EDIT_OWN)
@bp.response(200, AffiliationsSchema)
def list_affiliations() -> dict[str, Any]:
    """The institutions that the account behind the token states for the question of conflicts."""
    with reading() as session:
        return {"items": affiliations.own(session, current_actor(), now=utc_now()), "next": None}


@bp.route("/account/affiliations", methods=["POST"])
@acts(Action.ACCOUNT_EDIT_OWN)
@bp.arguments(AffiliationSchema)
@bp.response(201, StatedAffiliationSchema)
@bp.alt_response(409, description="Too many are stated already")
def state_affiliation(given: dict[str, Any]) -> Response:
    """State an institution with its days; the same one again changes its days."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        made = affiliations.state(session, current_actor(), given, now=utc_now())
        return StatedAffiliationSchema().dump(made), 201, {}

    return write_once(work)


@bp.route("/account/affiliations/<int(max=2147483647):affiliation_id>", methods=["DELETE"])
@acts(Action.ACCOUNT_EDIT_OWN)
@bp.response(204)
@bp.alt_response(404, description="One's own statements hold no such number")
@bp.doc(parameters=[REPEAT])
def remove_affiliation(affiliation_id: int) -> Response:
    """Take back what was stated."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        affiliations.remove(session, current_actor(), affiliation_id, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/tokens", methods=["GET"])
@acts(Action.TOKEN_REVOKE)
@bp.response(200, TokensSchema)
def list_tokens() -> dict[str, Any]:
    """One's own tokens, without their secrets."""
    with reading() as session:
        return {"items": tokens.own_tokens(session, current_actor(), now=utc_now()), "next": None}


@bp.route("/tokens", methods=["POST"])
@acts(Action.TOKEN_CREATE)
@bp.arguments(NewTokenSchema)
@bp.response(201, TokenSchema)
def create_token(asked: dict[str, Any]) -> Response:
    """Make a token, with scopes no wider than those of the token that asks."""
    actor = current_actor()

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        made = tokens.create_token(
            session,
            actor,
            actor.account_id or 0,
            name=asked["name"],
            scopes=[Scope(scope) for scope in asked["scopes"]],
            days=asked["days"],
            now=utc_now(),
        )
        return TokenSchema().dump(made), 201, {}

    return write_once(work, keep_answer=False)


@bp.route("/tokens/<int(max=2147483647):token_id>", methods=["DELETE"])
@acts(Action.TOKEN_REVOKE)
@bp.response(204)
@bp.alt_response(404, description="No such token")
@bp.doc(parameters=[REPEAT])
def revoke_token(token_id: int) -> Response:
    """End a token at once."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        tokens.revoke_token(session, current_actor(), token_id, now=utc_now())
        return {}, 204, {}

    return write_once(work)
