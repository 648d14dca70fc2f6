"""Published requests and offers: the lists, the page of each, and the lists as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.filters import FILTERS, load_list_query
from services import vocabularies
from services.clock import utc_now
from services.consultations import answers_to
from services.matches import MatchList, matches_of
from services.queries import entries, readable
from services.queries.exports import public_columns, public_rows
from services.queries.screening import questions_to
from services.tables import FORMS
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from web.entry_filters import LABELS, Address, controls
from web.matches import PARTS

bp = Blueprint("entries", __name__)
ROWS_ON_A_PAGE = 20
MATCHES_ON_A_PAGE = 3
MOST_PAGES_BACK = 10
"""Pages that "Previous" goes back one by one; their marks stand in the address."""

ENDPOINTS: Mapping[EntryKind, tuple[str, str]] = {
    EntryKind.REQUEST: ("entries.requests", "entries.request_page"),
    EntryKind.OFFER: ("entries.offers", "entries.offer_page"),
}


@bp.get("/requests")
@acts(Action.ENTRY_READ_PUBLIC)
def requests() -> ResponseReturnValue:
    """Published support requests, filtered, searched and ordered as the address says."""
    return _list(EntryKind.REQUEST)


@bp.get("/offers")
@acts(Action.ENTRY_READ_PUBLIC)
def offers() -> ResponseReturnValue:
    """Published support offers, filtered, searched and ordered as the address says."""
    return _list(EntryKind.OFFER)


@bp.get("/requests/export.<form>")
@acts(Action.EXPORT_PUBLIC)
def requests_file(form: str) -> ResponseReturnValue:
    """The same list as CSV, XLSX or JSON lines, all pages of it."""
    return _file(EntryKind.REQUEST, form)


@bp.get("/offers/export.<form>")
@acts(Action.EXPORT_PUBLIC)
def offers_file(form: str) -> ResponseReturnValue:
    """The same list as CSV, XLSX or JSON lines, all pages of it."""
    return _file(EntryKind.OFFER, form)


@bp.get("/requests/<ref>")
@acts(Action.ENTRY_READ_PUBLIC)
def request_page(ref: str) -> ResponseReturnValue:
    """One support request, as far as this reader may see it."""
    return _page(EntryKind.REQUEST, ref)


@bp.get("/offers/<ref>")
@acts(Action.ENTRY_READ_PUBLIC)
def offer_page(ref: str) -> ResponseReturnValue:
    """One support offer, as far as this reader may see it."""
    return _page(EntryKind.OFFER, ref)


def _list(kind: EntryKind) -> ResponseReturnValue:
    language = current_language()
    query, errors = load_list_query(request.args.items(multi=True))
    page, lines = entries.Page((), None, 0), []
    with reading() as session:
        try:
            if not errors:
                page = entries.list_public(
                    session, kind, **_asked(query), limit=ROWS_ON_A_PAGE, names=readable.LINE_FIELDS
                )
                lines = readable.lines(session, page.rows, language)
        except Invalid as invalid:
            errors = invalid.errors
        shown = controls(session, ENDPOINTS[kind][0], kind, query, language)
    address = Address(ENDPOINTS[kind][0], query)
    return (
        render_template(
            "entries/list.html",
            kind=kind,
            address=address,
            query=query,
            errors=errors,
            labels=LABELS,
            rows=lines,
            page=page,
            following=_following(address, page, query, _pages_before()),
            previous=_previous(address, query, _pages_before()),
            controls=shown,
            feed_url=url_for(f"feeds.{kind.value}s", **address.parameters()),
            file_url=lambda form: url_for(f"{ENDPOINTS[kind][0]}_file", form=form, **address.parameters()),
        ),
        422 if errors else 200,
    )


def _asked(query: Mapping[str, Any]) -> dict[str, Any]:
    """The query as services take it."""
    return {
        "filters": {name: query[name] for name in FILTERS if query[name]},
        "q": query["q"] or None,
        "sort": query["sort"],
        "cursor": query["after"],
    }


def _pages_before() -> list[str]:
    """The marks of the pages before this one but the first, the nearest last."""
    return [mark[:300] for mark in request.args.getlist("before")[-MOST_PAGES_BACK:]]


def _following(
    address: Address, page: entries.Page, query: Mapping[str, Any], before: Sequence[str]
) -> str | None:
    if page.next is None:
        return None
    trail = [*before, query["after"]][-MOST_PAGES_BACK:] if query["after"] else None
    return address.url(after=page.next, begin=query["begin"] + len(page.rows), before=trail)


def _previous(address: Address, query: Mapping[str, Any], before: Sequence[str]) -> str | None:
    """The page before; None on the first one, and where the marks of the way here are used up."""
    begin = max(1, query["begin"] - ROWS_ON_A_PAGE)
    if query["after"] and not before and begin == 1:
        return address.url()
    if not before:
        return None
    return address.url(after=before[-1], begin=begin, before=list(before[:-1]) or None)


def _file(kind: EntryKind, form: str) -> ResponseReturnValue:
    if form not in FORMS:
        raise NotFound
    query, errors = load_list_query(request.args.items(multi=True))
    if errors:
        raise Invalid(errors, Message("The address of this file holds a filter that cannot be read."))
    asked = _asked(query)
    del asked["cursor"]
    media_type, write = FORMS[form]
    with reading() as session:
        rows = list(public_rows(session, kind, **asked))
    name = f"{kind.value}s-{utc_now():%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write(public_columns(kind), rows), content_type=media_type, headers=headers)


def _best_matches(session: Session, page: entries.EntryPage, ref: str) -> MatchList | None:
    """The first few, for whoever may see them; a draft has none yet."""
    if page.row.state == "draft":
        return None
    return matches_of(
        session, current_actor(), ref, now=utc_now(), language=current_language(), limit=MATCHES_ON_A_PAGE
    )


def _page(kind: EntryKind, ref: str) -> ResponseReturnValue:
    language = current_language()
    with reading() as session:
        page = entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind)
        matches = _best_matches(session, page, ref) if Action.MATCH_READ in page.may else None
        questions = questions_to(session, current_actor(), ref, now=utc_now()) if page.is_writer else None
        consulted = answers_to(session, current_actor(), ref, now=utc_now()) if page.n_revisions else ()
        countries = vocabularies.labels(session, vocabularies.COUNTRIES, language) if consulted else {}
        fields = readable.readable(session, kind, page.row.content, language)
        text_language = page.row.content.get("language")
        language_name = vocabularies.labels(session, "languages", language).get(text_language or "")
    return (
        render_template(
            "entries/page.html",
            kind=kind,
            page=page,
            row=page.row,
            fields=fields,
            text_language=text_language,
            language_name=language_name,
            list_url=url_for(ENDPOINTS[kind][0]),
            questions=questions,
            consulted=consulted,
            countries=countries,
            matches=matches,
            match_parts=PARTS,
        ),
        410 if page.is_tombstone else 200,
    )
