"""Which answers a nomination holds, what they may be, and what is still missing before it can be completed.

One table for both doors, the import of files and the checks. Answers are JSON values; texts are cleaned by
the schema. Gender, date of birth and nationality are for the secretariat and the balance, never for the
panel.

Source: the application form of the fellowship programme as of 2018.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vocabulary.fellowships import DisciplineFamily, Gender, KnowledgeSystem
from vocabulary.messages import Message


class Kind(StrEnum):
    """How an answer is written."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    COUNTRY = "country"
    FLAG = "flag"
    DEGREES = "degrees"
    POSITIONS = "positions"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the form.

    `most`: longest text in characters, or most items of a list. `is_protected`: hidden from the panel.
    `told`: what the question is called where somebody else than the nominee reads the answer.
    """

    name: str
    label: Message
    kind: Kind
    section: str
    is_needed: bool = False
    is_protected: bool = False
    most: int = 200
    options: Mapping[str, Message] | None = None
    help: Message | None = None
    told: Message | None = None

    @property
    def about(self) -> Message:
        """The question as others than the nominee read it."""
        return self.told or self.label


GENDERS: Mapping[str, Message] = {
    Gender.WOMAN.value: Message("Woman"),
    Gender.MAN.value: Message("Man"),
    Gender.OTHER.value: Message("Another gender"),
    Gender.NOT_SAID.value: Message("Prefer not to say"),
}
DISCIPLINES: Mapping[str, Message] = {
    DisciplineFamily.NATURAL.value: Message("Natural sciences"),
    DisciplineFamily.SOCIAL.value: Message("Social sciences"),
    DisciplineFamily.HUMANITIES.value: Message("Humanities"),
    DisciplineFamily.INTERDISCIPLINARY.value: Message("Interdisciplinary studies"),
    DisciplineFamily.POLICY.value: Message("Policy making and practice"),
}
KNOWLEDGE: Mapping[str, Message] = {
    KnowledgeSystem.SCIENCE.value: Message("Science"),
    KnowledgeSystem.ILK.value: Message("Indigenous and local knowledge"),
    KnowledgeSystem.BOTH.value: Message("Both science and indigenous and local knowledge"),
    KnowledgeSystem.POLICY.value: Message("Policy or practice"),
}
DEGREE_TYPES: Mapping[str, Message] = {
    "certificate": Message("Certificate"),
    "diploma": Message("Diploma"),
    "bachelor": Message("Bachelor"),
    "master": Message("Master"),
    "doctorate": Message("Doctorate"),
    "habilitation": Message("Habilitation"),
    "other": Message("Another degree"),
}
EXPERTISE: Mapping[str, Message] = {
    "agriculture": Message("Agriculture"),
    "aquatic": Message("Freshwater ecosystems"),
    "biocultural": Message("Biocultural diversity"),
    "climate": Message("Climate change"),
    "communication": Message("Communication and education"),
    "conservation": Message("Conservation"),
    "data": Message("Data and knowledge management"),
    "economics": Message("Economics and valuation"),
    "fisheries": Message("Fisheries"),
    "forests": Message("Forests and forestry"),
    "genetics": Message("Genetics"),
    "governance": Message("Governance and institutions"),
    "health": Message("Health"),
    "ilk": Message("Indigenous and local knowledge"),
    "invasive": Message("Invasive alien species"),
    "land": Message("Land degradation and restoration"),
    "law": Message("Law"),
    "marine": Message("Marine and coastal ecosystems"),
    "modelling": Message("Modelling"),
    "monitoring": Message("Monitoring and indicators"),
    "policy": Message("Policy making"),
    "pollination": Message("Pollination"),
    "practice": Message("Practice in the field"),
    "scenarios": Message("Scenarios"),
    "sociology": Message("Sociology and anthropology"),
    "spatial": Message("Spatial planning"),
    "species": Message("Species and taxonomy"),
    "terrestrial": Message("Terrestrial ecosystems"),
    "trade": Message("Trade and business"),
    "urban": Message("Urban ecosystems"),
    "water": Message("Water"),
}
NOMINATOR_KINDS: Mapping[str, Message] = {
    "government": Message("A government or its national focal point"),
    "organisation": Message("An organisation"),
}
LANGUAGES: Mapping[str, Message] = {
    "ar": Message("Arabic"),
    "en": Message("English"),
    "es": Message("Spanish"),
    "fr": Message("French"),
    "ru": Message("Russian"),
    "zh": Message("Chinese"),
    "other": Message("Another language"),
}

SECTIONS: Mapping[str, Message] = {
    "person": Message("You"),
    "work": Message("Your work and studies"),
    "expertise": Message("Your expertise"),
    "motivation": Message("Why you"),
    "nominator": Message("Who nominates you"),
    "consent": Message("Interests and consent"),
}
"""The sections of the form, as the nominee reads them."""

SECTIONS_ABOUT: Mapping[str, Message] = {
    "person": Message("The nominee"),
    "work": Message("Work and studies of the nominee"),
    "expertise": Message("Expertise of the nominee"),
    "motivation": Message("Why this nominee"),
    "nominator": Message("Who nominates"),
    "consent": SECTIONS["consent"],
}
"""The same for everybody else."""

ANSWERS: tuple[Answer, ...] = (
    Answer("first_name", Message("First name"), Kind.LINE, "person", is_needed=True),
    Answer("last_name", Message("Last name"), Kind.LINE, "person", is_needed=True),
    Answer("phone", Message("Telephone"), Kind.LINE, "person", most=60),
    Answer(
        "gender",
        Message("Gender"),
        Kind.CODE,
        "person",
        is_needed=True,
        is_protected=True,
        options=GENDERS,
        help=Message("We ask because the list of fellows is balanced. The panel that marks does not see it."),
    ),
    Answer(
        "born_on",
        Message("Date of birth"),
        Kind.DATE,
        "person",
        is_needed=True,
        is_protected=True,
        help=Message("The panel that marks does not see it."),
    ),
    Answer(
        "nationality",
        Message("Nationality"),
        Kind.COUNTRY,
        "person",
        is_needed=True,
        is_protected=True,
        help=Message("Decides on your region and on support for travel. The panel does not see it."),
    ),
    Answer("second_nationality", Message("Second nationality"), Kind.COUNTRY, "person", is_protected=True),
    Answer(
        "country",
        Message("Country where you live"),
        Kind.COUNTRY,
        "person",
        is_needed=True,
        told=Message("Country of residence"),
    ),
    Answer(
        "languages",
        Message("Languages you work in"),
        Kind.CODES,
        "person",
        is_needed=True,
        options=LANGUAGES,
        told=Message("Working languages of the nominee"),
    ),
    Answer("organisation", Message("Organisation"), Kind.LINE, "work", is_needed=True, most=300),
    Answer("position", Message("Position"), Kind.LINE, "work", is_needed=True),
    Answer(
        "positions",
        Message("Positions before"),
        Kind.POSITIONS,
        "work",
        most=3,
        help=Message("Up to three: employer, first and last year; no last year for one that goes on."),
    ),
    Answer(
        "degrees",
        Message("Degrees"),
        Kind.DEGREES,
        "work",
        is_needed=True,
        most=3,
        help=Message("Up to three: the degree, its field, where, and the year; no year for one under way."),
    ),
    Answer(
        "discipline",
        Message("Discipline"),
        Kind.CODE,
        "expertise",
        is_needed=True,
        options=DISCIPLINES,
    ),
    Answer(
        "knowledge",
        Message("Where your knowledge comes from"),
        Kind.CODE,
        "expertise",
        is_needed=True,
        options=KNOWLEDGE,
        told=Message("Where the knowledge comes from"),
    ),
    Answer(
        "expertise",
        Message("Fields of expertise"),
        Kind.CODES,
        "expertise",
        is_needed=True,
        options=EXPERTISE,
    ),
    Answer("other_expertise", Message("Other expertise"), Kind.LINE, "expertise", most=300),
    Answer(
        "publications",
        Message("Publications or other results of your work"),
        Kind.LINES,
        "expertise",
        most=5,
        help=Message("Up to five, one in each line."),
        told=Message("Publications or other results"),
    ),
    Answer(
        "statement",
        Message("Supporting statement"),
        Kind.TEXT,
        "motivation",
        is_needed=True,
        most=4000,
        help=Message("What you bring to the work, and what you hope to learn. Up to 600 words."),
    ),
    Answer(
        "justification",
        Message("Why this fits the call"),
        Kind.TEXT,
        "motivation",
        most=4000,
    ),
    Answer(
        "chapters",
        Message("Chapters you wish for"),
        Kind.CODES,
        "motivation",
        most=10,
        help=Message("In the order of your wish."),
        told=Message("Chapters that the nominee wishes for"),
    ),
    Answer(
        "is_flexible",
        Message("I would also work on another chapter or deliverable"),
        Kind.FLAG,
        "motivation",
        told=Message("Would also work on another chapter or deliverable"),
    ),
    Answer("nominator_name", Message("Name of the nominator"), Kind.LINE, "nominator", is_needed=True),
    Answer(
        "nominator_email",
        Message("Mail address of the nominator"),
        Kind.EMAIL,
        "nominator",
        is_needed=True,
        most=254,
        help=Message("When you complete the form, this person is asked by mail to approve it."),
    ),
    Answer(
        "nominator_body",
        Message("Body that nominates you"),
        Kind.LINE,
        "nominator",
        is_needed=True,
        most=300,
        told=Message("Body that nominates"),
    ),
    Answer(
        "nominator_kind",
        Message("Kind of body"),
        Kind.CODE,
        "nominator",
        is_needed=True,
        options=NOMINATOR_KINDS,
    ),
    Answer("nominator_country", Message("Country of that body"), Kind.COUNTRY, "nominator", is_needed=True),
    Answer(
        "interests",
        Message("Interests that could influence your work"),
        Kind.TEXT,
        "consent",
        most=4000,
        help=Message(
            "Employment, money, memberships, or positions that you stand for; “none” if there are none."
        ),
        told=Message("Interests that could influence the work"),
    ),
    Answer(
        "consent_data",
        Message(
            "I agree that the secretariat and the panel use my data to select fellows, and that they are "
            "deleted after the time that the call names."
        ),
        Kind.FLAG,
        "consent",
        is_needed=True,
        told=Message(
            "Agreed that the data are used to select fellows, and deleted after the time that the call names"
        ),
    ),
    Answer(
        "public_name",
        Message("If I become a fellow, my name, country and chapter may be shown in public."),
        Kind.FLAG,
        "consent",
        told=Message("Name, country and chapter of a fellow may be shown in public"),
    ),
)
BY_NAME: Mapping[str, Answer] = {answer.name: answer for answer in ANSWERS}
PROTECTED = frozenset(answer.name for answer in ANSWERS if answer.is_protected)
NEEDED = Message("This is missing.")


def of_section(section: str) -> tuple[Answer, ...]:
    """The questions of one section, in order."""
    return tuple(answer for answer in ANSWERS if answer.section == section)


def empty_content() -> dict[str, Any]:
    """Every answer as it is before anything was said."""
    lists = (Kind.CODES, Kind.DEGREES, Kind.POSITIONS, Kind.LINES)
    return {
        answer.name: [] if answer.kind in lists else False if answer.kind is Kind.FLAG else None
        for answer in ANSWERS
    }


def missing(content: Mapping[str, Any], *, has_chapters: bool) -> dict[str, list[Message]]:
    """What has to be said before the nomination is complete, by field."""
    found = {answer.name: [NEEDED] for answer in ANSWERS if answer.is_needed and not content.get(answer.name)}
    if has_chapters and not content.get("chapters"):
        found["chapters"] = [NEEDED]
    if not (content.get("interests") or "").strip():
        found["interests"] = [NEEDED]
    return found


def without_protected(content: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that those who mark may see."""
    return {name: value for name, value in content.items() if name not in PROTECTED}


def full_name(content: Mapping[str, Any]) -> str:
    """First and last name, or nothing."""
    return " ".join(part for part in (content.get("first_name"), content.get("last_name")) if part)


def degree_years(degrees: Iterable[Mapping[str, Any]]) -> list[int]:
    """The years in which degrees were obtained."""
    return [int(one["year"]) for one in degrees if one.get("year")]
