"""Score a proposal: the queue, the conflict question, the scorecard, the receipt.

Saved on leaving a field, every ten seconds and by a button; works without a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import ConflictSchema
from services import assignment_steps, conflicts
from services.calibration import results
from services.clock import utc_now
from services.conflicts import KINDS
from services.queries import review_queue, reviews
from services.queries.reviews import Gate, ScorecardPage
from services.reviews import drafts, submission
from services.reviews.content import MOST_PARTNERS, differing
from services.reviews.drafts import Saved
from services.reviews.submission import Declared
from services.transaction import reading, transaction
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from vocabulary.states import ConflictAnswer, ReviewState
from web.conflicts import answer_errors, answer_typed
from web.forms import version_of
from web.scorecard_form import loaded, shown
from web.scorecard_words import CHOICES, ELSEWHERE, field_labels, in_words, saved_text, summary_labels
from web.session import tell

bp = Blueprint("reviews", __name__, url_prefix="/reviews")

SAVED_REST = Message("{saved} · one answer is not saved: {problem}")


@bp.get("")
@acts(Action.ASSIGNMENT_LIST_OWN)
def queue() -> ResponseReturnValue:
    """One's own assignments: what is to do first."""
    with reading() as session:
        found = review_queue.queue(session, current_actor(), language=current_language(), now=utc_now())
        practice = results.to_score(session, current_actor(), now=utc_now())
    return render_template("reviews/queue.html", queue=found, practice=practice)


@bp.get("/<ref>/conflict")
@acts(Action.CONFLICT_DECLARE)
def gate(ref: str) -> ResponseReturnValue:
    """The conflict question, beside what may be seen before it is answered."""
    return _gate_page(ref, {}, {}), 200


def _gate(ref: str) -> Gate:
    with reading() as session:
        return reviews.gate(session, current_actor(), ref, language=current_language(), now=utc_now())


def _gate_page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("reviews/gate.html", gate=_gate(ref), typed=typed, errors=errors, kinds=KINDS)


@bp.post("/<ref>/conflict")
@acts(Action.CONFLICT_DECLARE)
def declare(ref: str) -> ResponseReturnValue:
    """Answer the conflict question."""
    typed = answer_typed()
    try:
        given = ConflictSchema().load(typed if typed["answer"] else {**typed, "answer": None})
        answer = ConflictAnswer(given["answer"])
        with transaction() as session:
            conflicts.declare(
                session,
                current_actor(),
                ref,
                answer,
                given["kinds"],
                given["text"],
                now=utc_now(),
                dismissed=given["dismissed"],
            )
    except ValidationError as wrong:
        return _gate_page(ref, typed, answer_errors(typed, wrong)), 422
    except Invalid as wrong:
        return _gate_page(ref, typed, wrong.errors), 422
    if answer is ConflictAnswer.NONE:
        return redirect(url_for("reviews.show", ref=ref), 303)
    told = (
        Message("Thank you. An officer looks into it; until then the entry stays closed to you.")
        if answer is ConflictAnswer.POSSIBLE
        else Message("Thank you. You have stepped back from this entry.")
    )
    return _told(told)


@bp.post("/<ref>/step-back")
@acts(Action.ASSIGNMENT_RECUSE)
def step_back(ref: str) -> ResponseReturnValue:
    """Give up an assignment."""
    with transaction() as session:
        conflicts.step_back(session, current_actor(), ref, now=utc_now())
    return _told(Message("Thank you. You have stepped back from this entry."))


@bp.post("/<ref>/decline")
@acts(Action.ASSIGNMENT_DECLINE)
def decline(ref: str) -> ResponseReturnValue:
    """Decline an assignment, with a reason."""
    try:
        with transaction() as session:
            assignment_steps.decline(
                session, current_actor(), ref, request.form.get("reason", ""), now=utc_now()
            )
    except Invalid as wrong:
        return _gate_page(ref, {}, wrong.errors), 422
    return _told(Message("Thank you. The officer is told and asks somebody else."))


def _told(message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("reviews.queue"), 303)


@bp.get("/<ref>")
@acts(Action.REVIEW_READ_OWN)
def show(ref: str) -> ResponseReturnValue:
    """The scorecard beside the submission; the question or the receipt where that is where things stand."""
    try:
        page = _page(ref)
    except Refused as refused:
        if refused.code != "conflict_unanswered":
            raise
        return redirect(url_for("reviews.gate", ref=ref), 302)
    if page.state in (ReviewState.SUBMITTED, ReviewState.LOCKED):
        return redirect(url_for("reviews.receipt", ref=ref), 302)
    return _render(page), 200


def _page(ref: str) -> ScorecardPage:
    with reading() as session:
        return reviews.scorecard(session, current_actor(), ref, language=current_language(), now=utc_now())


def _render(
    page: ScorecardPage,
    errors: Mapping[str, Any] | None = None,
    compared: Mapping[str, tuple[Any, Any]] | None = None,
) -> str:
    """The page; what was typed stands in the form again when something is wrong with it."""
    typed = request.form if request.method == "POST" else None
    labels = field_labels(page)
    return render_template(
        "reviews/scorecard.html",
        page=page,
        values=shown(page.content, typed),
        ticked=set(request.form) & {submission.STILL_CLEAR, submission.NAMES_INTENDED},
        errors=errors or {},
        summary_labels=summary_labels(page),
        compared=[
            (name, labels.get(name, name), in_words(name, saved, page), in_words(name, own, page))
            for name, (saved, own) in (compared or {}).items()
        ],
        saved_text=saved_text(page.n_scored, page.n_criteria, page.saved_at, utc_now())
        if page.saved_at
        else None,
        choices=CHOICES,
        most_partners=MOST_PARTNERS,
    )


def _save(ref: str, changes: Mapping[str, Any], version: int) -> Saved:
    """Save. A version that is stale, but holds the same answers, is this very form on its way twice."""
    for is_last in (False, True):
        try:
            with transaction() as session:
                return drafts.save(session, current_actor(), ref, changes, version, now=utc_now())
        except Conflict as stale:
            is_twice = stale.code == "version_conflict" and not differing(stale.extra["current"], changes)
            if is_last or not is_twice:
                raise
            version = stale.extra["version"]
    raise AssertionError("not reached")


@bp.post("/<ref>/draft")
@acts(Action.REVIEW_WRITE)
def autosave(ref: str) -> ResponseReturnValue:
    """Keep what the form holds; the answer says what is saved, and comes after it is."""
    changes, errors = loaded(request.form)
    try:
        saved = _save(ref, changes, version_of(request.form))
    except Conflict as stale:
        why = ELSEWHERE if stale.code == "version_conflict" else stale.message
        return jsonify({"text": translate(why, current_language()), "code": stale.code}), 409
    except Invalid as wrong:
        return jsonify({"text": translate(wrong.message, current_language()), "code": wrong.code}), 422
    text = saved_text(saved.n_scored, saved.n_criteria, saved.saved_at, utc_now())
    if errors:
        text = SAVED_REST.format(saved=text, problem=_first(errors))
    told = {
        "saved_at": saved.saved_at.isoformat(),
        "version": saved.version,
        "n_scored": saved.n_scored,
        "text": translate(text, current_language()),
    }
    return jsonify(told | {"running": _running(ref)} if saved.shows_verdict else told)


def _running(ref: str) -> str:
    """What the rules make of the scores so far, as it stands on the page."""
    with reading() as session:
        found = reviews.running(session, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template("reviews/_running.html", running=found)


def _first(errors: Any) -> Any:
    """The first message at any depth."""
    while isinstance(errors, Mapping | list):
        errors = next(iter(errors.values())) if isinstance(errors, Mapping) else errors[0]
    return errors


@bp.post("/<ref>")
@acts(Action.REVIEW_WRITE)
def save(ref: str) -> ResponseReturnValue:
    """Save by the button, or save and submit; a stale version shows both texts where they differ."""
    changes, errors = loaded(request.form)
    try:
        saved = _save(ref, changes, version_of(request.form))
    except Conflict as stale:
        if stale.code != "version_conflict":
            raise
        return _render(_page(ref), compared=differing(stale.extra["current"], changes)), 409
    if errors:
        return _render(_page(ref), errors=errors), 422
    if request.form.get("do") == "submit":
        return _submit(ref, saved.version)
    text = saved_text(saved.n_scored, saved.n_criteria, saved.saved_at, utc_now())
    tell(text)
    return redirect(url_for("reviews.show", ref=ref), 303)


def _submit(ref: str, version: int) -> ResponseReturnValue:
    declared = Declared(
        still_no_conflict=submission.STILL_CLEAR in request.form,
        names_intended=submission.NAMES_INTENDED in request.form,
    )
    try:
        with transaction() as session:
            submission.submit(session, current_actor(), ref, declared, version, now=utc_now())
    except Invalid as wrong:
        return _render(_page(ref), errors=wrong.errors), 422
    return redirect(url_for("reviews.receipt", ref=ref), 303)


@bp.get("/<ref>/receipt")
@acts(Action.REVIEW_READ_VERDICT)
def receipt(ref: str) -> ResponseReturnValue:
    """What was submitted, and what the rules say of it."""
    with reading() as session:
        page = reviews.receipt(session, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template("reviews/receipt.html", page=page, choices=CHOICES)


@bp.post("/<ref>/reopening")
@acts(Action.REVIEW_REVISE)
def reopen(ref: str) -> ResponseReturnValue:
    """Take a submitted scorecard back to change it."""
    with transaction() as session:
        drafts.reopen(session, current_actor(), ref, version_of(request.form), now=utc_now())
    return redirect(url_for("reviews.show", ref=ref), 303)


@bp.post("/<ref>/revision")
@acts(Action.REVIEW_WRITE)
def take_revision(ref: str) -> ResponseReturnValue:
    """Go on with the newest version of the submission."""
    with transaction() as session:
        drafts.take_latest_revision(session, current_actor(), ref, version_of(request.form), now=utc_now())
    return redirect(url_for("reviews.show", ref=ref), 303)
