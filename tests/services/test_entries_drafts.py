"""Does a draft keep what was typed, for whom it should, and nothing else?"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Entry, EntryTerm
from models.operation import OutgoingMail
from models.people import PrivateLink
from services.entries.content import content_of
from services.entries.drafts import create_draft, discard_draft, discard_pending, save
from services.entries.publication import unpublish
from services.entries.rows import fetch, working_content
from services.sessions import actor_of_browser
from tests.factories import (
    content,
    link_holder,
    make_actor,
    make_call,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Actor, Role, Scope
from vocabulary.states import CallState, EntryKind


def test_draft_of_nobody_opens_with_its_link(write: Opened, read: Opened) -> None:
    with write() as session:
        made = create_draft(session, SIGNED_OUT, EntryKind.OFFER, {"title": "Mentors"}, now=NOW)
        secret, entry_id = made.resume_secret, made.entry.id

    with read() as session:
        holder = actor_of_browser(session, None, [secret or ""], now=NOW)
        later = actor_of_browser(session, None, [secret or ""], now=NOW + timedelta(days=61))

    assert holder.entry_ids == frozenset({entry_id})
    assert later.entry_ids == frozenset()


def test_draft_of_an_account_has_an_owner_and_no_link(write: Opened) -> None:
    with write() as session:
        actor = make_actor(session)

        made = create_draft(session, actor, EntryKind.REQUEST, {}, now=NOW)

        assert (made.entry.owner_id, made.resume_secret) == (actor.account_id, None)
        assert session.execute(sa.select(PrivateLink)).all() == []


def test_draft_keeps_every_field_as_it_was_given(write: Opened, read: Opened) -> None:
    given = {kind: content(kind) for kind in EntryKind}
    with write() as session:
        refs = {kind: make_draft(session, kind).entry.ref for kind in EntryKind}

    with read() as session:
        kept = {kind: content_of(fetch(session, ref)) for kind, ref in refs.items()}

    said = {kind: {name: kept[kind][name] for name in given[kind]} for kind in EntryKind}
    assert said == given


def test_resume_mail_goes_to_each_address_given_and_three_at_most(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session, contact_email="a@b.example").entry
        holder = link_holder(entry.id)
        for address in ("a@b.example", "c@d.example", "a@b.example", "e@f.example", "g@h.example"):
            save(session, holder, entry.ref, {"contact_email": address}, entry.version, now=NOW)

    with read() as session:
        mails = session.execute(sa.select(OutgoingMail).order_by(OutgoingMail.id)).scalars().all()

        assert [mail.to_email for mail in mails] == [
            "a@b.example",
            "c@d.example",
            "a@b.example",  # its first link ended when another address was given
            "e@f.example",
        ]
        assert mails[0].values["link"].startswith("http://localhost/en/drafts/")


def test_resume_mails_to_one_address_are_throttled(write: Opened, read: Opened) -> None:
    with write() as session:
        for _ in range(7):
            make_draft(session, contact_email="flood@target.example")

    with read() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(OutgoingMail)).scalar_one() == 5


def test_unknown_codes_are_named_with_close_ones(write: Opened) -> None:
    with pytest.raises(Invalid) as refused, write() as session:
        create_draft(
            session, SIGNED_OUT, EntryKind.REQUEST, {"support": ["trainings"], "level": "natonal"}, now=NOW
        )

    assert {name: [str(text) for text in texts] for name, texts in refused.value.errors.items()} == {
        "support": ["There is no “trainings” in this list. The list has training."],
        "level": ["There is no “natonal” in this list. The list has national."],
    }


def test_contact_data_cannot_be_offered_for_publication(write: Opened) -> None:
    with pytest.raises(Invalid) as refused, write() as session:
        make_draft(session, public_fields=["title", "contact_email"])

    assert list(refused.value.errors) == ["public_fields"]


def test_field_of_the_other_kind_is_refused(write: Opened) -> None:
    with pytest.raises(Invalid) as refused, write() as session:
        create_draft(session, SIGNED_OUT, EntryKind.REQUEST, {"capacity": 3}, now=NOW)

    assert list(refused.value.errors) == ["capacity"]


def test_save_changes_only_what_is_named(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        before, version, ref = content_of(entry), entry.version, entry.ref
        save(session, link_holder(entry.id), ref, {"title": "Новый", "countries": ["UGA"]}, version, now=NOW)

    with read() as session:
        after = content_of(fetch(session, ref))

    assert after == before | {"title": "Новый", "countries": ["UGA"]}


def test_save_counts_the_version_up_even_when_only_codes_changed(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        before = entry.version

        save(session, link_holder(entry.id), entry.ref, {"countries": ["UGA", "TZA"]}, before, now=NOW)

        assert entry.version == before + 1


def test_save_of_the_same_changes_nothing(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        save(session, link_holder(entry.id), entry.ref, content(), entry.version, now=NOW)
        version = entry.version

    with read() as session:
        actions = session.execute(sa.select(AuditEvent.action).order_by(AuditEvent.sequence)).scalars().all()

    assert (version, actions) == (1, ["entry.create"])


def test_save_over_somebody_elses_version_shows_theirs(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder, ref = link_holder(entry.id), entry.ref
        save(session, holder, ref, {"title": "Theirs"}, 1, now=NOW)

        with pytest.raises(Conflict) as refused:
            save(session, holder, ref, {"title": "Mine"}, 1, now=NOW)

    assert (refused.value.code, refused.value.extra["version"]) == ("version_conflict", 2)
    assert refused.value.extra["current"]["title"] == "Theirs"


def test_stale_version_tells_nobody_but_the_writer_what_is_there(write: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        auditor = make_actor(session, Role.AUDITOR)

        with pytest.raises(Conflict) as refused:
            unpublish(session, auditor, entry.ref, entry.version + 1, "wrong", now=NOW)

        assert refused.value.extra == {"version": entry.version}


def test_draft_of_another_is_not_there(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry

        for stranger in (SIGNED_OUT, make_actor(session), link_holder(entry.id + 1)):
            with pytest.raises(NotFound):
                save(session, stranger, entry.ref, {"title": "x"}, entry.version, now=NOW)


def test_token_without_the_scope_may_not_write(write: Opened) -> None:
    with write() as session:
        owner = make_actor(session)
        entry = make_draft(session, actor=owner).entry
        token = Actor(account_id=owner.account_id, scopes=frozenset({Scope.READ}))

        with pytest.raises(Refused) as refused:
            save(session, token, entry.ref, {"title": "x"}, entry.version, now=NOW)

    assert refused.value.code == "scope"


def test_call_takes_drafts_only_while_it_is_open(write: Opened) -> None:
    with write() as session:
        call = make_call(session)
        after = call.closes_at + timedelta(hours=1)

        make_draft(session, call=call)
        with pytest.raises(Refused) as late:
            make_draft(session, call=call, now=after)
        call.state = CallState.CLOSED
        with pytest.raises(Refused):
            make_draft(session, call=call, now=after)

    assert late.value.code == "deadline_passed"


def test_call_closed_before_its_day_takes_nothing(write: Opened) -> None:
    with write() as session:
        call = make_call(session)
        begun = make_draft(session, call=call).entry
        call.state = CallState.CLOSED

        with pytest.raises(Refused) as begins:
            make_draft(session, call=call)
        with pytest.raises(Refused) as goes_on:
            save(session, link_holder(begun.id), begun.ref, {"title": "x"}, begun.version, now=NOW)

    assert [begins.value.code, goes_on.value.code] == ["call_not_open"] * 2


def test_call_for_requests_takes_no_offer(write: Opened) -> None:
    with pytest.raises(Conflict) as refused, write() as session:
        make_draft(session, EntryKind.OFFER, call=make_call(session))

    assert refused.value.code == "wrong_call"


def test_edit_after_submission_waits_beside_the_revision(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        holder, ref = link_holder(entry.id), entry.ref
        save(session, holder, ref, {"title": "Better", "needs": ["2.1", "2.2"]}, entry.version, now=NOW)
        shown, working = content_of(entry), working_content(entry)
        save(session, holder, ref, {"needs": ["2.1"]}, entry.version, now=NOW)
        pending = dict(entry.pending or {})
        discard_pending(session, holder, ref, entry.version, now=NOW)

    with read() as session:
        after = fetch(session, ref)

        assert (shown["title"], shown["needs"]) == (content()["title"], ["2.1"])
        assert (working["title"], working["needs"]) == ("Better", ["2.1", "2.2"])
        assert pending == {"title": "Better"}
        assert (after.pending, after.pending_at, working_content(after)) == (None, None, shown)


def test_discarded_draft_leaves_nothing_but_the_audit_trail(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        discard_draft(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)

    with read() as session:
        left = [
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (Entry, EntryTerm, PrivateLink)
        ]
        actions = session.execute(sa.select(AuditEvent.action).order_by(AuditEvent.sequence)).scalars().all()

    assert left == [0, 0, 0]
    assert actions == ["entry.create", "entry.discard"]


def test_submitted_entry_is_not_discarded(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)

        with pytest.raises(Refused):
            discard_draft(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)


def test_audit_trail_names_fields_and_no_values(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        save(session, link_holder(entry.id), entry.ref, {"contact_name": "Zed"}, entry.version, now=NOW)

    with read() as session:
        event = session.execute(sa.select(AuditEvent).order_by(AuditEvent.sequence.desc())).scalars().first()

        assert event is not None
        assert (event.action, event.actor, event.after) == (
            "entry.edit",
            "signed_out",
            {"fields": ["contact_name"]},
        )
