"""What does the letter on a decision say, in which language, and to whom?

A letter is a draft from the approval on: its values are worked out anew whenever it is shown, and frozen with
their hash when it is released. Nothing of a reviewer's person gets into it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision, Letter
from models.entries import Entry
from models.operation import OutgoingMail
from models.panels import PanelResult
from models.people import Account
from services import audit
from services.decisions.rows import fetch_for
from services.mail import queue_mail
from services.panels.benches import load_benches
from services.references import next_reference
from services.reviews.rows import touch
from services.runtime import runtime
from translations.catalogues import LANGUAGES
from vocabulary.actions import Action
from vocabulary.decisions import Outcome
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind

RECONSIDERED_WITHIN = timedelta(days=21)
TEMPLATE = "decision"
LONGEST_NOTE = 4_000


def language_of(session: Session, entry: Entry) -> str:
    """The language of whoever submitted: that of the account, else that of the text, else English."""
    owner = session.get(Account, entry.owner_id) if entry.owner_id is not None else None
    wanted = (owner.language if owner is not None else None, entry.language)
    return next((code for code in wanted if code in LANGUAGES), "en")


def address_of(session: Session, entry: Entry) -> str | None:
    """Where the letter goes: the contact of the entry, else the owner's account."""
    if entry.contact_email:
        return entry.contact_email
    owner = session.get(Account, entry.owner_id) if entry.owner_id is not None else None
    return owner.email if owner is not None and owner.email else None


def draft_letter(session: Session, decision: Decision, entry: Entry, *, now: datetime) -> Letter:
    """A letter that waits for its release, with its draft in the outbox where there is an address."""
    letter = Letter(
        ref=next_reference(session, "LET", now),
        decision_id=decision.id,
        language=language_of(session, entry),
        created_at=now,
        updated_at=now,
    )
    session.add(letter)
    session.flush()
    address = address_of(session, entry)
    if address is not None:
        mail = queue_mail(
            session,
            address,
            TEMPLATE,
            letter_values(session, decision, entry, letter, now=now),
            language=letter.language,
            now=now,
            subject_ref=entry.ref,
        )
        mail.state, mail.decision_id = "draft", decision.id
    session.flush()
    return letter


def drop_letter(session: Session, decision: Decision) -> None:
    """The decision was taken back before anybody was told: nothing is sent, and no letter stays."""
    session.execute(
        sa.delete(OutgoingMail).where(OutgoingMail.decision_id == decision.id, OutgoingMail.state == "draft")
    )
    session.execute(sa.delete(Letter).where(Letter.decision_id == decision.id, Letter.released_at.is_(None)))


def letter_of(session: Session, decision: Decision) -> Letter | None:
    """The letter on a decision."""
    return session.execute(sa.select(Letter).where(Letter.decision_id == decision.id)).scalar_one_or_none()


def values_shown(
    session: Session, decision: Decision, entry: Entry, letter: Letter, *, now: datetime
) -> Mapping[str, Any]:
    """What the letter says: as it was released, or as it would be released now."""
    if letter.values is not None:
        return letter.values
    return letter_values(session, decision, entry, letter, now=now)


def letter_values(
    session: Session, decision: Decision, entry: Entry, letter: Letter, *, now: datetime
) -> dict[str, Any]:
    """Everything that the letter says, as JSON values."""
    is_panel = decision.outcome != Outcome.INELIGIBLE.value
    site = f"{runtime(session).address}/{letter.language}"
    until = (now + RECONSIDERED_WITHIN).date().isoformat()
    return {
        "kind": entry.kind.value,
        "ref": entry.ref,
        "letter_ref": letter.ref,
        "decision_ref": decision.ref,
        "title": entry.title,
        "organisation": entry.organisation_name,
        "contact_name": entry.contact_name,
        "outcome": decision.outcome,
        "conditions": decision.conditions,
        "reason": decision.reason,
        "note": letter.note,
        "sentences": _sentences(session, decision) if is_panel else [],
        "comments": _comments(session, entry) if is_panel else [],
        "date": now.date().isoformat(),
        "reconsider_until": until if entry.kind is EntryKind.REQUEST else None,
        "decision_link": f"{site}/{entry.kind.value}s/{entry.ref}/decision",
    }


def _sentences(session: Session, decision: Decision) -> list[Any]:
    """How the verdict on the strategies claimed came about."""
    result = session.get(PanelResult, decision.panel_result_id) if decision.panel_result_id else None
    if result is None:
        return []
    return [
        sentence for strategy in result.counts["claimed"] for sentence in result.explanation.get(strategy, ())
    ]


def _comments(session: Session, entry: Entry) -> list[str]:
    """What reviewers wrote for the submitter, in an order that tells nothing of them."""
    bench = load_benches(session, [entry])[entry.id]
    comments = [(seat.comment_applicant or "").strip() for seat in bench.counted]
    return sorted(comment for comment in comments if comment)


def hash_of(values: Mapping[str, Any]) -> str:
    """SHA-256 over what a letter says."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def edit_note(
    session: Session, actor: Actor, ref: str, note: str, expected_version: int, *, now: datetime
) -> Letter:
    """The officer's own paragraph in a letter that was not released yet.

    Raises Conflict for a stale version or a released letter, Invalid where it is too long.
    """
    ruling = fetch_for(session, actor, Action.LETTER_EDIT, ref, now=now, lock=True)
    letter = letter_of(session, ruling.decision)
    if letter is None or letter.released_at is not None:
        raise Conflict(Message("There is no letter here that can still be changed."), code="no_draft")
    if letter.version != expected_version:
        raise Conflict(
            Message("Somebody else changed this letter meanwhile. Look at it again."),
            code="version_conflict",
            extra={"version": letter.version, "current": {"note": letter.note}},
        )
    said = note.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(said) > LONGEST_NOTE:
        raise Invalid({"note": [Message("This is longer than {max} characters.", max=LONGEST_NOTE)]})
    letter.note = said or None
    touch(letter, now)
    session.flush()
    audit.record(session, actor, "letter.edit", ("decision", ref), now=now, after={"fields": ["note"]})
    return letter
