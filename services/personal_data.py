"""What does the service hold about a person: give it out, and take it away.

Erasing blanks personal columns and keeps rows and their ids, so that a decision still has somebody who made
it and a count stays right. Three people do it, each in their own role: an officer prepares, an auditor
approves, an administrator carries out. The steps are events of the audit trail; there is no other list.
What is kept where, and how long, is told in docs/personal-data.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.audit import AuditEvent
from models.calibration import CalibrationAnswer, CalibrationDraft
from models.collaborators import Collaborator
from models.conflicts import Affiliation
from models.consultations import Consultation
from models.entries import Entry, OfferReminder, Revision
from models.fellowships import Nomination
from models.messages import EntryMessage
from models.operation import IdempotencyKey, OutgoingMail
from models.people import Account, ApiToken, PrivateLink, RoleGrant, UserSession
from models.reviews import Assignment, ConflictDeclaration
from procedure.access import may, require
from procedure.facts import NOTHING, ItemFacts
from services import audit
from services.account_management import close_ways_in, fetch
from services.entries.visibility import shown_state
from services.facts import facts_of_entries
from services.fellowships import retention
from services.mail import queue_mail
from services.runtime import runtime
from services.sessions import actor_of_account
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor, Role

ASKED = "account.ask_erasure"
PREPARED = "account.prepare_erasure"
APPROVED = "account.approve_erasure"
ERASED = "account.erase"
_STEPS = (ASKED, PREPARED, APPROVED, ERASED)

PERSONAL_FIELDS = ("contact_name", "contact_email", "contact_phone")
"""What an entry says about its contact person; the rest is about the work of a body."""


@dataclass(frozen=True, slots=True)
class ErasureCase:
    """An erasure under way: of whom, how far it is, and what this reader may do next (an action's name)."""

    account_id: int
    email: str
    step: str
    at: datetime
    next_step: str | None


def export_own(session: Session, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Everything held about a person that they may have, as JSON values. Secrets exist as hashes only."""
    facts = ItemFacts(subject_id=actor.account_id)
    require(actor, Action.EXPORT_OWN, facts, now)
    account = session.get_one(Account, actor.account_id, options=[selectinload(Account.grants)])
    audit.record(session, actor, "export.own", ("account", str(account.id)), now=now)
    label = audit.actor_label(actor)
    return {
        "made_at": now.isoformat(),
        "account": _plain(account, but=("password_hash", "version"))
        | {"has_password": bool(account.password_hash)},
        "roles": [_plain(grant) for grant in account.grants],
        "sign_ins": _rows(session, UserSession, UserSession.account_id == account.id, but=("token_hash",)),
        "tokens": _rows(session, ApiToken, ApiToken.account_id == account.id, but=("token_hash",)),
        "entries": _own_entries(session, actor),
        "revisions": _rows(
            session, Revision, Revision.entry_id.in_(sa.select(Entry.id).where(Entry.owner_id == account.id))
        ),
        "nominations": _rows(session, Nomination, Nomination.nominee_id == account.id, but=_INNER_NOMINATION),
        "helps_with": _rows(session, Collaborator, _is_helper(account), but=_INNER_COLLABORATOR),
        "invited_to_help": _rows(
            session, Collaborator, Collaborator.invited_by_id == account.id, but=_INNER_COLLABORATOR
        ),
        "consultations": _rows(
            session, Consultation, Consultation.account_id == account.id, but=("token_hash",)
        ),
        "messages": _rows(session, EntryMessage, EntryMessage.by_id == account.id),
        "assignments": _rows(session, Assignment, Assignment.account_id == account.id),
        "affiliations": _rows(session, Affiliation, Affiliation.account_id == account.id),
        "practice_scores": _rows(session, CalibrationAnswer, CalibrationAnswer.account_id == account.id),
        "practice_drafts": _rows(session, CalibrationDraft, CalibrationDraft.account_id == account.id),
        "conflict_answers": _rows(session, ConflictDeclaration, ConflictDeclaration.account_id == account.id),
        "mails": _rows(
            session, OutgoingMail, OutgoingMail.to_email == account.email, but=("values", "lease_until")
        ),
        "acts": _rows(
            session, AuditEvent, AuditEvent.actor == label, but=("hash", "previous_hash", "before", "after")
        ),
    }


def _own_entries(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """As the pages show them: what was found or decided stays hidden until it is released."""
    query = sa.select(Entry).where(Entry.owner_id == actor.account_id).order_by(Entry.id)
    entries = session.execute(query.options(selectinload(Entry.terms))).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    return [
        _plain(entry, but=_INNER_ENTRY) | {"state": shown_state(actor, facts[entry.id])} for entry in entries
    ]


_INNER_ENTRY = ("title_key", "search_text", "organisation_search_text", "public_search_text")


_INNER_COLLABORATOR = ("token_hash", "account_id")


def _is_helper(account: Account) -> sa.ColumnElement[bool]:
    """Invitations to this person, answered or not."""
    return sa.or_(Collaborator.account_id == account.id, Collaborator.email == account.email)


_INNER_NOMINATION = ("name_key", "score", "band", "reserve_order", "duplicate_of_id", "nominator_id")


def _rows(
    session: Session, model: type[Any], condition: sa.ColumnElement[bool], but: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    keys = sa.inspect(model).primary_key
    found = session.execute(sa.select(model).where(condition).order_by(*keys)).scalars()
    return [_plain(row, but=but) for row in found]


def _plain(row: Any, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """The columns of a row as JSON values."""
    names = [column.key for column in sa.inspect(type(row)).column_attrs if column.key not in but]
    return {name: _json(getattr(row, name)) for name in names}


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def ask_erasure(session: Session, actor: Actor, *, now: datetime) -> None:
    """Ask that one's own personal data be erased; the officers are told by mail. Twice is once."""
    require(actor, Action.ACCOUNT_ASK_ERASURE, ItemFacts(subject_id=actor.account_id), now)
    account_id = actor.account_id or 0
    if _last_step(session, account_id) is not None:
        return
    audit.record(session, actor, ASKED, ("account", str(account_id)), now=now)
    officers = session.execute(
        sa.select(Account)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.role == Role.OFFICER, RoleGrant.call_id.is_(None), Account.is_disabled.is_(False))
        .distinct()
    ).scalars()
    for officer in officers:
        link = f"{runtime(session).address}/{officer.language}/account/erasures"
        values = {"account": account_id, "link": link}
        queue_mail(session, officer.email, "erasure_asked", values, language=officer.language, now=now)


def prepare_erasure(session: Session, actor: Actor, email: str, *, reason: str, now: datetime) -> None:
    """The first step, by an officer: name the account and why."""
    require(actor, Action.ACCOUNT_PREPARE_ERASURE, NOTHING, now)
    account = session.execute(
        sa.select(Account).where(Account.email == email.strip().lower(), Account.erased_at.is_(None))
    ).scalar_one_or_none()
    if account is None:
        raise NotFound(Message("There is no account with this address."))
    if account.id == actor.account_id:
        raise Refused(Message("Nobody prepares their own erasure. Ask a colleague."), code="own_case")
    if _last_step(session, account.id) in (PREPARED, APPROVED):
        raise Conflict(Message("This has been prepared already."), code="unchanged")
    audit.record(session, actor, PREPARED, ("account", str(account.id)), now=now, reason=reason)


def approve_erasure(session: Session, actor: Actor, account_id: int, *, now: datetime) -> None:
    """The second step, by an auditor, after an officer's."""
    account = fetch(session, account_id)
    require(actor, Action.ACCOUNT_APPROVE_ERASURE, _after(session, account.id, PREPARED), now)
    audit.record(session, actor, APPROVED, ("account", str(account.id)), now=now)


def erase(session: Session, actor: Actor, account_id: int, *, now: datetime) -> None:
    """The last step, by an administrator, after an auditor's. Cannot be undone.

    Files that the person attached stay: an officer removes those that are about a person.
    """
    account = fetch(session, account_id)
    require(actor, Action.ACCOUNT_ERASE, _after(session, account.id, APPROVED), now)
    email = account.email
    close_ways_in(session, account.id, now=now)
    refs = _blank_entries(session, account, now)
    _blank_helping(session, account, now)
    session.execute(sa.update(EntryMessage).where(EntryMessage.by_id == account.id).values(text="–"))
    retention.erase_person(session, actor, account.id, email, now=now)
    _blank_account(account, now)
    session.flush()
    _blank_mails(session, email, account.id, refs)
    _blank_reviewing(session, account.id)
    _drop_own(session, email, account.id)
    after = {"n_entries": len(refs)}
    audit.record(session, actor, ERASED, ("account", str(account.id)), now=now, after=after)


def _blank_account(account: Account, now: datetime) -> None:
    account.email, account.name = f"erased-{account.id}@erased.invalid", "–"
    account.password_hash = account.country = account.expertise = account.email_confirmed_at = None
    account.organisation_id = None
    account.working_languages = []
    account.grants.clear()
    account.is_disabled, account.erased_at, account.updated_at = True, now, now


def _blank_entries(session: Session, account: Account, now: datetime) -> list[str]:
    """Blank the contact in the entries of the person, as submitted too; returns their references."""
    entries = (
        session.execute(
            sa.select(Entry).where(sa.or_(Entry.owner_id == account.id, Entry.contact_email == account.email))
        )
        .scalars()
        .all()
    )
    for entry in entries:
        for name in PERSONAL_FIELDS:
            setattr(entry, name, None)
        entry.pending = _blanked(entry.pending) if entry.pending else None
        entry.updated_at = now
    ids = [entry.id for entry in entries]
    revisions = session.execute(sa.select(Revision).where(Revision.entry_id.in_(ids))).scalars()
    for revision in revisions:
        revision.content = _blanked(revision.content)
    return [entry.ref for entry in entries]


def _blank_helping(session: Session, account: Account, now: datetime) -> None:
    """What they helped with ends; that somebody of this number helped stays, for the conflict of interest."""
    for row in session.execute(sa.select(Collaborator).where(_is_helper(account))).scalars():
        row.email, row.ended_at = f"erased-{account.id}@erased.invalid", row.ended_at or now


def _blanked(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if name in PERSONAL_FIELDS else value for name, value in content.items()}


def _blank_mails(session: Session, email: str, account_id: int, refs: list[str]) -> None:
    """Mail that has not gone is dropped; of mail that has, only that it went is kept."""
    theirs = sa.or_(OutgoingMail.to_email == email, OutgoingMail.subject_ref.in_(refs))
    session.execute(sa.delete(OutgoingMail).where(theirs, OutgoingMail.state != "sent"))
    session.execute(
        sa.update(OutgoingMail)
        .where(theirs)
        .values(to_email=f"erased-{account_id}@erased.invalid", values={}, error=None)
        .execution_options(synchronize_session=False)
    )


def _blank_reviewing(session: Session, account_id: int) -> None:
    """Why somebody stepped back or had a conflict concerns the person; that they did, the procedure."""
    for model, column in ((Assignment, "reason"), (ConflictDeclaration, "text")):
        session.execute(
            sa.update(model)
            .where(model.account_id == account_id)
            .values({column: None})
            .execution_options(synchronize_session=False)
        )


def _drop_own(session: Session, email: str, account_id: int) -> None:
    for model in (UserSession, ApiToken, IdempotencyKey, Affiliation, CalibrationDraft):
        session.execute(sa.delete(model).where(model.account_id == account_id))
    session.execute(
        sa.update(Consultation)
        .where(Consultation.account_id == account_id)
        .values(expires_at=Consultation.asked_at)
        .execution_options(synchronize_session=False)
    )
    session.execute(sa.delete(OfferReminder).where(OfferReminder.email == email))
    session.execute(
        sa.delete(PrivateLink).where(sa.or_(PrivateLink.account_id == account_id, PrivateLink.email == email))
    )


def erasure_cases(session: Session, actor: Actor, *, now: datetime) -> list[ErasureCase]:
    """Every erasure under way, for those who have a step in it. Raises Refused for everybody else."""
    roles = {Role.OFFICER, Role.AUDITOR, Role.ADMIN}
    if not any(actor.has_role(role) for role in roles):
        require(actor, Action.ACCOUNT_PREPARE_ERASURE, NOTHING, now)
    subjects = session.execute(
        sa.select(AuditEvent.subject_ref)
        .where(AuditEvent.subject_kind == "account", AuditEvent.action.in_(_STEPS))
        .distinct()
    ).scalars()
    cases = []
    for account_id in sorted(int(ref) for ref in subjects):
        event = _last_event(session, account_id)
        account = session.get(Account, account_id)
        if event is None or account is None or event.action == ERASED:
            continue
        step = _next_step(session, actor, account_id, event.action, now)
        cases.append(ErasureCase(account_id, account.email, event.action, event.at, step))
    return cases


def _next_step(session: Session, actor: Actor, account_id: int, last: str, now: datetime) -> str | None:
    """What the reader may do to a case now."""
    if last == ASKED:
        return PREPARED if may(actor, Action.ACCOUNT_PREPARE_ERASURE, NOTHING, now) else None
    action, name = (
        (Action.ACCOUNT_APPROVE_ERASURE, APPROVED) if last == PREPARED else (Action.ACCOUNT_ERASE, ERASED)
    )
    return name if may(actor, action, _after(session, account_id, last), now) else None


def _after(session: Session, account_id: int, step: str) -> ItemFacts:
    """The facts for the next step: who took the last one, if that was `step`, and their roles."""
    event = _last_event(session, account_id)
    if event is None or event.action != step:
        return ItemFacts(subject_id=account_id)
    by = int(event.actor.removeprefix("account:"))
    return ItemFacts(
        subject_id=account_id, proposed_by_id=by, proposer_roles=actor_of_account(session, by).roles()
    )


def _last_step(session: Session, account_id: int) -> str | None:
    event = _last_event(session, account_id)
    return event.action if event is not None else None


def _last_event(session: Session, account_id: int) -> AuditEvent | None:
    return session.execute(
        sa.select(AuditEvent)
        .where(
            AuditEvent.subject_kind == "account",
            AuditEvent.subject_ref == str(account_id),
            AuditEvent.action.in_(_STEPS),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(1)
    ).scalar_one_or_none()
