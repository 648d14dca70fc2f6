"""The page of a nominator, behind the link of a mail: what is to be approved, with two buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.fellowships import nominators
from services.fellowships.fields import BY_NAME
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from web.nomination_answers import labels, title_of, words_of

bp = Blueprint("approvals", __name__)


@bp.get("/nominations/approval/<secret>")
@acts(Action.NOMINATION_APPROVE)
def show(secret: str) -> ResponseReturnValue:
    """What is to be approved, with two buttons; opening the page changes nothing."""
    return _approval(secret, {})


@bp.post("/nominations/approval/<secret>")
@acts(Action.NOMINATION_APPROVE)
def answer(secret: str) -> ResponseReturnValue:
    """Approve, or refuse with a reason."""
    now = utc_now()
    try:
        with transaction() as database:
            if request.form.get("answer") == "no":
                nominators.refuse(database, secret, request.form.get("reason", ""), now=now)
                return render_template("nominations/answered.html", is_approved=False)
            nominators.approve(
                database,
                secret,
                commits_time=request.form.get("commits_time") == "yes",
                now=now,
                account_id=current_actor().account_id,
            )
    except Invalid as wrong:
        return _approval(secret, wrong.errors), 422
    return redirect(url_for("approvals.show", secret=secret), 303)


def _approval(secret: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        found = nominators.approval_behind(database, secret, now=utc_now())
    return render_template(
        "nominations/approval.html",
        approval=found,
        secret=secret,
        errors=errors,
        typed=request.form,
        title_of=title_of,
        labels=labels(),
        words_of=words_of,
        answers=[BY_NAME[name] for name in found.content],
        states={"is_open": found.state.value == "awaiting_nominator"},
    )
