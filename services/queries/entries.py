"""What do pages and the API show of requests and offers? Frozen rows, limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.entries import Attachment, Entry, Revision
from procedure.access import is_visible, may
from procedure.facts import ItemFacts
from procedure.lifecycle import has_step
from services.entries.content import content_of
from services.entries.fields import publishable
from services.entries.rows import fetch, working_content
from services.entries.visibility import (
    is_own,
    is_previewed,
    is_public,
    is_readable,
    shown_fields,
)
from services.facts import entry_facts, facts_of_entries
from services.queries.filters import (
    INSIDE_FILTERS,
    Order,
    check_filters,
    matches,
    order,
    read_cursor,
    write_cursor,
)
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import EntryAction, EntryKind, Publication

MOST_ROWS = 200
ASKED_OF_A_PAGE = (
    Action.ENTRY_READ,
    Action.ENTRY_READ_IDENTITY,
    Action.ENTRY_EDIT,
    Action.ENTRY_SUBMIT,
    Action.ENTRY_DISCARD,
    Action.ENTRY_WITHDRAW,
    Action.ENTRY_SCREEN,
    Action.ENTRY_RETURN,
    Action.ENTRY_MESSAGE,
    Action.ATTACHMENT_UPLOAD,
    Action.ATTACHMENT_DOWNLOAD,
    Action.PUBLICATION_CONSENT,
    Action.PUBLICATION_PUBLISH,
    Action.PUBLICATION_UNPUBLISH,
    Action.MATCH_READ,
)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of a list. `content` holds the fields shown to this reader, a missing one is not for them."""

    ref: str
    kind: EntryKind
    version: int
    state: str | None
    publication: Publication
    content: Mapping[str, Any]
    submitted_at: datetime | None
    published_at: datetime | None
    updated_at: datetime | None
    has_pending: bool = False

    @property
    def title(self) -> str | None:
        """The title where it is shown."""
        return self.content.get("title")

    @property
    def summary(self) -> str | None:
        """The summary where it is shown."""
        return self.content.get("summary")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: rows, the cursor of the next page or None, and how many there are in all."""

    rows: tuple[EntryRow, ...]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an entry, to be opened by its reference."""

    ref: str
    name: str
    media_type: str
    size: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """The call that an entry answers."""

    ref: str
    title: Mapping[str, str]
    closes_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Everything a page shows of one entry to one reader.

    `working` is what the owner's form holds (an edit under way goes before the latest revision) and empty for
    everybody else. `may` are the actions whose buttons are shown. `is_tombstone`: it was published and taken
    back; nothing else of it is shown.
    """

    row: EntryRow
    shown: frozenset[str]
    may: frozenset[Action]
    is_tombstone: bool = False
    is_own: bool = False
    is_confirmed: bool = False
    working: Mapping[str, Any] = field(default_factory=dict)
    pending: Mapping[str, Any] = field(default_factory=dict)
    pending_at: datetime | None = None
    files: tuple[FileRow, ...] = ()
    n_revisions: int = 0
    content_hash: str | None = None
    call: CallRow | None = None
    deadline_at: datetime | None = None


# --- lists ------------------------------------------------------------------------------------------------


def list_public(
    session: Session,
    kind: EntryKind,
    filters: Mapping[str, Sequence[str]],
    *,
    q: str | None = None,
    sort: str = "newest",
    cursor: str | None = None,
    limit: int = 20,
) -> Page:
    """Published entries, with the fields that their owners consented to. Raises Invalid for wrong filters."""
    check_filters(filters, sort, inside=False)
    condition = sa.and_(
        Entry.kind == kind,
        is_public(),
        matches(session, filters, q, (Entry.public_search_text,), public=True),
    )
    entries, following, total = _page(
        session, condition, order(sort, Entry.published_at), sort, cursor, limit
    )
    return Page(tuple(_public_row(entry) for entry in entries), following, total)


def list_visible(
    session: Session,
    actor: Actor,
    kind: EntryKind,
    filters: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    q: str | None = None,
    sort: str = "newest",
    cursor: str | None = None,
    limit: int = 20,
) -> Page:
    """Entries that the actor may see, each with the fields that they may see.

    An entry that is only previewed, or hidden by a conflict of interest, is found by no filter and no word.
    """
    check_filters(filters, sort, inside=True)
    readable, previewed = is_readable(actor), is_previewed(actor)
    names = (Entry.search_text, Entry.organisation_search_text)
    ways = [sa.and_(readable, matches(session, filters, q, names[:1], public=False))]
    if q and q.strip():  # whose an entry is counts for a search of those only who may know it
        known = is_readable(actor, with_identity=True)
        ways.append(sa.and_(known, matches(session, filters, q, names, public=False)))
    if not any(filters.get(name) for name in INSIDE_FILTERS):
        outside = matches(session, filters, q, (Entry.public_search_text,), public=True)
        ways.append(sa.and_(is_public(), outside))
    if not (q and q.strip()) and not any(filters.values()):
        ways.append(previewed)
    condition = sa.and_(Entry.kind == kind, sa.or_(*ways))
    inside_time = sa.func.coalesce(Entry.submitted_at, Entry.created_at)
    time = sa.case((sa.or_(readable, previewed), inside_time), else_=Entry.published_at)
    entries, following, total = _page(session, condition, order(sort, time), sort, cursor, limit)
    facts = facts_of_entries(session, entries, actor)
    rows = tuple(_row(entry, actor, facts[entry.id], now) for entry in entries)
    return Page(rows, following, total)


def mine(session: Session, actor: Actor, *, now: datetime) -> tuple[EntryRow, ...]:
    """The actor's own entries of both kinds, drafts of this browser included, the last touched first."""
    query = (
        sa.select(Entry)
        .where(is_own(actor))
        .options(selectinload(Entry.terms))
        .order_by(Entry.updated_at.desc(), Entry.id.desc())
        .limit(MOST_ROWS)
    )
    entries = list(session.execute(query).scalars())
    facts = facts_of_entries(session, entries, actor)
    return tuple(_row(entry, actor, facts[entry.id], now) for entry in entries)


def _page(
    session: Session,
    condition: sa.ColumnElement[bool],
    ordered: Order,
    sort: str,
    cursor: str | None,
    limit: int,
) -> tuple[list[Entry], str | None, int]:
    """The entries of one page, the cursor of the next, and the total: found in one pass over narrow rows."""
    limit = max(1, min(limit, MOST_ROWS))
    found = sa.select(
        Entry.id.label("id"), ordered.key.label("key"), sa.func.count().over().label("total")
    ).where(condition)
    rows = found.subquery()
    narrow = sa.select(rows.c.id, rows.c.key, rows.c.total)
    on_rows = Order(rows.c.key, ordered.is_descending, rows.c.id)
    if cursor:
        narrow = narrow.where(on_rows.after(*read_cursor(cursor, sort)))
    shown = session.execute(narrow.order_by(*on_rows.by()).limit(limit + 1)).all()
    query = (
        sa.select(Entry)
        .where(Entry.id.in_([row.id for row in shown[:limit]]))
        .options(selectinload(Entry.terms))
    )
    by_id = {entry.id: entry for entry in session.execute(query).scalars()}
    following = None
    if len(shown) > limit:
        following = write_cursor(sort, shown[limit - 1].key, shown[limit - 1].id)
    return [by_id[row.id] for row in shown[:limit]], following, shown[0].total if shown else 0


def _public_row(entry: Entry) -> EntryRow:
    shown = set(entry.public_fields) & set(publishable(entry.kind))
    return _limited(entry, shown, is_inside=False)


def _row(entry: Entry, actor: Actor, facts: ItemFacts, now: datetime) -> EntryRow:
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    return _limited(entry, shown, is_inside=_is_inside(actor, facts, now))


def _is_inside(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """Beyond the public: state, times and version mean something to them."""
    return may(actor, Action.ENTRY_READ, facts, now) or may(actor, Action.ENTRY_PREVIEW, facts, now)


def _limited(entry: Entry, shown: set[str] | frozenset[str], *, is_inside: bool) -> EntryRow:
    content = {name: value for name, value in content_of(entry).items() if name in shown}
    return EntryRow(
        ref=entry.ref,
        kind=entry.kind,
        version=entry.version,
        state=entry.state if is_inside else None,
        publication=entry.publication,
        content=content,
        submitted_at=entry.submitted_at if is_inside else None,
        published_at=entry.published_at,
        updated_at=entry.updated_at if is_inside else None,
        has_pending=is_inside and entry.pending is not None,
    )


def _offers(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> bool:
    """Whether a page shows the button: the actor may do it, and there is something left to do."""
    if action is Action.ENTRY_WITHDRAW and facts.kind and facts.state:
        return has_step(facts.kind, facts.state, EntryAction.WITHDRAW) and may(actor, action, facts, now)
    return may(actor, action, facts, now)


# --- one entry --------------------------------------------------------------------------------------------


def entry_page(
    session: Session, actor: Actor, ref: str, *, now: datetime, kind: EntryKind | None = None
) -> EntryPage:
    """One entry as this actor may see it. Raises NotFound where that is nothing."""
    entry = fetch(session, ref, kind=kind)
    facts = entry_facts(session, entry, actor)
    if not is_visible(actor, facts, now):
        if entry.publication is Publication.UNPUBLISHED:
            return EntryPage(_limited(entry, frozenset(), is_inside=False), frozenset(), frozenset(), True)
        raise NotFound
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    reads = may(actor, Action.ENTRY_READ, facts, now)
    owns = reads and (entry.id in actor.entry_ids or facts.owner_id == (actor.account_id or -1))
    return EntryPage(
        row=_limited(entry, shown, is_inside=_is_inside(actor, facts, now)),
        shown=shown,
        may=frozenset(action for action in ASKED_OF_A_PAGE if _offers(actor, action, facts, now)),
        is_own=owns,
        is_confirmed=reads and entry.confirmed_at is not None,
        working=working_content(entry) if owns else {},
        pending=entry.pending or {} if owns else {},
        pending_at=entry.pending_at if owns else None,
        files=_files(session, entry) if may(actor, Action.ATTACHMENT_DOWNLOAD, facts, now) else (),
        n_revisions=entry.revision_number if reads else 0,
        content_hash=_hash(session, entry) if reads else None,
        call=_call(session, entry),
        deadline_at=facts.deadline_at,
    )


def public_page(session: Session, ref: str, *, now: datetime, kind: EntryKind | None = None) -> EntryPage:
    """One entry as everybody sees it; what the owner's preview of publication shows."""
    return entry_page(session, SIGNED_OUT, ref, now=now, kind=kind)


def _files(session: Session, entry: Entry) -> tuple[FileRow, ...]:
    rows = session.execute(
        sa.select(Attachment)
        .where(Attachment.entry_id == entry.id, Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    ).scalars()
    return tuple(FileRow(row.ref, row.name, row.media_type, row.size, row.uploaded_at) for row in rows)


def _hash(session: Session, entry: Entry) -> str | None:
    return session.execute(
        sa.select(Revision.content_hash).where(
            Revision.entry_id == entry.id, Revision.number == entry.revision_number
        )
    ).scalar_one_or_none()


def _call(session: Session, entry: Entry) -> CallRow | None:
    call = session.get(Call, entry.call_id) if entry.call_id is not None else None
    return CallRow(call.ref, call.title, call.closes_at, call.zone) if call else None
