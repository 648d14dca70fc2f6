"""The officer's steps with a match: shortlist it, propose it to both sides, start it, end it.

A person decides each time. Shortlisting freezes the score and the reasons of that moment, and the versions of
settings and index that gave them; nobody outside is told before the proposal. An officer takes no step where
either entry is their own or under a conflict of interest of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.decisions import Decision
from models.entries import Entry
from models.matches import Match
from models.people import Account
from services.entries.rows import fetch_for, note_change
from services.introductions import letters
from services.introductions.rows import Taken, check_version, fetch_match, require_on_both, step, taken_of
from services.match_facts import places_taken
from services.matches import MatchPage, match_page
from services.references import next_reference
from services.sentences import as_data
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor, Role
from vocabulary.states import (
    CLOSED_MATCHES,
    MATCHABLE_OFFERS,
    MATCHABLE_REQUESTS,
    EntryKind,
    MatchAction,
    MatchAnswer,
    MatchState,
    RequestState,
)

SHORTEST_TIME, LONGEST_TIME = timedelta(days=1), timedelta(days=120)
"""Between proposing a match and the day by which both sides answer."""
LONGEST_REASON = 2_000
N_TERMS = 30
AT_ONCE = 100
MOST_PLACES = 10_000
NOT_OPEN_REQUEST = Message("This request is not open for matches now.")
NOT_OPEN_OFFER = Message("This offer is not open for matches now.")
NOT_A_NEED = Message("This must be a need that the request names, or nothing for all of it.")
NOT_PLACES = Message("This must be a whole number of 1 or more.")
TOO_LONG = Message("This is longer than {max} characters.", max=LONGEST_REASON)
EARLY = Message("No released result of the panel endorses this request. Say why it is matched all the same.")
_ENDORSED = ("endorsed", "endorsed_with_conditions")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the pair was taken up: its score 0..1, what made it, and the versions that gave it."""

    score: float
    content: Mapping[str, Any]
    settings_version: str
    index_version: str


def shortlist(
    session: Session,
    actor: Actor,
    request_ref: str,
    offer_ref: str,
    *,
    now: datetime,
    slot: str = "",
    places: int = 1,
    reason: str | None = None,
    explanation: Explanation | None = None,
) -> Match:
    """Take a pair up, for the secretariat only to see.

    `slot` is the need of the request that the offer would meet, or nothing for the whole request. `reason` is
    needed where the panel's result on the request is not released yet. Without an `explanation` the pair is
    ranked now.

    Raises NotFound or Refused as for the entries, Invalid where the pair cannot be taken up, Conflict where
    it is taken up already.
    """
    request, _ = fetch_for(
        session, actor, Action.MATCH_SHORTLIST, request_ref, now=now, kind=EntryKind.REQUEST
    )
    offer, _ = fetch_for(session, actor, Action.MATCH_SHORTLIST, offer_ref, now=now, kind=EntryKind.OFFER)
    _check_pair(session, request, offer, slot, places, reason)
    if explanation is None:
        explanation = explain(session, actor, request_ref, offer_ref, now=now)
    match = Match(
        ref=next_reference(session, "MAT", now),
        request_id=request.id,
        offer_id=offer.id,
        slot=slot,
        state=MatchState.SUGGESTED,
        score=explanation.score,
        explanation=dict(explanation.content),
        settings_version=explanation.settings_version,
        index_version=explanation.index_version,
        places=places,
        requester_answer=MatchAnswer.NONE,
        partner_answer=MatchAnswer.NONE,
        facilitator_id=actor.account_id,
        created_at=now,
        updated_at=now,
    )
    session.add(match)
    session.flush()
    named = {"request": request.ref, "offer": offer.ref, "places": places}
    step(session, actor, match, MatchAction.SHORTLIST, now=now, reason=reason, after=named)
    session.flush()
    return match


def explain(
    session: Session, actor: Actor, request_ref: str, offer_ref: str, *, now: datetime
) -> Explanation:
    """Rank the pair now. Raises NotFound where the two cannot be matched at all."""
    page = match_page(session, actor, request_ref, offer_ref, now=now, language="en", kind=EntryKind.REQUEST)
    if page is None:
        raise NotFound
    return explanation_of(page)


def explanation_of(page: MatchPage) -> Explanation:
    """What is kept of a ranked pair."""
    row = page.row
    content = {
        "parts": dict(row.parts),
        "weights": dict(row.weights),
        "terms": [{"term": one.shown, "share": one.share} for one in row.terms[:N_TERMS]],
        "reasons": {name: as_data(message) for name, message in row.reasons.items()},
        "blockers": [{"code": code, "reason": as_data(message)} for code, message in row.blockers],
    }
    return Explanation(row.score, content, page.settings_version, page.index_version)


def _check_pair(
    session: Session, request: Entry, offer: Entry, slot: str, places: int, reason: str | None
) -> None:
    needs = {term.code for term in request.terms if term.vocabulary == "needs"}
    is_open = RequestState(request.state) in MATCHABLE_REQUESTS
    lacks_reason = is_open and not (reason or "").strip() and not is_endorsed(session, request)
    wrong = (
        ("request", not is_open, NOT_OPEN_REQUEST),
        ("reason", lacks_reason, EARLY),
        ("reason", len(reason or "") > LONGEST_REASON, TOO_LONG),
        ("offer", offer.state not in MATCHABLE_OFFERS, NOT_OPEN_OFFER),
        ("slot", bool(slot) and slot not in needs, NOT_A_NEED),
        ("places", not 1 <= places <= MOST_PLACES, NOT_PLACES),
    )
    errors = {name: [message] for name, is_wrong, message in wrong if is_wrong}
    if errors:
        raise Invalid(errors)
    _check_untaken(session, request, offer, slot)


def _check_untaken(session: Session, request: Entry, offer: Entry, slot: str) -> None:
    taken = session.execute(
        sa.select(Match.ref).where(
            Match.request_id == request.id,
            Match.offer_id == offer.id,
            Match.slot == slot,
            Match.state.not_in(CLOSED_MATCHES),
        )
    ).scalar_one_or_none()
    if taken is not None:
        message = Message("This pair is taken up already, as {ref}.", ref=taken)
        raise Conflict(message, code="taken_up", extra={"ref": taken})


def is_endorsed(session: Session, request: Entry) -> bool:
    """Has the panel endorsed the request, in a released decision; or was it made outside of any call?"""
    if request.call_id is None:
        return True
    if request.state != RequestState.RELEASED:
        return False
    outcome = session.execute(
        sa.select(Decision.outcome).where(
            Decision.entry_id == request.id,
            Decision.superseded_by_id.is_(None),
            Decision.withdrawn_at.is_(None),
            Decision.released_at.is_not(None),
        )
    ).scalar_one_or_none()
    return outcome in _ENDORSED


def propose(
    session: Session, actor: Actor, ref: str, expected_version: int, answer_by_at: datetime, *, now: datetime
) -> Match:
    """Ask both sides, by mail, for an answer by a day."""
    taken = _begin(session, actor, ref, expected_version, Action.MATCH_PROPOSE, now)
    if not now + SHORTEST_TIME <= answer_by_at <= now + LONGEST_TIME:
        raise Invalid(
            {
                "answer_by_at": [
                    Message(
                        "Give them between {least} and {most} days.",
                        least=SHORTEST_TIME.days,
                        most=LONGEST_TIME.days,
                    )
                ]
            }
        )
    if (
        taken.offer.state not in MATCHABLE_OFFERS
        or RequestState(taken.request.state) not in MATCHABLE_REQUESTS
    ):
        raise Conflict(Message("One of the two entries is no longer open for matches."), code="not_open")
    check_room(session, taken)
    taken.match.proposed_at, taken.match.answer_by_at = now, answer_by_at
    by = {"answer_by_at": answer_by_at.isoformat()}
    step(session, actor, taken.match, MatchAction.PROPOSE, now=now, after=by)
    letters.tell_proposed(session, taken, now=now)
    session.flush()
    return taken.match


def check_room(session: Session, taken: Taken) -> None:
    """Raises Conflict when the offer has not enough places left; to be sure, the caller holds its row."""
    if taken.offer.capacity is None:
        return
    left = taken.offer.capacity - places_taken(session, [taken.offer.id]).get(taken.offer.id, 0)
    if taken.match.places > left:
        raise Conflict(
            Message("The offer has no place left for this match."),
            code="no_place_left",
            extra={"left": max(0, left), "needed": taken.match.places},
        )


def start(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    starts_on: date | None,
    *,
    now: datetime,
    facilitator_email: str | None = None,
) -> Match:
    """Both have agreed and begin; names who of the secretariat looks after it (the actor by default)."""
    taken = _begin(session, actor, ref, expected_version, Action.MATCH_PROPOSE, now)
    if starts_on is None:
        raise Invalid({"starts_on": [Message("Give the day on which they begin.")]})
    taken.match.facilitator_id = _facilitator(session, actor, facilitator_email)
    taken.match.starts_on = starts_on
    begun = {"starts_on": starts_on.isoformat(), "facilitator": taken.match.facilitator_id}
    step(session, actor, taken.match, MatchAction.START, now=now, after=begun)
    session.flush()
    return taken.match


def _facilitator(session: Session, actor: Actor, email: str | None) -> int | None:
    if not email:
        return actor.account_id
    account = session.execute(
        sa.select(Account).where(Account.email == email.strip().lower()).options(selectinload(Account.grants))
    ).scalar_one_or_none()
    if account is None or account.is_disabled or Role.OFFICER not in {one.role for one in account.grants}:
        raise Invalid({"facilitator": [Message("This must be the e-mail address of an officer.")]})
    return account.id


def cancel(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str, *, now: datetime
) -> Match:
    """Take a match back that is not under way yet; its places are free again."""
    taken = _begin(session, actor, ref, expected_version, Action.MATCH_PROPOSE, now)
    reason = _reason(reason, Message("Say why it is taken back."))
    was_known = taken.match.proposed_at is not None
    step(session, actor, taken.match, MatchAction.CANCEL, now=now, reason=reason)
    note_change(session, taken.offer, now)
    if was_known:
        letters.tell_ended(session, taken, now=now)
    session.flush()
    return taken.match


def close(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    result: MatchState,
    outcome: str,
    *,
    now: datetime,
) -> Match:
    """End a match that is under way, once a side has reported the same result."""
    taken = _begin(session, actor, ref, expected_version, Action.MATCH_REPORT_OUTCOME, now)
    outcome = _reason(outcome, Message("Say in a few words what came of it."), name="outcome")
    match = taken.match
    action = {MatchState.COMPLETED: MatchAction.COMPLETE, MatchState.ENDED_EARLY: MatchAction.END_EARLY}[
        result
    ]
    if match.state is MatchState.ACTIVE and result.value not in (
        match.requester_result,
        match.partner_result,
    ):
        raise Conflict(
            Message("One side at least must report this result before the match is closed."),
            code="unconfirmed",
        )
    match.outcome = outcome
    step(session, actor, match, action, now=now)
    note_change(session, taken.offer, now)
    session.flush()
    return match


def lapse_matches(session: Session, *, now: datetime) -> int:
    """Proposed matches whose day has passed lapse; returns how many did. Call again until it is 0."""
    found = (
        session.execute(
            sa.select(Match)
            .where(Match.state == MatchState.PROPOSED, Match.answer_by_at < now)
            .order_by(Match.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    for match in found:
        taken = taken_of(session, SYSTEM, match)
        step(session, SYSTEM, match, MatchAction.LAPSE, now=now)
        letters.tell_ended(session, taken, now=now)
    return len(found)


def _begin(
    session: Session, actor: Actor, ref: str, expected_version: int, action: Action, now: datetime
) -> Taken:
    """An officer's step on a match of the version read."""
    taken = fetch_match(session, actor, ref, now=now, lock=True)
    require_on_both(taken, actor, action, now)
    check_version(taken.match, expected_version)
    return taken


def _reason(text: str, missing: Message, *, name: str = "reason") -> str:
    text = text.strip()
    if not text:
        raise Invalid({name: [missing]})
    if len(text) > LONGEST_REASON:
        raise Invalid({name: [TOO_LONG]})
    return text
