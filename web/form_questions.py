"""What a question and a section of a form are, and the questions that requests and offers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.entries.fields import BY_NAME
from vocabulary.messages import Message


class Widget(StrEnum):
    """How a question is shown."""

    LINE = "line"
    TEXT = "text"
    SELECT = "select"
    RADIOS = "radios"
    BOXES = "boxes"
    GROUPED_BOXES = "grouped_boxes"
    DAY = "day"
    MONEY = "money"
    NUMBER = "number"
    EMAIL = "email"
    PHONE = "phone"
    SITE = "site"
    TICK = "tick"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class Question:
    """One field as it is asked."""

    name: str
    widget: Widget
    label: Message
    hint: Message | None = None
    why: Message | None = None
    example: Message | None = None
    is_required: bool = False
    words: int | None = None
    rows: int = 6
    lookup: str | None = None

    @property
    def vocabulary(self) -> str | None:
        """Where its options come from, if from a vocabulary."""
        return BY_NAME[self.name].vocabulary

    @property
    def choices(self) -> tuple[str, ...]:
        """Its options, if from a short fixed list."""
        return BY_NAME[self.name].choices


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the form; a section without questions (files, check) has a page of its own."""

    code: str
    title: Message
    questions: tuple[Question, ...] = ()
    intro: Message | None = None


CHOICES: Mapping[str, Message] = {
    "yes": Message("Yes"),
    "no": Message("No"),
    "not_applicable": Message("Does not apply"),
    "email": Message("By e-mail"),
    "phone": Message("By phone"),
    "places": Message("Places (people)"),
    "projects": Message("Projects"),
    "free": Message("Free of charge"),
    "shared": Message("Costs are shared"),
    "full_cost": Message("Those who take it up bear the full cost"),
}
"""Words of the short fixed lists."""

W, Q = Widget, Question

LANGUAGE = Q(
    "language",
    W.RADIOS,
    Message("In which language do you write?"),
    hint=Message("Any of the six. Readers of the other languages will still find your entry."),
    is_required=True,
)
EMAIL = Q(
    "contact_email",
    W.EMAIL,
    Message("Your e-mail address"),
    hint=Message("We send you a private link, so that you can go on later, and the receipt."),
    why=Message("No account is needed. The address is never published."),
    is_required=True,
)
PLACE = Section(
    "place",
    Message("Where"),
    (
        Q(
            "countries",
            W.GROUPED_BOXES,
            Message("Countries"),
            hint=Message("Choose at least one country, region or group of countries."),
        ),
        Q(
            "regions",
            W.GROUPED_BOXES,
            Message("Regions"),
            hint=Message("Regions and subregions as IPBES assesses them."),
        ),
        Q("scopes", W.BOXES, Message("Groups of countries")),
        Q("ecosystems", W.BOXES, Message("Ecosystems")),
        Q("level", W.SELECT, Message("At which level?")),
        Q(
            "languages",
            W.BOXES,
            Message("In which languages can you work?"),
            why=Message("A match counts more when both sides can work in one language."),
        ),
    ),
)
CONTACT = Section(
    "contact",
    Message("Organisation and contact"),
    (
        Q(
            "organisation_name",
            W.LINE,
            Message("Name of the organisation"),
            hint=Message("In full, as it signs. If we know it already, we show it below while you type."),
            is_required=True,
            lookup="organisations",
        ),
        Q("organisation_acronym", W.LINE, Message("Acronym")),
        Q("organisation_kind", W.SELECT, Message("Kind of organisation")),
        Q("organisation_country", W.SELECT, Message("Country of the organisation")),
        Q("organisation_site", W.SITE, Message("Web site"), hint=Message("It begins with https://")),
        Q(
            "contact_name",
            W.LINE,
            Message("Contact person"),
            why=Message(
                "The secretariat and, once both sides agree, the other side will write to this person."
            ),
            is_required=True,
        ),
        Q(
            "contact_phone",
            W.PHONE,
            Message("Phone"),
            hint=Message("With the country code, such as +254 20 123456."),
        ),
        Q("contact_way", W.RADIOS, Message("How would you like to be reached?")),
    ),
)
FILES = Section("files", Message("Files"))
CHECK = Section("check", Message("Check and submit"))
