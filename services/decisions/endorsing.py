"""Decide whether a partner's own activity is endorsed: an offer that seeks recognition.

An offer has no phases of a panel; it stands, and is matched, while it is scored. What was scored advises here
as it does there: somebody on the panel proposes, a decider who did not propose approves, and with
that the letter goes out. What was endorsed can then be recognised (services/recognitions.py). Source:
IPBES/5/3, annex, on own activities that seek endorsement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision, Recognition, Release
from models.entries import Entry
from models.panels import PanelResult
from procedure.access import may, refusal, require
from procedure.facts import ANYWHERE
from services import audit, recognition_renewals, recognitions
from services.decisions.letters import address_of, draft_letter
from services.decisions.proposing import Draft, record_proposal
from services.decisions.releasing import close_reviews, release_one
from services.decisions.rows import check_version, fetch_for, find, in_force, under_way
from services.entries.rows import check_version as check_entry_version
from services.entries.rows import fetch_for as fetch_entry_for
from services.entries.rows import touch
from services.facts import entry_facts, facts_of_entries
from services.panels.benches import load_benches
from services.panels.deliberation import fewest, lock_reviews, tidy
from services.panels.results import claimed_verdicts, latest_results, refresh
from services.recognitions import awaits_issue, awaits_renewal
from services.references import next_reference
from services.reviews.rows import touch as touch_row
from vocabulary.actions import Action
from vocabulary.decisions import FAVOURABLE, Outcome
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.findings import Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind

OUTCOMES = ("endorsed", "endorsed_with_conditions", "not_endorsed")
_NOT_ASKED = Message("This offer does not ask for recognition.")


@dataclass(frozen=True, slots=True)
class Asking:
    """An offer that seeks recognition, and how far that has come."""

    ref: str
    title: str | None
    language: str | None
    organisation: str | None
    n_reviews: int
    fewest: int
    step: str


@dataclass(frozen=True, slots=True)
class Endorsement:
    """Everything that whoever decides looks at. `may` names the acts that are open to the reader now.

    `renewal_asked_at` while the partner waits for an answer: a new decision, and after a good one the letter.
    """

    ref: str
    version: int
    title: str | None
    language: str | None
    organisation: str | None
    seeks: bool
    n_reviews: int
    fewest: int
    verdicts: Mapping[str, Verdict]
    pending: Decision | None
    told: Decision | None
    recognition_ref: str | None
    recognised_until: date | None
    renewal_asked_at: datetime | None
    renewal_text: str | None
    may: frozenset[str]


def propose(
    session: Session,
    actor: Actor,
    ref: str,
    draft: Draft,
    few_reviews_reason: str | None,
    expected_version: int,
    *,
    now: datetime,
) -> Decision:
    """Propose whether an offer that seeks recognition is endorsed.

    Raises Invalid by field, Conflict where the offer does not ask for it, one was proposed already, or for a
    stale version of the offer.
    """
    entry, facts = fetch_entry_for(session, actor, Action.RECOGNITION_PROPOSE, ref, now=now, lock=True)
    check_entry_version(entry, expected_version)
    if not entry.seeks_recognition:
        raise Conflict(_NOT_ASKED, code="not_asked")
    if draft.outcome not in OUTCOMES:
        raise Invalid({"outcome": [Message("Choose one.")]})
    said = tidy(few_reviews_reason)
    n, wanted = _n_reviews(session, entry), fewest(session, entry)
    if n < wanted and not said:
        raise Invalid(
            {
                "few_reviews_reason": [
                    Message("It has {n} of {wanted} reviews. Say why that is enough.", n=n, wanted=wanted)
                ]
            }
        )
    decision = record_proposal(session, actor, entry, draft, four_eyes=facts.four_eyes, now=now)
    touch(entry, now)
    session.flush()
    if n < wanted:
        audit.record(
            session,
            actor,
            "recognition.propose",
            ("entry", entry.ref),
            now=now,
            after={"decision": decision.ref, "n_reviews": n},
            reason=said,
        )
    return decision


def _n_reviews(session: Session, entry: Entry) -> int:
    return len(load_benches(session, [entry])[entry.id].counted)


def approve(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Decision:
    """Approve what another person proposed; its letter goes out with it.

    Raises Refused with "needs_second_person" for the proposer; Conflict for a stale version, or where the
    reviews say something else together since it was proposed.
    """
    ruling = fetch_for(session, actor, Action.RECOGNITION_APPROVE, ref, now=now, lock=True)
    decision, entry = ruling.decision, ruling.entry
    _check_open(decision, expected_version)
    refresh(session, [entry], now=now)
    newest = latest_results(session, [entry.id]).get(entry.id)
    if newest is not None and newest.id != decision.panel_result_id and _differs(session, decision, newest):
        raise Conflict(
            Message("The result of the reviews has changed since. Take the proposal back and look again."),
            code="result_changed",
        )
    decision.approved_by_id, decision.approved_at = actor.account_id, now
    touch_row(decision, now)
    draft_letter(session, decision, entry, now=now)
    batch = Release(
        ref=next_reference(session, "REL", now),
        call_id=entry.call_id,
        released_by_id=actor.account_id or 0,
        released_at=now,
        n_decisions=1,
        n_letters=int(address_of(session, entry) is not None),
        seen_hash="0" * 64,
    )
    session.add(batch)
    session.flush()
    release_one(session, actor, entry, decision, batch, now=now)
    lock_reviews(session, actor, [entry], now)
    close_reviews(session, actor, [entry.id], now)
    if Outcome(decision.outcome) not in FAVOURABLE:
        recognition_renewals.end_refused(session, actor, entry, now=now)
    audit.record(
        session,
        actor,
        "recognition.approve",
        ("decision", decision.ref),
        now=now,
        after={"entry": entry.ref, "outcome": decision.outcome, "release": batch.ref},
    )
    return decision


def _differs(session: Session, decision: Decision, newest: PanelResult) -> bool:
    return dict(decision.verdicts) != dict(claimed_verdicts(newest))


def _check_open(decision: Decision, expected_version: int) -> None:
    check_version(decision, expected_version)
    if decision.withdrawn_at is not None or decision.released_at is not None:
        raise Conflict(Message("This decision is not under way any more."), code="not_under_way")


def take_back(
    session: Session, actor: Actor, ref: str, reason: str, expected_version: int, *, now: datetime
) -> Decision:
    """Take a proposal back before it is approved; it is kept, with the reason."""
    ruling = fetch_for(session, actor, Action.RECOGNITION_PROPOSE, ref, now=now, lock=True)
    decision = ruling.decision
    _check_open(decision, expected_version)
    said = tidy(reason)
    if not said:
        raise Invalid({"back_reason": [Message("Say why it is taken back.")]})
    decision.withdrawn_at, decision.withdrawn_reason = now, said
    touch_row(decision, now)
    session.flush()
    audit.record(
        session,
        actor,
        "decision.revert",
        ("decision", decision.ref),
        now=now,
        after={"entry": ruling.entry.ref},
        reason=said,
    )
    return decision


# --- what is shown ----------------------------------------------------------------------------------------


def asking(session: Session, actor: Actor, *, now: datetime) -> tuple[Asking, ...]:
    """Offers that seek recognition and stand, but for those that a conflict of interest hides."""
    require(actor, Action.DECISION_LIST, ANYWHERE, now)
    query = sa.select(Entry).where(
        Entry.kind == EntryKind.OFFER,
        Entry.seeks_recognition.is_(True),
        Entry.state.in_(recognition_renewals.STANDING),
    )
    entries = session.execute(query.order_by(Entry.id)).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    mine = [entry for entry in entries if may(actor, Action.RECOGNITION_PROPOSE, facts[entry.id], now)]
    ids = [entry.id for entry in mine]
    pending, told = under_way(session, ids), in_force(session, ids)
    benches = load_benches(session, mine)
    present = recognitions.of_entries(session, ids)
    return tuple(
        Asking(
            entry.ref,
            entry.title,
            entry.language,
            entry.organisation_name,
            len(benches[entry.id].counted),
            fewest(session, entry),
            _step(pending.get(entry.id), told.get(entry.id), present.get(entry.id)),
        )
        for entry in mine
    )


def _step(pending: Decision | None, told: Decision | None, present: Recognition | None) -> str:
    """What comes next: "propose", "approve", "recognise" anew where a renewal waits for it, or "told"."""
    if pending is not None:
        return "approve"
    if present is not None and awaits_renewal(present):
        return "recognise" if awaits_issue(present, told) else "renew"
    return "told" if told is not None else "propose"


def endorsement(session: Session, actor: Actor, ref: str, *, now: datetime) -> Endorsement:
    """One offer that seeks recognition. Raises NotFound, Refused."""
    entry, _ = fetch_entry_for(session, actor, Action.RECOGNITION_PROPOSE, ref, now=now)
    if entry.kind is not EntryKind.OFFER:
        raise NotFound
    pending = under_way(session, [entry.id]).get(entry.id)
    told = in_force(session, [entry.id]).get(entry.id)
    present = recognitions.of_entry(session, entry)
    result = latest_results(session, [entry.id]).get(entry.id)
    return Endorsement(
        ref=entry.ref,
        version=entry.version,
        title=entry.title,
        language=entry.language,
        organisation=entry.organisation_name,
        seeks=bool(entry.seeks_recognition),
        n_reviews=_n_reviews(session, entry),
        fewest=fewest(session, entry),
        verdicts={code: Verdict(value) for code, value in claimed_verdicts(result).items()},
        pending=pending,
        told=told,
        recognition_ref=present.ref if present else None,
        recognised_until=present.expires_on if present else None,
        renewal_asked_at=present.renewal_asked_at if present and awaits_renewal(present) else None,
        renewal_text=present.renewal_text if present else None,
        may=_open_acts(session, actor, entry, pending, now),
    )


def _open_acts(
    session: Session, actor: Actor, entry: Entry, pending: Decision | None, now: datetime
) -> frozenset[str]:
    if pending is None:
        present, told = recognitions.of_entry(session, entry), in_force(session, [entry.id]).get(entry.id)
        found = {"propose"} if entry.seeks_recognition else set()
        if present is not None and awaits_issue(present, told):
            facts = entry_facts(session, entry, actor)
            found |= {"recognise"} if may(actor, Action.RECOGNITION_ISSUE, facts, now) else set()
        return frozenset(found)
    facts = replace(find(session, actor, pending.ref).facts, proposed_by_id=pending.proposed_by_id)
    found = {"take_back"}
    if refusal(actor, Action.RECOGNITION_APPROVE, facts, now) is None:
        found.add("approve")
    return frozenset(found)


def is_asked(session: Session, actor: Actor, ref: str, *, now: datetime) -> bool:
    """May this person look at whether the offer of a reference is recognised?"""
    entry = session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one_or_none()
    if entry is None or not entry.seeks_recognition:
        return False
    return may(actor, Action.RECOGNITION_PROPOSE, entry_facts(session, entry, actor), now)
