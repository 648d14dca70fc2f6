"""Late nominations and files, and how long nominations are kept, from outside."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema
from schemas.values import Instant, Words
from services.fellowships.late import LONGEST_REASON
from vocabulary.fellowships import NominationState
from vocabulary.messages import Message


class LateAdmissionSchema(HouseSchema):
    """Until when both parties of one nomination have, and why; the reason is kept."""

    late_until = Instant(required=True, format="iso")
    late_reason = Words(longest=LONGEST_REASON, required=True)


class LateFileSchema(HouseSchema):
    """A document that was added after the deadline."""

    ref = fields.String(required=True)
    document = fields.String(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    late_reason = fields.String(required=True)


class MonthsKeptSchema(HouseSchema):
    """How many months after the release the data of those not selected are kept."""

    months_kept = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 120, error=Message("Write a whole number of months, 1 to 120.")),
    )


class DueForErasureSchema(HouseSchema):
    """A nomination whose data are to be erased: from when, and whether the nominee asked."""

    nomination = fields.String(required=True, attribute="ref")
    name = fields.String(required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)
    erased_from = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    asked_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class NominationRetentionSchema(HouseSchema):
    """What is kept of a call, until when, and what would be erased if the clock ran now. A dry run."""

    ref = fields.String(required=True, metadata={"description": "Of the call"})
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    months_kept = fields.Integer(required=True)
    released_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    due_from = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    due = fields.List(fields.Nested(DueForErasureSchema), required=True)
    asked = fields.List(fields.Nested(DueForErasureSchema), required=True)
    n_kept = fields.Integer(required=True)
    n_erased = fields.Integer(required=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        required=True,
        metadata={"description": "People by attribute and value, with those erased"},
    )
