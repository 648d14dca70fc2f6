"""What do a scorecard, a conflict answer and an assignment look like from outside? Both doors use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.base import HouseSchema, one_of
from schemas.values import LONGEST_CODE, Codes, Instant, Whole, Words
from services.conflicts import KINDS, LONGEST_TEXT
from services.reviews.content import LONGEST_PARTNER, LONGEST_POINTER, MOST_PARTNERS
from services.scorecard_documents.making import Format
from vocabulary.conflicts import HintAnswer
from vocabulary.findings import SCORES, Confidence, Recommendation
from vocabulary.messages import Message
from vocabulary.states import AssignmentState, ConflictAnswer, ConflictRuling, ReviewState

LONGEST_EVIDENCE = 10_000
"""Characters; the limit in words is checked at submission, so that a draft keeps what was typed."""

MOST_CRITERIA = 100
_MOST_PARTNERS = Message("Name at most {max}.")
_WRONG_SCORE = Message("This must be 0, 1, 2 or 3, or nothing.")


class Score(fields.Integer):
    """0, 1, 2 or 3; nothing is null, never a number."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minimum": SCORES[0], "maximum": SCORES[-1]}
        super().__init__(allow_none=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if value == "":
            return None
        is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
        found = {str(score): score for score in SCORES} | {f"{score}.0": score for score in SCORES}
        if not is_number or str(value) not in found:
            raise ValidationError(_WRONG_SCORE)
        return found[str(value)]


class Choice(fields.String):
    """One code of a short list, or nothing."""

    def __init__(self, codes: Any, **kwargs: Any) -> None:
        self.codes = tuple(codes)
        super().__init__(
            allow_none=True, validate=one_of(self.codes), metadata={"enum": [*self.codes, None]}, **kwargs
        )

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """An empty choice of a form is nothing."""
        return super().deserialize(None if value == "" else value, attr, data, **kwargs)


class ScoreSchema(HouseSchema):
    """The answer to one criterion."""

    value = Score()
    cannot_judge = fields.Boolean(metadata={"description": "instead of a score, with a reason"})
    cannot_reason = Words(longest=LONGEST_EVIDENCE)
    evidence = Words(longest=LONGEST_EVIDENCE, metadata={"description": "at most 120 words; releasable"})
    pointer = Words(longest=LONGEST_POINTER, one_line=True)
    parts = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(allow_none=True),
        metadata={"description": "parts of the criterion: true, false, or null for unclear"},
    )

    @validates_schema
    def one_answer(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        """A score and «cannot judge» exclude each other."""
        if data.get("value") is not None and data.get("cannot_judge"):
            raise ValidationError({"value": [Message("Give a score or say “cannot judge”, not both.")]})


class Scores(fields.Dict):
    """Answers by criterion; errors and what is valid come by criterion, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Nested(ScoreSchema), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > MOST_CRITERIA:
            raise self.make_error("invalid")
        read: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for code, answer in value.items():
            try:
                read[str(code)] = ScoreSchema().load(answer)
            except ValidationError as wrong:
                errors[str(code)] = wrong.messages
                read[str(code)] = wrong.valid_data
        if errors:
            raise ValidationError(errors, valid_data=read)
        return read


def _overall() -> dict[str, fields.Field]:
    return {
        "recommendation": Choice([each.value for each in Recommendation]),
        "confidence": Choice([each.value for each in Confidence]),
        "expertise": fields.Dict(
            keys=fields.String(),
            values=Choice([each.value for each in Confidence]),
            metadata={"description": "by strategy"},
        ),
        "conditions": Words(longest=LONGEST_EVIDENCE, metadata={"description": "releasable"}),
        "contradiction_reason": Words(longest=LONGEST_EVIDENCE),
        "comment_applicant": Words(longest=LONGEST_EVIDENCE, metadata={"description": "releasable"}),
        "comment_internal": Words(longest=LONGEST_EVIDENCE, metadata={"description": "never released"}),
        "minutes_spent": Whole(),
        "partners": fields.List(
            Words(longest=LONGEST_PARTNER, one_line=True),
            validate=validate.Length(max=MOST_PARTNERS, error=_MOST_PARTNERS),
            metadata={"description": "names of bodies that could help; for the secretariat's matching"},
        ),
    }


ReviewChangesSchema = HouseSchema.from_dict(_overall() | {"scores": Scores()}, name="ReviewChangesSchema")
"""Some answers of a scorecard; what is not named stays as it is."""


def taken_changes(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of some answers can be kept, and what is wrong with the rest, by field."""
    try:
        return ReviewChangesSchema().load(raw), {}
    except ValidationError as wrong:
        return dict(wrong.valid_data or {}), dict(wrong.messages)  # type: ignore[arg-type]


class SubmissionSchema(HouseSchema):
    """What is said at submission."""

    still_no_conflict = fields.Boolean(
        load_default=False, metadata={"description": "there is still no conflict of interest"}
    )
    names_intended = fields.Boolean(
        load_default=False,
        metadata={"description": "names in texts for the applicant are meant to stand there"},
    )


class ConflictSchema(HouseSchema):
    """The answer to the conflict question."""

    answer = fields.String(required=True, validate=one_of([each.value for each in ConflictAnswer]))
    kinds = Codes(most=len(KINDS), load_default=list, metadata={"description": ", ".join(KINDS)})
    text = Words(longest=LONGEST_TEXT, load_default=None)
    dismissed = Codes(
        most=50,
        load_default=list,
        metadata={"description": "fingerprints of what the service points to and is no conflict"},
    )


class HintReplySchema(HouseSchema):
    """What an officer says of something that the service points to."""

    fingerprint = Words(longest=64, one_line=True, required=True)
    answer = fields.String(required=True, validate=one_of([each.value for each in HintAnswer]))
    reason = Words(longest=LONGEST_TEXT, load_default=None)


class DeclineSchema(HouseSchema):
    """Why a review is declined."""

    reason = Words(longest=2_000, required=True)


class LiftSchema(HouseSchema):
    """Why an upheld conflict should be lifted."""

    reason = Words(longest=LONGEST_TEXT, required=True)


class RulingSchema(HouseSchema):
    """An officer's ruling on a possible conflict."""

    ruling = fields.String(required=True, validate=one_of([each.value for each in ConflictRuling]))
    reason = Words(longest=LONGEST_TEXT, load_default=None)


class NewAssignmentSchema(HouseSchema):
    """Who shall score what, until when."""

    entry = Words(longest=LONGEST_CODE, one_line=True, required=True)
    reviewer = Words(longest=254, one_line=True, required=True, metadata={"description": "e-mail address"})
    due_at = Instant(load_default=None, allow_none=True, format="iso")


# --- what comes out ---------------------------------------------------------------------------------------


class QueueRowSchema(HouseSchema):
    """One of one's own assignments."""

    ref = fields.String()
    version = fields.Integer(metadata={"description": "0 before the first word"})
    title = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    countries = fields.List(fields.String())
    state = fields.String(metadata={"description": "question, not_started, or the state of the review"})
    n_scored = fields.Integer()
    n_criteria = fields.Integer()
    due_at = fields.AwareDateTime(allow_none=True, format="iso")
    submitted_at = fields.AwareDateTime(allow_none=True, format="iso")


class QueueSchema(HouseSchema):
    """One's own assignments."""

    items = fields.List(fields.Nested(QueueRowSchema))
    next = fields.String(allow_none=True)


class ScoreOutSchema(HouseSchema):
    """The saved answer to one criterion."""

    value = fields.Integer(allow_none=True)
    cannot_judge = fields.Boolean()
    cannot_reason = fields.String(allow_none=True)
    evidence = fields.String(allow_none=True)
    pointer = fields.String(allow_none=True)
    parts = fields.Dict(keys=fields.String(), values=fields.Boolean(allow_none=True))


class ReviewSchema(HouseSchema):
    """A scorecard and the submission it is about; before the conflict question only what may be seen then."""

    ref = fields.String(required=True)
    review = fields.String(allow_none=True, metadata={"description": "reference of the scorecard"})
    entry = fields.String(metadata={"description": "reference of the request or offer"})
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    saved_at = fields.AwareDateTime(allow_none=True, format="iso")
    due_at = fields.AwareDateTime(allow_none=True, format="iso")
    revision = fields.Integer(metadata={"description": "the version of the submission that is scored"})
    newer_revision = fields.Integer(allow_none=True)
    claimed = fields.List(fields.String())
    submission = fields.Dict(metadata={"description": "fields of the entry that the reviewer sees"})
    scores = fields.Dict(keys=fields.String(), values=fields.Nested(ScoreOutSchema))
    recommendation = fields.String(allow_none=True)
    confidence = fields.String(allow_none=True)
    expertise = fields.Dict(keys=fields.String(), values=fields.String())
    conditions = fields.String(allow_none=True)
    contradiction_reason = fields.String(allow_none=True)
    comment_applicant = fields.String(allow_none=True)
    comment_internal = fields.String(allow_none=True)
    minutes_spent = fields.Integer(allow_none=True)
    partners = fields.List(fields.String())
    result = fields.Dict(
        allow_none=True, metadata={"description": "verdict by strategy; null until it is submitted"}
    )
    running = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        allow_none=True,
        metadata={
            "description": "verdict by claimed strategy on what is saved; null unless the call shows it"
        },
    )


class DocumentFormatSchema(HouseSchema):
    """In which format a scorecard is made as a document."""

    format = fields.Enum(Format, by_value=True, load_default=Format.DOCX)


class DocumentChangeSchema(HouseSchema):
    """One answer that differs: what is saved, and what stands in the document."""

    field = fields.String(required=True)
    saved = fields.Raw(allow_none=True)
    document = fields.Raw(allow_none=True)


class DocumentProblemSchema(HouseSchema):
    """A field of a document that cannot be taken over, with what stands in it."""

    field = fields.String(required=True)
    text = fields.String()
    message = fields.String()


class DocumentReadingSchema(HouseSchema):
    """What a document would change. `answers` is what PATCH takes to change it, with If-Match `version`."""

    version = fields.Integer(required=True)
    made_from = fields.Integer(metadata={"description": "the version that the document was made from"})
    is_stale = fields.Boolean(metadata={"description": "saved since: each change shows both texts"})
    revision = fields.Integer(metadata={"description": "the version of the submission that is scored"})
    made_from_revision = fields.Integer()
    changes = fields.List(fields.Nested(DocumentChangeSchema))
    problems = fields.List(fields.Nested(DocumentProblemSchema))
    missing = fields.List(fields.String(), metadata={"description": "fields that the document lacks"})
    answers = fields.Dict()


class ConflictStateSchema(HouseSchema):
    """Where somebody stands after the conflict question."""

    ref = fields.String(required=True)
    answer = fields.String(required=True)
    standing = fields.String(required=True, metadata={"description": "cleared, undecided or upheld"})


class OwnConflictSchema(HouseSchema):
    """An entry whose conflict question is to be answered, with what may be seen before."""

    ref = fields.String(required=True)
    title = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    contact = fields.String(allow_none=True)
    countries = fields.List(fields.String())
    has_hints = fields.Boolean(metadata={"description": "the service points to something"})


class OwnConflictsSchema(HouseSchema):
    """Entries to answer for, the first of them, and how many in all."""

    items = fields.List(fields.Nested(OwnConflictSchema))
    total = fields.Integer()


class DeclaredSchema(HouseSchema):
    """A declaration other than «none»."""

    entry = fields.String()
    person_id = fields.Integer()
    person = fields.String()
    answer = fields.String()
    standing = fields.String()
    kinds = fields.List(fields.String())
    text = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(format="iso")
    ruled_by = fields.String(allow_none=True)
    lift_proposed = fields.Boolean()


class PointedSchema(HouseSchema):
    """Something that the service points to."""

    entry = fields.String()
    person_id = fields.Integer()
    person = fields.String()
    fingerprint = fields.String()
    text = fields.String()


class ConflictRegisterSchema(HouseSchema):
    """What was declared, and what the service points to."""

    items = fields.List(fields.Nested(DeclaredSchema))
    pointed = fields.List(fields.Nested(PointedSchema))


class AssignmentSchema(HouseSchema):
    """An assignment as an officer sees it; no scores."""

    ref = fields.String(required=True)
    version = fields.Integer()
    entry = fields.String(attribute="entry_ref")
    title = fields.String(allow_none=True)
    reviewer = fields.String(metadata={"description": "name"})
    state = fields.Enum(AssignmentState, by_value=True)
    review_state = fields.Enum(ReviewState, by_value=True, allow_none=True)
    invited_at = fields.AwareDateTime(format="iso")
    due_at = fields.AwareDateTime(allow_none=True, format="iso")


class AssignmentListSchema(HouseSchema):
    """The assignments of the calls that one runs."""

    items = fields.List(fields.Nested(AssignmentSchema))
    next = fields.String(allow_none=True)
