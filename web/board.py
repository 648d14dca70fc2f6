"""Today's work for whoever runs calls: what there is to do, each with its count, and acts on many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import bulk_screening
from services.clock import utc_now
from services.queries import board
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message, plural_message
from web.forms import version_of
from web.session import tell

bp = Blueprint("board", __name__, url_prefix="/today")


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of work is called, what there is to do, and what the button says."""

    name: Message
    help: Message
    button: Message
    empty: Message


WORK: Mapping[str, Words] = {
    "screen": Words(
        Message("To screen"),
        Message("Submitted, and nobody has said whether they are eligible."),
        Message("Screen"),
        Message("Everything that came in is screened."),
    ),
    "confirm": Words(
        Message("To confirm as not eligible"),
        Message("A colleague found these not eligible. A second officer confirms or reverses it."),
        Message("Look and confirm"),
        Message("Nothing waits for a second officer."),
    ),
    "rule": Words(
        Message("Conflicts to rule on"),
        Message("Reviewers described a possible conflict of interest and wait for a ruling."),
        Message("Rule"),
        Message("No possible conflict waits for a ruling."),
    ),
    "rule_panel": Words(
        Message("Conflicts in fellowship panels"),
        Message("Panel members described a possible conflict of interest with a nominee."),
        Message("Rule"),
        Message("No panel member waits for a ruling."),
    ),
    "assign": Words(
        Message("To assign"),
        Message("Eligible, with fewer reviewers at work than the call asks for."),
        Message("Assign"),
        Message("Every eligible entry has its reviewers."),
    ),
    "overdue": Words(
        Message("Overdue reviews"),
        Message("The day on which the review was due has passed."),
        Message("See assignments"),
        Message("No review is overdue."),
    ),
    "release": Words(
        Message("To release"),
        Message("Decided by two people, and not told yet."),
        Message("Look"),
        Message("No decision waits for its release."),
    ),
    "acts": Words(
        Message("Changes of calls to confirm"),
        Message("A colleague proposed these. They happen once you confirm them."),
        Message("Look and confirm"),
        Message("No change of a call waits for you."),
    ),
    "announce": Words(
        Message("Calls to announce"),
        Message("Drafts that a colleague wrote last, so that you can announce them."),
        Message("Look and announce"),
        Message("No draft waits for you."),
    ),
    "questions": Words(
        Message("Questions to answer"),
        Message("Asked about an open call. The answer is published for everybody."),
        Message("Answer"),
        Message("Every question is answered."),
    ),
    "messages": Words(
        Message("Messages to answer"),
        Message("Whoever submitted an entry wrote last."),
        Message("Read and answer"),
        Message("No message waits for an answer."),
    ),
    "move_on": Words(
        Message("Calls ready for review"),
        Message("Closed, and everything in them is screened."),
        Message("Start the review"),
        Message("No call waits for its next step."),
    ),
    "lapsed": Words(
        Message("Lapsed"),
        Message("Their owners did not answer in time. Each can be opened again once."),
        Message("Look"),
        Message("Nothing has lapsed."),
    ),
    "expiring": Words(
        Message("Offers that end soon"),
        Message("They stand for at most 30 more days."),
        Message("Look"),
        Message("No offer ends within 30 days."),
    ),
    "recognitions": Words(
        Message("Recognitions that end soon"),
        Message("They hold for at most 30 more days, or their partners ask that they be renewed."),
        Message("Look"),
        Message("No recognition ends within 30 days, and no renewal is asked for."),
    ),
    "archive": Words(
        Message("To be archived soon"),
        Message(
            "Kept for as long as their call says. Within 30 days contacts, names and texts are blanked;"
            " the reference, the outcome and every figure stay."
        ),
        Message("Look"),
        Message("Nothing is archived within 30 days."),
    ),
    "mails": Words(
        Message("Mails that failed"),
        Message("Tried again and again and given up."),
        Message("See which"),
        Message("Every mail went out."),
    ),
}


@bp.get("")
@acts(Action.BOARD_LIST)
def show() -> ResponseReturnValue:
    """What there is to do, what waits first."""
    with reading() as session:
        found = board.board(session, current_actor(), now=utc_now(), language=current_language())
    todo = [(WORK[one.code], one) for one in found if one.count]
    done = [WORK[one.code] for one in found if not one.count]
    return render_template("board/today.html", todo=todo, done=done, bulk=bulk_screening.ACTS)


@bp.get("/<code>")
@acts(Action.BOARD_LIST)
def work(code: str) -> ResponseReturnValue:
    """One kind of work, row by row."""
    return _work_page(code, None)


def _work_page(code: str, error: Message | None) -> str:
    if code not in WORK:
        raise NotFound
    with reading() as session:
        found = board.work(session, current_actor(), code, now=utc_now(), language=current_language())
    return render_template(
        "board/work.html", words_of=WORK[code], work=found, bulk=bulk_screening.ACTS.get(code), error=error
    )


@bp.get("/<code>/plan")
@acts(Action.BOARD_LIST)
def plan(code: str) -> ResponseReturnValue:
    """The first of two steps: exactly which entries, how many, and which mails. Changes nothing."""
    try:
        with reading() as session:
            found = bulk_screening.plan(
                session,
                current_actor(),
                code,
                request.args.getlist("ref"),
                now=utc_now(),
                language=current_language(),
            )
    except Invalid as wrong:
        return _work_page(code, next(iter(wrong.errors.values()))[0]), 422
    return render_template("board/plan.html", plan=found, code=code, words_of=WORK[code])


@bp.post("/<code>")
@acts(Action.BOARD_LIST)
def carry_out(code: str) -> ResponseReturnValue:
    """The second step: do it to the entries that were shown, at the versions that were shown."""
    pairs = [text.rpartition(":") for text in request.form.getlist("entry")]
    versions = {ref: version_of({"version": version}) for ref, _, version in pairs if ref}
    try:
        with transaction() as session:
            n = bulk_screening.carry_out(session, current_actor(), code, versions, now=utc_now())
    except Invalid as wrong:
        return _work_page(code, next(iter(wrong.errors.values()))[0]), 422
    tell(plural_message("Done for {n} entry.", "Done for {n} entries.", n))
    return redirect(url_for("board.show"), 303)
