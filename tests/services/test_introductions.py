"""services/introductions: from a shortlisted pair to what came of it; who sees what, and when."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models.entries import Entry
from models.matches import Match
from models.operation import OutgoingMail
from models.reviews import ConflictDeclaration
from services import matching_settings
from services.introductions.answers import answer, report_outcome
from services.introductions.sheets import list_matches, match_sheet, own_matches
from services.introductions.steps import cancel, close, lapse_matches, propose, shortlist, start
from services.match_facts import places_taken
from services.transaction import transaction
from tests.factories import make_account, make_actor, make_call, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, HouseError, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import ConflictAnswer, DeclineReason, EntryKind, MatchAnswer, MatchState

YES, NO = MatchAnswer.YES, MatchAnswer.NO
BY = NOW + timedelta(days=14)


@dataclass(slots=True)
class Two:
    """A request and an offer with their owners, and an officer."""

    officer: Actor
    requester: Actor
    partner: Actor
    request: str
    offer: str


@pytest.fixture
def two(write: Opened) -> Two:
    with write() as session:
        officer, requester, partner = (
            make_actor(session, role) for role in (Role.OFFICER, Role.REQUESTER, Role.PARTNER)
        )
        request = make_published(session, actor=requester, contact_email="asks@people.example")
        offer = make_published(
            session, EntryKind.OFFER, actor=partner, contact_email="gives@people.example", capacity=1
        )
        return Two(officer, requester, partner, request.ref, offer.ref)


def proposed(write: Opened, two: Two) -> str:
    with write() as session:
        match = shortlist(session, two.officer, two.request, two.offer, now=NOW)
        propose(session, two.officer, match.ref, match.version, BY, now=NOW)
        return match.ref


def agreed(write: Opened, two: Two) -> str:
    ref = proposed(write, two)
    with write() as session:
        answer(session, two.requester, ref, YES, now=NOW)
    with write() as session:
        answer(session, two.partner, ref, YES, now=NOW)
    return ref


def state_of(read: Opened, ref: str) -> MatchState:
    with read() as session:
        return session.execute(sa.select(Match.state).where(Match.ref == ref)).scalar_one()


def mails(read: Opened) -> list[tuple[str, str]]:
    with read() as session:
        rows = session.execute(
            sa.select(OutgoingMail.template, OutgoingMail.to_email)
            .where(OutgoingMail.template.like("match_%"))
            .order_by(OutgoingMail.id)
        )
        return [(row.template, row.to_email) for row in rows]


def test_shortlist_freezes_score_reasons_and_versions_and_tells_nobody(write: Opened, read: Opened, two: Two):
    with write() as session:
        ref = shortlist(session, two.officer, two.request, two.offer, now=NOW).ref

    with read() as session:
        row = session.execute(sa.select(Match).where(Match.ref == ref)).scalar_one()
        kept = (row.state, sorted(row.explanation), bool(row.settings_version), bool(row.index_version))
        score = row.score
        with pytest.raises(NotFound):
            match_sheet(session, two.requester, ref, now=NOW)

    assert kept == (
        MatchState.SHORTLISTED,
        ["blockers", "parts", "reasons", "terms", "weights"],
        True,
        True,
    )
    assert score > 0.3
    assert mails(read) == []


def test_a_pair_is_taken_up_once_at_a_time(write: Opened, two: Two):
    with write() as session:
        match = shortlist(session, two.officer, two.request, two.offer, now=NOW)
        ref, version = match.ref, match.version
    with write() as session, pytest.raises(Conflict) as second:
        shortlist(session, two.officer, two.request, two.offer, now=NOW)
    with write() as session:
        cancel(session, two.officer, ref, version, "not now", now=NOW)
    with write() as session:
        again = shortlist(session, two.officer, two.request, two.offer, now=NOW).ref

    assert (second.value.code, second.value.extra) == ("taken_up", {"ref": ref})
    assert again != ref


def test_request_without_a_released_result_needs_a_reason(write: Opened, two: Two):
    with write() as session:
        request = make_submitted(session, call=make_call(session)).ref
    with write() as session, pytest.raises(Invalid) as bare:
        shortlist(session, two.officer, request, two.offer, now=NOW)
    with write() as session:
        state = shortlist(session, two.officer, request, two.offer, now=NOW, reason="the pilot's wish").state

    assert list(bare.value.errors) == ["reason"]
    assert state is MatchState.SHORTLISTED


@pytest.mark.parametrize(("slot", "places", "wrong"), [("9.9", 1, "slot"), ("", 0, "places")])
def test_wrong_slot_or_places_are_named(write: Opened, two: Two, slot: str, places: int, wrong: str):
    with write() as session, pytest.raises(Invalid) as found:
        shortlist(session, two.officer, two.request, two.offer, now=NOW, slot=slot, places=places)

    assert list(found.value.errors) == [wrong]


def test_proposal_asks_both_by_mail(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)

    with read() as session:
        sheet = match_sheet(session, two.requester, ref, now=NOW)

    assert mails(read) == [
        ("match_proposed", "asks@people.example"),
        ("match_proposed", "gives@people.example"),
    ]
    assert (sheet.state, sheet.can, sheet.offer.contact) == (MatchState.PROPOSED, {"answer"}, None)


@pytest.mark.parametrize("days", [0, 121])
def test_day_for_an_answer_lies_within_bounds(write: Opened, two: Two, days: int):
    with write() as session:
        match = shortlist(session, two.officer, two.request, two.offer, now=NOW)
        ref, version = match.ref, match.version

    with write() as session, pytest.raises(Invalid) as wrong:
        propose(session, two.officer, ref, version, NOW + timedelta(days=days), now=NOW)

    assert list(wrong.value.errors) == ["answer_by_at"]


def test_second_yes_agrees_takes_the_place_and_shows_contacts(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session:
        first = answer(session, two.requester, ref, YES, now=NOW).state
    with read() as session:
        waiting = match_sheet(session, two.partner, ref, now=NOW)
    with write() as session:
        answer(session, two.partner, ref, YES, now=NOW, words="With pleasure.")

    with read() as session:
        sheet = match_sheet(session, two.requester, ref, now=NOW)
        offer_id = session.execute(sa.select(Entry.id).where(Entry.ref == two.offer)).scalar_one()
        taken = places_taken(session, [offer_id])

    assert (first, waiting.request.answer, waiting.request.contact) == (MatchState.PROPOSED, None, None)
    assert sheet.state is MatchState.AGREED
    assert sheet.offer.contact is not None
    assert sheet.offer.contact["contact_email"] == "gives@people.example"
    assert sheet.offer.words is None  # words of an answer are for the secretariat
    assert taken == {offer_id: 1}
    assert mails(read)[2:] == [
        ("match_agreed", "asks@people.example"),
        ("match_agreed", "gives@people.example"),
    ]


def test_no_needs_its_reason_ends_the_match_and_is_learned_from(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session, pytest.raises(Invalid) as bare:
        answer(session, two.partner, ref, NO, now=NOW)
    with write() as session:
        answer(session, two.partner, ref, NO, now=NOW, declined=DeclineReason.TOO_LATE, words="Full.")

    with read() as session:
        row = session.execute(sa.select(Match).where(Match.ref == ref)).scalar_one()
        learned = matching_settings.proposal(session, two.officer, now=NOW)
        kept = (row.state, row.partner_decline, row.explanation["declined_because"])

    assert list(bare.value.errors) == ["reason"]
    assert kept == (MatchState.DECLINED, "too_late", "too_late")
    assert (learned.n_accepted, learned.n_declined) == (0, 1)
    assert mails(read)[2:] == [("match_ended", "asks@people.example")]


def test_answers_come_once_in_time_and_from_a_side_only(write: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session:
        stranger = make_actor(session, Role.REQUESTER)
        answer(session, two.requester, ref, YES, now=NOW)

    refused = []
    for who, when in (
        (two.requester, NOW),
        (stranger, NOW),
        (two.officer, NOW),
        (two.partner, BY + timedelta(seconds=1)),
    ):
        with write() as session, pytest.raises(HouseError) as no:
            answer(session, who, ref, YES, now=when)
        refused.append(no.value.code)

    assert refused == ["answered", "not_found", "role", "too_late"]


def test_unanswered_match_lapses_by_the_clock(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session:
        n_early = lapse_matches(session, now=BY)
    with write() as session:
        n_late = lapse_matches(session, now=BY + timedelta(seconds=1))
    with write() as session:
        n_again = lapse_matches(session, now=BY + timedelta(days=1))

    assert (n_early, n_late, n_again) == (0, 1, 0)
    assert state_of(read, ref) is MatchState.LAPSED


def test_full_offer_agrees_to_nothing_more(write: Opened, read: Opened, two: Two):
    with write() as session:
        other = make_published(session, actor=two.requester, title="Another").ref
        second = shortlist(session, two.officer, other, two.offer, now=NOW)
        ref_two = propose(session, two.officer, second.ref, second.version, BY, now=NOW).ref
        answer(session, two.requester, ref_two, YES, now=NOW)
    agreed(write, two)

    with pytest.raises(Conflict) as full, write() as session:
        answer(session, two.partner, ref_two, YES, now=NOW)

    with read() as session:
        kept = session.execute(sa.select(Match.partner_answer).where(Match.ref == ref_two)).scalar_one()
    assert (full.value.code, full.value.extra) == ("no_place_left", {"left": 0, "needed": 1})
    assert kept is MatchAnswer.NONE


def test_cancelled_agreement_frees_its_place(write: Opened, read: Opened, two: Two):
    ref = agreed(write, two)
    with read() as session:
        sheet = match_sheet(session, two.officer, ref, now=NOW)
    with write() as session:
        cancel(session, two.officer, ref, sheet.version, "The partner asked for it.", now=NOW)

    with read() as session:
        offer_id = session.execute(sa.select(Entry.id).where(Entry.ref == two.offer)).scalar_one()
        assert places_taken(session, [offer_id]) == {}


def test_closing_needs_the_word_of_a_side(write: Opened, read: Opened, two: Two):
    ref = agreed(write, two)
    with write() as session:
        version = match_sheet(session, two.officer, ref, now=NOW).version
        version = start(session, two.officer, ref, version, NOW.date(), now=NOW).version
    with write() as session, pytest.raises(Conflict) as early:
        close(session, two.officer, ref, version, MatchState.COMPLETED, "Done.", now=NOW)
    with write() as session:
        version = report_outcome(
            session, two.partner, ref, MatchState.COMPLETED, "Two people were trained.", now=NOW
        ).version
    with write() as session:
        close(session, two.officer, ref, version, MatchState.COMPLETED, "Both content.", now=NOW)

    with read() as session:
        sheet = match_sheet(session, two.requester, ref, now=NOW)
    assert early.value.code == "unconfirmed"
    assert (sheet.state, sheet.offer.result, sheet.offer.outcome) == (
        MatchState.COMPLETED,
        "completed",
        None,
    )
    assert sheet.can == {"report"}
    assert [row.what for row in sheet.history] == [
        "match.propose",
        "match.answer",
        "match.answer",
        "match.agree",
        "match.start",
        "match.report_outcome",
        "match.complete",
    ]


def test_a_step_of_an_old_version_is_refused(write: Opened, two: Two):
    with write() as session:
        match = shortlist(session, two.officer, two.request, two.offer, now=NOW)
        ref, version = match.ref, match.version
        propose(session, two.officer, ref, version, BY, now=NOW)

    with write() as session, pytest.raises(Conflict) as stale:
        cancel(session, two.officer, ref, version, "late", now=NOW)

    assert stale.value.code == "version_conflict"
    assert stale.value.extra["current"] == {"state": "proposed"}


def test_conflict_of_interest_hides_the_match_from_an_officer(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session:
        offer_id = session.execute(sa.select(Entry.id).where(Entry.ref == two.offer)).scalar_one()
        session.add(
            ConflictDeclaration(
                entry_id=offer_id,
                account_id=two.officer.account_id,
                answer=ConflictAnswer.CONFLICT,
                kinds=["financial"],
                answered_at=NOW,
                created_at=NOW,
                updated_at=NOW,
            )
        )

    with read() as session:
        listed = list_matches(session, two.officer, now=NOW)
        with pytest.raises(NotFound):
            match_sheet(session, two.officer, ref, now=NOW)
    assert listed == ()


def test_officer_takes_no_step_with_an_entry_of_their_own(write: Opened, two: Two):
    with write() as session:
        own = make_published(session, actor=two.officer, title="Mine").ref

    with write() as session, pytest.raises(Refused) as refused:
        shortlist(session, two.officer, own, two.offer, now=NOW)

    assert refused.value.code == "own_case"


def test_each_side_lists_its_own_and_others_nothing(write: Opened, read: Opened, two: Two):
    ref = proposed(write, two)
    with write() as session:
        stranger = make_actor(session, Role.PARTNER)

    with read() as session:
        found = [
            [sheet.ref for sheet in own_matches(session, who, now=NOW)]
            for who in (two.requester, two.partner, stranger)
        ]
        with pytest.raises(Refused):
            list_matches(session, two.partner, now=NOW)

    assert found == [[ref], [ref], []]


# --- the last place ---------------------------------------------------------------------------------------


@pytest.fixture
def crowd(write: Opened, two: Two) -> list[tuple[str, Actor]]:
    """Six matches for the one place of an offer, each waiting for the last yes, by another requester."""
    waiting = []
    for n in range(6):
        with write() as session:
            asker = make_actor(session, Role.REQUESTER)
            request = make_published(session, actor=asker, title=f"Request {n}").ref
            match = shortlist(session, two.officer, request, two.offer, now=NOW)
            propose(session, two.officer, match.ref, match.version, BY, now=NOW)
            answer(session, two.partner, match.ref, YES, now=NOW)
            waiting.append((match.ref, asker))
    return waiting


def test_last_place_goes_to_exactly_one_of_six(app: Flask, read: Opened, crowd: list[tuple[str, Actor]]):
    barrier, outcomes = threading.Barrier(len(crowd)), []

    def say_yes(ref: str, asker: Actor) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with transaction() as session:
                    outcomes.append(answer(session, asker, ref, YES, now=NOW).state.value)
            except HouseError as no:
                outcomes.append(no.code)

    threads = [threading.Thread(target=say_yes, args=one) for one in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with read() as session:
        n_agreed = session.execute(
            sa.select(sa.func.count(Match.id)).where(Match.state == MatchState.AGREED)
        ).scalar_one()
    assert sorted(outcomes) == ["agreed", *["no_place_left"] * 5]
    assert n_agreed == 1


def test_account_without_a_role_holds_nothing(write: Opened, read: Opened, two: Two):
    with write() as session:
        make_account(session)
        nobody = make_actor(session)

    with read() as session, pytest.raises(Refused):
        list_matches(session, nobody, now=NOW)
