"""How do ten thousand further entries come in quickly, as they would be after years of use?

Written straight into the tables, since use cases would take an hour: with the columns, terms, revision, words
for searching, change for matching and event of the audit trail that a use case would have left.
Batch by batch, so that memory stays level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.calls import Call
from models.entries import Entry, EntryChange, Revision
from models.people import Organisation
from seed.demo.plan import EntryPlan
from services import audit, vocabularies
from services.entries.content import CLASSES, PREFIXES, apply_content, content_hash, content_of, empty_content
from services.references import next_reference
from vocabulary.people import SYSTEM
from vocabulary.states import EntryKind, Publication

BATCH = 250
PUBLISHED_AFTER = timedelta(hours=30)

Place = tuple[str, str | None]
"""A plain name of an organisation, and its country."""


def batches(plans: Iterable[EntryPlan]) -> Iterator[list[EntryPlan]]:
    """The entries in groups that fit into memory and into one transaction."""
    left = iter(plans)
    while batch := list(islice(left, BATCH)):
        yield batch


def known_organisations(session: Session) -> dict[Place, int]:
    """The organisations there are, to be found again by name and country."""
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name, Organisation.country).order_by(Organisation.id.desc())
    )
    return {(plain_name(name), country): id_ for id_, name, country in rows}


def insert_batch(
    session: Session,
    plans: Sequence[EntryPlan],
    calls: dict[str, str],
    known: dict[Place, int],
    now: datetime,
) -> None:
    """Write some entries that are submitted and published; `known` learns their organisations."""
    found = session.execute(sa.select(Call.ref, Call.id).where(Call.ref.in_(calls.values())))
    call_ids = {row.ref: row.id for row in found}
    _new_organisations(session, plans, known)
    made = [_entry(session, plan, call_ids[calls[plan.call]], known, now) for plan in plans]
    session.add_all(made)
    session.flush()
    revisions, changes = [], []
    for entry in made:
        revision = _revision(entry)
        revisions.append(revision)
        changes.append({"entry_id": entry.id, "at": entry.updated_at})
        after = {"state": entry.state, "revision": 1, "content_hash": revision["content_hash"]}
        audit.record(session, SYSTEM, "entry.load", ("entry", entry.ref), now=entry.updated_at, after=after)
    session.execute(sa.insert(Revision), revisions)
    session.execute(sa.insert(EntryChange), changes)


def _place(plan: EntryPlan) -> Place:
    return plain_name(plan.fields["organisation_name"]), plan.fields["organisation_country"]


def _new_organisations(session: Session, plans: Sequence[EntryPlan], known: dict[Place, int]) -> None:
    made: dict[Place, Organisation] = {}
    for plan in plans:
        place, begun = _place(plan), plan.begun_at
        if place in known or place in made:
            continue
        made[place] = Organisation(
            ref=next_reference(session, "ORG", begun),
            name=plan.fields["organisation_name"],
            acronym=plan.fields["organisation_acronym"],
            aliases=[],
            kind=plan.fields["organisation_kind"],
            country=plan.fields["organisation_country"],
            created_at=begun,
            updated_at=begun,
        )
    session.add_all(made.values())
    session.flush()
    known.update({place: row.id for place, row in made.items()})


def _entry(session: Session, plan: EntryPlan, call_id: int, known: dict[Place, int], now: datetime) -> Entry:
    kind, submitted = EntryKind(plan.kind), plan.submitted_at or plan.begun_at
    published = min(submitted + PUBLISHED_AFTER, now)
    currency = plan.fields["currency"]
    rate = vocabularies.usd_rate(session, currency) if currency else None
    entry = CLASSES[kind](
        ref=next_reference(session, PREFIXES[kind], plan.begun_at),
        state=plan.state,
        publication=Publication.PUBLISHED,
        call_id=call_id,
        organisation_id=known[_place(plan)],
        opened_at=plan.begun_at,
        submitted_at=submitted,
        published_at=published,
        revision_number=1,
        usd_rate=rate[0] if rate else None,
        usd_rate_on=rate[1] if rate else None,
        created_at=plan.begun_at,
        updated_at=published,
        terms=[],
        self_assessment={},
    )
    apply_content(entry, {**empty_content(kind), **plan.fields})
    return entry


def _revision(entry: Entry) -> dict[str, Any]:
    content = content_of(entry)
    return {
        "entry_id": entry.id,
        "number": 1,
        "content": content,
        "files": [],
        "content_hash": content_hash({"content": content, "files": []}),
        "submitted_at": entry.submitted_at,
    }
