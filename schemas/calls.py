"""Calls as they go out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema


class CallSchema(HouseSchema):
    """A dated invitation, in the caller's language."""

    ref = fields.String(required=True)
    kind = fields.String(required=True)
    phase = fields.String(required=True, metadata={"description": "In words of the caller's language"})
    is_open = fields.Boolean(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    text_language = fields.String(required=True)
    strategies = fields.List(fields.String(), required=True)
    opens_at = fields.AwareDateTime(required=True)
    closes_at = fields.AwareDateTime(allow_none=True)
    zone = fields.String(required=True, metadata={"description": "IANA zone in which the deadline is shown"})
    minimum_reviews = fields.Integer()


class CallsSchema(HouseSchema):
    """Every call that was announced."""

    items = fields.List(fields.Nested(CallSchema), required=True)
    next = fields.String(allow_none=True)
