"""For officers: the table of proposals and reviewers of a call, plans before they are made, settings."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import assignment_plans, review_settings
from services.clock import utc_now
from services.queries import assignment_board
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message, plural_message
from web.assignments import end_of
from web.session import tell

bp = Blueprint("assignment_plans", __name__, url_prefix="/assignments")
MOST_BYTES = 1_000_000
COLUMNS = ("proposal", "reviewer")
LEFT_OUT = "keep"


@bp.get("/calls/<ref>")
@acts(Action.ASSIGNMENT_PLAN)
def matrix(ref: str) -> ResponseReturnValue:
    """Who reviews what: loads, coverage, conflicts; and the ways to fill it."""
    return _matrix(ref, {}, {}), 200


def _matrix(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        page = assignment_board.matrix(session, current_actor(), ref, now=utc_now())
        plans = [
            (plan.ref, plan.created_at)
            for plan in assignment_board.latest_plans(session, current_actor(), ref)
        ]
    return render_template(
        "assignments/matrix.html",
        page=page,
        plans=plans,
        typed=typed,
        errors=errors,
        marks=assignment_board.MARKS,
    )


@bp.post("/calls/<ref>/settings")
@acts(Action.ASSIGNMENT_PLAN)
def settings(ref: str) -> ResponseReturnValue:
    """Change how the reviews of the call are run."""
    typed = {name: request.form.get(name, "").strip() for name in ("due_on", "most_each", "answer_days")}
    errors: dict[str, list[Message]] = {}
    try:
        given = {
            "due_at": end_of(typed["due_on"], errors),
            "most_each": _whole(typed["most_each"]),
            "answer_days": _whole(typed["answer_days"]),
            "sends_reminders": "sends_reminders" in request.form,
        }
        if errors:
            raise Invalid(errors)
        with transaction() as session:
            review_settings.change(session, current_actor(), ref, given, now=utc_now())
    except Invalid as wrong:
        found = dict(wrong.errors)
        if "due_at" in found:
            found["due_on"] = found.pop("due_at")
        return _matrix(ref, typed, found), 422
    tell(Message("The settings are kept."))
    return redirect(url_for("assignment_plans.matrix", ref=ref), 303)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


@bp.post("/calls/<ref>/plans")
@acts(Action.ASSIGNMENT_PLAN)
def draft(ref: str) -> ResponseReturnValue:
    """Work out a plan; nothing is made yet."""
    mode = "fair" if request.form.get("mode") == "fair" else "sum"
    try:
        with transaction() as session:
            plan = assignment_plans.draft_automatic(session, current_actor(), ref, mode, now=utc_now()).ref
    except Conflict as wrong:
        if wrong.code not in ("nothing_to_plan", "not_enough_reviewers"):
            raise
        return _matrix(ref, {}, {"mode": [wrong.message]}), 422
    return redirect(url_for("assignment_plans.show", ref=plan), 303)


@bp.post("/calls/<ref>/file")
@acts(Action.ASSIGNMENT_PLAN)
def from_file(ref: str) -> ResponseReturnValue:
    """Take a file of pairs as a plan; nothing is made yet."""
    try:
        sent = request.files.get("file")
        rows = rows_of(sent.read(MOST_BYTES + 1) if sent else b"")
        with transaction() as session:
            plan = assignment_plans.draft_from_file(session, current_actor(), ref, rows, now=utc_now()).ref
    except Invalid as wrong:
        return _matrix(ref, {}, {"file": _lines(wrong.errors)}), 422
    return redirect(url_for("assignment_plans.show", ref=plan), 303)


def _lines(errors: Mapping[str, Any]) -> list[Message]:
    """The errors of a file, each with its line."""
    return [
        message
        if name == "file"
        else Message("Line {line}: {problem}", line=name.removeprefix("line "), problem=message)
        for name, messages in errors.items()
        for message in messages
    ]


def rows_of(content: bytes) -> list[tuple[int, str, str]]:
    """Pairs of a CSV with the columns proposal and reviewer: (line, proposal, reviewer). Raises Invalid."""
    if not content or len(content) > MOST_BYTES:
        raise Invalid({"file": [Message("Choose a CSV file of at most one megabyte.")]})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": [Message("The file must be text in UTF-8.")]}) from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if any(name not in names for name in COLUMNS):
            raise Invalid({"file": [Message("The first line must name the columns proposal and reviewer.")]})
        reader.fieldnames = names
        return [
            (reader.line_num, (row["proposal"] or "").strip(), (row["reviewer"] or "").strip())
            for row in reader
        ]
    except csv.Error:
        raise Invalid({"file": [Message("The file cannot be read as CSV.")]}) from None


@bp.get("/plans/<ref>")
@acts(Action.ASSIGNMENT_PLAN)
def show(ref: str) -> ResponseReturnValue:
    """A plan with the reasons for each pick, before it is made."""
    with reading() as session:
        page = assignment_board.plan_page(
            session, current_actor(), ref, language=current_language(), now=utc_now()
        )
    return render_template("assignments/plan.html", page=page), 200


@bp.post("/plans/<ref>/commit")
@acts(Action.ASSIGNMENT_PLAN)
def commit(ref: str) -> ResponseReturnValue:
    """Make all of what is ticked, or nothing."""
    kept = set(request.form.getlist("pair"))
    with transaction() as session:
        page = assignment_board.plan_page(
            session, current_actor(), ref, language=current_language(), now=utc_now()
        )
        left_out = {_pair(row.key) for row in page.rows if row.key not in kept}
        made = assignment_plans.commit(session, current_actor(), ref, left_out, now=utc_now())
        told = plural_message(
            "{n} invitation goes out by mail.", "{n} invitations go out by mail.", len(made)
        )
    tell(told)
    return redirect(url_for("assignment_plans.matrix", ref=page.call_ref), 303)


def _pair(key: str) -> tuple[str, str]:
    entry, _, account = key.partition(":")
    return entry, account


@bp.post("/plans/<ref>/discard")
@acts(Action.ASSIGNMENT_PLAN)
def discard(ref: str) -> ResponseReturnValue:
    """Put a plan aside."""
    with transaction() as session:
        page = assignment_board.plan_page(
            session, current_actor(), ref, language=current_language(), now=utc_now()
        )
        assignment_plans.discard(session, current_actor(), ref, now=utc_now())
    tell(Message("Put aside; nothing was made."))
    return redirect(url_for("assignment_plans.matrix", ref=page.call_ref), 303)
