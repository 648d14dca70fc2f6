"""Calls, as everybody may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.values import Address
from services import call_questions
from services.clock import utc_now
from services.queries import calls, fellows
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import Role
from web.session import tell

bp = Blueprint("calls", __name__, url_prefix="/calls")
RUNS_CALLS = frozenset({Role.OFFICER, Role.DECIDER})


@bp.get("")
@acts(Action.CALL_READ)
def show_all() -> ResponseReturnValue:
    """Every announced call, the open ones first."""
    with reading() as session:
        rows = calls.announced_calls(session, language=current_language(), now=utc_now())
    return render_template("calls/list.html", calls=rows)


@bp.get("/<ref>")
@acts(Action.CALL_READ)
def show(ref: str) -> ResponseReturnValue:
    """One call: what it invites, until when, and what happens now."""
    return _page(ref, {})


@bp.post("/<ref>/questions")
@acts(Action.CALL_ASK)
def ask(ref: str) -> ResponseReturnValue:
    """Anybody asks; the answer is published for everybody."""
    try:
        email = _address(request.form.get("email", ""))
        with transaction() as session:
            call_questions.ask(
                session, current_actor(), ref, request.form.get("question", ""), email, now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    tell(Message("Your question is with the secretariat. The answer will stand on this page."))
    return redirect(url_for("calls.show", ref=ref), 303)


def _address(typed: str) -> str | None:
    try:
        return Address().deserialize(typed.strip()) if typed.strip() else None
    except ValidationError as wrong:
        raise Invalid({"email": wrong.messages}) from wrong


def _page(ref: str, errors: Mapping[str, Any]) -> str:
    language, now = current_language(), utc_now()
    with reading() as session:
        call = calls.call_page(session, current_actor(), ref, language=language, now=now)
        details = calls.call_details(session, ref, language=language, now=now)
        questions = call_questions.published(session, ref, language)
        has_fellows = fellows.is_released(session, ref)
    return render_template(
        "calls/page.html",
        call=call,
        details=details,
        questions=questions,
        has_fellows=has_fellows,
        errors=errors,
        typed=request.form,
        runs_calls=bool(current_actor().roles() & RUNS_CALLS),
    )
