"""The table of what is asked and what is offered, as it goes out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema


class CoverageCellSchema(HouseSchema):
    """One need in one region; null where the entries do not say."""

    need = fields.String(required=True, allow_none=True)
    region = fields.String(required=True, allow_none=True)
    asked = fields.Integer(required=True)
    offered = fields.Integer(required=True)
    usd_asked = fields.Float(
        required=True, metadata={"description": "US dollars; requests without an amount add 0"}
    )
    gap = fields.Boolean(required=True, metadata={"description": "asked, and nobody offers"})
    met = fields.Integer(metadata={"description": "With an agreed match; for the secretariat only"})
    unmet = fields.Integer(metadata={"description": "For the secretariat only"})


class UnaskedOfferSchema(HouseSchema):
    """An offer that nobody asks for."""

    ref = fields.String(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)


class WaitingSchema(HouseSchema):
    """A request without an agreed match, and the calls that closed since it was submitted."""

    ref = fields.String(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)
    submitted_on = fields.Date(required=True)
    calls = fields.Integer(required=True)


class CoverageSchema(HouseSchema):
    """What is asked for and what is offered, by need and IPBES region."""

    requests = fields.Integer(required=True)
    offers = fields.Integer(required=True)
    items = fields.List(fields.Nested(CoverageCellSchema), required=True)
    unasked_offers = fields.List(fields.Nested(UnaskedOfferSchema), required=True)
    waiting = fields.List(
        fields.Nested(WaitingSchema),
        required=True,
        metadata={"description": "those that waited through most calls first; empty but for the secretariat"},
    )
    next = fields.String(required=True, allow_none=True)
