"""What the two sides say: yes or no to a proposed match, and later what came of it.

Each side writes only its own columns, so that an answer never overwrites the other's. The second yes makes
the match agreed, under a lock on the offer's row: the places that agreed matches take never exceed what the
offer has, however many answer at the same moment.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.matches import Match
from procedure.access import require
from services import audit
from services.entries.rows import note_change
from services.introductions import letters
from services.introductions.rows import Taken, fetch_match, step
from services.introductions.steps import LONGEST_REASON, check_room
from services.reviews.rows import touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import DeclineReason, MatchAction, MatchAnswer, MatchSide, MatchState

NOT_A_SIDE = Message("Only the two sides of the match can do this.")
RESULTS = (MatchState.COMPLETED, MatchState.ENDED_EARLY)
_REPORTABLE = (MatchState.ACTIVE, *RESULTS)


def answer(
    session: Session,
    actor: Actor,
    ref: str,
    said: MatchAnswer,
    *,
    now: datetime,
    declined: DeclineReason | None = None,
    words: str | None = None,
) -> Match:
    """Say yes or no for one's own side; the second yes makes the match agreed, a no ends it.

    Raises NotFound, Refused; Conflict when it is too late, answered already, or the offer's last place went
    to another match (nothing is recorded then); Invalid for a no without its reason.
    """
    taken = fetch_match(session, actor, ref, now=now, lock=True)
    side = _side(taken, actor, Action.MATCH_ANSWER, now)
    words = _checked(said, declined, words)
    match = taken.match
    if match.state is not MatchState.PROPOSED or _answer_of(match, side) is not MatchAnswer.NONE:
        raise Conflict(Message("This cannot be answered now, or you have answered already."), code="answered")
    if match.answer_by_at is not None and now > match.answer_by_at:
        raise Conflict(
            Message("The day for an answer has passed. Write to the secretariat."), code="too_late"
        )
    _note(match, side, said, declined, words)
    touch(match, now)
    _record(session, actor, match, "match.answer", {"side": side.value, "answer": said.value}, now)
    if said is MatchAnswer.NO:
        _decline(session, actor, taken, side, declined, now)
    elif MatchAnswer.NONE not in (match.requester_answer, match.partner_answer):
        _agree(session, actor, taken, now)
    session.flush()
    return match


def _side(taken: Taken, actor: Actor, action: Action, now: datetime) -> MatchSide:
    if taken.side is None:
        raise Refused(NOT_A_SIDE, code="role")
    require(actor, action, taken.facts[taken.side], now)
    return taken.side


def _checked(said: MatchAnswer, declined: DeclineReason | None, words: str | None) -> str | None:
    words = (words or "").strip() or None
    if said is MatchAnswer.NONE:
        raise Invalid({"answer": [Message("Say yes or no.")]})
    if said is MatchAnswer.NO and declined is None:
        raise Invalid(
            {"reason": [Message("Choose the reason that comes nearest; it helps to match better.")]}
        )
    if said is MatchAnswer.YES and declined is not None:
        raise Invalid({"reason": [Message("A reason is only asked for with a no.")]})
    if words is not None and len(words) > LONGEST_REASON:
        raise Invalid({"words": [Message("This is longer than {max} characters.", max=LONGEST_REASON)]})
    return words


def _answer_of(match: Match, side: MatchSide) -> MatchAnswer:
    return match.requester_answer if side is MatchSide.REQUESTER else match.partner_answer


def _note(
    match: Match, side: MatchSide, said: MatchAnswer, declined: DeclineReason | None, words: str | None
) -> None:
    code = declined.value if declined is not None else None
    setattr(match, f"{side.value}_answer", said)
    setattr(match, f"{side.value}_decline", code)
    setattr(match, f"{side.value}_reason", words)


def _decline(
    session: Session,
    actor: Actor,
    taken: Taken,
    side: MatchSide,
    declined: DeclineReason | None,
    now: datetime,
) -> None:
    code = declined.value if declined is not None else "other"
    taken.match.explanation = dict(taken.match.explanation) | {"declined_because": code}
    step(session, actor, taken.match, MatchAction.DECLINE, now=now, after={"because": code})
    letters.tell_ended(session, taken, now=now, but=side)


def _agree(session: Session, actor: Actor, taken: Taken, now: datetime) -> None:
    """Both said yes: the offer's row is held from here to the end of the transaction."""
    query = sa.select(Entry).where(Entry.id == taken.offer.id).with_for_update(of=Entry)
    taken.offer = session.execute(query.execution_options(populate_existing=True)).scalar_one()
    check_room(session, taken)
    step(session, actor, taken.match, MatchAction.AGREE, now=now)
    note_change(session, taken.offer, now)
    letters.tell_agreed(session, taken, now=now)


def report_outcome(
    session: Session, actor: Actor, ref: str, result: MatchState, words: str, *, now: datetime
) -> Match:
    """One side says what came of the match; it may say so again until the match is closed."""
    taken = fetch_match(session, actor, ref, now=now, lock=True)
    side = _side(taken, actor, Action.MATCH_REPORT_OUTCOME, now)
    match, words = taken.match, words.strip()
    if match.state not in _REPORTABLE:
        raise Conflict(Message("What came of it can be told once it is under way."), code="wrong_state")
    if result not in RESULTS:
        raise Invalid({"result": [Message("Say whether it was completed or ended early.")]})
    if not words or len(words) > LONGEST_REASON:
        text = Message("Say in 1 to {max} characters what came of it.", max=LONGEST_REASON)
        raise Invalid({"outcome": [text]})
    setattr(match, f"{side.value}_result", result.value)
    setattr(match, f"{side.value}_outcome", words)
    touch(match, now)
    _record(session, actor, match, "match.report_outcome", {"side": side.value, "result": result.value}, now)
    session.flush()
    return match


def _record(
    session: Session, actor: Actor, match: Match, action: str, after: dict[str, str], now: datetime
) -> None:
    audit.record(session, actor, action, ("match", match.ref), now=now, after=after)
