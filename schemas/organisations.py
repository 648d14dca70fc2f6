"""Organisations that are like a name, as they go out."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema
from schemas.values import Words


class SimilarQuerySchema(HouseSchema):
    """The name to compare with, and the country if it is known."""

    similar_to = Words(longest=300, one_line=True, required=True)
    country = fields.String(validate=validate.Length(equal=3))


class SimilarOrganisationSchema(HouseSchema):
    """An organisation that may be the one meant."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    acronym = fields.String(allow_none=True)
    country = fields.String(allow_none=True)
    score = fields.Float(required=True)
    why = fields.String(required=True)


class OrganisationSchema(HouseSchema):
    """An organisation, as far as the reader may know it."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    acronym = fields.String(required=True, allow_none=True)
    country = fields.String(required=True, allow_none=True)


class SimilarOrganisationsSchema(HouseSchema):
    """The most similar ones, best first."""

    items = fields.List(fields.Nested(SimilarOrganisationSchema), required=True)
    next = fields.String(allow_none=True)
