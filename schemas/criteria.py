"""Findings that come in to be judged, and what the rules say of them; criteria as they go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.base import HouseSchema
from vocabulary.findings import SCORES, Finding
from vocabulary.messages import Message

_CODE = validate.Length(min=1, max=20)
_FINDING = validate.OneOf(
    [finding.value for finding in Finding], error=Message("This must be one of: {choices}.")
)
_SCORE = validate.OneOf(SCORES, error=Message("This must be 0, 1, 2, 3, or null for “cannot judge”."))


class EvaluationSchema(HouseSchema):
    """Findings, or scores 0 to 3, on the criteria that the rule of a strategy names."""

    strategy = fields.String(required=True, validate=validate.Length(min=1, max=20))
    findings = fields.Dict(
        keys=fields.String(validate=_CODE),
        values=fields.String(validate=_FINDING),
        metadata={"description": "By criterion: met, not_met or unclear"},
    )
    scores = fields.Dict(
        keys=fields.String(validate=_CODE),
        values=fields.Integer(strict=True, allow_none=True, validate=_SCORE),
        metadata={"description": "Instead of findings: 0 to 3, or null for “cannot judge”"},
    )

    @validates_schema(skip_on_field_errors=True)
    def one_of_two(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        """Either findings or scores."""
        if ("findings" in data) == ("scores" in data):
            raise ValidationError({"findings": [Message("Send either findings or scores.")]})


class JudgementSchema(HouseSchema):
    """The verdict of a strategy's rule with its explanation."""

    strategy = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(["satisfied", "failed", "undecided"]))
    explanation = fields.String(required=True, metadata={"description": "In the caller's language"})
    rules = fields.List(fields.Dict(), required=True, metadata={"description": "The rule with each verdict"})


class CriterionSchema(HouseSchema):
    """One criterion in the caller's language, and in all six."""

    code = fields.String(required=True)
    strategy = fields.String(required=True)
    label = fields.String(required=True)
    criterion = fields.String(required=True)
    labels = fields.Dict(keys=fields.String(), values=fields.String())
    texts = fields.Dict()
    parts = fields.List(fields.Dict())
    source = fields.Dict()


class ProgrammeSchema(HouseSchema):
    """The criteria set and rule set in force."""

    version = fields.String(required=True)
    rule_version = fields.String(required=True)
    rules = fields.Dict(required=True)
    items = fields.List(fields.Nested(CriterionSchema), required=True)
    next = fields.String(allow_none=True)
