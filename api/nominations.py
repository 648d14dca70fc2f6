"""/nominations: begin one, fill it in, complete it, take it back, withdraw it; lists for both sides."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.nomination_rows import NominationImportSchema, NominationsEnteredSchema, read_nominations
from schemas.nominations import (
    NewInvitationSchema,
    NewNominationSchema,
    NominationContentSchema,
    NominationQuerySchema,
    NominationSchema,
    NominationsSchema,
)
from services.clock import utc_now
from services.fellowships import invitations, nominations
from services.fellowships.nomination_import import check_nominations, enter_nominations
from services.queries.nominations import (
    NominationPage,
    NominationRow,
    nomination_page,
    nominations_of_call,
    own_nominations,
)
from services.row_files import Row as RowOfTable
from services.row_files import Rows
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message

Answer = tuple[dict[str, Any], int, dict[str, str]]

bp = Blueprint("api_nominations", __name__, description="Nominations of fellows")


def _in_words(page: NominationPage) -> dict[str, Any]:
    language = current_language()
    names = (
        "ref",
        "version",
        "call",
        "state",
        "nominator_answer",
        "completed_at",
        "submitted_at",
        "deadline_at",
        "nominators_until",
    )
    shown: dict[str, Any] = NominationSchema().dump(
        {name: getattr(page, name) for name in names}
        | {
            "what_now": translate(page.what_now, language),
            "advice": [translate(one, language) for one in page.advice],
            "travel": [{"country": code, "basis": basis} for code, basis in page.travel.items()],
            "content": dict(page.content),
        }
    )
    return shown


def shown(session: Session, ref: str, status: int = 200) -> Answer:
    """A nomination as it stands after a change, with its version."""
    session.flush()
    page = nomination_page(session, current_actor(), ref, now=utc_now())
    headers = version_headers(page.version)
    if status == 201:
        headers["Location"] = url_for("api_nominations.get_one", ref=ref)
    return _in_words(page), status, headers


def row_out(row: NominationRow) -> dict[str, Any]:
    """A nomination in a list, ready for its schema."""
    names = ("ref", "version", "call", "name", "state", "submitted_at", "score")
    return {name: getattr(row, name) for name in names} | {"band": row.band.value if row.band else None}


@bp.route("/nominations", methods=["GET"])
@acts(Action.NOMINATION_LIST_OWN)
@bp.arguments(NominationQuerySchema, location="query")
@bp.response(200, NominationsSchema)
def get_list(query: dict[str, Any]) -> dict[str, Any]:
    """Your own nominations; with `call`, all of that call, for whoever runs it."""
    now = utc_now()
    with reading() as session:
        if "call" not in query:
            rows = own_nominations(session, current_actor(), now=now)
            return {"items": [row_out(row) for row in rows], "next": None, "total": len(rows)}
        try:
            found, more, total = nominations_of_call(
                session,
                current_actor(),
                query["call"],
                now=now,
                state=query.get("state"),
                after=query.get("cursor") or 0,
                limit=query["limit"],
            )
        except NotFound as none:
            raise Invalid({"call": [Message("There is no call {ref}.", ref=query["call"])]}) from none
    return {
        "items": [row_out(row) for row in found],
        "next": None if more is None else str(more),
        "total": total,
    }


@bp.route("/nominations", methods=["POST"])
@acts(Action.NOMINATION_CREATE)
@bp.arguments(NewNominationSchema)
@bp.response(201, NominationSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def create(content: dict[str, Any]) -> Response:
    """Begin your own nomination; a nominator approves it once it is complete."""
    call_ref = content.pop("call")

    def work(session: Session) -> Answer:
        try:
            made = nominations.begin(session, current_actor(), call_ref, content, now=utc_now())
        except NotFound as none:
            raise Invalid({"call": [Message("There is no call {ref}.", ref=call_ref)]}) from none
        return shown(session, made.ref, 201)

    return write_once(work)


@bp.route("/nominations/invitations", methods=["POST"])
@acts(Action.NOMINATION_INVITE)
@bp.arguments(NewInvitationSchema)
@bp.response(201, NominationSchema, headers=ETAG)
@bp.doc(parameters=[REPEAT])
def invite(given: dict[str, Any]) -> Response:
    """Nominate somebody else: the nominee is asked by mail to fill in the form and to consent."""
    call_ref, email = given.pop("call"), given.pop("nominee_email", None) or ""
    language = given.pop("language", None) or current_language()

    def work(session: Session) -> Answer:
        now = utc_now()
        try:
            made = invitations.invite(
                session, current_actor(), call_ref, given, email, now=now, language=language
            )
        except NotFound as none:
            raise Invalid({"call": [Message("There is no call {ref}.", ref=call_ref)]}) from none
        return shown(session, made.ref, 201)

    return write_once(work)


@bp.route("/fellowships/<ref>/nominations", methods=["POST"])
@acts(Action.NOMINATION_IMPORT)
@bp.arguments(NominationImportSchema)
@bp.response(200, NominationsEnteredSchema)
@bp.doc(parameters=[REPEAT])
def enter_many(given: dict[str, Any], ref: str) -> Response:
    """Enter many nominations at once, or none: every nominee is mailed a private link and consents there.

    422 names every bad cell as `rows.ROW.COLUMN`, the first row being 1; with `dry_run` nothing is written.
    """
    table = Rows("rows", rows=[RowOfTable(at, row) for at, row in enumerate(given["rows"], start=1)])
    table.fields = {name for row in given["rows"] for name in row}

    def work(session: Session) -> Answer:
        now, actor = utc_now(), current_actor()
        checked = check_nominations(session, actor, ref, read_nominations(table), now=now)
        errors: dict[str, list[Message]] = {}
        found = [(one.row, one.field, one.message) for one in table.problems]
        for row, column, message in [*found, *((one.row, one.column, one.message) for one in checked.faults)]:
            errors.setdefault(f"rows.{row or '*'}.{column or '*'}", [message])
        if errors:
            raise Invalid(errors)
        entered = [] if given["dry_run"] else enter_nominations(session, actor, ref, checked, now=now)
        language = current_language()
        warnings = [
            {"row": one.row, "column": one.column, "message": translate(one.message, language)}
            for one in checked.warnings
        ]
        return {"n": len(checked.invited), "refs": entered, "warnings": warnings}, 200, {}

    return write_once(work)


@bp.route("/nominations/<ref>", methods=["GET"])
@acts(Action.NOMINATION_READ)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
def get_one(ref: str) -> Response:
    """One nomination, as much of it as you may see."""
    with reading() as session:
        body = _in_words(nomination_page(session, current_actor(), ref, now=utc_now()))
    return unless_known(body)


@bp.route("/nominations/<ref>", methods=["PATCH"])
@acts(Action.NOMINATION_EDIT)
@bp.arguments(NominationContentSchema)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def change(changes: dict[str, Any], ref: str) -> Response:
    """Keep some answers."""
    version = expected_version()

    def work(session: Session) -> Answer:
        nominations.save(session, current_actor(), ref, changes, version, now=utc_now())
        return shown(session, ref)

    return write_once(work)


@bp.route("/nominations/<ref>", methods=["DELETE"])
@acts(Action.NOMINATION_EDIT)
@bp.response(204)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def discard(ref: str) -> Response:
    """Delete a draft; what was completed is withdrawn instead."""
    version = expected_version()

    def work(session: Session) -> Answer:
        nominations.discard(session, current_actor(), ref, version, now=utc_now())
        return {}, 204, {}

    return write_once(work)


@bp.route("/nominations/<ref>/submission", methods=["POST"])
@acts(Action.NOMINATION_EDIT)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def submit(ref: str) -> Response:
    """Complete the form: the nominator is asked to approve it. 422 names everything that is missing."""
    version = expected_version()

    def work(session: Session) -> Answer:
        nominations.complete(session, current_actor(), ref, version, now=utc_now())
        return shown(session, ref)

    return write_once(work)


@bp.route("/nominations/<ref>/reopening", methods=["POST"])
@acts(Action.NOMINATION_EDIT)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def reopen(ref: str) -> Response:
    """Take the completed form back from the nominator."""
    version = expected_version()

    def work(session: Session) -> Answer:
        nominations.take_back(session, current_actor(), ref, version, now=utc_now())
        return shown(session, ref)

    return write_once(work)


@bp.route("/nominations/<ref>/withdrawal", methods=["POST"])
@acts(Action.NOMINATION_WITHDRAW)
@bp.response(200, NominationSchema, headers=ETAG)
@bp.doc(parameters=[IF_MATCH, REPEAT])
def withdraw(ref: str) -> Response:
    """End the nomination; the other party is told."""
    version = expected_version()

    def work(session: Session) -> Answer:
        nominations.withdraw(session, current_actor(), ref, version, now=utc_now())
        return shown(session, ref)

    return write_once(work)
