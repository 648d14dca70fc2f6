"""What a panel member marks: the queue, the conflict question, the marks of one nomination."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import vocabularies
from services.clock import utc_now
from services.fellowships import mark_sheets, panel
from services.fellowships.fields import ANSWERS, Kind
from services.queries.practice import to_practise
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.fellowships import MeritBand
from vocabulary.messages import Message
from vocabulary.states import ConflictAnswer
from web.forms import version_of
from web.nomination_answers import title_of, words_of
from web.session import tell

bp = Blueprint("marks", __name__, url_prefix="/marks")

BANDS: Mapping[str, Message] = {
    MeritBand.A.value: Message("A: outstanding; should be on the list"),
    MeritBand.B.value: Message("B: good; could be on the list"),
    MeritBand.C.value: Message("C: not convincing this time"),
}
ANSWERS_TO_GATE: Mapping[str, Message] = {
    ConflictAnswer.NONE.value: Message("No: I have no conflict of interest with this person"),
    ConflictAnswer.POSSIBLE.value: Message("Perhaps: I describe it, and an officer decides"),
    ConflictAnswer.CONFLICT.value: Message("Yes: I have a conflict of interest and do not mark"),
}
_UNSHOWN = (Kind.FLAG, Kind.EMAIL)
"""Consents and addresses say nothing of merit."""
KEPT = Message("Your marks are kept. They count once you submit them.")
SUBMITTED = Message("Your marks are submitted. You can change them until the marks are locked.")
STEPPED_BACK = Message("Thank you. You do not mark this nomination.")


@bp.get("")
@acts(Action.MARK_LIST_OWN)
def queue() -> ResponseReturnValue:
    """The nominations to mark, those not yet submitted first."""
    with reading() as database:
        sheets = mark_sheets.my_sheets(database, current_actor(), now=utc_now())
        practice = to_practise(database, current_actor(), now=utc_now())
    n_done = sum(sheet.submitted_at is not None for sheet in sheets)
    return render_template(
        "fellowships/marks.html", sheets=sheets, practice=practice, n_done=n_done, title_of=title_of
    )


@bp.get("/<ref>")
@acts(Action.MARK_ANSWER)
def show(ref: str) -> ResponseReturnValue:
    """The conflict question, or the nomination with its marks."""
    return _page(ref, {})


@bp.post("/<ref>/conflict")
@acts(Action.MARK_ANSWER)
def answer(ref: str) -> ResponseReturnValue:
    """Answer the conflict question."""
    try:
        said = ConflictAnswer(request.form.get("answer", ""))
    except ValueError:
        return _page(ref, {"answer": [Message("Choose one answer.")]}), 422
    try:
        with transaction() as database:
            panel.answer_conflict(
                database, current_actor(), ref, said, request.form.get("text"), now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    if said is not ConflictAnswer.NONE:
        tell(STEPPED_BACK)
        return redirect(url_for("marks.queue"), 303)
    return redirect(url_for("marks.show", ref=ref), 303)


@bp.post("/<ref>")
@acts(Action.MARK_GIVE)
def give(ref: str) -> ResponseReturnValue:
    """Keep the marks, or submit them."""
    is_final = "submit" in request.form
    try:
        marks, notes, band = marks_in(request.form)
        with transaction() as database:
            panel.mark(
                database,
                current_actor(),
                ref,
                marks,
                notes,
                band,
                version_of(request.form),
                is_final=is_final,
                now=utc_now(),
            )
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    except Conflict as lost:
        if lost.code not in ("version_conflict", "samples_first"):
            raise
        return _page(ref, {"version": [lost.message]}), 409
    tell(SUBMITTED if is_final else KEPT)
    return redirect(url_for("marks.queue" if is_final else "marks.show", ref=None if is_final else ref), 303)


def marks_in(
    form: Mapping[str, str], *, notes: str = "notes"
) -> tuple[dict[str, int], dict[str, str], MeritBand | None]:
    """Marks and notes by criterion, and the band. Raises Invalid for what is no number."""
    marks, said, errors = {}, {}, {}
    for name, value in form.items():
        kind, _, code = name.partition(".")
        if kind == "marks" and value.strip():
            text = value.strip()
            if text.isascii() and text.isdigit() and len(text) < 6:
                marks[code] = int(text)
            else:
                errors[name] = [Message("“{value}” is no whole number.", value=text[:20])]
        elif kind == notes and value.strip():
            said[code] = value
    if errors:
        raise Invalid(errors)
    band = form.get("band") or None
    return marks, said, MeritBand(band) if band in set(MeritBand) else None


def _page(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        sheet = mark_sheets.my_sheet(database, current_actor(), ref, now=utc_now())
        options = vocabularies.options(database, vocabularies.COUNTRIES, current_language())
    if sheet is None:
        raise NotFound
    countries = {option.code: option.label for option in options}
    answers = [
        (one, words_of(one.name, sheet.content.get(one.name), countries))
        for one in ANSWERS
        if sheet.content is not None and one.name in sheet.content and one.kind not in _UNSHOWN
    ]
    low, high, step = sheet.scale
    return render_template(
        "fellowships/mark.html",
        sheet=sheet,
        answers=[(one, said) for one, said in answers if said],
        country=countries.get(sheet.country or "", ""),
        bands=list(BANDS.items()),
        gate=list(ANSWERS_TO_GATE.items()),
        errors=errors,
        typed=request.form,
        choices=[(str(value), str(value)) for value in range(low, high + 1, step)],
        title_of=title_of,
    )
