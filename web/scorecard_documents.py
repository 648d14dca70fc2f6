"""Score without a network: download the scorecard as a document, bring it back, see what it would change.

Nothing is kept of an upload. What it would change is shown first; taking it over is saving the scorecard, by
the very form that the page of the scorecard sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.reviews import taken_changes
from services.clock import utc_now
from services.documents.fields import MOST_BYTES
from services.queries import reviews
from services.queries.reviews import ScorecardPage
from services.reviews.content import PARTNERS, differing
from services.scorecard_documents import making, reading
from services.scorecard_documents.making import Format
from services.scorecard_documents.reading import Problem, Reading
from services.transaction import reading as reading_transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid, Refused
from vocabulary.messages import Message
from web.files import SAFE_HEADERS
from web.scorecard_words import field_labels, in_words

bp = Blueprint("scorecard_documents", __name__, url_prefix="/reviews")

_HELD = {True: "yes", False: "no", None: "unclear"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer of the document that is not the saved one; `sent` are the form fields that take it over."""

    name: str
    label: Message | str
    saved: Message | str
    new: Message | str
    keeps: bool
    sent: tuple[tuple[str, str], ...]


@bp.get("/<ref>/offline")
@acts(Action.REVIEW_READ_OWN)
def show(ref: str) -> ResponseReturnValue:
    """Where to download the document, and where to bring it back."""
    try:
        return _page(ref), 200
    except Refused as refused:
        return _led(ref, refused)


def _led(ref: str, refused: Refused) -> ResponseReturnValue:
    """To the conflict question, if that is what is missing."""
    if refused.code != "conflict_unanswered":
        raise refused
    return redirect(url_for("reviews.gate", ref=ref), 302)


def _scorecard(ref: str) -> ScorecardPage:
    with reading_transaction() as session:
        return reviews.scorecard(session, current_actor(), ref, language=current_language(), now=utc_now())


def _page(ref: str, errors: Mapping[str, Any] | None = None) -> str:
    return render_template(
        "reviews/offline.html",
        page=_scorecard(ref),
        errors=errors or {},
        formats=tuple(Format),
        most_megabytes=MOST_BYTES // (1024 * 1024),
    )


@bp.get("/<ref>/document")
@acts(Action.REVIEW_READ_OWN)
def download(ref: str) -> ResponseReturnValue:
    """The scorecard as a document, with what is saved so far."""
    kind = Format.ODT if request.args.get("format") == Format.ODT else Format.DOCX
    try:
        with reading_transaction() as session:
            made = making.make(
                session, current_actor(), ref, kind, language=current_language(), now=utc_now()
            )
    except Refused as refused:
        return _led(ref, refused)
    answer = Response(made.content, content_type=made.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    answer.headers.update(SAFE_HEADERS)
    return answer


@bp.post("/<ref>/offline")
@acts(Action.REVIEW_WRITE)
def read(ref: str) -> ResponseReturnValue:
    """Show what a filled-in document would change; nothing is kept."""
    sent = request.files.get("file")
    data = sent.stream.read(MOST_BYTES + 1) if sent else b""
    try:
        with reading_transaction() as session:
            found = reading.read(session, current_actor(), ref, data, now=utc_now())
    except Refused as refused:
        return _led(ref, refused)
    except Invalid as wrong:
        return _page(ref, wrong.errors), 422
    return _compared(_scorecard(ref), found), 200


def _compared(page: ScorecardPage, found: Reading) -> str:
    changes, errors = taken_changes(found.answers)
    labels = field_labels(page)
    rows = [
        Difference(
            name,
            labels.get(name, name),
            in_words(name, saved, page),
            in_words(name, new, page),
            keeps=found.is_stale and new in (None, "", {}, []),
            sent=tuple(_sent(name, new, page)),
        )
        for name, (saved, new) in differing(found.saved, changes).items()
    ]
    problems = [*found.problems, *reading.problems_of(errors, found.answers)]
    return render_template(
        "reviews/offline_changes.html",
        page=page,
        reading=found,
        rows=rows,
        problems=[(problem, _label(problem, labels)) for problem in problems],
        missing=[labels.get(name, name) for name in found.missing],
    )


def _label(problem: Problem, labels: Mapping[str, Message]) -> Message | str:
    """What the field is called; its code where it is none of ours."""
    return labels.get(problem.code) or labels.get(problem.code.split(".parts.")[0] + ".parts") or problem.code


def _sent(name: str, new: Any, page: ScorecardPage) -> Iterator[tuple[str, str]]:
    """The fields of the form of the scorecard that say the same."""
    if name == "expertise":
        for group in page.groups:
            yield f"expertise.{group.code}", (new or {}).get(group.code) or ""
    elif name == PARTNERS:
        yield from ((name, body) for body in new or [""])
    elif name.endswith(".parts"):
        is_any = next(card.is_any_part for card in page.cards if name == f"scores.{card.code}.parts")
        yield name, ""
        for code, held in new.items():
            yield (name, code) if is_any else (f"{name}.{code}", _HELD[held])
    else:
        yield name, "" if new is None else str(new)
