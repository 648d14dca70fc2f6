"""What does the service know that ties somebody to an entry, and what was said of it?

Gathers the facts for matching/ties.py, in a fixed number of statements for any number of pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.ties import Links, People, Person, Tie, open_ties, ties
from models.calls import Call
from models.collaborators import Collaborator
from models.conflicts import Affiliation, HintReply
from models.entries import Entry, EntryTerm
from models.matches import Match
from models.people import Account, Organisation, RoleGrant
from vocabulary.conflicts import HintAnswer
from vocabulary.people import Role

YEARS = 3
"""Look-back outside of any call."""

Pair = tuple[int, int]
"""Entry and account, by id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything seen between one person and one entry, with what was said of each by fingerprint."""

    ties: tuple[Tie, ...]
    replies: Mapping[str, HintAnswer]

    @property
    def open(self) -> tuple[Tie, ...]:
        """What nobody has confirmed or dismissed yet."""
        return open_ties(self.ties, self.replies)


def people_of(session: Session, entries: Collection[Entry]) -> dict[int, People]:
    """The people and bodies on each entry, by its id, as submitted last."""
    ids = [entry.id for entry in entries]
    owners = _emails(session, {entry.owner_id for entry in entries if entry.owner_id is not None})
    bodies = _body_names(session, {entry.organisation_id for entry in entries if entry.organisation_id})
    countries = _countries(session, ids)
    helpers = _helpers(session, ids)
    return {
        entry.id: People(
            names=_kept(entry.contact_name, *(row.name for row in helpers.get(entry.id, ()))),
            emails=_kept(
                entry.contact_email or owners.get(entry.owner_id or 0),
                *(row.email for row in helpers.get(entry.id, ())),
            ),
            bodies=_kept(
                entry.organisation_name,
                entry.organisation_acronym,
                *bodies.get(entry.organisation_id or 0, ()),
            ),
            focal_point=entry.focal_point_name or "",
            countries=frozenset(countries.get(entry.id, ())) | frozenset(_kept(entry.organisation_country)),
            named=entry.people_involved or "",
        )
        for entry in entries
    }


def people_hash(session: Session, entry: Entry) -> str:
    """The fingerprint of the people on an entry: an answer to the conflict question holds for these."""
    return people_of(session, [entry])[entry.id].fingerprint()


def seen_between(
    session: Session, entries: Collection[Entry], account_ids: Collection[int], *, on: date
) -> dict[Pair, Seen]:
    """What ties each of the people to each of the entries; pairs without anything are left out."""
    if not entries or not account_ids:
        return {}
    of_entry = people_of(session, entries)
    years = _years(session, entries)
    persons = {
        count: _persons(session, account_ids, on - timedelta(days=366 * count))
        for count in set(years.values())
    }
    links = _Records(session, entries, account_ids)
    replies = _replies(session, [entry.id for entry in entries], account_ids)
    found: dict[Pair, Seen] = {}
    for entry in entries:
        for account_id, person in persons[years[entry.id]].items():
            if account_id == entry.owner_id:
                continue
            seen = ties(person, of_entry[entry.id], links.between(entry, account_id))
            if seen:
                found[entry.id, account_id] = Seen(seen, replies.get((entry.id, account_id), {}))
    return found


def _kept(*values: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _emails(session: Session, ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(sa.select(Account.id, Account.email).where(Account.id.in_(ids)))
    return {row.id: row.email for row in rows} if ids else {}


def helpers_of(session: Session, ids: Collection[int]) -> frozenset[Pair]:
    """Entry and account of everybody who helps, or once helped, to write these entries: none judges it."""
    helpers = _helpers(session, ids)
    return frozenset((entry_id, row.account_id) for entry_id, rows in helpers.items() for row in rows)


def _helpers(session: Session, ids: Collection[int]) -> dict[int, list[Any]]:
    """Name, address and account of everybody who helps, or once helped, to write each entry."""
    rows = session.execute(
        sa.select(Collaborator.entry_id, Collaborator.account_id, Account.name, Account.email)
        .join(Account, Account.id == Collaborator.account_id)
        .where(Collaborator.entry_id.in_(ids), Account.erased_at.is_(None))
        .order_by(Collaborator.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows if ids else ():
        found.setdefault(row.entry_id, []).append(row)
    return found


def _body_names(session: Session, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Every name that an organisation goes by, also when it was merged into another."""
    if not ids:
        return {}
    kept = sa.orm.aliased(Organisation)
    rows = session.execute(
        sa.select(Organisation, kept)
        .outerjoin(kept, kept.id == Organisation.merged_into_id)
        .where(Organisation.id.in_(ids))
    ).all()
    return {
        row.id: _kept(row.name, row.acronym, *row.aliases, *((into.name, *into.aliases) if into else ()))
        for row, into in rows
    }


def _countries(session: Session, ids: Collection[int]) -> dict[int, set[str]]:
    rows = session.execute(
        sa.select(EntryTerm.entry_id, EntryTerm.code).where(
            EntryTerm.vocabulary == "countries", EntryTerm.entry_id.in_(ids)
        )
    )
    found: dict[int, set[str]] = {}
    for entry_id, code in rows:
        found.setdefault(entry_id, set()).add(code)
    return found


def _years(session: Session, entries: Iterable[Entry]) -> dict[int, int]:
    """How many years each entry's call looks back."""
    rows = session.execute(sa.select(Call.id, Call.conflict_years))
    of_call = {row.id: row.conflict_years for row in rows}
    return {entry.id: of_call.get(entry.call_id or 0, YEARS) for entry in entries}


def _persons(session: Session, ids: Collection[int], since: date) -> dict[int, Person]:
    accounts = session.execute(sa.select(Account).where(Account.id.in_(ids))).scalars().all()
    stated = session.execute(
        sa.select(Affiliation).where(
            Affiliation.account_id.in_(ids),
            sa.or_(Affiliation.ended_on.is_(None), Affiliation.ended_on >= since),
        )
    )
    affiliations = stated.scalars().all()
    ids_of_bodies = {row.organisation_id for row in accounts} | {row.organisation_id for row in affiliations}
    bodies = _body_names(session, {one for one in ids_of_bodies if one is not None})
    present: dict[int, list[str]] = {}
    past: dict[int, list[str]] = {}
    for one in affiliations:
        names = (one.organisation_name, *bodies.get(one.organisation_id or 0, ()))
        (present if one.ended_on is None else past).setdefault(one.account_id, []).extend(names)
    focal: dict[int, set[str]] = {}
    for grant in session.execute(
        sa.select(RoleGrant).where(RoleGrant.account_id.in_(ids), RoleGrant.role == Role.FOCAL_POINT)
    ).scalars():
        focal.setdefault(grant.account_id, set()).update(_kept(grant.country))
    return {
        row.id: Person(
            name=row.name,
            email=row.email,
            bodies=_kept(*bodies.get(row.organisation_id or 0, ()), *present.get(row.id, ())),
            past_bodies=_kept(*past.get(row.id, ())),
            focal_countries=frozenset(focal.get(row.id, ())),
        )
        for row in accounts
    }


class _Records:
    """Own entries in the same call, co-applications and matches, for all pairs at once."""

    def __init__(self, session: Session, entries: Collection[Entry], ids: Collection[int]) -> None:
        rows = session.execute(
            sa.select(
                Entry.id, Entry.ref, Entry.owner_id, Entry.call_id, Entry.kind, Entry.organisation_id
            ).where(Entry.owner_id.in_(ids), Entry.state.not_in(("draft", "withdrawn")))
        ).all()
        self._owned: dict[int, list[Any]] = {}
        for row in rows:
            self._owned.setdefault(row.owner_id, []).append(row)
        wanted = [entry.id for entry in entries]
        self._helping = helpers_of(session, wanted)
        matched = session.execute(
            sa.select(Match.ref, Match.request_id, Match.offer_id).where(
                sa.or_(Match.request_id.in_(wanted), Match.offer_id.in_(wanted))
            )
        )
        self._matched: dict[int, list[tuple[str, int]]] = {}
        for ref, request_id, offer_id in matched:
            self._matched.setdefault(request_id, []).append((ref, offer_id))
            self._matched.setdefault(offer_id, []).append((ref, request_id))

    def between(self, entry: Entry, account_id: int) -> Links:
        """What the records hold between one person and one entry."""
        owned = [row for row in self._owned.get(account_id, ()) if row.id != entry.id]
        ids = {row.id for row in owned}
        rivals = [
            row.ref
            for row in owned
            if row.kind == entry.kind and row.call_id is not None and row.call_id == entry.call_id
        ]
        same_body = any(
            row.organisation_id is not None and row.organisation_id == entry.organisation_id for row in owned
        )
        matches = [ref for ref, other in self._matched.get(entry.id, ()) if other in ids]
        return Links(
            tuple(sorted(rivals)), same_body, tuple(sorted(matches)), (entry.id, account_id) in self._helping
        )


def _replies(
    session: Session, entries: Sequence[int], ids: Collection[int]
) -> dict[Pair, dict[str, HintAnswer]]:
    rows = session.execute(
        sa.select(HintReply).where(HintReply.entry_id.in_(entries), HintReply.account_id.in_(ids))
    ).scalars()
    found: dict[Pair, dict[str, HintAnswer]] = {}
    for row in rows:
        found.setdefault((row.entry_id, row.account_id), {})[row.fingerprint] = row.answer
    return found
