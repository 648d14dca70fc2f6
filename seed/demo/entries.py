"""What does an entry answer in each field? Names and JSON forms are those of services/entries/fields.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo.bodies import Body, new_contact
from seed.demo.library import Library, Theme
from seed.demo.writing import Voice, offer_texts, request_texts
from services.entries.fields import DEFAULT_PUBLIC, publishable
from vocabulary.states import EntryKind

PUBLIC = {kind: sorted({*DEFAULT_PUBLIC} & {*publishable(kind)}) for kind in EntryKind}
FULLY_PUBLIC = {kind: sorted({*names, "need", "activities", "results"}) for kind, names in PUBLIC.items()}
NOT_FINANCIAL = ("training", "hosting", "mentoring", "secondment", "exchange", "data_access", "in_kind")
PLACES_FOR = frozenset({"training", "hosting", "exchange", "secondment", "mentoring"})
CURRENT_DELIVERABLE = {"S1": "2030_2a", "S2": "2030_2b", "S3": "2030_2c"}
CRITERIA_OF = {"S1": ("1", "2", "3", "4"), "S2": ("5", "6", "7", "8"), "S3": ("9", "10", "11", "12")}


@dataclass(frozen=True, slots=True)
class Project:
    """What must be settled before a request can be written down.

    `phrase` is the place with its preposition; `starts_on` the first day; `written_on` about the day of
    submission; `strategies` empty lets the theme choose.
    """

    language: str
    theme: Theme
    phrase: str
    countries: tuple[str, ...]
    body: Body
    written_on: date
    starts_on: date
    categories: tuple[str, ...]
    is_regional: bool = False
    region: str | None = None
    seeks_money: bool = True
    strategies: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Gift:
    """What must be settled before an offer can be written down."""

    language: str
    theme: Theme
    phrase: str
    place_name: str
    body: Body
    contribution: str
    support: tuple[str, ...]
    starts_on: date
    valid_until: date
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    languages: tuple[str, ...] = field(default=())
    is_current: bool = True


def money(amount: int) -> str:
    """The JSON form of an amount."""
    return f"{amount}.00"


def request_fields(rng: Random, library: Library, project: Project, taken: set[str]) -> dict[str, Any]:
    """Every field of a request."""
    theme, language = project.theme, project.language
    strategies = project.strategies or _strategies(rng, theme)
    support = project.support or tuple(theme.support)
    essential = ["financial"] if project.seeks_money else [support[0]]
    voice = Voice(language, theme, project.phrase, project.body.area_for(language))
    involved = _involved(rng, library, project)
    is_consulted = involved["focal_point_consulted"] == "yes"
    deliverables = {*theme.deliverables}
    if project.is_current:
        deliverables |= {CURRENT_DELIVERABLE[code] for code in strategies}
    return {
        "language": language,
        **request_texts(rng, library, voice, taken, is_consulted=is_consulted),
        "strategies": sorted(strategies),
        "initiatives": sorted(rng.sample(theme.initiatives, rng.randint(1, len(theme.initiatives)))),
        "needs": sorted(rng.sample(theme.needs, rng.randint(2, len(theme.needs)))),
        "deliverables": sorted(deliverables),
        "categories": sorted(project.categories),
        "countries": sorted(project.countries),
        "regions": [project.region] if project.is_regional and project.region else [],
        "scopes": [],
        "ecosystems": sorted(theme.ecosystems),
        "support": sorted({*support, "financial"} if project.seeks_money else support),
        "essential_support": essential,
        "languages": _working_languages(rng, language),
        "level": "subregional" if project.is_regional else rng.choice(("national", "national", "local")),
        "stage": "implementation" if rng.random() < 0.65 else "development",
        **_amounts(rng, project.seeks_money),
        "starts_on": project.starts_on.isoformat(),
        "ends_on": (project.starts_on + timedelta(days=30 * rng.randint(12, 36))).isoformat(),
        **involved,
        "self_assessment": _self_assessment(rng, library, language, theme, strategies),
        **body_fields(rng, library, project.body, language, EntryKind.REQUEST),
    }


def _strategies(rng: Random, theme: Theme) -> tuple[str, ...]:
    if len(theme.strategies) > 1 and rng.random() < 0.6:
        return (rng.choice(theme.strategies),)
    return theme.strategies


def _working_languages(rng: Random, language: str) -> list[str]:
    return sorted({language, "en"} if rng.random() < 0.6 else {language})


def _amounts(rng: Random, seeks_money: bool) -> dict[str, str | None]:
    if not seeks_money:
        return {"amount_needed": None, "amount_sought": None, "currency": None}
    sought = 5_000 * rng.choice((5, 8, 10, 12, 15, 18, 20, 24, 30, 36, 45, 60, 80, 96))
    needed = sought + 5_000 * (sought * rng.choice((0, 0, 10, 20, 35, 50)) // 500_000)
    currency = "EUR" if rng.random() < 0.15 else "USD"
    return {"amount_needed": money(needed), "amount_sought": money(sought), "currency": currency}


def _involved(rng: Random, library: Library, project: Project) -> dict[str, Any]:
    common = library.common[project.language]
    answer = "not_applicable" if project.is_regional else ("yes" if rng.random() < 0.75 else "no")
    is_yes = answer == "yes"
    focal = new_contact(rng, library, project.language, "focal.example").name if is_yes else None
    asked_on = project.written_on - timedelta(days=rng.randint(8, 90)) if is_yes else None
    has_ilk = "ilk" in project.categories or rng.random() < 0.5
    return {
        "people_involved": rng.choice(common["people"]),
        "iplc_involved": rng.choice(common["iplc"]) if has_ilk else None,
        "stakeholders": rng.choice(common["stake"]),
        "guidance_used": rng.choice(common["guide"]) if rng.random() < 0.85 else None,
        "same_request_elsewhere": rng.choice(common["elsewhere"]) if rng.random() < 0.15 else None,
        "focal_point_consulted": answer,
        "focal_point_name": focal,
        "focal_point_consulted_on": asked_on.isoformat() if asked_on else None,
    }


def _self_assessment(
    rng: Random, library: Library, language: str, theme: Theme, strategies: Sequence[str]
) -> dict[str, dict[str, str]]:
    said = library.common[language]["self"]
    answers: dict[str, dict[str, str]] = {}
    for code in (code for strategy in sorted(strategies) for code in CRITERIA_OF[strategy]):
        draw = rng.random()
        if code in theme.criteria:
            finding = "met" if draw < 0.88 else "unclear"
        else:
            finding = "met" if draw < 0.35 else ("unclear" if draw < 0.7 else "not_met")
        answers[code] = {"finding": finding, "text": said[code] if finding == "met" else said[finding]}
    return answers


def body_fields(rng: Random, library: Library, body: Body, language: str, kind: EntryKind) -> dict[str, Any]:
    """Who asks or gives, whom to write to, and what may be published."""
    contact = new_contact(rng, library, language, body.domain)
    return {
        "organisation_name": body.plan.name,
        "organisation_acronym": body.plan.acronym,
        "organisation_kind": body.plan.kind,
        "organisation_country": body.plan.country,
        "contact_name": contact.name,
        "contact_email": contact.email,
        "contact_phone": contact.phone,
        "contact_way": "phone" if contact.phone and rng.random() < 0.3 else "email",
        "consent_terms": True,
        "public_fields": (FULLY_PUBLIC if rng.random() < 0.6 else PUBLIC)[kind],
    }


def offer_fields(rng: Random, library: Library, gift: Gift, taken: set[str]) -> dict[str, Any]:
    """Every field of an offer."""
    theme, language = gift.theme, gift.language
    is_money = "financial" in gift.support
    voice = Voice(language, theme, gift.phrase, gift.body.area_for(language), gift.place_name)
    common = library.common[language]
    deliverables = {*theme.deliverables}
    if gift.is_current:
        deliverables |= {CURRENT_DELIVERABLE[code] for code in theme.strategies}
    texts = offer_texts(rng, library, voice, taken, is_grant=is_money and len(gift.support) == 1)
    return {
        "language": language,
        **texts,
        "strategies": sorted(theme.strategies),
        "initiatives": sorted(theme.initiatives),
        "needs": sorted({*theme.needs, "3.3"} if is_money else theme.needs),
        "deliverables": sorted(deliverables),
        "categories": sorted(theme.categories[:2]),
        "countries": sorted(gift.countries),
        "regions": sorted(gift.regions),
        "scopes": sorted(gift.scopes),
        "ecosystems": sorted(theme.ecosystems),
        "support": sorted(gift.support),
        "essential_support": [],
        "languages": sorted(gift.languages or _working_languages(rng, language)),
        "level": None,
        "stage": None,
        "starts_on": gift.starts_on.isoformat(),
        "ends_on": (gift.valid_until + timedelta(days=30 * rng.randint(6, 24))).isoformat(),
        "valid_until": gift.valid_until.isoformat(),
        "contribution": gift.contribution,
        **_ceilings(rng, gift, is_money),
        **_capacity(rng, gift.support),
        "cost_terms": "free" if is_money else rng.choice(("free", "free", "free", "shared", "full_cost")),
        "conditions": ("" if language == "zh" else " ").join(rng.sample(common["cond"], 2)),
        "seeks_recognition": gift.contribution == "b_ii",
        **body_fields(rng, library, gift.body, language, EntryKind.OFFER),
    }


def _ceilings(rng: Random, gift: Gift, is_money: bool) -> dict[str, str | None]:
    if not is_money:
        return {"amount_ceiling": None, "amount_per_request": None, "currency": None}
    large = (350_000, 500_000, 800_000) if gift.contribution == "a" else (120_000, 180_000, 240_000)
    return {
        "amount_ceiling": money(rng.choice(large)),
        "amount_per_request": money(rng.choice((30_000, 50_000, 60_000))),
        "currency": rng.choice(("USD", "USD", "EUR")),
    }


def _capacity(rng: Random, support: Sequence[str]) -> dict[str, Any]:
    if PLACES_FOR & set(support):
        return {"capacity": rng.choice((2, 4, 6, 8, 10, 15, 20, 24)), "capacity_unit": "places"}
    return {"capacity": rng.choice((1, 2, 3, 4, 6)), "capacity_unit": "projects"}
