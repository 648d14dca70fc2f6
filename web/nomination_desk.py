"""What an officer does with nominations beside the panel: compare, let in late, forget in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import vocabularies
from services.clock import utc_now
from services.fellowships import files, late, likeness, retention
from services.fellowships.fields import DISCIPLINES, GENDERS
from services.queries.calls import call_page
from services.queries.nominations import nomination_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import NominationDocument
from vocabulary.messages import Message
from web.forms import version_of
from web.nomination_answers import DOCUMENTS
from web.session import tell

bp = Blueprint("nomination_desk", __name__)

SAME = Message("Set aside. Both parties are told which nomination is kept.")
DIFFERENT = Message("Kept as two people.")
ADMITTED = Message("Let in late. Whoever has to act next was told by mail.")
FILE_ADDED = Message("The document is added, with your reason beside it.")
MONTHS_SET = Message("Kept. It holds for this call from now on.")
ERASED = Message("The data of this nomination are erased.")
ASKED = Message("The secretariat was asked to erase this nomination.")
COUNTED_BY: Mapping[str, Message] = {
    "region": Message("Region"),
    "gender": Message("Gender"),
    "discipline": Message("Discipline"),
}


@bp.get("/fellowships/<ref>/alike")
@acts(Action.NOMINATION_SCREEN)
def alike(ref: str) -> ResponseReturnValue:
    """Nominations that may be of one person, for an officer to look at."""
    return _alike(ref, {})


@bp.post("/fellowships/<ref>/alike")
@acts(Action.NOMINATION_SCREEN)
def rule(ref: str) -> ResponseReturnValue:
    """Say that two are one person and which of them is kept, or that they are two people."""
    kept, other = request.form.get("kept", ""), request.form.get("other", "")
    is_same = request.form.get("answer") == "same"
    try:
        with transaction() as database:
            likeness.rule(database, current_actor(), ref, kept, other, is_same=is_same, now=utc_now())
    except Conflict as refused:
        return _alike(ref, {"alike": [refused.message]}), 409
    tell(SAME if is_same else DIFFERENT)
    return redirect(url_for("nomination_desk.alike", ref=ref), 303)


@bp.get("/nominations/<ref>/late")
@acts(Action.NOMINATION_SCREEN)
def show_late(ref: str) -> ResponseReturnValue:
    """Let one nomination in late, or add a document that came late."""
    return _late(ref, {})


@bp.post("/nominations/<ref>/late")
@acts(Action.NOMINATION_SCREEN)
def admit(ref: str) -> ResponseReturnValue:
    """Give both parties until a day of its own."""
    reason = request.form.get("late_reason", "")
    try:
        until = _end_of_day(request.form.get("late_until", ""))
        with transaction() as database:
            late.admit_late(
                database, current_actor(), ref, until, reason, version_of(request.form), now=utc_now()
            )
    except Invalid as wrong:
        return _late(ref, wrong.errors), 422
    except Conflict as refused:
        return _late(ref, {"late_until": [refused.message]}), 409
    tell(ADMITTED)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.post("/nominations/<ref>/late-files")
@acts(Action.NOMINATION_SCREEN)
def add_file(ref: str) -> ResponseReturnValue:
    """Add a document that came after the deadline, with a reason."""
    sent = request.files.get("file")
    name = (sent.filename or "") if sent else ""
    document = request.form.get("document", "")
    try:
        if sent is None or not name or document not in DOCUMENTS:
            raise Invalid({"file": [Message("Choose a file and say what it is.")]})
        with transaction() as database:
            files.add_late_file(
                database,
                current_actor(),
                ref,
                NominationDocument(document),
                name,
                sent.stream.read(),
                request.form.get("file_reason", ""),
                now=utc_now(),
            )
    except Invalid as wrong:
        return _late(ref, wrong.errors), 422
    except Conflict as refused:
        return _late(ref, {"file": [refused.message]}), 409
    tell(FILE_ADDED)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.get("/fellowships/<ref>/retention")
@acts(Action.NOMINATION_ERASE)
def keep(ref: str) -> ResponseReturnValue:
    """What is kept of a call and until when, what the clock would erase now, and the counts that stay."""
    return _keep(ref, {})


@bp.post("/fellowships/<ref>/retention")
@acts(Action.NOMINATION_ERASE)
def set_months(ref: str) -> ResponseReturnValue:
    """Say how many months after the release the data are kept."""
    typed = request.form.get("months_kept", "")
    months = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
    try:
        with transaction() as database:
            retention.set_months(
                database, current_actor(), ref, months, version_of(request.form), now=utc_now()
            )
    except Invalid as wrong:
        return _keep(ref, wrong.errors), 422
    except Conflict as stale:
        return _keep(ref, {"months_kept": [stale.message]}), 409
    tell(MONTHS_SET)
    return redirect(url_for("nomination_desk.keep", ref=ref), 303)


@bp.post("/nominations/<ref>/erasure")
@acts(Action.NOMINATION_ERASE)
def erase(ref: str) -> ResponseReturnValue:
    """Erase one nomination whose nominee asked for it."""
    with transaction() as database:
        call_ref = retention.erase_asked(database, current_actor(), ref, now=utc_now())
    tell(ERASED)
    return redirect(url_for("nomination_desk.keep", ref=call_ref), 303)


@bp.post("/nominations/<ref>/erasure-wish")
@acts(Action.NOMINATION_ASK_ERASURE)
def ask_erasure(ref: str) -> ResponseReturnValue:
    """The nominee asks that what the nomination says be erased."""
    with transaction() as database:
        retention.ask_erasure(database, current_actor(), ref, now=utc_now())
    tell(ASKED)
    return redirect(url_for("nominations.show", ref=ref), 303)


# --- pages ------------------------------------------------------------------------------------------------


def _alike(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        call = call_page(database, current_actor(), ref, language=current_language(), now=utc_now())
        pairs = likeness.alike_nominations(database, current_actor(), ref, now=utc_now())
    return render_template(
        "fellowships/alike.html",
        call=call,
        errors=errors,
        open_pairs=[pair for pair in pairs if pair.is_same is None],
        ruled=[pair for pair in pairs if pair.is_same is not None],
        set_aside_from=likeness.SET_ASIDE_FROM,
    )


def _late(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = nomination_page(database, current_actor(), ref, now=utc_now())
        late.require_screening(database, current_actor(), ref, now=utc_now())
    return render_template(
        "nominations/late.html",
        page=page,
        errors=errors,
        typed=request.form,
        documents=list(DOCUMENTS.items()),
        is_admitted=page.state in late.ADMITTED,
    )


def _keep(ref: str, errors: Mapping[str, Any]) -> str:
    language = current_language()
    with reading() as database:
        call = call_page(database, current_actor(), ref, language=language, now=utc_now())
        found = retention.report(database, current_actor(), ref, now=utc_now())
        groups = vocabularies.options(database, "un_groups", language)
    names: dict[str, Any] = {**GENDERS, **DISCIPLINES} | {one.code: one.label for one in groups}
    return render_template(
        "fellowships/retention.html",
        call=call,
        report=found,
        errors=errors,
        typed=request.form,
        names=names,
        attributes=COUNTED_BY,
    )


def _end_of_day(text: str) -> datetime:
    """The last instant of a day in UTC. Raises Invalid."""
    try:
        day = date.fromisoformat(text.strip())
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
    except (ValueError, OverflowError) as wrong:
        raise Invalid({"late_until": [Message("This must be a date such as 2027-03-31.")]}) from wrong
