"""What does a row of a table of nominations look like? Answers of the form, and who is written to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from schemas.base import HouseSchema
from schemas.nominations import Address, InvitationSchema, NominationContentSchema
from services.fellowships.fields import BY_NAME, Kind
from services.fellowships.nomination_import import COLUMNS, CONSENTS, EMAIL, LANGUAGE, MOST_ROWS
from services.row_files import Row as TableRow
from services.row_files import Rows
from services.table_files import check_columns, values_of
from services.transfer import Row
from vocabulary.messages import Message

TOO_MANY = Message("Send {min} to {max} rows.")
_OF_INVITATION = InvitationSchema().declared_fields
NominationRowFileSchema: type[HouseSchema] = type(
    "NominationRowFileSchema",
    (HouseSchema,),
    {name: NominationContentSchema().declared_fields[name] for name in COLUMNS if name in BY_NAME}
    | {EMAIL: Address(), LANGUAGE: _OF_INVITATION[LANGUAGE], "__doc__": "One nomination of a table."},
)


class NominationImportSchema(HouseSchema):
    """Rows to enter, with the columns of the template; with `dry_run` they are checked only."""

    rows = fields.List(
        fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True)),
        required=True,
        validate=validate.Length(1, MOST_ROWS, error=TOO_MANY),
    )
    dry_run = fields.Boolean(load_default=False)


class WarningSchema(HouseSchema):
    """Something that somebody should look at."""

    row = fields.Integer(required=True, allow_none=True)
    column = fields.String(required=True, allow_none=True)
    message = fields.String(required=True)


class NominationsEnteredSchema(HouseSchema):
    """How many nominees were (or would be) invited, and the references of what was entered."""

    n = fields.Integer(required=True)
    refs = fields.List(fields.String(), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)


LISTS = frozenset(
    name
    for name in COLUMNS
    if name in BY_NAME and BY_NAME[name].kind in (Kind.CODES, Kind.LINES, Kind.DEGREES, Kind.POSITIONS)
)
PARTS: Mapping[str, tuple[str, ...]] = {
    "degrees": ("degree", "field", "place", "year"),
    "positions": ("employer", "first_year", "last_year"),
}
"""What stands between the upright strokes of one degree or position."""
ONLY_THE_NOMINEE = Message("Only the nominee can say this; leave the column out.")


def read_nominations(table: Rows) -> list[Row]:
    """What the schema makes of every row; whatever it refuses is noted in the table, by row and column."""
    for name in sorted(table.fields & {*CONSENTS, "interests"}):
        table.refuse(ONLY_THE_NOMINEE, None, name)
    check_columns(table, {*COLUMNS, *CONSENTS, "interests"})
    schema = NominationRowFileSchema()
    return [_read(schema, row, table) for row in table.rows]


def _read(schema: HouseSchema, row: TableRow, table: Rows) -> Row:
    values = {name: value for name, value in values_of(row, table, LISTS, ()).items() if name in COLUMNS}
    for name, parts in PARTS.items():
        if isinstance(values.get(name), list):
            values[name] = [_parted(one, parts) for one in values[name]]
    try:
        return Row(row.number, schema.load(values))
    except ValidationError as wrong:
        for name, said in wrong.normalized_messages().items():
            table.refuse(_first(said), row.number, name)
        return Row(row.number, dict(wrong.valid_data))


def _parted(item: Any, names: tuple[str, ...]) -> Any:
    """“doctorate | Ecology | Nairobi | 2022” as an object; years become numbers where they are."""
    if not isinstance(item, str):
        return item
    cells = [cell.strip() for cell in item.split("|")]
    found: dict[str, Any] = {name: cell or None for name, cell in zip(names, cells, strict=False)}
    for name in ("year", "first_year", "last_year"):
        text = found.get(name)
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 6:
            found[name] = int(text)
    return found


def _first(said: Any) -> Message:
    """The first sentence, however deep in a list it stands."""
    while isinstance(said, Mapping):
        said = next(iter(said.values()))
    while isinstance(said, list):
        said = said[0]
    return said if isinstance(said, Message) else Message("{text}", text=str(said))
