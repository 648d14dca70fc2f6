"""May the rows of a file become entries, and what is wrong with each? Checks all, then writes all or none.

A row enters what the form would take, and is refused for what the form refuses. Entries that are here already
are never changed by an import: their owners do that. Nobody is mailed. Knows nothing of how the file looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from matching.names import plain_name, similar_names
from models.calls import Call
from models.entries import Entry, Revision
from models.people import Account
from procedure.access import refusal, require
from procedure.entries import errors_for_submission
from procedure.facts import NOTHING
from procedure.reasons import REASONS
from services import audit
from services.entries.bulk import BATCH, NewEntry, Organisations, write_entries
from services.entries.codes import check_codes
from services.entries.content import canonical, content_hash, content_of, empty_content
from services.entries.drafts import INVITES
from services.entries.search import findable
from services.entries.submission import OFFER_STANDS
from services.facts import call_facts
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import EntryKind

DRAFT, SUBMITTED = "draft", "submitted"
ALIKE = 0.93
MOST_COMPARED = 60
"""Titles of one organisation that are compared letter by letter; beyond that only equal ones are told."""

_CHUNK = 500
Item = TypeVar("Item")

NOBODYS_DRAFT = Message(
    "No account has this confirmed address, so nobody could open the draft, and it is deleted after 90 days. "
    "Let the person sign in first, or import the row as submitted."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, and its values as the schema read them, `ref` and `call` too."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, or worth a look, in one row and column."""

    row: int | None
    column: str | None
    message: Message


@dataclass(slots=True)
class Checked:
    """What an import would do. With any fault it does nothing."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    new: list[tuple[int, NewEntry]] = field(default_factory=list)
    n_unchanged: int = 0

    def refuse(self, row: int | None, column: str | None, message: Message) -> None:
        """Note a fault."""
        self.faults.append(Fault(row, column, message))

    def warn(self, row: int, column: str | None, message: Message) -> None:
        """Note what a person should look at."""
        self.warnings.append(Fault(row, column, message))


@dataclass(frozen=True, slots=True)
class Wanted:
    """How rows are to be entered: which kind, as drafts or submitted, to which call, each as a new one."""

    kind: EntryKind
    state: str = SUBMITTED
    call_ref: str | None = None
    is_all_new: bool = False


def check_entries(
    session: Session, actor: Actor, wanted: Wanted, rows: Sequence[Row], *, now: datetime
) -> Checked:
    """Everything that is wrong with any row, and what would be entered. Raises Refused."""
    require(actor, Action.ENTRY_IMPORT, NOTHING, now)
    checked = Checked()
    calls = _Calls(session, wanted.kind, now)
    owners = _owners(session, rows)
    known = [row for row in rows if row.values.get("ref") and not wanted.is_all_new]
    _check_known(session, known, wanted.kind, checked)
    for row in rows:
        if row.values.get("ref") and not wanted.is_all_new:
            continue
        content = _content(wanted, row, now)
        _check_content(session, wanted, row.number, content, checked, now)
        new = NewEntry(
            kind=wanted.kind,
            content=content,
            state=wanted.state,
            begun_at=now,
            submitted_at=now if wanted.state == SUBMITTED else None,
            call_id=calls.id_of(wanted.call_ref or row.values.get("call"), row.number, checked),
            owner_id=owners.get(content["contact_email"] or ""),
        )
        checked.new.append((row.number, new))
        if wanted.state != SUBMITTED and new.owner_id is None:
            checked.warn(row.number, "contact_email", NOBODYS_DRAFT)
    _check_repeats(session, checked)
    _check_alike(session, checked)
    return checked


def _content(wanted: Wanted, row: Row, now: datetime) -> dict[str, Any]:
    """Every field, those that the row lacks empty; an offer without an end stands as long as usual."""
    content = {**empty_content(wanted.kind), **_said(wanted.kind, row)}
    if wanted.state == SUBMITTED and wanted.kind is EntryKind.OFFER and content["valid_until"] is None:
        content["valid_until"] = (now.date() + OFFER_STANDS).isoformat()
    return content


def _said(kind: EntryKind, row: Row) -> dict[str, Any]:
    return canonical(kind, {name: value for name, value in row.values.items() if name not in ("ref", "call")})


def _check_content(
    session: Session, wanted: Wanted, number: int, content: dict[str, Any], checked: Checked, now: datetime
) -> None:
    """Notes whatever the form would refuse."""
    try:
        check_codes(session, wanted.kind, content, language="en")
    except Invalid as wrong:
        _refuse_all(checked, number, wrong.errors)
    if wanted.state == SUBMITTED:
        _refuse_all(checked, number, errors_for_submission(wanted.kind, content, today=now.date()))


def _refuse_all(checked: Checked, number: int, errors: Mapping[str, Sequence[Message]]) -> None:
    for name, messages in errors.items():
        for message in messages:
            checked.refuse(number, name, message)


class _Calls:
    """The calls that rows name, asked for once each."""

    def __init__(self, session: Session, kind: EntryKind, now: datetime) -> None:
        self._session, self._kind, self._now = session, kind, now
        self._found: dict[str, tuple[int | None, Message | None]] = {}

    def id_of(self, ref: str | None, row: int, checked: Checked) -> int | None:
        """The id of a call that takes entries of the kind now; whatever speaks against it is noted."""
        if not ref:
            return None
        if ref not in self._found:
            self._found[ref] = self._find(ref)
        call_id, fault = self._found[ref]
        if fault is not None:
            checked.refuse(row, "call", fault)
        return call_id

    def _find(self, ref: str) -> tuple[int | None, Message | None]:
        call = self._session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one_or_none()
        if call is None:
            return None, Message("There is no call {ref}.", ref=ref)
        if call.kind not in INVITES[self._kind]:
            return None, Message("This call does not invite entries of this kind.")
        code = refusal(SIGNED_OUT, Action.ENTRY_CREATE, call_facts(call, opened_at=self._now), self._now)
        return call.id, REASONS[code] if code is not None else None


def _owners(session: Session, rows: Sequence[Row]) -> dict[str, int]:
    """Accounts whose confirmed address is the contact's: what is entered is theirs."""
    addresses = sorted({str(row.values.get("contact_email") or "").lower() for row in rows} - {""})
    found: dict[str, int] = {}
    for some in _chunks(addresses):
        query = sa.select(Account.email, Account.id).where(
            Account.email.in_(some), Account.email_confirmed_at.is_not(None), Account.is_disabled.is_(False)
        )
        found |= {row.email: row.id for row in session.execute(query)}
    return found


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _check_known(session: Session, rows: Sequence[Row], kind: EntryKind, checked: Checked) -> None:
    """Rows with a reference: it must be here, and say the same; then there is nothing to do."""
    for some in _chunks(rows):
        query = (
            sa.select(Entry)
            .where(Entry.kind == kind, Entry.ref.in_([row.values["ref"] for row in some]))
            .options(selectinload(Entry.terms))
        )
        here = {entry.ref: content_of(entry) for entry in session.execute(query).scalars()}
        for row in some:
            _compare(row, _said(kind, row), here.get(row.values["ref"]), checked)


def _compare(row: Row, said: Mapping[str, Any], here: Mapping[str, Any] | None, checked: Checked) -> None:
    if here is None:
        message = Message(
            "There is no {ref} here. Empty the cell to enter the row as a new one.", ref=row.values["ref"]
        )
        checked.refuse(row.number, "ref", message)
        return
    differing = [name for name, value in said.items() if value != here[name]]
    for name in differing:
        checked.refuse(
            row.number,
            name,
            Message(
                "{ref} says something else here. An import changes no entry; its owner does.",
                ref=row.values["ref"],
            ),
        )
    checked.n_unchanged += not differing


def _check_repeats(session: Session, checked: Checked) -> None:
    """The same content twice is a mistake: in the file, or in the file and here."""
    rows_of: dict[str, int] = {}
    hashes = {number: content_hash({"content": new.content, "files": []}) for number, new in checked.new}
    for number, digest in hashes.items():
        first = rows_of.setdefault(digest, number)
        if first != number:
            checked.refuse(number, None, Message("This row repeats row {row}.", row=first))
    for some in _chunks(sorted(rows_of)):
        query = (
            sa.select(Revision.content_hash, sa.func.min(Entry.ref))
            .join(Entry, Entry.id == Revision.entry_id)
            .where(Revision.content_hash.in_(some), Entry.state != "withdrawn")
            .group_by(Revision.content_hash)
        )
        for digest, ref in session.execute(query):
            checked.refuse(rows_of[digest], None, Message("This is here already, as {ref}.", ref=ref))


def _check_alike(session: Session, checked: Checked) -> None:
    """Titles of one organisation that are nearly the same, in the file or here, are pointed out."""
    groups: dict[tuple[str, str | None], list[tuple[int, str]]] = {}
    for number, new in checked.new:
        title, name = new.content["title"], new.content["organisation_name"]
        if title and name:
            place = (plain_name(name), new.content["organisation_country"])
            groups.setdefault(place, []).append((number, title))
    for titles in groups.values():
        _warn_alike(titles, checked)
    _warn_known(session, groups, checked)


def _warn_alike(titles: Sequence[tuple[int, str]], checked: Checked) -> None:
    seen: dict[str, list[str]] = {}
    for number, title in titles:
        found = similar_names(title, seen, limit=1, cutoff=ALIKE) if len(seen) < MOST_COMPARED else []
        if found:
            checked.warn(
                number,
                "title",
                Message("Nearly the same as row {row}; is it the same entry?", row=int(found[0].key)),
            )
        seen[str(number)] = [title]


def _warn_known(
    session: Session, groups: Mapping[tuple[str, str | None], Sequence[tuple[int, str]]], checked: Checked
) -> None:
    rows = {
        (findable(title)[:80], place[0]): number for place, some in groups.items() for number, title in some
    }
    kinds = {new.kind for _, new in checked.new}
    for some in _chunks(sorted(key for key, _ in rows)):
        query = sa.select(Entry.ref, Entry.title_key, Entry.organisation_name).where(
            Entry.title_key.in_(some), Entry.kind.in_(kinds), Entry.submitted_at.is_not(None)
        )
        for ref, key, name in session.execute(query):
            number = rows.get((key, plain_name(name or "")))
            if number is not None:
                message = Message("{ref} has the same title, by the same organisation.", ref=ref)
                checked.warn(number, "title", message)


def enter(
    session: Session,
    actor: Actor,
    checked: Checked,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda n: None,
) -> list[str]:
    """Write what was checked, in the caller's transaction; returns the references. Nothing may be wrong."""
    require(actor, Action.ENTRY_IMPORT, NOTHING, now)
    if checked.faults:
        raise ValueError("rows with faults are not entered")
    organisations = Organisations.of(session)
    refs: list[str] = []
    for batch in _batches(new for _, new in checked.new):
        refs += write_entries(session, actor, batch, organisations, "entry.import")
        audit.seal(session)
        session.expunge_all()  # so that memory does not grow with the file
        progress(len(refs))
    return refs


def _batches(entries: Iterable[NewEntry]) -> Iterator[list[NewEntry]]:
    batch: list[NewEntry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
