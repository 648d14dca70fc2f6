"""What goes in and out about panels and decisions."""

from __future__ import annotations

from marshmallow import fields

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Words
from services.decisions.endorsing import OUTCOMES
from services.decisions.proposing import PROPOSABLE
from services.panels.deliberation import LONGEST_TEXT, MINORITY, NOTE
from services.panels.setbacks import LONGEST_REASON
from vocabulary.decisions import Ground, Outcome

_OUTCOMES = [outcome.value for outcome in Outcome]
_PROPOSABLE = [outcome.value for outcome in PROPOSABLE]
_GROUNDS = [ground.value for ground in Ground]


class AgendaQuerySchema(HouseSchema):
    """Of which call."""

    call = Words(longest=LONGEST_CODE, one_line=True, metadata={"description": "reference of a call"})


class OpeningSchema(HouseSchema):
    """Why the panel meets, where a proposal has too few reviews."""

    reason = Words(longest=LONGEST_TEXT, load_default=None)


class ConsensusSchema(HouseSchema):
    """The score that the meeting agreed on; null takes it back."""

    value = fields.Integer(
        required=True, allow_none=True, strict=True, validate=one_of((0, 1, 2, 3)),
        metadata={"enum": [0, 1, 2, 3, None]},
    )  # fmt: skip
    reason = Words(longest=LONGEST_TEXT, required=True)


class NoteSchema(HouseSchema):
    """A note of the discussion, or a minority view."""

    kind = fields.String(
        required=True, validate=one_of((NOTE, MINORITY)), metadata={"enum": [NOTE, MINORITY]}
    )
    text = Words(longest=LONGEST_TEXT, required=True)


class SetbackSchema(HouseSchema):
    """Why a review is returned or voided."""

    reason = Words(longest=LONGEST_REASON, required=True)


class NewDecisionSchema(HouseSchema):
    """What to decide on an entry; `reason` is what the submitter reads."""

    entry = Words(longest=LONGEST_CODE, one_line=True, required=True)
    outcome = fields.String(required=True, validate=one_of(_PROPOSABLE), metadata={"enum": _PROPOSABLE})
    reason = Words(longest=LONGEST_TEXT, required=True)
    conditions = Words(longest=LONGEST_TEXT, load_default=None)
    contradiction_reason = Words(longest=LONGEST_TEXT, load_default=None)


class EndorsementSchema(HouseSchema):
    """Whether an offer that seeks recognition is endorsed; `reason` is what the partner reads."""

    outcome = fields.String(required=True, validate=one_of(OUTCOMES), metadata={"enum": list(OUTCOMES)})
    reason = Words(longest=LONGEST_TEXT, required=True)
    conditions = Words(longest=LONGEST_TEXT, load_default=None)
    contradiction_reason = Words(longest=LONGEST_TEXT, load_default=None)
    few_reviews_reason = Words(longest=LONGEST_TEXT, load_default=None)


class TakingBackSchema(HouseSchema):
    """Why a decision is taken back."""

    reason = Words(longest=LONGEST_TEXT, required=True)


class NewReleaseSchema(HouseSchema):
    """The fingerprint of what was shown."""

    seen_hash = Words(longest=64, one_line=True, required=True)


class QuestionSchema(HouseSchema):
    """On which ground a decision should be looked at again."""

    ground = fields.String(required=True, validate=one_of(_GROUNDS), metadata={"enum": _GROUNDS})
    text = Words(longest=LONGEST_TEXT, required=True)


# --- what comes out ---------------------------------------------------------------------------------------


class AgendaRowSchema(HouseSchema):
    """One proposal on the agenda."""

    ref = fields.String(required=True)
    title = fields.String(allow_none=True)
    call = fields.String(allow_none=True, attribute="call_ref")
    state = fields.String(attribute="state.value")
    verdicts = fields.Dict(keys=fields.String(), values=fields.String())
    flags = fields.List(fields.String())
    n_reviews = fields.Integer(attribute="n_counted")
    n_endorsing = fields.Integer()
    decision = fields.String(allow_none=True, attribute="decision_ref")
    differs = fields.Boolean(metadata={"description": "the result has changed since it was decided"})


class AgendaSchema(HouseSchema):
    """The agenda, in its order."""

    items = fields.List(fields.Nested(AgendaRowSchema))
    next = fields.String(allow_none=True)


class ProposalPanelSchema(HouseSchema):
    """A proposal as the panel sees it."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "of the entry"})
    title = fields.String(allow_none=True)
    call = fields.String(allow_none=True)
    state = fields.String(required=True)
    revision = fields.Integer()
    inputs_hash = fields.String(allow_none=True)
    computed_at = fields.AwareDateTime(allow_none=True, format="iso")
    overall = fields.String(allow_none=True)
    n_reviews = fields.Integer()
    reviews = fields.List(fields.Dict())
    strategies = fields.List(fields.Dict())
    flags = fields.List(fields.Dict())
    notes = fields.List(fields.Dict())
    decision = fields.String(allow_none=True)


class DecisionRowSchema(HouseSchema):
    """A decision in a list."""

    ref = fields.String(required=True)
    entry = fields.String(attribute="entry_ref")
    title = fields.String(allow_none=True)
    call = fields.String(allow_none=True, attribute="call_ref")
    outcome = fields.String(attribute="outcome.value", metadata={"enum": _OUTCOMES})
    step = fields.String(metadata={"description": "proposed, approved or released"})
    at = fields.AwareDateTime(format="iso")
    differs = fields.Boolean()


class DecisionsSchema(HouseSchema):
    """Decisions."""

    items = fields.List(fields.Nested(DecisionRowSchema))
    next = fields.String(allow_none=True)


class DecisionSchema(HouseSchema):
    """A decision, for the secretariat."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    entry = fields.String(attribute="entry_ref")
    outcome = fields.String(attribute="outcome.value", metadata={"enum": _OUTCOMES})
    reason = fields.String()
    conditions = fields.String(allow_none=True)
    contradiction_reason = fields.String(allow_none=True)
    verdicts = fields.Dict(keys=fields.String(), values=fields.String())
    differs = fields.Boolean()
    proposed_at = fields.AwareDateTime(format="iso")
    approved_at = fields.AwareDateTime(allow_none=True, format="iso")
    released_at = fields.AwareDateTime(allow_none=True, format="iso")
    withdrawn_at = fields.AwareDateTime(allow_none=True, format="iso")
    supersedes = fields.String(allow_none=True)
    superseded_by = fields.String(allow_none=True)
    letter = fields.Dict(allow_none=True, metadata={"description": "what the letter says, as values"})


class OwnDecisionSchema(HouseSchema):
    """The result of one's own request."""

    ref = fields.String(required=True)
    entry = fields.String(attribute="entry_ref")
    outcome = fields.String(attribute="outcome.value", metadata={"enum": _OUTCOMES})
    released_at = fields.AwareDateTime(format="iso")
    reason = fields.String()
    conditions = fields.String(allow_none=True)
    explanation = fields.List(fields.String())
    comments = fields.List(fields.String())
    ask_until = fields.Date(format="iso")
    may_ask = fields.Boolean()


class PreviewRowSchema(HouseSchema):
    """One decision that would go out."""

    decision = fields.String(attribute="decision_ref")
    entry = fields.String(attribute="entry_ref")
    outcome = fields.String(attribute="outcome.value", metadata={"enum": _OUTCOMES})
    to = fields.String(allow_none=True)
    language = fields.String()


class HeldRowSchema(HouseSchema):
    """One entry that stays behind."""

    entry = fields.String(attribute="entry_ref")
    why = fields.String()


class PreviewSchema(HouseSchema):
    """What a release would do now."""

    call = fields.String(required=True, attribute="call_ref")
    seen_hash = fields.String(required=True)
    n_letters = fields.Integer()
    ready = fields.List(fields.Nested(PreviewRowSchema))
    held = fields.List(fields.Nested(HeldRowSchema))


class ReleaseSchema(HouseSchema):
    """What was released."""

    ref = fields.String(required=True)
    n_decisions = fields.Integer()
    n_letters = fields.Integer()


class RecognitionSchema(HouseSchema):
    """A recognition, as everybody sees it."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    standing = fields.String(attribute="standing.value")
    title = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    issued_on = fields.Date(format="iso")
    expires_on = fields.Date(format="iso")
    retracted_at = fields.AwareDateTime(allow_none=True, format="iso")
    retraction_reason = fields.String(allow_none=True)
    renews = fields.String(allow_none=True)
    renewed_by = fields.String(allow_none=True)


class AskedRenewalSchema(HouseSchema):
    """What whoever decides on a renewal should know; may be empty."""

    text = Words(longest=4_000, load_default=None)
