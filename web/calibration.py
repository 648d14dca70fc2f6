"""Practice before scoring: officers prepare samples, reviewers score them, both see how far they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.calibration import drafts, results, samples
from services.calibration.samples import CANNOT_JUDGE, TEXTS, Invented
from services.clock import utc_now
from services.reviews.words import CANNOT_JUDGE as CANNOT_JUDGE_WORDS
from services.reviews.words import NOT_ANSWERED
from services.transaction import reading, transaction
from translations.catalogues import LANGUAGES, OWN_NAMES, translate
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from web.forms import version_of
from web.scorecard_form import KEEP
from web.scorecard_words import ELSEWHERE, saved_text
from web.session import tell

bp = Blueprint("calibration", __name__, url_prefix="/calls")


@bp.get("/<ref>/calibration")
@acts(Action.CALIBRATION_READ_RESULTS)
def show(ref: str) -> ResponseReturnValue:
    """The samples of a call, who has scored them, and how far the reviewers agree."""
    return _page(ref, {}, {})


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = results.results(session, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template(
        "calibration/results.html",
        page=page,
        typed=typed,
        errors=errors,
        texts=TEXTS,
        languages=[(code, OWN_NAMES[code]) for code in LANGUAGES],
    )


@bp.post("/<ref>/calibration")
@acts(Action.CALIBRATION_PREPARE)
def add(ref: str) -> ResponseReturnValue:
    """Add a sample: a copy of what is published, or one that is written here."""
    typed = {name: request.form.get(name, "") for name in ("entry", "title", "language", *TEXTS)}
    actor, now = current_actor(), utc_now()
    try:
        with transaction() as session:
            if typed["entry"].strip():
                made = samples.copy_entry(session, actor, ref, typed["entry"], now=now).position
            else:
                texts = {name: typed[name].replace("\r\n", "\n") for name in TEXTS}
                given = Invented(typed["title"], typed["language"], texts)
                made = samples.invent(session, actor, ref, given, now=now).position
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors), 422
    tell(Message("Added. Now give the scores of reference and the reasons for them."))
    return redirect(url_for("calibration.reference", ref=ref, position=made), 303)


@bp.get("/<ref>/calibration/<int:position>/reference")
@acts(Action.CALIBRATION_PREPARE)
def reference(ref: str, position: int) -> ResponseReturnValue:
    """The scores of reference of one sample."""
    return _reference_page(ref, position, None, {})


def _reference_page(
    ref: str, position: int, typed: Mapping[str, str] | None, errors: Mapping[str, Any]
) -> str:
    with reading() as session:
        page = results.to_prepare(session, current_actor(), ref, language=current_language(), now=utc_now())
    sample = next((row for row in page.samples if row.position == position), None)
    if sample is None:
        raise NotFound
    saved = {
        f"{code}.{name}": value
        for code, held in sample.reference.items()
        for name, value in held.items()
        if value is not None
    }
    values = typed if typed is not None else saved
    return render_template(
        "calibration/reference.html", page=page, sample=sample, values=values, errors=errors
    )


@bp.post("/<ref>/calibration/<int:position>/reference")
@acts(Action.CALIBRATION_PREPARE)
def set_reference(ref: str, position: int) -> ResponseReturnValue:
    """Keep the scores of reference."""
    given: dict[str, dict[str, str]] = {}
    for name, value in request.form.items():
        code, _, field = name.rpartition(".")
        if code and field in ("value", "reason"):
            given.setdefault(code, {})[field] = value
    try:
        with transaction() as session:
            samples.set_reference(
                session, current_actor(), ref, position, given, version_of(request.form), now=utc_now()
            )
    except Invalid as wrong:
        return _reference_page(ref, position, request.form, wrong.errors), 422
    tell(Message("Kept."))
    return redirect(url_for("calibration.show", ref=ref), 303)


@bp.post("/<ref>/calibration/<int:position>/removal")
@acts(Action.CALIBRATION_PREPARE)
def remove(ref: str, position: int) -> ResponseReturnValue:
    """Take a sample away that nobody has scored."""
    with transaction() as session:
        samples.remove(session, current_actor(), ref, position, now=utc_now())
    tell(Message("Removed."))
    return redirect(url_for("calibration.show", ref=ref), 303)


@bp.get("/<ref>/practice/<int:position>")
@acts(Action.CALIBRATION_SCORE)
def practise(ref: str, position: int) -> ResponseReturnValue:
    """One sample with its criteria; once it is scored, what others gave."""
    return _sample_page(ref, position, None, {})


def _sample_page(
    ref: str,
    position: int,
    typed: Mapping[str, str] | None,
    errors: Mapping[str, Any],
    saved: Mapping[str, int | None] | None = None,
) -> str:
    """The page; `saved` is what another window kept meanwhile, shown beside what was typed here."""
    with reading() as session:
        page = results.sample_page(
            session, current_actor(), ref, position, language=current_language(), now=utc_now()
        )
    begun = {code: CANNOT_JUDGE if value is None else str(value) for code, value in page.draft.items()}
    there = {code: CANNOT_JUDGE if value is None else str(value) for code, value in (saved or {}).items()}
    return render_template(
        "calibration/sample.html",
        page=page,
        typed=begun if typed is None else typed,
        errors={f"score.{code}": found for code, found in errors.items()},
        cannot_judge=CANNOT_JUDGE,
        fewest=results.FEWEST_ANSWERS,
        compared=[
            (code, _in_words(there.get(code)), _in_words(value))
            for code, value in (typed or {}).items()
            if saved is not None and value != there.get(code)
        ],
        saved_text=saved_text(len(page.draft), page.n_criteria, page.saved_at, utc_now())
        if page.saved_at
        else None,
    )


def _in_words(value: str | None) -> Message | str:
    if not value:
        return NOT_ANSWERED
    return CANNOT_JUDGE_WORDS if value == CANNOT_JUDGE else value


def _scores() -> dict[str, str]:
    """The scores in the form, but for those given up on the page of two versions."""
    kept = {name.removeprefix(KEEP) for name in request.form if name.startswith(KEEP)}
    return {
        name.removeprefix("score."): value
        for name, value in request.form.items()
        if name.startswith("score.") and name not in kept
    }


@bp.post("/<ref>/practice/<int:position>/draft")
@acts(Action.CALIBRATION_SCORE)
def autosave(ref: str, position: int) -> ResponseReturnValue:
    """Keep what the form holds; the answer says what is saved, and comes after it is."""
    try:
        with transaction() as session:
            kept = drafts.save(
                session, current_actor(), ref, position, _scores(), version_of(request.form), now=utc_now()
            )
    except Conflict as stale:
        told = ELSEWHERE if stale.code == "version_conflict" else stale.message
        return jsonify({"text": translate(told, current_language()), "code": stale.code}), 409
    except Invalid as wrong:
        return jsonify({"text": translate(wrong.message, current_language()), "code": wrong.code}), 422
    at = kept.saved_at or utc_now()
    text = translate(saved_text(kept.n_scored, kept.n_criteria, at, at), current_language())
    return jsonify(
        {"saved_at": at.isoformat(), "version": kept.version, "n_scored": kept.n_scored, "text": text}
    )


@bp.post("/<ref>/practice/<int:position>")
@acts(Action.CALIBRATION_SCORE)
def score(ref: str, position: int) -> ResponseReturnValue:
    """Keep one's scores of a sample to go on later, or hand them in; what is not complete is kept, too."""
    given, version = _scores(), version_of(request.form)
    try:
        with transaction() as session:
            kept = drafts.save(session, current_actor(), ref, position, given, version, now=utc_now())
        if request.form.get("do") == "save":
            tell(saved_text(kept.n_scored, kept.n_criteria, kept.saved_at or utc_now(), utc_now()))
            return redirect(url_for("calibration.practise", ref=ref, position=position), 303)
        whole = {code: CANNOT_JUDGE if value is None else str(value) for code, value in kept.scores.items()}
        with transaction() as session:
            samples.answer(session, current_actor(), ref, position, whole, now=utc_now())
    except Conflict as stale:
        if stale.code != "version_conflict":
            raise
        return _sample_page(ref, position, given, {}, saved=stale.extra["current"]), 409
    except Invalid as wrong:
        return _sample_page(ref, position, given, wrong.errors), 422
    tell(Message("Thank you. This was practice: it counts in nothing."))
    return redirect(url_for("calibration.practise", ref=ref, position=position), 303)
