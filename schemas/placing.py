"""Release of a fellowship call, the nominee's answer, and the public list of fellows."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema
from schemas.values import Instant
from vocabulary.fellowships import NominationState
from vocabulary.messages import Message

_LIMIT = Message("This must lie between {min} and {max}.")


class PlaceReleaseSchema(HouseSchema):
    """Until when places are accepted; with `n_mails`, only if that many mails would go out."""

    answer_by_at = Instant(required=True, format="iso")
    n_mails = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=1_000_000, error=_LIMIT),
    )


class PlaceReleaseCountsSchema(HouseSchema):
    """How many hear what, and how many mails are on their way."""

    n_offered = fields.Integer(required=True)
    n_reserve = fields.Integer(required=True)
    n_not_chosen = fields.Integer(required=True)
    n_mails = fields.Integer(required=True)


class PlaceAnswerSchema(HouseSchema):
    """Does the nominee take the place?"""

    accepts = fields.Boolean(required=True)


class PlaceStateSchema(HouseSchema):
    """Where the nomination stands after the answer."""

    ref = fields.String(required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)


class FellowSchema(HouseSchema):
    """A fellow who consented to be named; texts by language."""

    name = fields.String(required=True)
    country = fields.String(required=True, metadata={"description": "ISO 3166-1 alpha-3"})
    chapter = fields.Dict(keys=fields.String(), values=fields.String(), required=True, allow_none=True)
    call = fields.String(required=True)
    call_title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)


class CallFiguresSchema(HouseSchema):
    """A released call in numbers; null is a number below 5, or held back to protect one."""

    call = fields.String(required=True)
    call_title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    n_fellows = fields.Integer(required=True, allow_none=True)
    by = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True)),
        required=True,
    )


class FellowsSchema(HouseSchema):
    """Everything that is public about fellows."""

    fellows = fields.List(fields.Nested(FellowSchema), required=True)
    calls = fields.List(fields.Nested(CallFiguresSchema), required=True)
