"""/matches: what the secretariat has taken up, from the shortlist to what came of it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, REPEAT
from api.frame import Answer, Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from schemas.introductions import (
    AnswerSchema,
    CancellationSchema,
    MatchesQuerySchema,
    NewMatchSchema,
    OutcomeSchema,
    ProposalSchema,
    StartSchema,
    TakenMatchesSchema,
    TakenMatchSchema,
)
from schemas.matches import SuggestedPartnersSchema
from services.clock import utc_now
from services.introductions import answers, sheets, steps
from services.queries.partners import suggested_partners
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.states import DeclineReason, MatchAnswer, MatchState

bp = Blueprint("api_introductions", __name__, description="Matches that the secretariat has taken up")


def _plain(sheet: sheets.MatchSheet) -> dict[str, Any]:
    """A match ready for its schema."""
    body = {name: getattr(sheet, name) for name in TakenMatchSchema().fields}
    return body | {"can": sorted(sheet.can)}


def _shown(sheet: sheets.MatchSheet) -> dict[str, Any]:
    shown: dict[str, Any] = TakenMatchSchema().dump(_plain(sheet))
    return shown


def _after(session: Session, ref: str, status: int = 200) -> Answer:
    """The match as the caller sees it after a step."""
    session.flush()
    sheet = sheets.match_sheet(session, current_actor(), ref, now=utc_now())
    headers = version_headers(sheet.version)
    if status == 201:
        headers["Location"] = url_for("api_introductions.get_one", ref=ref)
    return _shown(sheet), status, headers


@bp.route("/matches", methods=["GET"])
@acts(Action.MATCH_LIST)
@bp.arguments(MatchesQuerySchema, location="query")
@bp.response(200, TakenMatchesSchema)
def get_list(query: dict[str, Any]) -> dict[str, Any]:
    """Matches of all that were taken up, the latest change first; for the secretariat."""
    states = (MatchState(query["state"]),) if "state" in query else ()
    with reading() as session:
        found = sheets.list_matches(session, current_actor(), now=utc_now(), states=states)
    return {"items": [_plain(sheet) for sheet in found], "next": None}


@bp.route("/requests/<ref>/partners", methods=["GET"])
@acts(Action.MATCH_SUGGEST)
@bp.response(200, SuggestedPartnersSchema)
def get_partners(ref: str) -> dict[str, Any]:
    """Bodies that reviewers suggested as partners of an endorsed request, with their offers; not who did."""
    with reading() as session:
        found = suggested_partners(session, current_actor(), ref, now=utc_now())
    return {"items": found, "next": None}


@bp.route("/matches/mine", methods=["GET"])
@acts(Action.MATCH_LIST_OWN)
@bp.response(200, TakenMatchesSchema)
def get_own() -> dict[str, Any]:
    """Matches proposed to the caller's own entries."""
    with reading() as session:
        found = sheets.own_matches(session, current_actor(), now=utc_now())
    return {"items": [_plain(sheet) for sheet in found], "next": None}


@bp.route("/matches", methods=["POST"])
@acts(Action.MATCH_SHORTLIST)
@bp.doc(parameters=[REPEAT])
@bp.arguments(NewMatchSchema)
@bp.response(201, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such pair, or not the caller's to see")
@bp.alt_response(409, description="The pair is taken up already")
def create(given: dict[str, Any]) -> Response:
    """Shortlist a pair; only the secretariat sees it before it is proposed."""

    def work(session: Session) -> Answer:
        made = steps.shortlist(
            session,
            current_actor(),
            given["request"] or "",
            given["offer"] or "",
            slot=given["slot"] or "",
            places=1 if given["places"] is None else given["places"],
            reason=given["reason"],
            now=utc_now(),
        )
        return _after(session, made.ref, 201)

    return write_once(work)


@bp.route("/matches/<ref>", methods=["GET"])
@acts(Action.MATCH_READ)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
def get_one(ref: str) -> Response:
    """One match with its history. What it shows depends on the caller; send its `version` in If-Match."""
    with reading() as session:
        sheet = sheets.match_sheet(session, current_actor(), ref, now=utc_now())
    return unless_known(_shown(sheet))


@bp.route("/matches/<ref>/proposal", methods=["POST"])
@acts(Action.MATCH_PROPOSE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(ProposalSchema)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
@bp.alt_response(409, description="Changed meanwhile, in another state, or the offer has no place left")
def propose(given: dict[str, Any], ref: str) -> Response:
    """Ask both sides, by mail, for an answer by a day."""
    version = expected_version()

    def work(session: Session) -> Answer:
        steps.propose(session, current_actor(), ref, version, given["answer_by_at"], now=utc_now())
        return _after(session, ref)

    return write_once(work)


@bp.route("/matches/<ref>/answer", methods=["POST"])
@acts(Action.MATCH_ANSWER)
@bp.doc(parameters=[REPEAT])
@bp.arguments(AnswerSchema)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
@bp.alt_response(409, description="Answered already, too late, or the last place went to another match")
def answer(given: dict[str, Any], ref: str) -> Response:
    """Say yes or no for one's own side; each side has its own answer, so no version is asked for."""

    def work(session: Session) -> Answer:
        answers.answer(
            session,
            current_actor(),
            ref,
            MatchAnswer(given["answer"]),
            declined=DeclineReason(given["reason"]) if given["reason"] else None,
            words=given["words"],
            now=utc_now(),
        )
        return _after(session, ref)

    return write_once(work)


@bp.route("/matches/<ref>/start", methods=["POST"])
@acts(Action.MATCH_PROPOSE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(StartSchema)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
@bp.alt_response(409, description="Changed meanwhile, or in another state")
def start(given: dict[str, Any], ref: str) -> Response:
    """An agreed match begins."""
    version = expected_version()

    def work(session: Session) -> Answer:
        steps.start(
            session,
            current_actor(),
            ref,
            version,
            given["starts_on"],
            facilitator_email=given["facilitator"],
            now=utc_now(),
        )
        return _after(session, ref)

    return write_once(work)


@bp.route("/matches/<ref>/cancellation", methods=["POST"])
@acts(Action.MATCH_PROPOSE)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(CancellationSchema)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
@bp.alt_response(409, description="Changed meanwhile, or in another state")
def cancel(given: dict[str, Any], ref: str) -> Response:
    """Take back a match that is not under way yet; its places are free again."""
    version = expected_version()

    def work(session: Session) -> Answer:
        steps.cancel(session, current_actor(), ref, version, given["reason"] or "", now=utc_now())
        return _after(session, ref)

    return write_once(work)


@bp.route("/matches/<ref>/outcome", methods=["POST"])
@acts(Action.MATCH_REPORT_OUTCOME)
@bp.doc(parameters=[IF_MATCH, REPEAT])
@bp.arguments(OutcomeSchema)
@bp.response(200, TakenMatchSchema, headers=ETAG)
@bp.alt_response(404, description="No such match, or not the caller's to know of")
@bp.alt_response(409, description="Changed meanwhile, in another state, or no side has reported this yet")
def tell_outcome(given: dict[str, Any], ref: str) -> Response:
    """A side says what came of the match; an officer closes it, once a side has said the same."""
    version, result = expected_version(), MatchState(given["result"])

    def work(session: Session) -> Answer:
        actor, now, told = current_actor(), utc_now(), given["outcome"] or ""
        if sheets.match_sheet(session, actor, ref, now=now).is_mine:
            answers.report_outcome(session, actor, ref, result, told, now=now)
        else:
            steps.close(session, actor, ref, version, result, told, now=now)
        return _after(session, ref)

    return write_once(work)
