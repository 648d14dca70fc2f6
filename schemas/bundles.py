"""Bundles of requests as they go out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema


class NamedEntrySchema(HouseSchema):
    """An entry of a bundle."""

    ref = fields.String(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)


class BundleSchema(HouseSchema):
    """Requests that one concept note could serve, the most typical first, and the offers nearest to them."""

    names = fields.List(fields.String(), required=True)
    requests = fields.List(fields.Nested(NamedEntrySchema), required=True)
    offers = fields.List(fields.Nested(NamedEntrySchema), required=True)
    needs = fields.List(fields.String(), required=True)
    countries = fields.List(fields.String(), required=True)
    usd_asked = fields.Float(
        required=True, metadata={"description": "US dollars; requests without an amount add 0"}
    )
    cohesion = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})


class BundlesProgressSchema(HouseSchema):
    """How many requests the background job has read, and of how many."""

    done = fields.Integer(required=True)
    of = fields.Integer(required=True)


class BundlesSchema(HouseSchema):
    """Bundles, the largest first. `cut` when only the newest requests were compared."""

    items = fields.List(fields.Nested(BundleSchema), required=True)
    compared = fields.Integer(required=True)
    cut = fields.Boolean(required=True)
    made_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "where a background job made them; null: made for this answer"},
    )
    stale = fields.Boolean(required=True, metadata={"description": "entries changed since `made_at`"})
    progress = fields.Nested(
        BundlesProgressSchema,
        required=True,
        allow_none=True,
        metadata={"description": "of a background job under way; null: none is"},
    )
    next = fields.String(required=True, allow_none=True)
