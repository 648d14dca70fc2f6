"""/requests and /offers: write, submit, withdraw, read. The two differ only in their schemas."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from api.description import ETAG, IF_MATCH, IF_NONE_MATCH, REPEAT, UNCHANGED
from api.frame import Blueprint, expected_version, unless_known, version_headers, write_once
from frame.access import acts, current_actor
from frame.language import current_language
from schemas.entries import (
    CONTENT_SCHEMAS,
    LIST_SCHEMAS,
    NEW_SCHEMAS,
    OUT_SCHEMAS,
    InsideQuerySchema,
    ReceiptSchema,
    RevisionsSchema,
    SimilarEntriesSchema,
    WithdrawalSchema,
    filters_of,
    page_out,
    row_out,
)
from schemas.matches import MatchListSchema, MatchQuerySchema
from services.clock import utc_now
from services.entries import drafts, publication, submission
from services.entries.differences import differences
from services.matches import MatchRow, matches_of
from services.queries import entries, similar
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.states import EntryKind

Answer = tuple[dict[str, Any], int, dict[str, str]]


def blueprint_of(kind: EntryKind) -> Blueprint:
    """The endpoints of one kind of entry."""
    bp = Blueprint(f"api_{kind.value}s", __name__, description=f"Support {kind.value}s")
    _reading(bp, kind)
    _writing(bp, kind)
    _acting(bp, kind)
    _looking(bp, kind)
    return bp


def _shown(session: Session, kind: EntryKind, ref: str) -> tuple[dict[str, Any], int]:
    page = entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind)
    return OUT_SCHEMAS[kind]().dump(page_out(page)), page.row.version


def _answer(session: Session, kind: EntryKind, ref: str, status: int = 200) -> Answer:
    session.flush()
    body, version = _shown(session, kind, ref)
    headers = version_headers(version)
    if status == 201:
        headers["Location"] = url_for(f"api_{kind.value}s.get_one", ref=ref)
    return body, status, headers


def _reading(bp: Blueprint, kind: EntryKind) -> None:
    @bp.route(f"/{kind.value}s", methods=["GET"])
    @acts(Action.ENTRY_READ_PUBLIC)
    @bp.arguments(InsideQuerySchema, location="query")
    @bp.response(200, LIST_SCHEMAS[kind])
    def get_list(query: dict[str, Any]) -> dict[str, Any]:
        """Those the caller may see, each as far as they may see it."""
        with reading() as session:
            page = entries.list_visible(
                session,
                current_actor(),
                kind,
                filters_of(query),
                now=utc_now(),
                q=query.get("q"),
                sort=query["sort"],
                cursor=query.get("cursor"),
                limit=query["limit"],
            )
        return {"items": [row_out(row) for row in page.rows], "next": page.next, "total": page.total}

    @bp.route(f"/{kind.value}s/<ref>", methods=["GET"])
    @acts(Action.ENTRY_READ_PUBLIC)
    @bp.response(200, OUT_SCHEMAS[kind], headers=ETAG)
    @bp.doc(parameters=[IF_NONE_MATCH], responses={"304": UNCHANGED})
    def get_one(ref: str) -> Response:
        """One entry; its version is the ETag."""
        with reading() as session:
            body, version = _shown(session, kind, ref)
        return unless_known(body, version)

    @bp.route(f"/{kind.value}s/<ref>/similar", methods=["GET"])
    @acts(Action.ENTRY_READ_PUBLIC)
    @bp.response(200, SimilarEntriesSchema)
    def list_similar(ref: str) -> dict[str, Any]:
        """Entries of the same kind that may be the same one, by title and summary, in any script."""
        with reading() as session:
            actor = current_actor()
            row = entries.entry_page(session, actor, ref, now=utc_now(), kind=kind).row
            found = similar.similar_entries(session, actor, kind, row.content, ref=row.ref)
        return {"items": found, "next": None}


def _writing(bp: Blueprint, kind: EntryKind) -> None:
    @bp.route(f"/{kind.value}s", methods=["POST"])
    @acts(Action.ENTRY_CREATE)
    @bp.arguments(NEW_SCHEMAS[kind])
    @bp.response(201, OUT_SCHEMAS[kind], headers=ETAG)
    @bp.doc(parameters=[REPEAT])
    def create(content: dict[str, Any]) -> Response:
        """Begin a draft; every field may be missing."""
        call_ref = content.pop("call", None)

        def work(session: Session) -> Answer:
            try:
                made = drafts.create_draft(
                    session, current_actor(), kind, content, now=utc_now(), call_ref=call_ref
                )
            except NotFound as none:
                raise Invalid({"call": [Message("There is no call {ref}.", ref=call_ref)]}) from none
            return _answer(session, kind, made.entry.ref, 201)

        return write_once(work)

    @bp.route(f"/{kind.value}s/<ref>", methods=["PATCH"])
    @acts(Action.ENTRY_EDIT)
    @bp.arguments(CONTENT_SCHEMAS[kind])
    @bp.response(200, OUT_SCHEMAS[kind], headers=ETAG)
    @bp.doc(parameters=[IF_MATCH, REPEAT])
    def change(changes: dict[str, Any], ref: str) -> Response:
        """Keep some fields: in the draft, or as an edit of what was submitted."""
        version = expected_version()

        def work(session: Session) -> Answer:
            _shown(session, kind, ref)
            drafts.save(session, current_actor(), ref, changes, version, now=utc_now())
            return _answer(session, kind, ref)

        return write_once(work)

    @bp.route(f"/{kind.value}s/<ref>", methods=["DELETE"])
    @acts(Action.ENTRY_DISCARD)
    @bp.response(204)
    @bp.doc(parameters=[IF_MATCH, REPEAT])
    def discard(ref: str) -> Response:
        """Delete a draft; what was submitted is withdrawn instead."""
        version = expected_version()

        def work(session: Session) -> Answer:
            _shown(session, kind, ref)
            drafts.discard_draft(session, current_actor(), ref, version, now=utc_now())
            return {}, 204, {}

        return write_once(work)


def _acting(bp: Blueprint, kind: EntryKind) -> None:
    @bp.route(f"/{kind.value}s/<ref>/submission", methods=["POST"])
    @acts(Action.ENTRY_SUBMIT)
    @bp.response(200, ReceiptSchema, headers=ETAG)
    @bp.doc(parameters=[IF_MATCH, REPEAT])
    def submit(ref: str) -> Response:
        """Submit the draft, or the edit under way as a new revision; 422 names everything that is missing."""
        version = expected_version()

        def work(session: Session) -> Answer:
            _shown(session, kind, ref)
            receipt = submission.submit(session, current_actor(), ref, version, now=utc_now())
            _, present = _shown(session, kind, ref)
            return ReceiptSchema().dump(receipt), 200, version_headers(present)

        return write_once(work)

    @bp.route(f"/{kind.value}s/<ref>/withdrawal", methods=["POST"])
    @acts(Action.ENTRY_WITHDRAW)
    @bp.arguments(WithdrawalSchema)
    @bp.response(200, OUT_SCHEMAS[kind], headers=ETAG)
    @bp.doc(parameters=[IF_MATCH, REPEAT])
    def withdraw(asked: dict[str, Any], ref: str) -> Response:
        """Take a submitted entry back."""
        version = expected_version()

        def work(session: Session) -> Answer:
            _shown(session, kind, ref)
            submission.withdraw(session, current_actor(), ref, version, asked.get("reason"), now=utc_now())
            return _answer(session, kind, ref)

        return write_once(work)

    @bp.route(f"/{kind.value}s/<ref>/publication", methods=["POST"])
    @acts(Action.PUBLICATION_PUBLISH)
    @bp.response(200, OUT_SCHEMAS[kind], headers=ETAG)
    @bp.doc(parameters=[IF_MATCH, REPEAT])
    def publish(ref: str) -> Response:
        """Show the public what the owner consented to."""
        version = expected_version()

        def work(session: Session) -> Answer:
            _shown(session, kind, ref)
            publication.publish(session, current_actor(), ref, version, now=utc_now())
            return _answer(session, kind, ref)

        return write_once(work)


def _looking(bp: Blueprint, kind: EntryKind) -> None:
    @bp.route(f"/{kind.value}s/<ref>/revisions", methods=["GET"])
    @acts(Action.ENTRY_READ)
    @bp.response(200, RevisionsSchema)
    def get_revisions(ref: str) -> dict[str, Any]:
        """Every submitted version with what changed since the one before, the first one first."""
        with reading() as session:
            _shown(session, kind, ref)
            found = submission.revisions(session, current_actor(), ref, now=utc_now())
        return {
            "items": [_revision(*pair) for pair in zip([None, *found], found, strict=False)],
            "next": None,
        }

    @bp.route(f"/{kind.value}s/<ref>/matches", methods=["GET"])
    @acts(Action.MATCH_READ)
    @bp.arguments(MatchQuerySchema, location="query")
    @bp.response(200, MatchListSchema)
    def get_matches(query: dict[str, Any], ref: str) -> dict[str, Any]:
        """The best of the other side, explained; with include=blocked also what was ruled out, and why."""
        wants_blocked = query.get("include") == "blocked"
        with reading() as session:
            found = matches_of(
                session,
                current_actor(),
                ref,
                now=utc_now(),
                language=current_language(),
                kind=kind,
                limit=query["limit"],
                include_blocked=wants_blocked,
            )
        names = ("ref", "version", "n_blocked", "n_candidates", "index_version", "settings_version")
        body: dict[str, Any] = {name: getattr(found, name) for name in names}
        body["remark"] = translate(found.remark, current_language()) if found.remark else None
        body |= {"items": [_match(row, n) for n, row in enumerate(found.rows, 1)], "next": None}
        if wants_blocked:
            body["blocked"] = [_match(row, None) for row in found.blocked]
        return body


def _revision(before: submission.RevisionRow | None, row: submission.RevisionRow) -> dict[str, Any]:
    names = ("number", "submitted_at", "content_hash", "content", "files")
    changes = differences(before.content, row.content) if before else []
    return {name: getattr(row, name) for name in names} | {"changes": changes}


def _match(row: MatchRow, rank: int | None) -> dict[str, Any]:
    language = current_language()
    return {
        "ref": row.ref,
        "rank": rank,
        "title": row.title,
        "language": row.language,
        "score": row.score,
        "parts": dict(row.parts),
        "weights": dict(row.weights),
        "terms": row.terms,
        "reasons": {name: translate(message, language) for name, message in row.reasons.items()},
        "nearest": row.nearest,
        "blockers": [{"code": code, "text": translate(text, language)} for code, text in row.blockers],
        "state": row.state.value,
    }
