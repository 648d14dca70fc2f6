"""What does a row of an imported file look like? The fields of the form, and what tells rows apart."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.entries import CONTENT_SCHEMAS
from schemas.values import Code, Site, Words
from vocabulary.states import EntryKind


class OrganisationRowSchema(HouseSchema):
    """One organisation."""

    ref = Code()
    name = Words(longest=300, one_line=True)
    acronym = Words(longest=40, one_line=True)
    aliases = fields.List(Words(longest=300, one_line=True))
    kind = Code()
    country = Code()
    site = Site()
    stakeholder_role = Code()


def _row(kind: EntryKind) -> type[HouseSchema]:
    return type(f"{kind.value.title()}RowSchema", (CONTENT_SCHEMAS[kind],), {"ref": Code(), "call": Code()})


ROW_SCHEMAS: Mapping[EntryKind, type[HouseSchema]] = {kind: _row(kind) for kind in EntryKind}
"""A request or an offer, with the reference it has here (if any) and the call it answers."""
