"""Who helps with an entry, by the API: invite, change, remove. Accepting is done on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer
from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.collaborators import (
    CollaboratorLevelSchema,
    CollaboratorsSchema,
    NewCollaboratorSchema,
)
from services import collaborators
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.states import EntryKind

bp = Blueprint("api_collaborators", __name__, description="Who helps with an entry")
ONE = "<int(max=2147483647):number>"


def _kind(noun: str) -> EntryKind:
    return EntryKind.REQUEST if noun == "requests" else EntryKind.OFFER


def _shown(session: Session, noun: str, ref: str) -> Any:
    found = collaborators.helpers_of(session, current_actor(), ref, now=utc_now(), kind=_kind(noun))
    return CollaboratorsSchema().dump(found)


def _done(noun: str, ref: str, status: int, act: Callable[..., object], *args: Any) -> Response:
    def work(session: Session) -> Answer:
        act(session, current_actor(), ref, *args, now=utc_now(), kind=_kind(noun))
        return _shown(session, noun, ref), status, {}

    return write_once(work)


def _routes(noun: str) -> None:
    @bp.route(f"/{noun}/<ref>/collaborators", methods=["GET"], endpoint=f"list_of_{noun}")
    @acts(Action.COLLABORATOR_GRANT)
    @bp.response(200, CollaboratorsSchema)
    def get_list(ref: str) -> Any:
        """Who helps with an entry of the caller's."""
        with reading() as session:
            return collaborators.helpers_of(session, current_actor(), ref, now=utc_now(), kind=_kind(noun))

    @bp.route(f"/{noun}/<ref>/collaborators", methods=["POST"], endpoint=f"invite_to_{noun}")
    @acts(Action.COLLABORATOR_GRANT)
    @bp.arguments(NewCollaboratorSchema)
    @bp.response(201, CollaboratorsSchema)
    @bp.doc(parameters=[REPEAT])
    def invite(asked: dict[str, Any], ref: str) -> Response:
        """Invite somebody by mail; the same answer whether or not the address has an account."""
        return _done(noun, ref, 201, collaborators.invite, asked["email"], asked["level"])

    @bp.route(f"/{noun}/<ref>/collaborators/{ONE}", methods=["PUT"], endpoint=f"change_in_{noun}")
    @acts(Action.COLLABORATOR_GRANT)
    @bp.arguments(CollaboratorLevelSchema)
    @bp.response(200, CollaboratorsSchema)
    @bp.doc(parameters=[REPEAT])
    def change(asked: dict[str, Any], ref: str, number: int) -> Response:
        """Let a collaborator do more or less."""
        return _done(noun, ref, 200, collaborators.set_level, number, asked["level"])

    @bp.route(f"/{noun}/<ref>/collaborators/{ONE}", methods=["DELETE"], endpoint=f"remove_from_{noun}")
    @acts(Action.COLLABORATOR_GRANT)
    @bp.response(200, CollaboratorsSchema)
    @bp.doc(parameters=[REPEAT])
    def remove(ref: str, number: int) -> Response:
        """Take an invitation back, or end what somebody may do; their next call is refused."""
        return _done(noun, ref, 200, collaborators.remove, number)


for _noun in ("requests", "offers"):
    _routes(_noun)
