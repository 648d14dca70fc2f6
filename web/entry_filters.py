"""The controls of a list: which choices a reader gets, what is chosen, and the address that says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from schemas.filters import FILTERS
from services import vocabularies
from services.queries.filters import OPEN_FILTERS
from services.vocabularies import Option
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from web.option_lists import groups_of

LABELS: Mapping[str, Message] = {
    "support": Message("Kind of support"),
    "countries": Message("Country"),
    "regions": Message("Region"),
    "needs": Message("Priority need"),
    "strategies": Message("Strategy"),
    "initiatives": Message("Initiative"),
    "categories": Message("Category"),
    "stage": Message("Stage"),
    "contribution": Message("Form of contribution"),
    "language": Message("Language of the text"),
    "languages": Message("Working language"),
    "level": Message("Level"),
    "deliverables": Message("Deliverable"),
    "scopes": Message("Group of countries"),
    "ecosystems": Message("Ecosystem"),
    "call": Message("Call"),
    "q": Message("Words"),
    "sort": Message("Order"),
    "cursor": Message("Page of the list"),
}
VOCABULARIES: Mapping[str, str] = {
    "support": "support_types",
    "stage": "stages",
    "level": "levels",
    "language": "languages",
    "scopes": "place_scopes",
    "contribution": "contribution_options",
}
"""Where the vocabulary of a filter is not called like the filter."""

OFFERED: Mapping[EntryKind, tuple[str, ...]] = {
    EntryKind.REQUEST: ("support", "regions", "countries", "needs", "strategies", "categories", "stage"),
    EntryKind.OFFER: ("support", "regions", "countries", "needs", "strategies", "contribution", "languages"),
}
"""Filters with a control of their own; the others can be asked for in the address."""


@dataclass(frozen=True, slots=True)
class Control:
    """One choice: its name in the address, words, options (or groups of them), and the code chosen."""

    name: str
    label: Message
    options: tuple[Option, ...]
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    value: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One filter that is on, in words, and the address of the list without it."""

    label: Message
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Controls:
    """Everything about filters that the page shows; `kept` are those without a control."""

    offered: tuple[Control, ...]
    chosen: tuple[Chosen, ...]
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a list, and of the same list changed a little."""

    endpoint: str
    query: Mapping[str, Any]

    def parameters(self) -> dict[str, Any]:
        """What of the query is not the default, without the place in the list."""
        asked: dict[str, Any] = {name: self.query[name] for name in FILTERS if self.query[name]}
        if self.query["q"]:
            asked["q"] = self.query["q"]
        if self.query["sort"] != "newest":
            asked["sort"] = self.query["sort"]
        return asked

    def url(self, **changes: Any) -> str:
        """The same list with other parameters; None takes one away."""
        return url_for(self.endpoint, **(self.parameters() | changes))

    def without(self, name: str, code: str) -> str:
        """The same list without one value of one filter."""
        return self.url(**{name: [kept for kept in self.query[name] if kept != code] or None})


def controls(
    session: Session, endpoint: str, kind: EntryKind, query: Mapping[str, Any], language: str
) -> Controls:
    """What the page offers and shows of the filters."""
    offered = tuple(_control(session, name, query[name], language) for name in OFFERED[kind])
    address = Address(endpoint, query)
    chosen = tuple(
        Chosen(LABELS[name], _names(session, name, language).get(code, code), address.without(name, code))
        for name in FILTERS
        for code in query[name]
    )
    kept = tuple(
        (name, code)
        for name in FILTERS
        for code in (query[name][1:] if name in OFFERED[kind] else query[name])
    )
    return Controls(offered, chosen, kept)


def _names(session: Session, name: str, language: str) -> Mapping[str, str]:
    if name in OPEN_FILTERS:
        return {}
    return vocabularies.labels(session, VOCABULARIES.get(name, name), language)


def _control(session: Session, name: str, chosen: Sequence[str], language: str) -> Control:
    options = vocabularies.options(session, VOCABULARIES.get(name, name), language)
    groups = groups_of(options) if name in ("needs", "regions") else ()
    return Control(name, LABELS[name], () if groups else options, groups, chosen[0] if chosen else None)
