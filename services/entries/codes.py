"""Are the codes, field names and criteria in a content known to the reference data? Says what is close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from services import vocabularies
from services.entries.fields import BY_NAME, ContentField, ValueKind, publishable
from vocabulary.errors import Invalid
from vocabulary.findings import Finding
from vocabulary.messages import Message
from vocabulary.states import EntryKind

CRITERIA = "criteria"


def check_codes(session: Session, kind: EntryKind, changes: Mapping[str, Any], *, language: str) -> None:
    """Raises Invalid naming, by field, every code that is not known and the known ones close to it."""
    errors: dict[str, list[Message]] = {}
    for name, value in changes.items():
        found = list(_faults(session, kind, BY_NAME[name], value, language))
        if found:
            errors[name] = found
    if errors:
        raise Invalid(errors)


def _faults(
    session: Session, kind: EntryKind, field: ContentField, value: Any, language: str
) -> Iterable[Message]:
    if value is None:
        return
    if field.kind is ValueKind.NAMES:
        allowed = publishable(kind)
        yield from (_not_publishable(name) for name in value if name not in allowed)
    elif field.kind is ValueKind.ASSESSMENT:
        yield from _assessment_faults(session, value)
    elif field.kind in (ValueKind.CODE, ValueKind.CODES):
        codes = value if field.is_list else [value]
        for code in codes:
            fault = _code_fault(session, field, code, language)
            if fault is not None:
                yield fault


def _code_fault(session: Session, field: ContentField, code: str, language: str) -> Message | None:
    if field.vocabulary is None:
        known: Iterable[str] = field.choices
        close = field.choices
    else:
        known = vocabularies.terms(session, field.vocabulary)
        close = ()
    if code in known:
        return None
    if field.vocabulary is not None:
        close = vocabularies.close_codes(session, field.vocabulary, code, language=language)
    if not close:
        return Message("There is no “{code}” in this list.", code=code)
    return Message("There is no “{code}” in this list. The list has {codes}.", code=code, codes=tuple(close))


def _not_publishable(name: str) -> Message:
    return Message("“{field}” cannot be published.", field=name)


def _assessment_faults(session: Session, value: Mapping[str, Any]) -> Iterable[Message]:
    known = vocabularies.terms(session, CRITERIA)
    for code, answer in value.items():
        if code not in known:
            yield Message("There is no criterion “{code}”.", code=code)
        elif answer.get("finding") not in (None, *Finding):
            yield Message("The finding on criterion {code} must be met, not_met or unclear.", code=code)
