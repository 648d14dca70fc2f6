"""/panels: the agenda of the meeting, and one proposal with its scores, flags and what was agreed."""

from __future__ import annotations

from typing import Any

from flask import Response, json
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.panels import (
    AgendaQuerySchema,
    AgendaSchema,
    ConsensusSchema,
    NoteSchema,
    OpeningSchema,
    ProposalPanelSchema,
    SetbackSchema,
)
from services.clock import utc_now
from services.panels import deliberation, setbacks
from services.queries import agenda, panels
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.states import ReviewActKind

bp = Blueprint("api_panels", __name__, description="What the panel makes of the reviews")


def _row(row: agenda.AgendaRow) -> dict[str, Any]:
    """A line of the agenda, ready for its schema."""
    return {name: getattr(row, name) for name in row.__slots__} | {
        "verdicts": {code: verdict.value for code, verdict in row.verdicts},
        "flags": [code for code, _ in row.flags],
    }


def _plain(page: panels.PanelPage) -> dict[str, Any]:
    """A proposal as JSON values, sentences in the caller's language."""
    language = current_language()
    shown: dict[str, Any] = ProposalPanelSchema().dump(
        {
            "ref": page.ref,
            "version": page.version,
            "title": page.title,
            "call": page.call_ref,
            "state": page.state.value,
            "revision": page.revision,
            "inputs_hash": page.inputs_hash,
            "computed_at": page.computed_at,
            "overall": page.overall.value if page.overall else None,
            "n_reviews": page.n_counted,
            "reviews": [_review(seat, language) for seat in page.seats],
            "strategies": [_strategy(block, page.seats, language) for block in page.blocks],
            "flags": [
                {
                    "code": flag.code,
                    "message": translate(flag.message, language),
                    "action": translate(flag.action, language),
                }
                for flag in page.flags
            ],
            "notes": [
                {"kind": note.kind, "text": note.text, "at": note.at.isoformat()}
                for note in (*page.minority, *page.notes)
            ],
            "decision": page.decision.ref if page.decision else None,
        }
    )
    return shown


def _review(seat: panels.SeatColumn, language: str) -> dict[str, Any]:
    return {
        "reviewer": translate(seat.label, language),
        "ref": seat.ref,
        "recommendation": seat.recommendation,
        "confidence": seat.confidence,
        "is_stale": seat.is_stale,
        "verdicts": {code: verdict.value for code, verdict in seat.verdicts.items()},
        "comment_applicant": seat.comment_applicant,
        "comment_internal": seat.comment_internal,
        "proposed": None if seat.act is None else {"act": seat.act.kind.value, "reason": seat.act.reason},
    }


def _strategy(
    block: panels.StrategyBlock, seats: tuple[panels.SeatColumn, ...], language: str
) -> dict[str, Any]:
    return {
        "strategy": block.code,
        "is_claimed": block.is_claimed,
        "verdict": block.verdict.value,
        "from_scores": block.from_scores.value,
        "explanation": [translate(sentence, language) for sentence in block.sentences],
        "criteria": [
            {
                "criterion": line.code,
                "scores": {
                    seat.ref: "cannot_judge" if answer.cannot_judge else answer.value
                    for seat, answer in zip(seats, line.answers, strict=True)
                },
                "median": line.result.median,
                "finding": line.result.finding.value,
                "agreed": None
                if line.agreed is None
                else {"value": line.agreed.value, "reason": line.agreed.reason},
            }
            for line in block.lines
        ],
    }


def _after(session: Session, ref: str, status: int = 200) -> Answer:
    """The proposal as the caller sees it after an act."""
    session.flush()
    page = panels.panel_page(session, current_actor(), ref, language=current_language(), now=utc_now())
    return _plain(page), status, version_headers(page.version)


@bp.route("/panels", methods=["GET"])
@acts(Action.PANEL_LIST)
@bp.arguments(AgendaQuerySchema, location="query")
@bp.response(200, AgendaSchema)
def get_list(query: dict[str, Any]) -> dict[str, Any]:
    """What the panel meets about, in the order of the meeting."""
    with reading() as session:
        found = agenda.agenda(session, current_actor(), query.get("call"), now=utc_now())
    return {"items": [_row(row) for row in found.rows], "next": None}


@bp.route("/panels/<ref>", methods=["GET"])
@acts(Action.REVIEW_READ_RESULTS)
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such proposal, or not the caller's to see")
def get_one(ref: str) -> Response:
    """One proposal: scores by reviewer, lower medians, verdicts with their reasons, flags."""
    with reading() as session:
        page = panels.panel_page(session, current_actor(), ref, language=current_language(), now=utc_now())
    return shown_as(_plain(page), page.version)


def shown_as(body: dict[str, Any], version: int) -> Response:
    """An object with its version as the ETag."""
    return Response(json.dumps(body), 200, version_headers(version), content_type="application/json")


@bp.route("/panels/<ref>/deliberation", methods=["POST"])
@acts(Action.PANEL_OPEN)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(OpeningSchema)
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such proposal, or not the caller's to see")
@bp.alt_response(409, description="Changed meanwhile, or in another state")
@bp.alt_response(428, description="If-Match is missing")
def open_one(given: dict[str, Any], ref: str) -> Response:
    """Open the deliberation: every review that was handed in is locked. Needs If-Match."""
    version = expected_version()

    def work(session: Session) -> Answer:
        deliberation.open_item(session, current_actor(), ref, version, given["reason"], now=utc_now())
        return _after(session, ref)

    return write_once(work)


@bp.route("/panels/<ref>/consensus/<criterion>", methods=["PUT"])
@acts(Action.REVIEW_RECORD_CONSENSUS)
@bp.doc(parameters=[REPEAT])
@bp.arguments(ConsensusSchema)
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such proposal, or not the caller's to see")
@bp.alt_response(409, description="Nothing was agreed that could be taken back")
def put_consensus(given: dict[str, Any], ref: str, criterion: str) -> Response:
    """The score that the meeting agreed on, with its reason; the individual scores stay."""

    def work(session: Session) -> Answer:
        deliberation.record_consensus(
            session, current_actor(), ref, criterion, given["value"], given["reason"] or "", now=utc_now()
        )
        return _after(session, ref)

    return write_once(work)


@bp.route("/panels/<ref>/notes", methods=["POST"])
@acts(Action.PANEL_DISCUSS)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NoteSchema)
@bp.response(201, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such proposal, or not the caller's to see")
def add_note(given: dict[str, Any], ref: str) -> Response:
    """A note of the discussion, or a minority view; kept for good."""

    def work(session: Session) -> Answer:
        deliberation.write_note(
            session, current_actor(), ref, given["kind"], given["text"] or "", now=utc_now()
        )
        return _after(session, ref, 201)

    return write_once(work)


# --- one review of the proposal ---------------------------------------------------------------------------


@bp.route("/panels/<ref>/reviews/<review_ref>/return", methods=["POST"])
@acts(Action.REVIEW_RETURN)
@bp.doc(parameters=[REPEAT])
@bp.arguments(SetbackSchema)
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such review, or not the caller's to see")
@bp.alt_response(409, description="In another state, or something is proposed for it already")
def give_back(given: dict[str, Any], ref: str, review_ref: str) -> Response:
    """Send a review back to its author; an officer proposes it, and a second person confirms."""
    return _set_back(ref, review_ref, ReviewActKind.RETURN, given["reason"])


@bp.route("/panels/<ref>/reviews/<review_ref>/void", methods=["POST"])
@acts(Action.REVIEW_VOID)
@bp.doc(parameters=[REPEAT])
@bp.arguments(SetbackSchema)
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such review, or not the caller's to see")
@bp.alt_response(409, description="In another state, or something is proposed for it already")
def void(given: dict[str, Any], ref: str, review_ref: str) -> Response:
    """Void a review: its text is kept, and no number has it; an officer proposes it."""
    return _set_back(ref, review_ref, ReviewActKind.VOID, given["reason"])


def _set_back(ref: str, review_ref: str, kind: ReviewActKind, reason: str | None) -> Response:
    def work(session: Session) -> Answer:
        setbacks.set_back(session, current_actor(), ref, review_ref, kind, reason or "", now=utc_now())
        return _after(session, ref)

    return write_once(work)


@bp.route("/panels/<ref>/reviews/<review_ref>/confirm", methods=["POST"])
@acts(Action.REVIEW_VOID)
@bp.doc(parameters=[REPEAT])
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such review, or not the caller's to see")
@bp.alt_response(409, description="Nothing is proposed for it")
def confirm_act(ref: str, review_ref: str) -> Response:
    """Confirm, as the second person, what was proposed to do with a review."""

    def work(session: Session) -> Answer:
        setbacks.confirm(session, current_actor(), ref, review_ref, now=utc_now())
        return _after(session, ref)

    return write_once(work)


@bp.route("/panels/<ref>/reviews/<review_ref>/drop", methods=["POST"])
@acts(Action.REVIEW_VOID)
@bp.doc(parameters=[REPEAT])
@bp.response(200, ProposalPanelSchema, headers=ETAG)
@bp.alt_response(404, description="No such review, or not the caller's to see")
@bp.alt_response(409, description="Nothing is proposed for it")
def drop_act(ref: str, review_ref: str) -> Response:
    """Drop what was proposed to do with a review."""

    def work(session: Session) -> Answer:
        setbacks.drop(session, current_actor(), ref, review_ref, now=utc_now())
        return _after(session, ref)

    return write_once(work)
