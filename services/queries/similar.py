"""Is this entry, or this organisation, here already under a slightly different name?

Looks only among what the writer may see, so that a hint never betrays a hidden entry. A person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import names
from matching.facts import EntryFacts
from matching.lexicon import translations
from matching.text import LANGUAGES, analyse, identify
from models.entries import Entry
from models.people import Organisation
from services.entries.search import findable, holds
from services.entries.visibility import is_own, is_public, is_readable, may_read_at_all, names_code
from services.meaning import sentence_vectors
from vocabulary.errors import NotFound
from vocabulary.people import Actor, Role
from vocabulary.states import EntryKind

MOST_CANDIDATES = 300
MOST_ORGANISATIONS = 5_000
MOST_WORDS = 4
MOST_TRANSLATIONS = 2
SHORTEST_STEM = 4
"""Letters of a word's stem that is looked for in other languages: shorter ones stand inside many words."""


@dataclass(frozen=True, slots=True)
class SimilarEntry:
    """An entry that may be the same one: `score` 0..1, `why` is "same", "text" or "translation"."""

    ref: str
    title: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class SimilarOrganisation:
    """An organisation that may be the one meant: `why` is "same", "spelling" or "acronym"."""

    ref: str
    name: str
    acronym: str | None
    country: str | None
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation as somebody may know it who does not run the service."""

    ref: str
    version: int
    name: str
    acronym: str | None
    country: str | None


def similar_entries(
    session: Session,
    actor: Actor,
    kind: EntryKind,
    content: Mapping[str, Any],
    *,
    ref: str | None = None,
    limit: int = 5,
) -> tuple[SimilarEntry, ...]:
    """Published entries, and those the actor may read, that are alike in title and summary; best first.

    Also in another of the six languages: by the vectors of their sentences where they are stored, else word
    by word, as the lexicon knows them.

    `ref` is the entry being written itself, which is passed over.
    """
    title = content.get("title") or ""
    words = _telling_words(title)
    if not words:
        return ()
    summary = content.get("summary")
    language = content.get("language") or identify(f"{title}\n{summary or ''}")
    written = _facts(ref or "", kind, title, summary, language)
    candidates = _candidates(session, actor, kind, words)
    abroad = _words_abroad(title, language)
    if abroad:
        candidates += _candidates(session, actor, kind, abroad, Entry.language != language)
    unique = {candidate.id: candidate for candidate in candidates}
    known = sentence_vectors(session, [written, *unique.values()]) if ref else {}
    found = names.similar_entries(written, unique.values(), limit=limit, sentences=known)
    return tuple(
        SimilarEntry(similar.key, similar.name, similar.score, similar.why.value) for similar in found
    )


def _telling_words(title: str) -> list[str]:
    """The longest words of a title, or pairs of characters in Chinese, in the form that searches use."""
    found = {findable(surface) for _, surface in analyse(title[:300])}
    return sorted(found - {""}, key=lambda word: (-len(word), word))[:MOST_WORDS]


def _words_abroad(title: str, language: str) -> list[str]:
    """What the longest words of a title may be called in the other languages, in the form searches use."""
    longest = sorted(analyse(title[:300], language), key=lambda pair: (-len(pair[1]), pair))[:MOST_WORDS]
    return sorted(
        {
            findable(other)
            for token, _ in longest
            for into in LANGUAGES
            if into != language
            for other, _ in translations(token, language, into)[:MOST_TRANSLATIONS]
            if len(other) >= SHORTEST_STEM or into == "zh"
        }
        - {""}
    )


def _candidates(
    session: Session,
    actor: Actor,
    kind: EntryKind,
    words: list[str],
    where: sa.ColumnElement[bool] | None = None,
) -> list[EntryFacts]:
    readable = sa.or_(is_own(actor), is_readable(actor))
    summary_shown = sa.or_(readable, names_code("public_fields", ["summary"]))
    said = sa.or_(
        sa.and_(is_public(), sa.or_(*(holds(Entry.public_search_text, word) for word in words))),
        sa.and_(readable, sa.or_(*(holds(Entry.search_text, word) for word in words))),
    )
    query = (
        sa.select(Entry.ref, Entry.title, sa.case((summary_shown, Entry.summary), else_=None), Entry.language)
        .where(Entry.kind == kind, said, sa.true() if where is None else where)
        .order_by(Entry.id.desc())
        .limit(MOST_CANDIDATES)
    )
    return [
        _facts(ref, kind, title or "", summary, language)
        for ref, title, summary, language in session.execute(query)
    ]


def _facts(ref: str, kind: EntryKind, title: str, summary: str | None, language: str | None) -> EntryFacts:
    texts = {"title": (title,), "summary": (summary[:1_500],) if summary else ()}
    return EntryFacts(ref, kind, texts, language)


def similar_organisations(
    session: Session, actor: Actor, name: str, country: str | None = None, *, limit: int = 5
) -> tuple[SimilarOrganisation, ...]:
    """Organisations whose name, acronym or alias is like this one; of a country, or without one, if given."""
    query = (
        sa.select(Organisation)
        .where(Organisation.merged_into_id.is_(None), is_known_to(actor))
        .order_by(Organisation.id)
        .limit(MOST_ORGANISATIONS)
    )
    if country:
        query = query.where(sa.or_(Organisation.country == country, Organisation.country.is_(None)))
    rows = {row.ref: row for row in session.execute(query).scalars()}
    known = {
        ref: [row.name, *row.aliases, *([row.acronym] if row.acronym else [])] for ref, row in rows.items()
    }
    return tuple(
        SimilarOrganisation(
            similar.key,
            rows[similar.key].name,
            rows[similar.key].acronym,
            rows[similar.key].country,
            similar.score,
            similar.why.value,
        )
        for similar in names.similar_names(name[:300], known, limit=limit)
    )


def organisation(session: Session, actor: Actor, ref: str) -> OrganisationRow:
    """One organisation, or the one it was merged into. Raises NotFound where the actor may not know it."""
    found = session.execute(sa.select(Organisation).where(Organisation.ref == ref)).scalar_one_or_none()
    while found is not None and found.merged_into_id is not None:
        found = session.get(Organisation, found.merged_into_id)
    known = sa.select(Organisation).where(Organisation.id == (found.id if found else 0), is_known_to(actor))
    row = session.execute(known).scalar_one_or_none()
    if row is None:
        raise NotFound
    return OrganisationRow(row.ref, row.version, row.name, row.acronym, row.country)


def is_known_to(actor: Actor) -> sa.ColumnElement[bool]:
    """An organisation that only hidden entries name is not known to others, or the hint would betray them."""
    if actor.is_system or (Role.OFFICER in actor.roles() and may_read_at_all(actor)):
        return sa.true()
    names_it = Entry.organisation_id == Organisation.id
    ways = [
        ~sa.exists().where(names_it),
        sa.exists().where(names_it, is_public(), names_code("public_fields", ["organisation_name"])),
        sa.exists().where(names_it, is_own(actor)),
    ]
    if actor.organisation_id is not None:
        ways.append(Organisation.id == actor.organisation_id)
    return sa.or_(*ways)
