"""What did the pilot call of 2015 bring? 94 requests, category margins, 95 countries.

Source: IPBES/5/3, paras 22-25. Nearly all asked for money; a handful of offers, all in kind, none of money.
Which request belongs to which country and category is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from seed.demo.bodies import new_body
from seed.demo.entries import Gift, Project, offer_fields, request_fields
from seed.demo.library import Library, Place, Theme
from seed.demo.plan import EntryPlan
from seed.demo.reference import Reference

MARGINS = {"knowledge_data": 59, "national_assessment": 57, "policy_support": 42, "ilk": 30}
N_REQUESTS, N_COUNTRIES, N_WITHOUT_MONEY = 94, 95, 5
OPENED, CLOSED = datetime(2015, 6, 1, 8, tzinfo=UTC), datetime(2015, 10, 15, 22, tzinfo=UTC)
REGIONAL_THEMES = ("scenarios", "exchange", "mangroves", "invasive", "mountains", "pollination")
OFFERS = (
    ("scenarios", "SWE", "en", "b_i", ("training",), "africa"),
    ("exchange", "FRA", "fr", "c", ("hosting", "mentoring"), "west_africa"),
    ("data", "ESP", "es", "c", ("data_access", "hosting"), "south_america"),
    ("wetlands", "NLD", "en", "b_ii", ("training",), "south_east_asia"),
    ("ilk", "NZL", "en", "d", ("convening",), "oceania"),
    ("land", "KAZ", "ru", "c", ("technical",), "central_asia"),
)
"""Theme, country, language, form of contribution, support, region: six offers in kind, none of money."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One request before its fields are written."""

    place: Place
    language: str
    theme: Theme
    partners: tuple[str, ...]


def phrase_of(place: Place, language: str, reference: Reference) -> str:
    """The country with its preposition ("in Kenya"); English needs none written down but the irregular."""
    return place.phrases.get(language) or f"in {reference.countries[place.code].name}"


def pilot_entries(rng: Random, library: Library, reference: Reference) -> Iterator[EntryPlan]:
    """The 94 requests, then the six offers."""
    taken: set[str] = set()
    bodies: set[str] = set()
    cases = _cases(rng, library, reference)
    categories = _categories(rng, [case.theme for case in cases])
    without_money = set(rng.sample(range(len(cases)), N_WITHOUT_MONEY))
    for number, case in enumerate(cases):
        begun, submitted = _times(rng)
        key = f"P-{number + 1:03d}"
        body = new_body(rng, library, case.language, case.place.code, key=key, taken=bodies)
        region = reference.countries[case.place.code].subregion
        project = Project(
            language=case.language,
            theme=case.theme,
            phrase=library.areas[region][case.language]
            if case.partners
            else phrase_of(case.place, case.language, reference),
            countries=(case.place.code, *case.partners),
            body=body,
            written_on=submitted.date(),
            starts_on=date(2016, rng.randint(1, 12), 1),
            categories=categories[number],
            is_regional=bool(case.partners),
            region=region,
            seeks_money=number not in without_money,
            is_current=False,
        )
        fields = request_fields(rng, library, project, taken)
        is_published = rng.random() < 0.85
        yield EntryPlan(
            key,
            "request",
            "pilot",
            case.theme.code,
            "submitted",
            begun,
            submitted,
            is_published,
            None,
            fields,
        )
    yield from _offers(rng, library, reference, taken, bodies)


def _times(rng: Random) -> tuple[datetime, datetime]:
    """When a draft was begun and submitted; most come in the last fortnight."""
    days = rng.randint(20, 120) if rng.random() < 0.35 else rng.randint(0, 14)
    submitted = CLOSED - timedelta(days=days, minutes=rng.randint(5, 1_200))
    return max(OPENED, submitted - timedelta(days=rng.randint(1, 12))), submitted


def _cases(rng: Random, library: Library, reference: Reference) -> list[_Case]:
    """Who asks, in which language, for what; countries that lead no request join a regional one."""
    decks: dict[str, list[str]] = {}
    partners = _partners(library, reference)
    cases: list[_Case] = []
    leads = [(place, n) for place in library.places.values() for n in range(place.pilot or 0)]
    for place, n in leads:
        language = _language(rng, place, n)
        joined = partners.get(place.code, ()) if n == 0 else ()
        if joined:
            language = place.language
        used = {case.theme.code for case in cases if case.place is place}
        party = [place, *(library.places[code] for code in joined)]
        code = _draw(rng, library, decks.setdefault(language, []), party, used)
        cases.append(_Case(place, language, library.themes[code], joined))
    rng.shuffle(cases)
    return cases


def _language(rng: Random, place: Place, n: int) -> str:
    others = [language for language in sorted(place.phrases) if language != place.language]
    if others and (n == 1 or (place.pilot == 1 and rng.random() < 0.4)):
        return others[0]
    return place.language


def _partners(library: Library, reference: Reference) -> dict[str, tuple[str, ...]]:
    """Countries without a request of their own, by the lead of the same subregion whom they join."""
    joined: dict[str, tuple[str, ...]] = {}
    for place in library.places.values():
        if place.pilot != 0:
            continue
        region = reference.countries[place.code].subregion
        hosts = [
            host
            for host in library.places.values()
            if host.pilot and reference.countries[host.code].subregion == region
        ]
        hosts.sort(key=lambda host: (host.language != place.language, len(joined.get(host.code, ()))))
        host = next(host for host in hosts if len(joined.get(host.code, ())) < 2)
        joined[host.code] = (*joined.get(host.code, ()), place.code)
    return joined


def suits(theme: str, *places: Place) -> bool:
    """Mangroves need a coast and mountain projects mountains, in each of the countries."""
    trait = {"mangroves": "c", "mountains": "m"}.get(theme, "")
    return all(trait in place.traits for place in places)


def _draw(rng: Random, library: Library, deck: list[str], party: Sequence[Place], used: set[str]) -> str:
    """The next theme of the language's deck that suits; a new deck is shuffled when none is left."""
    while True:
        for code in deck:
            is_wide = len(party) == 1 or code in REGIONAL_THEMES
            if is_wide and code not in used and suits(code, *party):
                deck.remove(code)
                return code
        again = [*library.themes, "assessment"]
        rng.shuffle(again)
        deck.extend(again)


def _categories(rng: Random, themes: Sequence[Theme]) -> list[tuple[str, ...]]:
    """Categories of each request: its theme's own, then others by affinity until each margin is met."""
    chosen = [[theme.categories[0]] for theme in themes]
    for category, margin in MARGINS.items():
        missing = margin - sum(category in given for given in chosen)
        scored = [
            (themes[index].categories.index(category) + 1.5 * rng.random() + 0.6 * len(given), index)
            for index, given in enumerate(chosen)
            if category not in given
        ]
        for _, index in sorted(scored)[:missing]:
            chosen[index].append(category)
    return [tuple(sorted(given)) for given in chosen]


def _offers(
    rng: Random, library: Library, reference: Reference, taken: set[str], bodies: set[str]
) -> Iterator[EntryPlan]:
    for number, (theme, country, language, contribution, support, region) in enumerate(OFFERS):
        begun, submitted = _times(rng)
        key = f"Q-{number + 1:03d}"
        gift = Gift(
            language=language,
            theme=library.themes[theme],
            phrase=library.areas[region][language],
            place_name=reference.areas[region][language],
            body=new_body(rng, library, language, country, key=key, taken=bodies),
            contribution=contribution,
            support=support,
            starts_on=date(2016, 1, 1),
            valid_until=date(2017, 12, 31),
            regions=(region,),
            is_current=False,
        )
        fields = offer_fields(rng, library, gift, taken)
        yield EntryPlan(key, "offer", "pilot", theme, "expired", begun, submitted, True, None, fields)
