"""Internal notes on an entry, as they come in and go out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.values import Words
from services.entry_notes import LONGEST_NOTE, LONGEST_REASON


class NewInternalNoteSchema(HouseSchema):
    """A note to write."""

    text = Words(longest=LONGEST_NOTE, required=True)


class InternalNoteStrikeSchema(HouseSchema):
    """Why a note is struck."""

    reason = Words(longest=LONGEST_REASON, required=True)


class InternalNoteSchema(HouseSchema):
    """One note; a struck one keeps its text."""

    id = fields.Integer(required=True)
    text = fields.String(required=True)
    by = fields.String(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    struck_by = fields.String(required=True, allow_none=True)
    struck_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    struck_reason = fields.String(required=True, allow_none=True)


class InternalNotesSchema(HouseSchema):
    """The notes on one entry, the newest first."""

    ref = fields.String(required=True)
    notes = fields.List(fields.Nested(InternalNoteSchema), required=True)
