"""/audit-events: the history that the caller may be told of, and the check of its chain."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Answer, Blueprint, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.trail import TrailCheckSchema, TrailPageSchema, TrailQuerySchema, wanted_of
from services.clock import utc_now
from services.trail import checking
from services.trail.reading import Line, trail_page
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_trail", __name__, description="Who did what to which thing, and when")


def _plain(line: Line) -> dict[str, Any]:
    language = current_language()
    return {
        "at": line.at,
        "action": line.action,
        "words": translate(line.words, language),
        "subject_kind": line.subject_kind,
        "subject_ref": line.subject_ref,
        "by": line.by_name or translate(line.by, language),
        "values": [{"name": name, "before": before, "after": after} for name, before, after in line.values],
        "reason": line.reason,
    }


@bp.route("/audit-events", methods=["GET"])
@acts(Action.AUDIT_READ_OWN)
@bp.arguments(TrailQuerySchema, location="query")
@bp.response(200, TrailPageSchema)
def get_list(query: dict[str, Any]) -> dict[str, Any]:
    """Events that the caller may be told of, the newest first.

    Everybody is told of their own; whoever runs a call, of those of the call; an auditor, of all.
    """
    with reading() as session:
        page = trail_page(
            session,
            current_actor(),
            wanted_of(query),
            now=utc_now(),
            cursor=query["cursor"],
            limit=query["limit"],
        )
    return {"items": [_plain(line) for line in page.lines], "next": page.next}


@bp.route("/audit-events/check", methods=["GET"])
@acts(Action.AUDIT_VERIFY)
@bp.response(200, TrailCheckSchema)
def get_check() -> checking.Finding:
    """When the chain was last checked, and whether it was whole."""
    with reading() as session:
        return checking.last_finding(session, current_actor(), now=utc_now())


@bp.route("/audit-events/check", methods=["POST"])
@acts(Action.AUDIT_VERIFY)
@bp.doc(parameters=[REPEAT])
@bp.response(202, TrailCheckSchema)
def ask_check() -> Response:
    """Have the chain checked as soon as a worker is free."""

    def work(session: Session) -> Answer:
        checking.ask_check(session, current_actor(), now=utc_now())
        session.flush()
        found = checking.last_finding(session, current_actor(), now=utc_now())
        shown: dict[str, Any] = TrailCheckSchema().dump(found)
        return shown, 202, {}

    return write_once(work)
