"""Files of an entry: add, take away, open.

A file is always sent as a download and never shown in the page.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services import attachments
from services.clock import utc_now
from services.queries.entries import entry_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from web.drafts import NOUN, kind_of
from web.form_pages import steps_of

bp = Blueprint("files", __name__)
NONE_CHOSEN = Invalid({"file": [Message("Choose a file first.")]})
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@bp.get(f"/{NOUN}/<ref>/files")
@acts(Action.ATTACHMENT_UPLOAD)
def show(noun: str, ref: str) -> ResponseReturnValue:
    """The files of an entry, with a place to add one."""
    return _page(noun, ref)


def _page(noun: str, ref: str, error: Invalid | None = None) -> str:
    with reading() as database:
        page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        if not page.is_writer:
            raise NotFound
        return render_template(
            "entries/files.html",
            page=page,
            ref=ref,
            noun=noun,
            errors=error.errors if error else {},
            steps=steps_of(kind_of(noun), page, "files", error is not None),
        )


@bp.post(f"/{NOUN}/<ref>/files")
@acts(Action.ATTACHMENT_UPLOAD)
def add(noun: str, ref: str) -> ResponseReturnValue:
    """Keep a file; one that is refused says why, and the others stay."""
    sent = request.files.get("file")
    data = sent.stream.read() if sent else b""
    name = (sent.filename or "") if sent else ""
    if not name:
        return _page(noun, ref, NONE_CHOSEN), 422
    actor, now = current_actor(), utc_now()
    try:
        with reading() as database:
            found = attachments.look_into(database, actor, ref, data, now=now)
        with transaction() as database:
            entry_page(database, actor, ref, now=now, kind=kind_of(noun))
            attachments.add_attachment(database, actor, ref, name, data, now=now, kind=found)
    except Invalid as refused:
        return _page(noun, ref, refused), 422
    return redirect(url_for("files.show", noun=noun, ref=ref), 303)


@bp.post(f"/{NOUN}/<ref>/files/<file_ref>/removal")
@acts(Action.ATTACHMENT_REMOVE)
def remove(noun: str, ref: str, file_ref: str) -> ResponseReturnValue:
    """Take a file away from what will be submitted next."""
    with transaction() as database:
        attachments.remove_attachment(database, current_actor(), file_ref, now=utc_now())
    return redirect(url_for("files.show", noun=noun, ref=ref), 303)


@bp.get("/files/<file_ref>")
@acts(Action.ATTACHMENT_DOWNLOAD)
def download(file_ref: str) -> Response:
    """A file, if the reader may open it now; asked again each time."""
    with reading() as database:
        opened = attachments.open_attachment(database, current_actor(), file_ref, now=utc_now())
    answer = send_file(
        opened.path, mimetype=opened.media_type, as_attachment=True, download_name=opened.name, etag=False
    )
    answer.headers.update(SAFE_HEADERS)
    return answer
