"""The three steps of erasing a person's data, each by somebody else, and the wish of the person itself."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import personal_data
from services.clock import utc_now
from services.personal_data import APPROVED, ASKED, ERASED, PREPARED
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import HouseError
from vocabulary.messages import Message
from vocabulary.people import Role
from web.session import tell

bp = Blueprint("erasures", __name__, url_prefix="/account")

STEPS = {
    ASKED: Message("asked for by the person"),
    PREPARED: Message("prepared by an officer"),
    APPROVED: Message("approved by an auditor"),
}
LONGEST_REASON = 1000


@bp.post("/ask-erasure")
@acts(Action.ACCOUNT_ASK_ERASURE)
def ask() -> ResponseReturnValue:
    """The person asks."""
    with transaction() as session:
        personal_data.ask_erasure(session, current_actor(), now=utc_now())
    return _done(Message("We have told the secretariat. They will write to you."), "account.show")


@bp.get("/erasures")
@acts(Action.ACCOUNT_PREPARE_ERASURE)
def show() -> ResponseReturnValue:
    """What is under way, for officers, auditors and administrators."""
    return _page()


@bp.post("/erasures")
@acts(Action.ACCOUNT_PREPARE_ERASURE)
def prepare() -> ResponseReturnValue:
    """An officer names the account."""
    email, reason = request.form.get("email", ""), request.form.get("reason", "").strip()
    if not email.strip() or not reason or len(reason) > LONGEST_REASON:
        error = Message(
            "Give the address of the account, and a reason of at most {n} characters.", n=LONGEST_REASON
        )
        return _page(error, 422)
    try:
        with transaction() as session:
            personal_data.prepare_erasure(session, current_actor(), email, reason=reason, now=utc_now())
    except HouseError as refused:
        return _page(refused.message, refused.status)
    return _done(Message("Prepared. An auditor has to approve it."))


@bp.post("/erasures/<int(max=2147483647):account_id>/approve")
@acts(Action.ACCOUNT_APPROVE_ERASURE)
def approve(account_id: int) -> ResponseReturnValue:
    """An auditor approves."""
    with transaction() as session:
        personal_data.approve_erasure(session, current_actor(), account_id, now=utc_now())
    return _done(Message("Approved. An administrator has to carry it out."))


@bp.post("/erasures/<int(max=2147483647):account_id>/erase")
@acts(Action.ACCOUNT_ERASE)
def erase(account_id: int) -> ResponseReturnValue:
    """An administrator carries it out."""
    with transaction() as session:
        personal_data.erase(session, current_actor(), account_id, now=utc_now())
    return _done(Message("The personal data of account {n} is erased.", n=account_id))


def _page(error: Message | None = None, status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        cases = personal_data.erasure_cases(session, current_actor(), now=utc_now())
    page = render_template(
        "account/erasures.html",
        cases=cases,
        steps=STEPS,
        may_prepare=current_actor().has_role(Role.OFFICER),
        error=error,
        typed=request.form,
        approving=APPROVED,
        erasing=ERASED,
    )
    return page, status


def _done(message: Message, endpoint: str = "erasures.show") -> ResponseReturnValue:
    tell(message)
    return redirect(url_for(endpoint), 303)
