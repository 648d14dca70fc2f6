"""What every schema shares: unknown fields are refused, and every error is a Message in six languages."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from vocabulary.messages import Message

_TEXTS = {
    fields.Field: {
        "required": Message("This is missing."),
        "null": Message("This cannot be empty."),
        "validator_failed": Message("This is not a value that can be used here."),
    },
    fields.String: {
        "invalid": Message("This must be a text."),
        "invalid_utf8": Message("This text is not valid UTF-8."),
    },
    fields.Integer: {
        "invalid": Message("This must be a whole number."),
        "too_large": Message("This number is too large."),
    },
    fields.Decimal: {
        "invalid": Message("This must be a number, for example 25000."),
        "special": Message("This must be a number, for example 25000."),
        "too_large": Message("This number is too large."),
    },
    fields.Enum: {"unknown": Message("This is not a value that can be used here.")},
    fields.Boolean: {"invalid": Message("This must be yes or no.")},
    fields.Date: {
        "invalid": Message("This must be a date such as 2027-03-31."),
        "format": Message("This must be a date such as 2027-03-31."),
    },
    fields.AwareDateTime: {
        "invalid": Message("This must be a time with a zone, such as 2027-03-31T16:00:00Z."),
        "invalid_awareness": Message("This must be a time with a zone, such as 2027-03-31T16:00:00Z."),
    },
    fields.List: {"invalid": Message("This must be a list.")},
    fields.Dict: {"invalid": Message("This must be an object with named values.")},
    fields.Mapping: {"invalid": Message("This must be an object with named values.")},
    fields.Nested: {"type": Message("This must be an object with named values.")},
    fields.Email: {"invalid": Message("This must be an e-mail address, such as name@example.org.")},
    fields.URL: {"invalid": Message("This must be an address that begins with https://.")},
}


def install_texts() -> None:
    """Put our own texts in place of marshmallow's English ones, for every field class."""
    for field_class, texts in _TEXTS.items():
        field_class.default_error_messages = field_class.default_error_messages | texts


install_texts()


class HouseSchema(Schema):
    """Refuses what it does not know, by name."""

    error_messages = {  # noqa: RUF012 -- marshmallow's own form
        "unknown": Message("There is no such field."),
        "type": Message("This must be an object with named values."),
    }

    class Meta:
        """Unknown fields are errors; fields come out in the order written."""

        unknown = RAISE


def at_most(n: int) -> validate.Length:
    """A text of at most n characters."""
    return validate.Length(max=n, error=Message("This is longer than {max} characters."))


def one_of(codes: Any) -> validate.OneOf:
    """One of the codes of a short, fixed list."""
    return validate.OneOf(tuple(codes), error=Message("This must be one of: {choices}."))
