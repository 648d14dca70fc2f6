"""Does submitting freeze what was written, once, in time, and is it withdrawn only by its owner?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.entries import EntryChange, Revision
from models.operation import OutgoingMail
from models.people import Account, Organisation, RoleGrant
from services import audit
from services.entries.claims import claim_behind, confirm_email
from services.entries.content import content_of
from services.entries.drafts import save
from services.entries.publication import activate, check, consent, publish, return_to_owner, unpublish
from services.entries.rows import fetch
from services.entries.submission import Receipt, revisions, submit, withdraw
from services.sessions import actor_of_browser
from tests.factories import (
    OFFICER,
    content,
    link_holder,
    make_account,
    make_actor,
    make_call,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, HouseError, Invalid, NotFound, Refused
from vocabulary.people import Role
from vocabulary.states import EntryKind, Publication


def test_submission_freezes_a_revision(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder, ref = link_holder(entry.id), entry.ref
        first = submit(session, holder, ref, entry.version, now=NOW)
        save(session, holder, ref, {"title": "Better title"}, entry.version, now=NOW)
        second = submit(session, holder, ref, entry.version, now=NOW + timedelta(hours=1))

    with read() as session:
        frozen = revisions(session, holder, ref, now=NOW)
        kept = fetch(session, ref)

        assert (first.revision, second.revision) == (1, 2)
        assert [row.content["title"] for row in frozen] == [content()["title"], "Better title"]
        assert [row.content_hash for row in frozen] == [first.content_hash, second.content_hash]
        assert frozen[1].content == content_of(kept)
        assert (kept.submitted_at, kept.pending, kept.state) == (NOW, None, "submitted")


def test_submission_names_every_error(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session, title=None, contact_email=None, ends_on="2026-01-01").entry
        with pytest.raises(Invalid) as refused:
            submit(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)

    assert sorted(refused.value.errors) == ["contact_email", "ends_on", "title"]


def test_draft_may_hold_dates_that_do_not_fit(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session, starts_on="2027-05-01", ends_on="2027-01-01").entry

        assert (entry.starts_on, entry.ends_on) == (date(2027, 5, 1), date(2027, 1, 1))


def test_submission_of_the_same_again_is_refused(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)

        with pytest.raises(Conflict) as refused:
            submit(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)

    assert refused.value.code == "unchanged"


def test_submission_stamps_the_rate_and_the_organisation(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, currency="EUR")
        same = make_submitted(session, organisation_name="INSTITUTE OF SAVANNAH STUDIES Ltd")
        other = make_submitted(session, organisation_name="Institute of Savanna Studies")

        assert (entry.usd_rate, entry.usd_rate_on) == (Decimal("1.04166667"), date(2025, 1, 1))
        assert same.organisation_id == entry.organisation_id
        assert other.organisation_id != entry.organisation_id
        assert session.get_one(Organisation, entry.organisation_id).country == "KEN"


def test_offer_without_an_end_stands_for_a_year(write: Opened) -> None:
    with write() as session:
        offer = make_submitted(session, EntryKind.OFFER, valid_until=None)

        assert offer.valid_until == date(2027, 6, 1)


@pytest.mark.parametrize(("minutes", "outcome"), [(29, "submitted"), (31, "deadline_passed")])
def test_grace_is_for_forms_opened_in_time(write: Opened, minutes: int, outcome: str) -> None:
    with write() as session:
        call = make_call(session)
        entry = make_draft(session, call=call).entry
        at = call.closes_at + timedelta(minutes=minutes)

        try:
            submit(session, link_holder(entry.id), entry.ref, entry.version, now=at)
            found = entry.state
        except Refused as refused:
            found = refused.code

    assert found == outcome


def test_receipt_mail_carries_what_to_quote(write: Opened, read: Opened) -> None:
    with write() as session:
        call = make_call(session)
        entry = make_draft(session, call=call).entry
        receipt = submit(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)
        deadline = call.closes_at + timedelta(minutes=30)

    with read() as session:
        mail = session.execute(sa.select(OutgoingMail).where(OutgoingMail.template == "receipt")).scalar_one()

        assert receipt == Receipt(mail.values["ref"], 1, mail.values["content_hash"], NOW, deadline)
        assert mail.to_email == "amina@savannah.example"
        assert mail.values["confirm_link"].startswith("http://localhost/en/confirm/")


def test_matching_is_told_of_every_change(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        withdraw(session, link_holder(entry.id), entry.ref, entry.version, None, now=NOW)
        entry_id = entry.id

    with read() as session:
        assert session.execute(sa.select(EntryChange.entry_id)).scalars().all() == [entry_id] * 3


def test_two_submissions_of_one_version_have_one_winner(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder, ref, version = link_holder(entry.id), entry.ref, entry.version

    def attempt(_: int) -> str:
        try:
            with write() as session:
                submit(session, holder, ref, version, now=NOW)
        except HouseError as lost:
            return lost.code
        return "won"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))

    with read() as session:
        assert outcomes == ["version_conflict"] * 3 + ["won"]
        assert session.execute(sa.select(Revision.number)).scalars().all() == [1]
        assert audit.verify(session)[1] is None


def test_confirming_makes_an_owner_of_the_address(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, EntryKind.OFFER)
        secret, ref = _confirm_secret(session), entry.ref

    with read() as session:
        before = claim_behind(session, secret, now=NOW)
    with write() as session:
        confirm_email(session, secret, now=NOW)
    with read() as session:
        account = session.execute(sa.select(Account)).scalar_one()
        roles = session.execute(sa.select(RoleGrant.role)).scalars().all()
        kept = fetch(session, ref)

        assert (before.ref, before.email) == (ref, "paul@partner.example")
        assert (account.email, account.email_confirmed_at) == ("paul@partner.example", NOW)
        assert (roles, kept.owner_id, kept.confirmed_at) == ([Role.PARTNER], account.id, NOW)
    with pytest.raises(NotFound), write() as session:
        confirm_email(session, secret, now=NOW)


def test_claim_ends_the_private_links(write: Opened, read: Opened) -> None:
    with write() as session:
        made = make_draft(session)
        submit(session, link_holder(made.entry.id), made.entry.ref, made.entry.version, now=NOW)
        confirm_email(session, _confirm_secret(session), now=NOW)
        secret = made.resume_secret or ""

    with read() as session:
        assert actor_of_browser(session, None, [secret], now=NOW).entry_ids == frozenset()


def test_confirm_link_expires(write: Opened) -> None:
    with write() as session:
        make_submitted(session)
        secret = _confirm_secret(session)

        with pytest.raises(NotFound):
            confirm_email(session, secret, now=NOW + timedelta(days=31))


def test_newer_confirm_link_takes_the_place_of_the_older(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        holder, first = link_holder(entry.id), _confirm_secret(session)
        save(session, holder, entry.ref, {"contact_email": "new@savannah.example"}, entry.version, now=NOW)
        submit(session, holder, entry.ref, entry.version, now=NOW)

        with pytest.raises(NotFound):
            confirm_email(session, first, now=NOW)
        claimed = confirm_email(session, _confirm_secret(session), now=NOW)

        assert session.get_one(Account, claimed.owner_id).email == "new@savannah.example"


def test_known_account_keeps_its_name_and_roles(write: Opened) -> None:
    with write() as session:
        account = make_account(session, Role.REVIEWER, email="amina@savannah.example", name="Amina")
        make_submitted(session)
        confirm_email(session, _confirm_secret(session), now=NOW)
        roles = session.execute(sa.select(RoleGrant.role).order_by(RoleGrant.id)).scalars().all()

        assert (account.name, roles) == ("Amina", [Role.REVIEWER, Role.REQUESTER])


def test_disabled_account_is_not_opened_by_a_mail(write: Opened) -> None:
    with write() as session:
        make_account(session, email="amina@savannah.example", is_disabled=True)
        make_submitted(session)

        with pytest.raises(NotFound):
            confirm_email(session, _confirm_secret(session), now=NOW)


def test_owner_with_a_confirmed_address_needs_no_link(write: Opened) -> None:
    with write() as session:
        owner = make_actor(session, email="amina@savannah.example")
        entry = make_submitted(session, actor=owner)

        assert entry.confirmed_at == NOW
        assert _confirm_link(session) is None


def test_withdrawal_is_the_owners(write: Opened, read: Opened) -> None:
    with write() as session:
        owner = make_actor(session)
        entry = make_submitted(session, actor=owner)
        for other in (make_actor(session), link_holder(entry.id + 1)):
            with pytest.raises(NotFound):
                withdraw(session, other, entry.ref, entry.version, None, now=NOW)
        with pytest.raises(Refused):
            withdraw(session, OFFICER, entry.ref, entry.version, None, now=NOW)
        withdraw(session, owner, entry.ref, entry.version, "We found help.", now=NOW)
        state, at = entry.state, entry.withdrawn_at

    with read() as session:
        event = session.execute(
            sa.select(AuditEvent).where(AuditEvent.action == "entry.withdraw")
        ).scalar_one()

        assert (state, at) == ("withdrawn", NOW)
        assert (event.before, event.after, event.reason) == (
            {"state": "submitted"},
            {"state": "withdrawn"},
            "We found help.",
        )


def test_published_entry_is_unpublished_when_withdrawn(write: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        withdraw(session, link_holder(entry.id), entry.ref, entry.version, None, now=NOW)

        assert entry.publication is Publication.UNPUBLISHED


def test_publication_is_an_officers(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        with pytest.raises(NotFound):
            publish(session, make_actor(session, Role.PARTNER), entry.ref, entry.version, now=NOW)
        with pytest.raises(Refused):
            publish(session, link_holder(entry.id), entry.ref, entry.version, now=NOW)
        publish(session, OFFICER, entry.ref, entry.version, now=NOW)
        shown = (entry.publication, entry.published_at)
        unpublish(session, OFFICER, entry.ref, entry.version, "The owner asked.", now=NOW)

        assert shown == (Publication.PUBLISHED, NOW)
        assert entry.publication is Publication.UNPUBLISHED


def test_nothing_is_published_without_consent(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, public_fields=["summary"])

        with pytest.raises(Conflict) as refused:
            publish(session, OFFICER, entry.ref, entry.version, now=NOW)

    assert refused.value.code == "no_consent"


def test_consent_taken_back_unpublishes(write: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        consent(session, link_holder(entry.id), entry.ref, [], entry.version, now=NOW)

        assert (entry.publication, entry.public_fields) == (Publication.UNPUBLISHED, [])
        assert entry.public_search_text == ""


def test_offer_is_checked_and_activated(write: Opened) -> None:
    with write() as session:
        offer = make_submitted(session, EntryKind.OFFER)
        check(session, OFFICER, offer.ref, offer.version, now=NOW)
        activate(session, OFFICER, offer.ref, offer.version, now=NOW)

        assert offer.state == "active"
        with pytest.raises(Conflict) as refused:
            check(session, OFFICER, offer.ref, offer.version, now=NOW)

    assert refused.value.code == "wrong_state"


def test_returned_entry_is_submitted_again(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        holder = link_holder(entry.id)
        return_to_owner(session, OFFICER, entry.ref, entry.version, "Which ecosystems?", now=NOW)
        returned = entry.state
        save(session, holder, entry.ref, {"ecosystems": ["drylands"]}, entry.version, now=NOW)
        submit(session, holder, entry.ref, entry.version, now=NOW)

        assert (returned, entry.state, entry.revision_number) == ("returned", "submitted", 2)


def test_publishing_refuses_what_cannot_be_shown_and_unpublishing_what_is_not(write: Opened) -> None:
    with write() as session:
        draft = make_draft(session, public_fields=["title"]).entry
        entry = make_submitted(session)
        with pytest.raises(Conflict) as early:
            unpublish(session, OFFICER, entry.ref, entry.version, "Asked for.", now=NOW)
        withdraw(session, link_holder(entry.id), entry.ref, entry.version, None, now=NOW)
        with pytest.raises(Conflict) as late:
            publish(session, OFFICER, entry.ref, entry.version, now=NOW)
        with pytest.raises(HouseError):
            publish(session, OFFICER, draft.ref, draft.version, now=NOW)

        assert (early.value.code, late.value.code) == ("not_published", "wrong_state")
        assert (draft.publication, entry.publication) == (Publication.NONE, Publication.CONSENTED)


def test_link_to_claim_holds_no_more_once_somebody_owns_the_entry(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        secret = _confirm_secret(session)
        owner = make_account(session, email="owner@b.example")
        entry.owner_id = owner.id
        session.flush()

        for use in (claim_behind, confirm_email):
            with pytest.raises(NotFound):
                use(session, secret, now=NOW)

        assert entry.owner_id == owner.id


def _confirm_link(session: Session) -> str | None:
    session.flush()
    query = sa.select(OutgoingMail).where(OutgoingMail.template == "receipt").order_by(OutgoingMail.id.desc())
    link: str | None = session.execute(query).scalars().first().values["confirm_link"]
    return link


def _confirm_secret(session: Session) -> str:
    return (_confirm_link(session) or "").rsplit("/", 1)[1]
