"""Requests and offers for tests: every field has a plain default, and only what matters is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from matching.facts import CountryPlace, EntryFacts, Places
from vocabulary.states import EntryKind

PLACES = Places(
    countries={
        "KEN": CountryPlace(frozenset({"africa", "east_africa"}), frozenset({"developing_countries"})),
        "TZA": CountryPlace(frozenset({"africa", "east_africa"}), frozenset({"developing_countries", "ldc"})),
        "SEN": CountryPlace(frozenset({"africa", "west_africa"}), frozenset({"developing_countries", "ldc"})),
        "NOR": CountryPlace(frozenset({"europe"}), frozenset()),
        "FJI": CountryPlace(frozenset({"asia_pacific"}), frozenset({"developing_countries", "sids"})),
    },
    parents={"east_africa": "africa", "west_africa": "africa"},
)

WORDS = (
    "wetland",
    "training",
    "forest",
    "mangrove",
    "policy",
    "herder",
    "fishery",
    "satellite",
    "market",
    "soil",
)
"""English words that the stemmer keeps apart."""


def make_request(name: str = "REQ-1", text: str = "", **changes: Any) -> EntryFacts:
    """A request with one text."""
    return _entry(name, EntryKind.REQUEST, text, changes)


def make_offer(name: str = "OFF-1", text: str = "", **changes: Any) -> EntryFacts:
    """An offer with one text."""
    return _entry(name, EntryKind.OFFER, text, changes)


def _entry(name: str, kind: EntryKind, text: str, changes: dict[str, Any]) -> EntryFacts:
    given = {key: frozenset(value) if isinstance(value, set) else value for key, value in changes.items()}
    texts = {"text": (text,)} if text else {}
    return EntryFacts(id=name, kind=kind, **({"texts": texts, "language": "en"} | given))


def _some(*codes: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(codes), max_size=3)


def entries(kind: EntryKind) -> st.SearchStrategy[EntryFacts]:
    """Any entry of a kind; ids are given later, by `numbered`."""
    days = st.one_of(st.none(), st.dates(min_value=date(2026, 1, 28), max_value=date(2026, 2, 5)))
    amounts = st.one_of(st.none(), st.sampled_from([0.0, 1_000.0, 50_000.0, float("nan")]))
    return st.builds(
        EntryFacts,
        id=st.just(""),
        kind=st.just(kind),
        texts=st.builds(
            lambda title, text: {"title": (" ".join(title),), "text": (" ".join(text),)},
            st.lists(st.sampled_from(WORDS), max_size=3),
            st.lists(st.sampled_from(WORDS), max_size=8),
        ),
        language=st.just("en"),
        support=_some("financial", "training", "mentoring"),
        needs=_some("1", "1.1", "1.2", "2", "ILK"),
        initiatives=_some("1a", "2b"),
        ecosystems=_some("wetlands", "urban"),
        countries=_some("KEN", "TZA", "SEN", "NOR", "XXX"),
        regions=_some("africa", "east_africa", "europe"),
        scopes=_some("global", "developing_countries", "ldc"),
        languages=_some("en", "fr", "es"),
        amount_usd=amounts,
        amount_left_usd=amounts,
        from_on=days,
        until_on=days,
        valid_until_on=days,
        capacity_left=st.one_of(st.none(), st.integers(0, 2)),
        organisation_key=st.one_of(st.none(), st.sampled_from("AB")),
        is_open=st.sampled_from([True, True, True, False]),
    )


def numbered(some: list[EntryFacts], prefix: str) -> list[EntryFacts]:
    """The same entries with ids of their own."""
    return [replace(entry, id=f"{prefix}-{number}") for number, entry in enumerate(some)]


def requests(max_size: int = 4) -> st.SearchStrategy[list[EntryFacts]]:
    """A few requests with ids."""
    return st.lists(entries(EntryKind.REQUEST), min_size=1, max_size=max_size).map(
        lambda some: numbered(some, "REQ")
    )


def offers(max_size: int = 6) -> st.SearchStrategy[list[EntryFacts]]:
    """A few offers with ids."""
    return st.lists(entries(EntryKind.OFFER), min_size=1, max_size=max_size).map(
        lambda some: numbered(some, "OFF")
    )
