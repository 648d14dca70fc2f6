"""Which panel member should mark which nomination? A plan to look at, and then made as a whole or not at all.

The engine is that of the task force's reviews: by words, language and region, within the load of each. A
conflict of interest, a part in the nomination and an earlier seat rule a pair out; a shared mail domain is
avoided, since nobody has looked at it. The plan is worked out from what stands, so the same question gives
the same plan; its fingerprint tells whether anything changed between looking and making. Gender, age and
nationality are in none of it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.assignment import Assignment, Further, Loads, Mode, Shortfall, assign
from matching.expertise import Fit, Proposal, Reviewer, fits, subject
from models.calls import Call
from models.fellowships import Nomination, PanelSeat
from models.people import Account, RoleGrant
from procedure.facts import Standing
from services import vocabularies
from services.assignment_plans import CHANGED, SECONDS, reasons
from services.fellowships.fields import EXPERTISE, full_name
from services.fellowships.panel import seat_members
from services.fellowships.rows import fellowship_of, require_for_all, standing
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import IN_THE_POOL
from vocabulary.messages import Message
from vocabulary.people import Actor, Role

TEXTS = ("position", "other_expertise", "statement", "justification")
SHARED_DOMAINS = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com",
     "gmx.net", "web.de", "mail.ru", "yandex.ru", "qq.com", "163.com", "126.com", "proton.me"}
)  # fmt: skip
"""Domains that say nothing of where somebody works."""

FAIR, SUM = Mode.FAIR.value, Mode.SUM.value
"""What counts first: the nomination that is served worst, or the best fit in all."""

Pair = tuple[str, str]
"""Reference of the nomination, mail address of the panel member."""


@dataclass(frozen=True, slots=True)
class Member:
    """A panel member of the call: how many nominations they have, and how many they have marked."""

    email: str
    name: str
    n_seats: int
    n_marked: int


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """One pair of a plan with its reasons. `shared`: what both texts speak of."""

    ref: str
    nominee: str
    email: str
    member: str
    score: int
    reasons: tuple[Message, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked for: members for each nomination, and nominations for each member at most."""

    each: int
    most: int
    mode: Mode = Mode.FAIR


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would mark what. `gap` is 0 where the proof shows that nothing better exists."""

    asked: Asked
    pairs: tuple[PlannedPair, ...]
    loads: tuple[tuple[str, int], ...]
    total: int
    gap: int
    n_closed: int
    n_avoided: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Board:
    nominations: Mapping[str, Nomination]
    proposals: tuple[Proposal, ...]
    members: Mapping[str, Account]
    reviewers: tuple[Reviewer, ...]
    n_seats: Counter[str]
    n_marked: Counter[str]
    of_nomination: Counter[str]
    closed: frozenset[Pair]
    avoided: frozenset[Pair]


def asked_for(each: int, most: int, mode: str) -> Asked:
    """What a plan is asked for; `mode` is FAIR or SUM. Raises ValueError."""
    return Asked(each, most, Mode(mode))


def shared_words(pair: PlannedPair, language: str) -> list[str]:
    """What a nomination and a panel member both speak of, as it reads in a language."""
    return [subject(id_, language) for id_ in pair.shared]


def panel_of(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[Member, ...]:
    """Everybody who may mark in a call, by name. Raises NotFound, Refused."""
    board = _board_of(session, actor, call_ref, now)
    return tuple(
        Member(email, one.name, board.n_seats[email], board.n_marked[email])
        for email, one in board.members.items()
    )


def plan(session: Session, actor: Actor, call_ref: str, asked: Asked, *, now: datetime) -> Plan:
    """Work out who should mark what; changes nothing.

    Raises Invalid by field, Conflict where nobody is wanted or members are too few, naming who lacks whom.
    """
    board = _board_of(session, actor, call_ref, now)
    _check_asked(asked)
    wanted = {ref: max(0, asked.each - board.of_nomination[ref]) for ref in board.nominations}
    wanted = {ref: n for ref, n in wanted.items() if n}
    if not wanted:
        raise Conflict(Message("Every nomination has as many panel members already."), code="nothing_to_plan")
    found = fits([one for one in board.proposals if one.id in wanted], board.reviewers)
    chosen = assign(
        list(wanted),
        list(board.members),
        {pair: fit.score for pair, fit in found.items()},
        [pair for pair in board.closed | board.avoided if pair[0] in wanted],
        Loads(asked.each, asked.most),
        mode=asked.mode,
        seed=call_ref,
        seconds=SECONDS,
        further=Further(
            wanted, {email: max(0, asked.most - board.n_seats[email]) for email in board.members}, {}
        ),
    )
    if isinstance(chosen, Shortfall):
        raise _too_few(chosen, asked, {pair for pair in board.avoided - board.closed if pair[0] in wanted})
    return _told(board, asked, chosen, found)


def make(
    session: Session,
    actor: Actor,
    call_ref: str,
    asked: Asked,
    fingerprint: str,
    chosen: Collection[Pair],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> int:
    """Ask the panel members of a plan to mark, but for the pairs left out; returns how many seats are new.

    Raises Conflict when anything that the plan stands on has changed, Invalid for a pair that is none of it.
    """
    found = _as_looked_at(session, actor, call_ref, asked, fingerprint, now)
    pairs = [(one.ref, one.email) for one in found.pairs if (one.ref, one.email) in set(chosen)]
    if not pairs or len(pairs) < len(set(chosen)):
        raise Invalid({"pair": [Message("Tick at least one pair of the plan.")]})
    return seat_members(session, actor, call_ref, pairs, now=now, due_at=due_at)


def make_without(
    session: Session,
    actor: Actor,
    call_ref: str,
    asked: Asked,
    fingerprint: str,
    left_out: Collection[Pair],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> int:
    """The same, naming what is left out of the plan; raises Invalid for a pair that is none of it."""
    found = _as_looked_at(session, actor, call_ref, asked, fingerprint, now)
    pairs = {(one.ref, one.email) for one in found.pairs}
    if not set(left_out) <= pairs:
        raise Invalid({"left_out": [Message("Leave out pairs of the plan only.")]})
    if pairs == set(left_out):
        raise Invalid({"left_out": [Message("Nothing is left of the plan.")]})
    chosen = sorted(pairs - set(left_out))
    return seat_members(session, actor, call_ref, chosen, now=now, due_at=due_at)


def _as_looked_at(
    session: Session, actor: Actor, call_ref: str, asked: Asked, fingerprint: str, now: datetime
) -> Plan:
    """The plan as it stands now. Raises Conflict where that is not the one somebody looked at."""
    found = plan(session, actor, call_ref, asked, now=now)
    if found.fingerprint != fingerprint:
        raise Conflict(CHANGED, code="stale")
    return found


def _check_asked(asked: Asked) -> None:
    errors = {
        name: [Message("This must lie between {min} and {max}.", min=1, max=top)]
        for name, value, top in (("each", asked.each, 20), ("most", asked.most, 500))
        if not 1 <= value <= top
    }
    if errors:
        raise Invalid(errors)


def _told(board: _Board, asked: Asked, chosen: Assignment, found: Mapping[Pair, Fit]) -> Plan:
    pairs = tuple(
        PlannedPair(
            ref=ref,
            nominee=full_name(board.nominations[ref].content) or ref,
            email=email,
            member=board.members[email].name,
            score=found[ref, email].score,
            reasons=tuple(reasons(found[ref, email])),
            shared=found[ref, email].shared,
        )
        for ref, emails in sorted(chosen.reviewers_of.items())
        for email in emails
    )
    loads = Counter(one.member for one in pairs)
    said = {
        "asked": [asked.each, asked.most, asked.mode.value],
        "pairs": [[one.ref, one.email, one.score] for one in pairs],
        "closed": sorted(board.closed | board.avoided),
    }
    return Plan(
        asked=asked,
        pairs=pairs,
        loads=tuple(sorted(loads.items())),
        total=chosen.total,
        gap=chosen.certificate.gap,
        n_closed=len(board.closed),
        n_avoided=len(board.avoided - board.closed),
        fingerprint=hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest(),
    )


def _too_few(found: Shortfall, asked: Asked, avoided: Collection[Pair]) -> Conflict:
    lacking = tuple(
        Message("{ref}: {n} missing, {free} could", ref=ref, n=n, free=found.n_candidates[ref])
        for ref, n in sorted(found.lacking.items())
    )
    text = Message(
        "There are not enough panel members without a conflict of interest. Raise the most for each "
        "member ({most}), or name more members. {lacking}",
        most=asked.most,
        lacking=lacking,
    )
    if avoided:
        text = Message(
            "{text}. Left out because the mail addresses have the same domain: {n} pairs. If that is no "
            "conflict, name these members by hand.",
            text=text,
            n=len(avoided),
        )
    return Conflict(text, code="not_enough_members")


def _board_of(session: Session, actor: Actor, call_ref: str, now: datetime) -> _Board:
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.MARK_SEAT, call, now)
    query = sa.select(Nomination).where(Nomination.call_id == call.id, Nomination.state.in_(IN_THE_POOL))
    nominations = {row.ref: row for row in session.execute(query.order_by(Nomination.ref)).scalars()}
    members = {one.email: one for one in _members(session, call)}
    places = vocabularies.places(session).countries

    def regions(country: str | None) -> frozenset[str]:
        place = places.get(country or "")
        return frozenset(place.regions) if place is not None else frozenset()

    seats = _seats(session, nominations)
    parties = {
        (ref, one.email)
        for ref, row in nominations.items()
        for one in members.values()
        if one.id in (row.nominee_id, row.nominator_id) or one.email == row.nominator_email
    }
    emails = _nominee_emails(session, nominations)
    return _Board(
        nominations=nominations,
        proposals=tuple(_proposal(row, regions(row.content.get("country"))) for row in nominations.values()),
        members=members,
        reviewers=tuple(_reviewer(one, regions(one.country)) for one in members.values()),
        n_seats=Counter(email for _, email, is_held, _ in seats if is_held),
        n_marked=Counter(email for _, email, is_held, is_done in seats if is_held and is_done),
        of_nomination=Counter(ref for ref, _, is_held, _ in seats if is_held),
        closed=frozenset(parties | {(ref, email) for ref, email, _, _ in seats}),
        avoided=frozenset(
            (ref, email)
            for ref, row in nominations.items()
            for email in members
            if _domain(email) & (_domain(row.nominator_email) | _domain(emails.get(ref)))
        ),
    )


def _members(session: Session, call: Call) -> Sequence[Account]:
    """Whoever holds the role to mark, for this call or for all; an officer of the call does not."""

    def grants(role: Role) -> sa.ColumnElement[bool]:
        where = sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == call.id)
        return Account.grants.any(sa.and_(RoleGrant.role == role, where))

    query = sa.select(Account).where(
        Account.is_disabled.is_(False),
        Account.erased_at.is_(None),
        grants(Role.REVIEWER),
        sa.not_(grants(Role.OFFICER)),
    )
    return session.execute(query.order_by(Account.name, Account.id)).scalars().all()


def _seats(session: Session, nominations: Mapping[str, Nomination]) -> list[tuple[str, str, bool, bool]]:
    """Nomination, member, whether the seat stands, whether it was marked; one given up rules out too."""
    refs = {row.id: ref for ref, row in nominations.items()}
    query = (
        sa.select(PanelSeat, Account.email)
        .join(Account, Account.id == PanelSeat.account_id)
        .where(PanelSeat.nomination_id.in_(refs))
    )
    found = []
    for seat, email in session.execute(query):
        is_held = seat.removed_at is None and standing(seat) is not Standing.UPHELD
        found.append((refs[seat.nomination_id], email, is_held, seat.submitted_at is not None))
    return found


def _nominee_emails(session: Session, nominations: Mapping[str, Nomination]) -> dict[str, str]:
    ids = {row.nominee_id: ref for ref, row in nominations.items() if row.nominee_id is not None}
    query = sa.select(Account.id, Account.email).where(Account.id.in_(ids))
    return {ids[account_id]: email for account_id, email in session.execute(query)}


def _domain(email: str | None) -> frozenset[str]:
    domain = (email or "").rpartition("@")[2].lower()
    return frozenset({domain} if domain and domain not in SHARED_DOMAINS else ())


def _proposal(row: Nomination, regions: frozenset[str]) -> Proposal:
    content = row.content
    said = [content.get(name) or "" for name in TEXTS]
    said += [str(EXPERTISE[code]) for code in content.get("expertise") or () if code in EXPERTISE]
    languages = [code for code in content.get("languages") or () if code != "other"]
    language = row.language if row.language in languages or not languages else languages[0]
    return Proposal(row.ref, "\n".join(said), language, (), regions)


def _reviewer(account: Account, regions: frozenset[str]) -> Reviewer:
    languages = tuple(dict.fromkeys((account.language, *account.working_languages)))
    return Reviewer(account.email, account.expertise or "", account.language, languages, {}, regions)
