"""Find, make, rename and merge organisations; the row that is merged away keeps its id and history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.conflicts import Affiliation
from models.entries import Entry
from models.people import Account, Organisation
from procedure.access import require
from procedure.facts import NOTHING
from services import audit
from services.references import next_reference
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor


def find_or_create(
    session: Session, actor: Actor, content: Mapping[str, Any], *, now: datetime
) -> Organisation:
    """The organisation that an entry names: the same name in the same country, or else a new one.

    Only an exact name (case, accents, signs and legal form apart) is taken as the same; whatever is merely
    alike is shown to the writer and, later, to an officer, who may merge.
    """
    name, country = content["organisation_name"], content["organisation_country"]
    wanted = plain_name(name)
    rows = session.execute(
        sa.select(Organisation)
        .where(Organisation.merged_into_id.is_(None), _in_country(country))
        .order_by(Organisation.id)
    ).scalars()
    for row in rows:
        if wanted in {plain_name(known) for known in (row.name, *row.aliases)}:
            return row
    made = Organisation(
        ref=next_reference(session, "ORG", now),
        name=name,
        acronym=content.get("organisation_acronym"),
        aliases=[],
        kind=content.get("organisation_kind"),
        country=country,
        site=content.get("organisation_site"),
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "organisation.create", ("organisation", made.ref), now=now)
    return made


def known_as(session: Session, name: str) -> Organisation | None:
    """The organisation that goes by this very name, in whatever country; None for none or several.

    Several share a name only where an officer has not merged them, and then nobody can say which is meant.
    """
    wanted = plain_name(name)
    query = sa.select(Organisation).where(Organisation.merged_into_id.is_(None)).order_by(Organisation.id)
    rows = session.execute(query).scalars()
    found = [row for row in rows if wanted in {plain_name(known) for known in (row.name, *row.aliases)}]
    return found[0] if wanted and len(found) == 1 else None


def _in_country(country: str | None) -> sa.ColumnElement[bool]:
    return Organisation.country == country if country else Organisation.country.is_(None)


def rename(
    session: Session, actor: Actor, ref: str, name: str, expected_version: int, *, now: datetime
) -> Organisation:
    """Give an organisation another name; the old one stays as an alias, so that it is still found."""
    require(actor, Action.ORGANISATION_MERGE, NOTHING, now)
    row = _fetch(session, ref)
    _check_version(row, expected_version)
    if not name.strip():
        raise Invalid({"name": [Message("Give the organisation a name.")]})
    before = row.name
    row.aliases = sorted({*row.aliases, before} - {name.strip()})
    row.name, row.updated_at = name.strip(), now
    session.flush()
    audit.record(
        session,
        actor,
        "organisation.rename",
        ("organisation", ref),
        now=now,
        before={"name": before},
        after={"name": row.name},
    )
    return row


def merge(
    session: Session,
    actor: Actor,
    ref: str,
    into_ref: str,
    expected_version: int,
    reason: str,
    *,
    now: datetime,
) -> Organisation:
    """Make one organisation part of another: its entries and people move, its names become aliases.

    Raises Conflict when one of them was merged before, Invalid when both are the same.
    """
    require(actor, Action.ORGANISATION_MERGE, NOTHING, now)
    if ref == into_ref:
        raise Invalid({"into": [Message("Choose another organisation than the one to be merged.")]})
    first, second = sorted((ref, into_ref))
    rows = {row_ref: _fetch(session, row_ref) for row_ref in (first, second)}
    gone, kept = rows[ref], rows[into_ref]
    _check_version(gone, expected_version)
    kept.aliases = sorted({*kept.aliases, *gone.aliases, gone.name} - {kept.name})
    kept.acronym = kept.acronym or gone.acronym
    kept.updated_at = gone.updated_at = now
    gone.merged_into_id = kept.id
    session.flush()
    moved = [
        session.execute(
            sa.update(model)
            .where(model.organisation_id == gone.id)
            .values(organisation_id=kept.id)
            .returning(model.id)
        ).all()
        for model in (Entry, Account, Affiliation)
    ]
    audit.record(
        session,
        actor,
        "organisation.merge",
        ("organisation", ref),
        now=now,
        after={
            "into": into_ref,
            "entries": sorted(row.id for row in moved[0]),
            "accounts": sorted(row.id for row in moved[1]),
        },
        reason=reason,
    )
    return kept


def _fetch(session: Session, ref: str) -> Organisation:
    row = session.execute(
        sa.select(Organisation).where(Organisation.ref == ref).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.merged_into_id is not None:
        raise Conflict(Message("This organisation was merged into another one."), code="merged")
    return row


def _check_version(row: Organisation, expected: int) -> None:
    if row.version != expected:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Compare both versions and repeat your change."),
            code="version_conflict",
            extra={"version": row.version, "current": {"name": row.name, "aliases": list(row.aliases)}},
        )
