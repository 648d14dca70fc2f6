"""Matches that the secretariat has taken up: the officers' list, one's own, and one match with its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.introductions import AnswerSchema, NewMatchSchema, OutcomeSchema, StartSchema
from schemas.values import Day
from services.clock import utc_now
from services.introductions import answers, sheets, steps
from services.matches import match_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, HouseError, Invalid
from vocabulary.messages import Message
from vocabulary.states import DeclineReason, MatchAnswer, MatchState
from web.forms import version_of
from web.labels import DECLINE_LABELS, MATCH_EVENTS, MATCH_HAPPENS
from web.matches import comparison
from web.session import tell

bp = Blueprint("introductions", __name__)
PROPOSED_FOR = timedelta(days=21)
"""The day for an answer that the form suggests."""
VIEWS: Mapping[str, tuple[MatchState, ...]] = {
    "open": (MatchState.SHORTLISTED, MatchState.PROPOSED, MatchState.AGREED, MatchState.ACTIVE),
    **{state.value: (state,) for state in MatchState if state is not MatchState.SUGGESTED},
}


@bp.get("/matches")
@acts(Action.MATCH_LIST)
def show_all() -> ResponseReturnValue:
    """Every match taken up, by state; the open ones unless asked otherwise."""
    view = request.args.get("show", "open")
    states = VIEWS.get(view, VIEWS["open"])
    with reading() as session:
        found = sheets.list_matches(session, current_actor(), now=utc_now(), states=states)
    return render_template(
        "matches/taken.html", rows=found, view=view if view in VIEWS else "open", views=VIEWS, is_own=False
    )


@bp.get("/mine/matches")
@acts(Action.MATCH_LIST_OWN)
def own() -> ResponseReturnValue:
    """Matches proposed to my own entries."""
    with reading() as session:
        found = sheets.own_matches(session, current_actor(), now=utc_now())
    return render_template("matches/taken.html", rows=found, view="", views={}, is_own=True)


@bp.get("/matches/<ref>")
@acts(Action.MATCH_READ)
def show(ref: str) -> ResponseReturnValue:
    """One match: both sides, how well they suit each other, what happened, the next step."""
    return _page(ref, {}, {})


@bp.post("/matches")
@acts(Action.MATCH_SHORTLIST)
def shortlist() -> ResponseReturnValue:
    """Take a pair up; only the secretariat sees it."""
    typed = {name: request.form.get(name, "") for name in ("request", "offer", "reason")}
    given = _read(NewMatchSchema(), typed)
    with transaction() as session:
        made = steps.shortlist(
            session,
            current_actor(),
            given["request"] or "",
            given["offer"] or "",
            reason=given["reason"],
            now=utc_now(),
        )
        ref = made.ref
    tell(Message("Shortlisted. Propose it to both sides when you are sure."))
    return redirect(url_for("introductions.show", ref=ref), 303)


@bp.post("/matches/<ref>/proposal")
@acts(Action.MATCH_PROPOSE)
def propose(ref: str) -> ResponseReturnValue:
    """Ask both sides for an answer by the end of a day."""

    def work(session: Session) -> Message:
        by = _end_of(request.form.get("answer_by_on", ""))
        steps.propose(session, current_actor(), ref, version_of(request.form), by, now=utc_now())
        return Message("Proposed. Both sides are asked by mail.")

    return _step(ref, work, {"answer_by_at": "answer_by_on"})


@bp.post("/matches/<ref>/answer")
@acts(Action.MATCH_ANSWER)
def answer(ref: str) -> ResponseReturnValue:
    """My own yes or no."""

    def work(session: Session) -> Message:
        typed = {name: request.form.get(name, "") for name in ("answer", "reason", "words")}
        is_yes = typed["answer"] == MatchAnswer.YES
        given = _read(AnswerSchema(), typed | {"reason": None if is_yes else typed["reason"] or None})
        match = answers.answer(
            session,
            current_actor(),
            ref,
            MatchAnswer(given["answer"]),
            declined=DeclineReason(given["reason"]) if given["reason"] else None,
            words=given["words"],
            now=utc_now(),
        )
        if match.state is MatchState.AGREED:
            return Message("Agreed. The contact data of the other side are on this page.")
        return Message("Your answer is noted. Thank you.")

    return _step(ref, work, {})


@bp.post("/matches/<ref>/start")
@acts(Action.MATCH_PROPOSE)
def start(ref: str) -> ResponseReturnValue:
    """An agreed match begins."""

    def work(session: Session) -> Message:
        given = _read(
            StartSchema(), {name: request.form.get(name, "") for name in ("starts_on", "facilitator")}
        )
        version = version_of(request.form)
        steps.start(
            session,
            current_actor(),
            ref,
            version,
            given["starts_on"],
            facilitator_email=given["facilitator"],
            now=utc_now(),
        )
        return Message("Started.")

    return _step(ref, work, {})


@bp.post("/matches/<ref>/cancellation")
@acts(Action.MATCH_PROPOSE)
def cancel(ref: str) -> ResponseReturnValue:
    """Take a match back, with a reason."""

    def work(session: Session) -> Message:
        reason = request.form.get("reason", "")
        steps.cancel(session, current_actor(), ref, version_of(request.form), reason, now=utc_now())
        return Message("Taken back. Its places are free again.")

    return _step(ref, work, {})


@bp.post("/matches/<ref>/outcome")
@acts(Action.MATCH_REPORT_OUTCOME)
def tell_outcome(ref: str) -> ResponseReturnValue:
    """A side says what came of it, or an officer closes it."""

    def work(session: Session) -> Message:
        given = _read(OutcomeSchema(), {name: request.form.get(name, "") for name in ("result", "outcome")})
        actor, now = current_actor(), utc_now()
        result, words = MatchState(given["result"]), given["outcome"] or ""
        if sheets.match_sheet(session, actor, ref, now=now).is_mine:
            answers.report_outcome(session, actor, ref, result, words, now=now)
            return Message("Noted. Thank you.")
        steps.close(session, actor, ref, version_of(request.form), result, words, now=now)
        return Message("Closed.")

    return _step(ref, work, {})


def _read(schema: Schema, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the schema of the API reads it. Raises Invalid by field."""
    try:
        given: dict[str, Any] = schema.load(dict(typed))
    except ValidationError as wrong:
        raise Invalid(wrong.normalized_messages()) from wrong
    return given


def _end_of(text: str) -> datetime:
    """The last minute of a day, in UTC. Raises Invalid."""
    try:
        day = Day().deserialize(text)
    except ValidationError as wrong:
        raise Invalid({"answer_by_at": wrong.messages}) from wrong
    if day is None:
        raise Invalid({"answer_by_at": [Message("Give the day by which both sides answer.")]})
    return datetime.combine(day, time(23, 59), UTC)


def _step(ref: str, work: Callable[[Session], Message], renamed: Mapping[str, str]) -> ResponseReturnValue:
    """One step and back to the page, or the page again with what was typed and what was wrong."""
    try:
        with transaction() as session:
            told = work(session)
    except Invalid as wrong:
        errors = {renamed.get(name, name): said for name, said in wrong.errors.items()}
        return _page(ref, request.form, errors), 422
    except Conflict as stale:
        return _page(ref, request.form, {}, stale), 409
    tell(told)
    return redirect(url_for("introductions.show", ref=ref), 303)


def _page(
    ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any], refused: HouseError | None = None
) -> str:
    with reading() as session:
        actor, now = current_actor(), utc_now()
        sheet = sheets.match_sheet(session, actor, ref, now=now)
        own, other = (
            (sheet.offer.ref, sheet.request.ref)
            if sheet.offer.is_mine
            else (sheet.request.ref, sheet.offer.ref)
        )
        found = match_page(session, actor, own, other, now=now, language=current_language())
        officers = sheets.officers(session) if "start" in sheet.can else ()
    return render_template(
        "matches/show.html",
        sheet=sheet,
        typed=typed,
        errors=errors,
        refused=refused,
        officers=officers,
        suggested_on=(now + PROPOSED_FOR).date(),
        today=now.date(),
        happens=MATCH_HAPPENS[sheet.state.value],
        events=MATCH_EVENTS,
        reasons=DECLINE_LABELS,
        **(comparison(found) if found is not None else {"found": None}),
    )
