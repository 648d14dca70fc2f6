"""Nominations as they come in and go out; the form's fields are made from the table of answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import NOT_A_LIST, Address, Code, Codes, Day, Flag, Words
from services.fellowships.fields import ANSWERS, DEGREE_TYPES, NOMINATOR_KINDS, Answer, Kind
from services.fellowships.invitations import LANGUAGES
from vocabulary.fellowships import NominationState, NominatorAnswer
from vocabulary.messages import Message, plural_message

_EARLIEST_YEAR, _LATEST_YEAR = 1950, 2100
_LIMIT = Message("This must lie between {min} and {max}.")


class DayText(Day):
    """A date, kept as the text YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        day = super()._deserialize(value, attr, data, **kwargs)
        return day.isoformat() if isinstance(day, date) else None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class Ordered(Codes):
    """Codes in the order of a wish, each once."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        known = set(super()._deserialize(value, attr, data, **kwargs))
        values = [value] if isinstance(value, str) else list(value)
        stripped = [str(one).strip() for one in values]
        return [one for one in dict.fromkeys(stripped) if one in known]


class Lines(fields.List):
    """Short texts, one in each line; an empty one is left out."""

    def __init__(self, *, most: int, longest: int, **kwargs: Any) -> None:
        self.most = most
        words = Words(longest=longest, one_line=True)
        super().__init__(words, metadata={"maxItems": most}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        if isinstance(value, str):
            value = value.splitlines()
        if not isinstance(value, list):
            raise ValidationError(NOT_A_LIST)
        found = [one for one in super()._deserialize(value, attr, data, **kwargs) if one]
        if len(found) > self.most:
            raise ValidationError(plural_message("At most {n} lines.", "At most {n} lines.", self.most))
        return found


def _year() -> fields.Integer:
    return fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(_EARLIEST_YEAR, _LATEST_YEAR, error=_LIMIT),
    )


class DegreeSchema(HouseSchema):
    """One degree; no year for one under way."""

    degree = Code(required=True, validate=one_of(DEGREE_TYPES))
    field = Words(longest=200, one_line=True)
    place = Words(longest=300, one_line=True)
    year = _year()


class PositionSchema(HouseSchema):
    """One position before; no last year for one that goes on."""

    employer = Words(longest=300, one_line=True, required=True)
    first_year = _year()
    last_year = _year()


def _field(answer: Answer) -> fields.Field:
    """The field that reads one answer."""
    what = {"description": str(answer.label)}
    listed = one_of(answer.options) if answer.options else None
    many = {
        Kind.CODES: lambda: Ordered(most=answer.most, metadata=what),
        Kind.LINES: lambda: Lines(most=answer.most, longest=500),
        Kind.DEGREES: lambda: _nested(DegreeSchema, answer.most),
        Kind.POSITIONS: lambda: _nested(PositionSchema, answer.most),
        Kind.FLAG: lambda: Flag(metadata=what),
        Kind.DATE: lambda: DayText(metadata=what),
        Kind.EMAIL: lambda: Address(metadata=what),
        Kind.COUNTRY: lambda: Code(metadata=what),
        Kind.CODE: lambda: Code(metadata=what, validate=_unless_none(listed)),
        Kind.TEXT: lambda: Words(longest=answer.most, metadata=what),
        Kind.LINE: lambda: Words(longest=answer.most, one_line=True, metadata=what),
    }
    made = many[answer.kind]()
    if answer.kind is Kind.CODES and listed is not None:
        made.validators.append(lambda values: [listed(one) for one in values])
    return made


def _unless_none(listed: Any) -> Any:
    return lambda value: None if value is None or listed is None else listed(value)


def _nested(schema: type[HouseSchema], most: int) -> fields.List:
    error = Message("There can be {max} of these at most.")
    return fields.List(fields.Nested(schema), validate=validate.Length(max=most, error=error))


NominationContentSchema: type[HouseSchema] = type(
    "NominationContentSchema",
    (HouseSchema,),
    {answer.name: _field(answer) for answer in ANSWERS}
    | {"__doc__": "Some answers of the form; what is not named stays as it is."},
)


class InvitationSchema(HouseSchema):
    """Whom a nominator puts forward, and for which body; the nominee says the rest."""

    first_name = Words(longest=200, one_line=True)
    last_name = Words(longest=200, one_line=True)
    nominee_email = Address()
    nominator_name = Words(longest=200, one_line=True)
    nominator_body = Words(longest=300, one_line=True)
    nominator_kind = Code(validate=_unless_none(one_of(NOMINATOR_KINDS)))
    nominator_country = Code()
    language = Code(
        validate=_unless_none(one_of(LANGUAGES)),
        metadata={"description": "In which the nominee is written to; that of the call where it is missing"},
    )


class NewInvitationSchema(InvitationSchema):
    """A nominee to invite to a call."""

    call = fields.String(required=True, metadata={"description": "Reference of a fellowship call"})


NewNominationSchema: type[HouseSchema] = type(
    "NewNominationSchema",
    (NominationContentSchema,),
    {
        "call": fields.String(required=True, metadata={"description": "Reference of a fellowship call"}),
        "__doc__": "A nomination to begin; every answer may be missing.",
    },
)


class NationalitySchema(HouseSchema):
    """The first answer on travel support; the secretariat confirms it."""

    country = fields.String(required=True)
    basis = fields.String(required=True, metadata={"description": "developing, transition or none"})


class NominationSchema(HouseSchema):
    """A nomination, as much of it as the caller may see; answers that are hidden are left out of
    `content`."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    call = fields.String(required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)
    what_now = fields.String(required=True, metadata={"description": "What happens next, and who acts"})
    nominator_answer = fields.Enum(NominatorAnswer, by_value=True, required=True)
    completed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    submitted_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    deadline_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    nominators_until = fields.AwareDateTime(required=True, format="iso")
    travel = fields.List(fields.Nested(NationalitySchema), required=True)
    advice = fields.List(fields.String(), required=True)
    content = fields.Dict(keys=fields.String(), required=True)


class NominationRowSchema(HouseSchema):
    """A nomination in a list."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    call = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.Enum(NominationState, by_value=True, required=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    score = fields.Integer(required=True, allow_none=True)
    band = fields.String(required=True, allow_none=True)


class NominationsSchema(HouseSchema):
    """One page of nominations."""

    items = fields.List(fields.Nested(NominationRowSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)


class NominationQuerySchema(HouseSchema):
    """Which nominations, and how many."""

    call = fields.String(validate=validate.Length(max=20))
    state = fields.Enum(NominationState, by_value=True)
    cursor = fields.Integer(strict=False, validate=validate.Range(min=0, max=10**9, error=_LIMIT))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100, error=_LIMIT))
