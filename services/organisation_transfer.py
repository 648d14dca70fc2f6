"""May the rows of a file become organisations? Checks all of them, then writes all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name, similar_names
from models.people import Organisation
from procedure.access import require
from procedure.facts import NOTHING
from services import audit, vocabularies
from services.references import next_reference
from services.transfer import Checked, Row
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.people import Actor

VOCABULARIES = {"kind": "organisation_kinds", "country": "countries", "stakeholder_role": "stakeholder_roles"}
"""Columns that hold a code, and of which vocabulary."""

FIELDS = ("name", "acronym", "aliases", "kind", "country", "site", "stakeholder_role")
MOST_COMPARED = 3_000
"""Organisations of one country that are compared letter by letter."""

Place = tuple[str, str | None]


def check_organisations(
    session: Session, actor: Actor, rows: Sequence[Row], *, is_all_new: bool, now: datetime
) -> tuple[Checked, list[Mapping[str, Any]]]:
    """Everything that is wrong with any row, and the values of those to be entered. Raises Refused."""
    require(actor, Action.ENTRY_IMPORT, NOTHING, now)
    checked, new = Checked(), []
    here = list(session.execute(sa.select(Organisation).order_by(Organisation.id)).scalars())
    by_ref = {row.ref: row for row in here}
    known = {
        (plain_name(name), row.country): row.ref
        for row in here
        if row.merged_into_id is None
        for name in (*row.aliases, row.name)
    }
    for row in rows:
        _check_codes(session, row, checked)
        ref = None if is_all_new else row.values.get("ref")
        if ref:
            _compare(row, by_ref.get(ref), checked)
        elif _is_new(row, known, checked):
            new.append(row.values)
    return checked, new


def _check_codes(session: Session, row: Row, checked: Checked) -> None:
    for name, vocabulary in VOCABULARIES.items():
        code = row.values.get(name)
        if code is None or code in vocabularies.terms(session, vocabulary):
            continue
        close = vocabularies.close_codes(session, vocabulary, code)
        message = Message("There is no “{code}” in this list.", code=code)
        if close:
            message = Message(
                "There is no “{code}” in this list. The list has {codes}.", code=code, codes=close
            )
        checked.refuse(row.number, name, message)


def _compare(row: Row, here: Organisation | None, checked: Checked) -> None:
    if here is None:
        message = Message(
            "There is no {ref} here. Empty the cell to enter the row as a new one.", ref=row.values["ref"]
        )
        checked.refuse(row.number, "ref", message)
        return
    differing = [name for name in FIELDS if name in row.values and row.values[name] != getattr(here, name)]
    for name in differing:
        message = Message(
            "{ref} says something else here. An import changes no organisation; an officer does.",
            ref=here.ref,
        )
        checked.refuse(row.number, name, message)
    checked.n_unchanged += not differing


def _is_new(row: Row, known: dict[Place, str], checked: Checked) -> bool:
    """Not here yet, by its name and country, and in no row above; what is only alike is pointed out."""
    name, country = row.values.get("name"), row.values.get("country")
    if not name:
        checked.refuse(row.number, "name", Message("Name the organisation."))
        return False
    place = (plain_name(name), country)
    if place in known:
        checked.refuse(row.number, "name", Message("This is here already, as {ref}.", ref=known[place]))
        return False
    neighbours = {ref: [plain] for (plain, where), ref in _of(known, country)}
    found = similar_names(name, neighbours, limit=1, cutoff=0.9) if len(neighbours) <= MOST_COMPARED else []
    if found:
        message = Message("Nearly the same as {ref}; is it the same organisation?", ref=found[0].key)
        checked.warn(row.number, "name", message)
    known[place] = Message("row {row}", row=row.number)
    return True


def _of(known: Mapping[Place, str], country: str | None) -> Iterable[tuple[Place, str]]:
    return [(place, ref) for place, ref in known.items() if place[1] == country]


def enter_organisations(
    session: Session, actor: Actor, new: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[str]:
    """Write what was checked, in the caller's transaction; returns the references."""
    require(actor, Action.ENTRY_IMPORT, NOTHING, now)
    rows = [
        Organisation(
            ref=next_reference(session, "ORG", now),
            created_at=now,
            updated_at=now,
            **{name: values.get(name) for name in FIELDS if name != "aliases"},
            aliases=list(values.get("aliases") or ()),
        )
        for values in new
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        audit.record(session, actor, "organisation.import", ("organisation", row.ref), now=now)
    return [row.ref for row in rows]
