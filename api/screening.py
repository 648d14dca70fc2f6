"""Screening by the API: what was found of a request, and what is found now; the self-check of its owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer
from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Blueprint, expected_version, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.screening import NewFindingSchema, ScreeningSchema, SelfCheckSchema
from services import screening
from services.clock import utc_now
from services.entries.rows import fetch_for
from services.queries.entries import entry_page
from services.queries.screening import screening_page
from services.self_check import self_check
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.states import EntryKind

bp = Blueprint("api_screening", __name__, description="Screening")


def _due_at(asked: dict[str, Any]) -> datetime:
    if asked.get("due_at") is None:
        raise Invalid({"due_at": [Message("This is missing.")]})
    due_at: datetime = asked["due_at"]
    return due_at


FINDERS: dict[str, tuple[Callable[..., Any], Callable[[dict[str, Any]], tuple[Any, ...]]]] = {
    "eligible": (screening.find_eligible, lambda asked: ()),
    "return_proposed": (screening.propose_return, lambda asked: (asked["questions"],)),
    "returned": (screening.return_with_questions, lambda asked: (asked["questions"], _due_at(asked))),
    "ineligible": (
        screening.find_ineligible,
        lambda asked: (asked.get("reason_code") or "", asked.get("text") or ""),
    ),
    "confirmed": (screening.confirm_ineligible, lambda asked: ()),
    "reversed": (screening.reverse_ineligible, lambda asked: (asked.get("reason") or "",)),
    "reopened": (screening.reopen, lambda asked: (_due_at(asked), asked.get("reason") or "")),
    "restored": (screening.restore_withdrawn, lambda asked: (asked.get("reason") or "",)),
}
"""What each finding does, and what it takes from the body."""


@bp.route("/requests/<ref>/screening", methods=["GET"])
@acts(Action.ENTRY_SCREEN)
@bp.response(200, ScreeningSchema, headers=ETAG)
def get_screening(ref: str) -> tuple[Any, dict[str, str]]:
    """What was found of a request, and what can be found now."""
    with reading() as session:
        page = screening_page(session, current_actor(), ref, now=utc_now())
    return page, version_headers(page.version)


@bp.route("/requests/<ref>/screening", methods=["POST"])
@acts(Action.ENTRY_SCREEN)
@bp.arguments(NewFindingSchema)
@bp.response(200, ScreeningSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def find(asked: dict[str, Any], ref: str) -> Response:
    """Find it eligible, return it, find it not eligible, confirm or undo that."""
    version = expected_version()
    act, arguments = FINDERS[asked["finding"]]

    def work(session: Session) -> Answer:
        act(session, current_actor(), ref, version, *arguments(asked), now=utc_now())
        page = screening_page(session, current_actor(), ref, now=utc_now())
        return ScreeningSchema().dump(page), 200, version_headers(page.version)

    return write_once(work)


@bp.route("/requests/<ref>/self-check", methods=["GET"])
@acts(Action.ENTRY_SUBMIT)
@bp.response(200, SelfCheckSchema)
def get_self_check(ref: str) -> dict[str, Any]:
    """What the rules say of the submitter's own assessment; only the submitter can ask."""
    language = current_language()
    with reading() as session:
        fetch_for(session, current_actor(), Action.ENTRY_SUBMIT, ref, now=utc_now(), kind=EntryKind.REQUEST)
        page = entry_page(session, current_actor(), ref, now=utc_now(), kind=EntryKind.REQUEST)
        found = self_check(session, page.working, page.call.ref if page.call else None, language=language)
    return {
        "criteria_version": found.criteria_version,
        "rule_version": found.rule_version,
        "strategies": [
            {
                "code": one.code,
                "verdict": one.verdict.value,
                "explanation": [translate(text, language) for text in one.explanation.messages()],
                "unanswered": list(one.unanswered),
            }
            for one in found.strategies
        ],
        "outside": [translate(text, language) for text in found.outside],
    }
