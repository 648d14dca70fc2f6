"""The thread of an entry, by the API."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer
from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.messages import NewMessageSchema, ThreadSchema
from services import messages
from services.clock import utc_now
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.states import EntryKind

bp = Blueprint("api_messages", __name__, description="Messages about an entry")


def _routes(kind: EntryKind) -> None:
    @bp.route(f"/{kind.value}s/<ref>/messages", methods=["GET"], endpoint=f"list_of_{kind.value}s")
    @acts(Action.ENTRY_MESSAGE)
    @bp.response(200, ThreadSchema)
    def get_list(ref: str) -> Any:
        """What the secretariat and whoever submitted the entry wrote to each other."""
        with reading() as session:
            return messages.thread(session, current_actor(), ref, now=utc_now(), kind=kind)

    @bp.route(f"/{kind.value}s/<ref>/messages", methods=["POST"], endpoint=f"write_to_{kind.value}s")
    @acts(Action.ENTRY_MESSAGE)
    @bp.arguments(NewMessageSchema)
    @bp.response(201, ThreadSchema)
    @bp.doc(parameters=[REPEAT])
    def write(asked: dict[str, Any], ref: str) -> Response:
        """Add a message; the other side is told by mail, without its words."""

        def work(session: Session) -> Answer:
            messages.write(session, current_actor(), ref, asked["text"], now=utc_now(), kind=kind)
            found = messages.thread(session, current_actor(), ref, now=utc_now(), kind=kind)
            return ThreadSchema().dump(found), 201, {}

        return write_once(work)


for _kind in EntryKind:
    _routes(_kind)
