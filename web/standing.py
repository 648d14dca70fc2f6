"""How long an offer stands: pause, take up again, renew, close; and the button behind a reminder's link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.entries import standing
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.forms import version_of
from web.session import tell

bp = Blueprint("standing", __name__)

DONE = Message("Done.")


@bp.get("/offers/<ref>/standing")
@acts(Action.ENTRY_RENEW)
def show(ref: str) -> ResponseReturnValue:
    """How the offer stands, and what can be done about it."""
    return _page(ref, {})


def _page(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        found = standing.standing(database, current_actor(), ref, now=utc_now())
    return render_template("entries/standing.html", found=found, errors=errors, typed=request.form)


def _done(ref: str, act: Callable[..., object], *args: Any) -> ResponseReturnValue:
    """Do one thing to the offer, or show its page again with what is wrong."""
    try:
        with transaction() as database:
            act(database, current_actor(), ref, version_of(request.form), *args, now=utc_now())
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    except Conflict as refused:
        return _page(ref, {"version": [refused.message]}), 409
    tell(DONE)
    return redirect(url_for("standing.show", ref=ref), 303)


@bp.post("/offers/<ref>/pause")
@acts(Action.ENTRY_PAUSE)
def pause(ref: str) -> ResponseReturnValue:
    """Out of the matches for a while."""
    return _done(ref, standing.pause)


@bp.post("/offers/<ref>/resumption")
@acts(Action.ENTRY_PAUSE)
def resume(ref: str) -> ResponseReturnValue:
    """Into the matches again."""
    return _done(ref, standing.resume)


@bp.post("/offers/<ref>/renewal")
@acts(Action.ENTRY_RENEW)
def renew(ref: str) -> ResponseReturnValue:
    """It stands until another day."""
    try:
        until = date.fromisoformat(request.form.get("valid_until", ""))
    except ValueError:
        return _page(ref, {"valid_until": [standing.NOT_A_NEW_DAY]}), 422
    return _done(ref, standing.renew, until)


@bp.post("/offers/<ref>/closing")
@acts(Action.ENTRY_RENEW)
def close(ref: str) -> ResponseReturnValue:
    """It no longer stands."""
    return _done(ref, standing.close)


@bp.post("/offers/<ref>/no-end")
@acts(Action.ENTRY_KEEP_OPEN)
def keep_open(ref: str) -> ResponseReturnValue:
    """An officer lifts its end date."""
    return _done(ref, standing.keep_open, request.form.get("reason", "")[:2000])


@bp.get("/offers/renewal/<secret>")
@acts(Action.ENTRY_RENEW)
def ask(secret: str) -> ResponseReturnValue:
    """Does it still stand? Two buttons, no account; opening the page changes nothing."""
    with reading() as database:
        found = standing.standing_behind(database, secret, now=utc_now())
    return render_template("entries/renewal.html", found=found, secret=secret)


@bp.post("/offers/renewal/<secret>")
@acts(Action.ENTRY_RENEW)
def answer(secret: str) -> ResponseReturnValue:
    """Yes or no, by whoever got the mail."""
    said = request.form.get("answer")
    if said not in ("yes", "no"):
        with reading() as database:
            standing.standing_behind(database, secret, now=utc_now())
        return redirect(url_for("standing.ask", secret=secret), 303)
    is_yes = said == "yes"
    with transaction() as database:
        found = standing.answer_behind(database, secret, is_yes=is_yes, now=utc_now())
        ref, until = found.ref, found.valid_until if is_yes else None
    return render_template("entries/renewed.html", ref=ref, until=until)
