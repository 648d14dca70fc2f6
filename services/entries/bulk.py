"""How do many entries come in at once: an import, a world for load tests?

One by one, through the use cases, ten thousand would take an hour. Here the same rows are written in batches:
columns, terms, words for searching, organisation, revision, change for matching, event of the audit trail. No
mail goes out. Whoever calls has checked the content; nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.entries import Entry, EntryChange, Revision
from models.people import Organisation
from services import audit, vocabularies
from services.entries.content import CLASSES, PREFIXES, apply_content, content_hash, content_of, empty_content
from services.entries.rows import audited, settle_publication
from services.references import next_reference
from vocabulary.people import Actor
from vocabulary.states import EntryKind, Publication

BATCH = 250
"""Entries that fit into memory and one flush."""

Place = tuple[str, str | None]
"""A plain name of an organisation, and its country."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry to write: a draft where `submitted_at` is None, published where `published_at` is given."""

    kind: EntryKind
    content: Mapping[str, Any]
    state: str
    begun_at: datetime
    submitted_at: datetime | None = None
    published_at: datetime | None = None
    call_id: int | None = None
    owner_id: int | None = None

    @property
    def place(self) -> Place:
        """By what the organisation of the entry is known."""
        return plain_name(self.content["organisation_name"]), self.content["organisation_country"]


@dataclass(slots=True)
class Organisations:
    """The organisations there are, to be found again by name and country; learns the new ones."""

    _known: dict[Place, int] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session) -> Organisations:
        """Every organisation that was not merged into another, by its name and its aliases."""
        rows = session.execute(
            sa.select(Organisation.id, Organisation.name, Organisation.aliases, Organisation.country)
            .where(Organisation.merged_into_id.is_(None))
            .order_by(Organisation.id.desc())
        )
        return cls(
            {(plain_name(name), row.country): row.id for row in rows for name in (*row.aliases, row.name)}
        )

    def id_of(self, place: Place) -> int:
        """The id of one that is known. Raises KeyError."""
        return self._known[place]

    def learn(self, session: Session, actor: Actor, entries: Sequence[NewEntry]) -> None:
        """Make those that entries name and nobody knows."""
        made: dict[Place, Organisation] = {}
        for entry in entries:
            if entry.place not in self._known and entry.place not in made:
                made[entry.place] = _organisation(session, entry)
        session.add_all(made.values())
        session.flush()
        for place, row in made.items():
            self._known[place] = row.id
            subject = ("organisation", row.ref)
            audit.record(session, actor, "organisation.create", subject, now=row.created_at)


def _organisation(session: Session, entry: NewEntry) -> Organisation:
    content = entry.content
    return Organisation(
        ref=next_reference(session, "ORG", entry.begun_at),
        name=content["organisation_name"],
        acronym=content.get("organisation_acronym"),
        aliases=[],
        kind=content.get("organisation_kind"),
        country=content["organisation_country"],
        site=content.get("organisation_site"),
        created_at=entry.begun_at,
        updated_at=entry.begun_at,
    )


def write_entries(
    session: Session, actor: Actor, entries: Sequence[NewEntry], organisations: Organisations, action: str
) -> list[str]:
    """Write some entries, at most BATCH; returns their references. `action` names it in the audit trail."""
    submitted = [entry for entry in entries if entry.submitted_at is not None]
    organisations.learn(session, actor, submitted)
    rows = [_row(session, entry, organisations) for entry in entries]
    session.add_all(rows)
    session.flush()
    revisions, changes = [], []
    for row in rows:
        said = {name: value for name, value in content_of(row).items() if value}
        after: dict[str, Any] = {"state": row.state} | audited(said)
        if row.submitted_at is not None:
            revisions.append(_revision(row, actor))
            changes.append({"entry_id": row.id, "at": row.updated_at})
            after = {"state": row.state, "revision": 1, "content_hash": revisions[-1]["content_hash"]}
        audit.record(session, actor, action, ("entry", row.ref), now=row.updated_at, after=after)
    if revisions:
        session.execute(sa.insert(Revision), revisions)
        session.execute(sa.insert(EntryChange), changes)
    return [row.ref for row in rows]


def _row(session: Session, new: NewEntry, organisations: Organisations) -> Entry:
    is_submitted = new.submitted_at is not None
    currency = new.content.get("currency")
    rate = vocabularies.usd_rate(session, currency) if currency and is_submitted else None
    row = CLASSES[new.kind](
        ref=next_reference(session, PREFIXES[new.kind], new.begun_at),
        state=new.state,
        publication=Publication.NONE,
        call_id=new.call_id,
        owner_id=new.owner_id,
        organisation_id=organisations.id_of(new.place) if is_submitted else None,
        opened_at=new.begun_at,
        submitted_at=new.submitted_at,
        published_at=new.published_at,
        confirmed_at=new.submitted_at if new.owner_id is not None else None,
        revision_number=int(is_submitted),
        usd_rate=rate[0] if rate else None,
        usd_rate_on=rate[1] if rate else None,
        created_at=new.begun_at,
        updated_at=new.published_at or new.submitted_at or new.begun_at,
        terms=[],
        self_assessment={},
    )
    apply_content(row, {**empty_content(new.kind), **new.content})
    if new.published_at is not None:
        row.publication = Publication.PUBLISHED
    elif is_submitted:
        settle_publication(row)
    return row


def _revision(row: Entry, actor: Actor) -> dict[str, Any]:
    content = content_of(row)
    return {
        "entry_id": row.id,
        "number": 1,
        "content": content,
        "files": [],
        "content_hash": content_hash({"content": content, "files": []}),
        "submitted_at": row.submitted_at,
        "submitted_by_id": actor.account_id,
    }
