"""Which further entries make the world large enough for a load test? Drawn one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo.bodies import Body, new_body
from seed.demo.current import SCOPES, noon
from seed.demo.entries import NOT_FINANCIAL, Gift, Project, offer_fields, request_fields
from seed.demo.library import Library, Place, Theme
from seed.demo.pilot import phrase_of, suits
from seed.demo.plan import EntryPlan
from seed.demo.reference import Reference


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every further entry is drawn from."""

    library: Library
    reference: Reference
    today: date
    written_on: date


def grown_entries(
    rng: Random, library: Library, reference: Reference, today: date, n_entries: int
) -> Iterator[EntryPlan]:
    """So many entries, three requests to two offers, all submitted to the running calls and published."""
    places = list(library.places.values())
    needy = [place for place in places if place.pilot is not None]
    themes = list(library.themes.values())
    for n in range(1, n_entries + 1):
        is_request = n % 5 in (0, 1, 3)
        place = rng.choice(needy if is_request else places)
        theme = rng.choice(themes)
        while not suits(theme.code, place):
            theme = rng.choice(themes)
        submitted = noon(today) - timedelta(minutes=rng.randint(1, 50 * 1440))
        key = f"L-{n:06d}"
        body = new_body(rng, library, place.language, place.code, key=key)
        write = _request if is_request else _offer
        ground = _Ground(library, reference, today, submitted.date())
        yield EntryPlan(
            key=key,
            kind="request" if is_request else "offer",
            call="current" if is_request else "offers",
            theme=theme.code,
            state="submitted" if is_request else "active",
            begun_at=submitted - timedelta(hours=rng.randint(1, 90)),
            submitted_at=submitted,
            is_published=True,
            owner=None,
            fields=write(rng, ground, place, theme, body),
        )


def _request(rng: Random, ground: _Ground, place: Place, theme: Theme, body: Body) -> dict[str, Any]:
    project = Project(
        language=place.language,
        theme=theme,
        phrase=phrase_of(place, place.language, ground.reference),
        countries=(place.code,),
        body=body,
        written_on=ground.written_on,
        starts_on=ground.today + timedelta(days=rng.randint(60, 400)),
        categories=theme.categories[: rng.choice((1, 2, 3))],
        seeks_money=rng.random() < 0.7,
    )
    return request_fields(rng, ground.library, project, set())


def _offer(rng: Random, ground: _Ground, place: Place, theme: Theme, body: Body) -> dict[str, Any]:
    area = rng.choice(sorted(ground.library.areas))
    is_grant = rng.random() < 0.1
    gift = Gift(
        language=place.language,
        theme=theme,
        phrase=ground.library.areas[area][place.language],
        place_name=ground.reference.areas[area][place.language],
        body=body,
        contribution=rng.choice(("a", "c") if is_grant else ("b_i", "b_ii", "c", "c", "d")),
        support=("financial",) if is_grant else tuple(rng.sample(NOT_FINANCIAL, 2)),
        starts_on=ground.today + timedelta(days=rng.randint(-90, 60)),
        valid_until=ground.today + timedelta(days=rng.randint(60, 500)),
        regions=() if area in SCOPES else (area,),
        scopes=(area,) if area in SCOPES else (),
    )
    return offer_fields(rng, ground.library, gift, set())
