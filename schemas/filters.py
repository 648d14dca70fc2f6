"""What may the address of a list say? Filters named like fields, words, an order, where the page begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields, validate

from schemas.base import HouseSchema
from services.queries.filters import COLUMN_FILTERS, MOST_CODES, OPEN_FILTERS, SORTS, TERM_FILTERS
from vocabulary.messages import Message

FILTERS = (*TERM_FILTERS, *COLUMN_FILTERS, *OPEN_FILTERS)
LONGEST_SEARCH = 200
_CODE = validate.Length(min=1, max=40, error=Message("This is not a code of the list."))
_FEW = validate.Length(max=MOST_CODES, error=Message("At most {max} values can be asked for at once."))


class _ListSchema(HouseSchema):
    """The query of a list. What it does not know is left alone: links get decorated on their way."""

    class Meta:
        """Unknown parameters are no reason to refuse a link that somebody was sent."""

        unknown = EXCLUDE

    q = fields.String(
        load_default="",
        validate=validate.Length(
            max=LONGEST_SEARCH, error=Message("The search can have at most {max} characters.")
        ),
    )
    sort = fields.String(
        load_default="newest",
        validate=validate.OneOf(SORTS, error=Message("This must be one of: {choices}.")),
    )
    after = fields.String(load_default=None, allow_none=True)
    begin = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))


EntryListSchema = _ListSchema.from_dict(
    {name: fields.List(fields.String(validate=_CODE), load_default=list, validate=_FEW) for name in FILTERS},
    name="EntryListSchema",
)
"""The query of a public list of requests or offers."""

_LIST_QUERY = EntryListSchema()
"""Made once: it holds nothing of any one query."""


def list_query(parameters: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters of an address as EntryListSchema takes them; an empty choice counts as not made."""
    query: dict[str, Any] = {}
    for name, value in parameters:
        if not value.strip():
            continue
        if name in FILTERS:
            query.setdefault(name, []).append(value.strip())
        else:
            query.setdefault(name, value.strip())
    return query


def load_list_query(
    parameters: Iterable[tuple[str, str]],
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """What an address says, and the errors of what cannot be read; the rest holds all the same."""
    schema, query = _LIST_QUERY, list_query(parameters)
    try:
        return schema.load(query), {}
    except ValidationError as wrong:
        errors = wrong.normalized_messages()
        return schema.load({name: value for name, value in query.items() if name not in errors}), errors
