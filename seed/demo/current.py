"""What does the second call bring, and the standing call for offers? Requests and offers that can meet.

Pairs that fit each other, several requests that one concept note could serve, the same project handed in
twice, and others drawn at random. Which pair stands at which stage is in data/scenes.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

from seed.demo.bodies import Body, new_body
from seed.demo.entries import Gift, Project, offer_fields, request_fields
from seed.demo.library import DATA, Library
from seed.demo.pilot import phrase_of, suits
from seed.demo.plan import EntryPlan
from seed.demo.reference import Reference

N_REQUESTS, N_OFFERS = 60, 40
N_DRAFTS, N_WITHDRAWN = 4, 3
OPEN_DAYS_BEFORE, OPEN_DAYS_AFTER = 60, 45
DOMAIN = "capmatch.example"
"""Of the accounts' addresses."""

UNDER_WAY = frozenset({"active", "completed"})
SCOPES = frozenset({"developing_countries", "global", "ldc", "lldc", "sids"})
OTHER_OFFER_STATES = {5: "draft", 9: "paused", 12: "submitted", 15: "withdrawn"}
"""States of some offers that stand in no pair, by their place in scenes.json; the rest are active."""

PARTNERS_OFFERS: Mapping[int, int | None] = {0: 19, 9: None}
"""Those of them that are the main partner's, with the days left: one to renew, and one on pause."""


@cache
def scenes() -> Mapping[str, Any]:
    """The scenes of the second call, as written in the data file."""
    return json.loads((DATA / "scenes.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def noon(day: date) -> datetime:
    """Midday of a day, UTC."""
    return datetime.combine(day, time(12), UTC)


@dataclass
class Writer:
    """Writes entries of the running calls; keeps which titles and names are taken."""

    rng: Random
    library: Library
    reference: Reference
    today: date
    titles: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    owned: dict[str, dict[str, Any]] = field(default_factory=dict)

    def body(self, key: str, country: str, language: str, kind: str | None = None) -> Body:
        """A body whose name nobody has yet."""
        return new_body(self.rng, self.library, language, country, key=key, kind=kind, taken=self.names)

    def request(
        self,
        key: str,
        theme: str,
        country: str,
        language: str,
        *,
        body: Body | None = None,
        support: Sequence[str] = (),
        state: str = "submitted",
        seeks_money: bool | None = None,
        starts_on: date | None = None,
        **links: Any,
    ) -> EntryPlan:
        """A request of the second call, in the given state."""
        place, rng = self.library.places[country], self.rng
        submitted = noon(self.today) - timedelta(
            days=rng.randint(9, OPEN_DAYS_BEFORE - 5), minutes=rng.randint(0, 900)
        )
        chosen = self.library.themes[theme]
        project = Project(
            language=language,
            theme=chosen,
            phrase=phrase_of(place, language, self.reference),
            countries=(country,),
            body=body or self.body(key, country, language),
            written_on=submitted.date(),
            starts_on=starts_on or self.today + timedelta(days=rng.randint(90, 300)),
            categories=chosen.categories[: rng.choice((1, 2, 2, 3))]
            if "owner" in links or rng.random() < 0.93
            else ("other",),
            seeks_money=rng.random() < 0.7 if seeks_money is None else seeks_money,
            support=tuple(support),
        )
        fields = request_fields(rng, self.library, project, self.titles)
        if state == "draft":
            fields = _unfinished(fields)
        owner = links.pop("owner", None)
        return EntryPlan(
            key=key,
            kind="request",
            call="current",
            theme=theme,
            state=state,
            begun_at=submitted - timedelta(days=rng.randint(1, 4), hours=rng.randint(0, 9)),
            submitted_at=None if state == "draft" else submitted,
            is_published=state not in ("draft", "withdrawn") and rng.random() < 0.8,
            owner=owner,
            fields=self._owned(owner, fields),
            **links,
        )

    def _owned(self, owner: str | None, fields: dict[str, Any]) -> dict[str, Any]:
        """What somebody with an account writes bears the name and address of the account, and one body."""
        if owner is None:
            return fields
        first = self.owned.setdefault(owner, fields)
        said = {name: first[name] for name in fields if name.startswith(("organisation_", "contact_"))}
        return {**fields, **said, "contact_email": f"{owner}@{DOMAIN}"}

    def offer(
        self,
        key: str,
        theme: str,
        country: str,
        language: str,
        area: str,
        contribution: str,
        support: Sequence[str],
        *,
        state: str = "active",
        owner: str | None = None,
        starts_on: date | None = None,
        days_left: int | None = None,
    ) -> EntryPlan:
        """An offer to the standing call, for a region or a group of countries; it may end soon."""
        rng = self.rng
        submitted = noon(self.today) - timedelta(days=rng.randint(12, 200), minutes=rng.randint(0, 900))
        kind = rng.choice(("government", "private")) if "financial" in support else None
        gift = Gift(
            language=language,
            theme=self.library.themes[theme],
            phrase=self.library.areas[area][language],
            place_name=self.reference.areas[area][language],
            body=self.body(key, country, language, kind),
            contribution=contribution,
            support=tuple(support),
            starts_on=starts_on or self.today + timedelta(days=rng.randint(-60, 60)),
            valid_until=self.today + timedelta(days=rng.randint(100, 420)),
            regions=() if area in SCOPES else (area,),
            scopes=(area,) if area in SCOPES else (),
        )
        if days_left is not None:
            gift = replace(gift, valid_until=self.today + timedelta(days=days_left))
        return EntryPlan(
            key=key,
            kind="offer",
            call="offers",
            theme=theme,
            state=state,
            begun_at=submitted - timedelta(hours=rng.randint(1, 70)),
            submitted_at=None if state == "draft" else submitted,
            is_published=state in ("active", "paused"),
            owner=owner,
            fields=self._owned(owner, offer_fields(rng, self.library, gift, self.titles)),
        )


def _unfinished(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A draft that stops half-way: the later sections are still empty."""
    empty: dict[str, Any] = {"results": None, "guidance_used": None, "self_assessment": {}}
    return {**fields, **empty, "consent_terms": False}


def current_entries(writer: Writer) -> Iterator[EntryPlan]:
    """About sixty requests and forty offers; pairs first, R-001 with O-001 and so on."""
    yield from _pairs(writer)
    n_pairs = len(scenes()["pairs"])
    requests = list(_other_requests(writer, n_pairs + 1))
    yield from requests
    yield from _drawn_requests(writer, n_pairs + len(requests) + 1)
    yield from _other_offers(writer, n_pairs + 1)


def side(kind: str, n: int) -> str:
    """The key of the person who owns one side of the n-th pair; the second is that of the main accounts."""
    return kind if n == 2 else f"{kind}-{n}"


def _pairs(writer: Writer) -> Iterator[EntryPlan]:
    for n, pair in enumerate(scenes()["pairs"], start=1):
        country, language = pair["request"]
        is_open = pair["match"] == "suggested"
        yield writer.request(
            f"R-{n:03d}",
            pair["theme"],
            country,
            language,
            support=pair["support"],
            state="submitted" if is_open else "released",
            seeks_money=n % 3 == 0,
            owner=side("requester", n),
            starts_on=writer.today - timedelta(days=8) if pair["match"] in UNDER_WAY else None,
        )
        country, language = pair["offer"]
        yield writer.offer(
            f"O-{n:03d}",
            pair["theme"],
            country,
            language,
            pair["area"],
            pair["contribution"],
            pair["support"],
            owner=side("partner", n),
            starts_on=writer.today - timedelta(days=10),
        )


def _other_requests(writer: Writer, n: int) -> Iterator[EntryPlan]:
    """Bundles, then projects handed in twice; a twin in another language comes from the same body."""
    for code, bundle in scenes()["bundles"].items():
        for country, language in bundle["countries"]:
            yield writer.request(
                f"R-{n:03d}", bundle["theme"], country, language, bundle=code, seeks_money=True
            )
            n += 1
    for twin in scenes()["twins"]:
        first, second = twin["languages"]
        body = writer.body(f"R-{n:03d}", twin["country"], first)
        yield writer.request(f"R-{n:03d}", twin["theme"], twin["country"], first, body=body, seeks_money=True)
        yield writer.request(
            f"R-{n + 1:03d}",
            twin["theme"],
            twin["country"],
            second,
            body=body,
            seeks_money=True,
            twin_of=f"R-{n:03d}",
        )
        n += 2


def _drawn_requests(writer: Writer, n: int) -> Iterator[EntryPlan]:
    """The rest, drawn from countries that need support; some unfinished, some withdrawn.

    The last two are the main requester's: a draft, and one that is not published.
    """
    rng = writer.rng
    places = [place for place in writer.library.places.values() if place.pilot is not None]
    rng.shuffle(places)
    last_states = ["draft"] * N_DRAFTS + ["withdrawn"] * N_WITHDRAWN
    states = ["submitted"] * (N_REQUESTS - n + 1 - len(last_states)) + last_states
    themes = [*writer.library.themes] * 4
    rng.shuffle(themes)
    for state, place in zip(states, places, strict=False):
        theme = next(code for code in themes if suits(code, place))
        themes.remove(theme)
        yield writer.request(f"R-{n:03d}", theme, place.code, place.language, state=state)
        n += 1
    yield writer.request(f"R-{n:03d}", "data", "KEN", "en", state="draft", owner="requester")
    waiting = writer.request(f"R-{n + 1:03d}", "wetlands", "KEN", "en", owner="requester")
    yield replace(waiting, is_published=False)


def _other_offers(writer: Writer, n: int) -> Iterator[EntryPlan]:
    """Offers of money, then offers of every kind that no pair has."""
    for grant in scenes()["grants"]:
        country, language = grant["offer"]
        yield writer.offer(
            f"O-{n:03d}",
            grant["theme"],
            country,
            language,
            grant["area"],
            grant["contribution"],
            ("financial",),
        )
        n += 1
    for number, (theme, country, language, area, contribution, support) in enumerate(scenes()["offers"]):
        state = OTHER_OFFER_STATES.get(number, "active")
        yield writer.offer(
            f"O-{n:03d}",
            theme,
            country,
            language,
            area,
            contribution,
            support,
            state=state,
            owner="partner" if number in PARTNERS_OFFERS else None,
            days_left=PARTNERS_OFFERS.get(number),
        )
        n += 1
