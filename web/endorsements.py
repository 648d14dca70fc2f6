"""Is an offer that seeks recognition endorsed? What was scored, a proposal, and its approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.decisions import endorsing
from services.decisions.proposing import Draft
from services.queries import agenda
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.decisions import OUTCOMES, Outcome
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from web.forms import version_of
from web.panels import TONES
from web.session import tell

bp = Blueprint("endorsements", __name__)
FIELDS = ("outcome", "reason", "conditions", "contradiction_reason", "few_reviews_reason")


@bp.get("/offers/<ref>/recognition")
@acts(Action.RECOGNITION_PROPOSE)
def show(ref: str) -> ResponseReturnValue:
    """What was scored so far, and the decision on it."""
    return _page(ref, {}, {})


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = endorsing.endorsement(session, current_actor(), ref, now=utc_now())
        return render_template(
            "recognitions/endorsement.html",
            page=page,
            typed=typed,
            errors=errors,
            outcomes=OUTCOMES,
            choices=[(code, OUTCOMES[Outcome(code)]) for code in endorsing.OUTCOMES],
            verdicts=agenda.VERDICT_NAMES,
            tones=TONES,
        )


@bp.post("/offers/<ref>/recognition")
@acts(Action.RECOGNITION_PROPOSE)
def propose(ref: str) -> ResponseReturnValue:
    """Propose whether it is endorsed."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    draft = Draft(typed["outcome"], typed["reason"], typed["conditions"], typed["contradiction_reason"])
    try:
        with transaction() as session:
            endorsing.propose(
                session,
                current_actor(),
                ref,
                draft,
                typed["few_reviews_reason"],
                version_of(request.form),
                now=utc_now(),
            )
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors), 422
    tell(Message("Proposed. A decider who did not propose it approves it."))
    return redirect(url_for("endorsements.show", ref=ref), 303)


@bp.post("/decisions/<ref>/endorsement")
@acts(Action.RECOGNITION_APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    """Approve what somebody else proposed; the letter goes out."""
    with transaction() as session:
        endorsing.approve(session, current_actor(), ref, version_of(request.form), now=utc_now())
    tell(Message("Approved. The partner is told by mail."))
    return redirect(url_for("decisions.show", ref=ref), 303)


@bp.post("/decisions/<ref>/endorsement-withdrawal")
@acts(Action.RECOGNITION_PROPOSE)
def take_back(ref: str) -> ResponseReturnValue:
    """Take a proposal back before it is approved."""
    with transaction() as session:
        reason = request.form.get("back_reason", "")
        endorsing.take_back(session, current_actor(), ref, reason, version_of(request.form), now=utc_now())
    tell(Message("Taken back, and kept with the reason."))
    return redirect(url_for("decisions.show", ref=ref), 303)
