"""services/upkeep.py: what goes when its time has passed, and what stays."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Entry
from models.people import PrivateLink
from services import upkeep
from services.entries.drafts import save
from tests.factories import link_holder, make_actor, make_draft, make_submitted
from tests.fixtures import NOW, Opened

LATE = NOW + timedelta(days=91)


def test_draft_of_nobody_goes_ninety_days_after_its_last_change(write: Opened, read: Opened) -> None:
    with write() as session:
        gone = make_draft(session, now=NOW).entry.ref
        kept = make_draft(session, now=NOW).entry
        save(
            session,
            link_holder(kept.id),
            kept.ref,
            {"title": "New"},
            kept.version,
            now=NOW + timedelta(days=9),
        )
        opened = make_draft(session, now=NOW).entry
        session.execute(
            sa.update(PrivateLink).where(PrivateLink.entry_id == opened.id).values(expires_at=LATE)
        )
        owned = make_draft(session, actor=make_actor(session), now=NOW).entry.ref
        submitted = make_submitted(session, now=NOW).ref
        stays = {kept.ref, opened.ref, owned, submitted}

    with write() as session:
        early = upkeep.forget_drafts(session, now=NOW + timedelta(days=89))
    with write() as session:
        late = upkeep.forget_drafts(session, now=LATE)
    with write() as session:
        again = upkeep.forget_drafts(session, now=LATE)
    with read() as session:
        left = set(session.execute(sa.select(Entry.ref)).scalars())
        told = session.execute(
            sa.select(AuditEvent.subject_ref).where(AuditEvent.action == "entry.forget")
        ).scalars()

        assert list(told) == [gone]
    assert (early, late, again) == (0, 1, 0)
    assert left == stays
