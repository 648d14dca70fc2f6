"""The officer's side of a fellowship call: nominations, panel, lock, seed, and the room of the shortlist."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.fellowships import panel, pins, settings, shortlists
from services.fellowships.comparing import compared
from services.fellowships.questions import can_be_met, room_of
from services.fellowships.rows import acts_in_room
from services.queries.calls import call_page
from services.queries.nominations import nominations_of_call
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.fellowships import RunState
from vocabulary.messages import Message
from web.fellowship_words import (
    ATTRIBUTE_NAMES,
    above_words,
    change_words,
    chapter_titles,
    limit_words,
    value_names,
)
from web.session import tell

bp = Blueprint("fellowships", __name__)

ASKED_WORDS: Mapping[str, Message] = {
    "nominations": Message("nominations and marks"),
    "seats": Message("seats"),
    "targets": Message("targets"),
    "caps": Message("limits"),
    "pins": Message("pins"),
    "seed": Message("seed"),
    "bands": Message("merit bands"),
}
"""Parts of a question, for what two runs were asked differently."""
LOCKED = Message("The marks are locked. Name the public seed next.")
SEEDED = Message("The seed is named. Runs that count can be asked for now.")
ASKED = Message("The run is in the queue. This page shows how far it is.")
CANCELLED = Message("The run is stopped.")
APPROVED = Message("The list is approved.")
PAGE = 50
DEFAULT_SECONDS = 60


@bp.get("/fellowships/<ref>")
@acts(Action.NOMINATION_LIST_ALL)
def room(ref: str) -> ResponseReturnValue:
    """Everything of a fellowship call on one page: what comes next, nominations, targets, runs."""
    return _room(ref, {})


@bp.post("/fellowships/<ref>/review")
@acts(Action.MARK_SEAT)
def start_review(ref: str) -> ResponseReturnValue:
    """Hand every received nomination to the panel."""
    with transaction() as database:
        n = panel.start_review(database, current_actor(), ref, now=utc_now())
    tell(Message("Handed to the panel: {n}.", n=n))
    return redirect(url_for("fellowships.room", ref=ref), 303)


@bp.post("/fellowships/<ref>/panel")
@acts(Action.MARK_SEAT)
def seat(ref: str) -> ResponseReturnValue:
    """Seat panel members: lines of a nomination and a mail address, or addresses for every nomination."""
    lines = [line.replace(";", ",") for line in request.form.get("pairs", "").splitlines() if line.strip()]
    try:
        with transaction() as database:
            everybody = panel.with_panel(database, current_actor(), ref, now=utc_now())
            pairs = _pairs(everybody, lines)
            n = panel.seat_members(database, current_actor(), ref, pairs, now=utc_now())
    except Invalid as wrong:
        return _room(ref, {"pairs": [one for found in wrong.errors.values() for one in found]}), 422
    tell(Message("New seats on the panel: {n}.", n=n))
    return redirect(url_for("fellowships.room", ref=ref), 303)


@bp.post("/fellowships/<ref>/lock")
@acts(Action.SHORTLIST_EDIT)
def lock(ref: str) -> ResponseReturnValue:
    """No mark changes any more."""
    try:
        with transaction() as database:
            panel.lock_marks(database, current_actor(), ref, now=utc_now())
    except Conflict as not_yet:
        return _room(ref, {"lock": [not_yet.message]}), 409
    tell(LOCKED)
    return redirect(url_for("fellowships.room", ref=ref), 303)


@bp.post("/fellowships/<ref>/seed")
@acts(Action.SHORTLIST_EDIT)
def seed(ref: str) -> ResponseReturnValue:
    """Name the public seed of the lottery."""
    try:
        with transaction() as database:
            shortlists.name_seed(
                database,
                current_actor(),
                ref,
                request.form.get("seed", ""),
                request.form.get("source", ""),
                now=utc_now(),
            )
    except Invalid as wrong:
        return _room(ref, wrong.errors), 422
    tell(SEEDED)
    return redirect(url_for("fellowships.room", ref=ref), 303)


@bp.post("/fellowships/<ref>/shortlists")
@acts(Action.SHORTLIST_EDIT)
def ask_run(ref: str) -> ResponseReturnValue:
    """Ask for a trial, or for a run that counts."""
    reserve = request.form.get("reserve", "0").strip()
    try:
        if not (reserve.isascii() and reserve.isdigit() and len(reserve) < 5):
            raise Invalid({"reserve": [Message("This must be a whole number.")]})
        with transaction() as database:
            run = shortlists.ask_run(
                database,
                current_actor(),
                ref,
                n_reserve=int(reserve),
                is_trial="counts" not in request.form,
                by_bands=None if "counts" in request.form else "by_bands" in request.form,
                now=utc_now(),
                seconds=_seconds(request.form.get("seconds", "")),
            )
    except Invalid as wrong:
        return _room(ref, wrong.errors), 422
    except Conflict as not_now:
        return _room(ref, {"run": [not_now.message]}), 409
    tell(ASKED)
    return redirect(url_for("fellowships.run", ref=run.ref), 303)


@bp.get("/shortlists/<ref>")
@acts(Action.SHORTLIST_READ)
def run(ref: str) -> ResponseReturnValue:
    """One run: how far it is, or its list, reserve, balance, ties, and why not the others."""
    return _run(ref, {})


@bp.get("/shortlists/<ref>/record")
@acts(Action.SHORTLIST_READ)
def record(ref: str) -> Response:
    """The record, byte by byte, for `shortlist-check`."""
    with reading() as database:
        content = shortlists.record_bytes(database, current_actor(), ref, now=utc_now())
    answer = Response(content, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{ref}.json"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.post("/shortlists/<ref>/cancellation")
@acts(Action.SHORTLIST_EDIT)
def cancel(ref: str) -> ResponseReturnValue:
    """Stop a run."""
    with transaction() as database:
        shortlists.cancel_run(database, current_actor(), ref, now=utc_now())
    tell(CANCELLED)
    return redirect(url_for("fellowships.run", ref=ref), 303)


@bp.post("/shortlists/<ref>/approval")
@acts(Action.SHORTLIST_APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    """Take the list of this run, for the body that selects."""
    try:
        with transaction() as database:
            shortlists.approve(database, current_actor(), ref, now=utc_now())
    except Conflict as refused:
        return _run(ref, {"approve": [refused.message]}), 409
    tell(APPROVED)
    return redirect(url_for("fellowships.run", ref=ref), 303)


# --- pages ------------------------------------------------------------------------------------------------


def _room(ref: str, errors: Mapping[str, Any]) -> str:
    actor, now, language = current_actor(), utc_now(), current_language()
    after = request.args.get("after", "0")
    with reading() as database:
        call = call_page(database, actor, ref, language=language, now=now)
        sheet = settings.read_fellowship(database, actor, ref, now=now)
        rows, more, total = nominations_of_call(
            database,
            actor,
            ref,
            now=now,
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0,
            limit=PAGE,
        )
        inside: dict[str, Any] = {"lamps": None, "runs": (), "held": (), "can_be_met": None}
        with suppress(Refused):  # before the panel has begun
            inside = {
                "lamps": room_of(database, actor, ref, now=now),
                "runs": shortlists.list_runs(database, actor, ref, now=now),
                "held": pins.held(database, actor, ref, now=now),
                "can_be_met": can_be_met(database, actor, ref, now=now),
            }
        names = value_names(database)
        allowed = acts_in_room(database, actor, ref, now=now)
    return render_template(
        "fellowships/room.html",
        allowed=allowed,
        call=call,
        sheet=sheet,
        rows=rows,
        more=more,
        total=total,
        **inside,
        errors=errors,
        typed=request.form,
        names=names,
        attributes=ATTRIBUTE_NAMES,
    )


def _run(ref: str, errors: Mapping[str, Any]) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as database:
        found = shortlists.read_run(database, actor, ref, now=now)
        call_ref, people = shortlists.people_of_run(database, actor, ref, now=now)
        names = value_names(database)
        chapters = chapter_titles(settings.read_fellowship(database, actor, call_ref, now=now))
        may_approve = shortlists.may_approve(database, actor, call_ref, now=now)
        others = [
            one
            for one in shortlists.list_runs(database, actor, call_ref, now=now)
            if one.state is RunState.DONE and one.ref != ref
        ]
        other_ref = request.args.get("with")
        other = next((one for one in others if one.ref == other_ref), None)
    return render_template(
        "fellowships/run.html",
        run=found,
        record=found.record,
        call_ref=call_ref,
        may_approve=may_approve,
        people=people,
        names=names,
        chapters=chapters,
        above=above_words(found.record, names, people),
        attributes=ATTRIBUTE_NAMES,
        others=others,
        other_choices=[(one.ref, one.ref) for one in others],
        other=other,
        settings_address=url_for("fellowship_settings.show", ref=call_ref),
        conflict=[limit_words(found.record, one["name"], names, people) for one in _part(found, "conflict")],
        changes=[[change_words(one, names) for one in change] for change in _part(found, "relaxations")],
        may_relax=not found.is_approved,
        changed=compared(ref, found.record, other.ref, other.record) if other else None,
        asked_words=ASKED_WORDS,
        errors=errors,
        typed=request.form,
        pins={one["id"]: one for one in (found.record or {}).get("question", {}).get("pins", [])},
        is_waiting=found.state in (RunState.WAITING, RunState.RUNNING),
    )


def _part(run: shortlists.RunSheet, name: str) -> list[Any]:
    return list((run.record or {}).get(name) or ())


def _seconds(text: str) -> int:
    """The time limit of a run. Raises Invalid."""
    if not text.strip():
        return DEFAULT_SECONDS
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 5):
        raise Invalid({"seconds": [Message("This must be a whole number.")]})
    return int(text)


def _pairs(everybody: list[str], lines: list[str]) -> list[tuple[str, str]]:
    """A line is "nomination, address", or an address alone, who then marks every nomination."""
    pairs = []
    for line in lines:
        first, _, second = (part.strip() for part in line.partition(","))
        if second:
            pairs.append((first, second))
            continue
        pairs += [(one, first) for one in everybody]
    if not pairs:
        raise Invalid({"pairs": [Message("Write at least one line.")]})
    return pairs
