"""The officers' board of entries that look like one entered twice."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import alike
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.messages import Message
from web.session import tell

bp = Blueprint("alike", __name__, url_prefix="/alike")
SAME = Message("Noted: the two are one. Ask an owner to withdraw theirs.")
NOT_SAME = Message("Noted: the two are not one. The pair comes back if either text changes.")


@bp.get("")
@acts(Action.ENTRY_READ_ALIKE)
def show_all() -> ResponseReturnValue:
    """Pairs to rule on, and those ruled on."""
    with reading() as session:
        report = alike.alike_report(session, current_actor(), now=utc_now())
    return render_template("alike.html", report=report)


@bp.post("")
@acts(Action.ENTRY_RULE_ALIKE)
def rule() -> ResponseReturnValue:
    """Say whether two entries are one."""
    typed = {name: request.form.get(name, "") for name in ("first", "second", "reason")}
    is_same = request.form.get("ruling") == "same"
    with transaction() as session:
        alike.rule(
            session,
            current_actor(),
            typed["first"],
            typed["second"],
            is_same,
            typed["reason"][: alike.LONGEST_REASON],
            now=utc_now(),
        )
    tell(SAME if is_same else NOT_SAME)
    return redirect(url_for("alike.show_all"), 303)
