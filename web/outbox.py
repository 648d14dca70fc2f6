"""The outbox: what waits to be sent, what has gone, what failed; each mail as its reader would see it."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.letters import write_letter
from services import outbox
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.messages import Message
from web.session import tell

bp = Blueprint("outbox", __name__, url_prefix="/outbox")

TEMPLATES = {
    "decision": Message("Letter on a decision"),
    "recognition": Message("Letter of recognition"),
    "recognition_expiring": Message("A recognition is about to end"),
    "recognition_retracted": Message("A recognition was retracted"),
    "receipt": Message("Receipt"),
    "collaborator": Message("Invitation to help with an entry"),
    "resume": Message("Link to a draft"),
    "returned": Message("Questions to the submitter"),
    "withdrawn": Message("Confirmation of a withdrawal"),
    "answered": Message("Answer to a question"),
    "extended": Message("Longer deadline for one entry"),
    "lapsed": Message("The entry has lapsed"),
    "consultation": Message("Consultations"),
    "message": Message("Messages"),
    "glass_open": Message("Opened in an emergency"),
    "offer_ending": Message("Does the offer still stand?"),
    "invitation": Message("Invitation to review"),
    "conflict_to_rule": Message("A possible conflict of interest to rule on"),
    "conflict_ruled": Message("Ruling on a conflict of interest"),
    "review_reminder": Message("Reminder of a review"),
    "review_overdue": Message("A review is overdue"),
    "review_declined": Message("A review was declined"),
    "review_returned": Message("A review was sent back"),
    "review_voided": Message("A review was voided"),
    "match_proposed": Message("Proposal of a match"),
    "match_agreed": Message("Both sides agreed to a match"),
    "match_ended": Message("End of a match"),
}
"""What each mail about an entry is."""


@bp.get("")
@acts(Action.MAIL_LIST)
def show_all() -> ResponseReturnValue:
    """The mails about entries, by state, some at a time."""
    state, page = request.args.get("state", "draft"), request.args.get("page", 1, type=int)
    with reading() as session:
        found = outbox.outbox(session, current_actor(), state, now=utc_now(), page=page)
    return render_template("outbox/list.html", outbox=found, states=outbox.STATES, templates=TEMPLATES)


@bp.get("/<int(max=2147483647):mail_id>")
@acts(Action.MAIL_LIST)
def show(mail_id: int) -> ResponseReturnValue:
    """One mail as it goes out, as plain text."""
    with reading() as session:
        row, due = outbox.shown(session, current_actor(), mail_id, now=utc_now())
    settings = current_app.config["SETTINGS"]
    message = write_letter(due, sender=settings.mail_from, site=settings.address)
    body = message.get_body(preferencelist=("plain",))
    files = [part.get_filename() for part in message.iter_attachments()]
    return render_template(
        "outbox/page.html",
        row=row,
        subject=message["Subject"],
        text=body.get_content() if body is not None else "",
        files=files,
        states=outbox.STATES,
        templates=TEMPLATES,
    )


@bp.post("/<int(max=2147483647):mail_id>/release")
@acts(Action.LETTER_SEND)
def release(mail_id: int) -> ResponseReturnValue:
    """Let a draft go."""
    with transaction() as session:
        outbox.release(session, current_actor(), mail_id, now=utc_now())
    tell(Message("On its way."))
    return redirect(url_for("outbox.show", mail_id=mail_id), 303)


@bp.post("/<int(max=2147483647):mail_id>/retry")
@acts(Action.MAIL_RETRY)
def retry(mail_id: int) -> ResponseReturnValue:
    """Try a mail again that was given up."""
    with transaction() as session:
        outbox.retry(session, current_actor(), mail_id, now=utc_now())
    tell(Message("It is tried again."))
    return redirect(url_for("outbox.show", mail_id=mail_id), 303)
