"""Recognise what was endorsed: a letter with reference, date and expiry, and a page that confirms it.

Only what the owner consented to publish stands on the page. A recognition that is retracted keeps its page,
which then says so: links to it are about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Recognition
from models.entries import Entry
from procedure.access import may, require
from services import audit
from services.decisions.letters import address_of, language_of
from services.decisions.rows import in_force
from services.entries.rows import fetch_for
from services.facts import entry_facts
from services.mail import queue_mail
from services.references import next_reference
from services.reviews.rows import touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.decisions import FAVOURABLE, Outcome
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

HOLDS = timedelta(days=730)
"""How long a recognition holds, unless the officer says otherwise."""
LONGEST = timedelta(days=3_660)


class Standing(StrEnum):
    """How a recognition stands today."""

    VALID = "valid"
    EXPIRED = "expired"
    RETRACTED = "retracted"


STANDINGS = {
    Standing.VALID: Message("Valid"),
    Standing.EXPIRED: Message("Expired"),
    Standing.RETRACTED: Message("Retracted"),
}


@dataclass(frozen=True, slots=True)
class RecognitionPage:
    """What everybody may see of a recognition; of a retracted one only that it was, when and why."""

    ref: str
    version: int
    standing: Standing
    title: str | None
    language: str | None
    organisation: str | None
    issued_on: date
    expires_on: date
    retracted_at: datetime | None
    retraction_reason: str | None
    entry_ref: str | None
    kind: str
    may_retract: bool


def issue(
    session: Session, actor: Actor, entry_ref: str, expires_on: date | None, *, now: datetime
) -> Recognition:
    """Recognise an endorsed entry; the letter waits in the outbox until a decider sends it.

    Raises Conflict where it was not endorsed, is recognised already, or its owner did not consent to
    publishing the title; Invalid for the date.
    """
    entry, _ = fetch_for(session, actor, Action.RECOGNITION_ISSUE, entry_ref, now=now, lock=True)
    decision = in_force(session, [entry.id]).get(entry.id)
    if decision is None or Outcome(decision.outcome) not in FAVOURABLE:
        raise Conflict(
            Message("Only what was endorsed, and told so, can be recognised."), code="not_endorsed"
        )
    if "title" not in entry.public_fields:
        raise Conflict(
            Message("The owner has not consented to publishing the title, so there is nothing to show."),
            code="no_consent",
        )
    if _present(session, entry) is not None:
        raise Conflict(Message("This is recognised already."), code="recognised")
    until = expires_on or (now + HOLDS).date()
    if not now.date() < until <= (now + LONGEST).date():
        raise Invalid({"expires_on": [Message("This must be a day within the next ten years.")]})
    recognition = Recognition(
        ref=next_reference(session, "REC", now),
        entry_id=entry.id,
        decision_id=decision.id,
        language=language_of(session, entry),
        title=entry.title or entry.ref,
        organisation=entry.organisation_name if "organisation_name" in entry.public_fields else None,
        issued_on=now.date(),
        expires_on=until,
        issued_by_id=actor.account_id or 0,
        created_at=now,
        updated_at=now,
    )
    session.add(recognition)
    session.flush()
    _draft_letter(session, entry, recognition, now)
    audit.record(
        session,
        actor,
        "recognition.issue",
        ("recognition", recognition.ref),
        now=now,
        after={"entry": entry.ref, "decision": decision.ref, "expires_on": until.isoformat()},
    )
    return recognition


def _present(session: Session, entry: Entry) -> Recognition | None:
    return session.execute(
        sa.select(Recognition).where(Recognition.entry_id == entry.id, Recognition.retracted_at.is_(None))
    ).scalar_one_or_none()


def _draft_letter(session: Session, entry: Entry, recognition: Recognition, now: datetime) -> None:
    address = address_of(session, entry)
    if address is None:
        return
    mail = queue_mail(
        session,
        address,
        "recognition",
        letter_values(session, entry, recognition),
        language=recognition.language,
        now=now,
        subject_ref=entry.ref,
    )
    mail.state, mail.decision_id = "draft", recognition.decision_id
    session.flush()


def letter_values(session: Session, entry: Entry, recognition: Recognition) -> dict[str, str | None]:
    """What the letter of recognition says, as JSON values."""
    site = f"{runtime(session).address}/{recognition.language}"
    return {
        "kind": entry.kind.value,
        "ref": entry.ref,
        "letter_ref": recognition.ref,
        "title": recognition.title,
        "organisation": entry.organisation_name,
        "contact_name": entry.contact_name,
        "date": recognition.issued_on.isoformat(),
        "expires_on": recognition.expires_on.isoformat(),
        "recognition_link": f"{site}/recognitions/{recognition.ref}",
    }


def retract(
    session: Session, actor: Actor, ref: str, reason: str, expected_version: int, *, now: datetime
) -> Recognition:
    """Take a recognition back, with a reason that everybody reads. Raises Conflict, Invalid, NotFound."""
    recognition = session.execute(
        sa.select(Recognition).where(Recognition.ref == ref).with_for_update()
    ).scalar_one_or_none()
    if recognition is None:
        raise NotFound
    entry = session.get_one(Entry, recognition.entry_id)
    require(actor, Action.RECOGNITION_RETRACT, entry_facts(session, entry, actor), now)
    if recognition.version != expected_version:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Look at it again."),
            code="version_conflict",
            extra={"version": recognition.version, "current": {"ref": ref}},
        )
    if recognition.retracted_at is not None:
        raise Conflict(Message("This was retracted already."), code="retracted")
    said = reason.strip()[:2_000]
    if not said:
        raise Invalid({"reason": [Message("Say why it is taken back.")]})
    recognition.retracted_at, recognition.retracted_by_id = now, actor.account_id
    recognition.retraction_reason = said
    touch(recognition, now)
    session.flush()
    audit.record(
        session,
        actor,
        "recognition.retract",
        ("recognition", ref),
        now=now,
        after={"entry": entry.ref},
        reason=said,
    )
    return recognition


def page(session: Session, actor: Actor, ref: str, *, now: datetime) -> RecognitionPage:
    """What everybody may see of a recognition. Raises NotFound."""
    found = session.execute(sa.select(Recognition).where(Recognition.ref == ref)).scalar_one_or_none()
    if found is None:
        raise NotFound
    entry = session.get_one(Entry, found.entry_id)
    facts = entry_facts(session, entry, actor)
    is_there = found.retracted_at is None
    shows_entry = is_there and may(actor, Action.ENTRY_READ_PUBLIC, facts, now)
    return RecognitionPage(
        ref=found.ref,
        version=found.version,
        standing=standing_of(found, now.date()),
        title=found.title if is_there else None,
        language=entry.language if is_there else None,
        organisation=found.organisation if is_there else None,
        issued_on=found.issued_on,
        expires_on=found.expires_on,
        retracted_at=found.retracted_at,
        retraction_reason=found.retraction_reason,
        entry_ref=entry.ref if shows_entry else None,
        kind=entry.kind.value,
        may_retract=is_there and may(actor, Action.RECOGNITION_RETRACT, facts, now),
    )


def standing_of(recognition: Recognition, today: date) -> Standing:
    """Valid, expired or retracted; it holds to the end of its last day."""
    if recognition.retracted_at is not None:
        return Standing.RETRACTED
    return Standing.EXPIRED if today > recognition.expires_on else Standing.VALID


def of_entry(session: Session, entry: Entry) -> Recognition | None:
    """The recognition of an entry that was not retracted."""
    return _present(session, entry)
