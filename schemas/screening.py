"""Acts on calls, questions about them, and screening, as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.calls import AudienceSchema, EligibilitySchema, Texts
from schemas.values import Address, Codes, Instant, Words
from services.screening import REASON_CODES
from vocabulary.states import ActOutcome, CallAction, CallActKind, CallState

FINDINGS = (
    "eligible",
    "return_proposed",
    "returned",
    "ineligible",
    "confirmed",
    "reversed",
    "reopened",
    "restored",
)


class PhaseSchema(HouseSchema):
    """The next step of a call; `reason` where something that may be passed over is missing."""

    action = fields.Enum(CallAction, by_value=True, required=True)
    reason = Words(longest=2_000)


class FourEyesSchema(HouseSchema):
    """Whether changes of a call take two people."""

    four_eyes = fields.Boolean(required=True)
    reason = Words(longest=2_000, required=True)


class CorrectionSchema(HouseSchema):
    """What a correction changes; the deadline starts anew with it."""

    title = Texts(longest=300, one_line=True)
    text = Texts(longest=20_000)
    strategies = Codes(most=20)
    eligibility = fields.Nested(EligibilitySchema)
    audience = fields.Nested(AudienceSchema)
    minimum_reviews = fields.Integer(strict=True, validate=validate.Range(1, 20))
    closes_at = Instant(format="iso", required=True)


class NewCallActSchema(HouseSchema):
    """Something to do to an announced call: `closes_at`, `changes` or `entry` and `until` by its kind."""

    kind = fields.Enum(CallActKind, by_value=True, required=True)
    reason = Words(longest=2_000, required=True)
    closes_at = Instant(format="iso")
    changes = fields.Nested(CorrectionSchema)
    entry = Words(longest=20, one_line=True)
    until = Instant(format="iso")


class CallActSchema(HouseSchema):
    """An act on a call and how it ended."""

    id = fields.Integer(required=True)
    call = fields.String(required=True, attribute="call_ref")
    kind = fields.Enum(CallActKind, by_value=True, required=True)
    entry = fields.String(required=True, allow_none=True, attribute="entry_ref")
    payload = fields.Dict(required=True)
    reason = fields.String(required=True)
    proposed_by = fields.String(required=True)
    proposed_at = fields.AwareDateTime(required=True, format="iso")
    outcome = fields.Enum(ActOutcome, by_value=True, required=True, allow_none=True)
    may_confirm = fields.Boolean(required=True)
    may_drop = fields.Boolean(required=True)


class CallActsSchema(HouseSchema):
    """The acts on a call, the latest first."""

    items = fields.List(fields.Nested(CallActSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ExtensionSchema(HouseSchema):
    """One entry's own deadline."""

    entry = fields.String(required=True, attribute="entry_ref")
    until = fields.AwareDateTime(required=True, format="iso")
    reason = fields.String(required=True)
    proposed_by = fields.String(required=True, allow_none=True)
    granted_by = fields.String(required=True)
    granted_at = fields.AwareDateTime(required=True, format="iso")


class ExtensionsSchema(HouseSchema):
    """The extensions of a call, the latest first."""

    items = fields.List(fields.Nested(ExtensionSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class NewCallQuestionSchema(HouseSchema):
    """A question about a call; with an address, a mail goes there once, when the answer is published."""

    question = Words(longest=2_000, required=True)
    email = Address()


class CallAnswerSchema(HouseSchema):
    """A question as it is published and its answer, both by language."""

    question = Texts(longest=5_000, required=True)
    answer = Texts(longest=5_000, required=True)


class CallQuestionSchema(HouseSchema):
    """A question that was answered."""

    question = fields.String(required=True)
    answer = fields.String(required=True)
    language = fields.String(required=True)
    answered_at = fields.AwareDateTime(required=True, format="iso")


class CallQuestionsSchema(HouseSchema):
    """The answered questions of a call, the first answered first."""

    items = fields.List(fields.Nested(CallQuestionSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class NewFindingSchema(HouseSchema):
    """What is found of an entry, or what undoes it; what else is needed depends on it."""

    finding = fields.String(required=True, validate=one_of(FINDINGS))
    questions = fields.List(fields.String(validate=validate.Length(max=4_000)), load_default=list)
    due_at = Instant(format="iso")
    reason_code = fields.String(validate=one_of(REASON_CODES))
    text = Words(longest=4_000)
    reason = Words(longest=4_000)


class FindingSchema(HouseSchema):
    """One finding."""

    name = fields.String(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    by = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, attribute="revision_number")
    text = fields.String(required=True, allow_none=True)
    questions = fields.List(fields.String(), required=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    confirmed_by = fields.String(required=True, allow_none=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    is_alone = fields.Boolean(required=True)


class ScreeningSchema(HouseSchema):
    """An entry on the desk of an officer."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    call = fields.String(required=True, allow_none=True, attribute="call_ref")
    phase = fields.Enum(CallState, by_value=True, required=True, allow_none=True)
    is_screened = fields.Boolean(required=True)
    is_confirmed = fields.Boolean(required=True)
    possible = fields.Method("_possible", metadata={"type": "array", "items": {"type": "string"}})
    findings = fields.List(fields.Nested(FindingSchema), required=True)

    def _possible(self, page: Any) -> list[str]:
        return sorted(page.possible)


class StrategyCheckSchema(HouseSchema):
    """What the rules say of one strategy by the submitter's own assessment."""

    strategy = fields.String(required=True, attribute="code")
    verdict = fields.String(required=True)
    explanation = fields.List(fields.String(), required=True)
    unanswered = fields.List(fields.String(), required=True)


class SelfCheckSchema(HouseSchema):
    """The rule verdicts on the submitter's own assessment."""

    criteria_version = fields.String(required=True)
    rule_version = fields.String(required=True)
    strategies = fields.List(fields.Nested(StrategyCheckSchema), required=True)
    outside = fields.List(fields.String(), required=True)


class WorkSchema(HouseSchema):
    """One kind of work: how much waits, and the references of the first."""

    code = fields.String(required=True)
    count = fields.Integer(required=True)
    refs = fields.List(fields.String(), required=True)


class BoardSchema(HouseSchema):
    """Today's work."""

    items = fields.List(fields.Nested(WorkSchema), required=True)
    next = fields.String(required=True, allow_none=True)
