"""May the rows of a file become organisations? Checks all of them, then writes all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
ALIKE = 0.9
MOST_COMPARED = 1_000
"""Organisations of one country that are compared letter by letter; beyond that only equal names are told."""

Known = dict[str | None, dict[str, str]]
"""By country: a plain name, and the reference (or the row) it stands for."""


def check_organisations(
    session: Session, actor: Actor, rows: Sequence[Row], *, is_all_new: bool, now: datetime
) -> tuple[Checked, list[Mapping[str, Any]]]:
    """Everything that is wrong with any row, and the values of those to be entered. Raises Refused."""
    require(actor, Action.ENTRY_IMPORT, NOTHING, now)
    checked, new = Checked(), []
    here = list(session.execute(sa.select(Organisation).order_by(Organisation.id)).scalars())
    by_ref = {row.ref: row for row in here}
    known: Known = {}
    for body in here:
        if body.merged_into_id is None:
            names = {plain_name(name): body.ref for name in (*body.aliases, body.name)}
            known.setdefault(body.country, {}).update(names)
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


def _is_new(row: Row, known: Known, checked: Checked) -> bool:
    """Not here yet, by its name and country, and in no row above; what is only alike is pointed out."""
    name, there = row.values.get("name"), known.setdefault(row.values.get("country"), {})
    if not name:
        checked.refuse(row.number, "name", Message("Name the organisation."))
        return False
    plain = plain_name(name)
    if plain in there:
        checked.refuse(row.number, "name", Message("This is here already, as {ref}.", ref=there[plain]))
        return False
    neighbours = {ref: [other] for other, ref in there.items()} if len(there) <= MOST_COMPARED else {}
    found = similar_names(name, neighbours, limit=1, cutoff=ALIKE)
    if found:
        message = Message("Nearly the same as {ref}; is it the same organisation?", ref=found[0].key)
        checked.warn(row.number, "name", message)
    there[plain] = Message("row {row}", row=row.number)
    return True


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
