"""What would a filled-in document change in a scorecard? Nothing is kept here: it is shown first.

A document of another proposal, of another reviewer or for other criteria is refused as a whole. Whatever
cannot be understood in a field is handed back as it stands there, so that nothing that was written is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.entries import Entry
from services.documents.fields import FoundField, read_fields
from services.reviews.content import PARTNERS, Content, content_of
from services.reviews.drafts import check_open
from services.reviews.rows import Item, Programme, fetch_for, programme_of, revision_of
from services.scorecard_documents import codes
from services.scorecard_documents.answers import NotAChoice, answer_of, is_nothing, whole_number
from services.scorecard_documents.codes import Place, criteria_mark, places
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor

_VERSION = re.compile(r"\d{1,9}")
NO_SCORECARD = Message(
    "This document is no scorecard of this service, or its first table is gone. Download it anew and copy "
    "your texts into it."
)
TWICE = Message("This field stands in the document twice, with different texts. Only the first is read.")
UNKNOWN_CRITERION = Message("The code of this field was changed, or there is no such criterion in this call.")
WRONG_CHOICE: Mapping[str, Message] = {
    "value": Message("This must be 0, 1, 2, 3 or X (cannot judge)."),
    "recommendation": Message("This must be one of the five recommendations, A to E."),
    "level": Message("This must be 1 (low), 2 (medium) or 3 (high)."),
    "test": Message("This must be Y (yes), N (no) or U (unclear)."),
    "tick": Message("This must be Y (yes) or N (no)."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that cannot be taken over, with what stands in it."""

    code: str
    text: str
    message: Message


@dataclass(slots=True)
class Reading:
    """What stands in a document: the answers as the API takes them, and what could not be understood.

    `version` is the version of the scorecard that the document was made from, `is_stale` whether it has been
    changed since; `missing` are fields whose rows were taken out of the document: they stay as they are.
    """

    version: int
    current_version: int
    revision: int
    current_revision: int
    saved: Content
    answers: dict[str, Any] = field(default_factory=lambda: {"scores": {}})
    problems: list[Problem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        """Was the scorecard saved since the document was made?"""
        return self.version != self.current_version

    @property
    def is_older_submission(self) -> bool:
        """Was the document made from another version of the submission?"""
        return self.revision != self.current_revision


def read(session: Session, actor: Actor, ref: str, data: bytes, *, now: datetime) -> Reading:
    """Read a document that was filled in. Changes nothing.

    Raises NotFound, Refused (the conflict question, or the scorecard closed), Conflict once it is submitted;
    Invalid for a file that is no such document, or one of another scorecard or of other criteria.
    """
    item = fetch_for(session, actor, Action.REVIEW_WRITE, ref, now=now)
    check_open(item)
    programme = programme_of(session, item.entry)
    fields, twice = _once(read_fields(data))
    version, revision = _belonging(session, item, programme, fields)
    reading = Reading(
        version=version,
        current_version=item.version,
        revision=revision,
        current_revision=revision_of(session, item).number,
        saved=content_of(item.review, programme.criteria),
        problems=twice,
    )
    _fill(reading, fields, places(programme.criteria))
    return reading


def _once(found: Iterable[FoundField]) -> tuple[dict[str, str], list[Problem]]:
    """Fields by code; one that stands there twice with another text is told."""
    fields: dict[str, str] = {}
    twice = []
    for each in found:
        if fields.setdefault(each.code, each.text) != each.text:
            twice.append(Problem(each.code, each.text, TWICE))
    return fields, twice


def _belonging(
    session: Session, item: Item, programme: Programme, fields: Mapping[str, str]
) -> tuple[int, int]:
    """The version and the revision that it was made from. Raises Invalid if it belongs elsewhere."""
    head = {code: fields.get(code, "").strip() for code in codes.HEAD}
    numbers = [whole_number(head[code]) for code in (codes.VERSION, codes.SUBMISSION)]
    if not all(head.values()) or not all(_VERSION.fullmatch(number) for number in numbers):
        raise _refused(NO_SCORECARD, "no_scorecard")
    entry = session.get_one(Entry, item.assignment.entry_id)
    if head[codes.ENTRY] != entry.ref:
        said = Message(
            "This is the scorecard of another proposal, {other}. Upload it on the page of that one.",
            other=head[codes.ENTRY],
        )
        raise _refused(said, "other_proposal")
    if head[codes.SCORECARD] != item.assignment.ref:
        said = Message(
            "This is another reviewer's scorecard of this proposal ({other}). Yours is {own}: download it "
            "and fill that one in.",
            other=head[codes.SCORECARD],
            own=item.assignment.ref,
        )
        raise _refused(said, "other_reviewer")
    if " ".join(head[codes.CRITERIA].split()) != criteria_mark(programme.criteria_set):
        said = Message(
            "This document asks about other criteria than this call has. Download it anew and copy your "
            "texts into it."
        )
        raise _refused(said, "other_criteria")
    return int(numbers[0]), int(numbers[1])


def _refused(message: Message, code: str) -> Invalid:
    return Invalid({"file": [message]}, message, code=code)


def _fill(reading: Reading, fields: Mapping[str, str], known: Mapping[str, Place]) -> None:
    """Put what stands in the fields into the answers, field by field."""
    for code, place in known.items():
        if code not in fields:
            reading.missing.append(code)
            _keep(reading, code, place)
            continue
        try:
            _put(reading, code, place, fields[code])
        except NotAChoice:
            reading.problems.append(Problem(code, fields[code], WRONG_CHOICE[place.kind or ""]))
            _keep(reading, code, place)
    for code in fields.keys() - known.keys() - set(codes.HEAD):
        if fields[code] and not is_nothing(fields[code]):
            reading.problems.append(Problem(code, fields[code], UNKNOWN_CRITERION))
    reading.problems.sort(key=lambda problem: problem.code)


def _put(reading: Reading, code: str, place: Place, text: str) -> None:
    is_empty = place.kind is not None and is_nothing(text)
    answer = None if is_empty else answer_of(place.kind, text) if place.kind else text
    if place.criterion is None:
        if place.part is not None:
            reading.answers.setdefault("expertise", {})[place.part] = answer
        elif code == PARTNERS:
            reading.answers[code] = text.splitlines()
        else:
            reading.answers[code] = whole_number(text) if code == "minutes_spent" else answer
        return
    score = reading.answers["scores"].setdefault(place.criterion, {})
    if place.part is not None:
        _put_part(score.setdefault("parts", {}), place, answer, is_empty=is_empty)
    elif place.kind == "value":
        score["value"] = None if answer == "cannot_judge" else answer
        score["cannot_judge"] = answer == "cannot_judge"
    else:
        score[code.rsplit(".", 1)[1]] = answer


def _put_part(parts: dict[str, Any], place: Place, answer: Any, *, is_empty: bool) -> None:
    """An alternative is ticked or left out; a test is answered or left out."""
    if not is_empty and (place.kind == "test" or answer):
        parts[place.part or ""] = answer


def _keep(reading: Reading, code: str, place: Place) -> None:
    """A field that says nothing stays as it is; of several parts together that must be said."""
    if place.part is None:
        return
    if place.criterion is None:
        level = reading.saved["expertise"].get(place.part)
        reading.answers.setdefault("expertise", {})[place.part] = level
        return
    saved = reading.saved["scores"][place.criterion]["parts"]
    if place.part in saved:
        score = reading.answers["scores"].setdefault(place.criterion, {})
        score.setdefault("parts", {})[place.part] = saved[place.part]


def problems_of(errors: Mapping[str, Any], answers: Mapping[str, Any]) -> list[Problem]:
    """Errors of a schema on the answers of a document, each with what stands in the field."""
    return [
        Problem(code, _standing(code, answers), message)
        for code, messages in _flat(errors)
        for message in messages[:1]
    ]


def _flat(errors: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, list[Message]]]:
    for name, found in errors.items():
        if isinstance(found, Mapping):
            yield from _flat(found, f"{above}{name}.")
        else:
            yield f"{above}{name}", found


def _standing(code: str, answers: Mapping[str, Any]) -> str:
    place: Any = answers
    for step in code.split("."):
        place = place.get(step, "") if isinstance(place, Mapping) else ""
    return str(place)
