"""Recognise what was endorsed: a letter with reference, date and expiry, and a page that confirms it.

Only what the owner consented to publish stands on the page. A recognition that is retracted or renewed keeps
its page, which then says so: links to it are about. How a renewal is asked for stands in
services/recognition_renewals.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision, Recognition
from models.entries import Entry
from models.operation import OutgoingMail
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
from vocabulary.messages import Message, message_in
from vocabulary.people import Actor
from vocabulary.states import EntryKind

HOLDS = timedelta(days=730)
"""How long a recognition holds, unless the officer says otherwise."""
LONGEST = timedelta(days=3_660)
ASKED_WITHIN = timedelta(days=90)
"""So long before its end a renewal may be asked for; also after it."""


class Standing(StrEnum):
    """How a recognition stands today."""

    VALID = "valid"
    EXPIRED = "expired"
    RENEWED = "renewed"
    RETRACTED = "retracted"


STANDINGS = {
    Standing.VALID: Message("Valid"),
    Standing.EXPIRED: Message("Expired"),
    Standing.RENEWED: message_in("a recognition", "Renewed"),
    Standing.RETRACTED: Message("Retracted"),
}


@dataclass(frozen=True, slots=True)
class RecognitionPage:
    """What everybody may see of a recognition; of a retracted one only that it was, when and why.

    `renews` and `renewed_by` are the references of the one before and the one after it; `follower` is how
    the one after it stands.
    """

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
    renews: str | None
    renewed_by: str | None
    follower: Standing | None
    may_ask_renewal: bool


def issue(
    session: Session, actor: Actor, entry_ref: str, expires_on: date | None, *, now: datetime
) -> Recognition:
    """Recognise an endorsed entry; the letter waits in the outbox until a decider sends it.

    Where it is recognised already, this renews it, if its owner asked for that and it was endorsed anew
    since. Raises Conflict where it was not endorsed, is recognised already, or its owner did not consent to
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
    before = of_entries(session, [entry.id]).get(entry.id)
    if before is not None and not awaits_issue(before, decision):
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
        renews_id=before.id if before is not None else None,
        created_at=now,
        updated_at=now,
    )
    if before is not None:
        before.renewed_at = before.renewal_ended_at = now
        touch(before, now)
        session.flush()
    session.add(recognition)
    session.flush()
    _draft_letter(session, entry, recognition, now)
    audit.record(
        session,
        actor,
        "recognition.issue",
        ("recognition", recognition.ref),
        now=now,
        after={
            "entry": entry.ref,
            "decision": decision.ref,
            "expires_on": until.isoformat(),
            "renews": before.ref if before is not None else None,
        },
    )
    return recognition


def awaits_renewal(recognition: Recognition) -> bool:
    """Was its renewal asked for, and not answered yet?"""
    return recognition.renewal_asked_at is not None and recognition.renewal_ended_at is None


def awaits_issue(recognition: Recognition, decision: Decision | None) -> bool:
    """Was its renewal asked for, and was it endorsed anew since, so that only the new letter is missing?"""
    if decision is None or decision.released_at is None or recognition.renewal_asked_at is None:
        return False
    is_newer = decision.released_at >= recognition.renewal_asked_at
    return awaits_renewal(recognition) and is_newer and Outcome(decision.outcome) in FAVOURABLE


def of_entries(session: Session, entry_ids: Iterable[int]) -> dict[int, Recognition]:
    """The last recognition of each entry that was not retracted, by the entry's id."""
    query = sa.select(Recognition).where(
        Recognition.entry_id.in_(list(entry_ids)),
        Recognition.retracted_at.is_(None),
        Recognition.renewed_at.is_(None),
    )
    return {row.entry_id: row for row in session.execute(query).scalars()}


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
    before = session.get(Recognition, recognition.renews_id) if recognition.renews_id is not None else None
    return {
        "kind": entry.kind.value,
        "ref": entry.ref,
        "letter_ref": recognition.ref,
        "title": recognition.title,
        "organisation": entry.organisation_name,
        "contact_name": entry.contact_name,
        "date": recognition.issued_on.isoformat(),
        "expires_on": recognition.expires_on.isoformat(),
        "renews": before.ref if before is not None else None,
        "recognition_link": link_of(session, recognition),
    }


def link_of(session: Session, recognition: Recognition) -> str:
    """The address of the public page, in the language of the letter."""
    return f"{runtime(session).address}/{recognition.language}/recognitions/{recognition.ref}"


def _draft_retraction(session: Session, entry: Entry, recognition: Recognition, now: datetime) -> None:
    """The partner is told; a person lets the mail go, as every letter."""
    address = address_of(session, entry)
    if address is None:
        return
    mail = queue_mail(
        session,
        address,
        "recognition_retracted",
        {
            "ref": recognition.ref,
            "title": recognition.title,
            "reason": recognition.retraction_reason,
            "link": link_of(session, recognition),
        },
        language=recognition.language,
        now=now,
        subject_ref=entry.ref,
    )
    mail.state, mail.decision_id = "draft", recognition.decision_id
    session.flush()


def retract(
    session: Session, actor: Actor, ref: str, reason: str, expected_version: int, *, now: datetime
) -> Recognition:
    """Take a recognition back, with a reason that everybody reads; a mail to its owner waits in the outbox.

    Raises Conflict, also for one that was renewed (the newest is retracted), Invalid, NotFound.
    """
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
    if recognition.renewed_at is not None:
        raise Conflict(Message("This was renewed. Retract the one that followed."), code="renewed")
    said = reason.strip()[:2_000]
    if not said:
        raise Invalid({"reason": [Message("Say why it is taken back.")]})
    recognition.retracted_at, recognition.retracted_by_id = now, actor.account_id
    recognition.retraction_reason = said
    touch(recognition, now)
    session.flush()
    _withdraw_letter(session, recognition)
    _draft_retraction(session, entry, recognition, now)
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


def _withdraw_letter(session: Session, recognition: Recognition) -> None:
    """A letter that nobody has sent yet does not go out any more."""
    mails = session.execute(
        sa.select(OutgoingMail).where(
            OutgoingMail.decision_id == recognition.decision_id,
            OutgoingMail.template == "recognition",
            OutgoingMail.state == "draft",
        )
    ).scalars()
    for mail in mails.all():
        if mail.values.get("letter_ref") == recognition.ref:
            session.delete(mail)
    session.flush()


def page(session: Session, actor: Actor, ref: str, *, now: datetime) -> RecognitionPage:
    """What everybody may see of a recognition. Raises NotFound."""
    found = session.execute(sa.select(Recognition).where(Recognition.ref == ref)).scalar_one_or_none()
    if found is None:
        raise NotFound
    entry = session.get_one(Entry, found.entry_id)
    facts = entry_facts(session, entry, actor)
    is_there = found.retracted_at is None
    before = session.get(Recognition, found.renews_id) if found.renews_id is not None else None
    after = _follower(session, found)
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
        may_retract=is_there and after is None and may(actor, Action.RECOGNITION_RETRACT, facts, now),
        renews=before.ref if before is not None else None,
        renewed_by=after.ref if after is not None else None,
        follower=standing_of(after, now.date()) if after is not None else None,
        may_ask_renewal=may(actor, Action.RECOGNITION_ASK_RENEWAL, facts, now)
        and may_be_asked(found, entry, now.date()),
    )


def _follower(session: Session, recognition: Recognition) -> Recognition | None:
    return session.execute(
        sa.select(Recognition).where(Recognition.renews_id == recognition.id)
    ).scalar_one_or_none()


def may_be_asked(recognition: Recognition, entry: Entry, today: date) -> bool:
    """Can its renewal be asked for: an offer's, near its end or after it, and not asked for already?"""
    is_last = recognition.retracted_at is None and recognition.renewed_at is None
    is_near = today >= recognition.expires_on - ASKED_WITHIN
    return entry.kind is EntryKind.OFFER and is_last and is_near and not awaits_renewal(recognition)


def standing_of(recognition: Recognition, today: date) -> Standing:
    """Valid, expired, renewed or retracted; it holds to the end of its last day."""
    if recognition.retracted_at is not None:
        return Standing.RETRACTED
    if recognition.renewed_at is not None:
        return Standing.RENEWED
    return Standing.EXPIRED if today > recognition.expires_on else Standing.VALID


def of_entry(session: Session, entry: Entry) -> Recognition | None:
    """The last recognition of an entry, unless it was retracted; one that has expired counts."""
    return of_entries(session, [entry.id]).get(entry.id)
