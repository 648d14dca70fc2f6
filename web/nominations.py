"""A nomination in the browser: begin, fill in, check, complete; and the page of its nominator.

Saved at every step, with or without a script, like the forms of requests and offers (web/drafts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.nominations import NominationContentSchema
from services import vocabularies
from services.clock import utc_now
from services.fellowships import files, nominations
from services.fellowships.fields import (
    ANSWERS,
    BY_NAME,
    DEGREE_TYPES,
    SECTIONS,
    SECTIONS_ABOUT,
    of_section,
)
from services.queries.calls import call_page
from services.queries.nominations import NominationPage, nomination_page, own_nominations
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, HouseError, Invalid, NotFound
from vocabulary.fellowships import FELLOWS, NominationDocument
from vocabulary.messages import Message
from web.autosave import autosave_refusal, autosaved, is_autosave, loaded
from web.files import SAFE_HEADERS
from web.forms import version_of
from web.nomination_answers import DOCUMENTS, labels, title_of, typed_answers, words_of
from web.session import tell

bp = Blueprint("nominations", __name__)

CODES = tuple(SECTIONS)
TRAVEL: Mapping[str, Message] = {
    "developing": Message("Support for travel is likely: a developing country. The secretariat confirms it."),
    "transition": Message(
        "Support for travel is likely: a country with an economy in transition. The secretariat confirms it."
    ),
    "none": Message("No support for travel is foreseen. The secretariat confirms it."),
}
_NOT_RECEIVED = ("draft", "awaiting_nominee", "awaiting_nominator", "withdrawn", "lapsed")
COMPLETED = Message("The form is complete. Your nominator was asked by mail to approve it.")
OPEN_AGAIN = Message("The form is open again. Your nominator's link no longer holds.")
WITHDRAWN = Message("The nomination was withdrawn.")


@bp.get("/nominations")
@acts(Action.NOMINATION_LIST_OWN)
def own() -> ResponseReturnValue:
    """One's own nominations."""
    with reading() as database:
        rows = own_nominations(database, current_actor(), now=utc_now())
    return render_template("nominations/own.html", rows=rows, title_of=title_of)


@bp.get("/fellowships/<ref>/nominate")
@acts(Action.NOMINATION_CREATE)
def start(ref: str) -> ResponseReturnValue:
    """What a nomination takes, with a button to begin."""
    with reading() as database:
        call = call_page(database, current_actor(), ref, language=current_language(), now=utc_now())
        mine = [row for row in own_nominations(database, current_actor(), now=utc_now()) if row.call == ref]
    return render_template("nominations/start.html", call=call, mine=mine)


@bp.post("/fellowships/<ref>/nominate")
@acts(Action.NOMINATION_CREATE)
def begin(ref: str) -> ResponseReturnValue:
    """Begin, or go on with the one that is under way."""
    try:
        with transaction() as database:
            made = nominations.begin(database, current_actor(), ref, {}, now=utc_now())
            found = made.ref
    except Conflict as known:
        if known.code != "nominated_already":
            raise
        found = known.extra["ref"]
    return redirect(url_for("nominations.edit", ref=found, code=CODES[0]), 303)


@bp.get("/nominations/<ref>")
@acts(Action.NOMINATION_READ)
def show(ref: str) -> ResponseReturnValue:
    """Where a nomination stands, and what was answered."""
    return nomination_with(ref, {})


def nomination_with(ref: str, errors: Mapping[str, Any]) -> str:
    """The page of a nomination, with what was wrong in one of its forms."""
    with reading() as database:
        page = nomination_page(database, current_actor(), ref, now=utc_now())
        shown = _shown(database, page)
    return render_template("nominations/show.html", errors=errors, typed=request.form, **shown)


@bp.get("/nominations/<ref>/edit/<code>")
@acts(Action.NOMINATION_EDIT)
def edit(ref: str, code: str) -> ResponseReturnValue:
    """One section of the form, as it was last saved."""
    return _form(ref, _known(code))


@bp.post("/nominations/<ref>/edit/<code>")
@acts(Action.NOMINATION_EDIT)
def save(ref: str, code: str) -> ResponseReturnValue:
    """Keep the answers of one section; what cannot be taken is shown again with the reason."""
    code = _known(code)
    typed = typed_answers(request.form, code)
    content, errors = loaded(NominationContentSchema(), typed)
    try:
        with transaction() as database:
            row = nominations.save(
                database, current_actor(), ref, content, version_of(request.form), now=utc_now()
            )
            version = row.version
    except Invalid as wrong:
        return _not_taken(ref, code, typed, Invalid(errors | wrong.errors))
    except Conflict as lost:
        if lost.code != "version_conflict":
            raise
        if all(lost.extra["current"].get(name) == value for name, value in content.items()):
            version = lost.extra["version"]
        else:
            return _not_taken(ref, code, typed, lost)
    if is_autosave():
        address = url_for("nominations.save", ref=ref, code=code)
        return autosaved(address, ref, version, errors)
    if errors:
        return _not_taken(ref, code, typed, Invalid(errors))
    return redirect(_next(ref, code), 303)


def _next(ref: str, code: str) -> str:
    """Where to go after a section was saved."""
    at = CODES.index(code) + (0 if "stay" in request.form else 1)
    if at < len(CODES):
        return url_for("nominations.edit", ref=ref, code=CODES[at])
    return url_for("nominations.check", ref=ref)


@bp.get("/nominations/<ref>/check")
@acts(Action.NOMINATION_EDIT)
def check(ref: str) -> ResponseReturnValue:
    """Every answer and document, and what is missing."""
    return _check(ref, {})


@bp.post("/nominations/<ref>/submission")
@acts(Action.NOMINATION_EDIT)
def submit(ref: str) -> ResponseReturnValue:
    """Complete the form, which asks the nominator."""
    try:
        with transaction() as database:
            nominations.complete(database, current_actor(), ref, version_of(request.form), now=utc_now())
    except Invalid as wrong:
        return _check(ref, wrong.errors), 422
    tell(COMPLETED)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.post("/nominations/<ref>/reopening")
@acts(Action.NOMINATION_EDIT)
def reopen(ref: str) -> ResponseReturnValue:
    """Take the completed form back."""
    with transaction() as database:
        nominations.take_back(database, current_actor(), ref, version_of(request.form), now=utc_now())
    tell(OPEN_AGAIN)
    return redirect(url_for("nominations.edit", ref=ref, code=CODES[0]), 303)


@bp.post("/nominations/<ref>/withdrawal")
@acts(Action.NOMINATION_WITHDRAW)
def withdraw(ref: str) -> ResponseReturnValue:
    """End the nomination."""
    with transaction() as database:
        nominations.withdraw(database, current_actor(), ref, version_of(request.form), now=utc_now())
    tell(WITHDRAWN)
    return redirect(url_for("nominations.show", ref=ref), 303)


@bp.post("/nominations/<ref>/files")
@acts(Action.NOMINATION_EDIT)
def add_file(ref: str) -> ResponseReturnValue:
    """Keep a document."""
    sent = request.files.get("file")
    data = sent.stream.read() if sent else b""
    name = (sent.filename or "") if sent else ""
    document = request.form.get("document", "")
    try:
        if document not in DOCUMENTS or not name:
            raise Invalid({"file": [Message("Choose a file and say what it is.")]})
        with transaction() as database:
            files.add_file(
                database, current_actor(), ref, NominationDocument(document), name, data, now=utc_now()
            )
    except Invalid as wrong:
        return _check(ref, wrong.errors), 422
    return redirect(url_for("nominations.check", ref=ref), 303)


@bp.post("/nominations/files/<file_ref>/removal")
@acts(Action.NOMINATION_EDIT)
def remove_file(file_ref: str) -> ResponseReturnValue:
    """Take a document away."""
    with transaction() as database:
        ref = files.remove_file(database, current_actor(), file_ref, now=utc_now())
    return redirect(url_for("nominations.check", ref=ref), 303)


@bp.get("/nominations/files/<file_ref>")
@acts(Action.NOMINATION_DOWNLOAD)
def download(file_ref: str) -> Response:
    """A document, always as a download."""
    with reading() as database:
        opened = files.open_file(database, current_actor(), file_ref, now=utc_now())
    answer = send_file(
        opened.path, mimetype=opened.media_type, as_attachment=True, download_name=opened.name, etag=False
    )
    answer.headers.update(SAFE_HEADERS)
    return answer


# --- pages ------------------------------------------------------------------------------------------------


def _known(code: str) -> str:
    if code not in SECTIONS:
        raise NotFound
    return code


def _not_taken(ref: str, code: str, typed: Mapping[str, Any], error: HouseError) -> ResponseReturnValue:
    """The section as typed, with every error."""
    if is_autosave():
        return autosave_refusal(error)
    return _form(ref, code, typed, error.errors or {"version": [error.message]}), error.status


def _form(
    ref: str, code: str, typed: Mapping[str, Any] | None = None, errors: Mapping[str, Any] | None = None
) -> str:
    with reading() as database:
        page = nomination_page(database, current_actor(), ref, now=utc_now())
        if not page.is_own:
            raise NotFound
        countries = vocabularies.options(database, vocabularies.COUNTRIES, current_language())
    return render_template(
        "nominations/form.html",
        page=page,
        code=code,
        title=SECTIONS[code],
        answers=of_section(code),
        content=dict(page.content) | dict(typed or {}),
        errors=errors or {},
        labels=labels(),
        countries=countries,
        chapters=[(one["code"], title_of(one["title"])) for one in page.chapters],
        degree_types=list(DEGREE_TYPES.items()),
        steps=_steps(page),
        previous=CODES[CODES.index(code) - 1] if code != CODES[0] else None,
    )


def _check(ref: str, errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = nomination_page(database, current_actor(), ref, now=utc_now())
        if not page.is_own:
            raise NotFound
        shown = _shown(database, page)
    return render_template("nominations/check.html", errors=errors, steps=_steps(page), **shown)


def _shown(database: Any, page: NominationPage) -> dict[str, Any]:
    options = vocabularies.options(database, vocabularies.COUNTRIES, current_language())
    countries = {option.code: option.label for option in options}
    chapters = {one["code"]: title_of(one["title"]) for one in page.chapters}
    sections = [
        (
            code,
            title,
            [
                (answer, words_of(answer.name, page.content.get(answer.name), countries, chapters))
                for answer in of_section(code)
                if answer.name in page.content and (answer.name != "chapters" or page.chapters)
            ],
        )
        for code, title in (SECTIONS if page.is_own else SECTIONS_ABOUT).items()
    ]
    return {
        "page": page,
        "sections": sections,
        "labels": labels(),
        "links": {
            answer.name: url_for("nominations.edit", ref=page.ref, code=answer.section) for answer in ANSWERS
        },
        "call_title": title_of(page.call_title),
        "travel": [(code, countries.get(code, code), TRAVEL[basis]) for code, basis in page.travel.items()],
        "may_confirm_travel": Action.NOMINATION_SCREEN in page.may and page.state not in _NOT_RECEIVED,
        "is_fellow": page.state in FELLOWS,
        "chapter_title": title_of(page.chapter) if page.chapter else None,
        "files": files.kept(database, current_actor(), page.ref, now=utc_now()),
        "documents": [(code, DOCUMENTS[code]) for code in page.documents] or list(DOCUMENTS.items()),
        "document_names": DOCUMENTS,
    }


def _steps(page: NominationPage) -> list[dict[str, Any]]:
    """The sections beside the form, each with whether something in it is missing."""
    open_ = {BY_NAME[name].section for name in page.problems if name in BY_NAME}
    begun = {BY_NAME[name].section for name, said in page.content.items() if said and name in BY_NAME}
    steps = [
        {
            "title": title,
            "href": url_for("nominations.edit", ref=page.ref, code=code),
            "state": "complete" if code not in open_ else "started" if code in begun else "todo",
        }
        for code, title in SECTIONS.items()
    ]
    steps.append(
        {
            "title": Message("Check and complete"),
            "href": url_for("nominations.check", ref=page.ref),
            "state": "todo" if page.completed_at is None else "complete",
        }
    )
    return steps
