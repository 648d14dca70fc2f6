"""What is the demonstration world? The same bytes for the same seed, day and reference data; no clock.

Randomness comes from random.Random with a text seed for each part, so that one part can change without the
others, and never from hashes of objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from seed.demo.bodies import new_contact
from seed.demo.current import DOMAIN, OPEN_DAYS_AFTER, OPEN_DAYS_BEFORE, Writer, current_entries, noon, scenes
from seed.demo.grown import grown_entries
from seed.demo.library import Library, library
from seed.demo.panel import assignments, decisions, reviewed_entries
from seed.demo.pilot import CLOSED, OPENED, pilot_entries
from seed.demo.plan import BodyPlan, CallPlan, EntryPlan, MatchPlan, PersonPlan, World
from seed.demo.reference import Reference

ROLES = (
    ("requester", "requester", "en", "KEN"),
    ("partner", "partner", "en", "ZAF"),
    ("nominator", "nominator", "en", "LKA"),
    ("moderator", "moderator", "en", "JAM"),
    ("moderator-2", "moderator", "fr", "SEN"),
    ("officer", "officer", "en", "DEU"),
    ("officer-2", "officer", "fr", "FRA"),
    ("decider", "decider", "en", "MYS"),
    ("auditor", "auditor", "en", "CHE"),
    ("admin", "admin", "en", "DEU"),
    ("focal_point", "focal_point", "en", "KEN"),
)
"""Key, role, language and country of the accounts, one or two for each role but that of reviewer."""

REVIEWERS = (
    ("en", ("en", "fr"), "GHA", "ecosystem assessment, wetlands, remote sensing"),
    ("fr", ("fr", "en", "ar"), "MAR", "savoirs locaux, pastoralisme, gouvernance"),
    ("es", ("es", "en", "fr"), "COL", "datos de biodiversidad, colecciones, indicadores"),
    ("ru", ("ru", "en", "zh"), "KAZ", "деградация земель, пастбища, горные экосистемы"),
    ("ar", ("ar", "fr", "en"), "JOR", "إدارة المياه والنظم الساحلية وتقييم السياسات"),
    ("zh", ("zh", "en", "ru"), "CHN", "情景与模型、生态系统服务、自然价值"),
    ("en", ("en", "es", "ru"), "IND", "valuation, economics, policy instruments"),
    ("en", ("en", "ar", "es"), "FJI", "invasive species, islands, fisheries, communication"),
)
ANSWERS = {
    "suggested": ("none", "none"),
    "shortlisted": ("none", "none"),
    "proposed": ("yes", "none"),
    "agreed": ("yes", "yes"),
    "active": ("yes", "yes"),
    "completed": ("yes", "yes"),
    "lapsed": ("yes", "none"),
    "declined": ("yes", "no"),
}
"""Answers of requester and partner at each state of a match; every second refusal is the requester's."""


def build_world(size: int | None, seed: int, reference: Reference, *, today: date) -> World:
    """The whole demonstration world.

    Parameters
    ----------
    size : int or None
        Entries in all; None, or fewer than the world has by itself (200), adds none.
    seed : int
        Any integer; the same seed gives the same world.
    reference : Reference
        Countries, from seed.demo.reference.load_facts().
    today : date
        The day on which the second call is open; every time lies before its noon, UTC.
    """
    texts = library()
    rng = partial(_random, seed)
    pilot = list(pilot_entries(rng("pilot"), texts, reference))
    writer = Writer(rng("current"), texts, reference, today)
    writer.titles.update(entry.fields["title"] for entry in pilot)
    writer.names.update(entry.fields["organisation_name"] for entry in pilot)
    entries = [*pilot, *current_entries(writer)]
    bodies = _bodies(entries)
    people = [*_people(rng("people"), texts, entries), *_owners(entries)]
    reviewers = [person for person in people if person.role == "reviewer"]
    proposals = reviewed_entries(entries)
    n_more = max(0, (size or 0) - len(entries))
    return World(
        today=today,
        organisations=tuple(bodies),
        people=tuple(people),
        calls=tuple(_calls(texts, today)),
        entries=tuple(entries),
        assignments=tuple(
            assignments(rng("panel"), texts, proposals, reviewers, _offering(entries), noon(today))
        ),
        decisions=tuple(decisions(rng("decisions"), texts, proposals, noon(today))),
        matches=tuple(_matches(rng("matches"), texts, today)),
        more_entries=lambda: grown_entries(rng("grown"), texts, reference, today, n_more),
    )


def _random(seed: int, part: str) -> Random:
    return Random(f"{seed}:{part}")  # noqa: S311 -- a repeatable demonstration, no secret


def _calls(texts: Library, today: date) -> Iterator[CallPlan]:
    every = ("S1", "S2", "S3")
    midnight = datetime.combine(today, datetime.min.time(), OPENED.tzinfo)
    opened = midnight - timedelta(days=OPEN_DAYS_BEFORE)
    closes = midnight + timedelta(days=OPEN_DAYS_AFTER, hours=22)
    dates = {
        "pilot": (OPENED, CLOSED),
        "current": (opened, closes),
        "offers": (midnight - timedelta(days=300), None),
    }
    kinds = {"pilot": ("targeted", "released"), "current": ("requests", "open"), "offers": ("offers", "open")}
    for key, said in texts.calls.items():
        kind, state = kinds[key]
        yield CallPlan(key, kind, state, said["title"], said["text"], every, *dates[key])


def _offering(entries: Sequence[EntryPlan]) -> tuple[str, ...]:
    """Names of bodies whose offers stand."""
    standing = [entry for entry in entries if entry.kind == "offer" and entry.state == "active"]
    return tuple(dict.fromkeys(entry.fields["organisation_name"] for entry in standing))


def _bodies(entries: Sequence[EntryPlan]) -> Iterator[BodyPlan]:
    """The organisations that the entries name, each once."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        named = entry.fields
        place = (named["organisation_name"], named["organisation_country"])
        if place not in seen:
            seen.add(place)
            yield BodyPlan(
                entry.key, place[0], named["organisation_acronym"], named["organisation_kind"], place[1]
            )


def _people(rng: Random, texts: Library, entries: Sequence[EntryPlan]) -> Iterator[PersonPlan]:
    """The accounts of the roles and the reviewers; names are drawn, none twice, where no entry gives one."""
    first = {entry.owner: entry for entry in reversed(entries) if entry.owner}
    taken = {entry.fields["contact_name"] for entry in first.values()}
    for key, role, language, country in ROLES:
        own = first.get(key)
        name = own.fields["contact_name"] if own else _name(rng, texts, language, taken)
        body = own.key if own else None
        yield PersonPlan(key, role, name, f"{key}@{DOMAIN}", language, (language,), country, body, None)
    for n, (language, working, country, expertise) in enumerate(REVIEWERS, start=1):
        key = "reviewer" if n == 1 else f"reviewer-{n}"
        name = _name(rng, texts, language, taken)
        yield PersonPlan(
            key, "reviewer", name, f"{key}@{DOMAIN}", language, working, country, None, expertise
        )


def _name(rng: Random, texts: Library, language: str, taken: set[str]) -> str:
    name = next(
        name
        for name in (new_contact(rng, texts, language, DOMAIN).name for _ in range(1_000))
        if name not in taken
    )
    taken.add(name)
    return name


def _owners(entries: Sequence[EntryPlan]) -> Iterator[PersonPlan]:
    """An account for each side of the pairs, beside the main requester and partner."""
    for entry in entries:
        if entry.owner and "-" in entry.owner:
            named = entry.fields
            yield PersonPlan(
                entry.owner,
                entry.owner.partition("-")[0],
                named["contact_name"],
                f"{entry.owner}@{DOMAIN}",
                named["language"],
                tuple(named["languages"]),
                named["organisation_country"],
                entry.key,
                None,
            )


def _matches(rng: Random, texts: Library, today: date) -> Iterator[MatchPlan]:
    """One for each pair of the scenes, at the stage written there."""
    said = texts.procedure
    n_declined = 0
    for n, pair in enumerate(scenes()["pairs"], start=1):
        state = pair["match"]
        requester, partner = ANSWERS[state]
        if state == "declined":
            n_declined += 1
            if n_declined % 2 == 0:
                requester, partner = "no", "none"
        answer_by = noon(today) + timedelta(days=-3 if state == "lapsed" else 14)
        requester_reason, refused = _reason(rng, said["requester"], requester)
        partner_reason, refused_too = _reason(rng, said["partner"], partner)
        yield MatchPlan(
            request=f"R-{n:03d}",
            offer=f"O-{n:03d}",
            slot="",
            state=state,
            requester_answer=requester,
            requester_reason=requester_reason,
            partner_answer=partner,
            partner_reason=partner_reason,
            reason=refused or refused_too,
            outcome=said["outcomes"][pair["theme"]] if state == "completed" else None,
            answer_by_at=None if state in ("suggested", "shortlisted") else answer_by,
        )


def _reason(rng: Random, said: Mapping[str, Any], answer: str) -> tuple[str | None, str | None]:
    """What a side writes beside its answer and, where it refuses, the reason in a word."""
    if answer == "no":
        words, label = rng.choice(said["no"])
        return words, label
    return (rng.choice(said["yes"]) if answer == "yes" else None), None
