"""What does an entry say? Read its content, change it, hash it.

Content is one JSON-able mapping with every field of the entry's kind, always the same text for the same
answers, so that revisions can be compared and hashed. Takes rows whose `terms` are loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from models.entries import Entry, EntryTerm, SupportOffer, SupportRequest
from services.entries.fields import BY_NAME, ValueKind, fields_of
from services.entries.search import findable, search_text
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.states import EntryKind

CLASSES: Mapping[EntryKind, type[Entry]] = {
    EntryKind.REQUEST: SupportRequest,
    EntryKind.OFFER: SupportOffer,
}
PUBLIC_FIELDS = "public_fields"
"""Kept as a column and, so that lists can ask for it, as terms: what is not consented is not searched."""

SEARCHED = (
    "title",
    "organisation_name",
    "organisation_acronym",
    "summary",
    "need",
    "activities",
    "results",
    "conditions",
)
"""Texts that a search reads, the weightiest first."""

ORGANISATION = ("organisation_name", "organisation_acronym")
"""Those that say whose an entry is, which not every reader may know."""

PREFIXES: Mapping[EntryKind, str] = {EntryKind.REQUEST: "REQ", EntryKind.OFFER: "OFF"}


def content_of(entry: Entry) -> dict[str, Any]:
    """Everything an entry says, in the order of the table; raises if its terms are not loaded."""
    codes: dict[str, list[str]] = {}
    for term in entry.terms:
        codes.setdefault(term.vocabulary, []).append(term.code)
    return said(entry.kind, entry, codes, BY_NAME)


def said(
    kind: EntryKind, columns: Any, codes: Mapping[str, Collection[str]], names: Collection[str]
) -> dict[str, Any]:
    """Some fields of an entry, in the order of the table, from its columns (attributes) and its codes."""
    return {
        field.name: field.to_json(
            codes.get(field.name) if field.kind is ValueKind.CODES else getattr(columns, field.name)
        )
        for field in fields_of(kind)
        if field.name in names
    }


def empty_content(kind: EntryKind) -> dict[str, Any]:
    """The content of an entry that says nothing yet."""
    return {field.name: field.to_json(None) for field in fields_of(kind)}


def canonical(kind: EntryKind, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields in their one JSON form. Raises Invalid naming every field that this kind lacks."""
    known = {field.name for field in fields_of(kind)}
    unknown = {name: [Message("There is no such field.")] for name in changes if name not in known}
    if unknown:
        raise Invalid(unknown)
    return {name: BY_NAME[name].to_json(value) for name, value in changes.items()}


def apply_content(entry: Entry, changes: Mapping[str, Any]) -> None:
    """Write some fields into the columns and terms; fields that are not named stay as they are."""
    for name, value in canonical(entry.kind, changes).items():
        field = BY_NAME[name]
        if field.kind is ValueKind.CODES:
            _apply_codes(entry, name, value)
        else:
            setattr(entry, name, field.to_column(value))
        if name == PUBLIC_FIELDS:
            _apply_codes(entry, name, value)
    entry.title_key = findable(entry.title or "")[:80]
    entry.search_text = search_text(_said(entry, set(SEARCHED) - set(ORGANISATION)))
    entry.organisation_search_text = search_text(_said(entry, ORGANISATION))
    entry.public_search_text = search_text(_said(entry, set(SEARCHED) & set(entry.public_fields)))


def _said(entry: Entry, names: Collection[str]) -> list[str]:
    """The texts of some fields, in the order of SEARCHED."""
    return [text for name in SEARCHED if name in names and (text := getattr(entry, name))]


def _apply_codes(entry: Entry, vocabulary: str, codes: list[str]) -> None:
    kept = {term.code for term in entry.terms if term.vocabulary == vocabulary and term.code in codes}
    for term in [term for term in entry.terms if term.vocabulary == vocabulary and term.code not in kept]:
        entry.terms.remove(term)
    entry.terms.extend(EntryTerm(vocabulary=vocabulary, code=code) for code in codes if code not in kept)


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of content in canonical JSON, 64 hex digits; the number on the receipt."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
