"""Matches as they go out, and what may be asked of them."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema
from vocabulary.messages import Message


class MatchQuerySchema(HouseSchema):
    """How many, and whether to show what was ruled out."""

    limit = fields.Integer(
        load_default=10,
        validate=validate.Range(min=1, max=100, error=Message("This must lie between {min} and {max}.")),
    )
    include = fields.String(
        validate=validate.OneOf(["blocked"], error=Message("This must be one of: {choices}."))
    )


class SharedTermSchema(HouseSchema):
    """A word both texts hold, with its share of the text part."""

    term = fields.String(required=True)
    share = fields.Float(required=True)
    other = fields.String(
        required=True,
        metadata={"description": "The offer's word where it is another one, in another language; else empty"},
    )


class BlockerSchema(HouseSchema):
    """What rules a pair out."""

    code = fields.String(required=True)
    text = fields.String(required=True)


class SentenceSchema(HouseSchema):
    """A sentence as it was written, and its language."""

    text = fields.String(required=True)
    language = fields.String(required=True)


class NearestSentencesSchema(HouseSchema):
    """The sentences of a pair that are nearest in meaning."""

    request = fields.Nested(SentenceSchema, required=True)
    offer = fields.Nested(SentenceSchema, required=True)


class MatchSchema(HouseSchema):
    """One entry of the other side: shares of the terms add up to the part `text`."""

    ref = fields.String(required=True)
    rank = fields.Integer(allow_none=True)
    title = fields.String(required=True)
    language = fields.String(allow_none=True)
    score = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    parts = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    weights = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    terms = fields.List(fields.Nested(SharedTermSchema), required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    nearest = fields.Nested(
        NearestSentencesSchema,
        allow_none=True,
        metadata={"description": "Null while the meaning of either entry is not computed"},
    )
    blockers = fields.List(fields.Nested(BlockerSchema), required=True)
    state = fields.String(required=True)


class MatchListSchema(HouseSchema):
    """The matches of one entry, best first."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    items = fields.List(fields.Nested(MatchSchema), required=True)
    next = fields.String(allow_none=True)
    blocked = fields.List(fields.Nested(MatchSchema), metadata={"description": "Only with include=blocked"})
    n_blocked = fields.Integer(required=True)
    n_candidates = fields.Integer(required=True)
    index_version = fields.String(required=True)
    settings_version = fields.String(required=True)
    remark = fields.String(
        allow_none=True,
        metadata={"description": "Why meaning is not compared, where that is so for every match"},
    )


class StandingOfferSchema(HouseSchema):
    """An offer of a body that can be matched."""

    ref = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)


class SuggestedPartnerSchema(HouseSchema):
    """A body that reviewers named as a partner, and what it offers."""

    name = fields.String(required=True)
    n_reviewers = fields.Integer(required=True, metadata={"description": "how many named it; never who"})
    organisation = fields.String(
        required=True, allow_none=True, metadata={"description": "its reference, where it is known here"}
    )
    offers = fields.List(fields.Nested(StandingOfferSchema), required=True)


class SuggestedPartnersSchema(HouseSchema):
    """What the panel suggested for a request, those named most often first."""

    items = fields.List(fields.Nested(SuggestedPartnerSchema), required=True)
    next = fields.String(required=True, allow_none=True)
