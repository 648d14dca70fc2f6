"""A match as somebody may see it: entries, answers, contacts once agreed, what happened, what next.

A side sees of the other entry what its owner lets everybody see, and nothing of the other's answer while the
match is open. Contact data are shown to the sides from the agreement on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.entries import Entry
from models.matches import Match
from models.people import Account
from procedure.access import may, require
from procedure.facts import ANYWHERE
from procedure.lifecycle import MATCH_STEPS, actions_from
from services.entries.visibility import is_own, shown_fields
from services.introductions.answers import RESULTS
from services.introductions.rows import Taken, all_taken, fetch_match, is_known
from services.match_facts import public_fields
from vocabulary.actions import Action
from vocabulary.people import Actor, Role
from vocabulary.states import MatchAction, MatchAnswer, MatchSide, MatchState

MOST_ROWS = 500
CONTACT = ("organisation_name", "organisation_country", "contact_name", "contact_email", "contact_phone")


@dataclass(frozen=True, slots=True)
class SideSheet:
    """One side as the reader may see it; what is hidden is None.

    `result` and `outcome` are what this side says came of it.
    """

    ref: str
    title: str | None
    language: str | None
    is_mine: bool
    answer: MatchAnswer | None
    declined: str | None
    words: str | None
    contact: Mapping[str, str | None] | None
    result: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """Something that happened: when, what (an audit action such as "match.propose"), and by which side."""

    at: datetime
    what: str
    side: str | None


@dataclass(frozen=True, slots=True)
class MatchSheet:
    """A match; `can` are the steps that the reader may take now."""

    ref: str
    version: int
    state: MatchState
    request: SideSheet
    offer: SideSheet
    slot: str
    places: int
    score: float
    settings_version: str
    index_version: str
    proposed_at: datetime | None
    answer_by_at: datetime | None
    starts_on: date | None
    facilitator: str | None
    outcome: str | None
    updated_at: datetime
    can: frozenset[str]
    history: tuple[HistoryRow, ...] = ()

    @property
    def is_mine(self) -> bool:
        """Is the reader one of the two sides?"""
        return self.request.is_mine or self.offer.is_mine


def match_sheet(session: Session, actor: Actor, ref: str, *, now: datetime) -> MatchSheet:
    """One match with its history. Raises NotFound."""
    taken = fetch_match(session, actor, ref, now=now)
    return _sheet(taken, actor, now, _facilitators(session, [taken]), _history(session, taken))


def list_matches(
    session: Session, actor: Actor, *, now: datetime, states: tuple[MatchState, ...] = ()
) -> tuple[MatchSheet, ...]:
    """Every match that the secretariat has taken up, the latest change first. Raises Refused for others."""
    require(actor, Action.MATCH_LIST, ANYWHERE, now)
    query = sa.select(Match).order_by(Match.updated_at.desc(), Match.id.desc()).limit(MOST_ROWS)
    return _sheets(session, actor, query.where(Match.state.in_(states)) if states else query, now)


def own_matches(session: Session, actor: Actor, *, now: datetime) -> tuple[MatchSheet, ...]:
    """Matches proposed to the reader's own entries, the latest change first."""
    mine = sa.select(Entry.id).where(is_own(actor))
    query = (
        sa.select(Match)
        .where(sa.or_(Match.request_id.in_(mine), Match.offer_id.in_(mine)), Match.proposed_at.is_not(None))
        .order_by(Match.updated_at.desc(), Match.id.desc())
        .limit(MOST_ROWS)
    )
    return _sheets(session, actor, query, now)


def matches_of_pair(
    session: Session, actor: Actor, request_ref: str, offer_ref: str, *, now: datetime
) -> tuple[MatchSheet, ...]:
    """Every match of a pair that the reader may know of, the latest first."""
    by_ref = {
        ref: sa.select(Entry.id).where(Entry.ref == ref).scalar_subquery() for ref in (request_ref, offer_ref)
    }
    query = (
        sa.select(Match)
        .where(Match.request_id == by_ref[request_ref], Match.offer_id == by_ref[offer_ref])
        .order_by(Match.id.desc())
    )
    return _sheets(session, actor, query, now)


def _sheets(session: Session, actor: Actor, query: sa.Select[Any], now: datetime) -> tuple[MatchSheet, ...]:
    found = all_taken(session, actor, list(session.execute(query).scalars()))
    known = [taken for taken in found if is_known(taken, actor, now)]
    names = _facilitators(session, known)
    return tuple(_sheet(taken, actor, now, names) for taken in known)


def _facilitators(session: Session, found: list[Taken]) -> dict[int, str]:
    ids = {taken.match.facilitator_id for taken in found} - {None}
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(ids))) if ids else ()
    return {row.id: row.name for row in rows}


def _sheet(
    taken: Taken,
    actor: Actor,
    now: datetime,
    names: Mapping[int, str],
    history: tuple[HistoryRow, ...] = (),
) -> MatchSheet:
    match = taken.match
    return MatchSheet(
        ref=match.ref,
        version=match.version,
        state=match.state,
        request=_side_sheet(taken, MatchSide.REQUESTER, actor, now),
        offer=_side_sheet(taken, MatchSide.PARTNER, actor, now),
        slot=match.slot,
        places=match.places,
        score=match.score,
        settings_version=match.settings_version,
        index_version=match.index_version,
        proposed_at=match.proposed_at,
        answer_by_at=match.answer_by_at,
        starts_on=match.starts_on,
        facilitator=names.get(match.facilitator_id or 0),
        outcome=match.outcome,
        updated_at=match.updated_at,
        can=_can(taken, actor, now),
        history=history,
    )


def _side_sheet(taken: Taken, side: MatchSide, actor: Actor, now: datetime) -> SideSheet:
    entry, match, facts = taken.entry(side), taken.match, taken.facts[side]
    is_mine = taken.side is side
    is_staff = taken.side is None and may(actor, Action.MATCH_LIST, facts, now)
    sees_answer = is_mine or is_staff or match.state is not MatchState.PROPOSED
    sees_words = is_mine or is_staff
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now) | public_fields(entry)
    return SideSheet(
        ref=entry.ref,
        title=entry.title if "title" in shown else None,
        language=entry.language if "title" in shown else None,
        is_mine=is_mine,
        answer=_of(match, side, "answer") if sees_answer else None,
        declined=_of(match, side, "decline") if sees_words else None,
        words=_of(match, side, "reason") if sees_words else None,
        contact=_contact(taken, side, actor, now),
        result=_of(match, side, "result") if sees_words or match.state in RESULTS else None,
        outcome=_of(match, side, "outcome") if sees_words else None,
    )


def _of(match: Match, side: MatchSide, what: str) -> Any:
    return getattr(match, f"{side.value}_{what}")


def _contact(taken: Taken, side: MatchSide, actor: Actor, now: datetime) -> dict[str, str | None] | None:
    """The contact data of a side, for whoever may read them: judged by the reader's own side of the match."""
    judged = taken.facts[taken.side or side]
    if not may(actor, Action.MATCH_READ_CONTACTS, judged, now):
        return None
    entry = taken.entry(side)
    return {name: getattr(entry, name) for name in CONTACT}


def _can(taken: Taken, actor: Actor, now: datetime) -> frozenset[str]:
    """Names of the steps that are possible in this state and allowed to the reader."""
    match = taken.match
    if taken.side is not None:
        return _own_steps(taken, actor, now)
    if not all(may(actor, Action.MATCH_PROPOSE, facts, now) for facts in taken.facts.values()):
        return frozenset()
    steps = {MatchAction.PROPOSE, MatchAction.START, MatchAction.CANCEL}
    found = {step.value for step in actions_from(MATCH_STEPS, match.state) if step in steps}
    return frozenset(found | ({"close"} if match.state is MatchState.ACTIVE else set()))


def _own_steps(taken: Taken, actor: Actor, now: datetime) -> frozenset[str]:
    match, side = taken.match, taken.side
    assert side is not None  # noqa: S101 -- only for the type
    found = set()
    is_open = match.answer_by_at is None or now <= match.answer_by_at
    has_answered = _of(match, side, "answer") is not MatchAnswer.NONE
    if match.state is MatchState.PROPOSED and is_open and not has_answered:
        found.add("answer")
    if match.state in (MatchState.ACTIVE, *RESULTS):
        found.add("report")
    asked = {"answer": Action.MATCH_ANSWER, "report": Action.MATCH_REPORT_OUTCOME}
    return frozenset(one for one in found if may(actor, asked[one], taken.facts[side], now))


def _history(session: Session, taken: Taken) -> tuple[HistoryRow, ...]:
    """What happened, from the audit trail; a side learns nothing of what was before the proposal."""
    rows = session.execute(
        sa.select(AuditEvent.at, AuditEvent.action, AuditEvent.after)
        .where(AuditEvent.subject_kind == "match", AuditEvent.subject_ref == taken.match.ref)
        .order_by(AuditEvent.sequence)
    ).all()
    is_open = taken.match.state is MatchState.PROPOSED
    found = []
    for at, action, after in rows:
        side = (after or {}).get("side") if action in ("match.answer", "match.report_outcome") else None
        is_others = taken.side is not None and side not in (None, taken.side.value)
        is_early = taken.side is not None and action in ("match.shortlist", "match.suggest")
        if not is_early and not (is_others and is_open):
            found.append(HistoryRow(at, action, side))
    return tuple(found)


def officers(session: Session) -> tuple[tuple[str, str], ...]:
    """Who can look after a match: (address, name), by name."""
    rows = session.execute(
        sa.select(Account.email, Account.name)
        .where(Account.is_disabled.is_(False), Account.erased_at.is_(None))
        .where(Account.grants.any(role=Role.OFFICER))
        .order_by(Account.name, Account.id)
    )
    return tuple((email, name) for email, name in rows)
