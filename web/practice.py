"""Practice before marking: officers prepare sample nominations, panel members mark them, both see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.calibration.results import FEWEST_ANSWERS
from services.calibration.samples import Invented
from services.clock import utc_now
from services.fellowships import practice
from services.fellowships.fields import BY_NAME
from services.fellowships.practice import NEEDED, TEXTS
from services.queries.practice import practice_page, practice_results, to_prepare
from services.transaction import reading, transaction
from translations.catalogues import LANGUAGES, OWN_NAMES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.fellowships import MeritBand
from vocabulary.messages import Message
from web.forms import version_of
from web.marks import BANDS, marks_in
from web.nomination_answers import title_of
from web.session import tell

bp = Blueprint("practice", __name__, url_prefix="/fellowships")

ADDED = Message("Added. Now give the marks of reference and the reasons for them.")
KEPT = Message("The marks of reference are kept. The panel can mark this sample now.")
REMOVED = Message("The sample is removed.")
DONE = Message("Thank you. This was practice: it counts in nothing.")
FIELD_NAMES: Mapping[str, Message] = {
    "title": Message("Title"),
    "language": Message("Language of the text"),
    **{name: BY_NAME[name].about for name in TEXTS},
}


@bp.get("/<ref>/samples")
@acts(Action.CALIBRATION_READ_RESULTS)
def show(ref: str) -> ResponseReturnValue:
    """The sample nominations of a call, who has marked them, and how far the members agree."""
    return _page(ref, {}, {})


@bp.post("/<ref>/samples")
@acts(Action.CALIBRATION_PREPARE)
def add(ref: str) -> ResponseReturnValue:
    """Add a sample that is written here."""
    typed = {name: request.form.get(name, "").replace("\r\n", "\n") for name in FIELD_NAMES}
    texts = {name: typed[name] for name in TEXTS}
    try:
        with transaction() as database:
            given = Invented(typed["title"], typed["language"], texts)
            made = practice.add(database, current_actor(), ref, given, now=utc_now()).position
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors), 422
    except Conflict as refused:
        return _page(ref, typed, {"title": [refused.message]}), 409
    tell(ADDED)
    return redirect(url_for("practice.reference", ref=ref, position=made), 303)


@bp.get("/<ref>/samples/<int:position>/reference")
@acts(Action.CALIBRATION_PREPARE)
def reference(ref: str, position: int) -> ResponseReturnValue:
    """What a sample says, and its marks of reference."""
    return _reference_page(ref, position, {})


@bp.post("/<ref>/samples/<int:position>/reference")
@acts(Action.CALIBRATION_PREPARE)
def set_reference(ref: str, position: int) -> ResponseReturnValue:
    """Keep the marks of reference, the band, and why."""
    form = request.form
    try:
        marks, reasons, band = marks_in(form, notes="reasons")
        given = {code: {"value": marks.get(code), "reason": reasons.get(code)} for code in {*marks, *reasons}}
        named = {"value": band.value if band else None, "reason": reasons.get("band")}
        given.pop("band", None)
        with transaction() as database:
            practice.set_reference(
                database, current_actor(), ref, position, given, named, version_of(form), now=utc_now()
            )
    except Invalid as wrong:
        return _reference_page(ref, position, wrong.errors), 422
    except Conflict as refused:
        return _reference_page(ref, position, {"version": [refused.message]}), 409
    tell(KEPT)
    return redirect(url_for("practice.show", ref=ref), 303)


@bp.post("/<ref>/samples/<int:position>/removal")
@acts(Action.CALIBRATION_PREPARE)
def remove(ref: str, position: int) -> ResponseReturnValue:
    """Take a sample away that nobody has marked."""
    try:
        with transaction() as database:
            practice.remove(database, current_actor(), ref, position, now=utc_now())
    except Conflict as refused:
        return _reference_page(ref, position, {"version": [refused.message]}), 409
    tell(REMOVED)
    return redirect(url_for("practice.show", ref=ref), 303)


@bp.get("/<ref>/practice/<int:position>")
@acts(Action.CALIBRATION_SCORE)
def practise(ref: str, position: int) -> ResponseReturnValue:
    """One sample to mark; once it is marked, the reference and what others gave."""
    return _sample_page(ref, position, {})


@bp.post("/<ref>/practice/<int:position>")
@acts(Action.CALIBRATION_SCORE)
def mark(ref: str, position: int) -> ResponseReturnValue:
    """Hand in one's marks of a sample."""
    try:
        marks, _, band = marks_in(request.form)
        with transaction() as database:
            practice.answer(database, current_actor(), ref, position, marks, band, now=utc_now())
    except Invalid as wrong:
        return _sample_page(ref, position, wrong.errors), 422
    except Conflict as refused:
        return _sample_page(ref, position, {"version": [refused.message]}), 409
    tell(DONE)
    return redirect(url_for("practice.practise", ref=ref, position=position), 303)


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = practice_results(database, current_actor(), ref, now=utc_now())
    return render_template(
        "fellowships/samples.html",
        page=page,
        typed=typed,
        errors=errors,
        labels=FIELD_NAMES,
        texts=[BY_NAME[name] for name in TEXTS],
        needed=NEEDED,
        languages=[(code, OWN_NAMES[code]) for code in LANGUAGES],
        title_of=title_of,
    )


def _reference_page(ref: str, position: int, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = to_prepare(database, current_actor(), ref, now=utc_now())
    sample = next((row for row in page.samples if row.position == position), None)
    if sample is None:
        raise NotFound
    kept = {
        **{f"marks.{code}": one["value"] for code, one in sample.reference.get("marks", {}).items()},
        **{f"reasons.{code}": one["reason"] for code, one in sample.reference.get("marks", {}).items()},
        **{"band": sample.reference.get("band", {}).get("value")},
        **{"reasons.band": sample.reference.get("band", {}).get("reason")},
    }
    return render_template(
        "fellowships/sample_reference.html",
        page=page,
        sample=sample,
        typed=request.form or kept,
        errors=errors,
        bands=list(BANDS.items()),
        choices=_choices(page),
        title_of=title_of,
    )


def _sample_page(ref: str, position: int, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = practice_page(database, current_actor(), ref, position, now=utc_now())
    return render_template(
        "fellowships/sample.html",
        page=page,
        errors=errors,
        typed=request.form,
        bands=list(BANDS.items()),
        band_names=[band.value for band in MeritBand],
        choices=_choices(page),
        fewest=FEWEST_ANSWERS,
        title_of=title_of,
    )


def _choices(page: Any) -> list[tuple[str, str]]:
    low, high, step = page.scale
    return [(str(value), str(value)) for value in range(low, high + 1, step)]
