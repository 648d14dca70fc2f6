"""What is wrong with the settings of a fellowship call, by field, by row and by cell?

Targets that no list can meet are not wrong here: the room shows them with its lights, and the engine proves
it. What cannot be meant is a minimum above a maximum, a value that no form can hold, seats that do not fit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.facts import MOST_CHAPTERS, MOST_SCORE
from fellowships.panel import Scale, greatest_score
from models.calls import Call
from models.fellowships import Fellowship
from services import vocabularies
from services.fellowships.fields import DISCIPLINES, GENDERS, KNOWLEDGE, NOMINATOR_KINDS
from vocabulary.errors import Invalid
from vocabulary.fellowships import Gender
from vocabulary.messages import Message
from vocabulary.states import CallKind

ATTRIBUTES = ("region", "gender", "discipline", "knowledge", "country", "organisation", "route", "chapter")
"""What a target or a cap can count."""
UN_GROUPS = "un_groups"
_TWICE = Message("A code stands twice; keep one.")

Cells = dict[int, dict[str, list[Message]]]


def values_that_count(session: Session, found: Mapping[str, Any]) -> dict[str, Collection[str]]:
    """Attribute to the values that a nomination can have; an organisation can have any name."""
    return {
        "region": list(vocabularies.terms(session, UN_GROUPS)),
        "gender": [code for code in GENDERS if code != Gender.NOT_SAID],
        "discipline": list(DISCIPLINES),
        "knowledge": list(KNOWLEDGE),
        "route": list(NOMINATOR_KINDS),
        "country": list(vocabularies.terms(session, vocabularies.COUNTRIES)),
        "chapter": [one["code"] for one in found.get("chapters") or ()],
    }


def check_settings(session: Session, call: Call, found: Fellowship) -> None:
    """Raise Invalid with everything that cannot be meant."""
    errors = _wrong_numbers(call, found)
    known = values_that_count(session, {"chapters": found.chapters})
    for name, wrong in (
        ("chapters", _wrong_chapters(found)),
        ("marks", _wrong_marks(found)),
        ("targets", _wrong_targets(found, known)),
        ("caps", _wrong_caps(found)),
    ):
        if wrong:
            errors[name] = wrong
    if errors:
        raise Invalid(errors)


def check_announceable(session: Session, call: Call) -> None:
    """Raise Invalid where a fellowship call lacks what it selects by; other calls need none."""
    if call.kind is not CallKind.FELLOWSHIP:
        return
    if call.closes_at is None:
        raise Invalid({"closes_at": [Message("A fellowship call needs the nominees' deadline.")]})
    query = sa.select(Fellowship).where(Fellowship.call_id == call.id)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Invalid(
            {"fellowship": [Message("Say first how many fellows are chosen, by whom and by what.")]}
        )
    check_settings(session, call, found)


def _wrong_numbers(call: Call, found: Fellowship) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    if found.n_seats is None or found.n_seats < 1:
        errors["n_seats"] = [Message("Write how many fellows are chosen, 1 or more.")]
    if not found.selecting_body:
        errors["selecting_body"] = [Message("Say which body selects the fellows.")]
    until: datetime | None = found.nominators_until
    if until is None:
        errors["nominators_until"] = [Message("Name the day and the time until which nominators approve.")]
    elif call.closes_at and until < call.closes_at:
        errors["nominators_until"] = [
            Message("The nominators' deadline cannot be before the nominees' deadline.")
        ]
    length = found.mark_high - found.mark_low
    if length <= 0 or found.mark_step < 1 or length % found.mark_step:
        errors["mark_high"] = [Message("The highest mark lies above the lowest by a whole number of steps.")]
    return errors


def _wrong_chapters(found: Fellowship) -> Cells | list[Message]:
    wrong = _unnamed(found.chapters)
    if len(found.chapters) > MOST_CHAPTERS:
        return [Message("There can be at most {most} chapters.", most=MOST_CHAPTERS)]
    seats = sum(int(one["seats"]) for one in found.chapters)
    if wrong or not found.chapters or found.n_seats is None or seats == found.n_seats:
        return wrong
    return [Message("The chapters have {n} seats together; the call has {all}.", n=seats, all=found.n_seats)]


def _wrong_marks(found: Fellowship) -> Cells | list[Message]:
    if not found.marks:
        return [Message("Name at least one thing that the panel marks.")]
    wrong = _unnamed(found.marks)
    if found.mark_high <= found.mark_low or found.mark_step < 1:
        return wrong
    scale = Scale(found.mark_low, found.mark_high, found.mark_step)
    for at, one in enumerate(found.marks):
        off = [text for text in one.get("anchors") or {} if not _is_mark(text, scale)]
        if off:
            wrong.setdefault(at, {})["anchors"] = [
                Message(
                    "“{value}” is no mark; write {low} to {high} in steps of {step}.",
                    value=off[0],
                    low=scale.low,
                    high=scale.high,
                    step=scale.step,
                )
            ]
    most = greatest_score({one["code"]: int(one.get("weight", 1)) for one in found.marks}, scale)
    if not wrong and most >= MOST_SCORE:
        return [
            Message(
                "With these weights somebody could have {n} points; keep it below {most}.",
                n=most,
                most=MOST_SCORE,
            )
        ]
    return wrong


def _is_mark(text: str, scale: Scale) -> bool:
    return text.isascii() and text.isdigit() and scale.holds(int(text))


def _wrong_targets(found: Fellowship, known: Mapping[str, Collection[str]]) -> Cells:
    wrong: Cells = _twice(
        [(one["attribute"], one["value"]) for one in found.targets],
        "value",
        Message("This target stands twice; keep one."),
    )
    for at, one in enumerate(found.targets):
        cells = wrong.setdefault(at, {})
        cells |= _wrong_target(one, found.n_seats, known)
    return {at: cells for at, cells in wrong.items() if cells}


def _wrong_target(
    one: Mapping[str, Any], n_seats: int | None, known: Mapping[str, Collection[str]]
) -> dict[str, list[Message]]:
    attribute, value = one["attribute"], one["value"]
    if attribute not in ATTRIBUTES:
        text = Message("“{value}” is none of {words}.", value=attribute, words=ATTRIBUTES)
        return {"attribute": [text]}
    cells: dict[str, list[Message]] = {}
    if not value or value not in known.get(attribute, (value,)):
        cells["value"] = [_no_value(attribute, value, known.get(attribute, ()))]
    least, most = int(one.get("least") or 0), one.get("most")
    top = n_seats if most is None else int(most)
    if least < 0 or (top is not None and least > top):
        cells["least"] = [Message("The minimum {least} is above the maximum {most}.", least=least, most=top)]
    return cells


def _no_value(attribute: str, value: str | None, known: Collection[str]) -> Message:
    if attribute == "chapter":
        return Message("“{value}” is no chapter of this call.", value=value or "")
    if len(known) > 12:
        return Message("“{value}” is not in the list.", value=value or "")
    return Message("“{value}” is none of {words}.", value=value or "", words=tuple(known))


def _wrong_caps(found: Fellowship) -> Cells:
    wrong: Cells = _twice(
        [one["attribute"] for one in found.caps],
        "attribute",
        Message("This limit stands twice; keep one."),
    )
    for at, one in enumerate(found.caps):
        if one["attribute"] not in ATTRIBUTES:
            text = Message("“{value}” is none of {words}.", value=one["attribute"], words=ATTRIBUTES)
            wrong.setdefault(at, {})["attribute"] = [text]
    return wrong


def _unnamed(rows: Sequence[Mapping[str, Any]]) -> Cells:
    """Rows without a code or a title, and codes that stand twice."""
    wrong = _twice([one["code"] for one in rows], "code", _TWICE)
    for at, one in enumerate(rows):
        if not one["code"]:
            wrong.setdefault(at, {})["code"] = [Message("Write a short code, such as 1 or A.")]
        if not one["title"]:
            wrong.setdefault(at, {})["title"] = [Message("Write a title.")]
    return wrong


def _twice(keys: Sequence[Any], cell: str, text: Message) -> Cells:
    """The same text at every key that stood further up already."""
    return {at: {cell: [text]} for at, key in enumerate(keys) if key in keys[:at]}
