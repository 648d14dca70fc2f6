"""Propose what to decide, have another person approve it, or take it back before it is released.

The panel's verdict advises. A proposal that goes against it says why; the database holds that, and that who
approves is not who proposed, unless the call does without a second person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from criteria.scorecard import contradicts
from models.decisions import Decision
from models.entries import Entry
from models.panels import PanelResult
from procedure.lifecycle import advance_entry
from services import audit
from services.decisions.letters import draft_letter, drop_letter
from services.decisions.rows import check_version, fetch_for, find, under_way
from services.entries.rows import check_version as check_entry_version
from services.entries.rows import fetch_for as fetch_entry_for
from services.entries.rows import note_change, touch
from services.panels.deliberation import LONGEST_TEXT, tidy
from services.panels.results import claimed_verdicts, latest_results, refresh
from services.references import next_reference
from services.reviews.rows import touch as touch_row
from vocabulary.actions import Action
from vocabulary.decisions import AMOUNTS_TO, Outcome
from vocabulary.errors import Conflict, Invalid
from vocabulary.findings import Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryAction

BODY = "task_force"
PROPOSABLE = tuple(outcome for outcome in Outcome if outcome is not Outcome.INELIGIBLE)
"""An entry that is not eligible is screened out, not decided by a panel."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody proposes to decide; `reason` is what the submitter reads."""

    outcome: str
    reason: str
    conditions: str | None = None
    contradiction_reason: str | None = None


def propose(
    session: Session, actor: Actor, ref: str, draft: Draft, expected_version: int, *, now: datetime
) -> Decision:
    """Propose a decision on an entry in deliberation.

    Raises Invalid by field, Conflict where one was proposed already, or for a stale version of the entry.
    """
    entry, facts = fetch_entry_for(session, actor, Action.DECISION_PROPOSE, ref, now=now, lock=True)
    check_entry_version(entry, expected_version)
    decision = record_proposal(session, actor, entry, draft, four_eyes=facts.four_eyes, now=now)
    touch(entry, now)
    session.flush()
    return decision


def record_proposal(
    session: Session, actor: Actor, entry: Entry, draft: Draft, *, four_eyes: bool, now: datetime
) -> Decision:
    """Write the proposal down, on the newest result of the panel. The caller has asked whether one may."""
    refresh(session, [entry], now=now)
    result = latest_results(session, [entry.id]).get(entry.id)
    checked = _checked(draft, result)
    if under_way(session, [entry.id]):
        raise Conflict(
            Message("A decision on this was proposed already. Take it back before you propose another."),
            code="already_proposed",
        )
    decision = Decision(
        ref=next_reference(session, "DEC", now),
        entry_id=entry.id,
        panel_result_id=result.id if result else None,
        outcome=checked.outcome,
        conditions=checked.conditions,
        reason=checked.reason,
        contradicts=goes_against(checked.outcome, result),
        contradiction_reason=checked.contradiction_reason,
        verdicts=claimed_verdicts(result),
        body=BODY,
        decided_at=now,
        proposed_by_id=actor.account_id or 0,
        four_eyes=four_eyes,
        created_at=now,
        updated_at=now,
    )
    session.add(decision)
    session.flush()
    audit.record(
        session,
        actor,
        "decision.propose",
        ("decision", decision.ref),
        now=now,
        after={"entry": entry.ref, "outcome": decision.outcome, "verdicts": decision.verdicts},
        reason=decision.contradiction_reason,
    )
    return decision


def goes_against(outcome: str, result: PanelResult | None) -> bool:
    """Does an outcome go against the panel's verdict? An open verdict is contradicted by nothing."""
    if result is None:
        return False
    return contradicts(AMOUNTS_TO.get(Outcome(outcome)), Verdict(result.counts["overall"]))


def _checked(draft: Draft, result: PanelResult | None) -> Draft:
    """The draft in its one form. Raises Invalid with every error by field."""
    errors: dict[str, list[Message]] = {}
    texts = {
        name: tidy(getattr(draft, name)) or None for name in ("reason", "conditions", "contradiction_reason")
    }
    is_known = draft.outcome in [outcome.value for outcome in PROPOSABLE]
    if not is_known:
        errors["outcome"] = [Message("Choose one.")]
    if texts["reason"] is None:
        errors["reason"] = [Message("Give the reason; the submitter reads it in the letter.")]
    is_conditional = draft.outcome == Outcome.ENDORSED_WITH_CONDITIONS.value
    if is_conditional and texts["conditions"] is None:
        errors["conditions"] = [Message("Say which conditions have to be met.")]
    if is_known and goes_against(draft.outcome, result) and texts["contradiction_reason"] is None:
        errors["contradiction_reason"] = [
            Message("This differs from the result of the panel. Say why, for the file.")
        ]
    for name, text in texts.items():
        if text is not None and len(text) > LONGEST_TEXT:
            errors[name] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    return Draft(
        draft.outcome,
        texts["reason"] or "",
        texts["conditions"] if is_conditional else None,
        texts["contradiction_reason"] if goes_against(draft.outcome, result) else None,
    )


def approve(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Decision:
    """Approve what another person proposed: the entry is decided, and a letter waits for its release.

    Raises Refused with "needs_second_person" for the proposer, Conflict for a stale version.
    """
    ruling = fetch_for(session, actor, Action.DECISION_APPROVE, ref, now=now, lock=True)
    decision, entry = ruling.decision, ruling.entry
    check_version(decision, expected_version)
    if decision.withdrawn_at is not None or decision.released_at is not None:
        raise Conflict(Message("This decision is not under way any more."), code="not_under_way")
    if decision.approved_by_id is not None:
        raise Conflict(Message("This decision was approved already."), code="already_approved")
    before = entry.state
    decision.approved_by_id, decision.approved_at = actor.account_id, now
    touch_row(decision, now)
    entry.decision_id = decision.id
    entry.state = advance_entry(entry.kind, entry.state, EntryAction.DECIDE)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    draft_letter(session, decision, entry, now=now)
    audit.record(
        session,
        actor,
        "decision.approve",
        ("decision", decision.ref),
        now=now,
        before={"state": before},
        after={"entry": entry.ref, "state": entry.state, "outcome": decision.outcome},
    )
    return decision


def take_back(
    session: Session, actor: Actor, ref: str, reason: str, expected_version: int, *, now: datetime
) -> Decision:
    """Take a decision back before its release; it is kept with the reason, and the panel meets again.

    One that nobody approved yet may be taken back by whoever may propose; an approved one only by a decider.
    """
    found = find(session, actor, ref, lock=True)
    is_approved = found.decision.approved_by_id is not None
    action = Action.DECISION_REVERT if is_approved else Action.DECISION_PROPOSE
    ruling = fetch_for(session, actor, action, ref, now=now)
    decision, entry = ruling.decision, ruling.entry
    check_version(decision, expected_version)
    if decision.withdrawn_at is not None or decision.released_at is not None:
        raise Conflict(Message("This decision is not under way any more."), code="not_under_way")
    said = tidy(reason)
    if not said:
        raise Invalid({"reason": [Message("Say why it is taken back.")]})
    before = entry.state
    if is_approved:
        entry.state = advance_entry(entry.kind, entry.state, EntryAction.REOPEN)
        entry.decision_id = None
        drop_letter(session, decision)
        note_change(session, entry, now)
    decision.withdrawn_at, decision.withdrawn_reason = now, said
    touch_row(decision, now)
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        actor,
        "decision.revert",
        ("decision", decision.ref),
        now=now,
        before={"state": before},
        after={"entry": entry.ref, "state": entry.state},
        reason=said,
    )
    return decision
