"""What came in: the officers' list of entries, screening one of them, showing or hiding it from the public.

Screening one entry has a page of its own: eligible, returned with questions, not eligible, and what undoes
each. What waits for whom is on the board of today's work (web/board.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import screening, vocabularies
from services.clock import utc_now
from services.consultations import answers_to
from services.entries import publication
from services.queries import entries
from services.queries.screening import screening_page
from services.screening import REASON_CODES
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from web.drafts import NOUN, kind_of
from web.form_pages import in_words
from web.forms import version_of
from web.session import tell

bp = Blueprint("screening", __name__)
ROWS = 30
WAITING = {
    EntryKind.REQUEST: ("submitted", "returned", "in_review", "released"),
    EntryKind.OFFER: ("submitted", "returned", "checked", "active", "paused"),
}
PUBLISHED = Message("It is published with the fields that its owner consented to.")
TAKEN_BACK = Message("It is no longer published.")


@bp.get("/received", defaults={"noun": "requests"})
@bp.get("/received/<any(requests, offers):noun>")
@acts(Action.ENTRY_LIST_ALL)
def received(noun: str) -> ResponseReturnValue:
    """Submitted entries, the newest first; not yet published ones unless asked otherwise."""
    kind, shows_all = kind_of(noun), request.args.get("show") == "all"
    filters = {"state": WAITING[kind]} | ({} if shows_all else {"publication": ("consented", "unpublished")})
    with reading() as session:
        page = entries.list_visible(
            session,
            current_actor(),
            kind,
            filters,
            now=utc_now(),
            cursor=request.args.get("cursor"),
            limit=ROWS,
        )
    return render_template("screening/received.html", page=page, noun=noun, shows_all=shows_all)


@bp.post(f"/{NOUN}/<ref>/publication")
@acts(Action.PUBLICATION_PUBLISH)
def publish(noun: str, ref: str) -> ResponseReturnValue:
    """Show the public what the owner consented to."""
    with transaction() as session:
        entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        publication.publish(session, current_actor(), ref, version_of(request.form), now=utc_now())
    return _back(noun, ref, PUBLISHED)


@bp.post(f"/{NOUN}/<ref>/publication/end")
@acts(Action.PUBLICATION_UNPUBLISH)
def unpublish(noun: str, ref: str) -> ResponseReturnValue:
    """Take it back, with a reason; a page that says so stays."""
    reason = request.form.get("reason", "").strip()[:2000]
    with transaction() as session:
        entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        publication.unpublish(session, current_actor(), ref, version_of(request.form), reason, now=utc_now())
    return _back(noun, ref, TAKEN_BACK)


def _back(noun: str, ref: str, message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for(f"entries.{noun[:-1]}_page", ref=ref), 303)


# --- one entry --------------------------------------------------------------------------------------------


@bp.get("/screening/<ref>")
@acts(Action.ENTRY_SCREEN)
def show(ref: str) -> ResponseReturnValue:
    """What is known of one entry, what changed, and what can be found; after the conflict question."""
    try:
        return _show(ref, {})
    except Refused as refused:
        if refused.code != "conflict_unanswered":
            raise
        return redirect(url_for("conflicts.gate", ref=ref), 303)


def _show(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = screening_page(session, current_actor(), ref, now=utc_now())
        changes = [
            (one, in_words(session, one.name, one.old), in_words(session, one.name, one.new))
            for one in page.changes
        ]
        consulted = answers_to(session, current_actor(), ref, now=utc_now())
        countries = vocabularies.labels(session, vocabularies.COUNTRIES, current_language())
    return render_template(
        "screening/page.html",
        page=page,
        changes=changes,
        consulted=consulted,
        countries=countries,
        reasons=REASON_CODES,
        errors=errors,
        typed=request.form,
        today=utc_now().date(),
        proposed_due=(utc_now() + publication.ANSWER_WITHIN).date(),
    )


def _done(ref: str, act: Callable[..., object], *args: Any, message: Message) -> ResponseReturnValue:
    """Do one thing to one entry, or show its page again with what is wrong."""
    try:
        with transaction() as session:
            act(session, current_actor(), ref, version_of(request.form), *args, now=utc_now())
    except Invalid as wrong:
        return _show(ref, wrong.errors), 422
    except Conflict as refused:
        return _show(ref, {"version": [refused.message]}), 409
    tell(message)
    return redirect(url_for("screening.show", ref=ref), 303)


def _due_at() -> datetime:
    """The end of the day that was typed, in UTC; one that has passed where it cannot be read."""
    try:
        day = date.fromisoformat(request.form.get("due_on", ""))
    except ValueError:
        return utc_now()
    return datetime.combine(day, time(23, 59, 59), UTC)


def _asked() -> list[str]:
    """One question a line, or one a field."""
    lines = "\n".join(request.form.getlist("questions")).replace("\r\n", "\n").split("\n")
    return [line for line in lines if line.strip()]


@bp.post("/screening/<ref>/eligible")
@acts(Action.ENTRY_SCREEN)
def eligible(ref: str) -> ResponseReturnValue:
    """The latest version can be scored."""
    return _done(ref, screening.find_eligible, message=Message("Noted as eligible."))


@bp.post("/screening/<ref>/check")
@acts(Action.ENTRY_SCREEN)
def check_offer(ref: str) -> ResponseReturnValue:
    """An offer is sound and stands from now on."""
    return _done(ref, publication.check_and_activate, message=Message("The offer stands."))


@bp.post("/screening/<ref>/return")
@acts(Action.ENTRY_RETURN)
def give_back(ref: str) -> ResponseReturnValue:
    """Put questions to the owner, with a day until which they are answered."""
    message = Message("The questions went to the owner.")
    return _done(ref, screening.return_with_questions, _asked(), _due_at(), message=message)


@bp.post("/screening/<ref>/return-offer")
@acts(Action.ENTRY_RETURN)
def give_back_offer(ref: str) -> ResponseReturnValue:
    """Ask the partner to correct an offer."""
    message = Message("The questions went to the owner.")
    return _done(ref, publication.return_to_owner, "\n".join(_asked()), message=message)


@bp.post("/screening/<ref>/propose-return")
@acts(Action.ENTRY_PROPOSE_RETURN)
def propose_return(ref: str) -> ResponseReturnValue:
    """A moderator proposes questions; an officer puts them."""
    message = Message("Proposed to the officers.")
    return _done(ref, screening.propose_return, _asked(), message=message)


@bp.post("/screening/<ref>/ineligible")
@acts(Action.ENTRY_PROPOSE_INELIGIBLE)
def ineligible(ref: str) -> ResponseReturnValue:
    """Not eligible, for a reason; a second officer confirms."""
    code, text = request.form.get("reason_code", ""), request.form.get("text", "")
    message = Message("Noted as not eligible. A second officer has to confirm it.")
    return _done(ref, screening.find_ineligible, code, text, message=message)


@bp.post("/screening/<ref>/confirmation")
@acts(Action.ENTRY_MARK_INELIGIBLE)
def confirm(ref: str) -> ResponseReturnValue:
    """The second officer agrees."""
    message = Message("Confirmed. The owner is told when the results are released.")
    return _done(ref, screening.confirm_ineligible, message=message)


@bp.post("/screening/<ref>/reversal")
@acts(Action.ENTRY_RESTORE)
def reverse(ref: str) -> ResponseReturnValue:
    """Another officer finds it eligible after all."""
    reason = request.form.get("reason", "")
    return _done(ref, screening.reverse_ineligible, reason, message=Message("It goes on as submitted."))


@bp.post("/screening/<ref>/reopening")
@acts(Action.ENTRY_RESTORE)
def reopen(ref: str) -> ResponseReturnValue:
    """Another term for a lapsed one, once."""
    reason = request.form.get("reason", "")
    message = Message("It is open again, and its owner is told.")
    return _done(ref, screening.reopen, _due_at(), reason, message=message)


@bp.post("/screening/<ref>/restoration")
@acts(Action.ENTRY_RESTORE)
def restore(ref: str) -> ResponseReturnValue:
    """Back on the owner's written request."""
    reason = request.form.get("reason", "")
    return _done(ref, screening.restore_withdrawn, reason, message=Message("It goes on as submitted."))
