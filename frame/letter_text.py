"""What does a letter say, block by block, in one language? The same for the mail, the page and the PDF.

Every sentence comes from here; what people typed (titles, reasons, comments) stays as it is, as plain text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from services.sentences import as_message
from translations.catalogues import translate
from vocabulary.decisions import OUTCOMES, Outcome
from vocabulary.messages import Message


class Kind(StrEnum):
    """What a block is, so that each form can set it."""

    HEADING = "heading"
    TEXT = "text"
    QUOTE = "quote"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph; `is_typed` where somebody wrote it, in whatever language."""

    kind: Kind
    text: str
    is_typed: bool = False


RESULTS: Mapping[Outcome, tuple[Message, Message]] = {
    Outcome.ENDORSED: (
        Message("Your request {ref}, “{title}”, was endorsed."),
        Message("Your offer {ref}, “{title}”, was endorsed."),
    ),
    Outcome.ENDORSED_WITH_CONDITIONS: (
        Message("Your request {ref}, “{title}”, was endorsed with conditions."),
        Message("Your offer {ref}, “{title}”, was endorsed with conditions."),
    ),
    Outcome.RESERVE: (
        Message("Your request {ref}, “{title}”, was put on the reserve list."),
        Message("Your offer {ref}, “{title}”, was put on the reserve list."),
    ),
    Outcome.NOT_ENDORSED: (
        Message("Your request {ref}, “{title}”, was not endorsed."),
        Message("Your offer {ref}, “{title}”, was not endorsed."),
    ),
    Outcome.INELIGIBLE: (
        Message("Your request {ref}, “{title}”, was found not eligible."),
        Message("Your offer {ref}, “{title}”, was found not eligible."),
    ),
}
"""What was decided, of a request and of an offer."""


def subject(template: str, values: Mapping[str, Any], language: str) -> str:
    """The title of a letter, and the subject of its mail."""
    if template == "recognition":
        return translate(Message("Letter of recognition {ref}", ref=values["letter_ref"]), language)
    outcome = OUTCOMES[Outcome(values["outcome"])]
    return translate(Message("{ref}: {outcome}", ref=values["ref"], outcome=outcome), language)


def blocks(template: str, values: Mapping[str, Any], language: str) -> list[Block]:
    """The letter from its salutation to its last sentence."""
    found = _recognition(values) if template == "recognition" else _decision(values)
    return [
        Block(kind, one if is_typed else translate(one, language), is_typed)
        for kind, one, is_typed in found
        if one
    ]


_Said = tuple[Kind, str, bool]


def _salutation(values: Mapping[str, Any]) -> Message:
    name = values.get("contact_name")
    return Message("Dear {name},", name=name) if name else Message("Dear colleague,")


def _decision(values: Mapping[str, Any]) -> Iterator[_Said]:
    outcome = Outcome(values["outcome"])
    result = RESULTS[outcome][values["kind"] == "offer"]
    yield Kind.TEXT, _salutation(values), False
    yield Kind.TEXT, result.format(ref=values["ref"], title=values["title"] or values["ref"]), False
    yield Kind.TEXT, values.get("note") or "", True
    yield Kind.HEADING, Message("Why"), False
    yield Kind.QUOTE, values["reason"], True
    if values.get("conditions"):
        yield Kind.HEADING, Message("Conditions"), False
        yield Kind.QUOTE, values["conditions"], True
    if values["sentences"]:
        yield Kind.HEADING, Message("How the result came about"), False
        for sentence in values["sentences"]:
            yield Kind.ITEM, as_message(sentence), False
    if values["comments"]:
        yield Kind.HEADING, Message("What the reviewers wrote for you"), False
        for comment in values["comments"]:
            yield Kind.QUOTE, comment, True
    if values.get("reconsider_until"):
        yield from _again(values)


def _again(values: Mapping[str, Any]) -> Iterator[_Said]:
    yield Kind.HEADING, Message("If something went wrong"), False
    until = date.fromisoformat(values["reconsider_until"])
    yield (
        Kind.TEXT,
        Message(
            "Until {day} you can ask that the decision is looked at again, by people who had no part in it: "
            "where the procedure was not followed, a fact was read or stated wrongly, or somebody took part "
            "with a conflict of interest that was not declared. Another view of the scores is no ground.",
            day=until,
        ),
        False,
    )


def _recognition(values: Mapping[str, Any]) -> Iterator[_Said]:
    yield Kind.TEXT, _salutation(values), False
    yield (
        Kind.TEXT,
        Message(
            "This letter confirms that “{title}” was reviewed under the criteria of the capacity-building "
            "rolling plan, and that it is recognised as an activity that serves the plan.",
            title=values["title"],
        ),
        False,
    )
    if values.get("organisation"):
        yield Kind.TEXT, Message("Carried out by: {name}", name=values["organisation"]), False
    yield (
        Kind.TEXT,
        Message(
            "The recognition was issued on {day} and holds until {last}.",
            day=date.fromisoformat(values["date"]),
            last=date.fromisoformat(values["expires_on"]),
        ),
        False,
    )
    if values.get("renews"):
        yield Kind.TEXT, Message("It renews the recognition {ref}.", ref=values["renews"]), False
    yield (
        Kind.TEXT,
        Message(
            "Anybody can check it under its reference {ref} at this address: {address}",
            ref=values["letter_ref"],
            address=values["recognition_link"],
        ),
        False,
    )
    yield Kind.TEXT, Message("It is no promise of money, and can be retracted."), False
