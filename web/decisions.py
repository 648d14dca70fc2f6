"""Decisions: the board, one decision with its letter, the release of a call, and the result for its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.letter_pdf import can_be_pdf, letter_pdf
from frame.letter_text import blocks, subject
from services import decision_files
from services.clock import utc_now
from services.decisions import endorsing, letters, proposing, reconsidering, releasing
from services.queries import agenda, decisions
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.decisions import GROUNDS, OUTCOMES
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from web.forms import version_of
from web.panels import TONES, draft_of
from web.session import tell

bp = Blueprint("decisions", __name__)
NO_PDF = Message("There is no PDF: the font at hand lacks a letter of this text. Print the page instead.")


@bp.get("/decisions")
@acts(Action.DECISION_LIST)
def show_all() -> ResponseReturnValue:
    """What waits for approval, release, a second look; and what was released."""
    with reading() as session:
        board = decisions.board(session, current_actor(), now=utc_now())
        asking = endorsing.asking(session, current_actor(), now=utc_now())
    return render_template("decisions/board.html", board=board, asking=asking, outcomes=OUTCOMES)


@bp.get("/decisions/<ref>")
@acts(Action.DECISION_LIST)
def show(ref: str) -> ResponseReturnValue:
    """One decision, with its letter as it would go out."""
    return _page(ref, {}, {})


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any], form: str = "") -> str:
    with reading() as session:
        page = decisions.decision_page(session, current_actor(), ref, now=utc_now())
    shown = (
        (
            subject(letters.TEMPLATE, page.letter, page.letter_language),
            blocks(letters.TEMPLATE, page.letter, page.letter_language),
        )
        if page.letter is not None and page.letter_language is not None
        else None
    )
    return render_template(
        "decisions/page.html",
        page=page,
        letter=shown,
        outcomes=OUTCOMES,
        choices=[(outcome.value, OUTCOMES[outcome]) for outcome in proposing.PROPOSABLE],
        verdicts=agenda.VERDICT_NAMES,
        tones=TONES,
        acts={action.value for action in page.may},
        typed=typed,
        errors=errors,
        form=form,
    )


@bp.get("/decisions/<ref>/letter.pdf")
@acts(Action.DECISION_LIST)
def letter(ref: str) -> ResponseReturnValue:
    """The letter as it stands, as a PDF."""
    with reading() as session:
        page = decisions.decision_page(session, current_actor(), ref, now=utc_now())
    if page.letter is None or page.letter_language is None:
        raise NotFound
    return pdf(letters.TEMPLATE, page.letter, page.letter_language)


def pdf(template: str, values: Mapping[str, Any], language: str) -> Response:
    """A letter to be saved. Raises NotFound, in words, where it cannot be written in this language."""
    made = letter_pdf(template, values, language)
    if made is None:
        raise NotFound(NO_PDF)
    return saved(made, f"{values['letter_ref']}.pdf", "application/pdf")


def saved(content: bytes, name: str, media_type: str) -> Response:
    """A file that a browser saves and never opens by itself."""
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/decisions/<ref>/approval")
@acts(Action.DECISION_APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    """Approve what somebody else proposed."""
    with transaction() as session:
        proposing.approve(session, current_actor(), ref, version_of(request.form), now=utc_now())
    tell(Message("Approved. Nothing is sent before the results are released."))
    return _back(ref)


@bp.post("/decisions/<ref>/withdrawal")
@acts(Action.DECISION_REVERT)
def take_back(ref: str) -> ResponseReturnValue:
    """Take a decision back before its release."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            proposing.take_back(
                session, current_actor(), ref, reason, version_of(request.form), now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, {"reason": reason}, wrong.errors, "back"), 422
    tell(Message("Taken back, and kept with the reason."))
    return _back(ref)


@bp.post("/decisions/<ref>/letter")
@acts(Action.LETTER_EDIT)
def edit_letter(ref: str) -> ResponseReturnValue:
    """The officer's own paragraph in the letter."""
    note = request.form.get("note", "")
    try:
        with transaction() as session:
            letters.edit_note(session, current_actor(), ref, note, version_of(request.form), now=utc_now())
    except Invalid as wrong:
        return _page(ref, {"note": note}, wrong.errors, "letter"), 422
    tell(Message("Kept."))
    return _back(ref)


@bp.post("/decisions/<ref>/reconsideration")
@acts(Action.RECONSIDERATION_PREPARE)
def prepare(ref: str) -> ResponseReturnValue:
    """Say what was found, and propose what to decide now."""
    typed = draft_of(request.form) | {"text": request.form.get("text", "")}
    draft = proposing.Draft(**draft_of(request.form))
    try:
        with transaction() as session:
            made = reconsidering.prepare(session, current_actor(), ref, typed["text"], draft, now=utc_now())
            new_ref = made.ref
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors, "prepare"), 422
    tell(Message("Proposed: {ref}. A decider who had no part in it decides.", ref=new_ref))
    return redirect(url_for("decisions.show", ref=new_ref), 303)


@bp.post("/decisions/<ref>/reconsideration/decision")
@acts(Action.RECONSIDERATION_DECIDE)
def decide_again(ref: str) -> ResponseReturnValue:
    """Approve and release the new decision; the one before stays and is superseded."""
    with transaction() as session:
        reconsidering.decide(session, current_actor(), ref, version_of(request.form), now=utc_now())
    tell(Message("Decided and released; the letter is on its way."))
    return _back(ref)


@bp.post("/decisions/<ref>/file")
@acts(Action.EXPORT_BULK)
def decision_file(ref: str) -> ResponseReturnValue:
    """The file of the decision, with a signed manifest."""
    purpose = request.form.get("purpose", "")
    try:
        with transaction() as session:
            entry_ref, made = decision_files.of_decision(
                session, current_actor(), ref, purpose, now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, {"purpose": purpose}, wrong.errors, "file"), 422
    return saved(made, f"{entry_ref}-decision.zip", "application/zip")


def _back(ref: str) -> ResponseReturnValue:
    return redirect(url_for("decisions.show", ref=ref), 303)


# --- the release of a call --------------------------------------------------------------------------------


@bp.get("/calls/<ref>/release")
@acts(Action.DECISION_LIST)
def preview(ref: str) -> ResponseReturnValue:
    """What a release would send now: every decision with its letter, under one fingerprint."""
    with reading() as session:
        found = releasing.preview(session, current_actor(), ref, now=utc_now())
    rendered = [
        (
            row,
            subject(letters.TEMPLATE, row.values, row.language),
            blocks(letters.TEMPLATE, row.values, row.language),
        )
        for row in found.ready
    ]
    return render_template("decisions/release.html", preview=found, rows=rendered, outcomes=OUTCOMES)


@bp.post("/calls/<ref>/release")
@acts(Action.DECISION_RELEASE)
def release(ref: str) -> ResponseReturnValue:
    """Release what was shown, all of it or nothing."""
    with transaction() as session:
        batch = releasing.release(
            session, current_actor(), ref, request.form.get("seen_hash", ""), now=utc_now()
        )
        told = Message(
            "Released: {n_decisions}. Letters on their way: {n_letters}.",
            n_decisions=batch.n_decisions,
            n_letters=batch.n_letters,
        )
    tell(told)
    return redirect(url_for("decisions.show_all"), 303)


# --- for whoever asked ------------------------------------------------------------------------------------


@bp.get("/requests/<ref>/decision")
@bp.get("/offers/<ref>/decision", endpoint="own_of_offer")
@acts(Action.DECISION_READ)
def own(ref: str) -> ResponseReturnValue:
    """The result of one's own entry, with the letter; to be printed where there is no PDF."""
    return _own(ref, {}, {})


def _own(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = decisions.own_decision(session, current_actor(), ref, now=utc_now())
    return render_template(
        "decisions/own.html",
        page=page,
        title=subject(letters.TEMPLATE, page.letter, page.language),
        letter=blocks(letters.TEMPLATE, page.letter, page.language),
        outcomes=OUTCOMES,
        grounds=list(GROUNDS.items()),
        has_pdf=can_be_pdf(letters.TEMPLATE, page.letter, page.language),
        typed=typed,
        errors=errors,
    )


@bp.get("/requests/<ref>/decision.pdf")
@acts(Action.DECISION_READ)
def own_letter(ref: str) -> ResponseReturnValue:
    """The letter on one's own entry as a PDF."""
    with reading() as session:
        page = decisions.own_decision(session, current_actor(), ref, now=utc_now())
    return pdf(letters.TEMPLATE, page.letter, page.language)


@bp.post("/requests/<ref>/reconsideration")
@acts(Action.RECONSIDERATION_ASK)
def ask(ref: str) -> ResponseReturnValue:
    """Ask to look at the decision again."""
    typed = {name: request.form.get(name, "") for name in ("ground", "text")}
    try:
        with transaction() as session:
            reconsidering.ask(session, current_actor(), ref, typed["ground"], typed["text"], now=utc_now())
    except Invalid as wrong:
        return _own(ref, typed, wrong.errors), 422
    tell(Message("Received. People who had no part in the decision look at it again."))
    return redirect(url_for("decisions.own", ref=ref), 303)
