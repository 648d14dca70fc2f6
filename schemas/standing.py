"""How long an offer stands, as it goes out, and what can be asked of it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.values import Day, Words
from vocabulary.states import OfferState


class StandingReasonSchema(HouseSchema):
    """Why; nobody has to say, but where an officer lifts the end."""

    reason = Words(longest=2_000)


class RenewalSchema(HouseSchema):
    """Until when; without it twelve months from today."""

    valid_until = Day(load_default=None)


class StandingSchema(HouseSchema):
    """How an offer stands, and what the caller can do about it."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"enum": [state.value for state in OfferState]})
    valid_until = fields.Date(required=True, allow_none=True)
    is_expiring = fields.Boolean(required=True)
    is_full = fields.Boolean(required=True)
    places = fields.Integer(required=True, allow_none=True)
    places_left = fields.Integer(required=True, allow_none=True)
    possible = fields.Method("_possible", metadata={"type": "array", "items": {"type": "string"}})

    def _possible(self, found: Any) -> list[str]:
        return sorted(found.possible)
