"""The thread of an entry, as it comes in and goes out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.values import Words
from services.messages import LONGEST


class NewMessageSchema(HouseSchema):
    """Something to write."""

    text = Words(longest=LONGEST, required=True)


class EntryMessageSchema(HouseSchema):
    """One message; `by` is null where the reader knows the other side as the secretariat."""

    text = fields.String(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    is_from_office = fields.Boolean(required=True)
    by = fields.String(required=True, allow_none=True)


class ThreadSchema(HouseSchema):
    """What was written about an entry, the first message first."""

    items = fields.List(fields.Nested(EntryMessageSchema), required=True, attribute="rows")
    next = fields.String(dump_default=None, allow_none=True)
