"""The panel of a fellowship call from outside: plans, conflicts and rulings, marks, agreement, comparison."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import Instant, Words
from services.fellowships import planning
from services.fellowships.rulings import LONGEST_REASON
from vocabulary.fellowships import MeritBand
from vocabulary.messages import Message
from vocabulary.states import ConflictAnswer, ConflictRuling

_LIMIT = Message("This must lie between {min} and {max}.")
_MODES = (planning.FAIR, planning.SUM)
MOST_PAIRS = 5_000


def _number(least: int, most: int, **options: object) -> fields.Integer:
    return fields.Integer(validate=validate.Range(least, most, error=_LIMIT), **options)


class PanelPageQuerySchema(HouseSchema):
    """Where to go on, and how many."""

    cursor = _number(0, 10**9)
    limit = _number(1, 100, load_default=50)


class PanelMemberSchema(HouseSchema):
    """A panel member of the call: how many nominations they have, and how many they have marked."""

    email = fields.String(required=True)
    name = fields.String(required=True)
    n_seats = fields.Integer(required=True)
    n_marked = fields.Integer(required=True)


class PanelMembersSchema(HouseSchema):
    """Everybody who may mark in the call, by name."""

    items = fields.List(fields.Nested(PanelMemberSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class MarkingPlanQuerySchema(HouseSchema):
    """What a plan is asked for: members for each nomination, nominations for each member at most, and what
    counts first, the nomination that is served worst or the best fit in all."""

    each = _number(1, 20, load_default=2)
    most = _number(1, 500, load_default=20)
    mode = fields.String(load_default=planning.FAIR, validate=one_of(_MODES))


class PlannedSeatSchema(HouseSchema):
    """One pair of a plan with its reasons; `shared` is what both texts speak of."""

    nomination = fields.String(required=True, attribute="ref")
    nominee = fields.String(required=True)
    member = fields.String(required=True, attribute="email", metadata={"description": "Mail address"})
    member_name = fields.String(required=True, attribute="member")
    score = fields.Integer(required=True, metadata={"description": "Fit, of 1000"})
    reasons = fields.List(fields.String(), required=True)
    shared = fields.List(fields.String(), required=True)


class MarkingPlanSchema(HouseSchema):
    """Who would mark what. `gap` 0 proves that no plan fits better; `fingerprint` is sent back to make it."""

    each = fields.Integer(required=True)
    most = fields.Integer(required=True)
    mode = fields.String(required=True)
    pairs = fields.List(fields.Nested(PlannedSeatSchema), required=True)
    total = fields.Integer(required=True)
    gap = fields.Integer(required=True)
    n_ruled_out = fields.Integer(required=True)
    n_avoided = fields.Integer(required=True)
    fingerprint = fields.String(required=True)


class PlanPairSchema(HouseSchema):
    """One pair of a plan, to be left out of it."""

    nomination = fields.String(required=True, validate=validate.Length(max=20))
    member = fields.String(required=True, validate=validate.Length(max=254))


class MarkingPlanAdoptionSchema(HouseSchema):
    """The plan that was looked at, what is left out of it, and until when the marks are due."""

    each = fields.Integer(required=True, strict=True, validate=validate.Range(1, 20, error=_LIMIT))
    most = fields.Integer(required=True, strict=True, validate=validate.Range(1, 500, error=_LIMIT))
    mode = fields.String(required=True, validate=one_of(_MODES))
    fingerprint = fields.String(required=True, validate=validate.Length(max=64))
    left_out = fields.List(
        fields.Nested(PlanPairSchema), load_default=list, metadata={"maxItems": MOST_PAIRS}
    )
    due_at = Instant(format="iso", load_default=None, allow_none=True)


class DeclaredConflictSchema(HouseSchema):
    """What a panel member declared about a nomination, and what was ruled on it."""

    id = fields.Integer(required=True, attribute="seat_id")
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    nomination = fields.String(required=True, attribute="ref")
    nominee = fields.String(required=True)
    member = fields.String(required=True)
    answer = fields.Enum(ConflictAnswer, by_value=True, required=True)
    text = fields.String(required=True, allow_none=True)
    answered_at = fields.AwareDateTime(required=True, format="iso")
    ruling = fields.Enum(ConflictRuling, by_value=True, required=True, allow_none=True)
    ruling_reason = fields.String(required=True, allow_none=True)
    had_marked = fields.Boolean(required=True)
    is_after_list = fields.Boolean(
        required=True, metadata={"description": "Came to light after the list was approved"}
    )
    may_rule = fields.Boolean(required=True)


class DeclaredConflictsSchema(HouseSchema):
    """Conflicts that panel members declared, those to rule on first."""

    items = fields.List(fields.Nested(DeclaredConflictSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class PanelRulingSchema(HouseSchema):
    """Clear or uphold, and why."""

    ruling = fields.Enum(ConflictRuling, by_value=True, required=True)
    reason = Words(longest=LONGEST_REASON, required=True)


class MarkingConflictSchema(HouseSchema):
    """The answer to the conflict question; `text` says what the conflict is, or could be."""

    answer = fields.Enum(ConflictAnswer, by_value=True, required=True)
    text = Words(longest=4_000, load_default=None)


class MarkingStandingSchema(HouseSchema):
    """What was answered, and where the member stands towards the nomination now."""

    nomination = fields.String(required=True)
    answer = fields.Enum(ConflictAnswer, by_value=True, required=True)
    standing = fields.String(required=True)


class MarksSchema(HouseSchema):
    """Marks and their reasons by criterion, and the band. They count once `final` is true."""

    marks = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), load_default=dict)
    notes = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.Length(max=4_000)), load_default=dict
    )
    band = fields.Enum(MeritBand, by_value=True, load_default=None, allow_none=True)
    final = fields.Boolean(load_default=False)


class MarkSheetSchema(HouseSchema):
    """A nomination to mark, as its panel member sees it; `content` is null before the conflict question."""

    nomination = fields.String(required=True, attribute="ref")
    version = fields.Integer(required=True, attribute="seat_version")
    call = fields.String(required=True, attribute="call_ref")
    name = fields.String(required=True)
    organisation = fields.String(required=True, allow_none=True)
    country = fields.String(required=True, allow_none=True)
    nominator_body = fields.String(required=True, allow_none=True)
    answer = fields.Enum(ConflictAnswer, by_value=True, required=True, allow_none=True)
    content = fields.Dict(required=True, allow_none=True)
    marks = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    notes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    band = fields.Enum(MeritBand, by_value=True, required=True, allow_none=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    due_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    is_locked = fields.Boolean(required=True)
    criteria = fields.List(fields.Dict(), required=True)
    scale = fields.List(
        fields.Integer(), required=True, metadata={"description": "Lowest mark, highest mark, step"}
    )


class MarkSheetsSchema(HouseSchema):
    """One page of the nominations to mark, those not yet submitted first."""

    items = fields.List(fields.Nested(MarkSheetSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)


class SpreadSchema(HouseSchema):
    """The marks that one nomination was given on one criterion, in order."""

    criterion = fields.String(required=True)
    marks = fields.List(fields.Integer(), required=True)
    is_apart = fields.Boolean(required=True, metadata={"description": "More than 40 % of the scale apart"})


class DisputedSchema(HouseSchema):
    """One nomination with its spreads and the bands it was given."""

    nomination = fields.String(required=True, attribute="ref")
    name = fields.String(required=True)
    spreads = fields.List(fields.Nested(SpreadSchema), required=True)
    bands = fields.List(fields.String(), required=True)
    n_apart = fields.Integer(required=True)


class MarkAgreementSchema(HouseSchema):
    """Agreement on one criterion, or on all of them (`criterion` null)."""

    criterion = fields.String(required=True, allow_none=True)
    alpha = fields.Float(required=True, allow_none=True)
    raw = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Pairs of marks at most one step apart, 0 to 1"},
    )
    n_pairs = fields.Integer(required=True)
    n_items = fields.Integer(required=True)


class LeaningSchema(HouseSchema):
    """How far above or below the others a member marks what they marked too."""

    name = fields.String(required=True)
    n_marked = fields.Integer(required=True)
    mean = fields.Float(required=True, allow_none=True)


class PanelAgreementSchema(HouseSchema):
    """How far the panel agrees; nominations whose marks lie furthest apart first."""

    is_locked = fields.Boolean(required=True)
    agreed = fields.List(fields.Nested(MarkAgreementSchema), required=True)
    members = fields.List(fields.Nested(LeaningSchema), required=True, attribute="leanings")
    items = fields.List(fields.Nested(DisputedSchema), required=True, attribute="rows")
    next = fields.String(required=True, allow_none=True)


ComparisonQuerySchema = HouseSchema.from_dict(
    {
        "with": fields.String(
            required=True, validate=validate.Length(max=20), metadata={"description": "Reference of a run"}
        )
    },
    name="ComparisonQuerySchema",
)
"""The run to compare with; "with" is a word of the language, so no class can have it as a name."""


class ComparisonSchema(HouseSchema):
    """What one run has and the other has not."""

    run = fields.String(required=True)
    other = fields.String(required=True, data_key="with")
    comes = fields.List(
        fields.String(), required=True, metadata={"description": "On this list, not on the other"}
    )
    goes = fields.List(
        fields.String(), required=True, metadata={"description": "On the other list, not on this"}
    )
    total = fields.Integer(required=True, metadata={"description": "Sum of the scores, this less the other"})
    asked_differently = fields.List(
        fields.String(), required=True, attribute="asked", metadata={"description": "Parts of the question"}
    )
