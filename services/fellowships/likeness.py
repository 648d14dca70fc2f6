"""Which nominations of a call may be of one and the same person? Pointed out only: an officer decides.

Names are compared in any script and spelling (matching/names.py), together with what the form says beside
them. A birthday that differs speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import name_likeness
from models.fellowships import Nomination, NominationPair
from models.people import Account
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.nominations import end_links, mail
from services.fellowships.parties import same_address
from services.fellowships.placing import addresses
from services.fellowships.rows import fellowship_of, fetch_for, item_of, require_for_all, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict
from vocabulary.fellowships import NominationAction, NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor

LIKELY, SURE, WITH_BIRTHDAY = 0.85, 0.97, 0.7
"""Least likeness of two names: in general, against a different birthday, and with the same birthday."""
MOST_COMPARED = 300
"""Nominations of which every pair is compared; of more, those that share a country or a birthday."""
_ENDED = (NominationState.WITHDRAWN, NominationState.LAPSED)
SET_ASIDE_FROM = (NominationState.SUBMITTED, NominationState.IN_REVIEW)

SAME_ADDRESS = Message("the same mail address")
SAME_PHONE = Message("the same telephone")
SAME_BIRTHDAY = Message("the same date of birth")
SAME_NATIONALITY = Message("the same nationality")
LIKE_NAME = Message("names that are alike")


@dataclass(frozen=True, slots=True)
class Person:
    """What is compared of a nominee."""

    id: int
    ref: str
    name: str
    state: NominationState
    born_on: str
    nationalities: frozenset[str]
    phone: str
    addresses: tuple[str, ...]
    nominator: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nominations that may be of one person, why, and what an officer said (None: nobody has looked)."""

    first: Person
    second: Person
    why: tuple[Message, ...]
    is_same: bool | None = None


def alike_nominations(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[Pair, ...]:
    """Pairs of a call that may be of one person, and those an officer ruled on; open ones first."""
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.NOMINATION_SCREEN, call, now)
    people = _people(session, call.id)
    by_id = {one.id: one for one in people}
    ruled = sa.select(NominationPair).where(NominationPair.first_id.in_(by_id))
    known = {(row.first_id, row.second_id): row.is_same for row in session.execute(ruled).scalars()}
    found = {(pair.first.id, pair.second.id): pair for pair in pairs_of(people)}
    for (first, second), is_same in known.items():
        if second in by_id:
            pair = found.get((first, second)) or Pair(by_id[first], by_id[second], ())
            found[first, second] = replace(pair, is_same=is_same)
    return tuple(sorted(found.values(), key=lambda pair: (pair.is_same is not None, pair.first.id)))


def pairs_of(people: Sequence[Person]) -> list[Pair]:
    """Every pair of people that may be one, in the order in which they were nominated."""
    found = []
    for first, second in _candidates(sorted(people, key=lambda one: one.id)):
        why = reasons(first, second)
        if why:
            found.append(Pair(first, second, why))
    return found


def reasons(one: Person, other: Person) -> tuple[Message, ...]:
    """What speaks for one and the same person; empty where it is not enough to point it out."""
    is_born_alike = bool(one.born_on) and one.born_on == other.born_on
    is_born_otherwise = bool(one.born_on and other.born_on) and not is_born_alike
    likeness = name_likeness(one.name, other.name)
    is_reached = any(same_address(mine, theirs) for mine in one.addresses for theirs in other.addresses)
    is_called = bool(one.phone) and one.phone == other.phone
    is_like = likeness >= (SURE if is_born_otherwise else LIKELY)
    is_like = is_like or (likeness >= WITH_BIRTHDAY and is_born_alike)
    if not (is_like or is_reached or is_called):
        return ()
    shared = {
        LIKE_NAME: likeness >= WITH_BIRTHDAY,
        SAME_ADDRESS: is_reached,
        SAME_PHONE: is_called,
        SAME_BIRTHDAY: is_born_alike,
        SAME_NATIONALITY: bool(one.nationalities & other.nationalities),
    }
    return tuple(message for message, holds in shared.items() if holds)


def _candidates(people: Sequence[Person]) -> Iterable[tuple[Person, Person]]:
    if len(people) <= MOST_COMPARED:
        yield from combinations(people, 2)
        return
    groups: dict[str, list[Person]] = {}
    for one in people:
        keys = {
            one.born_on,
            one.phone,
            *one.addresses,
            *(f"{n} {one.born_on[:4]}" for n in one.nationalities),
        }
        for key in sorted(keys - {""}):
            groups.setdefault(key, []).append(one)
    seen: set[tuple[int, int]] = set()
    for group in groups.values():
        for first, second in combinations(group, 2):
            if (first.id, second.id) not in seen:
                seen.add((first.id, second.id))
                yield first, second


def rule(
    session: Session,
    actor: Actor,
    call_ref: str,
    kept_ref: str,
    other_ref: str,
    *,
    is_same: bool,
    now: datetime,
) -> None:
    """An officer says that two nominations of a call are of one person, or of two.

    Of one person, `other_ref` takes no part; saying "not the same" afterwards lets it take part again.
    Raises Refused, and Conflict where they are not two of this call, or the other one is not received yet or
    has been decided on.
    """
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.NOMINATION_SCREEN, call, now)
    asked = sa.select(Nomination.ref).where(
        Nomination.call_id == call.id, Nomination.ref.in_((kept_ref, other_ref))
    )
    if len(session.execute(asked).scalars().all()) < 2:
        raise Conflict(Message("Choose two nominations of one call."), code="wrong_state")
    kept = fetch_for(session, actor, Action.NOMINATION_SCREEN, kept_ref, now=now)
    item = fetch_for(session, actor, Action.NOMINATION_SCREEN, other_ref, now=now, lock=True)
    first, second = sorted((kept.nomination.id, item.nomination.id))
    query = sa.select(NominationPair).where(
        NominationPair.first_id == first, NominationPair.second_id == second
    )
    pair = session.execute(query).scalar_one_or_none()
    if pair is None:
        pair = NominationPair(first_id=first, second_id=second)
        session.add(pair)
    pair.is_same, pair.ruled_by_id, pair.ruled_at = is_same, actor.account_id or 0, now
    if is_same:
        _set_aside(session, actor, kept.nomination, item.nomination, now)
    else:
        for row, other in ((kept.nomination, item.nomination), (item.nomination, kept.nomination)):
            _take_back(session, row, other, now)
    session.flush()
    after = {"same": is_same, "with": kept_ref}
    audit.record(session, actor, "nomination.compare", ("nomination", other_ref), now=now, after=after)


def _set_aside(session: Session, actor: Actor, kept: Nomination, row: Nomination, now: datetime) -> None:
    if row.state not in SET_ASIDE_FROM:
        message = Message(
            "{ref} is not complete yet or has been decided on. Only a received nomination is set aside.",
            ref=row.ref,
        )
        raise Conflict(message, code="wrong_state")
    row.state = advance(NOMINATION_STEPS, row.state, NominationAction.MARK_INELIGIBLE)
    row.ineligible_reason, row.duplicate_of_id = f"duplicate: {kept.ref}", kept.id
    end_links(session, row, now)
    touch(row, now)
    session.flush()
    item = item_of(session, actor, row)
    for address in addresses(session, row):
        mail(session, address, "nomination_duplicate", item, {"kept": kept.ref}, now=now)


def _take_back(session: Session, row: Nomination, other: Nomination, now: datetime) -> None:
    if row.duplicate_of_id != other.id or row.state is not NominationState.INELIGIBLE:
        return
    row.state = advance(NOMINATION_STEPS, row.state, NominationAction.RESTORE)
    row.ineligible_reason = row.duplicate_of_id = None
    touch(row, now)


def own_alike(session: Session, nomination: Nomination) -> tuple[tuple[str, str], ...]:
    """Others by the same nominator for this call that may be of the same person: reference and name."""
    people = {one.id: one for one in _people(session, nomination.call_id, nomination.nominator_email)}
    mine = people.pop(nomination.id, None)
    if mine is None:
        return ()
    return tuple((one.ref, one.name) for one in people.values() if reasons(mine, one))


def _people(session: Session, call_id: int, nominator_email: str | None = None) -> list[Person]:
    query = (
        sa.select(Nomination, Account.email)
        .outerjoin(Account, Account.id == Nomination.nominee_id)
        .where(
            Nomination.call_id == call_id,
            Nomination.state.not_in(_ENDED),
            Nomination.state != NominationState.DRAFT,
            Nomination.erased_at.is_(None),
        )
        .order_by(Nomination.id)
    )
    if nominator_email is not None:
        query = query.where(Nomination.nominator_email == nominator_email)
    return [_person(row, email) for row, email in session.execute(query)]


def _person(row: Nomination, email: str | None) -> Person:
    content: Mapping[str, object] = row.content
    nationalities = (content.get("nationality"), content.get("second_nationality"))
    digits = "".join(sign for sign in str(content.get("phone") or "") if sign.isdecimal())
    return Person(
        id=row.id,
        ref=row.ref,
        name=full_name(content) or row.ref,
        state=row.state,
        born_on=str(content.get("born_on") or ""),
        nationalities=frozenset(str(code) for code in nationalities if code),
        phone=digits if len(digits) > 5 else "",
        addresses=tuple(one for one in (email, row.nominee_email) if one),
        nominator=str(content.get("nominator_body") or ""),
    )
