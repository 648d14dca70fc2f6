"""The audit trail as it goes out, and what the address of the list may ask for."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Day, Words
from services.trail.narrowing import BY, Wanted
from services.trail.reading import MOST_ROWS, ROWS
from vocabulary.events import EVENTS
from vocabulary.messages import Message

_LIMIT = Message("This must be from {min} to {max}.")


class TrailQuerySchema(HouseSchema):
    """Which events of all that the caller may be told of."""

    by = fields.String(
        load_default=None,
        validate=one_of(BY),
        metadata={"enum": list(BY), "description": "kind of whoever did it"},
    )
    action = fields.String(
        load_default=None,
        validate=one_of(EVENTS),
        metadata={"enum": sorted(EVENTS), "description": "an event; those of the same sentence come with it"},
    )
    about = Words(
        longest=LONGEST_CODE,
        one_line=True,
        load_default=None,
        metadata={"description": "reference: of an entry with all that belongs to it, or of any one thing"},
    )
    since = Day(data_key="from", load_default=None, metadata={"description": "first day, in UTC"})
    until = Day(load_default=None, metadata={"description": "last day, in UTC"})
    cursor = fields.String(load_default=None, metadata={"maxLength": 120})
    limit = fields.Integer(
        load_default=ROWS,
        validate=validate.Range(min=1, max=MOST_ROWS, error=_LIMIT),
        metadata={"description": "events on a page"},
    )


class TrailValueSchema(HouseSchema):
    """One field that an event changed; of personal data only the names of fields are kept."""

    name = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class TrailEventSchema(HouseSchema):
    """One event, as far as the caller is told of it."""

    at = fields.AwareDateTime(required=True, format="iso")
    action = fields.String(required=True)
    words = fields.String(required=True, metadata={"description": "in the language asked for"})
    subject_kind = fields.String(required=True)
    subject_ref = fields.String(required=True)
    by = fields.String(required=True, metadata={"description": "a name where the caller may know it"})
    values = fields.List(fields.Nested(TrailValueSchema), required=True)
    reason = fields.String(required=True, allow_none=True)


class TrailPageSchema(HouseSchema):
    """Events, the newest first."""

    items = fields.List(fields.Nested(TrailEventSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class TrailCheckSchema(HouseSchema):
    """What the last check of the chain found."""

    checked_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    n_events = fields.Integer(required=True, allow_none=True)
    is_whole = fields.Boolean(
        required=True, metadata={"description": "no event was changed, moved or removed"}
    )
    is_waiting = fields.Boolean(required=True, metadata={"description": "another check is asked for"})


def wanted_of(query: dict[str, Any]) -> Wanted:
    """The filters of a query that was read by TrailQuerySchema."""
    return Wanted(**{name: query[name] for name in ("by", "action", "about", "since", "until")})
