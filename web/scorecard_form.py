"""From the scorecard form to the scorecard's schema, and back to what the form shows. No rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from schemas.reviews import taken_changes
from services.reviews.content import OVERALL, PARTNERS, flat

CANNOT_JUDGE = "cannot_judge"
KEEP = "keep."
"""Prefix of the boxes on the page of two versions: ticked, what is saved stays."""

_SCORE = re.compile(r"scores\.([^.]{1,40})\.(value|cannot_reason|evidence|pointer|parts|parts\.(.{1,40}))")
_PART = {"yes": True, "no": False, "unclear": None}


def typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as the API's JSON; what the page of two versions gives up is left out."""
    kept = {name.removeprefix(KEEP) for name in form if name.startswith(KEEP)}
    found: dict[str, Any] = {"scores": {}}
    for name in form:
        match = _SCORE.fullmatch(name)
        if match is None or f"scores.{match[1]}.{match[2].split('.')[0]}" in kept:
            continue
        _put(found["scores"].setdefault(match[1], {}), match[2], match[3], form.getlist(name))
    for name in OVERALL:
        if name in form and name not in kept:
            found[name] = form.getlist(name) if name == PARTNERS else form[name]
    expertise = {
        name.removeprefix("expertise."): form[name] or None for name in form if name.startswith("expertise.")
    }
    if expertise and "expertise" not in kept:
        found["expertise"] = expertise
    return found


def _put(answer: dict[str, Any], field: str, part: str | None, values: list[str]) -> None:
    """One form field of one criterion: a score or «cannot judge», a text, alternatives, or one test."""
    value = values[-1]
    if field == "value":
        answer["value"] = None if value == CANNOT_JUDGE else value
        answer[CANNOT_JUDGE] = value == CANNOT_JUDGE
    elif field == "parts":
        answer["parts"] = answer.get("parts", {}) | {code: True for code in values if code}
    elif part is not None:
        if value in _PART:
            answer["parts"] = answer.get("parts", {}) | {part: _PART[value]}
    else:
        answer[field] = value


def loaded(form: MultiDict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of the form can be kept, and what is wrong with the rest, by field."""
    return taken_changes(typed(form))


def shown(content: Mapping[str, Any], form: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """Every form field with what stands in it: what was typed, else what is saved."""
    values = flat(content)
    if form is None:
        return values
    raw = typed(form)
    for code, answer in raw["scores"].items():
        for name, value in answer.items():
            if name != CANNOT_JUDGE:
                values[f"scores.{code}.{name}"] = value
        if answer.get(CANNOT_JUDGE):
            values[f"scores.{code}.value"] = CANNOT_JUDGE
    return values | {name: raw[name] for name in OVERALL if name in raw}
