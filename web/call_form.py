"""The form of a call: what a browser sends as the content of a call, and back, with the choices it offers.

A time is typed as the clock of the chosen zone shows it, and stored as an instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from frame.language import current_language
from services import programmes, vocabularies
from services.call_content import CallSheet
from services.queries.calls import KINDS
from translations.catalogues import LANGUAGES, OWN_NAMES
from vocabulary.messages import Message
from vocabulary.states import CallKind

NUMBERS: Mapping[str, tuple[int, int]] = {
    "grace_minutes": (0, 1440),
    "minimum_reviews": (1, 20),
    "met_threshold": (1, 3),
    "conflict_years": (0, 20),
    "retention_years": (1, 50),
}
FLAGS = (
    *("blind_mode", "asks_everybody", "nationality_conflicts"),
    *("question_round", "shows_reviewers", "shows_own_verdict", "is_public_result"),
)
FRESH: Mapping[str, Any] = {
    "kind": "requests",
    "zone": "UTC",
    "grace_minutes": "30",
    "minimum_reviews": "3",
    "met_threshold": "2",
    "conflict_years": "3",
    "retention_years": "10",
    "asks_everybody": True,
}
"""What a new form proposes."""

FIELD_NAMES: Mapping[str, Message] = {
    "kind": Message("Kind"),
    "title": Message("Title"),
    "text": Message("Text"),
    "strategies": Message("Strategies"),
    "opens_at": Message("Opens"),
    "closes_at": Message("Closes"),
    "zone": Message("Time zone"),
    "grace_minutes": Message("Grace in minutes"),
    "eligibility": Message("Who may take part"),
    "eligibility.countries": Message("Countries"),
    "eligibility.kinds": Message("Kinds of organisation"),
    "audience": Message("Whom a targeted call is for"),
    "audience.needs": Message("Needs"),
    "audience.regions": Message("Regions"),
    "criteria_set": Message("Criteria"),
    "rule_set": Message("Rules"),
    "met_threshold": Message("Score from which a criterion is met"),
    "minimum_reviews": Message("Reviews for each entry"),
    "blind_mode": Message("Names hidden from reviewers"),
    "asks_everybody": Message("Everybody answers the conflict question"),
    "conflict_years": Message("Years that a conflict of interest looks back"),
    "nationality_conflicts": Message("The same nationality is a conflict"),
    "question_round": Message("Questions during deliberation"),
    "shows_reviewers": Message("Reviewers see who wrote which review"),
    "shows_own_verdict": Message("Reviewers see the result of their own scores while they score"),
    "retention_years": Message("Years that entries are kept"),
    "is_public_result": Message("Results are public"),
}


def typed_of(sheet: CallSheet) -> dict[str, Any]:
    """The form of a call that is there, as somebody would have typed it."""
    content = sheet.content
    zone = content["zone"]
    eligibility, audience = content["eligibility"] or {}, content["audience"] or {}
    typed: dict[str, Any] = {
        "kind": content["kind"].value,
        "strategies": list(content["strategies"]),
        "opens_at": on_the_clock(content["opens_at"], zone),
        "closes_at": on_the_clock(content["closes_at"], zone),
        "zone": zone,
        "countries": list(eligibility.get("countries", ())),
        "kinds": list(eligibility.get("kinds", ())),
        "needs": list(audience.get("needs", ())),
        "regions": list(audience.get("regions", ())),
        "criteria_set": content["criteria_set"],
        "rule_set": content["rule_set"],
    }
    for language in LANGUAGES:
        typed[f"title.{language}"] = content["title"].get(language, "")
        typed[f"text.{language}"] = content["text"].get(language, "")
        typed[f"audience.{language}"] = (audience.get("text") or {}).get(language, "")
    typed |= {name: str(content[name]) for name in NUMBERS}
    return typed | {name: content[name] for name in FLAGS}


def typed_in(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as it was typed, to be shown again."""
    lists = ("strategies", "countries", "kinds", "needs", "regions")
    return {
        **{name: value.replace("\r\n", "\n") for name, value in form.items()},
        **{name: [code for code in form.getlist(name) if code] for name in lists},
        **{name: form.get(name) == "yes" for name in FLAGS},
    }


def asked_in(args: MultiDict[str, str]) -> dict[str, Any]:
    """A new form, with what the address already says: a kind, needs and regions parted by commas."""
    typed = dict(FRESH)
    if args.get("kind") in list(CallKind):
        typed["kind"] = args["kind"]
    for name in ("needs", "regions", "countries", "strategies"):
        typed[name] = [code for value in args.getlist(name) for code in value.split(",") if code]
    return typed


def content_in(typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content that a typed form says, for services.calls, and what cannot be read, by field."""
    errors: dict[str, Any] = {}
    content: dict[str, Any] = {
        "title": _texts(typed, "title", 300),
        "text": _texts(typed, "text", 20_000),
        "strategies": typed["strategies"],
        "zone": (typed.get("zone") or "").strip() or "UTC",
        "eligibility": {"countries": typed["countries"], "kinds": typed["kinds"]},
        "audience": {
            "text": _texts(typed, "audience", 2_000),
            "needs": typed["needs"],
            "regions": typed["regions"],
        },
        "criteria_set": typed.get("criteria_set") or None,
        "rule_set": typed.get("rule_set") or None,
        **{name: typed[name] for name in FLAGS},
    }
    if typed.get("kind") in list(CallKind):
        content["kind"] = CallKind(typed["kind"])
    for name in ("opens_at", "closes_at"):
        content[name] = instant_in(typed, name, errors)
    for name, (lowest, highest) in NUMBERS.items():
        content[name] = _number(typed.get(name, ""), name, lowest, highest, errors)
    return content, errors


def instant_in(typed: Mapping[str, Any], name: str, errors: dict[str, Any]) -> datetime | None:
    """The instant of a time typed on the clock of the form's zone; None where nothing was typed."""
    text, zone = (typed.get(name) or "").strip(), (typed.get("zone") or "UTC").strip()
    if not text or zone not in available_timezones():
        return None
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        errors[name] = [Message("Write a day and a time, such as 2027-03-31T18:00.")]
        return None
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        errors[name] = [Message("The clocks of this zone go forward then: this time does not exist.")]
    return instant


def choices(session: Session) -> dict[str, Any]:
    """What the form offers: the lists, the languages, the criteria and rules that are there."""
    language = current_language()
    regions = vocabularies.labels(session, "regions", language)
    countries: dict[str, list[tuple[str, str]]] = {}
    rows = vocabularies.terms(session, "countries")
    for option in vocabularies.options(session, "countries", language):
        region = rows[option.code].data.get("ipbes_subregion") or ""
        countries.setdefault(regions.get(region, region), []).append((option.code, option.label))
    pins = programmes.names(session)
    sets = {
        kind.__tablename__: [(row.name, row.name) for row in found.values()] for kind, found in pins.items()
    }
    return {
        "kinds": [(kind.value, words) for kind, words in KINDS.items()],
        "languages": [(code, OWN_NAMES[code]) for code in LANGUAGES],
        "strategies": vocabularies.options(session, "strategies", language),
        "organisation_kinds": vocabularies.options(session, "organisation_kinds", language),
        "needs": vocabularies.options(session, "needs", language),
        "regions": vocabularies.options(session, "regions", language),
        "countries": sorted(countries.items()),
        "zones": sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
        "sets": sets,
    }


def on_the_clock(instant: datetime | None, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if instant else ""


def _texts(typed: Mapping[str, Any], field: str, longest: int) -> dict[str, str]:
    found = {code: (typed.get(f"{field}.{code}") or "").strip()[:longest] for code in LANGUAGES}
    return {code: text for code, text in found.items() if text}


def _number(text: str, name: str, lowest: int, highest: int, errors: dict[str, Any]) -> int:
    if text.isascii() and text.isdigit() and len(text) < 6 and lowest <= int(text) <= highest:
        return int(text)
    words = Message("This is a whole number from {lowest} to {highest}.", lowest=lowest, highest=highest)
    errors[name] = [words]
    return lowest
