"""What must a support request or support offer hold before it can be submitted?

A draft may hold anything or nothing; only submitting asks for all of this, and gets every error at
once, by field. Whether a code exists in its vocabulary, and how long a column is, the schemas check.
Shape of the 2015 call for proposals: IPBES/5/3, paras 19-26; the limits are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from vocabulary.findings import Finding
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from vocabulary.words import count_words

Content = Mapping[str, Any]
Fault = tuple[str, Message]

MAX_SUMMARY_WORDS = 150
MAX_TEXT_WORDS = 1500
MAX_SELF_ASSESSMENT_WORDS = 120

SHARED_FIELDS = (
    "language",
    "title",
    "summary",
    "need",
    "activities",
    "results",
    "strategies",
    "initiatives",
    "needs",
    "deliverables",
    "categories",
    "countries",
    "regions",
    "scopes",
    "ecosystems",
    "support",
    "essential_support",
    "languages",
    "level",
    "stage",
    "currency",
    "starts_on",
    "ends_on",
    "organisation_name",
    "organisation_acronym",
    "organisation_kind",
    "organisation_country",
    "organisation_site",
    "contact_name",
    "contact_email",
    "contact_phone",
    "contact_way",
    "consent_terms",
    "public_fields",
)
REQUEST_FIELDS = (
    "amount_needed",
    "amount_sought",
    "people_involved",
    "iplc_involved",
    "stakeholders",
    "guidance_used",
    "same_request_elsewhere",
    "focal_point_consulted",
    "focal_point_name",
    "focal_point_consulted_on",
    "self_assessment",
)
OFFER_FIELDS = (
    "contribution",
    "amount_ceiling",
    "amount_per_request",
    "capacity",
    "capacity_unit",
    "cost_terms",
    "conditions",
    "seeks_recognition",
    "valid_until",
)
FIELDS: Mapping[EntryKind, tuple[str, ...]] = {
    EntryKind.REQUEST: SHARED_FIELDS + REQUEST_FIELDS,
    EntryKind.OFFER: SHARED_FIELDS + OFFER_FIELDS,
}
"""Every name that the content of an entry may have, in the order of the form."""

_NEEDED_BY_ALL: Mapping[str, Message] = {
    "language": Message("Choose the language the texts are written in."),
    "title": Message("Give a title."),
    "summary": Message("Give a summary of at most 150 words."),
    "support": Message("Choose at least one kind of support."),
    "organisation_name": Message("Name the organisation."),
    "contact_name": Message("Name a person to contact."),
    "contact_email": Message("Give an e-mail address to reach that person."),
    "consent_terms": Message("Agree to the terms, so that we may keep and use what you wrote."),
}
_NEEDED: Mapping[EntryKind, Mapping[str, Message]] = {
    EntryKind.REQUEST: {
        **_NEEDED_BY_ALL,
        "need": Message("Describe the need."),
        "activities": Message("Describe the activities you plan."),
        "strategies": Message("Choose at least one strategy that the request serves."),
    },
    EntryKind.OFFER: {
        **_NEEDED_BY_ALL,
        "contribution": Message("Choose how you wish to contribute."),
        "valid_until": Message("Say until when the offer is valid."),
    },
}
_PLACES: Mapping[EntryKind, tuple[str, ...]] = {
    EntryKind.REQUEST: ("countries", "regions"),
    EntryKind.OFFER: ("countries", "regions", "scopes"),
}
_AMOUNTS: Mapping[EntryKind, tuple[str, str]] = {
    EntryKind.REQUEST: ("amount_sought", "amount_needed"),
    EntryKind.OFFER: ("amount_per_request", "amount_ceiling"),
}


def errors_for_submission(
    kind: EntryKind, content: Content, *, today: date | None = None
) -> dict[str, list[Message]]:
    """Everything that keeps an entry from being submitted, by field; empty when nothing does.

    Parameters
    ----------
    kind : EntryKind
    content : mapping of str to object
        The fields of FIELDS[kind]; a missing one counts as empty. Dates and amounts may be values or the
        texts that JSON holds.
    today : date, optional
        With it, dates that must not lie in the past or the future are checked, too.
    """
    errors: dict[str, list[Message]] = {}
    for check in (_missing, _places, _texts, _contact, _amounts, _dates, _support, _details):
        for name, message in check(kind, content):
            errors.setdefault(name, []).append(message)
    for name, message in _dates_today(kind, content, today) if today else ():
        errors.setdefault(name, []).append(message)
    return {name: errors[name] for name in FIELDS[kind] if name in errors}


def warnings_for_submission(
    content: Content, *, strategy_of_initiative: Mapping[str, str]
) -> dict[str, list[Message]]:
    """What looks odd and may still be meant, by field.

    ``strategy_of_initiative`` maps the code of each initiative to that of its strategy.
    """
    claimed = _codes(content, "strategies")
    stray = [
        initiative
        for initiative in _codes(content, "initiatives")
        if strategy_of_initiative.get(initiative) not in (None, *claimed)
    ]
    warnings = {
        "initiatives": [
            Message(
                "Initiative {initiative} belongs to strategy {strategy}, which you did not choose.",
                initiative=initiative,
                strategy=strategy_of_initiative[initiative],
            )
            for initiative in stray
        ]
    }
    return {name: messages for name, messages in warnings.items() if messages}


def _missing(kind: EntryKind, content: Content) -> Iterator[Fault]:
    for name, message in _NEEDED[kind].items():
        if _is_empty(content.get(name)):
            yield name, message


def _places(kind: EntryKind, content: Content) -> Iterator[Fault]:
    if any(_codes(content, name) for name in _PLACES[kind]):
        return
    if kind is EntryKind.REQUEST:
        yield "countries", Message("Choose at least one country or region.")
    else:
        yield "countries", Message("Choose at least one country or region, or another place you can serve.")


def _texts(kind: EntryKind, content: Content) -> Iterator[Fault]:
    limits = {"summary": MAX_SUMMARY_WORDS} | dict.fromkeys(
        ("need", "activities", "results", "conditions"), MAX_TEXT_WORDS
    )
    for name, limit in limits.items():
        n_words = count_words(str(content.get(name) or ""))
        if n_words > limit:
            yield name, _too_long(n_words, limit)


def _too_long(n_words: int, limit: int) -> Message:
    return Message("This has {n_words} words; at most {limit} fit.", n_words=n_words, limit=limit)


def _contact(kind: EntryKind, content: Content) -> Iterator[Fault]:
    address = str(content.get("contact_email") or "").strip()
    name, at, domain = address.rpartition("@")
    is_address = bool(name and at and "." in domain.strip(".")) and not any(c.isspace() for c in address)
    if address and (not is_address or "@" in name):
        yield (
            "contact_email",
            Message("This is not an e-mail address. One looks like name@example.org."),
        )
    if content.get("contact_way") == "phone" and _is_empty(content.get("contact_phone")):
        yield "contact_phone", Message("Give the number, since you wish to be phoned.")


def _amounts(kind: EntryKind, content: Content) -> Iterator[Fault]:
    part, whole = _AMOUNTS[kind]
    read: dict[str, Decimal] = {}
    for name in (part, whole):
        amount = _amount(content.get(name))
        if amount is not None:
            read[name] = amount
        if amount is not None and not (amount.is_finite() and amount > 0):
            yield name, Message("Give an amount above zero, in figures, or leave it out.")
            del read[name]
    if read and _is_empty(content.get("currency")):
        yield "currency", Message("Choose the currency of the amount.")
    if len(read) == 2 and read[part] > read[whole]:
        if kind is EntryKind.REQUEST:
            yield (
                part,
                Message("You seek more than is needed in all. Lower this, or raise the amount needed."),
            )
        else:
            yield part, Message("This is more than the ceiling of the whole offer. Lower it, or raise that.")


def _dates(kind: EntryKind, content: Content) -> Iterator[Fault]:
    for name in ("starts_on", "ends_on", "valid_until", "focal_point_consulted_on"):
        if name in FIELDS[kind] and not _is_empty(content.get(name)) and _date(content.get(name)) is None:
            yield name, Message("This is not a date. One looks like 2026-06-30.")
    starts_on, ends_on = _date(content.get("starts_on")), _date(content.get("ends_on"))
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        yield "ends_on", Message("The end lies before the start. Change one of the two dates.")


def _dates_today(kind: EntryKind, content: Content, today: date) -> Iterator[Fault]:
    ends_on, valid_until = _date(content.get("ends_on")), _date(content.get("valid_until"))
    consulted_on = _date(content.get("focal_point_consulted_on"))
    if ends_on is not None and ends_on < today:
        yield "ends_on", Message("This date has passed. Give a date to come, or leave it out.")
    if kind is EntryKind.OFFER and valid_until is not None and valid_until < today:
        yield "valid_until", Message("This date has passed. Give a date to come.")
    if kind is EntryKind.REQUEST and consulted_on is not None and consulted_on > today:
        yield (
            "focal_point_consulted_on",
            Message("This date is still to come. Give the date of the consultation."),
        )


def _support(kind: EntryKind, content: Content) -> Iterator[Fault]:
    if set(_codes(content, "essential_support")) - set(_codes(content, "support")):
        yield "essential_support", Message("Choose what is essential among the kinds of support, too.")


def _details(kind: EntryKind, content: Content) -> Iterator[Fault]:
    """What only one kind of entry holds, and the list of fields to publish."""
    unknown = [name for name in _codes(content, "public_fields") if name not in FIELDS[kind]]
    if unknown:
        yield "public_fields", Message("There is no field {fields}.", fields=tuple(unknown))
    yield from (_request_details if kind is EntryKind.REQUEST else _offer_details)(content)


def _request_details(content: Content) -> Iterator[Fault]:
    if content.get("focal_point_consulted") == "yes":
        if _is_empty(content.get("focal_point_name")):
            yield "focal_point_name", Message("Name the national focal point you consulted.")
        if _is_empty(content.get("focal_point_consulted_on")):
            yield "focal_point_consulted_on", Message("Say when you consulted the national focal point.")
    for criterion, answer in (content.get("self_assessment") or {}).items():
        if answer.get("finding") not in (None, "", *Finding):
            yield (
                "self_assessment",
                Message("Criterion {criterion}: choose met, not met or unclear.", criterion=criterion),
            )
        n_words = count_words(str(answer.get("text") or ""))
        if n_words > MAX_SELF_ASSESSMENT_WORDS:
            yield (
                "self_assessment",
                Message(
                    "Criterion {criterion}: this has {n_words} words; at most {limit} fit.",
                    criterion=criterion,
                    n_words=n_words,
                    limit=MAX_SELF_ASSESSMENT_WORDS,
                ),
            )


def _offer_details(content: Content) -> Iterator[Fault]:
    capacity = content.get("capacity")
    if capacity is None:
        return
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
        yield "capacity", Message("Give a whole number of at least 1, or leave it out if there is no limit.")
    if _is_empty(content.get("capacity_unit")):
        yield "capacity_unit", Message("Say what the capacity counts: places or projects.")


def _is_empty(value: Any) -> bool:
    return (
        value is None or value is False or (isinstance(value, str) and not value.strip()) or value in ([], ())
    )


def _codes(content: Content, name: str) -> tuple[str, ...]:
    return tuple(content.get(name) or ())


def _read(value: Any, kind: type, parse: Callable[[str], Any]) -> Any:
    """The value itself, or what its text means; None when it means nothing."""
    if isinstance(value, kind):
        return value
    try:
        return parse(str(value))
    except (ValueError, InvalidOperation):
        return None


def _date(value: Any) -> date | None:
    found: date | None = None if _is_empty(value) else _read(value, date, date.fromisoformat)
    return found


def _amount(value: Any) -> Decimal | None:
    """The amount; NaN for something that is none, so that it is refused and not overlooked."""
    if _is_empty(value):
        return None
    found: Decimal | None = _read(value, Decimal, Decimal)
    return Decimal("NaN") if found is None else found
