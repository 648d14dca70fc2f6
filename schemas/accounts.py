"""What people and operators say about accounts and tokens."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import Address, Day, Words
from vocabulary.messages import Message
from vocabulary.people import Role, Scope

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
_MISSING = {"required": Message("This is missing."), "null": Message("This cannot be empty.")}


class Given(Words):
    """A text that must say something."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.allow_none = False

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> object:
        cleaned = super()._deserialize(value, attr, data, **kwargs)
        if cleaned is None:
            raise self.make_error("required")
        return cleaned


class OwnAccountSchema(HouseSchema):
    """What somebody may change about themselves."""

    name = Given(longest=200, one_line=True, required=True)
    language = fields.String(required=True, validate=one_of(LANGUAGES))


class AffiliationSchema(HouseSchema):
    """A body that somebody says they belonged to; without a last day they still do."""

    organisation_name = Given(longest=300, one_line=True, required=True)
    started_on = Day(load_default=None)
    ended_on = Day(load_default=None)


class StatedAffiliationSchema(AffiliationSchema):
    """The same with its number."""

    id = fields.Integer(required=True)


class AffiliationsSchema(HouseSchema):
    """Everything that somebody stated."""

    items = fields.List(fields.Nested(StatedAffiliationSchema), required=True)
    next = fields.String(allow_none=True)


class RolesSchema(HouseSchema):
    """Roles for an account, and the country that a focal point's role holds for."""

    roles = fields.List(
        fields.String(validate=one_of(role.value for role in Role)),
        required=True,
        validate=validate.Length(min=1, error=Message("Name at least one role.")),
    )
    country = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Regexp(
            "^[A-Z]{3}$", error=Message("This must be a code of three letters, such as KEN.")
        ),
    )


class NewAccountSchema(OwnAccountSchema, RolesSchema):
    """A new account, as an operator names it."""

    email = Address(required=True, error_messages=_MISSING)


class NewTokenSchema(HouseSchema):
    """A token to be made."""

    name = Given(longest=100, one_line=True, required=True)
    scopes = fields.List(fields.String(validate=one_of(scope.value for scope in Scope)), required=True)
    days = fields.Integer(required=True)


class WhoSchema(HouseSchema):
    """Whom a token speaks for."""

    account = fields.Integer(required=True)
    email = fields.String(allow_none=True)
    roles = fields.List(fields.String(), required=True)
    scopes = fields.List(fields.String(), required=True)
    language = fields.String()


class TokenSchema(HouseSchema):
    """A token; its secret is shown once, when it is made."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(allow_none=True)
    secret = fields.String(metadata={"description": "Only in the answer that makes it"})


class TokensSchema(HouseSchema):
    """One's own tokens."""

    items = fields.List(fields.Nested(TokenSchema), required=True)
    next = fields.String(allow_none=True)
