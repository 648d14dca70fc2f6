"""What waits to be sent, what has gone and what failed: the outbox as officers see it.

Shows mails about entries only, and those only that the reader may read: mails to accounts (links to sign in)
are nobody's to look at. A draft goes when a person releases it; letters on decisions go with their release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.operation import OutgoingMail
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts
from services import audit
from services.decisions.letters import TEMPLATE
from services.facts import facts_of_entries
from services.mail_sending import Due, without_links
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

STATES: Mapping[str, Message] = {
    "draft": Message("Drafts"),
    "queued": Message("Waiting to be sent"),
    "sent": Message("Sent"),
    "failed": Message("Failed"),
}
LETTERS = ("decision", "recognition")
"""Mails that a person releases."""

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail as a line of the outbox."""

    id: int
    template: str
    language: str
    to: str
    entry_ref: str
    title: str | None
    state: str
    tries: int
    created_at: datetime
    try_after: datetime
    sent_at: datetime | None
    error: str | None
    goes_with_release: bool
    may_release: bool
    may_retry: bool


@dataclass(frozen=True, slots=True)
class Outbox:
    """The counts by state, and a page of the mails of one of them, the newest first."""

    counts: Mapping[str, int]
    state: str
    rows: tuple[MailRow, ...]
    page: int = 1
    n_pages: int = 1


def outbox(session: Session, actor: Actor, state: str, *, now: datetime, page: int = 1) -> Outbox:
    """A page of the outbox as this person may see it; the last one for a number beyond. Raises Refused."""
    require(actor, Action.MAIL_LIST, ANYWHERE, now)
    chosen = state if state in STATES else "draft"
    facts = _seen(session, actor, now)
    counts = dict.fromkeys(STATES, 0)
    counted = sa.select(OutgoingMail.state, sa.func.count()).join(Entry, _IS_ABOUT)
    for name, n in session.execute(counted.where(Entry.id.in_(facts)).group_by(OutgoingMail.state)):
        counts[name] = n
    n_pages = max(1, -(-counts[chosen] // PER_PAGE))
    page = min(max(1, page), n_pages)
    query = _PAIRS.where(Entry.id.in_(facts), OutgoingMail.state == chosen)
    found = session.execute(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    rows = [_row(actor, mail, entry, facts[entry.id], now) for mail, entry in found]
    return Outbox(counts, chosen, tuple(rows), page, n_pages)


_IS_ABOUT = Entry.ref == OutgoingMail.subject_ref
_PAIRS = sa.select(OutgoingMail, Entry).join(Entry, _IS_ABOUT).order_by(OutgoingMail.id.desc())


def _seen(session: Session, actor: Actor, now: datetime) -> dict[int, ItemFacts]:
    """The entries that mails are about and that the reader may see, by id."""
    written_about = sa.select(Entry).where(sa.exists().where(_IS_ABOUT)).order_by(Entry.id)
    entries = session.execute(written_about).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    return {id_: about for id_, about in facts.items() if _is_seen(actor, about, now)}


def _is_seen(actor: Actor, facts: ItemFacts, now: datetime) -> bool:
    return may(actor, Action.MAIL_LIST, facts, now) and may(actor, Action.ENTRY_READ_IDENTITY, facts, now)


def _row(actor: Actor, mail: OutgoingMail, entry: Entry, facts: ItemFacts, now: datetime) -> MailRow:
    with_release = mail.template == TEMPLATE
    return MailRow(
        id=mail.id,
        template=mail.template,
        language=mail.language,
        to=mail.to_email,
        entry_ref=entry.ref,
        title=entry.title,
        state=mail.state,
        tries=mail.tries,
        created_at=mail.created_at,
        try_after=mail.try_after,
        sent_at=mail.sent_at,
        error=mail.error,
        goes_with_release=with_release,
        may_release=mail.state == "draft" and not with_release and may(actor, Action.LETTER_SEND, facts, now),
        may_retry=mail.state == "failed" and may(actor, Action.MAIL_RETRY, facts, now),
    )


def _one(
    session: Session, actor: Actor, mail_id: int, now: datetime
) -> tuple[OutgoingMail, Entry, ItemFacts]:
    found = session.execute(_PAIRS.where(OutgoingMail.id == mail_id)).first()
    if found is None:
        raise NotFound
    mail, entry = found
    facts = facts_of_entries(session, [entry], actor)[entry.id]
    if not _is_seen(actor, facts, now):
        raise NotFound
    return mail, entry, facts


def shown(session: Session, actor: Actor, mail_id: int, *, now: datetime) -> tuple[MailRow, Due]:
    """One mail and what it says, its links blanked where they could be somebody's key."""
    mail, entry, facts = _one(session, actor, mail_id, now)
    values = dict(mail.values) if mail.template in LETTERS else without_blank_links(mail.values)
    due = Due(
        mail.id,
        mail.message_id,
        mail.to_email,
        mail.language,
        mail.template,
        values,
        mail.subject_ref,
        mail.created_at,
        now,
    )
    return _row(actor, mail, entry, facts, now), due


def without_blank_links(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with every link that is there shown as dots."""
    blanked = without_links(values)
    return {
        name: "…" if name.endswith("link") and values[name] is not None else value
        for name, value in blanked.items()
    }


def release(session: Session, actor: Actor, mail_id: int, *, now: datetime) -> OutgoingMail:
    """Let a draft go. Letters on decisions go with the release of the results only. Raises Conflict."""
    found, _, facts = _one(session, actor, mail_id, now)
    require(actor, Action.LETTER_SEND, facts, now)
    mail = session.get_one(OutgoingMail, found.id, with_for_update=True, populate_existing=True)
    if mail.template == TEMPLATE:
        raise Conflict(
            Message("A letter on a decision goes when the results are released."), code="with_release"
        )
    if mail.state != "draft":
        raise Conflict(Message("This mail is no draft any more."), code="not_draft")
    mail.state, mail.approved_by_id, mail.try_after = "queued", actor.account_id, now
    session.flush()
    audit.record(session, actor, "mail.release", ("mail", str(mail.id)), now=now)
    return mail


def retry(session: Session, actor: Actor, mail_id: int, *, now: datetime) -> OutgoingMail:
    """Try a mail again that was given up. Raises Conflict for one that was not."""
    found, _, facts = _one(session, actor, mail_id, now)
    require(actor, Action.MAIL_RETRY, facts, now)
    mail = session.get_one(OutgoingMail, found.id, with_for_update=True, populate_existing=True)
    if mail.state != "failed":
        raise Conflict(Message("There is no failed mail with the number {n}.", n=mail_id), code="not_failed")
    mail.state, mail.tries, mail.try_after, mail.error = "queued", 0, now, None
    session.flush()
    audit.record(session, actor, "mail.retry", ("mail", str(mail.id)), now=now)
    return mail
