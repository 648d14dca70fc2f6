"""Which sections has the form of a request or an offer, and which asks for what?

Which fields there are, and what may be answered, is said by services/entries/fields.py and the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping

from vocabulary.states import EntryKind
from web.form_offer import OFFER_SECTIONS
from web.form_questions import Section
from web.form_request import REQUEST_SECTIONS

SECTIONS: Mapping[EntryKind, tuple[Section, ...]] = {
    EntryKind.REQUEST: REQUEST_SECTIONS,
    EntryKind.OFFER: OFFER_SECTIONS,
}


def section_of(kind: EntryKind, code: str) -> Section | None:
    """The section of that code, or None."""
    return next((section for section in SECTIONS[kind] if section.code == code), None)


def next_section(kind: EntryKind, code: str) -> Section:
    """The section after that one; after the last comes the last."""
    codes = [section.code for section in SECTIONS[kind]]
    return SECTIONS[kind][min(codes.index(code) + 1, len(codes) - 1)]


def section_with(kind: EntryKind, name: str) -> str:
    """The section that asks for a field; what no section asks is on the check page."""
    for section in SECTIONS[kind]:
        if any(question.name == name for question in section.questions):
            return section.code
    return "check"
