"""The meeting on a proposal: lock the reviews, agree on scores with a reason, discuss, note a minority view.

Opening the deliberation locks what was handed in: from then on nobody changes a score, and the meeting's own
score stands beside the individual ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.panels import ConsensusScore, PanelNote
from models.reviews import Review
from procedure.access import may
from procedure.lifecycle import REVIEW_STEPS, advance, advance_entry
from services import audit
from services.entries.rows import check_version, fetch_for, note_change, touch
from services.facts import facts_of_entries
from services.panels.benches import Bench, load_benches
from services.panels.results import refresh
from services.reviews.rows import touch as touch_review
from services.screening_clock import start_eligible
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.findings import SCORES, CriterionId, Score
from vocabulary.messages import Message, plural_message
from vocabulary.people import Actor
from vocabulary.states import EntryAction, RequestState, ReviewAction, ReviewState

FEWEST_REVIEWS = 3
"""Outside of any call."""
LONGEST_TEXT = 8_000
NOTE, MINORITY = "note", "minority"
_MISSING = Message("This is missing.")


def open_item(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str | None, *, now: datetime
) -> Entry:
    """The panel meets on one proposal; every review that was handed in is locked.

    Raises Invalid for `reason` where too few reviews were handed in and nobody says why that is enough.
    """
    entry, _ = fetch_for(session, actor, Action.PANEL_OPEN, ref, now=now, lock=True)
    check_version(entry, expected_version)
    _open(session, actor, [entry], reason, now)
    return entry


def open_under(session: Session, actor: Actor, call: Call, reason: str | None, *, now: datetime) -> int:
    """The call goes into deliberation, and with it every proposal of it that is under review or could be.

    The caller has asked whether the actor may move the call on.
    """
    start_eligible(session, actor, call, now=now)
    entries = _under_review(session, call)
    _open(session, actor, entries, reason, now)
    return len(entries)


def _under_review(session: Session, call: Call) -> Sequence[Entry]:
    query = sa.select(Entry).where(Entry.call_id == call.id, Entry.state == RequestState.IN_REVIEW)
    return session.execute(query.order_by(Entry.id).with_for_update(of=Entry)).scalars().all()


def open_all(session: Session, actor: Actor, call_ref: str, reason: str | None, *, now: datetime) -> int:
    """The panel meets on every proposal of a call that is under review; returns how many.

    Those on which the officer has a conflict of interest stay as they are and are not told of. Raises
    Invalid for `reason` as `open_item` does.
    """
    call = session.execute(sa.select(Call).where(Call.ref == call_ref)).scalar_one_or_none()
    if call is None:
        raise NotFound
    entries = _under_review(session, call)
    facts = facts_of_entries(session, entries, actor)
    mine = [entry for entry in entries if may(actor, Action.PANEL_OPEN, facts[entry.id], now)]
    _open(session, actor, mine, reason, now)
    return len(mine)


def _open(
    session: Session, actor: Actor, entries: Sequence[Entry], reason: str | None, now: datetime
) -> None:
    said = (reason or "").strip() or None
    benches = load_benches(session, entries)
    short = [entry for entry in entries if len(benches[entry.id].counted) < fewest(session, entry)]
    if short and said is None:
        raise Invalid({"reason": [_too_few(session, short, benches)]})
    for entry in entries:
        before = entry.state
        entry.state = advance_entry(entry.kind, entry.state, EntryAction.DELIBERATE)
        touch(entry, now)
        note_change(session, entry, now)
        audit.record(
            session,
            actor,
            "entry.deliberate",
            ("entry", entry.ref),
            now=now,
            before={"state": before},
            after={"state": entry.state, "n_reviews": len(benches[entry.id].counted)},
            reason=said if entry in short else None,
        )
    lock_reviews(session, actor, entries, now)
    session.flush()
    refresh(session, entries, now=now)


def fewest(session: Session, entry: Entry) -> int:
    """How many reviews a proposal needs before the panel meets on it."""
    call = session.get(Call, entry.call_id) if entry.call_id is not None else None
    return call.minimum_reviews if call else FEWEST_REVIEWS


def _too_few(session: Session, short: Sequence[Entry], benches: dict[int, Bench]) -> Message:
    if len(short) == 1:
        return Message(
            "{ref} has {n} of {fewest} reviews. Say why the panel meets on it all the same.",
            ref=short[0].ref,
            n=len(benches[short[0].id].counted),
            fewest=fewest(session, short[0]),
        )
    return plural_message(
        "{n} proposal has fewer reviews than the call asks for ({refs}). "
        "Say why the panel meets all the same.",
        "{n} proposals have fewer reviews than the call asks for ({refs}). "
        "Say why the panel meets all the same.",
        len(short),
        refs=tuple(entry.ref for entry in short),
    )


def lock_reviews(session: Session, actor: Actor, entries: Sequence[Entry], now: datetime) -> None:
    """Lock what was handed in on these: from now on nobody changes a score."""
    query = (
        sa.select(Review)
        .where(
            Review.entry_id.in_([entry.id for entry in entries]),
            Review.state == ReviewState.SUBMITTED,
        )
        .order_by(Review.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for review in session.execute(query).scalars().all():
        review.state = advance(REVIEW_STEPS, review.state, ReviewAction.LOCK)
        touch_review(review, now)
        audit.record(
            session,
            actor,
            "review.lock",
            ("review", review.ref),
            now=now,
            before={"state": ReviewState.SUBMITTED.value},
            after={"state": review.state.value},
        )


# --- what the meeting adds --------------------------------------------------------------------------------


def record_consensus(
    session: Session,
    actor: Actor,
    ref: str,
    criterion: CriterionId,
    value: Score | None,
    reason: str,
    *,
    now: datetime,
) -> ConsensusScore | None:
    """The score that the meeting agreed on; None takes an agreed score back. Both need a reason.

    The individual scores stay as they are. Raises Invalid by field, Conflict where there is nothing to take
    back.
    """
    entry, _ = fetch_for(session, actor, Action.REVIEW_RECORD_CONSENSUS, ref, now=now, lock=True)
    bench = load_benches(session, [entry])[entry.id]
    said = _checked_consensus(bench, criterion, value, reason)
    before = bench.agreed.get(criterion)
    if before is None and value is None:
        raise Conflict(Message("No score was agreed on for this criterion."), code="nothing_agreed")
    if before is not None:
        before.ended_at = now
        touch_review(before, now)
        session.flush()
    row = None
    if value is not None:
        row = ConsensusScore(
            entry_id=entry.id,
            criterion_id=bench.programme.criteria[criterion].id,
            value=value,
            reason=said,
            recorded_by_id=actor.account_id or 0,
            recorded_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
    audit.record(
        session,
        actor,
        "review.record_consensus",
        ("entry", entry.ref),
        now=now,
        before={"criterion": criterion, "value": before.value} if before is not None else None,
        after={"criterion": criterion, "value": value},
        reason=said,
    )
    refresh(session, [entry], now=now)
    return row


def _checked_consensus(bench: Bench, criterion: CriterionId, value: Score | None, reason: str) -> str:
    errors: dict[str, list[Message]] = {}
    if criterion not in bench.programme.criteria:
        errors["criterion"] = [Message("There is no such criterion in this call.")]
    if value is not None and value not in SCORES:
        errors["value"] = [Message("This must be a score from 0 to 3.")]
    said = tidy(reason)
    if not said:
        errors["reason"] = [Message("Say why the meeting agreed on this.")]
    elif len(said) > LONGEST_TEXT:
        errors["reason"] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    return said


def write_note(session: Session, actor: Actor, ref: str, kind: str, text: str, *, now: datetime) -> PanelNote:
    """A note of the discussion, or the view of a minority; kept as it is for good."""
    entry, _ = fetch_for(session, actor, Action.PANEL_DISCUSS, ref, now=now)
    said = tidy(text)
    errors: dict[str, list[Message]] = {}
    if kind not in (NOTE, MINORITY):
        errors["kind"] = [Message("This must be a note or a minority view.")]
    if not said:
        errors["text"] = [_MISSING]
    elif len(said) > LONGEST_TEXT:
        errors["text"] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    note = PanelNote(
        entry_id=entry.id, kind=kind, text=said, written_by_id=actor.account_id or 0, written_at=now
    )
    session.add(note)
    session.flush()
    audit.record(session, actor, f"panel.{kind}", ("entry", entry.ref), now=now, after={"note": note.id})
    return note


def tidy(text: str | None) -> str:
    """A text with one form of line break, without control signs and blanks around it."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or ord(sign) >= 32).strip()
