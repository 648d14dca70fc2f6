"""Recognitions: the public page that confirms one, and what officers do with it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import recognition_renewals, recognitions
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from web.forms import version_of
from web.session import tell

bp = Blueprint("recognitions", __name__)
TONES = {"valid": "good", "expired": "warn", "renewed": "quiet", "retracted": "bad"}


@bp.get("/recognitions/<ref>")
@acts(Action.RECOGNITION_READ)
def show(ref: str) -> ResponseReturnValue:
    """Does this recognition hold? For everybody who has its reference."""
    return _page(ref, {})


def _page(ref: str, errors: dict[str, list[Message]]) -> str:
    with reading() as session:
        page = recognitions.page(session, current_actor(), ref, now=utc_now())
    return render_template(
        "recognitions/page.html", page=page, standings=recognitions.STANDINGS, tones=TONES, errors=errors
    )


@bp.post("/requests/<ref>/recognition")
@acts(Action.RECOGNITION_ISSUE)
def issue(ref: str) -> ResponseReturnValue:
    """Recognise an endorsed entry."""
    text = request.form.get("expires_on", "").strip()
    try:
        until = date.fromisoformat(text) if text else None
    except ValueError:
        wrong = Message("This must be a date such as 2027-03-31.")
        raise Invalid({"expires_on": [wrong]}, wrong) from None
    with transaction() as session:
        made = recognitions.issue(session, current_actor(), ref, until, now=utc_now())
        made_ref = made.ref
    tell(Message("Recognised: {ref}. Its letter waits in the outbox.", ref=made_ref))
    return redirect(url_for("recognitions.show", ref=made_ref), 303)


@bp.post("/recognitions/<ref>/retraction")
@acts(Action.RECOGNITION_RETRACT)
def retract(ref: str) -> ResponseReturnValue:
    """Take a recognition back; its page stays and says so."""
    try:
        with transaction() as session:
            recognitions.retract(
                session,
                current_actor(),
                ref,
                request.form.get("reason", ""),
                version_of(request.form),
                now=utc_now(),
            )
    except Invalid as wrong:
        return _page(ref, dict(wrong.errors)), 422
    tell(Message("Retracted. The page says so from now on; a mail to its owner waits in the outbox."))
    return redirect(url_for("recognitions.show", ref=ref), 303)


@bp.get("/recognitions/<ref>/renewal")
@acts(Action.RECOGNITION_ASK_RENEWAL)
def renewal(ref: str) -> ResponseReturnValue:
    """Where the partner asks for a renewal."""
    return _renewal_page(ref, "", {})


def _renewal_page(ref: str, typed: str, errors: dict[str, list[Message]]) -> str:
    with reading() as session:
        page = recognition_renewals.renewal_page(session, current_actor(), ref, now=utc_now())
    return render_template("recognitions/renewal.html", page=page, typed=typed, errors=errors)


@bp.post("/recognitions/<ref>/renewal")
@acts(Action.RECOGNITION_ASK_RENEWAL)
def ask_renewal(ref: str) -> ResponseReturnValue:
    """Ask for it."""
    text = request.form.get("text", "")
    try:
        with transaction() as session:
            recognition_renewals.ask(
                session, current_actor(), ref, text, version_of(request.form), now=utc_now()
            )
    except Invalid as wrong:
        return _renewal_page(ref, text, dict(wrong.errors)), 422
    tell(Message("Asked for. Two people decide, and you are told by mail."))
    return redirect(url_for("recognitions.show", ref=ref), 303)
