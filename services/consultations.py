"""Ask the national focal points about requests that touch their country, and keep what they say.

The clock asks, once for each request and focal point: a mail with a link to a page with three buttons.
Opening the page changes nothing. Whoever follows the link acts as the account that it was mailed to, and only
as far as that account may answer; what is shown there is what the focal point sees of the request, and no
name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.consultations import Consultation
from models.entries import Entry, EntryTerm
from models.people import Account, RoleGrant
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts
from services import audit
from services.entries.content import content_of
from services.entries.rows import fetch, fetch_for
from services.entries.visibility import has_conflict, shown_fields
from services.facts import entry_facts, facts_of_entries
from services.mail import queue_mail
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from services.sessions import actor_of_account
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor, Role
from vocabulary.states import CallState, ConsultationAnswer, EntryKind, RequestState

LINK_LASTS = timedelta(days=60)
LONGEST = 4_000
AT_ONCE = 100
"""Mails of one transaction, so that no writer waits for long."""
SHOWN = ("summary", "need", "activities", "results", "focal_point_consulted", "focal_point_consulted_on")
"""What the page of the link shows, in this order, as far as a focal point may see it."""

LINK_IS_OVER = Message("This link does not hold any more. Sign in and look under “Consultations”.")
_OVER = (CallState.RELEASED, CallState.ARCHIVED, CallState.CANCELLED)
_ASKED_ABOUT = (RequestState.SUBMITTED, RequestState.RETURNED, RequestState.IN_REVIEW)


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    """What one focal point said, as far as the reader may know it.

    `by` is for the secretariat and the focal point; in a blind call whoever judges the request reads no
    `text`, since it may name people. `is_older`: said of an earlier version.
    """

    country: str
    asked_at: datetime
    answer: ConsultationAnswer | None
    text: str | None
    answered_at: datetime | None
    by: str | None
    is_older: bool


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A request that touches the focal point's country, and what they said of it."""

    ref: str
    title: str | None
    language: str | None
    country: str
    submitted_at: datetime | None
    answer: ConsultationAnswer | None
    is_older: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a focal point reads before the answer. `said` and `text` are what they said before."""

    ref: str
    kind: EntryKind
    title: str | None
    language: str | None
    country: str
    content: Mapping[str, Any]
    said: ConsultationAnswer | None
    text: str | None


# --- asking -----------------------------------------------------------------------------------------------


def ask_focal_points(session: Session, *, now: datetime) -> int:
    """Write to the focal points of every request that nobody asked them about; returns how many mails.

    Only once its contact confirmed the address, or an account owns it: whoever types in a form without either
    must not write to the focal points of all countries. Call again until it is 0.
    """
    pairs = session.execute(_unasked().limit(AT_ONCE)).all()
    ids = {entry_id for entry_id, _, _ in pairs}
    query = sa.select(Entry).where(Entry.id.in_(ids)).options(selectinload(Entry.terms))
    entries = {entry.id: entry for entry in session.execute(query).scalars()} if ids else {}
    facts = facts_of_entries(session, entries.values(), SYSTEM)
    for entry_id, account_id, country in pairs:
        require(SYSTEM, Action.ENTRY_TICK, facts[entry_id], now)
        _ask(session, entries[entry_id], session.get_one(Account, account_id), country or "", now)
    return len(pairs)


def _unasked() -> sa.Select[int, int, str | None]:
    """Request, focal point and country; once for somebody who is focal point of several of its countries."""
    names = sa.select(EntryTerm.entry_id).where(
        EntryTerm.entry_id == Entry.id,
        EntryTerm.vocabulary == "countries",
        EntryTerm.code == RoleGrant.country,
    )
    asked = sa.select(Consultation.id).where(
        Consultation.entry_id == Entry.id, Consultation.account_id == RoleGrant.account_id
    )
    over = sa.select(Call.id).where(Call.state.in_(_OVER))
    return (
        sa.select(Entry.id, RoleGrant.account_id, sa.func.min(RoleGrant.country))
        .join(RoleGrant, sa.or_(RoleGrant.country == Entry.organisation_country, names.exists()))
        .join(Account, Account.id == RoleGrant.account_id)
        .where(
            Entry.kind == EntryKind.REQUEST,
            Entry.state.in_(_ASKED_ABOUT),
            sa.or_(Entry.confirmed_at.is_not(None), Entry.owner_id.is_not(None)),
            sa.or_(Entry.call_id.is_(None), Entry.call_id.not_in(over)),
            RoleGrant.role == Role.FOCAL_POINT,
            Account.is_disabled.is_(False),
            Account.erased_at.is_(None),
            sa.or_(Entry.owner_id.is_(None), Entry.owner_id != RoleGrant.account_id),
            ~asked.exists(),
        )
        .group_by(Entry.id, RoleGrant.account_id)
        .order_by(Entry.id, RoleGrant.account_id)
    )


def _ask(session: Session, entry: Entry, account: Account, country: str, now: datetime) -> None:
    secret = new_secret()
    session.add(
        Consultation(
            entry_id=entry.id,
            account_id=account.id,
            country=country,
            token_hash=secret_hash(session, secret),
            asked_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    site = f"{runtime(session).address}/{account.language}"
    values = {
        "ref": entry.ref,
        "title": entry.title,
        "link": f"{site}/consultations/{secret}",
        "list_link": f"{site}/consultations",
    }
    queue_mail(
        session,
        account.email,
        "consultation",
        values,
        language=account.language,
        now=now,
        subject_ref=entry.ref,
    )
    audit.record(
        session,
        SYSTEM,
        "entry.ask_focal_point",
        ("entry", entry.ref),
        now=now,
        after={"country": country, "person": account.id},
    )


# --- answering --------------------------------------------------------------------------------------------


def question_for(session: Session, actor: Actor, ref: str, *, now: datetime) -> Question:
    """One request as its focal point reads it. Raises NotFound, Refused."""
    entry, facts = fetch_for(session, actor, Action.ENTRY_CONSULT, ref, now=now, kind=EntryKind.REQUEST)
    return _question(session, actor, entry, facts, now)


def question_behind(session: Session, secret: str, *, now: datetime) -> Question:
    """The same behind the link of the mail; changes nothing. Raises NotFound."""
    entry, actor = _open(session, secret, now)
    return question_for(session, actor, entry.ref, now=now)


def answer_behind(
    session: Session, secret: str, said: ConsultationAnswer, text: str | None, *, now: datetime
) -> str:
    """Answer by the link of the mail; returns the reference of the request. Raises NotFound, Invalid."""
    entry, actor = _open(session, secret, now)
    answer(session, actor, entry.ref, said, text, now=now)
    return entry.ref


def answer(
    session: Session,
    actor: Actor,
    ref: str,
    said: ConsultationAnswer,
    text: str | None,
    *,
    now: datetime,
) -> None:
    """Confirm, comment or object, about the latest version; a later answer takes the place of the one before.

    Raises Invalid where a comment or an objection says nothing.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_CONSULT, ref, now=now, lock=True)
    words = (text or "").strip()[:LONGEST] or None
    if said is not ConsultationAnswer.CONFIRM and words is None:
        raise Invalid({"text": [Message("Needed with a comment or an objection.")]})
    row = _row_of(session, entry, actor)
    if row is None:
        row = Consultation(
            entry_id=entry.id,
            account_id=actor.account_id or 0,
            country=_country(actor, facts),
            token_hash=secret_hash(session, new_secret()),
            asked_at=now,
            expires_at=now,
        )
        session.add(row)
    if (row.answer, row.text, row.revision_number) == (said, words, entry.revision_number):
        return
    before = row.answer
    row.answer, row.text, row.answered_at = said, words, now
    row.revision_number = entry.revision_number
    session.flush()
    audit.record(
        session,
        actor,
        "entry.consult",
        ("entry", ref),
        now=now,
        before={"answer": before.value if before else None},
        after={"answer": said.value, "country": row.country, "revision": entry.revision_number},
    )


def _open(session: Session, secret: str, now: datetime) -> tuple[Entry, Actor]:
    row = session.execute(
        sa.select(Consultation).where(
            Consultation.token_hash == secret_hash(session, secret), Consultation.expires_at > now
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(LINK_IS_OVER)
    entry = session.get_one(Entry, row.entry_id)
    actor = actor_of_account(session, row.account_id)
    if not may(actor, Action.ENTRY_CONSULT, entry_facts(session, entry, actor), now):
        raise NotFound(LINK_IS_OVER)
    return entry, actor


def _question(session: Session, actor: Actor, entry: Entry, facts: ItemFacts, now: datetime) -> Question:
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    content = {name: value for name, value in content_of(entry).items() if name in shown and name in SHOWN}
    row = _row_of(session, entry, actor)
    return Question(
        entry.ref,
        entry.kind,
        entry.title if "title" in shown else None,
        entry.language,
        row.country if row is not None else _country(actor, facts),
        content,
        row.answer if row is not None else None,
        row.text if row is not None else None,
    )


def _row_of(session: Session, entry: Entry, actor: Actor) -> Consultation | None:
    return session.execute(
        sa.select(Consultation).where(
            Consultation.entry_id == entry.id, Consultation.account_id == actor.account_id
        )
    ).scalar_one_or_none()


def _country(actor: Actor, facts: ItemFacts) -> str:
    held = {grant.country for grant in actor.grants if grant.role is Role.FOCAL_POINT and grant.country}
    return min(held & facts.countries)


# --- reading ----------------------------------------------------------------------------------------------


def own(session: Session, actor: Actor, *, now: datetime) -> tuple[OwnRow, ...]:
    """The requests that the focal point was asked about and may still answer, unanswered ones first."""
    require(actor, Action.CONSULTATION_LIST, ANYWHERE, now)
    rows = session.execute(
        sa.select(Consultation, Entry)
        .join(Entry, Entry.id == Consultation.entry_id)
        .where(Consultation.account_id == actor.account_id, sa.not_(has_conflict(actor)))
        .options(selectinload(Entry.terms))
        .order_by(Consultation.answered_at.is_not(None), Entry.submitted_at.desc(), Entry.id.desc())
    ).all()
    facts = facts_of_entries(session, [entry for _, entry in rows], actor)
    return tuple(
        OwnRow(
            entry.ref,
            entry.title,
            entry.language,
            row.country,
            entry.submitted_at,
            row.answer,
            _is_older(row, entry),
        )
        for row, entry in rows
        if may(actor, Action.ENTRY_CONSULT, facts[entry.id], now)
    )


def answers_to(session: Session, actor: Actor, ref: str, *, now: datetime) -> tuple[ConsultationRow, ...]:
    """What focal points were asked and said of a request, for whoever reads it; empty for everybody else."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    if entry.kind is not EntryKind.REQUEST or not may(actor, Action.ENTRY_READ, facts, now):
        return ()
    is_desk = may(actor, Action.ENTRY_SCREEN, facts, now)
    is_party = may(actor, Action.ENTRY_READ_IDENTITY, facts, now)
    rows = session.execute(
        sa.select(Consultation, Account.name)
        .join(Account, Account.id == Consultation.account_id)
        .where(Consultation.entry_id == entry.id)
        .order_by(Consultation.country, Consultation.id)
    )
    return tuple(
        ConsultationRow(
            row.country,
            row.asked_at,
            row.answer,
            row.text if is_desk or is_party or row.account_id == actor.account_id else None,
            row.answered_at,
            name if is_desk or row.account_id == actor.account_id else None,
            _is_older(row, entry),
        )
        for row, name in rows
    )


def _is_older(row: Consultation, entry: Entry) -> bool:
    return row.revision_number is not None and row.revision_number < entry.revision_number
