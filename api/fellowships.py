"""/fellowships: what a fellowship call selects by, its panel, and runs of the shortlist."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from schemas.fellowship_panel import ComparisonQuerySchema, ComparisonSchema
from schemas.fellowships import (
    CountSchema,
    FellowshipChangesSchema,
    FellowshipSchema,
    NewRunSchema,
    PanelSchema,
    PinSchema,
    RunSchema,
    RunsQuerySchema,
    RunsSchema,
    SeedSchema,
)
from services.clock import utc_now
from services.fellowships import panel, pins, settings, shortlists
from services.fellowships.comparing import Comparison, compare_runs
from services.fellowships.settings import FellowshipSheet
from services.fellowships.shortlists import RunSheet
from services.transaction import reading
from vocabulary.actions import Action

Answer = tuple[dict[str, Any], int, dict[str, str]]

bp = Blueprint("api_fellowships", __name__, description="Fellowships")


def _settings(sheet: FellowshipSheet, status: int = 200) -> Answer:
    named = ("version", "marks_locked_at", "seed", "seed_source", "seed_at", "approved_at", "released_at")
    content = {name: getattr(sheet, name) for name in named}
    body = FellowshipSchema().dump({"ref": sheet.call_ref, **sheet.content, **content})
    return body, status, version_headers(sheet.version)


def _run(sheet: RunSheet, status: int = 200) -> Answer:
    headers = version_headers(sheet.version)
    if status == 202:
        headers["Location"] = url_for("api_fellowships.get_run", ref=sheet.ref)
    return RunSchema().dump(sheet), status, headers


@bp.route("/fellowships/<ref>", methods=["GET"])
@acts(Action.CALL_READ)
@bp.response(200, FellowshipSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_settings(ref: str) -> Response:
    """What a fellowship call asks and selects by."""
    with reading() as session:
        sheet = settings.read_fellowship(session, current_actor(), ref, now=utc_now())
    return unless_known(_settings(sheet)[0], sheet.version)


@bp.route("/fellowships/<ref>", methods=["PUT"])
@acts(Action.FELLOWSHIP_EDIT)
@bp.arguments(FellowshipChangesSchema)
@bp.response(200, FellowshipSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def put_settings(content: dict[str, Any], ref: str) -> Response:
    """Write the settings: all of them the first time, then, with If-Match, some of them."""
    version = expected_version() if "If-Match" in request.headers else None

    def work(session: Session) -> Answer:
        return _settings(
            settings.set_fellowship(session, current_actor(), ref, content, version, now=utc_now())
        )

    return write_once(work)


@bp.route("/fellowships/<ref>/review", methods=["POST"])
@acts(Action.MARK_SEAT)
@bp.response(200, CountSchema)
@bp.doc(parameters=[REPEAT])
def start_review(ref: str) -> Response:
    """Hand every received nomination to the panel."""

    def work(session: Session) -> Answer:
        return {"n": panel.start_review(session, current_actor(), ref, now=utc_now())}, 200, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/panel", methods=["POST"])
@acts(Action.MARK_SEAT)
@bp.arguments(PanelSchema)
@bp.response(200, CountSchema)
@bp.doc(parameters=[REPEAT])
def seat_members(content: dict[str, Any], ref: str) -> Response:
    """Ask panel members to mark nominations; all of it is taken, or nothing."""
    pairs = [(one["nomination"], one["member"]) for one in content["pairs"]]

    def work(session: Session) -> Answer:
        n = panel.seat_members(session, current_actor(), ref, pairs, now=utc_now(), due_at=content["due_at"])
        return {"n": n}, 200, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/lock", methods=["POST"])
@acts(Action.SHORTLIST_EDIT)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
def lock_marks(ref: str) -> Response:
    """No mark changes any more."""

    def work(session: Session) -> Answer:
        panel.lock_marks(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/seed", methods=["PUT"])
@acts(Action.SHORTLIST_EDIT)
@bp.arguments(SeedSchema)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
def name_seed(content: dict[str, Any], ref: str) -> Response:
    """Name the public seed of the lottery, once, after the marks are locked."""

    def work(session: Session) -> Answer:
        shortlists.name_seed(
            session, current_actor(), ref, content["seed"] or "", content["source"] or "", now=utc_now()
        )
        return {}, 204, {}

    return write_once(work)


@bp.route("/fellowships/<ref>/shortlists", methods=["GET"])
@acts(Action.SHORTLIST_READ)
@bp.arguments(RunsQuerySchema, location="query")
@bp.response(200, RunsSchema)
def list_runs(query: dict[str, Any], ref: str) -> dict[str, Any]:
    """Runs of the call, the latest first, without their records."""
    limit = query["limit"]
    with reading() as session:
        found = shortlists.list_runs(
            session, current_actor(), ref, now=utc_now(), before=query.get("cursor"), limit=limit + 1
        )
    return {"items": found[:limit], "next": found[limit - 1].ref if len(found) > limit else None}


@bp.route("/fellowships/<ref>/shortlists", methods=["POST"])
@acts(Action.SHORTLIST_EDIT)
@bp.arguments(NewRunSchema)
@bp.response(202, RunSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def ask_run(content: dict[str, Any], ref: str) -> Response:
    """Ask for a run; the background worker computes it. Read it again until its state is done."""

    def work(session: Session) -> Answer:
        sheet = shortlists.ask_run(
            session,
            current_actor(),
            ref,
            n_reserve=content["reserve"],
            is_trial=content["trial"],
            by_bands=content["by_bands"],
            now=utc_now(),
        )
        return _run(sheet, 202)

    return write_once(work)


@bp.route("/shortlists/<ref>", methods=["GET"])
@acts(Action.SHORTLIST_READ)
@bp.response(200, RunSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_run(ref: str) -> Response:
    """One run with its record, once it is done."""
    with reading() as session:
        sheet = shortlists.read_run(session, current_actor(), ref, now=utc_now())
    return unless_known(_run(sheet)[0])


@bp.route("/shortlists/<ref>/comparison", methods=["GET"])
@acts(Action.SHORTLIST_READ)
@bp.arguments(ComparisonQuerySchema, location="query")
@bp.response(200, ComparisonSchema)
@bp.alt_response(404, description="No such run")
@bp.alt_response(409, description="One of the two runs has no list")
def compare(query: dict[str, Any], ref: str) -> Comparison:
    """Who is on the list of this run and not on that of another one, and what was asked differently."""
    with reading() as session:
        return compare_runs(session, current_actor(), ref, query["with"], now=utc_now())


@bp.route("/shortlists/<ref>/cancellation", methods=["POST"])
@acts(Action.SHORTLIST_EDIT)
@bp.response(200, RunSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def cancel_run(ref: str) -> Response:
    """Stop a run that waits or is under way."""

    def work(session: Session) -> Answer:
        return _run(shortlists.cancel_run(session, current_actor(), ref, now=utc_now()))

    return write_once(work)


@bp.route("/shortlists/<ref>/approval", methods=["POST"])
@acts(Action.SHORTLIST_APPROVE)
@bp.response(200, RunSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def approve(ref: str) -> Response:
    """Take the list of this run, for the body that selects; somebody else asked for the run."""

    def work(session: Session) -> Answer:
        return _run(shortlists.approve(session, current_actor(), ref, now=utc_now()))

    return write_once(work)


@bp.route("/nominations/<ref>/pin", methods=["PUT"])
@acts(Action.SHORTLIST_EDIT)
@bp.arguments(PinSchema)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
def pin(content: dict[str, Any], ref: str) -> Response:
    """Hold a nominee on or off the list, with a reason."""

    def work(session: Session) -> Answer:
        pins.pin(
            session,
            current_actor(),
            ref,
            is_in=content["is_in"],
            reason=content["reason"] or "",
            now=utc_now(),
        )
        return {}, 204, {}

    return write_once(work)


@bp.route("/nominations/<ref>/pin", methods=["DELETE"])
@acts(Action.SHORTLIST_EDIT)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
def lift_pin(ref: str) -> Response:
    """Let the engine decide again."""

    def work(session: Session) -> Answer:
        pins.lift_pin(session, current_actor(), ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)
