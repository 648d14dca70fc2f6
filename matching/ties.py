"""What ties a person to an entry, so that somebody should ask about a conflict of interest?

Names and bodies are compared by `matching.names`, addresses by their domain; the rest is told as a fact. It
only points out: a person confirms or dismisses. Nationality alone is no tie. The kinds are those of the
declaration that reviewers of public grant programmes sign (same body now or of late, named in the submission,
own or competing submission, partner in a match, focal point).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from matching.names import plain_name, similar_names
from vocabulary.conflicts import TieSource


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_MAIL = _words(
    """
    126.com 163.com 21cn.com aliyun.com aol.com bk.ru fastmail.com foxmail.com free.fr gmail.com gmx.com
    gmx.de gmx.net googlemail.com hotmail.com hotmail.fr icloud.com inbox.ru laposte.net list.ru
    live.com mac.com mail.com mail.ru maktoob.com me.com msn.com orange.fr outlook.com pm.me proton.me
    protonmail.com qq.com rambler.ru sina.com sohu.com t-online.de terra.com tutanota.com vip.qq.com
    wanadoo.fr web.de yahoo.co.in yahoo.co.uk yahoo.com yahoo.es yahoo.fr yandex.com yandex.ru ymail.com
    zoho.com
    """
)
"""Domains that anybody has an address of: sharing one says nothing."""

BODY_CUTOFF, NAME_CUTOFF = 0.88, 0.9
"""Least likeness (0..1) of two bodies, and of two people, to be pointed out."""

_PUBLIC_SECOND = _words("ac co com edu go gob gouv gov mil ne net or org")
_NAMED = re.compile(r"[^\n;,()/]+")


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whoever may have a conflict.

    bodies : names of the body they belong to now. past_bodies : those they left within the look-back.
    focal_countries : alpha-3 codes of the countries whose focal point they are.
    """

    name: str
    email: str
    bodies: tuple[str, ...] = ()
    past_bodies: tuple[str, ...] = ()
    focal_countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class People:
    """The people and bodies on an entry, and what links somebody to it.

    names : people named on it. focal_point : who was consulted. emails : of contact, owner, collaborators.
    bodies : names of the body that submits. named : a free text that lists people.
    """

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    focal_point: str = ""
    countries: frozenset[str] = frozenset()
    named: str = ""

    def fingerprint(self) -> str:
        """SHA-256 over all of it; another order is no other people."""
        parts = (self.names, self.emails, self.bodies, (self.focal_point,), (self.named,))
        said = "\n".join("\t".join(sorted(plain_name(one) or one for one in part)) for part in parts)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Links:
    """Ties that stand in the records: references of own competing entries, of matches, of co-applications.

    helps : they help to write the entry, or did once.
    """

    own_entries: tuple[str, ...] = ()
    collaborates: bool = False
    matches: tuple[str, ...] = ()
    helps: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """One thing to ask about: where it was seen, and what stands on either side."""

    source: TieSource
    theirs: str
    ours: str
    score: float = field(default=1.0, compare=False)

    @property
    def fingerprint(self) -> str:
        """The same for the same thing, however it is spelt in detail."""
        said = "\t".join((self.source.value, plain_name(self.theirs), plain_name(self.ours)))
        return hashlib.sha256(said.encode()).hexdigest()[:40]


def ties(person: Person, people: People, links: Links) -> tuple[Tie, ...]:
    """Everything that ties the person to the entry, each thing once.

    Parameters
    ----------
    person : Person
    people : People
        Of the latest version submitted.
    links : Links

    Returns
    -------
    tuple of Tie
        In the order of TieSource, then by what is written; empty where nothing is seen.
    """
    found = [
        *_bodies(TieSource.INSTITUTION, person.bodies, people.bodies),
        *_bodies(TieSource.PAST_INSTITUTION, person.past_bodies, people.bodies),
        *_domains(person.email, people.emails),
        *_names(person.name, people),
        *(Tie(TieSource.OWN_ENTRY, ref, ref) for ref in links.own_entries),
        *([Tie(TieSource.COLLABORATOR, person.name, person.name)] if links.collaborates else ()),
        *(Tie(TieSource.MATCH, ref, ref) for ref in links.matches),
        *([Tie(TieSource.HELPED, person.name, person.name)] if links.helps else ()),
        *_nominators(person, people),
    ]
    order = {source: place for place, source in enumerate(TieSource)}
    once = {tie.fingerprint: tie for tie in found}
    return tuple(sorted(once.values(), key=lambda tie: (order[tie.source], tie.theirs, tie.ours)))


def _bodies(source: TieSource, own: Iterable[str], theirs: Iterable[str]) -> list[Tie]:
    """The names most alike, once: a body goes by several names, and one is enough to ask about."""
    known = tuple(name for name in theirs if name)
    found = [
        Tie(source, name, similar.name, similar.score)
        for name in own
        for similar in similar_names(name, {"": known}, cutoff=BODY_CUTOFF)
    ]
    return sorted(found, key=lambda tie: (-tie.score, tie.theirs, tie.ours))[:1]


def domain_of(email: str) -> str | None:
    """The domain that a body would hold, without its departments; None for free mail and no address.

    "ann@bio.uni-bonn.de" and "bob@uni-bonn.de" share "uni-bonn.de"; "x@a.ac.uk" and "y@b.ac.uk" share none.
    """
    domain = email.strip().casefold().rpartition("@")[2].rstrip(".")
    labels = domain.split(".")
    if len(labels) < 2 or "@" not in email or domain in FREE_MAIL:
        return None
    has_second = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _PUBLIC_SECOND
    kept = ".".join(labels[-3:] if has_second else labels[-2:])
    return None if kept in FREE_MAIL else kept


def _domains(email: str, emails: Iterable[str]) -> list[Tie]:
    own = domain_of(email)
    shared = own is not None and own in {domain_of(one) for one in emails}
    return [Tie(TieSource.DOMAIN, own, own)] if shared and own is not None else []


def _names(name: str, people: People) -> list[Tie]:
    """The person's name, or one much like it, among those named on the entry."""
    named = [*people.names, *(part.strip() for part in _NAMED.findall(people.named))]
    known = {one: (one,) for one in named if _could_be_a_name(one)}
    return [
        Tie(TieSource.NAME, name, similar.name, similar.score)
        for similar in similar_names(name, known, cutoff=NAME_CUTOFF)
    ]


def _could_be_a_name(text: str) -> bool:
    return 0 < len(text) <= 80


def _nominators(person: Person, people: People) -> list[Tie]:
    """The focal point who was consulted, or the focal point of a country that the entry is about."""
    found = [
        Tie(TieSource.NOMINATOR, person.name, similar.name, similar.score)
        for similar in similar_names(
            person.name,
            {people.focal_point: (people.focal_point,)} if people.focal_point else {},
            cutoff=NAME_CUTOFF,
        )
    ]
    return found + [
        Tie(TieSource.NOMINATOR, code, code) for code in sorted(person.focal_countries & people.countries)
    ]


def open_ties(found: Iterable[Tie], answered: Mapping[str, object]) -> tuple[Tie, ...]:
    """Those that nobody has confirmed or dismissed; `answered` is keyed by fingerprint."""
    return tuple(tie for tie in found if tie.fingerprint not in answered)
