"""services/collaborators.py: who helps with an entry, what it opens to them, and what it closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.collaborators import Collaborator
from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Account
from models.reviews import ConflictDeclaration
from services import collaborators, personal_data, upkeep
from services.assignments import assign
from services.conflict_hints import open_hints
from services.conflicts import declare
from services.entries import drafts, publication, submission
from services.planning_facts import board_of
from services.queries.entries import entry_page, helped, list_visible, mine
from services.screening import REASON_CODES, find_ineligible
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor, make_call, make_draft, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.conflicts import TieSource
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import CollaboratorLevel, ConflictAnswer, EntryKind

VIEW, COMMENT, EDIT = CollaboratorLevel
ADDRESS = "helper@people.example"
CODE = next(iter(REASON_CODES))


@dataclass(slots=True)
class Given:
    """A submitted request, its owner, and somebody with an account who could help."""

    owner: Actor
    helper: Actor
    ref: str


@pytest.fixture
def given(write: Opened) -> Given:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        helper = make_actor(session, Role.REVIEWER, email=ADDRESS, name="Wanjiru Helper")
        return Given(owner, helper, make_submitted(session, actor=owner, now=NOW).ref)


def secret_to(session: Session, address: str = ADDRESS) -> str:
    """The secret of the last invitation mailed to an address."""
    values = session.execute(
        sa.select(OutgoingMail.values)
        .where(OutgoingMail.template == "collaborator", OutgoingMail.to_email == address)
        .order_by(OutgoingMail.id.desc())
    ).scalars()
    return str(next(iter(values))["link"]).rsplit("/", 1)[1]


def let_help(session: Session, given: Given, level: CollaboratorLevel) -> int:
    number = collaborators.invite(session, given.owner, given.ref, ADDRESS, level, now=NOW)
    collaborators.accept(session, given.helper, secret_to(session), now=NOW)
    return number


def version(session: Session, ref: str) -> int:
    return session.execute(sa.select(Entry.version).where(Entry.ref == ref)).scalar_one()


def entry_of(session: Session, ref: str) -> Entry:
    return session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one()


# --- inviting ---------------------------------------------------------------------------------------------


def test_the_same_is_told_and_mailed_whether_or_not_there_is_an_account(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        for address in (ADDRESS, "nobody@people.example"):
            collaborators.invite(session, given.owner, given.ref, address, VIEW, now=NOW)

    with read() as session:
        rows = collaborators.helpers_of(session, given.owner, given.ref, now=NOW).rows
        mails = session.execute(
            sa.select(OutgoingMail.values).where(OutgoingMail.template == "collaborator")
        ).scalars()
        texts = [{name: text for name, text in values.items() if name != "link"} for values in mails]

    assert [(row.name, row.level, row.accepted_at) for row in rows] == [(None, VIEW, None)] * 2
    assert texts[0] == texts[1]


def test_opening_the_link_changes_nothing_and_the_button_counts_once(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        collaborators.invite(session, given.owner, given.ref, ADDRESS, VIEW, now=NOW)
    with read() as session:
        secret = secret_to(session)
        shown = collaborators.invitation_behind(session, secret, now=NOW)
    assert (shown.ref, shown.email, shown.needs_sign_in) == (given.ref, ADDRESS, True)
    with pytest.raises(NotFound), read() as session:
        entry_page(session, given.helper, given.ref, now=NOW)

    with write() as session:
        collaborators.accept(session, given.helper, secret, now=NOW)

    with read() as session:
        assert entry_page(session, given.helper, given.ref, now=NOW).is_helped
        assert [row.ref for row in helped(session, given.helper, now=NOW)] == [given.ref]
        assert mine(session, given.helper, now=NOW) == ()
    with pytest.raises(NotFound), write() as session:
        collaborators.accept(session, given.helper, secret, now=NOW)


def test_link_is_for_its_address_and_makes_an_account_only_where_there_is_none(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        collaborators.invite(session, given.owner, given.ref, ADDRESS, VIEW, now=NOW)
        collaborators.invite(session, given.owner, given.ref, "new@people.example", VIEW, now=NOW)
        known, new = secret_to(session), secret_to(session, "new@people.example")

    with pytest.raises(Unauthenticated), write() as session:
        collaborators.accept(session, SIGNED_OUT, known, now=NOW)
    with pytest.raises(Refused), write() as session:
        collaborators.accept(session, make_actor(session), known, now=NOW)
    with write() as session:
        taken = collaborators.accept(session, SIGNED_OUT, new, now=NOW)

    with read() as session:
        account = session.get_one(Account, taken.account_id)
        assert (taken.is_new, account.email) == (True, "new@people.example")


def test_link_expires_is_replaced_and_can_be_turned_down(write: Opened, given: Given) -> None:
    with write() as session:
        collaborators.invite(session, given.owner, given.ref, ADDRESS, VIEW, now=NOW)
        first = secret_to(session)
        collaborators.invite(session, given.owner, given.ref, ADDRESS, EDIT, now=NOW)
        second = secret_to(session)

    with pytest.raises(NotFound), write() as session:
        collaborators.accept(session, given.helper, first, now=NOW)
    with pytest.raises(NotFound), write() as session:
        collaborators.accept(session, given.helper, second, now=NOW + timedelta(days=15))
    with write() as session:
        collaborators.turn_down(session, second, now=NOW)
    with pytest.raises(NotFound), write() as session:
        collaborators.accept(session, given.helper, second, now=NOW)


def test_owner_does_not_invite_oneself_nor_somebody_twice_nor_for_others(write: Opened, given: Given) -> None:
    with write() as session:
        let_help(session, given, VIEW)

    with pytest.raises(Invalid), write() as session:
        collaborators.invite(session, given.owner, given.ref, given.owner.email or "", VIEW, now=NOW)
    with pytest.raises(Conflict), write() as session:
        collaborators.invite(session, given.owner, given.ref, ADDRESS.upper(), EDIT, now=NOW)
    with pytest.raises(Refused), write() as session:
        collaborators.invite(session, given.helper, given.ref, "friend@people.example", VIEW, now=NOW)
    with pytest.raises(NotFound), write() as session:
        collaborators.invite(session, make_actor(session), given.ref, "friend@people.example", VIEW, now=NOW)


# --- what it opens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "may_edit"), [(VIEW, False), (COMMENT, False), (EDIT, True)])
def test_level_says_who_edits_and_nobody_withdraws_or_consents(
    write: Opened, read: Opened, given: Given, level: CollaboratorLevel, may_edit: bool
) -> None:
    with write() as session:
        let_help(session, given, level)

    with read() as session:
        page = entry_page(session, given.helper, given.ref, now=NOW)
    may = {str(action) for action in page.may}
    assert (page.is_writer, bool(page.working), "entry.edit" in may) == (may_edit,) * 3
    assert may & {"entry.withdraw", "publication.consent", "collaborator.grant", "entry.screen"} == set()
    if not may_edit:
        with pytest.raises(Refused) as refused, write() as session:
            drafts.save(
                session, given.helper, given.ref, {"title": "x"}, version(session, given.ref), now=NOW
            )
        assert refused.value.code == "view_only"


def test_editor_saves_with_the_version_and_submits_as_themselves(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        let_help(session, given, EDIT)
        stale = version(session, given.ref)
        drafts.save(session, given.owner, given.ref, {"title": "By the owner"}, stale, now=NOW)
    with pytest.raises(Conflict) as lost, write() as session:
        drafts.save(session, given.helper, given.ref, {"title": "By the helper"}, stale, now=NOW)
    assert lost.value.extra["current"]["title"] == "By the owner"

    with write() as session:
        entry = drafts.save(
            session, given.helper, given.ref, {"need": "More"}, version(session, given.ref), now=NOW
        )
        submission.submit(session, given.helper, given.ref, entry.version, now=NOW)

    with read() as session:
        entry = entry_of(session, given.ref)
        assert (entry.title, entry.need, entry.revision_number) == ("By the owner", "More", 2)
        assert entry.owner_id == given.owner.account_id


def test_editor_changes_no_consent(write: Opened, given: Given) -> None:
    with write() as session:
        let_help(session, given, EDIT)

    for change in ({"public_fields": ["title", "need"]}, {"consent_terms": False}):
        with pytest.raises(Refused), write() as session:
            drafts.save(session, given.helper, given.ref, change, version(session, given.ref), now=NOW)
    with pytest.raises(Refused), write() as session:
        publication.consent(session, given.helper, given.ref, ["title"], version(session, given.ref), now=NOW)


def test_editor_throws_away_words_and_no_consent(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        let_help(session, given, EDIT)
        n = version(session, given.ref)
        changes = {"title": "Another title", "public_fields": ["title"]}
        drafts.save(session, given.owner, given.ref, changes, n, now=NOW)

    for _ in range(2):
        with write() as session:
            drafts.discard_pending(session, given.helper, given.ref, version(session, given.ref), now=NOW)

    with read() as session:
        assert entry_of(session, given.ref).pending == {"public_fields": ["title"]}
    with write() as session:
        drafts.discard_pending(session, given.owner, given.ref, version(session, given.ref), now=NOW)
    with read() as session:
        assert entry_of(session, given.ref).pending is None


def test_draft_is_seen_by_whoever_helps_and_nobody_else(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        draft = make_draft(session, actor=given.owner, now=NOW).entry.ref
        collaborators.invite(session, given.owner, draft, ADDRESS, EDIT, now=NOW)
        collaborators.accept(session, given.helper, secret_to(session), now=NOW)

    with write() as session:
        drafts.save(session, given.helper, draft, {"title": "Ours"}, version(session, draft), now=NOW)
    with read() as session:
        found = list_visible(session, given.helper, EntryKind.REQUEST, {}, now=NOW)
        assert [row.ref for row in found.rows] == [draft]
    with pytest.raises(NotFound), write() as session:
        entry_page(session, make_actor(session, Role.OFFICER), draft, now=NOW)


def test_removed_helper_is_refused_at_once_and_one_can_step_out(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        number = let_help(session, given, EDIT)
    with write() as session:
        collaborators.remove(session, given.owner, given.ref, number, now=NOW)

    with pytest.raises(NotFound), write() as session:
        drafts.save(session, given.helper, given.ref, {"title": "x"}, version(session, given.ref), now=NOW)
    with read() as session:
        assert helped(session, given.helper, now=NOW) == ()
    with write() as session:
        let_help(session, given, VIEW)
        collaborators.leave(session, given.helper, given.ref, now=NOW)
    with pytest.raises(NotFound), read() as session:
        entry_page(session, given.helper, given.ref, now=NOW)


def test_owner_changes_what_somebody_may_do(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        number = let_help(session, given, VIEW)
        collaborators.set_level(session, given.owner, given.ref, number, EDIT, now=NOW)

    with read() as session:
        assert entry_page(session, given.helper, given.ref, now=NOW).is_writer


# --- what it closes ---------------------------------------------------------------------------------------


def test_whoever_helped_once_is_no_reviewer_of_it(write: Opened, read: Opened) -> None:
    with write() as session:
        owner, officer = make_actor(session, Role.REQUESTER), make_actor(session, Role.OFFICER)
        helper = make_actor(session, Role.REVIEWER, email=ADDRESS)
        call = make_call(session, now=NOW)
        ref = make_submitted(session, actor=owner, now=NOW, call=call).ref
        given = Given(owner, helper, ref)
        collaborators.remove(session, owner, ref, let_help(session, given, VIEW), now=NOW)

    with pytest.raises(Invalid), write() as session:
        assign(session, officer, ref, ADDRESS, None, now=NOW)
    with read() as session:
        call = session.execute(sa.select(Call)).scalar_one()
        assert (ref, str(helper.account_id)) in board_of(session, officer, call, now=NOW).closed


def test_cleared_reviewer_who_begins_to_help_is_asked_again_and_pointed_to(
    write: Opened, read: Opened
) -> None:
    with write() as session:
        owner, officer = make_actor(session, Role.REQUESTER), make_actor(session, Role.OFFICER)
        helper = make_actor(session, Role.REVIEWER, email=ADDRESS)
        ref = make_submitted(session, actor=owner, now=NOW, call=make_call(session, now=NOW)).ref
        made = assign(session, officer, ref, ADDRESS, None, now=NOW)
        declare(session, helper, made.ref, ConflictAnswer.NONE, [], None, now=NOW)
        let_help(session, Given(owner, helper, ref), VIEW)

    with read() as session:
        declared = session.execute(sa.select(ConflictDeclaration)).scalar_one()
        hints = open_hints(session, entry_of(session, ref), helper.account_id or 0, now=NOW)
        assert declared.asked_again_at == NOW
        assert TieSource.HELPED in {hint.source for hint in hints}


def test_officer_who_helps_holds_no_office_over_it_and_sees_no_hidden_finding(
    write: Opened, read: Opened
) -> None:
    with write() as session:
        owner, other = make_actor(session, Role.REQUESTER), make_actor(session, Role.OFFICER)
        helper = make_actor(session, Role.OFFICER, email=ADDRESS)
        ref = make_submitted(session, actor=owner, now=NOW, call=make_call(session, now=NOW)).ref
        let_help(session, Given(owner, helper, ref), EDIT)

    with pytest.raises(Refused) as refused, write() as session:
        find_ineligible(session, helper, ref, version(session, ref), CODE, "not ours", now=NOW)
    assert refused.value.code == "own_case"
    with write() as session:
        find_ineligible(session, other, ref, version(session, ref), CODE, "not ours", now=NOW)
    with read() as session:
        assert entry_page(session, other, ref, now=NOW).row.state == "ineligible"
        assert entry_page(session, helper, ref, now=NOW).row.state == "submitted"
        filters = {"state": ("ineligible",)}
        assert list_visible(session, helper, EntryKind.REQUEST, filters, now=NOW).rows == ()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DECIDER, Role.AUDITOR])
def test_whoever_helped_once_holds_no_office_over_it_later(write: Opened, read: Opened, role: Role) -> None:
    with write() as session:
        owner, helper = make_actor(session, Role.REQUESTER), make_actor(session, role, email=ADDRESS)
        ref = make_submitted(session, actor=owner, now=NOW, call=make_call(session, now=NOW)).ref
        other = make_submitted(session, actor=owner, now=NOW, title="Not helped with").ref
        let_help(session, Given(owner, helper, ref), EDIT)
        collaborators.leave(session, helper, ref, now=NOW)

    with pytest.raises(NotFound), read() as session:
        entry_page(session, helper, ref, now=NOW)
    with pytest.raises(NotFound), write() as session:
        find_ineligible(session, helper, ref, version(session, ref), CODE, "not ours", now=NOW)
    with read() as session:
        seen = {row.ref for row in list_visible(session, helper, EntryKind.REQUEST, {}, now=NOW).rows}
        assert seen == (set() if role is Role.AUDITOR else {other})


# --- personal data ----------------------------------------------------------------------------------------


def test_export_tells_of_invitations_and_erasure_ends_them(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        let_help(session, given, VIEW)
        own = personal_data.export_own(session, given.helper, now=NOW)
        owners = personal_data.export_own(session, given.owner, now=NOW)
    assert [row["email"] for row in own["helps_with"]] == [ADDRESS]
    assert [row["email"] for row in owners["invited_to_help"]] == [ADDRESS]
    assert "token_hash" not in own["helps_with"][0]

    with write() as session:
        officer, auditor, admin = (
            make_actor(session, role) for role in (Role.OFFICER, Role.AUDITOR, Role.ADMIN)
        )
        personal_data.prepare_erasure(session, officer, ADDRESS, reason="asked", now=NOW)
    with write() as session:
        personal_data.approve_erasure(session, auditor, given.helper.account_id or 0, now=NOW)
    with write() as session:
        personal_data.erase(session, admin, given.helper.account_id or 0, now=NOW)

    with read() as session:
        row = session.execute(sa.select(Collaborator)).scalar_one()
        assert (row.email, row.ended_at) == (f"erased-{given.helper.account_id}@erased.invalid", NOW)


def test_unanswered_invitations_are_forgotten_and_accepted_ones_are_not(write: Opened, given: Given) -> None:
    late = NOW + timedelta(days=45)
    with write() as session:
        let_help(session, given, VIEW)
        collaborators.invite(session, given.owner, given.ref, "silent@people.example", VIEW, now=NOW)

    with write() as session:
        gone = upkeep.forget_old(session, now=late)["invitations"]
        left = session.execute(sa.select(Collaborator.email)).scalars().all()

    assert (gone, left) == (1, [ADDRESS])


def test_actor_of_a_helper_has_no_more_roles(write: Opened, read: Opened, given: Given) -> None:
    with write() as session:
        collaborators.invite(session, given.owner, given.ref, "new@people.example", EDIT, now=NOW)
        taken = collaborators.accept(session, SIGNED_OUT, secret_to(session, "new@people.example"), now=NOW)
        make_account(session)

    with read() as session:
        assert actor_of_account(session, taken.account_id).roles() == frozenset()
