"""Calls as they come in from whoever runs them, and as they go out to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from schemas.accounts import LANGUAGES
from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Codes, Instant, Words
from vocabulary.messages import Message
from vocabulary.states import CallKind, CallState

_BETWEEN = Message("This must lie between {min} and {max}.")


class Texts(fields.Dict):
    """A text by language, each cleaned; a language with an empty text is left out."""

    def __init__(self, *, longest: int, one_line: bool = False, **options: Any) -> None:
        self.words = Words(longest=longest, one_line=one_line)
        super().__init__(
            keys=fields.String(validate=one_of(LANGUAGES)),
            values=fields.String(metadata={"maxLength": longest}),
            **options,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        read: dict[str, str] = {}
        errors: dict[str, Any] = {}
        for language, text in value.items():
            try:
                self.key_field.deserialize(language)
                if (cleaned := self.words.deserialize(text)) is not None:
                    read[language] = cleaned
            except ValidationError as wrong:
                errors[str(language)] = wrong.messages
        if errors:
            raise ValidationError(errors)
        return read


class EligibilitySchema(HouseSchema):
    """Whom a call is for; an empty list is for all."""

    countries = Codes(most=300)
    kinds = Codes(most=40, metadata={"description": "of the organisation"})


class AudienceSchema(HouseSchema):
    """Whom a targeted call is for, in words and by what it is about."""

    text = Texts(longest=2_000, metadata={"description": "by language"})
    needs = Codes(most=100)
    regions = Codes(most=50)


class CallChangesSchema(HouseSchema):
    """Some of a draft; what is not named stays as it is."""

    title = Texts(longest=300, one_line=True, metadata={"description": "by language"})
    text = Texts(longest=20_000, metadata={"description": "by language"})
    strategies = Codes(most=20)
    opens_at = Instant(format="iso")
    closes_at = Instant(format="iso", allow_none=True, metadata={"description": "null: it stays open"})
    zone = fields.String(
        validate=validate.Length(max=60), metadata={"description": "IANA zone for showing its dates"}
    )
    grace_minutes = fields.Integer(strict=True, validate=validate.Range(0, 1440, error=_BETWEEN))
    minimum_reviews = fields.Integer(strict=True, validate=validate.Range(1, 20, error=_BETWEEN))
    blind_mode = fields.Boolean(metadata={"description": "reviewers do not see whose an entry is"})
    eligibility = fields.Nested(EligibilitySchema)
    audience = fields.Nested(AudienceSchema)
    criteria_set = Words(longest=90, one_line=True, metadata={"description": "null: those in force"})
    rule_set = Words(longest=90, one_line=True, metadata={"description": "null: those in force"})
    met_threshold = fields.Integer(strict=True, validate=validate.Range(1, 3, error=_BETWEEN))
    conflict_years = fields.Integer(strict=True, validate=validate.Range(0, 20, error=_BETWEEN))
    asks_everybody = fields.Boolean(
        metadata={"description": "officers, deciders and others answer the conflict question too"}
    )
    nationality_conflicts = fields.Boolean()
    question_round = fields.Boolean()
    shows_reviewers = fields.Boolean(
        metadata={"description": "in the deliberation reviewers see who wrote which review"}
    )
    shows_own_verdict = fields.Boolean(
        metadata={"description": "reviewers see what the rules make of their scores while they score"}
    )
    retention_years = fields.Integer(strict=True, validate=validate.Range(1, 50, error=_BETWEEN))
    is_public_result = fields.Boolean()


class NewCallSchema(CallChangesSchema):
    """A call to begin; it stays a draft until somebody else announces it."""

    kind = fields.Enum(CallKind, by_value=True, required=True)
    title = Texts(longest=300, one_line=True, required=True, metadata={"description": "by language"})
    opens_at = Instant(format="iso", required=True)


class CallSchema(HouseSchema):
    """A dated invitation, in the caller's language."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    kind = fields.Enum(CallKind, by_value=True, required=True)
    state = fields.Enum(CallState, by_value=True, required=True)
    phase = fields.String(required=True, metadata={"description": "In words of the caller's language"})
    is_open = fields.Boolean(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    text_language = fields.String(required=True)
    titles = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    strategies = fields.List(fields.String(metadata={"maxLength": LONGEST_CODE}), required=True)
    opens_at = fields.AwareDateTime(required=True, format="iso")
    closes_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    zone = fields.String(required=True, metadata={"description": "IANA zone in which the deadline is shown"})
    grace_minutes = fields.Integer(required=True)
    minimum_reviews = fields.Integer(required=True)
    blind_mode = fields.Boolean(required=True)
    eligibility = fields.Dict(required=True)
    audience = fields.Dict(required=True)
    criteria_set = fields.String(required=True, allow_none=True)
    rule_set = fields.String(required=True, allow_none=True)
    scale = fields.String(required=True)
    met_threshold = fields.Integer(required=True)
    conflict_years = fields.Integer(required=True)
    asks_everybody = fields.Boolean(required=True)
    nationality_conflicts = fields.Boolean(required=True)
    question_round = fields.Boolean(required=True)
    shows_reviewers = fields.Boolean(required=True)
    shows_own_verdict = fields.Boolean(required=True)
    retention_years = fields.Integer(required=True)
    is_public_result = fields.Boolean(required=True)
    edition = fields.Integer(required=True)
    supersedes = fields.String(required=True, allow_none=True)
    superseded_by = fields.String(required=True, allow_none=True)
    four_eyes = fields.Boolean(required=True, metadata={"description": "changes take two people"})
    state_reason = fields.String(required=True, allow_none=True)
    criteria_version = fields.String(required=True, allow_none=True)
    rule_version = fields.String(required=True, allow_none=True)


class CallsSchema(HouseSchema):
    """Every call that was announced; for whoever runs calls the drafts before them."""

    items = fields.List(fields.Nested(CallSchema), required=True)
    next = fields.String(required=True, allow_none=True)
