"""From what a browser sends to what a schema loads: lists, empty texts, nested names. No rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from services.entries.fields import BY_NAME, ContentField, ValueKind
from web.form_questions import Section

TICKED = "yes"


def typed_content(form: MultiDict[str, str], section: Section) -> dict[str, Any]:
    """The answers of one section as typed: every field of the section, empty ones as None or []."""
    return {question.name: _typed(form, BY_NAME[question.name]) for question in section.questions}


def typed_fields(form: MultiDict[str, str], names: Iterable[str]) -> dict[str, Any]:
    """The same for fields by name."""
    return {name: _typed(form, BY_NAME[name]) for name in names}


def _typed(form: MultiDict[str, str], field: ContentField) -> Any:
    if field.is_list:
        return [code for code in form.getlist(field.name) if code]
    if field.kind is ValueKind.FLAG:
        return form.get(field.name) == TICKED
    if field.kind is ValueKind.ASSESSMENT:
        return _assessment(form)
    value = form.get(field.name, "")
    if field.kind is ValueKind.TEXT:
        value = value.replace("\r\n", "\n")
    return value.strip() or None


def _assessment(form: MultiDict[str, str]) -> dict[str, dict[str, str | None]]:
    """Fields named self_assessment.3.finding and self_assessment.3.text."""
    found: dict[str, dict[str, str | None]] = {}
    for name, value in form.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "self_assessment" and parts[2] in ("finding", "text"):
            found.setdefault(parts[1], {})[parts[2]] = value.strip() or None
    return {code: answer for code, answer in found.items() if any(answer.values())}


def version_of(form: Mapping[str, str]) -> int:
    """The version that the form was made from; 0 (never current) when it is missing or not a number."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
