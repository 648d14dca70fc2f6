"""The settings of a fellowship call as somebody types them: from a browser, for the schema, and back.

Rows of chapters, marks, targets and limits are added and removed by buttons, so that it works without a
script. A value of a target can be typed as its word or its code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from services.fellowships.settings import SettingsPage, defaults
from translations.catalogues import LANGUAGES
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from web.call_form import instant_in, on_the_clock
from web.forms import TICKED

NUMBERS = ("n_seats", "oldest_age", "most_years_since_degree", "mark_low", "mark_high", "mark_step")
ROWS: Mapping[str, tuple[str, ...]] = {
    "chapters": ("code", "seats"),
    "marks": ("code", "weight"),
    "targets": ("attribute", "value", "least", "most", "kind", "weight"),
    "caps": ("attribute", "most"),
}
BY_LANGUAGE: Mapping[str, tuple[str, ...]] = {"chapters": ("title",), "marks": ("title", "anchors")}
NUMBER_CELLS = frozenset({"seats", "weight", "least", "most"})
FRESH: Mapping[str, str] = {"kind": "soft", "weight": "1"}
"""What stands in a new row, and alone makes no row."""
MOST_ROWS = 200
_COLON = re.compile("[:：]")  # a Chinese keyboard writes the wide one

Row = dict[str, str]


def typed_of(page: SettingsPage, names: Mapping[str, Any]) -> dict[str, Any]:
    """The form of settings that are there, as somebody would have typed them."""
    content = page.sheet.content if page.sheet is not None else defaults()
    typed: dict[str, Any] = {name: _text(content.get(name)) for name in NUMBERS}
    typed["body"] = str(content["body"].value)
    typed["selecting_body"] = content["selecting_body"]
    typed["documents"] = list(content["documents"])
    typed["by_bands"] = TICKED if content["by_bands"] else ""
    typed["nominators_until"] = on_the_clock(content.get("nominators_until"), page.zone)
    for name, cells in ROWS.items():
        typed[name] = [_typed_row(name, one, cells, names) for one in content[name]]
    return typed


def typed_in(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as it was typed, to be shown again; rows in their order."""
    named = ("body", "selecting_body", "nominators_until", "by_bands", *NUMBERS)
    typed: dict[str, Any] = {name: form.get(name, "").strip() for name in named}
    typed["documents"] = [code for code in form.getlist("documents") if code]
    for name, cells in ROWS.items():
        every = [*cells, *(f"{part}.{code}" for part in BY_LANGUAGE.get(name, ()) for code in LANGUAGES)]
        typed[name] = [
            {cell: form.get(f"{name}.{at}.{cell}", "").replace("\r\n", "\n").strip() for cell in every}
            for at in _places(form, name)
        ]
    return typed


def with_row(typed: dict[str, Any], added: str) -> dict[str, Any]:
    """One empty row more."""
    if added in ROWS and len(typed[added]) < MOST_ROWS:
        typed[added] = [*typed[added], {cell: FRESH.get(cell, "") for cell in ROWS[added]}]
    return typed


def without_row(typed: dict[str, Any], removed: str) -> dict[str, Any]:
    """A row less; `removed` is such as "targets.2"."""
    name, _, at = removed.partition(".")
    if name in ROWS and at.isascii() and at.isdigit() and len(at) < 5:
        typed[name] = [row for place, row in enumerate(typed[name]) if place != int(at)]
    return typed


def without_empty(typed: dict[str, Any]) -> dict[str, Any]:
    """Rows in which nothing was written are not meant."""
    for name in ROWS:
        typed[name] = [
            row for row in typed[name] if any(text and text != FRESH.get(cell) for cell, text in row.items())
        ]
    return typed


def content_in(
    typed: Mapping[str, Any], page: SettingsPage, known: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What the schema reads: only what can still be changed. Raises Invalid for what cannot be read.

    `known`: the values that count, by attribute, with their words in the reader's language.
    """
    errors: dict[str, Any] = {}
    content: dict[str, Any] = {
        "body": typed["body"],
        "selecting_body": typed["selecting_body"] or None,
        "documents": typed["documents"],
        "by_bands": typed["by_bands"] == TICKED,
        "chapters": [_titled(row) | {"seats": _number(row["seats"])} for row in typed["chapters"]],
        "marks": _marks(typed["marks"], errors),
        "targets": [_target(row, known) for row in typed["targets"]],
        "caps": [{"attribute": row["attribute"], "most": _number(row["most"])} for row in typed["caps"]],
        **{name: _number(typed[name]) for name in NUMBERS},
    }
    until = instant_in({**typed, "zone": page.zone}, "nominators_until", errors)
    if until is not None:
        content["nominators_until"] = until.isoformat()
    if errors:
        raise Invalid(errors)
    needed = ("n_seats", "mark_low", "mark_high", "mark_step")
    return {
        name: value
        for name, value in content.items()
        if name in page.open_to and not (name in needed and value is None)
    }


def _places(form: MultiDict[str, str], name: str) -> list[int]:
    found = set()
    for key in form:
        parts = key.split(".")
        if len(parts) > 2 and parts[0] == name and parts[1].isascii() and parts[1].isdigit():
            found.add(int(parts[1][:4]))
    return sorted(found)[:MOST_ROWS]


def _typed_row(name: str, one: Mapping[str, Any], cells: Collection[str], names: Mapping[str, Any]) -> Row:
    row = {cell: _text(one.get(cell, FRESH.get(cell))) for cell in cells}
    if "value" in row:
        row["value"] = str(names.get(one["attribute"], {}).get(one["value"], one["value"]))
    if name in BY_LANGUAGE:
        row |= {f"title.{code}": text for code, text in one["title"].items()}
    for mark, texts in sorted((one.get("anchors") or {}).items(), key=lambda item: (len(item[0]), item[0])):
        for code, text in texts.items():
            above = row.get(f"anchors.{code}")
            row[f"anchors.{code}"] = "\n".join(part for part in (above, f"{mark}: {text}") if part)
    return row


def _text(value: Any) -> str:
    return "" if value is None else str(getattr(value, "value", value))


def _number(text: str) -> int | str | None:
    """A whole number; what is none goes to the schema as it is, which says so at its cell."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text


def _titled(row: Row) -> dict[str, Any]:
    title = {code: row[f"title.{code}"] for code in LANGUAGES if row.get(f"title.{code}")}
    return {"code": row["code"], "title": title}


def _marks(rows: list[Row], errors: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for at, row in enumerate(rows):
        anchors: dict[str, dict[str, str]] = {}
        for code in LANGUAGES:
            for line in row.get(f"anchors.{code}", "").splitlines():
                mark, *text = (part.strip() for part in _COLON.split(line, maxsplit=1))
                if not line.strip():
                    continue
                if not mark or not any(text):
                    wrong = Message(
                        "“{line}”: write a mark, a colon and the words, such as “8: very convincing”.",
                        line=line[:60],
                    )
                    errors.setdefault("marks", {}).setdefault(at, {})["anchors"] = [wrong]
                    continue
                anchors.setdefault(mark, {})[code] = text[0]
        found.append(_titled(row) | {"anchors": anchors, "weight": _number(row["weight"] or "1")})
    return found


def _target(row: Row, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "attribute": row["attribute"],
        "value": code_of(row["value"], known.get(row["attribute"], {})),
        "least": _number(row["least"] or "0"),
        "most": _number(row["most"]),
        "kind": row["kind"] or "soft",
        "weight": _number(row["weight"] or "1"),
    }


def code_of(typed: str, known: Mapping[str, Any]) -> str:
    """The code of a value typed as its code or as its words, however they are written."""
    if typed in known:
        return typed
    plain = typed.casefold()
    return next((code for code, words in known.items() if str(words).casefold() == plain), typed)
