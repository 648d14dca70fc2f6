"""Atom feeds of what is newly published, and of calls. The same address in every language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from frame.access import acts
from frame.language import current_language
from schemas.filters import FILTERS, load_list_query
from services.atom import FeedEntry, atom_feed
from services.clock import utc_now
from services.queries import calls, entries, readable
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.states import EntryKind

bp = Blueprint("feeds", __name__, url_prefix="/feeds")
N_ENTRIES = 50
TITLES = {
    EntryKind.REQUEST: Message("Requests for support"),
    EntryKind.OFFER: Message("Offers of support"),
}
BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)
"""The time of a feed in which nothing is published yet."""


@bp.get("/requests.atom")
@acts(Action.ENTRY_READ_PUBLIC)
def requests() -> ResponseReturnValue:
    """The newest published requests; the filters of the list hold here too."""
    return _entries(EntryKind.REQUEST)


@bp.get("/offers.atom")
@acts(Action.ENTRY_READ_PUBLIC)
def offers() -> ResponseReturnValue:
    """The newest published offers; the filters of the list hold here too."""
    return _entries(EntryKind.OFFER)


@bp.get("/calls.atom")
@acts(Action.CALL_READ)
def all_calls() -> ResponseReturnValue:
    """Every announced call, by the time it opens."""
    language = current_language()
    with reading() as session:
        rows = calls.announced_calls(session, language=language, now=utc_now())
    items = (
        FeedEntry(_address(f"/calls/{row.ref}"), row.title, row.text[:500], row.text_language, row.opens_at)
        for row in rows[:N_ENTRIES]
    )
    return _feed(Message("Calls"), items)


def _entries(kind: EntryKind) -> ResponseReturnValue:
    language = current_language()
    query, errors = load_list_query(request.args.items(multi=True))
    if errors:
        raise Invalid(errors, Message("The address of this feed holds a filter that cannot be read."))
    asked = {name: query[name] for name in FILTERS if query[name]}
    with reading() as session:
        page = entries.list_public(session, kind, asked, q=query["q"] or None, limit=N_ENTRIES)
        lines = readable.lines(session, page.rows, language)
    items = (
        FeedEntry(
            _address(f"/{kind.value}s/{line.ref}"),
            line.title or line.ref,
            line.summary or "",
            line.language or "und",
            line.published_at or BEGINNING,
        )
        for line in lines
    )
    return _feed(TITLES[kind], items)


def _address(path: str) -> str:
    address: str = current_app.config["SETTINGS"].address
    return address + path


def _feed(title: Message, items: Iterable[FeedEntry]) -> Response:
    language = current_language()
    body = atom_feed(
        _address(request.full_path.rstrip("?")), translate(title, language), language, list(items), BEGINNING
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")
