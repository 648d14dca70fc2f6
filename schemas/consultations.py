"""What focal points say of a request, as it comes in and goes out."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema
from schemas.values import Words
from services.consultations import LONGEST
from vocabulary.states import ConsultationAnswer


class ConsultationAnswerSchema(HouseSchema):
    """Confirm, comment or object; the last two say why."""

    answer = fields.Enum(ConsultationAnswer, by_value=True, required=True)
    text = Words(longest=LONGEST)


class ConsultationSchema(HouseSchema):
    """One focal point of a country was asked; `text` and `by` are null where they are not for the reader."""

    country = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True, format="iso")
    answer = fields.Enum(ConsultationAnswer, by_value=True, required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    by = fields.String(required=True, allow_none=True)
    is_older = fields.Boolean(required=True)


class ConsultationsSchema(HouseSchema):
    """What focal points were asked and said of one request."""

    items = fields.List(fields.Nested(ConsultationSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class OwnConsultationSchema(HouseSchema):
    """A request that touches the caller's country, and what they said of it."""

    ref = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    country = fields.String(required=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    answer = fields.Enum(ConsultationAnswer, by_value=True, required=True, allow_none=True)
    is_older = fields.Boolean(required=True)


class OwnConsultationsSchema(HouseSchema):
    """The requests that the caller was asked about, unanswered ones first."""

    items = fields.List(fields.Nested(OwnConsultationSchema), required=True)
    next = fields.String(required=True, allow_none=True)
