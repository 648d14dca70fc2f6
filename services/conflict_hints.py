"""What the service points to: what people say of it, and whom it asks again when other people come on.

Nothing is kept but what people said; a dismissal holds for that very thing and not for the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.ties import Tie
from models.conflicts import HintReply
from models.entries import Entry
from models.reviews import ConflictDeclaration
from procedure.facts import Standing
from services import audit
from services.facts import standing
from services.ties import people_of, seen_between
from vocabulary.conflicts import HintAnswer, TieSource
from vocabulary.errors import Invalid, Unauthenticated
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor

SAID: Mapping[TieSource, Message] = {
    TieSource.INSTITUTION: Message("The same institution: {theirs} and {ours}"),
    TieSource.PAST_INSTITUTION: Message("The same institution until not long ago: {theirs} and {ours}"),
    TieSource.DOMAIN: Message("E-mail addresses of the same domain: {theirs}"),
    TieSource.NAME: Message("A name like {theirs} stands in the submission: {ours}"),
    TieSource.OWN_ENTRY: Message("A competing submission to the same call: {theirs}"),
    TieSource.COLLABORATOR: Message("A submission of the same institution, made by {theirs}"),
    TieSource.MATCH: Message("An offer that was matched with it: {theirs}"),
    TieSource.NOMINATOR: Message("National focal point for it: {theirs}"),
    TieSource.HELPED: Message("{theirs} helps to write it, or did"),
}
"""How each thing reads; `theirs` is on the side of the person, `ours` on that of the submission."""

UNSAID = Message("Say of each thing that the service points to that it is no conflict, or declare one.")


def in_words(tie: Tie) -> Message:
    """One thing that the service points to, as it reads."""
    return SAID[tie.source].format(theirs=tie.theirs, ours=tie.ours)


def open_hints(session: Session, entry: Entry, account_id: int, *, now: datetime) -> tuple[Tie, ...]:
    """What nobody has confirmed or dismissed yet, between one person and one entry."""
    seen = seen_between(session, [entry], [account_id], on=now.date())
    found = seen.get((entry.id, account_id))
    return found.open if found is not None else ()


def require_said(ties: Collection[Tie], dismissed: Collection[str]) -> None:
    """Raises Invalid unless each was dismissed: who has no conflict says so of everything pointed to."""
    if any(tie.fingerprint not in dismissed for tie in ties):
        raise Invalid({"dismissed": [UNSAID]})


def note_reply(
    session: Session,
    actor: Actor,
    entry: Entry,
    account_id: int,
    tie: Tie,
    answer: HintAnswer,
    reason: str | None,
    *,
    now: datetime,
) -> None:
    """Keep what the actor says of one thing. What was said before about the very same gives way."""
    known = session.execute(
        sa.select(HintReply).where(
            HintReply.entry_id == entry.id,
            HintReply.account_id == account_id,
            HintReply.fingerprint == tie.fingerprint,
        )
    ).scalar_one_or_none()
    if known is None:
        known = HintReply(
            entry_id=entry.id, account_id=account_id, source=tie.source, fingerprint=tie.fingerprint
        )
        session.add(known)
    known.answer, known.reason = answer, reason
    known.answered_by_id, known.answered_at = actor.account_id or 0, now
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.suggest",
        ("entry", entry.ref),
        now=now,
        after={"person": account_id, "source": tie.source.value, "answer": answer.value},
    )


def answer_hints(
    session: Session,
    actor: Actor,
    entry: Entry,
    ties: Collection[Tie],
    dismissed: Collection[str],
    *,
    now: datetime,
) -> None:
    """Keep what somebody says of what was pointed to for themselves: dismissed, or else confirmed."""
    if actor.account_id is None:
        raise Unauthenticated
    for tie in ties:
        answer = HintAnswer.DISMISSED if tie.fingerprint in dismissed else HintAnswer.CONFIRMED
        note_reply(session, actor, entry, actor.account_id, tie, answer, None, now=now)


def ask_again(session: Session, entry: Entry, *, now: datetime) -> int:
    """Other people came onto the entry: whoever was cleared and is now pointed to answers anew.

    Called whenever an entry is submitted; returns how many are asked. Nobody is asked twice for the same.
    """
    people = people_of(session, [entry])[entry.id].fingerprint()
    rows = [
        row
        for row in session.execute(
            sa.select(ConflictDeclaration)
            .where(ConflictDeclaration.entry_id == entry.id, ConflictDeclaration.asked_again_at.is_(None))
            .order_by(ConflictDeclaration.id)
        ).scalars()
        if standing(row) is Standing.CLEARED and row.people_hash != people
    ]
    seen = seen_between(session, [entry], [row.account_id for row in rows], on=now.date())
    asked = [row for row in rows if (pair := seen.get((entry.id, row.account_id))) and pair.open]
    for row in asked:
        row.asked_again_at = now
        row.updated_at = now
        audit.record(
            session,
            SYSTEM,
            "conflict.ask_again",
            ("entry", entry.ref),
            now=now,
            after={"person": row.account_id},
        )
    session.flush()
    return len(asked)
