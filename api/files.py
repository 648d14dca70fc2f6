"""Attachments: list and add under an entry, open and remove by their own reference."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.entries import FileOutSchema, FilesSchema
from services import attachments
from services.clock import utc_now
from services.queries.entries import entry_page
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.states import EntryKind

bp = Blueprint("api_files", __name__, description="Attachments")
UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


def _kind(noun: str) -> EntryKind:
    return EntryKind.REQUEST if noun == "requests" else EntryKind.OFFER


def _listing(noun: str) -> None:
    @bp.route(f"/{noun}/<ref>/attachments", methods=["GET"], endpoint=f"list_of_{noun}")
    @acts(Action.ATTACHMENT_DOWNLOAD)
    @bp.response(200, FilesSchema)
    def get_list(ref: str) -> dict[str, Any]:
        """The files of an entry."""
        with reading() as session:
            page = entry_page(session, current_actor(), ref, now=utc_now(), kind=_kind(noun))
        if Action.ATTACHMENT_DOWNLOAD not in page.may:
            raise NotFound()
        return {"items": page.files, "next": None}

    @bp.route(f"/{noun}/<ref>/attachments", methods=["POST"], endpoint=f"add_to_{noun}")
    @acts(Action.ATTACHMENT_UPLOAD)
    @bp.response(201, FileOutSchema)
    @bp.doc(requestBody=UPLOAD, parameters=[REPEAT])
    def add(ref: str) -> Response:
        """Keep a file with an entry, after its content was checked."""
        sent = request.files.get("file")
        if sent is None:
            raise Invalid({"file": [Message("Send the file as multipart/form-data under the name “file”.")]})
        data, name = sent.stream.read(), sent.filename or ""
        with reading() as session:
            found = attachments.look_into(session, current_actor(), ref, data, now=utc_now())

        def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
            entry_page(session, current_actor(), ref, now=utc_now(), kind=_kind(noun))
            kept = attachments.add_attachment(
                session, current_actor(), ref, name, data, now=utc_now(), kind=found
            )
            return FileOutSchema().dump(kept), 201, {}

        return write_once(work, sent=name.encode(errors="replace") + b"\0" + data)


for _noun in ("requests", "offers"):
    _listing(_noun)


@bp.route("/attachments/<file_ref>", methods=["GET"])
@acts(Action.ATTACHMENT_DOWNLOAD)
@bp.doc(
    responses={
        "200": {
            "description": "The file",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
)
def download(file_ref: str) -> Response:
    """A file, as a download; the right to it is asked again each time."""
    with reading() as session:
        opened = attachments.open_attachment(session, current_actor(), file_ref, now=utc_now())
    answer = send_file(
        opened.path, mimetype=opened.media_type, as_attachment=True, download_name=opened.name, etag=False
    )
    answer.headers.update(SAFE_HEADERS)
    return answer


@bp.route("/attachments/<file_ref>", methods=["DELETE"])
@acts(Action.ATTACHMENT_REMOVE)
@bp.response(204)
@bp.doc(parameters=[REPEAT])
def remove(file_ref: str) -> Response:
    """Take a file away from what will be submitted next."""

    def work(session: Session) -> tuple[dict[str, Any], int, dict[str, str]]:
        attachments.remove_attachment(session, current_actor(), file_ref, now=utc_now())
        return {}, 204, {}

    return write_once(work)
