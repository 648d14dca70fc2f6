"""What do the plans, the table and the settings of a call's assignments look like from outside?"""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Codes, Instant, Words
from vocabulary.conflicts import ProposalState

MOST_PAIRS = 5_000


class ReviewSettingsSchema(HouseSchema):
    """How the reviews of a call are run."""

    due_at = Instant(allow_none=True, format="iso")
    most_each = fields.Integer(strict=True, metadata={"minimum": 1, "maximum": 1000})
    sends_reminders = fields.Boolean()
    answer_days = fields.Integer(strict=True, metadata={"minimum": 1, "maximum": 365})


class AskedPairSchema(HouseSchema):
    """A proposal and the address of the reviewer who should score it."""

    proposal = Words(longest=LONGEST_CODE, one_line=True, required=True)
    reviewer = Words(longest=254, one_line=True, required=True, metadata={"description": "e-mail address"})


class NewPlanSchema(HouseSchema):
    """An automatic plan in one of two modes, or the pairs of a file."""

    mode = fields.String(load_default="sum", validate=one_of(["sum", "fair"]))
    pairs = fields.List(
        fields.Nested(AskedPairSchema),
        load_default=list,
        validate=lambda rows: len(rows) <= MOST_PAIRS,
        metadata={"maxItems": MOST_PAIRS},
    )


class CommitSchema(HouseSchema):
    """Which pairs of a plan are left out."""

    left_out = Codes(most=MOST_PAIRS, load_default=list, metadata={"description": "`key` of each pair"})


class DueSchema(HouseSchema):
    """Until when."""

    due_at = Instant(load_default=None, allow_none=True, format="iso")


class ReassignmentSchema(HouseSchema):
    """Who takes it on."""

    reviewer = Words(longest=254, one_line=True, required=True, metadata={"description": "e-mail address"})


class NewProposalSchema(HouseSchema):
    """Whom a moderator would ask to score what, and why."""

    entry = Words(longest=LONGEST_CODE, one_line=True, required=True)
    reviewer = Words(longest=254, one_line=True, required=True, metadata={"description": "e-mail address"})
    reason = Words(longest=2_000, load_default=None)


class ProposalAnswerSchema(HouseSchema):
    """What an officer makes of a proposal."""

    answer = fields.String(required=True, validate=one_of(["make", "dismiss"]))


class ReviewerProposalSchema(HouseSchema):
    """A reviewer whom a moderator proposes for an entry."""

    id = fields.Integer(required=True)
    entry = fields.String(required=True, attribute="entry_ref")
    title = fields.String(allow_none=True)
    reviewer = fields.String(required=True, metadata={"description": "name"})
    proposed_by = fields.String(required=True, metadata={"description": "name"})
    reason = fields.String(allow_none=True)
    may_answer = fields.Boolean(required=True)


class ReviewerProposalsSchema(HouseSchema):
    """Proposals that wait for an officer, the oldest first."""

    items = fields.List(fields.Nested(ReviewerProposalSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ProposalAnsweredSchema(HouseSchema):
    """What became of a proposal."""

    id = fields.Integer(required=True)
    state = fields.Enum(ProposalState, by_value=True, required=True)
    assignment = fields.String(required=True, allow_none=True, metadata={"description": "its reference"})


class ReviewerLoadSchema(HouseSchema):
    """A reviewer with the load."""

    account_id = fields.Integer()
    name = fields.String()
    n_held = fields.Integer()
    most = fields.Integer()
    n_in = fields.Integer()


class ProposalCoverageSchema(HouseSchema):
    """A proposal with its coverage; `cells` by the reviewer's account id."""

    ref = fields.String()
    title = fields.String(allow_none=True)
    n_held = fields.Integer()
    n_wanted = fields.Integer()
    n_in = fields.Integer()
    cells = fields.Dict(keys=fields.String(), values=fields.String())


class AssignmentMatrixSchema(HouseSchema):
    """Who reviews what in a call."""

    call = fields.String()
    reviewers = fields.List(fields.Nested(ReviewerLoadSchema))
    proposals = fields.List(fields.Nested(ProposalCoverageSchema))
    settings = fields.Nested(ReviewSettingsSchema)


class PlannedPairSchema(HouseSchema):
    """One pick with its reasons."""

    key = fields.String()
    proposal = fields.String()
    reviewer = fields.String(metadata={"description": "name"})
    score = fields.Integer(allow_none=True)
    reasons = fields.List(fields.String())


class AssignmentPlanSchema(HouseSchema):
    """A plan: what it would make, how good it is, and how good any could be."""

    ref = fields.String(required=True)
    call = fields.String()
    kind = fields.String()
    state = fields.String()
    mode = fields.String()
    total = fields.Integer(allow_none=True)
    worst = fields.Integer(allow_none=True)
    bound = fields.Integer(allow_none=True, metadata={"description": "no plan has a greater total"})
    gap = fields.Integer(allow_none=True, metadata={"description": "0 proves it the best"})
    elsewhere_met = fields.Boolean()
    pairs = fields.List(fields.Nested(PlannedPairSchema))
