"""What does a support request or offer look like from outside? Read by both doors, written by the API.

The fields come from the table in services/entries/fields.py, so that form, API, import and export agree.
Every field may be missing or empty: a draft holds anything; submitting asks for more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from schemas.base import HouseSchema
from schemas.values import (
    LONGEST_CODE,
    Address,
    Assessment,
    Code,
    Codes,
    Day,
    FilterCodes,
    Flag,
    Money,
    Phone,
    Site,
    Whole,
    Words,
)
from services.entries.differences import ADDED, REMOVED, SAME
from services.entries.fields import FIELDS, ContentField, ValueKind, fields_of
from services.queries.entries import EntryPage, EntryRow
from services.queries.filters import (
    COLUMN_FILTERS,
    INSIDE_FILTERS,
    LONGEST_CURSOR,
    MOST_CODES,
    OPEN_FILTERS,
    SORTS,
    TERM_FILTERS,
)
from vocabulary.messages import Message
from vocabulary.states import EntryKind, Publication

_K = ValueKind
LIST_FIELDS = frozenset(field.name for field in FIELDS if field.is_list)
"""Fields of which a form sends several values."""


def _input(field: ContentField) -> fields.Field:
    metadata = {"description": str(field.label)}
    if field.kind in (_K.LINE, _K.TEXT):
        return Words(longest=field.longest, one_line=field.kind is _K.LINE, metadata=metadata)
    if field.is_list:
        return Codes(most=field.most, metadata=metadata)
    simple: dict[ValueKind, type[fields.Field]] = {
        _K.CODE: Code,
        _K.DAY: Day,
        _K.MONEY: Money,
        _K.WHOLE: Whole,
        _K.FLAG: Flag,
        _K.EMAIL: Address,
        _K.PHONE: Phone,
        _K.SITE: Site,
        _K.ASSESSMENT: Assessment,
    }
    return simple[field.kind](metadata=metadata)


def _output(field: ContentField) -> fields.Field:
    """Content is kept as JSON already; here it is described, and passed on as it is."""
    metadata: dict[str, Any] = {"description": str(field.label)}
    if field.is_list:
        return fields.List(fields.String(), metadata=metadata)
    if field.kind is _K.ASSESSMENT:
        return fields.Dict(keys=fields.String(), values=fields.Dict(), metadata=metadata)
    if field.kind is _K.FLAG:
        return fields.Boolean(allow_none=True, metadata=metadata)
    if field.kind is _K.WHOLE:
        return fields.Integer(allow_none=True, metadata=metadata)
    formats = {_K.DAY: {"format": "date"}, _K.MONEY: {"format": "decimal"}, _K.EMAIL: {"format": "email"}}
    return fields.String(allow_none=True, metadata=metadata | formats.get(field.kind, {}))


def _inputs(kind: EntryKind) -> dict[str, fields.Field]:
    return {field.name: _input(field) for field in fields_of(kind)}


def _outputs(kind: EntryKind) -> dict[str, fields.Field]:
    return {field.name: _output(field) for field in fields_of(kind)}


RequestContentSchema = HouseSchema.from_dict(_inputs(EntryKind.REQUEST), name="RequestContentSchema")
"""What may be written into a support request; every field may be missing."""

OfferContentSchema = HouseSchema.from_dict(_inputs(EntryKind.OFFER), name="OfferContentSchema")
"""What may be written into a support offer; every field may be missing."""

CONTENT_SCHEMAS: Mapping[EntryKind, type[HouseSchema]] = {
    EntryKind.REQUEST: RequestContentSchema,  # type: ignore[dict-item]
    EntryKind.OFFER: OfferContentSchema,  # type: ignore[dict-item]
}


def _new(kind: EntryKind, name: str) -> type[HouseSchema]:
    call = Code(metadata={"description": "Reference of the call it answers, if any"})
    return HouseSchema.from_dict(_inputs(kind) | {"call": call}, name=name)  # type: ignore[return-value]


NewRequestSchema = _new(EntryKind.REQUEST, "NewRequestSchema")
"""A support request to begin, and the call it answers."""

NewOfferSchema = _new(EntryKind.OFFER, "NewOfferSchema")
"""A support offer to begin, and the call it answers."""


# --- what comes out ---------------------------------------------------------------------------------------


class FileOutSchema(HouseSchema):
    """A file of an entry."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    uploaded_at = fields.AwareDateTime()


class CallBriefSchema(HouseSchema):
    """The call that an entry answers."""

    ref = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String())
    closes_at = fields.AwareDateTime(allow_none=True)
    zone = fields.String()


def _frame() -> dict[str, fields.Field]:
    return {
        "ref": fields.String(required=True),
        "kind": fields.Enum(EntryKind, by_value=True, required=True),
        "version": fields.Integer(required=True, metadata={"description": "To be sent back in If-Match"}),
        "state": fields.String(allow_none=True, metadata={"description": "Null for the public"}),
        "publication": fields.Enum(Publication, by_value=True),
        "submitted_at": fields.AwareDateTime(allow_none=True),
        "published_at": fields.AwareDateTime(allow_none=True),
        "updated_at": fields.AwareDateTime(allow_none=True),
        "has_pending": fields.Boolean(),
    }


def _details() -> dict[str, fields.Field]:
    return {
        "is_tombstone": fields.Boolean(),
        "is_own": fields.Boolean(),
        "is_confirmed": fields.Boolean(),
        "pending": fields.Dict(metadata={"description": "An edit not yet submitted: the fields changed"}),
        "pending_at": fields.AwareDateTime(allow_none=True),
        "files": fields.List(fields.Nested(FileOutSchema)),
        "n_revisions": fields.Integer(),
        "content_hash": fields.String(allow_none=True),
        "call": fields.Nested(CallBriefSchema, allow_none=True),
        "deadline_at": fields.AwareDateTime(allow_none=True),
        "may": fields.List(fields.String()),
    }


RequestOutSchema = HouseSchema.from_dict(
    _frame() | _outputs(EntryKind.REQUEST) | _details(), name="RequestOutSchema"
)
"""A support request as the reader may see it; a field that is missing is not for them."""

OfferOutSchema = HouseSchema.from_dict(
    _frame() | _outputs(EntryKind.OFFER) | _details(), name="OfferOutSchema"
)
"""A support offer as the reader may see it; a field that is missing is not for them."""

OUT_SCHEMAS: Mapping[EntryKind, type[HouseSchema]] = {
    EntryKind.REQUEST: RequestOutSchema,  # type: ignore[dict-item]
    EntryKind.OFFER: OfferOutSchema,  # type: ignore[dict-item]
}


NEW_SCHEMAS: Mapping[EntryKind, type[HouseSchema]] = {
    EntryKind.REQUEST: NewRequestSchema,
    EntryKind.OFFER: NewOfferSchema,
}


def _list(kind: EntryKind) -> type[HouseSchema]:
    return HouseSchema.from_dict(  # type: ignore[return-value]
        {
            "items": fields.List(fields.Nested(OUT_SCHEMAS[kind]), required=True),
            "next": fields.String(allow_none=True),
            "total": fields.Integer(),
        },
        name=f"{kind.value.title()}ListSchema",
    )


LIST_SCHEMAS: Mapping[EntryKind, type[HouseSchema]] = {kind: _list(kind) for kind in EntryKind}
"""A page of a list: items, the cursor of the next page or null, and how many there are in all."""


def row_out(row: EntryRow) -> dict[str, Any]:
    """A line of a list as one flat mapping, ready for the Out schema of its kind."""
    frame = {name: getattr(row, name) for name in _frame()}
    return frame | dict(row.content)


def page_out(page: EntryPage) -> dict[str, Any]:
    """One entry as one flat mapping, ready for the Out schema of its kind."""
    details = {name: getattr(page, name) for name in _details() if name not in ("may", "files")}
    return row_out(page.row) | details | {"may": sorted(page.may), "files": list(page.files)}


class ReceiptSchema(HouseSchema):
    """What the owner can quote after submitting."""

    ref = fields.String(required=True)
    revision = fields.Integer(required=True)
    content_hash = fields.String(required=True)
    submitted_at = fields.AwareDateTime(required=True)
    deadline = fields.AwareDateTime(allow_none=True)


class StretchSchema(HouseSchema):
    """A stretch of a text that is the same in both versions, was removed, or was added."""

    kind = fields.String(required=True, metadata={"enum": [SAME, REMOVED, ADDED]})
    text = fields.String(required=True)


class ChangeSchema(HouseSchema):
    """A field whose value changed; a text also in stretches, a list also by its codes."""

    field = fields.String(required=True, attribute="name")
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)
    parts = fields.List(fields.Nested(StretchSchema), required=True)
    added = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)


class RevisionSchema(HouseSchema):
    """One submitted version, and what changed since the one before."""

    number = fields.Integer(required=True)
    submitted_at = fields.AwareDateTime(required=True)
    content_hash = fields.String(required=True)
    content = fields.Dict(required=True)
    files = fields.List(fields.Dict(), required=True)
    changes = fields.List(fields.Nested(ChangeSchema), required=True)


class RevisionsSchema(HouseSchema):
    """Every submitted version."""

    items = fields.List(fields.Nested(RevisionSchema), required=True)
    next = fields.String(allow_none=True)


class FilesSchema(HouseSchema):
    """The files of an entry."""

    items = fields.List(fields.Nested(FileOutSchema), required=True)
    next = fields.String(allow_none=True)


class WithdrawalSchema(HouseSchema):
    """Why an entry is taken back; nobody has to say."""

    reason = Words(longest=2_000)


# --- what is asked for ------------------------------------------------------------------------------------


def _query(names: tuple[str, ...]) -> dict[str, fields.Field]:
    return {
        "q": Words(longest=400, one_line=True, metadata={"description": "Words that must all be found"}),
        "sort": fields.String(load_default="newest", metadata={"enum": list(SORTS)}),
        "cursor": fields.String(metadata={"maxLength": LONGEST_CURSOR}),
        "limit": fields.Integer(
            load_default=20,
            validate=validate.Range(min=1, max=100, error=Message("This must lie between {min} and {max}.")),
        ),
    } | {name: FilterCodes(most=MOST_CODES, metadata={"maxLength": LONGEST_CODE}) for name in names}


PUBLIC_FILTERS = (*TERM_FILTERS, *COLUMN_FILTERS, *OPEN_FILTERS)
EntryQuerySchema = HouseSchema.from_dict(_query(PUBLIC_FILTERS), name="EntryQuerySchema")
"""Filters, words, order and page of the public list."""

InsideQuerySchema = HouseSchema.from_dict(
    _query((*PUBLIC_FILTERS, *INSIDE_FILTERS)), name="InsideQuerySchema"
)
"""The same for somebody who sees more than the public."""


def filters_of(query: Mapping[str, Any]) -> dict[str, list[str]]:
    """The filters of a query that was read, without words, order and page."""
    return {name: codes for name, codes in query.items() if isinstance(codes, list) and codes}


class SimilarEntrySchema(HouseSchema):
    """An entry that may be the same one."""

    ref = fields.String(required=True)
    title = fields.String(required=True)
    score = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    why = fields.String(required=True, metadata={"enum": ["same", "text", "translation"]})


class SimilarEntriesSchema(HouseSchema):
    """The most similar ones, best first."""

    items = fields.List(fields.Nested(SimilarEntrySchema), required=True)
    next = fields.String(required=True, allow_none=True)
