"""One nominee in a run: why on the list or not, and pins; and the changes where no list is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.fellowships import pins, relaxing, settings, shortlists
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from web.fellowship_words import chapter_titles, value_names
from web.session import tell

bp = Blueprint("shortlists", __name__, url_prefix="/shortlists")

PINNED = Message("The pin is set. This trial shows what follows from it.")
LIFTED = Message("The pin is lifted. This trial shows what follows from it.")
RESERVES = 8
"""Reserves of a trial that nobody asked a number for."""
LATER = Message("It holds from the next run on.")
RELAXED = Message("The targets are changed. This trial shows the list that is possible now.")


@bp.get("/<ref>/people/<nominee>")
@acts(Action.SHORTLIST_READ)
def person(ref: str, nominee: str) -> ResponseReturnValue:
    """Why somebody is on the list or not, who would replace them, and a pin."""
    return _person(ref, nominee, {})


@bp.post("/<ref>/pins")
@acts(Action.SHORTLIST_EDIT)
def pin(ref: str) -> ResponseReturnValue:
    """Hold a nominee on or off the list, or lift that, and see in a trial what follows."""
    nominee, what = request.form.get("nominee", ""), request.form.get("what", "")
    actor, now = current_actor(), utc_now()
    try:
        with transaction() as database:
            if what == "lift":
                pins.lift_pin(database, actor, nominee, now=now)
            else:
                reason = request.form.get("reason", "")
                pins.pin(database, actor, nominee, is_in=what == "in", reason=reason, now=now)
    except Invalid as wrong:
        return _person(ref, nominee, wrong.errors), 422
    return _trial(ref, LIFTED if what == "lift" else PINNED)


@bp.post("/<ref>/relaxation")
@acts(Action.SHORTLIST_EDIT)
def relax(ref: str) -> ResponseReturnValue:
    """Take one of the smallest changes that a run without a list proposed."""
    text = request.form.get("change", "")
    change = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1
    with transaction() as database:
        relaxing.relax(database, current_actor(), ref, change, now=utc_now())
    return _trial(ref, RELAXED)


def _trial(ref: str, told: Message) -> ResponseReturnValue:
    """Ask for a trial beside the run that somebody came from; where one is under way, say so."""
    actor, now = current_actor(), utc_now()
    try:
        with transaction() as database:
            call_ref = shortlists.call_of_run(database, actor, ref, now=now)
            before = shortlists.read_run(database, actor, ref, now=now).record or {}
            asked = shortlists.ask_run(
                database,
                actor,
                call_ref,
                n_reserve=RESERVES,
                is_trial=True,
                by_bands=bool(before.get("question", {}).get("bands")),
                now=now,
            )
    except (Conflict, Invalid) as refused:
        tell(Message("{text} {reason}", text=LATER, reason=refused.message))
        return redirect(url_for("fellowships.run", ref=ref), 303)
    tell(told)
    return redirect(url_for("fellowships.run", ref=asked.ref, **{"with": ref}), 303)


def _person(ref: str, nominee: str, errors: Mapping[str, Any]) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as database:
        run = shortlists.read_run(database, actor, ref, now=now)
        call_ref, people = shortlists.people_of_run(database, actor, ref, now=now)
        if nominee not in people:
            raise NotFound
        held = {one.ref: one for one in pins.held(database, actor, call_ref, now=now)}
        names = value_names(database)
        chapters = chapter_titles(settings.read_fellowship(database, actor, call_ref, now=now))
    record = run.record or {}
    if record.get("status") not in (None, "optimal"):
        record = {}
    return render_template(
        "fellowships/person.html",
        run=run,
        call_ref=call_ref,
        nominee=nominee,
        people=people,
        names=names,
        chapters=chapters,
        held=held.get(nominee),
        asked=_row(record.get("question", {}).get("nominations"), nominee),
        seat=_row(record.get("seats"), nominee),
        reserve=_place(record.get("reserve"), nominee),
        why=_row(record.get("counterfactuals"), nominee),
        replacement=_row(record.get("replacements"), nominee),
        chance=(record.get("ties", {}).get("chances") or {}).get(nominee),
        errors=errors,
        typed=request.form,
    )


def _row(rows: Any, nominee: str) -> Any:
    return next((one for one in rows or () if one["id"] == nominee), None)


def _place(rows: Any, nominee: str) -> int | None:
    return next((at for at, one in enumerate(rows or (), 1) if one["id"] == nominee), None)
