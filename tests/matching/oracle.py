"""What a pair's parts and blockers ought to be, worked out one pair at a time in the plainest way."""

from __future__ import annotations

from datetime import date
from math import isfinite

from matching.facts import EntryFacts, Places

WORTH = {"same": 1.0, "region": 0.9, "scope": 0.8, "global": 0.7, "within": 0.5}
TAG_WEIGHTS = {"need": 1.0, "initiative": 1.0, "deliverable": 1.0, "category": 0.5, "ecosystem": 0.5}


def said(amount: float | None) -> float | None:
    return amount if amount is not None and isfinite(amount) and amount >= 0 else None


def days(entry: EntryFacts) -> tuple[date, date]:
    first, last = entry.from_on or date.min, entry.until_on or date.max
    return (date.min, date.max) if last < first else (first, last)


def support(request: EntryFacts, offer: EntryFacts) -> float:
    weights = {code: 2.0 if code in request.essential_support else 1.0 for code in request.support}
    return sum(weights[code] for code in request.support & offer.support) / sum(weights.values())


def needs(request: EntryFacts, offer: EntryFacts) -> float:
    total = reached = 0.0
    for kind in TAG_WEIGHTS:
        field = {"category": "categories"}.get(kind, f"{kind}s")
        served = getattr(offer, field)
        for code in getattr(request, field):
            total += TAG_WEIGHTS[kind]
            related = kind == "need" and any(
                code.rpartition(".")[0] == other or other.rpartition(".")[0] == code for other in served
            )
            reached += TAG_WEIGHTS[kind] * (1.0 if code in served else 0.5 if related else 0.0)
    return reached / total if total else 0.0


def country_reached(code: str, offer: EntryFacts, places: Places) -> float:
    known = places.countries.get(code)
    levels = {
        "same": code in offer.countries,
        "region": known is not None and bool(known.regions & offer.regions),
        "scope": known is not None and bool(known.scopes & offer.scopes),
        "global": "global" in offer.scopes,
        "within": known is None and bool(offer.regions or offer.scopes - {"global"}),
    }
    return max((WORTH[level] for level, holds in levels.items() if holds), default=0.0)


def region_reached(code: str, offer: EntryFacts, places: Places) -> float:
    inside = {name: place for name, place in places.countries.items() if code in place.regions}
    levels = {
        "same": code in offer.regions,
        "region": places.parents.get(code) in offer.regions,
        "global": "global" in offer.scopes,
        "within": bool(inside.keys() & offer.countries)
        or any(places.parents.get(region) == code for region in offer.regions)
        or any(place.scopes & offer.scopes for place in inside.values()),
    }
    return max((WORTH[level] for level, holds in levels.items() if holds), default=0.0)


def scope_reached(code: str, offer: EntryFacts) -> float:
    if code in offer.scopes:
        return 1.0
    if "global" in offer.scopes:
        return WORTH["global"]
    return WORTH["within"] if offer.countries or offer.regions or offer.scopes else 0.0


def place(request: EntryFacts, offer: EntryFacts, places: Places) -> float:
    values = [country_reached(code, offer, places) for code in sorted(request.countries)]
    values += [region_reached(code, offer, places) for code in sorted(request.regions)]
    values = values or [scope_reached(code, offer) for code in sorted(request.scopes)]
    return sum(values) / len(values) if values else 0.0


def time(request: EntryFacts, offer: EntryFacts) -> float:
    if (date.min, date.max) in (days(request), days(offer)):
        return 0.0
    (first, last), (start, end) = days(request), days(offer)
    n_shared = (min(last, end) - max(first, start)).days + 1
    if first == date.min or last == date.max:
        return float(n_shared > 0)
    return max(n_shared, 0) / ((last - first).days + 1)


def money(request: EntryFacts, offer: EntryFacts) -> float:
    sought, ceilings = said(request.amount_usd), (offer.amount_usd, offer.amount_left_usd)
    ceiling = min((said(amount) for amount in ceilings if said(amount) is not None), default=None)
    if not sought or ceiling is None or (request.support and "financial" not in request.support):
        return 0.0
    if offer.support and "financial" not in offer.support:
        return 0.0
    return min(ceiling / sought, 1.0)


def parts(request: EntryFacts, offer: EntryFacts, places: Places) -> dict[str, float]:
    return {
        "support": support(request, offer) if request.support else 0.0,
        "needs": needs(request, offer),
        "place": place(request, offer, places),
        "language": float(bool(request.languages & offer.languages)),
        "time": time(request, offer),
        "money": money(request, offer),
    }


def blockers(request: EntryFacts, offer: EntryFacts, places: Places, today: date | None) -> set[str]:
    (first, last), (start, end) = days(request), days(offer)

    def ended(entry: EntryFacts) -> bool:
        return today is not None and min(entry.valid_until_on or date.max, days(entry)[1]) < today

    only_money = request.support == {"financial"}
    both_support = bool(request.support and offer.support)
    both_place = bool(
        (request.countries or request.regions or request.scopes)
        and (offer.countries or offer.regions or offer.scopes)
    )
    holds = {
        "not_open": not (request.is_open and offer.is_open),
        "request_expired": ended(request),
        "offer_expired": ended(offer),
        "same_organisation": request.organisation_key is not None
        and request.organisation_key == offer.organisation_key,
        "money_only": only_money and bool(offer.support) and "financial" not in offer.support,
        "nothing_given": both_support and not only_money and not request.support & offer.support,
        "place_excluded": both_place and place(request, offer, places) == 0.0,
        "dates_apart": end < first or last < start,
        "capacity_gone": offer.capacity_left is not None and offer.capacity_left <= 0,
        "money_gone": only_money and offer.amount_left_usd == 0.0,
    }
    return {code for code, does_hold in holds.items() if does_hold}
