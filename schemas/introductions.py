"""Matches that were taken up, as they go out, and what either door may say about one."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Code, Day, Instant, Whole, Words
from services.introductions.answers import RESULTS
from services.introductions.steps import LONGEST_REASON
from vocabulary.states import DeclineReason, MatchAnswer, MatchState

_ANSWERS = (MatchAnswer.YES.value, MatchAnswer.NO.value)
_REASONS = tuple(reason.value for reason in DeclineReason)
_STATES = tuple(state.value for state in MatchState)
_RESULTS = tuple(state.value for state in RESULTS)


class MatchesQuerySchema(HouseSchema):
    """Which matches of all."""

    state = fields.String(validate=one_of(_STATES), metadata={"enum": list(_STATES)})


class NewMatchSchema(HouseSchema):
    """A pair to take up."""

    request = Words(longest=LONGEST_CODE, one_line=True, required=True)
    offer = Words(longest=LONGEST_CODE, one_line=True, required=True)
    slot = Code(load_default=None, metadata={"description": "need of the request; nothing for all of it"})
    places = Whole(load_default=1)
    reason = Words(
        longest=LONGEST_REASON,
        load_default=None,
        metadata={"description": "needed where no released result endorses the request"},
    )


class ProposalSchema(HouseSchema):
    """By when both sides are asked to answer."""

    answer_by_at = Instant(required=True, format="iso")


class AnswerSchema(HouseSchema):
    """One side's answer; a no has a reason."""

    answer = fields.String(required=True, validate=one_of(_ANSWERS), metadata={"enum": list(_ANSWERS)})
    reason = fields.String(
        load_default=None,
        allow_none=True,
        validate=one_of(_REASONS),
        metadata={"enum": [*_REASONS, None], "description": "with a no"},
    )
    words = Words(longest=LONGEST_REASON, load_default=None, metadata={"description": "for the secretariat"})


class StartSchema(HouseSchema):
    """When both begin, and who of the secretariat looks after it."""

    starts_on = Day(required=True)
    facilitator = Words(
        longest=254,
        one_line=True,
        load_default=None,
        metadata={"description": "e-mail address of an officer"},
    )


class CancellationSchema(HouseSchema):
    """Why a match is taken back."""

    reason = Words(longest=LONGEST_REASON, required=True)


class OutcomeSchema(HouseSchema):
    """What came of a match, as a side tells it, or as an officer who closes it."""

    result = fields.String(required=True, validate=one_of(_RESULTS), metadata={"enum": list(_RESULTS)})
    outcome = Words(longest=LONGEST_REASON, required=True)


class SideSchema(HouseSchema):
    """One side of a match; what the caller may not see is null."""

    ref = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    is_mine = fields.Boolean(required=True)
    answer = fields.String(required=True, allow_none=True)
    declined = fields.String(required=True, allow_none=True)
    words = fields.String(required=True, allow_none=True)
    contact = fields.Dict(
        keys=fields.String(),
        values=fields.String(allow_none=True),
        required=True,
        allow_none=True,
        metadata={"description": "for the sides from the agreement on"},
    )
    result = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)


class HistorySchema(HouseSchema):
    """Something that happened to a match."""

    at = fields.AwareDateTime(required=True)
    what = fields.String(required=True)
    side = fields.String(required=True, allow_none=True)


class TakenMatchSchema(HouseSchema):
    """A match that was taken up. `can`: the steps that the caller may take now."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    request = fields.Nested(SideSchema, required=True)
    offer = fields.Nested(SideSchema, required=True)
    slot = fields.String(required=True)
    places = fields.Integer(required=True)
    score = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    settings_version = fields.String(required=True)
    index_version = fields.String(required=True)
    proposed_at = fields.AwareDateTime(required=True, allow_none=True)
    answer_by_at = fields.AwareDateTime(required=True, allow_none=True)
    starts_on = fields.Date(required=True, allow_none=True)
    facilitator = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    can = fields.List(fields.String(), required=True)
    history = fields.List(fields.Nested(HistorySchema), required=True)


class TakenMatchesSchema(HouseSchema):
    """Matches, the latest change first; their history is on each one's own."""

    items = fields.List(fields.Nested(TakenMatchSchema), required=True)
    next = fields.String(required=True, allow_none=True)
