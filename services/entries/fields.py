"""Which fields does the content of an entry have? One table for both doors, revisions, import and export.

A field's name is its column of `entry`, or for lists of codes its vocabulary in `entry_term`. Knows how a
value looks as JSON and as a column; knows nothing of who may see it or when it may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from vocabulary.messages import Message
from vocabulary.states import EntryKind


class ValueKind(StrEnum):
    """What sort of value a field holds; as JSON / as a column."""

    LINE = "line"  # one line of text
    TEXT = "text"  # text with paragraphs
    CODE = "code"  # one code of a vocabulary
    CODES = "codes"  # list of codes / rows of entry_term
    NAMES = "names"  # list of field names
    DAY = "day"  # "2027-03-31" / date
    MONEY = "money"  # "25000.00" / Decimal
    WHOLE = "whole"  # whole number, 0 or more
    FLAG = "flag"  # true or false, null where not said
    EMAIL = "email"
    PHONE = "phone"
    SITE = "site"  # address of a web site
    ASSESSMENT = "assessment"  # {"1": {"finding": "met", "text": "…"}}


BOTH = frozenset(EntryKind)
REQUESTS = frozenset({EntryKind.REQUEST})
OFFERS = frozenset({EntryKind.OFFER})
LONGEST_TEXT = 20_000
"""Characters of a long text: about 3,000 words, room for every answer of the 2015 call."""

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ContentField:
    """One field of an entry's content.

    `vocabulary` names the reference vocabulary of its codes, `choices` a short fixed list where there is
    none. `longest` is in characters, `most` in items. A personal field says who somebody is or how to reach
    them; a publishable one may be shown to everybody when the owner consents.
    """

    name: str
    kind: ValueKind
    label: Message
    of: frozenset[EntryKind] = BOTH
    vocabulary: str | None = None
    choices: tuple[str, ...] = ()
    longest: int = LONGEST_TEXT
    most: int = 60
    is_personal: bool = False
    is_publishable: bool = True

    @property
    def is_list(self) -> bool:
        """True where the value is a list of codes or names; empty is [] and never None."""
        return self.kind in (ValueKind.CODES, ValueKind.NAMES)

    def to_json(self, value: Any) -> Any:
        """The one JSON form of a value given in either form; lists sorted, no empty texts."""
        if self.is_list:
            return sorted(set(value or ()))
        if self.kind is ValueKind.ASSESSMENT:
            return _assessment(value or {})
        if value is None or value == "":
            return False if self.name == "consent_terms" else None
        if self.kind is ValueKind.DAY:
            return value.isoformat() if isinstance(value, date) else str(value)
        if self.kind is ValueKind.MONEY:
            return str(Decimal(value).quantize(CENT))
        if self.kind is ValueKind.EMAIL:
            return str(value).lower()
        return value

    def to_column(self, value: Any) -> Any:
        """The column's form of a value given in either form."""
        plain = self.to_json(value)
        if plain is None:
            return None
        if self.kind is ValueKind.DAY:
            return date.fromisoformat(plain)
        return Decimal(plain) if self.kind is ValueKind.MONEY else plain


def _assessment(value: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """Self-assessment by criterion, without empty answers, in the order of the codes."""
    answers = {
        code: {"finding": answer.get("finding") or None, "text": answer.get("text") or None}
        for code, answer in value.items()
    }
    said = {code: answer for code, answer in answers.items() if answer["finding"] or answer["text"]}
    return {code: said[code] for code in sorted(said, key=lambda code: (len(code), code))}


K, F = ValueKind, ContentField
FIELDS: tuple[ContentField, ...] = (
    F("language", K.CODE, Message("Language of the texts"), vocabulary="languages"),
    F("title", K.LINE, Message("Title"), longest=300),
    F("summary", K.TEXT, Message("Summary")),
    F("need", K.TEXT, Message("Need")),
    F("activities", K.TEXT, Message("Planned activities")),
    F("results", K.TEXT, Message("Expected results")),
    F("strategies", K.CODES, Message("Strategies"), vocabulary="strategies"),
    F("initiatives", K.CODES, Message("Initiatives"), vocabulary="initiatives"),
    F("needs", K.CODES, Message("Priority needs"), vocabulary="needs"),
    F("deliverables", K.CODES, Message("Work programme deliverables"), vocabulary="deliverables"),
    F("categories", K.CODES, Message("Categories"), vocabulary="categories"),
    F("countries", K.CODES, Message("Countries"), vocabulary="countries", most=260),
    F("regions", K.CODES, Message("Regions"), vocabulary="regions"),
    F("scopes", K.CODES, Message("Groups of countries"), vocabulary="place_scopes"),
    F("ecosystems", K.CODES, Message("Ecosystems"), vocabulary="ecosystems"),
    F("support", K.CODES, Message("Support"), vocabulary="support_types"),
    F("essential_support", K.CODES, Message("Essential support"), vocabulary="support_types"),
    F("languages", K.CODES, Message("Working languages"), vocabulary="languages"),
    F("level", K.CODE, Message("Level"), vocabulary="levels"),
    F("stage", K.CODE, Message("Stage"), vocabulary="stages"),
    F("currency", K.CODE, Message("Currency"), vocabulary="currencies"),
    F("starts_on", K.DAY, Message("First day")),
    F("ends_on", K.DAY, Message("Last day")),
    F("organisation_name", K.LINE, Message("Organisation"), longest=300),
    F("organisation_acronym", K.LINE, Message("Acronym"), longest=40),
    F("organisation_kind", K.CODE, Message("Kind of organisation"), vocabulary="organisation_kinds"),
    F("organisation_country", K.CODE, Message("Country of the organisation"), vocabulary="countries"),
    F("organisation_site", K.SITE, Message("Web site"), longest=300),
    F(
        "contact_name",
        K.LINE,
        Message("Contact person"),
        longest=200,
        is_personal=True,
        is_publishable=False,
    ),
    F("contact_email", K.EMAIL, Message("E-mail"), longest=254, is_personal=True, is_publishable=False),
    F("contact_phone", K.PHONE, Message("Phone"), longest=60, is_personal=True, is_publishable=False),
    F(
        "contact_way",
        K.CODE,
        Message("Preferred way of contact"),
        choices=("email", "phone"),
        is_personal=True,
        is_publishable=False,
    ),
    F("consent_terms", K.FLAG, Message("Consent to the terms"), is_publishable=False),
    F("public_fields", K.NAMES, Message("Fields that may be published"), is_publishable=False),
    F("amount_needed", K.MONEY, Message("Amount needed in all"), REQUESTS),
    F("amount_sought", K.MONEY, Message("Amount sought"), REQUESTS),
    F("people_involved", K.TEXT, Message("People involved"), REQUESTS, is_personal=True),
    F("iplc_involved", K.TEXT, Message("Indigenous peoples and local communities"), REQUESTS),
    F("stakeholders", K.TEXT, Message("Stakeholders"), REQUESTS),
    F("guidance_used", K.TEXT, Message("Guidance used"), REQUESTS),
    F("same_request_elsewhere", K.TEXT, Message("Same request elsewhere"), REQUESTS, is_publishable=False),
    F(
        "focal_point_consulted",
        K.CODE,
        Message("National focal point consulted"),
        REQUESTS,
        choices=("yes", "no", "not_applicable"),
    ),
    F(
        "focal_point_name",
        K.LINE,
        Message("Name of the focal point"),
        REQUESTS,
        longest=200,
        is_personal=True,
        is_publishable=False,
    ),
    F("focal_point_consulted_on", K.DAY, Message("Day of the consultation"), REQUESTS),
    F("self_assessment", K.ASSESSMENT, Message("Self-assessment"), REQUESTS, is_publishable=False),
    F("contribution", K.CODE, Message("Form of contribution"), OFFERS, vocabulary="contribution_options"),
    F("amount_ceiling", K.MONEY, Message("Amount in all"), OFFERS),
    F("amount_per_request", K.MONEY, Message("Amount for one request"), OFFERS),
    F("capacity", K.WHOLE, Message("Places or projects"), OFFERS),
    F("capacity_unit", K.CODE, Message("Unit of capacity"), OFFERS, choices=("places", "projects")),
    F("cost_terms", K.CODE, Message("Who bears the cost"), OFFERS, choices=("free", "shared", "full_cost")),
    F("conditions", K.TEXT, Message("Conditions"), OFFERS),
    F("seeks_recognition", K.FLAG, Message("Recognition sought"), OFFERS),
    F("valid_until", K.DAY, Message("Valid until"), OFFERS),
)
"""Every field, in the order in which forms ask and pages show."""

BY_NAME: Mapping[str, ContentField] = {field.name: field for field in FIELDS}


@cache
def fields_of(kind: EntryKind) -> tuple[ContentField, ...]:
    """The fields that a request or an offer has, in order."""
    return tuple(field for field in FIELDS if kind in field.of)


@cache
def publishable(kind: EntryKind) -> tuple[str, ...]:
    """Names of the fields that the owner may let everybody see."""
    return tuple(field.name for field in fields_of(kind) if field.is_publishable)


@cache
def personal(kind: EntryKind) -> tuple[str, ...]:
    """Names of the fields whose values never go into the audit trail, a log or a mail to others."""
    return tuple(field.name for field in fields_of(kind) if field.is_personal)


DEFAULT_PUBLIC = (
    "language",
    "title",
    "summary",
    "strategies",
    "initiatives",
    "needs",
    "categories",
    "countries",
    "regions",
    "scopes",
    "ecosystems",
    "support",
    "languages",
    "level",
    "stage",
    "starts_on",
    "ends_on",
    "organisation_name",
    "organisation_country",
    "organisation_kind",
    "contribution",
    "valid_until",
)
"""What a form proposes for publication; the owner may take any of it away or add to it."""
