"""Entries that look alike as they go out, and a ruling on two of them."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.values import LONGEST_CODE, Words
from services.alike import LONGEST_REASON


class AlikeEntrySchema(HouseSchema):
    """One of two entries."""

    ref = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True)
    state = fields.String(required=True)


class AlikePairSchema(HouseSchema):
    """Two entries that look alike; `is_same` is null until an officer rules on them."""

    first = fields.Nested(AlikeEntrySchema, required=True)
    second = fields.Nested(AlikeEntrySchema, required=True)
    score = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    why = fields.String(required=True)
    has_same_organisation = fields.Boolean(required=True)
    is_same = fields.Boolean(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    ruled_at = fields.AwareDateTime(required=True, allow_none=True)


class AlikeSchema(HouseSchema):
    """Pairs to rule on, then those ruled on; as of a time, null before the first comparison."""

    items = fields.List(fields.Nested(AlikePairSchema), required=True)
    made_at = fields.AwareDateTime(required=True, allow_none=True)
    next = fields.String(required=True, allow_none=True)


class NewRulingSchema(HouseSchema):
    """Whether two entries are one."""

    first = Words(longest=LONGEST_CODE, one_line=True, required=True)
    second = Words(longest=LONGEST_CODE, one_line=True, required=True)
    is_same = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = Words(longest=LONGEST_REASON, load_default=None)
