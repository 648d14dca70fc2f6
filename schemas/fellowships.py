"""Settings of fellowship calls, panel, pins and runs of the shortlist, as they come in and go out."""

from __future__ import annotations

from marshmallow import fields, validate

from schemas.base import HouseSchema, one_of
from schemas.calls import Texts
from schemas.values import Code, Instant, Words
from services.fellowships.setting_checks import ATTRIBUTES
from vocabulary.fellowships import FellowshipBody, NominationDocument, RunState
from vocabulary.messages import Message

_LIMIT = Message("This must lie between {min} and {max}.")
BANDS_FIRST = "A better band of merit comes first, but where a limit asks for another one"
_LONGER = Message("There can be {max} of these at most.")


def _whole(least: int, most: int, **options: object) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most, error=_LIMIT), **options)


class ChapterSchema(HouseSchema):
    """A chapter and its seats."""

    code = Code(required=True)
    title = Texts(longest=300, one_line=True, required=True)
    seats = _whole(1, 1000, required=True)


class MarkSchema(HouseSchema):
    """What the panel marks; anchors say in words what a mark means, by mark and language."""

    code = Code(required=True)
    title = Texts(longest=300, one_line=True, required=True)
    anchors = fields.Dict(
        keys=fields.String(metadata={"description": "A mark, such as 8"}),
        values=Texts(longest=500, one_line=True),
        load_default=dict,
    )
    weight = _whole(1, 100, load_default=1)


class TargetSchema(HouseSchema):
    """From `least` to `most` of the list have this value; only soft ones are ever proposed for change."""

    attribute = fields.String(required=True, validate=one_of(ATTRIBUTES))
    value = Words(longest=200, one_line=True, required=True)
    least = _whole(0, 1000, load_default=0)
    most = _whole(0, 1000, load_default=None, allow_none=True)
    kind = fields.String(load_default="soft", validate=one_of(("hard", "soft")))
    weight = _whole(1, 1000, load_default=1)


class CapSchema(HouseSchema):
    """At most so many share any one value of an attribute."""

    attribute = fields.String(required=True, validate=one_of(ATTRIBUTES))
    most = _whole(0, 1000, required=True)


class FellowshipChangesSchema(HouseSchema):
    """Some of the settings; what is not named stays as it is."""

    body = fields.Enum(FellowshipBody, by_value=True)
    selecting_body = Words(longest=200, one_line=True)
    n_seats = _whole(1, 1000)
    chapters = fields.List(fields.Nested(ChapterSchema), validate=validate.Length(max=40, error=_LONGER))
    nominators_until = Instant(format="iso")
    oldest_age = _whole(15, 120, allow_none=True)
    most_years_since_degree = _whole(0, 80, allow_none=True)
    mark_low = _whole(0, 1000)
    mark_high = _whole(1, 1000)
    mark_step = _whole(1, 100)
    marks = fields.List(fields.Nested(MarkSchema), validate=validate.Length(max=20, error=_LONGER))
    by_bands = fields.Boolean(metadata={"description": BANDS_FIRST})
    documents = fields.List(
        fields.String(validate=one_of([one.value for one in NominationDocument])),
        validate=validate.Length(max=3, error=_LONGER),
    )
    targets = fields.List(fields.Nested(TargetSchema), validate=validate.Length(max=200, error=_LONGER))
    caps = fields.List(fields.Nested(CapSchema), validate=validate.Length(max=8, error=_LONGER))


class FellowshipSchema(HouseSchema):
    """What a fellowship call asks and selects by."""

    ref = fields.String(required=True, metadata={"description": "Of the call"})
    version = fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"})
    body = fields.Enum(FellowshipBody, by_value=True, required=True)
    selecting_body = fields.String(required=True)
    n_seats = fields.Integer(required=True)
    chapters = fields.List(fields.Dict(), required=True)
    nominators_until = fields.AwareDateTime(required=True, format="iso")
    oldest_age = fields.Integer(required=True, allow_none=True)
    most_years_since_degree = fields.Integer(required=True, allow_none=True)
    mark_low = fields.Integer(required=True)
    mark_high = fields.Integer(required=True)
    mark_step = fields.Integer(required=True)
    marks = fields.List(fields.Dict(), required=True)
    by_bands = fields.Boolean(required=True, metadata={"description": BANDS_FIRST})
    documents = fields.List(fields.String(), required=True)
    targets = fields.List(fields.Dict(), required=True)
    caps = fields.List(fields.Dict(), required=True)
    marks_locked_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    seed = fields.String(required=True, allow_none=True)
    seed_source = fields.String(required=True, allow_none=True)
    seed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    approved_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    released_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class MarkingPairSchema(HouseSchema):
    """A nomination and the mail address of a panel member who is to mark it."""

    nomination = fields.String(required=True, validate=validate.Length(max=20))
    member = fields.String(required=True, validate=validate.Length(max=254))


class PanelSchema(HouseSchema):
    """Who marks what; all of it is taken, or nothing."""

    pairs = fields.List(
        fields.Nested(MarkingPairSchema),
        required=True,
        validate=validate.Length(min=1, max=5000, error=_LONGER),
    )
    due_at = Instant(format="iso", load_default=None, allow_none=True)


class CountSchema(HouseSchema):
    """How many were concerned."""

    n = fields.Integer(required=True)


class SeedSchema(HouseSchema):
    """The public seed of the lottery, and where it comes from."""

    seed = Words(longest=200, one_line=True, required=True)
    source = Words(longest=2000, required=True)


class PinSchema(HouseSchema):
    """Hold a nominee on the list (true) or off it (false); the reason stands in the record."""

    is_in = fields.Boolean(required=True)
    reason = Words(longest=2000, required=True)


class NewRunSchema(HouseSchema):
    """A run to ask for; a trial only says what would come out. `by_bands`: for a trial, another way than the
    call has it; a run that counts follows the call."""

    reserve = _whole(0, 100, load_default=0)
    trial = fields.Boolean(load_default=True)
    by_bands = fields.Boolean(load_default=None, allow_none=True)


class RunRowSchema(HouseSchema):
    """A run in a list, without its record."""

    ref = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.Enum(RunState, by_value=True, required=True)
    is_trial = fields.Boolean(required=True)
    n_done = fields.Integer(required=True)
    n_to_do = fields.Integer(required=True)
    asked_at = fields.AwareDateTime(required=True, format="iso")
    ended_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    fault = fields.String(required=True, allow_none=True)
    record_sha256 = fields.String(required=True, allow_none=True)
    signature = fields.String(required=True, allow_none=True)
    is_approved = fields.Boolean(required=True)


class RunSchema(RunRowSchema):
    """A run; `record` is what docs/shortlists.md describes, and `shortlist-check` checks it."""

    record = fields.Dict(required=True, allow_none=True)


class RunsQuerySchema(HouseSchema):
    """Where to go on (`next` of the page before), and how many."""

    cursor = fields.String(validate=validate.Length(max=20))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100, error=_LIMIT))


class RunsSchema(HouseSchema):
    """One page of the runs of a call, the latest first; each is read alone with its record."""

    items = fields.List(fields.Nested(RunRowSchema), required=True)
    next = fields.String(required=True, allow_none=True)
