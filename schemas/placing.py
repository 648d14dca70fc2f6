"""Release of a fellowship call, the nominee's answer, and the public list of fellows."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema
from schemas.values import Code, Instant, Words
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


class PlaceConfirmationSchema(HouseSchema):
    """Chapter (none: that of the approved list) and mentor of an accepted place."""

    chapter = Code(load_default=None)
    mentor = Words(longest=200, one_line=True, load_default=None)
    reason = Words(
        longest=2000,
        load_default=None,
        metadata={"description": "Needed for another chapter than the approved list gave"},
    )


class TravelSupportSchema(HouseSchema):
    """For each nationality of the form whether travel is supported, and on which basis that was decided."""

    supported = fields.Dict(
        keys=fields.String(validate=validate.Length(max=3)),
        values=fields.Boolean(),
        required=True,
        metadata={"description": "ISO 3166-1 alpha-3 to true or false"},
    )
    basis = Words(longest=500, required=True)


class ConfirmedTravelSchema(HouseSchema):
    """What was confirmed."""

    ref = fields.String(required=True)
    travel_confirmed = fields.Boolean(
        required=True, metadata={"description": "Is travel supported by any nationality?"}
    )


class PlaceSchema(HouseSchema):
    """A nominee who was offered a place, and what came of it."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)
    answer_by_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    answered_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    chapter = fields.String(required=True, allow_none=True)
    mentor = fields.String(required=True, allow_none=True)
    is_named = fields.Boolean(required=True, metadata={"description": "Agreed to be named in public"})


class PlacesSchema(HouseSchema):
    """Everybody who was offered a place in a call."""

    items = fields.List(fields.Nested(PlaceSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ReserveSchema(HouseSchema):
    """Whom to offer a free place; `next_up` is null where no place is free or nobody is left."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    n_free = fields.Integer(required=True)
    keeps_balance = fields.Boolean(
        required=True, metadata={"description": "False: no choice from the reserve meets every target"}
    )


class NextUpSchema(HouseSchema):
    """Who comes next from the reserve list."""

    next_up = fields.Nested(ReserveSchema, required=True, allow_none=True)


class ReserveOfferSchema(HouseSchema):
    """The nominee who comes next, and until when the place can be accepted."""

    nomination = fields.String(required=True, validate=validate.Length(max=20))
    answer_by_at = Instant(required=True, format="iso")
