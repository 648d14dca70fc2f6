"""The panel of a fellowship call for its officer: who marks what, conflicts to rule on, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.fellowships import planning, rulings
from services.fellowships.planning import Asked
from services.queries.calls import call_page
from services.queries.panel_agreement import agreement_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from vocabulary.states import ConflictRuling
from web.forms import version_of
from web.nomination_answers import title_of
from web.session import tell

bp = Blueprint("fellowship_panel", __name__, url_prefix="/fellowships")

MODES: Mapping[str, Message] = {
    planning.FAIR: Message("The nomination that is served worst"),
    planning.SUM: Message("The best fit in all"),
}
FIELD_NAMES: Mapping[str, Message] = {
    "each": Message("Members for each nomination"),
    "most": Message("Nominations for each member, at most"),
    "due_on": Message("Marks are due"),
    "pair": Message("Pairs"),
    "reason": Message("Reason"),
    "ruling": Message("Ruling"),
    "plan": Message("Plan"),
}
RULED = Message("The ruling is kept. The score follows it.")


@bp.get("/<ref>/members")
@acts(Action.MARK_RULE)
def members(ref: str) -> ResponseReturnValue:
    """Conflicts to rule on; for an officer, the members, how far they are, and where a plan begins."""
    return _members(ref, {})


@bp.get("/<ref>/plan")
@acts(Action.MARK_SEAT)
def show_plan(ref: str) -> ResponseReturnValue:
    """Who should mark what, with reasons; a dry run that changes nothing."""
    try:
        return _plan(ref, _asked(request.args), {})
    except Invalid as wrong:
        return _members(ref, wrong.errors), 422
    except Conflict as refused:
        return _members(ref, {"plan": [refused.message]}), 409


@bp.post("/<ref>/plan")
@acts(Action.MARK_SEAT)
def make_plan(ref: str) -> ResponseReturnValue:
    """Ask the members of the plan to mark, but for the pairs left out."""
    form = request.form
    pairs = [(one, email) for one, _, email in (text.partition(" ") for text in form.getlist("pair"))]
    asked = None
    try:
        asked = _asked(form)
        with transaction() as database:
            n = planning.make(
                database,
                current_actor(),
                ref,
                asked,
                form.get("fingerprint", ""),
                pairs,
                now=utc_now(),
                due_at=_end_of_day(form.get("due_on", "")),
            )
    except Invalid as wrong:
        shown = {"pair", "due_on"} & set(wrong.errors) and asked is not None
        return (_plan(ref, asked, wrong.errors) if shown and asked else _members(ref, wrong.errors)), 422
    except Conflict as refused:
        return _members(ref, {"plan": [refused.message]}), 409
    tell(Message("New seats on the panel: {n}.", n=n))
    return redirect(url_for("fellowship_panel.members", ref=ref), 303)


@bp.post("/<ref>/rulings/<int(max=2147483647):seat_id>")
@acts(Action.MARK_RULE)
def rule(ref: str, seat_id: int) -> ResponseReturnValue:
    """Clear or uphold a possible conflict of a panel member."""
    try:
        ruling = ConflictRuling(request.form.get("ruling", ""))
    except ValueError:
        return _members(ref, {"ruling": [Message("Choose one answer.")]}), 422
    try:
        with transaction() as database:
            rulings.rule(
                database,
                current_actor(),
                seat_id,
                ruling,
                request.form.get("reason", ""),
                version_of(request.form),
                now=utc_now(),
                call_ref=ref,
            )
    except Invalid as wrong:
        return _members(ref, wrong.errors), 422
    except Conflict as refused:
        return _members(ref, {"ruling": [refused.message]}), 409
    tell(RULED)
    return redirect(url_for("fellowship_panel.members", ref=ref), 303)


@bp.get("/<ref>/agreement")
@acts(Action.SHORTLIST_READ)
def agreement(ref: str) -> ResponseReturnValue:
    """Where the panel's marks lie apart, and how far they agree in all."""
    with reading() as database:
        call = _call(database, ref)
        page = agreement_page(database, current_actor(), ref, now=utc_now())
    return render_template("fellowships/agreement.html", call=call, page=page, title_of=title_of)


def _members(ref: str, errors: Mapping[str, Any]) -> str:
    actor, now = current_actor(), utc_now()
    with reading() as database:
        call = _call(database, ref)
        declared = rulings.declared_in(database, actor, ref, now=now)
        try:
            rows = planning.panel_of(database, actor, ref, now=now)
        except Refused:  # a decider rules and does not name members
            rows = None
    return render_template(
        "fellowships/members.html",
        call=call,
        rows=rows,
        declared=declared,
        errors=errors,
        typed=request.values,
        labels=FIELD_NAMES,
        modes=list(MODES.items()),
    )


def _plan(ref: str, asked: Asked, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        call = _call(database, ref)
        found = planning.plan(database, current_actor(), ref, asked, now=utc_now())
    language = current_language()
    return render_template(
        "fellowships/plan.html",
        call=call,
        plan=found,
        shared=lambda one: planning.shared_words(one, language),
        errors=errors,
        typed=request.values,
        labels=FIELD_NAMES,
    )


def _call(database: Session, ref: str) -> Any:
    return call_page(database, current_actor(), ref, language=current_language(), now=utc_now())


def _asked(values: Mapping[str, str]) -> Asked:
    """What a plan is asked for, as typed. Raises Invalid by field."""
    numbers, errors = {}, {}
    for name in ("each", "most"):
        text = values.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) < 6:
            numbers[name] = int(text)
        else:
            errors[name] = [Message("This must be a whole number.")]
    if errors:
        raise Invalid(errors)
    mode = values.get("mode", "")
    return planning.asked_for(numbers["each"], numbers["most"], mode if mode in MODES else planning.FAIR)


def _end_of_day(typed: str) -> datetime | None:
    """The last second of a day in UTC; None where no day was named. Raises Invalid."""
    if not typed.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(typed.strip()), time(23, 59, 59), UTC)
    except ValueError as wrong:
        raise Invalid({"due_on": [Message("This must be a date such as 2027-03-31.")]}) from wrong
