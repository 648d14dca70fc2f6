"""Who helps with an entry, as it comes in and goes out."""

from __future__ import annotations

from marshmallow import fields

from schemas.accounts import Given
from schemas.base import HouseSchema
from schemas.values import Address
from vocabulary.states import CollaboratorLevel


class GivenAddress(Given, Address):
    """An e-mail address that must be there."""


class NewCollaboratorSchema(HouseSchema):
    """Somebody to invite."""

    email = GivenAddress(required=True)
    level = fields.Enum(CollaboratorLevel, by_value=True, required=True)


class CollaboratorLevelSchema(HouseSchema):
    """What a collaborator may do."""

    level = fields.Enum(CollaboratorLevel, by_value=True, required=True)


class CollaboratorSchema(HouseSchema):
    """One collaborator as the owner sees them; `name` is null until they accepted."""

    id = fields.Integer(required=True)
    email = fields.String(required=True)
    level = fields.Enum(CollaboratorLevel, by_value=True, required=True)
    name = fields.String(required=True, allow_none=True)
    invited_at = fields.AwareDateTime(required=True, format="iso")
    accepted_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    expires_at = fields.AwareDateTime(required=True, format="iso")
    is_expired = fields.Boolean(required=True)


class CollaboratorsSchema(HouseSchema):
    """Everybody whom the owner invited, the first one first."""

    items = fields.List(fields.Nested(CollaboratorSchema), required=True, attribute="rows")
    next = fields.String(dump_default=None, allow_none=True)
