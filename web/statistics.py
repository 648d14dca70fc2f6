"""A call in figures, its scores as files, and the file of all its decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services import decision_files
from services.clock import utc_now
from services.queries import statistics
from services.tables import FORMS
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from web.decisions import saved

bp = Blueprint("statistics", __name__, url_prefix="/calls")
SHAPES = (
    ("long", Message("One row for each score")),
    ("wide", Message("One row for each review")),
)
FILES = (("csv", "CSV"), ("xlsx", "XLSX"))


@bp.get("/<ref>/statistics")
@acts(Action.REVIEW_READ_STATISTICS)
def show(ref: str) -> ResponseReturnValue:
    """The figures of a call."""
    return _page(ref, {}, {})


def _page(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as session:
        found = statistics.statistics(
            session, current_actor(), ref, language=current_language(), now=utc_now()
        )
    return render_template(
        "statistics/page.html", page=found, shapes=SHAPES, files=FILES, typed=typed, errors=errors
    )


@bp.post("/<ref>/scores")
@acts(Action.EXPORT_BULK)
def scores(ref: str) -> ResponseReturnValue:
    """The scores as a file; what it is for is noted."""
    typed = {name: request.form.get(name, "") for name in ("shape", "file", "purpose")}
    try:
        if typed["file"] not in dict(FILES):
            raise Invalid({"file": [Message("Choose one.")]})
        with transaction() as session:
            columns, rows = statistics.score_rows(
                session, current_actor(), ref, typed["shape"], typed["purpose"], now=utc_now()
            )
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors), 422
    media_type, write = FORMS[typed["file"]]
    return saved(write(columns, rows), f"{ref}-scores-{typed['shape']}.{typed['file']}", media_type)


@bp.post("/<ref>/decision-file")
@acts(Action.EXPORT_BULK)
def decision_file(ref: str) -> ResponseReturnValue:
    """The files of every decision of the call, with a signed manifest."""
    purpose = request.form.get("purpose", "")
    try:
        with transaction() as session:
            made = decision_files.of_call(session, current_actor(), ref, purpose, now=utc_now())
    except Invalid as wrong:
        return _page(ref, {"file_purpose": purpose}, {"file_purpose": wrong.errors["purpose"]}), 422
    return saved(made, f"{ref}-decisions.zip", "application/zip")
