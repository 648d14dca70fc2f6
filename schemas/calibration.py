"""What do practice samples look like from outside? Both directions."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Words
from services.calibration.samples import LONGEST_REASON, LONGEST_TEXT, LONGEST_TITLE, OF_TEXTS, TEXTS
from vocabulary.findings import SCORES

_TEXTS = {name: Words(longest=LONGEST_TEXT, load_default=None) for name in TEXTS}

NewSampleSchema = HouseSchema.from_dict(
    {
        "entry": Words(
            longest=LONGEST_CODE,
            one_line=True,
            load_default=None,
            metadata={"description": "a published entry of another call, instead of the texts"},
        ),
        "title": Words(longest=LONGEST_TITLE, one_line=True, load_default=None),
        "language": fields.String(
            validate=one_of(OF_TEXTS), load_default="en", metadata={"enum": list(OF_TEXTS)}
        ),
        **_TEXTS,
    },
    name="NewSampleSchema",
)
"""A sample to be added."""


class ReferenceScoreSchema(HouseSchema):
    """The score of reference on one criterion, and why."""

    value = fields.Integer(required=True, strict=True, validate=validate.OneOf(SCORES))
    reason = Words(longest=LONGEST_REASON, load_default=None)


class ReferenceSchema(HouseSchema):
    """The scores of reference of a sample, by criterion."""

    reference = fields.Dict(keys=fields.String(), values=fields.Nested(ReferenceScoreSchema), required=True)


class SampleScoresSchema(HouseSchema):
    """One's scores of a sample, by criterion."""

    scores = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(strict=True, allow_none=True, validate=validate.OneOf(SCORES)),
        required=True,
    )


class AgreementSchema(HouseSchema):
    """How far reviewers agree."""

    alpha = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    raw = fields.Float(allow_none=True)
    n_pairs = fields.Integer()
    n_items = fields.Integer()


class CriterionAgreementSchema(HouseSchema):
    """Agreement on one criterion; its alpha says something from thirty samples on (`shows_alpha`)."""

    code = fields.String()
    found = fields.Nested(AgreementSchema)
    with_reference = fields.Float(allow_none=True)
    shows_alpha = fields.Boolean()


class StrictnessSchema(HouseSchema):
    """How strict one reviewer is on the samples; advice for training."""

    name = fields.String()
    n_samples = fields.Integer()
    severity = fields.Float(allow_none=True)
    divergence = fields.Float(allow_none=True)


class PreparedSampleSchema(HouseSchema):
    """One sample as officers see it."""

    position = fields.Integer()
    version = fields.Integer()
    title = fields.String()
    language = fields.String()
    n_answers = fields.Integer()
    reference = fields.Dict()


class CalibrationSchema(HouseSchema):
    """The samples of a call and how far its reviewers agree on them."""

    call = fields.String(attribute="call_ref")
    samples = fields.List(fields.Nested(PreparedSampleSchema))
    n_reviewers = fields.Integer()
    missing = fields.List(fields.String(), metadata={"description": "who has not scored every sample"})
    together = fields.Nested(AgreementSchema)
    by_criterion = fields.List(fields.Nested(CriterionAgreementSchema))
    strictness = fields.List(fields.Nested(StrictnessSchema))


class PracticeLineSchema(HouseSchema):
    """One criterion: one's own score beside the others' and the reference."""

    code = fields.String()
    own = fields.Integer(allow_none=True)
    median = fields.Integer(allow_none=True)
    lowest = fields.Integer(allow_none=True)
    highest = fields.Integer(allow_none=True)
    reference = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)


class PracticeSchema(HouseSchema):
    """One sample as its reviewer sees it; `lines` once it is scored, `draft` (of `version`) until then."""

    call = fields.String(attribute="call_ref")
    position = fields.Integer()
    title = fields.String()
    language = fields.String()
    texts = fields.Function(lambda page: {name: text for name, _, text in page.texts})
    is_open = fields.Boolean()
    is_done = fields.Boolean()
    n_answers = fields.Integer()
    version = fields.Integer(metadata={"description": "of the draft; 0 while there is none"})
    draft = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))
    lines = fields.List(fields.Nested(PracticeLineSchema))
    divergence = fields.Float(allow_none=True)
    distance = fields.Float(allow_none=True)
