"""What national focal points say of requests that touch their country: their list, and the three buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from frame.access import acts, current_actor
from frame.language import current_language
from services import consultations, vocabularies
from services.clock import utc_now
from services.queries import readable
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message, message_in
from vocabulary.states import ConsultationAnswer
from web.session import tell

bp = Blueprint("consultations", __name__)

ANSWERED = Message("Your answer is kept. You can change it as long as the request is under way.")
SAID: Mapping[ConsultationAnswer, tuple[Message, str]] = {
    ConsultationAnswer.CONFIRM: (message_in("a focal point", "Consulted and confirmed"), "good"),
    ConsultationAnswer.COMMENT: (message_in("a focal point", "Commented"), "open"),
    ConsultationAnswer.OBJECT: (message_in("a focal point", "Objected"), "bad"),
}
"""What each answer is called, and the tone of its status."""


@bp.app_context_processor
def words_of_answers() -> dict[str, Any]:
    """For the block of answers on the pages of a request."""
    return {"consultation_said": SAID}


@bp.get("/consultations")
@acts(Action.CONSULTATION_LIST)
def show_all() -> ResponseReturnValue:
    """The requests that touch the country, those without an answer first."""
    with reading() as database:
        rows = consultations.own(database, current_actor(), now=utc_now())
        countries = vocabularies.labels(database, vocabularies.COUNTRIES, current_language())
    return render_template("consultations/list.html", rows=rows, countries=countries)


@bp.get("/requests/<ref>/consultation")
@acts(Action.ENTRY_CONSULT)
def show(ref: str) -> ResponseReturnValue:
    """One request with three buttons."""
    return _page({}, ref=ref)


@bp.post("/requests/<ref>/consultation")
@acts(Action.ENTRY_CONSULT)
def answer(ref: str) -> ResponseReturnValue:
    """Confirm, comment or object."""

    def keep(database: Session, said: ConsultationAnswer, text: str) -> None:
        consultations.answer(database, current_actor(), ref, said, text, now=utc_now())

    errors = _kept(keep)
    if errors:
        return _page(errors, ref=ref), 422
    tell(ANSWERED)
    return redirect(url_for("consultations.show_all"), 303)


@bp.get("/consultations/<secret>")
@acts(Action.CONSULTATION_ANSWER)
def ask(secret: str) -> ResponseReturnValue:
    """The same behind the link of the mail, without signing in; opening the page changes nothing."""
    return _page({}, secret=secret)


@bp.post("/consultations/<secret>")
@acts(Action.CONSULTATION_ANSWER)
def answer_by_link(secret: str) -> ResponseReturnValue:
    """Confirm, comment or object, by whoever got the mail."""

    def keep(database: Session, said: ConsultationAnswer, text: str) -> None:
        consultations.answer_behind(database, secret, said, text, now=utc_now())

    errors = _kept(keep)
    if errors:
        return _page(errors, secret=secret), 422
    return redirect(url_for("consultations.ask", secret=secret, kept="yes"), 303)


def _kept(keep: Callable[[Session, ConsultationAnswer, str], None]) -> Mapping[str, Any]:
    """Keep what was said; gives what is wrong, by field."""
    try:
        said = ConsultationAnswer(request.form.get("answer", ""))
    except ValueError:
        return {"answer": [Message("This is missing.")]}
    try:
        with transaction() as database:
            keep(database, said, request.form.get("text", ""))
    except Invalid as wrong:
        return wrong.errors
    return {}


def _page(errors: Mapping[str, Any], *, ref: str | None = None, secret: str | None = None) -> str:
    now, language = utc_now(), current_language()
    with reading() as database:
        found = (
            consultations.question_behind(database, secret, now=now)
            if secret is not None
            else consultations.question_for(database, current_actor(), ref or "", now=now)
        )
        fields = readable.readable(database, found.kind, found.content, language)
        countries = vocabularies.labels(database, vocabularies.COUNTRIES, language)
    return render_template(
        "consultations/question.html",
        found=found,
        fields=fields,
        country=countries.get(found.country, found.country),
        secret=secret,
        is_kept=request.args.get("kept") == "yes",
        errors=errors,
        typed=request.form,
    )
