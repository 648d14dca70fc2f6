"""What do pages and the API show of requests and offers? Frozen rows, limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Attachment, Entry, Revision
from procedure.access import is_visible, may
from procedure.facts import ItemFacts, helps
from procedure.lifecycle import has_step
from services.entries.fields import publishable
from services.entries.standing import full_offers, is_expiring
from services.entries.visibility import (
    has_shown_state,
    is_helped,
    is_own,
    is_previewed,
    is_previewed_in_office,
    is_public,
    is_readable,
    shown_fields,
    shown_state,
)
from services.facts import facts_of_entries
from services.queries.entry_rows import EVERY_FIELD, MOST_ROWS, ReadEntry, first_published, listed, one
from services.queries.filters import (
    INSIDE_FILTERS,
    Order,
    check_filters,
    matches,
    order,
)
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import EntryAction, EntryKind, Publication

ASKED_OF_A_PAGE = (
    Action.ENTRY_READ,
    Action.ENTRY_READ_IDENTITY,
    Action.ENTRY_EDIT,
    Action.ENTRY_SUBMIT,
    Action.ENTRY_DISCARD,
    Action.ENTRY_WITHDRAW,
    Action.ENTRY_RENEW,
    Action.ENTRY_SCREEN,
    Action.ENTRY_RETURN,
    Action.ENTRY_RESTORE,
    Action.ENTRY_MESSAGE,
    Action.ENTRY_CONSULT,
    Action.COLLABORATOR_GRANT,
    Action.COLLABORATOR_LEAVE,
    Action.ATTACHMENT_UPLOAD,
    Action.ATTACHMENT_DOWNLOAD,
    Action.PUBLICATION_CONSENT,
    Action.PUBLICATION_PUBLISH,
    Action.PUBLICATION_UNPUBLISH,
    Action.MATCH_READ,
)


_STEPS_OF = {
    Action.ENTRY_WITHDRAW: (EntryAction.WITHDRAW,),
    Action.ENTRY_RENEW: (EntryAction.RENEW, EntryAction.RESUME, EntryAction.CLOSE),
}
"""Buttons that need one of these steps to be possible."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of a list. `content` holds the fields shown to this reader, a missing one is not for them.

    `has_result`: a decision on this offer was made known. `is_expiring`: it ends within 30 days.
    """

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
    has_result: bool = False
    is_expiring: bool = False

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

    `working` is what the form holds (an edit under way goes before the latest revision), for the owner and
    who may edit with them, and empty for everybody else. `is_helped`: the reader helps the owner with it;
    `is_writer`: the form is open to them. `may` are the actions whose buttons are shown. `is_tombstone`: it
    was published and taken back; nothing else of it is shown. `is_full`: an offer without a place left.
    """

    row: EntryRow
    shown: frozenset[str]
    may: frozenset[Action]
    is_tombstone: bool = False
    is_own: bool = False
    is_helped: bool = False
    is_writer: bool = False
    is_confirmed: bool = False
    working: Mapping[str, Any] = field(default_factory=dict)
    pending: Mapping[str, Any] = field(default_factory=dict)
    pending_at: datetime | None = None
    files: tuple[FileRow, ...] = ()
    n_revisions: int = 0
    content_hash: str | None = None
    call: CallRow | None = None
    deadline_at: datetime | None = None
    is_full: bool = False


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
    names: frozenset[str] = EVERY_FIELD,
) -> Page:
    """Published entries, with those of the fields in `names` that their owners consented to.

    Raises Invalid for wrong filters.
    """
    check_filters(filters, sort, inside=False)
    ordered = order(sort, Entry.published_at)
    if not (q or cursor or any(filters.values())):
        found = first_published(session, kind, ordered, sort, limit, names)
    else:
        asked = matches(session, filters, q, (Entry.public_search_text,), public=True)
        condition = sa.and_(Entry.kind == kind, is_public(), asked)
        found = listed(session, condition, ordered, sort, cursor, limit, names=names, is_indexed=not q)
    return Page(tuple(_public_row(entry, names) for entry in found.entries), found.next, found.total)


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
    asks_inside = any(filters.get(name) for name in INSIDE_FILTERS)
    is_plain = not (q and q.strip()) and not any(filters.values())
    in_state: sa.ColumnElement[bool] = sa.true()
    if filters.get("state"):  # by the state that this reader sees, which hides what is not released
        in_state = has_shown_state(actor, filters["state"])
        readable = sa.and_(readable, in_state)
        filters = {name: codes for name, codes in filters.items() if name != "state"}
    names = (Entry.search_text, Entry.organisation_search_text)
    ways = [sa.and_(readable, matches(session, filters, q, names[:1], public=False))]
    if q and q.strip():  # whose an entry is counts for a search of those only who may know it
        known = sa.and_(readable, is_readable(actor, with_identity=True))
        ways.append(sa.and_(known, matches(session, filters, q, names, public=False)))
    if not asks_inside:
        outside = matches(session, filters, q, (Entry.public_search_text,), public=True)
        ways.append(sa.and_(is_public(), outside))
    if is_plain:
        ways.append(previewed)
    elif not (q and q.strip()) and not set(filter(filters.get, filters)) - set(INSIDE_FILTERS):
        standing = matches(session, filters, None, (), public=False)
        ways.append(sa.and_(is_previewed_in_office(actor), standing, in_state))
    condition = sa.and_(Entry.kind == kind, sa.or_(*ways))
    inside_time = sa.func.coalesce(Entry.submitted_at, Entry.created_at)
    time = sa.case((sa.or_(readable, previewed), inside_time), else_=Entry.published_at)
    found = listed(session, condition, order(sort, time), sort, cursor, limit)
    facts = facts_of_entries(
        session,
        [entry.row for entry in found.entries],
        actor,
        countries={entry.row.id: entry.countries for entry in found.entries},
    )
    rows = tuple(_row(entry, actor, facts[entry.row.id], now) for entry in found.entries)
    return Page(rows, found.next, found.total)


def mine(session: Session, actor: Actor, *, now: datetime) -> tuple[EntryRow, ...]:
    """The actor's own entries of both kinds, drafts of this browser included, the last touched first."""
    last_touched = Order(Entry.updated_at, is_descending=True)
    found = listed(session, is_own(actor), last_touched, "newest", None, MOST_ROWS).entries
    return _own_rows(session, actor, found, now)


def helped(session: Session, actor: Actor, *, now: datetime) -> tuple[EntryRow, ...]:
    """The entries of others that the actor helps with, the last touched first."""
    last_touched = Order(Entry.updated_at, is_descending=True)
    found = listed(session, is_helped(actor), last_touched, "newest", None, MOST_ROWS).entries
    return _own_rows(session, actor, found, now)


def _own_rows(
    session: Session, actor: Actor, found: Sequence[ReadEntry], now: datetime
) -> tuple[EntryRow, ...]:
    countries = {entry.row.id: entry.countries for entry in found}
    facts = facts_of_entries(session, [entry.row for entry in found], actor, countries=countries)
    return tuple(_row(entry, actor, facts[entry.row.id], now) for entry in found)


def _public_row(entry: ReadEntry, names: Collection[str]) -> EntryRow:
    shown = set(entry.row.public_fields) & set(publishable(entry.row.kind)) & set(names)
    return _limited(entry, shown, None, is_inside=False)


def _row(entry: ReadEntry, actor: Actor, facts: ItemFacts, now: datetime) -> EntryRow:
    shown = shown_fields(actor, entry.row.kind, entry.row.public_fields, facts, now)
    is_inside = _is_inside(actor, facts, now)
    return _limited(entry, shown, shown_state(actor, facts), is_inside=is_inside, today=now.date())


def _is_inside(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    """Beyond the public: state, times and version mean something to them."""
    return may(actor, Action.ENTRY_READ, facts, now) or may(actor, Action.ENTRY_PREVIEW, facts, now)


def _limited(
    entry: ReadEntry,
    shown: Collection[str],
    state: str | None,
    *,
    is_inside: bool,
    today: date | None = None,
) -> EntryRow:
    row = entry.row
    return EntryRow(
        ref=row.ref,
        kind=row.kind,
        version=row.version,
        state=state if is_inside else None,
        publication=row.publication,
        content=entry.content(shown),
        submitted_at=row.submitted_at if is_inside else None,
        published_at=row.published_at,
        updated_at=row.updated_at if is_inside else None,
        has_pending=is_inside and row.has_pending,
        has_result=is_inside and row.kind is EntryKind.OFFER and row.decision_id is not None,
        is_expiring=is_inside and today is not None and is_expiring(row.state, row.valid_until, today),
    )


def _offers(actor: Actor, action: Action, facts: ItemFacts, now: datetime) -> bool:
    """Whether a page shows the button: the actor may do it, and there is something left to do."""
    steps = _STEPS_OF.get(action)
    if steps is not None and facts.kind and facts.state:
        kind, state = facts.kind, facts.state
        return any(has_step(kind, state, step) for step in steps) and may(actor, action, facts, now)
    return may(actor, action, facts, now)


# --- one entry --------------------------------------------------------------------------------------------


def entry_page(
    session: Session, actor: Actor, ref: str, *, now: datetime, kind: EntryKind | None = None
) -> EntryPage:
    """One entry as this actor may see it. Raises NotFound where that is nothing."""
    entry = one(session, ref)
    if entry is None or kind not in (None, entry.row.kind):
        raise NotFound
    row = entry.row
    call = session.get(Call, row.call_id) if row.call_id is not None else None
    facts = facts_of_entries(
        session,
        [row],
        actor,
        countries={row.id: entry.countries},
        calls={call.id: call} if call else {},
    )[row.id]
    if not is_visible(actor, facts, now):
        if row.publication is Publication.UNPUBLISHED:
            return EntryPage(
                _limited(entry, frozenset(), None, is_inside=False), frozenset(), frozenset(), True
            )
        raise NotFound
    shown = shown_fields(actor, row.kind, row.public_fields, facts, now)
    reads = may(actor, Action.ENTRY_READ, facts, now)
    owns = reads and (row.id in actor.entry_ids or facts.owner_id == (actor.account_id or -1))
    writes = owns or (reads and actor.account_id in facts.editor_ids)
    return EntryPage(
        row=_row(entry, actor, facts, now),
        shown=shown,
        may=frozenset(action for action in ASKED_OF_A_PAGE if _offers(actor, action, facts, now)),
        is_own=owns,
        is_helped=reads and helps(actor.account_id, facts),
        is_writer=writes,
        is_confirmed=reads and row.confirmed_at is not None,
        working=entry.content() | (row.pending or {}) if writes else {},
        pending=row.pending or {} if writes else {},
        pending_at=row.pending_at if writes else None,
        files=_files(session, row.id) if may(actor, Action.ATTACHMENT_DOWNLOAD, facts, now) else (),
        n_revisions=row.revision_number if reads else 0,
        content_hash=_hash(session, row.id, row.revision_number) if reads else None,
        call=CallRow(call.ref, call.title, call.closes_at, call.zone) if call else None,
        deadline_at=facts.deadline_at,
        is_full=reads and bool(full_offers(session, [(row.id, row.capacity)])),
    )


def public_page(session: Session, ref: str, *, now: datetime, kind: EntryKind | None = None) -> EntryPage:
    """One entry as everybody sees it; what the owner's preview of publication shows."""
    return entry_page(session, SIGNED_OUT, ref, now=now, kind=kind)


def _files(session: Session, entry_id: int) -> tuple[FileRow, ...]:
    rows = session.execute(
        sa.select(Attachment)
        .where(Attachment.entry_id == entry_id, Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    ).scalars()
    return tuple(FileRow(row.ref, row.name, row.media_type, row.size, row.uploaded_at) for row in rows)


def _hash(session: Session, entry_id: int, number: int) -> str | None:
    return session.execute(
        sa.select(Revision.content_hash).where(Revision.entry_id == entry_id, Revision.number == number)
    ).scalar_one_or_none()
