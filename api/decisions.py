"""/decisions, the release of a call, the result of one's own request, recognitions and their renewal."""

from __future__ import annotations

from typing import Any

from flask import Response, json, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.panels import (
    AskedRenewalSchema,
    DecisionSchema,
    DecisionsSchema,
    NewDecisionSchema,
    NewReleaseSchema,
    OwnDecisionSchema,
    PreviewSchema,
    QuestionSchema,
    RecognitionSchema,
    ReleaseSchema,
    TakingBackSchema,
)
from services import recognition_renewals, recognitions
from services.clock import utc_now
from services.decisions import proposing, reconsidering, releasing
from services.queries import decisions
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action

bp = Blueprint("api_decisions", __name__, description="Decisions, their release and what follows")
NO_DECISION = "No such decision, or not the caller's to see"


def _plain(page: decisions.DecisionPage) -> dict[str, Any]:
    shown: dict[str, Any] = DecisionSchema(exclude=("verdicts",)).dump(page)
    return shown | {"verdicts": {code: verdict.value for code, verdict in page.verdicts.items()}}


def shown_after(session: Session, ref: str, status: int = 200) -> Answer:
    """The decision as the caller sees it after an act."""
    session.flush()
    page = decisions.decision_page(session, current_actor(), ref, now=utc_now())
    headers = version_headers(page.version)
    if status == 201:
        headers["Location"] = url_for("api_decisions.get_one", ref=ref)
    return _plain(page), status, headers


@bp.route("/decisions", methods=["GET"])
@acts(Action.DECISION_LIST)
@bp.response(200, DecisionsSchema)
def get_list() -> dict[str, Any]:
    """Decisions that are under way or in force, the latest first; for the secretariat."""
    with reading() as session:
        found = decisions.board(session, current_actor(), now=utc_now())
    rows = [*found.to_approve, *found.approved, *found.released]
    return {"items": rows, "next": None}


@bp.route("/decisions", methods=["POST"])
@acts(Action.DECISION_PROPOSE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(NewDecisionSchema)
@bp.response(201, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description="No such entry, or not the caller's to see")
@bp.alt_response(409, description="Changed meanwhile, or a decision was proposed already")
@bp.alt_response(428, description="If-Match is missing")
def propose(given: dict[str, Any]) -> Response:
    """Propose a decision on an entry in deliberation. Needs If-Match with the version of the entry."""
    version = expected_version()
    draft = proposing.Draft(
        given["outcome"], given["reason"] or "", given["conditions"], given["contradiction_reason"]
    )

    def work(session: Session) -> Answer:
        made = proposing.propose(
            session, current_actor(), given["entry"] or "", draft, version, now=utc_now()
        )
        return shown_after(session, made.ref, 201)

    return write_once(work)


@bp.route("/decisions/<ref>", methods=["GET"])
@acts(Action.DECISION_LIST)
@bp.response(200, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description=NO_DECISION)
def get_one(ref: str) -> Response:
    """One decision with what its letter says."""
    with reading() as session:
        page = decisions.decision_page(session, current_actor(), ref, now=utc_now())
    return Response(
        json.dumps(_plain(page)), 200, version_headers(page.version), content_type="application/json"
    )


@bp.route("/decisions/<ref>/approval", methods=["POST"])
@acts(Action.DECISION_APPROVE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.response(200, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description=NO_DECISION)
@bp.alt_response(409, description="Changed meanwhile, or not under way any more")
@bp.alt_response(428, description="If-Match is missing")
def approve(ref: str) -> Response:
    """Approve what another person proposed. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> Answer:
        proposing.approve(session, current_actor(), ref, version, now=utc_now())
        return shown_after(session, ref)

    return write_once(work)


@bp.route("/decisions/<ref>/withdrawal", methods=["POST"])
@acts(Action.DECISION_REVERT)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(TakingBackSchema)
@bp.response(200, DecisionSchema, headers=ETAG)
@bp.alt_response(404, description=NO_DECISION)
@bp.alt_response(409, description="Changed meanwhile, or not under way any more")
@bp.alt_response(428, description="If-Match is missing")
def take_back(given: dict[str, Any], ref: str) -> Response:
    """Take a decision back before its release; it is kept with the reason. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> Answer:
        proposing.take_back(session, current_actor(), ref, given["reason"] or "", version, now=utc_now())
        return shown_after(session, ref)

    return write_once(work)


@bp.route("/calls/<ref>/release", methods=["GET"])
@acts(Action.DECISION_LIST)
@bp.response(200, PreviewSchema)
@bp.alt_response(404, description="No such call")
def get_preview(ref: str) -> dict[str, Any]:
    """What a release would send now, with the fingerprint that a release has to repeat."""
    language = current_language()
    with reading() as session:
        found = releasing.preview(session, current_actor(), ref, now=utc_now())
    held = [{"entry_ref": row.entry_ref, "why": translate(row.why, language)} for row in found.held]
    return {
        "call_ref": found.call_ref,
        "seen_hash": found.seen_hash,
        "n_letters": found.n_letters,
        "ready": found.ready,
        "held": held,
    }


@bp.route("/calls/<ref>/release", methods=["POST"])
@acts(Action.DECISION_RELEASE)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewReleaseSchema)
@bp.response(200, ReleaseSchema)
@bp.alt_response(404, description="No such call")
@bp.alt_response(409, description="Something changed since it was shown, or nothing is ready")
def release(given: dict[str, Any], ref: str) -> Response:
    """Release exactly what was shown, all of it or nothing."""

    def work(session: Session) -> Answer:
        batch = releasing.release(session, current_actor(), ref, given["seen_hash"] or "", now=utc_now())
        return ReleaseSchema().dump(batch), 200, {}

    return write_once(work)


@bp.route("/requests/<ref>/decision", methods=["GET"])
@acts(Action.DECISION_READ)
@bp.response(200, OwnDecisionSchema)
@bp.alt_response(404, description="No such request, not the caller's, or nothing is released")
def get_own(ref: str) -> dict[str, Any]:
    """The result of one's own request, with its explanation and the comments for its submitter."""
    with reading() as session:
        return _own(session, ref)


def _own(session: Session, ref: str) -> dict[str, Any]:
    page = decisions.own_decision(session, current_actor(), ref, now=utc_now())
    return OwnDecisionSchema(exclude=("reason", "conditions", "explanation", "comments")).dump(page) | {
        "reason": page.letter["reason"],
        "conditions": page.letter["conditions"],
        "explanation": [translate(sentence, current_language()) for sentence in page.sentences],
        "comments": page.letter["comments"],
    }


@bp.route("/requests/<ref>/reconsideration", methods=["POST"])
@acts(Action.RECONSIDERATION_ASK)
@bp.doc(parameters=[REPEAT])
@bp.arguments(QuestionSchema)
@bp.response(200, OwnDecisionSchema)
@bp.alt_response(404, description="No such request, or not the caller's")
@bp.alt_response(409, description="The 21 days are over, or it was looked at again already")
def ask(given: dict[str, Any], ref: str) -> Response:
    """Ask to look at the decision again, on a ground."""

    def work(session: Session) -> Answer:
        reconsidering.ask(session, current_actor(), ref, given["ground"], given["text"] or "", now=utc_now())
        session.flush()
        return _own(session, ref), 200, {}

    return write_once(work)


@bp.route("/recognitions/<ref>", methods=["GET"])
@acts(Action.RECOGNITION_READ)
@bp.response(200, RecognitionSchema)
@bp.alt_response(404, description="No such recognition")
def get_recognition(ref: str) -> Any:
    """Does a recognition hold? For everybody who has its reference."""
    with reading() as session:
        return recognitions.page(session, current_actor(), ref, now=utc_now())


@bp.route("/recognitions/<ref>/renewal", methods=["POST"])
@acts(Action.RECOGNITION_ASK_RENEWAL)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(AskedRenewalSchema)
@bp.response(201, RecognitionSchema)
@bp.alt_response(404, description="No such recognition")
@bp.alt_response(409, description="Changed meanwhile, or something stands against it: `code` says what")
@bp.alt_response(428, description="If-Match is missing")
def ask_renewal(given: dict[str, Any], ref: str) -> Response:
    """The owner asks that a recognition be renewed. Needs If-Match with its version."""
    version = expected_version()

    def work(session: Session) -> Answer:
        actor, now = current_actor(), utc_now()
        recognition_renewals.ask(session, actor, ref, given["text"] or "", version, now=now)
        return dict(RecognitionSchema().dump(recognitions.page(session, actor, ref, now=now))), 201, {}

    return write_once(work)
