"""Each step in the life of an entry leaves its event, and tells every worker's matches of the change.

The steps are played one transaction each, in the order of a life; the trail and the running numbers of
changes are compared with what is written here, so that a step that forgets either fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.entries import Attachment, Entry, EntryChange
from models.operation import OutgoingMail
from services.attachments import add_attachment, remove_attachment
from services.entries.claims import confirm_email
from services.entries.drafts import create_draft, discard_draft, discard_pending, save
from services.entries.publication import activate, check, consent, publish, return_to_owner, unpublish
from services.entries.submission import submit, withdraw
from tests.factories import OFFICER, content, link_holder
from tests.fixtures import NOW, Opened
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import EntryKind

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
Step = Callable[[Session, Entry], Any]


@dataclass(frozen=True)
class Left:
    """What a step leaves: the actions in the trail, what the last one says of before and after, and
    whether matches are told."""

    actions: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    matches_are_told: bool


def played(write: Opened, read: Opened, kind: EntryKind, steps: list[Step]) -> list[Left]:
    with write() as session:
        ref = create_draft(session, SIGNED_OUT, kind, content(kind), now=NOW).entry.ref
    found = []
    for step in steps:
        with read() as session:
            n_events, n_changes = _counts(session)
        with write() as session:
            step(session, session.scalars(sa.select(Entry).where(Entry.ref == ref)).one())
        with read() as session:
            events = session.scalars(
                sa.select(AuditEvent).where(AuditEvent.sequence > n_events).order_by(AuditEvent.sequence)
            ).all()
            last = events[-1] if events else AuditEvent()
            is_told = _counts(session)[1] > n_changes
            found.append(Left([event.action for event in events], last.before, last.after, is_told))
    return found


def _counts(session: Session) -> tuple[int, int]:
    highest = (sa.func.max(AuditEvent.sequence), sa.func.max(EntryChange.sequence))
    return tuple(session.execute(sa.select(one)).scalar_one() or 0 for one in highest)  # type: ignore[return-value]


def test_life_of_an_offer_is_told_step_by_step(write: Opened, read: Opened) -> None:
    def by_owner(use_case: Any, *arguments: Any) -> Step:
        return lambda session, row: use_case(
            session, link_holder(row.id), row.ref, *arguments, row.version, now=NOW
        )

    def by_officer(use_case: Any, *arguments: Any) -> Step:
        return lambda session, row: use_case(session, OFFICER, row.ref, row.version, *arguments, now=NOW)

    found = played(
        write,
        read,
        EntryKind.OFFER,
        [
            by_owner(save, {"title": "A better title"}),
            by_owner(submit),
            by_officer(return_to_owner, "Which places?"),
            by_owner(save, {"title": "The best title"}),
            by_owner(submit),
            by_officer(check),
            by_officer(activate),
            by_officer(publish),
            by_owner(consent, ["title", "summary"]),
            by_officer(unpublish, "At the owner's wish."),
            lambda session, row: withdraw(
                session, link_holder(row.id), row.ref, row.version, "Funds are gone.", now=NOW
            ),
        ],
    )

    assert [left.actions for left in found] == [
        ["entry.edit"],
        ["organisation.create", "entry.submit"],
        ["entry.return"],
        ["entry.edit"],
        ["entry.submit"],
        ["entry.check"],
        ["entry.activate"],
        ["publication.publish"],
        ["publication.consent"],
        ["publication.unpublish"],
        ["entry.withdraw"],
    ]
    assert [left.matches_are_told for left in found] == [False, True, True, False, *[True] * 7]
    assert [(left.before, left.after) for left in found[5:]] == [
        ({"state": "submitted"}, {"state": "checked"}),
        ({"state": "checked"}, {"state": "active"}),
        ({"publication": "consented"}, {"publication": "published"}),
        ({"public_fields": content()["public_fields"]}, {"public_fields": ["summary", "title"]}),
        ({"publication": "published"}, {"publication": "unpublished"}),
        ({"state": "active"}, {"state": "withdrawn"}),
    ]


def test_files_claim_and_what_is_thrown_away_are_told(write: Opened, read: Opened) -> None:
    def claim(session: Session, row: Entry) -> None:
        mail = session.scalars(sa.select(OutgoingMail).where(OutgoingMail.template == "receipt")).one()
        confirm_email(session, mail.values["confirm_link"].rsplit("/", 1)[1], now=NOW)

    def as_owner(row: Entry) -> Actor:
        return link_holder(row.id) if row.owner_id is None else Actor(account_id=row.owner_id)

    def remove_file(session: Session, row: Entry) -> None:
        ref = session.scalars(sa.select(Attachment.ref)).one()
        remove_attachment(session, as_owner(row), ref, now=NOW)

    found = played(
        write,
        read,
        EntryKind.REQUEST,
        [
            lambda session, row: add_attachment(session, as_owner(row), row.ref, "a.pdf", PDF, now=NOW),
            remove_file,
            lambda session, row: submit(session, as_owner(row), row.ref, row.version, now=NOW),
            claim,
            lambda session, row: save(session, as_owner(row), row.ref, {"title": "B"}, row.version, now=NOW),
            lambda session, row: discard_pending(session, as_owner(row), row.ref, row.version, now=NOW),
        ],
    )

    assert [left.actions for left in found] == [
        ["attachment.upload"],
        ["attachment.remove"],
        ["organisation.create", "entry.submit"],
        ["account.create", "role.grant", "entry.claim"],
        ["entry.edit"],
        ["entry.discard_pending"],
    ]


def test_draft_thrown_away_leaves_its_event(write: Opened, read: Opened) -> None:
    found = played(
        write,
        read,
        EntryKind.REQUEST,
        [lambda session, row: discard_draft(session, link_holder(row.id), row.ref, row.version, now=NOW)],
    )

    assert [left.actions for left in found] == [["entry.discard"]]
