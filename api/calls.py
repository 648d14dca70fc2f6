"""/calls: what is announced, for everybody; for officers also to write one and announce it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.calls import CallChangesSchema, CallSchema, CallsSchema, NewCallSchema
from services import calls
from services.call_content import CallSheet
from services.clock import utc_now
from services.queries.calls import best_language
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

Answer = tuple[dict[str, Any], int, dict[str, str]]

bp = Blueprint("api_calls", __name__, description="Calls")


def _in_words(sheet: CallSheet) -> dict[str, Any]:
    """A call with its texts in the caller's language, ready for CallSchema."""
    content, language = sheet.content, current_language()
    chosen = best_language(content["title"], language)
    names = (
        "ref",
        "version",
        "state",
        "is_open",
        "criteria_version",
        "rule_version",
        "scale",
        "edition",
        "supersedes",
        "superseded_by",
        "four_eyes",
        "state_reason",
    )
    return {
        **content,
        **{name: getattr(sheet, name) for name in names},
        "phase": translate(sheet.phase, language),
        "title": content["title"].get(chosen, ""),
        "text": content["text"].get(chosen, ""),
        "text_language": chosen,
        "titles": content["title"],
        "texts": content["text"],
    }


def _shown(sheet: CallSheet) -> dict[str, Any]:
    shown: dict[str, Any] = CallSchema().dump(_in_words(sheet))
    return shown


def answer_with(sheet: CallSheet, status: int = 200) -> Answer:
    headers = version_headers(sheet.version)
    if status == 201:
        headers["Location"] = url_for("api_calls.get_one", ref=sheet.ref)
    return _shown(sheet), status, headers


@bp.route("/calls", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, CallsSchema)
def get_list() -> dict[str, Any]:
    """Every call that was announced, the open ones first; for officers their drafts before them."""
    with reading() as session:
        found = calls.list_calls(session, current_actor(), now=utc_now())
    return {"items": [_in_words(sheet) for sheet in found], "next": None}


@bp.route("/calls/<ref>", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, CallSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_one(ref: str) -> Response:
    """One call. Its text depends on the language and the clock, so send its `version` in If-Match."""
    with reading() as session:
        sheet = calls.read_call(session, current_actor(), ref, now=utc_now())
    return unless_known(_shown(sheet))


@bp.route("/calls", methods=["POST"])
@acts(Action.CALL_CREATE)
@bp.arguments(NewCallSchema)
@bp.response(201, CallSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def create(content: dict[str, Any]) -> Response:
    """Begin a call; it stays a draft, which only officers and deciders see."""

    def work(session: Session) -> Answer:
        return answer_with(calls.create_call(session, current_actor(), content, now=utc_now()), 201)

    return write_once(work)


@bp.route("/calls/<ref>", methods=["PATCH"])
@acts(Action.CALL_EDIT)
@bp.arguments(CallChangesSchema)
@bp.response(200, CallSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def change(changes: dict[str, Any], ref: str) -> Response:
    """Change a draft; what was announced stays as it is."""
    version = expected_version()

    def work(session: Session) -> Answer:
        return answer_with(calls.edit_call(session, current_actor(), ref, changes, version, now=utc_now()))

    return write_once(work)


@bp.route("/calls/<ref>/publication", methods=["POST"])
@acts(Action.CALL_PUBLISH)
@bp.response(200, CallSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def publish(ref: str) -> Response:
    """Announce a draft with the criteria and rules in force. Somebody else than its last writer has to."""
    version = expected_version()

    def work(session: Session) -> Answer:
        return answer_with(calls.publish_call(session, current_actor(), ref, version, now=utc_now()))

    return write_once(work)
