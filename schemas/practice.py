"""Sample nominations of a fellowship panel from outside."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema, one_of
from schemas.fellowship_panel import DisputedSchema, LeaningSchema, MarkAgreementSchema
from schemas.values import Words
from services.calibration.samples import LONGEST_REASON, LONGEST_TEXT, LONGEST_TITLE, OF_TEXTS
from services.fellowships.practice import TEXTS
from vocabulary.fellowships import MeritBand

NewSampleNominationSchema = HouseSchema.from_dict(
    {
        "title": Words(longest=LONGEST_TITLE, one_line=True, required=True),
        "language": fields.String(
            validate=one_of(OF_TEXTS), load_default="en", metadata={"enum": list(OF_TEXTS)}
        ),
        **{name: Words(longest=LONGEST_TEXT, load_default=None) for name in TEXTS},
    },
    name="NewSampleNominationSchema",
)
"""An invented nomination to be added; `statement` has to say something."""


class ReferenceMarkSchema(HouseSchema):
    """The mark of reference on one criterion, and why."""

    value = fields.Integer(required=True, strict=True)
    reason = Words(longest=LONGEST_REASON, required=True)


class ReferenceBandSchema(HouseSchema):
    """The band of reference, and why."""

    value = fields.Enum(MeritBand, by_value=True, required=True)
    reason = Words(longest=LONGEST_REASON, load_default=None)


class ReferenceMarksSchema(HouseSchema):
    """Marks of reference of a sample, on every criterion, and the band."""

    marks = fields.Dict(keys=fields.String(), values=fields.Nested(ReferenceMarkSchema), required=True)
    band = fields.Nested(ReferenceBandSchema, required=True)


class PreparedNominationSchema(HouseSchema):
    """One sample as officers see it; `reference` is empty until it is prepared."""

    position = fields.Integer(required=True)
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    title = fields.String(required=True)
    language = fields.String(required=True)
    texts = fields.Function(lambda row: {name: text for name, _, text in row.texts})
    n_answers = fields.Integer(required=True)
    reference = fields.Dict(required=True)


class SampleNominationsSchema(HouseSchema):
    """The samples of a call, who has not marked them all, and how far the members agree on them."""

    call = fields.String(required=True, attribute="call_ref")
    samples = fields.List(fields.Nested(PreparedNominationSchema), required=True)
    n_members = fields.Integer(required=True)
    missing = fields.List(fields.String(), required=True)
    agreed = fields.List(fields.Nested(MarkAgreementSchema), required=True, attribute="agreement.agreed")
    members = fields.List(fields.Nested(LeaningSchema), required=True, attribute="agreement.leanings")
    spread = fields.List(fields.Nested(DisputedSchema), required=True, attribute="agreement.rows")


class SampleMarksSchema(HouseSchema):
    """One's marks of a sample, on every criterion, and the band."""

    marks = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), required=True)
    band = fields.Enum(MeritBand, by_value=True, required=True)


class SampleLineSchema(HouseSchema):
    """One's own mark beside the reference and the others'."""

    code = fields.String(required=True)
    own = fields.Integer(required=True)
    reference = fields.Integer(required=True)
    reason = fields.String(required=True, allow_none=True)
    median = fields.Integer(required=True, allow_none=True)
    lowest = fields.Integer(required=True, allow_none=True)
    highest = fields.Integer(required=True, allow_none=True)


class SampleBandSchema(HouseSchema):
    """One's own band beside the reference, and how often the others gave each."""

    own = fields.String(required=True)
    reference = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    others = fields.Function(lambda row: dict(row.others), metadata={"type": "object"})


class SampleNominationSchema(HouseSchema):
    """One sample as its panel member sees it; `lines` and `band` once it is marked."""

    call = fields.String(required=True, attribute="call_ref")
    position = fields.Integer(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    texts = fields.Function(lambda page: {name: text for name, _, text in page.texts})
    is_open = fields.Boolean(required=True)
    is_done = fields.Boolean(required=True)
    n_answers = fields.Integer(required=True)
    lines = fields.List(fields.Nested(SampleLineSchema), required=True)
    band = fields.Nested(SampleBandSchema, required=True, allow_none=True)
