"""After the decision: letters, places and their answers, the reserve list; and the public page of fellows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.fellowships import calling_up, placing, settings
from services.queries.calls import call_page
from services.queries.fellows import fellows_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.fellowships import NominationAction
from vocabulary.messages import Message
from web.fellowship_words import ATTRIBUTE_NAMES, value_names
from web.nomination_answers import title_of
from web.session import tell

bp = Blueprint("placing", __name__)

RELEASED = Message("The letters are released. Mails on their way: {n}.")
OFFERED = Message("The place is offered, and both parties are told.")
CONFIRMED = Message("The place is confirmed.")
ACCEPTED = Message("You accepted the place. The secretariat confirms it.")
DECLINED = Message("You declined the place. It goes to somebody else.")
MOVES = {"start": NominationAction.START, "finish": NominationAction.FINISH}


@bp.get("/fellowships/<ref>/places")
@acts(Action.FELLOWSHIP_EDIT)
def show(ref: str) -> ResponseReturnValue:
    """Release, places with their answers, and who comes next from the reserve list."""
    return _page(ref, {})


@bp.post("/fellowships/<ref>/release")
@acts(Action.SHORTLIST_RELEASE)
def release(ref: str) -> ResponseReturnValue:
    """First the counts, then, confirmed, the release."""
    shown = request.form.get("n_mails", "")
    try:
        answer_by_at = _end_of_day(request.form.get("answer_by_at", ""))
        if not shown.isdigit():
            placing.check_day(answer_by_at, utc_now())
            with reading() as database:
                counts = placing.preview_release(database, current_actor(), ref, now=utc_now())
            return _page(ref, {}, counts)
        with transaction() as database:
            done = placing.release(
                database,
                current_actor(),
                ref,
                now=utc_now(),
                answer_by_at=answer_by_at,
                n_mails=int(shown[:9]),
            )
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    except Conflict as refused:
        return _page(ref, {"release": [refused.message]}), 409
    tell(Message(RELEASED.msgid, n=done.n_mails))
    return redirect(url_for("placing.show", ref=ref), 303)


@bp.post("/fellowships/<ref>/reserve")
@acts(Action.FELLOWSHIP_EDIT)
def call_up(ref: str) -> ResponseReturnValue:
    """Offer a free place to the nominee that the page named."""
    try:
        answer_by_at = _end_of_day(request.form.get("answer_by_at", ""))
        with transaction() as database:
            calling_up.offer_to_reserve(
                database,
                current_actor(),
                ref,
                request.form.get("nominee", ""),
                answer_by_at=answer_by_at,
                now=utc_now(),
            )
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    except Conflict as refused:
        return _page(ref, {"reserve": [refused.message]}), 409
    tell(OFFERED)
    return redirect(url_for("placing.show", ref=ref), 303)


@bp.post("/nominations/<ref>/confirmation")
@acts(Action.FELLOWSHIP_EDIT)
def confirm(ref: str) -> ResponseReturnValue:
    """Confirm an accepted place, or begin or finish a fellowship (`what`)."""
    call, what = request.form.get("call", ""), request.form.get("what", "")
    form = request.form
    try:
        with transaction() as database:
            if what in MOVES:
                placing.move_on(database, current_actor(), ref, MOVES[what], now=utc_now())
            else:
                placing.confirm(
                    database,
                    current_actor(),
                    ref,
                    form.get("chapter"),
                    form.get("mentor"),
                    reason=form.get("reason"),
                    now=utc_now(),
                )
    except Invalid as wrong:
        return _page(call, wrong.errors), 422
    tell(CONFIRMED if what not in MOVES else Message("The change is kept."))
    return redirect(url_for("placing.show", ref=call), 303)


@bp.post("/nominations/<ref>/answer")
@acts(Action.PLACE_ANSWER)
def answer(ref: str) -> ResponseReturnValue:
    """The nominee accepts or declines the place."""
    said = request.form.get("answer", "")
    if said not in ("accept", "decline"):
        raise Invalid({"answer": [Message("Accept or decline.")]})
    with transaction() as database:
        placing.answer_place(database, current_actor(), ref, said == "accept", now=utc_now())
    tell(ACCEPTED if said == "accept" else DECLINED)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.get("/fellows")
@acts(Action.FELLOW_READ)
def fellows() -> ResponseReturnValue:
    """Fellows who consented to be named, and the figures of each released call."""
    with reading() as database:
        page = fellows_page(database, current_actor(), now=utc_now())
        names = value_names(database)
    return render_template(
        "fellowships/fellows.html", page=page, names=names, attributes=ATTRIBUTE_NAMES, title_of=title_of
    )


def _page(ref: str, errors: Mapping[str, Any], counts: placing.ReleaseCounts | None = None) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as database:
        call = call_page(database, actor, ref, language=current_language(), now=now)
        sheet = settings.read_fellowship(database, actor, ref, now=now)
        rows = placing.places(database, actor, ref, now=now)
        next_up = calling_up.next_from_reserve(database, actor, ref, now=now)
        try:
            placing.preview_release(database, actor, ref, now=now)
            may_release = True
        except (Conflict, Refused):
            may_release = False
    return render_template(
        "fellowships/places.html",
        call=call,
        sheet=sheet,
        rows=rows,
        next_up=next_up,
        may_release=may_release,
        counts=counts,
        chapters=[(one["code"], title_of(one["title"])) for one in sheet.content["chapters"]],
        errors=errors,
        typed=request.form,
    )


def _end_of_day(typed: str) -> datetime:
    """The last second of a day in UTC. Raises Invalid."""
    try:
        return datetime.combine(date.fromisoformat(typed.strip()), time(23, 59, 59), UTC)
    except ValueError as wrong:
        raise Invalid({"answer_by_at": [Message("This must be a date such as 2027-03-31.")]}) from wrong
