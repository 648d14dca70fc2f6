"""Which open requests could one concept note serve together, and which offers are nearest to that?

Compared on what the reader may see of the requests, like matches; requests that have found a partner are left
out for the secretariat, which may know of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from matching.bundles import MOST_REQUESTS, SMALLEST, Bundle, bundle
from matching.facts import EntryFacts, Term
from matching.glossary import shipped_glossary
from services import vocabularies
from services.match_facts import Audience
from services.match_index import current_index
from services.matches import audience_of, conflicting
from services.queries.coverage import met_requests
from services.ranking import candidates, rank_entries
from services.stored_reports import data_hash, stored
from vocabulary.people import Actor
from vocabulary.states import EntryKind

MOST_COMPARED = 500
"""Requests compared for a page, the newest; the time grows with the square."""
MOST_STORED = MOST_REQUESTS
"""Requests compared by the background job."""
MOST_ROWS = 100
KIND = "bundles"
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
    """Bundles, the largest first; `is_cut` when there are more requests than were compared.

    `made_at` is set where a background job made them; `is_stale` when entries changed since then. `progress`
    is how many requests a job under way has read, and of how many; None where none is under way.
    """

    rows: tuple[BundleRow, ...]
    n_compared: int
    is_cut: bool
    made_at: datetime | None = None
    is_stale: bool = False
    progress: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """The requests of an audience that are too many for a page, for the background job."""

    requests: Sequence[EntryFacts]
    made_from: str

    @property
    def n_requests(self) -> int:
        """How many are compared."""
        return len(self.requests)


_made: OrderedDict[object, tuple[Bundle, ...]] = OrderedDict()
_lock = Lock()


def bundles_report(session: Session, actor: Actor, *, language: str, now: datetime) -> BundlesReport:
    """Bundles of what may be matched now."""
    audience = audience_of(actor)
    is_inside = audience is Audience.INSIDE
    hidden = conflicting(session, actor) if is_inside else frozenset()
    met = _met(session, audience)
    index = current_index(session, audience, EntryKind.REQUEST, hidden)
    versions = {ref: version for ref, version in index.versions().items() if ref not in met}
    # kept bundles are named and drawn with the words of all requests, hidden ones too
    kept = stored(session, KIND, audience) if len(versions) > MOST_COMPARED and not hidden else None
    most = MOST_STORED if kept is not None and kept.content else MOST_COMPARED
    compared = sorted(versions, reverse=True)[:most]
    requests = {ref: facts for ref in compared if (facts := index.get(ref)) is not None}
    if kept is not None and kept.content:
        found = _still_there(kept.content, requests)
    else:
        url = str(session.get_bind().engine.url)
        key = (url, audience, tuple((ref, versions[ref]) for ref in compared))
        found = _bundles(key, list(requests.values()))
    offers = candidates(session, audience, EntryKind.OFFER, hidden)
    words = _Words(session, language)
    shown = [(one, [requests[ref] for ref in one.ids]) for one in found[:MOST_ROWS]]
    together = [_together(*pair) for pair in shown]
    rankings = rank_entries(session, together, offers, today=now.date(), top=N_OFFERS)
    rows = []
    for (one, members), ranked in zip(shown, rankings, strict=True):
        nearest = [facts for match in ranked.matches if (facts := offers.index.get(match.id)) is not None]
        rows.append(words.row(one, members, nearest))
    return BundlesReport(
        tuple(rows),
        len(requests),
        len(versions) > most,
        kept.made_at if kept is not None and kept.content else None,
        kept is not None and kept.made_from != data_hash(_compared(index.versions(), met)),
        (kept.progress, kept.n_steps) if kept is not None and kept.is_under_way(now) else None,
    )


def work_of(session: Session, audience: Audience) -> Work | None:
    """What is to be bundled in the background; None where a page can do it, or nothing changed."""
    index = current_index(session, audience, EntryKind.REQUEST)
    versions = _compared(index.versions(), _met(session, audience))
    if len(versions) <= MOST_COMPARED:
        return None
    made_from = data_hash(versions)
    kept = stored(session, KIND, audience)
    if kept is not None and kept.made_from == made_from:
        return None
    return Work([facts for ref in sorted(versions) if (facts := index.get(ref)) is not None], made_from)


def _met(session: Session, audience: Audience) -> frozenset[str]:
    """Requests that have found a partner; the public does not know of it."""
    return met_requests(session) if audience is Audience.INSIDE else frozenset()


def _compared(versions: Mapping[str, int], met: frozenset[str]) -> dict[str, int]:
    """The newest requests that are not met, as many as a job compares."""
    chosen = sorted((ref for ref in versions if ref not in met), reverse=True)[:MOST_STORED]
    return {ref: versions[ref] for ref in chosen}


def make(work: Work, tell: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """The slow step: bundles as JSON values, without any transaction; `tell` hears how many are read."""
    return {"bundles": [asdict(one) for one in bundle(work.requests, tell)]}


def _still_there(content: Mapping[str, Any], requests: Mapping[str, EntryFacts]) -> tuple[Bundle, ...]:
    """Kept bundles without the requests that the reader may not see, or that are gone, or met."""
    found = []
    for one in content["bundles"]:
        ids = tuple(ref for ref in one["ids"] if ref in requests)
        if len(ids) >= SMALLEST:
            places = sorted({code for ref in ids for code in requests[ref].countries})
            found.append(
                Bundle(
                    ids=ids,
                    concepts=tuple(one["concepts"]),
                    words=tuple(one["words"]),
                    needs=tuple(one["needs"]),
                    support=tuple(one["support"]),
                    countries=tuple(Term("country", code) for code in places),
                    usd_asked=sum(requests[ref].amount_usd or 0.0 for ref in ids),
                    cohesion=one["cohesion"],
                )
            )
    return tuple(found)


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
