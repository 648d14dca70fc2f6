"""Vocabularies as they go out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema


class VocabularyBriefSchema(HouseSchema):
    """A vocabulary without its terms."""

    code = fields.String(required=True)
    version = fields.String(required=True)
    source = fields.Dict()


class VocabulariesSchema(HouseSchema):
    """Every vocabulary."""

    items = fields.List(fields.Nested(VocabularyBriefSchema), required=True)
    next = fields.String(allow_none=True)


class TermSchema(HouseSchema):
    """One term: its name in the caller's language and in all six, its source and how sure it is."""

    code = fields.String(required=True)
    parent = fields.String(allow_none=True)
    label = fields.String(required=True)
    labels = fields.Dict(keys=fields.String(), values=fields.String())
    texts = fields.Dict()
    data = fields.Dict()
    source = fields.Dict()
    status = fields.String()


class VocabularySchema(HouseSchema):
    """The terms of one vocabulary."""

    vocabulary = fields.String(required=True)
    items = fields.List(fields.Nested(TermSchema), required=True)
    next = fields.String(allow_none=True)
