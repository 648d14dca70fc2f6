"""/reviews: one's own assignments, the conflict question, the scorecard and its submission."""

from __future__ import annotations

from typing import Any

from flask import Response, json
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Blueprint, expected_version, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import (
    ConflictSchema,
    ConflictStateSchema,
    DeclineSchema,
    QueueSchema,
    ReviewChangesSchema,
    ReviewSchema,
    RulingSchema,
    SubmissionSchema,
)
from services import assignment_steps, conflicts
from services.clock import utc_now
from services.facts import standing
from services.queries import review_queue, reviews
from services.reviews import drafts, submission
from services.reviews.submission import Declared
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Refused
from vocabulary.states import ConflictAnswer, ConflictRuling

bp = Blueprint("api_reviews", __name__, description="Assignments and scorecards of the caller")


def _as_api(session: Session, ref: str) -> tuple[dict[str, Any], int]:
    """A scorecard as the API shows it, and its version; before the conflict question only the preview."""
    actor, now, language = current_actor(), utc_now(), current_language()
    try:
        page = reviews.scorecard(session, actor, ref, language=language, now=now)
    except Refused as refused:
        if refused.code != "conflict_unanswered":
            raise
        gate = reviews.gate(session, actor, ref, language=language, now=now)
        body = {"ref": gate.ref, "state": review_queue.QUESTION, "version": 0, "submission": gate.content}
        return ReviewSchema().dump(body), 0
    body = {
        "ref": page.ref,
        "review": page.review_ref,
        "entry": page.entry_ref,
        "state": page.state,
        "version": page.version,
        "saved_at": page.saved_at,
        "due_at": page.due_at,
        "revision": page.revision,
        "newer_revision": page.newer_revision,
        "claimed": [group.code for group in page.groups if group.is_claimed],
        "submission": page.submission_content,
        "result": _result(session, ref) if page.has_result else None,
        "running": {row.code: row.verdict.value for row in page.running} or None,
        **page.content,
    }
    return ReviewSchema().dump(body), page.version


def _result(session: Session, ref: str) -> dict[str, Any]:
    """The verdict with its explanation in the caller's language."""
    language = current_language()
    page = reviews.receipt(session, current_actor(), ref, language=language, now=utc_now())
    return {
        "rule_version": page.rule_version,
        "revision": page.revision,
        "inputs_hash": page.inputs_hash,
        "strategies": [
            {
                "strategy": row.code,
                "is_claimed": row.is_claimed,
                "verdict": row.verdict.value,
                "explanation": [translate(sentence, language) for sentence in row.explanation],
            }
            for row in page.strategies
        ],
    }


def _answer(session: Session, ref: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    session.flush()
    body, version = _as_api(session, ref)
    return body, 200, version_headers(version)


@bp.route("/reviews", methods=["GET"])
@acts(Action.ASSIGNMENT_LIST_OWN)
@bp.response(200, QueueSchema)
def list_reviews() -> dict[str, Any]:
    """One's own assignments, what is to do first."""
    with reading() as session:
        found = review_queue.queue(session, current_actor(), language=current_language(), now=utc_now())
    return {"items": found.rows, "next": None}


@bp.route("/reviews/<ref>", methods=["GET"])
@acts(Action.REVIEW_READ_OWN)
@bp.response(200, ReviewSchema, headers=ETAG)
@bp.alt_response(404, description="No such assignment, or not the caller's")
def get_review(ref: str) -> Response:
    """A scorecard with the submission; its version is the ETag."""
    with reading() as session:
        body, version = _as_api(session, ref)
    return Response(json.dumps(body), 200, version_headers(version), content_type="application/json")


@bp.route("/reviews/<ref>", methods=["PATCH"])
@acts(Action.REVIEW_WRITE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(ReviewChangesSchema)
@bp.response(200, ReviewSchema, headers=ETAG)
@bp.alt_response(409, description="Saved elsewhere meanwhile; the present scorecard is in `current`")
@bp.alt_response(428, description="If-Match is missing")
def patch_review(changes: dict[str, Any], ref: str) -> Response:
    """Save some answers. Needs If-Match with the version that was read ("0" before the first word)."""
    version = expected_version()

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        drafts.save(session, current_actor(), ref, changes, version, now=utc_now())
        return _answer(session, ref)

    return write_once(work)


@bp.route("/reviews/<ref>/submission", methods=["POST"])
@acts(Action.REVIEW_SUBMIT)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(SubmissionSchema)
@bp.response(200, ReviewSchema, headers=ETAG)
@bp.alt_response(409, description="Saved elsewhere meanwhile, or submitted already")
@bp.alt_response(422, description="Every error by field")
def submit_review(declared: dict[str, Any], ref: str) -> Response:
    """Submit what is saved; the answer holds the result. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        submission.submit(session, current_actor(), ref, Declared(**declared), version, now=utc_now())
        return _answer(session, ref)

    return write_once(work)


@bp.route("/reviews/<ref>/submission", methods=["DELETE"])
@acts(Action.REVIEW_REVISE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.response(200, ReviewSchema, headers=ETAG)
@bp.alt_response(409, description="Saved elsewhere meanwhile, or not submitted")
def reopen_review(ref: str) -> Response:
    """Take a submitted scorecard back to change it, until the deliberation begins. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        drafts.reopen(session, current_actor(), ref, version, now=utc_now())
        return _answer(session, ref)

    return write_once(work)


@bp.route("/reviews/<ref>/revision", methods=["POST"])
@acts(Action.REVIEW_WRITE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.response(200, ReviewSchema, headers=ETAG)
@bp.alt_response(409, description="Saved elsewhere meanwhile, or submitted already")
def take_revision(ref: str) -> Response:
    """Go on with the newest version of the submission; scores and texts stay. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        drafts.take_latest_revision(session, current_actor(), ref, version, now=utc_now())
        return _answer(session, ref)

    return write_once(work)


@bp.route("/reviews/<ref>/step-back", methods=["POST"])
@acts(Action.ASSIGNMENT_RECUSE)
@bp.response(204)
@bp.alt_response(404, description="No such assignment, or not the caller's")
@bp.doc(parameters=[REPEAT])
def step_back(ref: str) -> Response:
    """Give up an assignment, also while a possible conflict waits for its ruling."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        conflicts.step_back(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/reviews/<ref>/decline", methods=["POST"])
@acts(Action.ASSIGNMENT_DECLINE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(DeclineSchema)
@bp.response(204)
@bp.alt_response(404, description="No such assignment, or not the caller's")
@bp.alt_response(409, description="The assignment has ended")
def decline(given: dict[str, Any], ref: str) -> Response:
    """Decline an assignment, with a reason that the officer reads."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        assignment_steps.decline(session, current_actor(), ref, given["reason"] or "", now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/reviews/<ref>/conflict", methods=["PUT"])
@acts(Action.CONFLICT_DECLARE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ConflictSchema)
@bp.response(200, ConflictStateSchema)
@bp.alt_response(409, description="A conflict was declared before; an officer has to rule")
def put_conflict(given: dict[str, Any], ref: str) -> Response:
    """Answer the conflict question. The same answer again changes nothing."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        declared = conflicts.declare(
            session,
            current_actor(),
            ref,
            ConflictAnswer(given["answer"]),
            given["kinds"],
            given["text"],
            now=utc_now(),
            dismissed=given["dismissed"],
        )
        body = {"ref": ref, "answer": declared.answer.value, "standing": standing(declared).value}
        return body, 200, {}

    return write_once(work)


@bp.route("/reviews/<ref>/conflict/ruling", methods=["PUT"])
@acts(Action.CONFLICT_RULE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(RulingSchema)
@bp.response(200, ConflictStateSchema)
@bp.alt_response(409, description="Nothing waits for a ruling")
def put_ruling(given: dict[str, Any], ref: str) -> Response:
    """For officers: rule on a possible conflict of somebody else."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        ruling = ConflictRuling(given["ruling"])
        declared = conflicts.rule(session, current_actor(), ref, ruling, given["reason"], now=utc_now())
        body = {"ref": ref, "answer": declared.answer.value, "standing": standing(declared).value}
        return body, 200, {}

    return write_once(work)
