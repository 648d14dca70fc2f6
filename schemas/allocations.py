"""What may be asked of an allocation, and how one goes out."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Code, Codes, Whole, Words
from services.allocations.asking import LONGEST_SEED, LONGEST_TITLE, MODES, MOST_FLOOR, MOST_SECONDS
from services.allocations.display import MOST_AT_ONCE
from services.introductions.steps import LONGEST_REASON
from vocabulary.messages import Message
from vocabulary.states import AllocationState

_BETWEEN = Message("This must lie between {min} and {max}.")


class NewAllocationSchema(HouseSchema):
    """Which requests and offers count, under which limits."""

    title = Words(longest=LONGEST_TITLE, one_line=True, required=True)
    call = Code(load_default=None, metadata={"description": "only requests of this call"})
    offers = Codes(most=1_000, load_default=list, metadata={"description": "only these offers; all if empty"})
    needs = Codes(
        most=100, load_default=list, metadata={"description": "only requests that name one of these"}
    )
    mode = fields.String(load_default=MODES[0], validate=one_of(MODES), metadata={"enum": list(MODES)})
    floors = fields.Dict(
        keys=fields.String(metadata={"maxLength": LONGEST_CODE}),
        values=fields.Integer(strict=True, validate=validate.Range(min=0, max=MOST_FLOOR, error=_BETWEEN)),
        load_default=dict,
        metadata={"description": "region -> least number of its requests to serve; mode best only"},
    )
    most_per_offer = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=MOST_FLOOR, error=_BETWEEN),
        metadata={"description": "cap for every offer, beside its own places"},
    )
    least_score = fields.Float(
        load_default=0.2,
        validate=validate.Range(min=0, max=1, error=_BETWEEN),
        metadata={"description": "pairs below are not placed"},
    )
    uses_budgets = fields.Boolean(
        load_default=True,
        truthy={True, "yes"},
        falsy={False, ""},
        metadata={"description": "whether the money that an offer has left counts"},
    )
    seed = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_SEED, error=Message("This is longer than {max} characters.")),
        metadata={"description": "public; settles ties"},
    )
    seconds = Whole(load_default=60, metadata={"minimum": 1, "maximum": MOST_SECONDS})


class PairSchema(HouseSchema):
    """A pair of an allocation."""

    request = Words(longest=LONGEST_CODE, one_line=True, required=True)
    offer = Words(longest=LONGEST_CODE, one_line=True, required=True)


class TakeUpSchema(HouseSchema):
    """Pairs to shortlist."""

    pairs = fields.List(
        fields.Nested(PairSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE, error=_BETWEEN),
    )
    reason = Words(
        longest=LONGEST_REASON,
        load_default=None,
        metadata={"description": "needed for requests that no released result endorses"},
    )


class TakenUpSchema(HouseSchema):
    """What became of one pair."""

    request = fields.String(required=True)
    offer = fields.String(required=True)
    match = fields.String(attribute="match_ref", required=True, allow_none=True)
    refused = fields.String(required=True, allow_none=True)


class TakenUpListSchema(HouseSchema):
    """What became of each pair."""

    items = fields.List(fields.Nested(TakenUpSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class AllocationRowSchema(HouseSchema):
    """An allocation in a list."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"enum": [state.value for state in AllocationState]})
    title = fields.String(required=True)
    asked_by = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    progress = fields.Integer(required=True, metadata={"description": "requests ranked so far"})
    n_steps = fields.Integer(required=True)
    n_placed = fields.Integer(required=True, allow_none=True)
    n_unserved = fields.Integer(required=True, allow_none=True)


class AllocationsSchema(HouseSchema):
    """Allocations, the latest first."""

    items = fields.List(fields.Nested(AllocationRowSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class PlacedSchema(HouseSchema):
    """A request with the offer that it should go to."""

    request = fields.String(required=True)
    offer = fields.String(required=True)
    score = fields.Float(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    match = fields.String(required=True, allow_none=True, metadata={"description": "where it is taken up"})


class UnservedSchema(HouseSchema):
    """A request that got nothing."""

    request = fields.String(required=True)
    code = fields.String(required=True)
    why = fields.String(required=True)


class CheckSchema(HouseSchema):
    """The check of the record, made anew for this answer and without a solver."""

    is_sound = fields.Boolean(required=True)
    faults = fields.List(fields.String(), required=True)
    gap = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "by how much another allocation could be better at most"},
    )


class AllocationSchema(AllocationRowSchema):
    """One allocation with its record. `inputs` and `certificate` are what the check reads."""

    asked = fields.Dict(required=True)
    settings_version = fields.String(required=True, allow_none=True)
    index_version = fields.String(required=True, allow_none=True)
    inputs_hash = fields.String(required=True, allow_none=True)
    placed = fields.List(fields.Nested(PlacedSchema), required=True)
    unserved = fields.List(fields.Nested(UnservedSchema), required=True)
    served_by_region = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    total = fields.Float(required=True, allow_none=True)
    check = fields.Nested(CheckSchema, required=True, allow_none=True)
    fault = fields.Dict(required=True, allow_none=True)
    inputs = fields.Dict(required=True, allow_none=True)
    certificate = fields.Dict(required=True, allow_none=True)
