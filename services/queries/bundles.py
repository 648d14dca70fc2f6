"""Which open requests could one concept note serve together, and which offers are nearest to that?

Compared on what the reader may see of the requests, like matches; requests that have found a partner are left
out for the secretariat, which may know of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy.orm import Session

from matching.bundles import Bundle, bundle
from matching.facts import EntryFacts
from matching.glossary import shipped_glossary
from matching.rank import rank
from services import vocabularies
from services.match_facts import Audience
from services.match_index import current_index
from services.matches import audience_of, conflicting
from services.queries.coverage import met_requests
from vocabulary.people import Actor
from vocabulary.states import EntryKind

MOST_COMPARED = 500
"""Requests compared for a page, the newest; the time grows with the square."""
N_OFFERS = 3
_KEPT = 8


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry in a list: its reference, its title and the language of it."""

    ref: str
    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle in words of one language, its requests, and the offers nearest to all of it."""

    names: tuple[str, ...]
    requests: tuple[NamedEntry, ...]
    offers: tuple[NamedEntry, ...]
    needs: tuple[tuple[str, str], ...]
    countries: tuple[str, ...]
    usd_asked: float
    cohesion: float


@dataclass(frozen=True, slots=True)
class BundlesReport:
    """Bundles, the largest first; `is_cut` when there are more requests than were compared."""

    rows: tuple[BundleRow, ...]
    n_compared: int
    is_cut: bool


_made: OrderedDict[object, tuple[Bundle, ...]] = OrderedDict()
_lock = Lock()


def bundles_report(session: Session, actor: Actor, *, language: str, now: datetime) -> BundlesReport:
    """Bundles of what may be matched now."""
    audience = audience_of(actor)
    is_inside = audience is Audience.INSIDE
    hidden = conflicting(session, actor) | met_requests(session) if is_inside else frozenset()
    index = current_index(session, audience, EntryKind.REQUEST)
    versions = {ref: version for ref, version in index.versions().items() if ref not in hidden}
    compared = sorted(versions, reverse=True)[:MOST_COMPARED]
    requests = {ref: facts for ref in compared if (facts := index.get(ref)) is not None}
    key = (str(session.get_bind().engine.url), audience, tuple((ref, versions[ref]) for ref in compared))
    found = _bundles(key, list(requests.values()))
    words = _Words(session, language)
    offers = current_index(session, audience, EntryKind.OFFER).with_changes(removed=hidden)
    rows = []
    for one in found:
        members = [requests[ref] for ref in one.ids]
        ranked = rank(
            _together(one, members),
            offers,
            places=vocabularies.places(session),
            today=now.date(),
            top=N_OFFERS,
        )
        nearest = [facts for match in ranked.matches if (facts := offers.get(match.id)) is not None]
        rows.append(words.row(one, members, nearest))
    return BundlesReport(tuple(rows), len(requests), len(versions) > MOST_COMPARED)


def _bundles(key: object, requests: Sequence[EntryFacts]) -> tuple[Bundle, ...]:
    """Made once for the same versions of the same entries."""
    with _lock:
        if key not in _made:
            _made[key] = bundle(requests)
        _made.move_to_end(key)
        while len(_made) > _KEPT:
            _made.popitem(last=False)
        return _made[key]


def _together(one: Bundle, members: Sequence[EntryFacts]) -> EntryFacts:
    """The bundle as one request: the texts of its most typical members, what most name, every country."""
    texts = [
        text
        for member in members[:3]
        for name in ("title", "summary", "need")
        for text in member.texts.get(name, ())
    ]
    return EntryFacts(
        id="",
        kind=EntryKind.REQUEST,
        texts={"need": tuple(texts)},
        language=members[0].language,
        support=frozenset(one.support),
        needs=frozenset(one.needs),
        countries=frozenset(term.code for term in one.countries),
    )


class _Words:
    """Names in one language."""

    def __init__(self, session: Session, language: str) -> None:
        self._language = language
        self._needs: Mapping[str, str] = vocabularies.labels(session, "needs", language)
        self._countries: Mapping[str, str] = vocabularies.labels(session, "countries", language)
        self._concepts = shipped_glossary().concepts

    def row(self, one: Bundle, members: Sequence[EntryFacts], offers: Sequence[EntryFacts]) -> BundleRow:
        concepts = tuple(self._concepts[id_].label(self._language) for id_ in one.concepts)
        return BundleRow(
            names=concepts or one.words,
            requests=tuple(_named(member) for member in members),
            offers=tuple(_named(offer) for offer in offers),
            needs=tuple((code, self._needs.get(code, code)) for code in one.needs),
            countries=tuple(self._countries.get(term.code, term.code) for term in one.countries),
            usd_asked=one.usd_asked,
            cohesion=one.cohesion,
        )


def _named(facts: EntryFacts) -> NamedEntry:
    return NamedEntry(facts.id, next(iter(facts.texts.get("title", ())), facts.id), facts.language)
