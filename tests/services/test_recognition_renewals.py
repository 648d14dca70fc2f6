"""Are partners told before their recognition ends, and is it renewed by two people or left to end?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Recognition
from models.entries import Entry
from models.operation import OutgoingMail
from services import outbox, recognition_renewals, recognitions
from services.decisions import endorsing
from services.decisions.proposing import Draft
from services.queries import board
from services.recognitions import Standing
from tests.factories import MADE_AT as NOW
from tests.factories import make_actor
from tests.fixtures import Opened
from tests.panels import Bench, make_bench
from tests.services.test_decisions import make_released
from tests.services.test_endorsing import GOOD, endorsed, make_offer
from tests.services.test_panels import declare_conflict
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Role

LAST = date(2027, 6, 1)
BAD = Draft("not_endorsed", "It has ended.", contradiction_reason="The activity has ended.")


def before(days: int) -> datetime:
    """So many days before the last day, at noon."""
    return datetime.combine(LAST - timedelta(days=days), time(12), NOW.tzinfo)


def recognised(session: Session, bench: Bench) -> tuple[Entry, Recognition]:
    offer = make_offer(session, bench)
    endorsed(session, bench, offer)
    return offer, recognitions.issue(session, bench.officer, offer.ref, LAST, now=NOW)


def decide(session: Session, bench: Bench, offer: Entry, draft: Draft, now: datetime) -> None:
    made = endorsing.propose(session, bench.moderator, offer.ref, draft, None, offer.version, now=now)
    endorsing.approve(session, bench.decider, made.ref, made.version, now=now)


def told(session: Session) -> list[dict[str, object]]:
    mails = session.execute(
        sa.select(OutgoingMail)
        .where(OutgoingMail.template == "recognition_expiring")
        .order_by(OutgoingMail.id)
    ).scalars()
    return [mail.values for mail in mails]


def row_of(session: Session, bench: Bench, now: datetime) -> list[str]:
    found = board.work(session, bench.officer, "recognitions", now=now, language="en")
    return [str(row.note) for row in found.rows]


# --- reminders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "n_told"), [(31, 0), (30, 1), (8, 1), (7, 1), (1, 1), (0, 1), (-1, 1), (-7, 1), (-8, 0)]
)
def test_only_the_last_reminder_that_is_due_goes_out(write: Opened, days: int, n_told: int) -> None:
    with write() as session:
        recognised(session, make_bench(session))
        counts = [recognition_renewals.remind_expiring(session, now=before(days)) for _ in range(2)]
        mails = told(session)

    assert counts == [n_told, 0]
    assert [mail["is_over"] for mail in mails] == [days < 0] * n_told


def test_three_reminders_go_to_the_partner_with_a_link_to_the_page(write: Opened) -> None:
    with write() as session:
        recognised(session, make_bench(session))
        counts = [
            recognition_renewals.remind_expiring(session, now=before(days))
            for days in (40, 30, 29, 8, 7, 6, 1, 0, -1)
        ]
        mails = told(session)

    assert counts == [0, 1, 0, 0, 1, 0, 0, 1, 0]
    assert {str(mail["link"]).rpartition("/")[2] for mail in mails} == {"renewal"}
    assert {mail["last_day"] for mail in mails} == {LAST.isoformat()}


def test_nobody_is_told_of_what_was_retracted_or_asked_for(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        _, gone = recognised(session, bench)
        _, asked = recognised(session, bench)
        recognitions.retract(session, bench.officer, gone.ref, "It ended.", gone.version, now=NOW)
        recognition_renewals.ask(session, bench.owner, asked.ref, "", asked.version, now=before(60))
        recognition_renewals.remind_expiring(session, now=before(30))

        assert told(session) == []


def test_request_is_told_without_a_renewal(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)
        made = recognitions.issue(session, bench.officer, entry.ref, LAST, now=NOW)
        recognition_renewals.remind_expiring(session, now=before(7))
        (mail,) = told(session)
        with pytest.raises(Conflict) as refused:
            recognition_renewals.ask(session, bench.owner, made.ref, "", made.version, now=before(7))
        ref = made.ref

    assert (mail["can_renew"], str(mail["link"]).rpartition("/")[2]) == (False, ref)
    assert refused.value.code == "not_standing"


# --- asking -----------------------------------------------------------------------------------------------


def test_renewal_is_decided_by_two_and_the_old_page_points_to_the_new(write: Opened) -> None:
    when = before(20)
    with write() as session:
        bench = make_bench(session)
        offer, old = recognised(session, bench)
        notes = [row_of(session, bench, before(40)), row_of(session, bench, when)]
        recognition_renewals.ask(session, bench.owner, old.ref, "Two more rounds.", old.version, now=when)
        notes.append(row_of(session, bench, when))
        with pytest.raises(Conflict) as early:
            recognitions.issue(session, bench.officer, offer.ref, None, now=when)
        shown = endorsing.endorsement(session, bench.officer, offer.ref, now=when)
        steps = [endorsing.asking(session, bench.decider, now=when)[0].step]
        made = endorsing.propose(session, bench.decider, offer.ref, GOOD, None, offer.version, now=when)
        with pytest.raises(Refused) as alone:
            endorsing.approve(session, bench.decider, made.ref, made.version, now=when)
        second = make_actor(session, Role.DECIDER)
        endorsing.approve(session, second, made.ref, made.version, now=when)
        steps.append(endorsing.asking(session, bench.decider, now=when)[0].step)
        after = endorsing.endorsement(session, bench.officer, offer.ref, now=when)
        new = recognitions.issue(session, bench.officer, offer.ref, date(2029, 6, 1), now=when)
        steps.append(endorsing.asking(session, bench.decider, now=when)[0].step)
        pages = [recognitions.page(session, SIGNED_OUT, ref, now=when) for ref in (old.ref, new.ref)]
        letter = session.execute(
            sa.select(OutgoingMail)
            .where(OutgoingMail.template == "recognition")
            .order_by(OutgoingMail.id.desc())
            .limit(1)
        ).scalar_one()
        notes.append(row_of(session, bench, when))
        renews, state, refs = letter.values["renews"], letter.state, (old.ref, new.ref)
        with pytest.raises(Conflict) as renewed:
            recognitions.retract(session, bench.officer, old.ref, "x", old.version, now=when)

    assert notes == [
        [],
        [f"holds until {LAST.isoformat()}"],
        [f"renewal asked for; holds until {LAST.isoformat()}"],
        [],
    ]
    assert (early.value.code, renewed.value.code) == ("recognised", "renewed")
    assert alone.value.code == "needs_second_person"
    assert (shown.renewal_asked_at, shown.renewal_text, "propose" in shown.may) == (
        when, "Two more rounds.", True,
    )  # fmt: skip
    assert ("recognise" in shown.may, "recognise" in after.may) == (False, True)
    assert steps == ["renew", "recognise", "told"]
    assert [page.standing for page in pages] == [Standing.RENEWED, Standing.VALID]
    assert (pages[0].renewed_by, pages[0].follower) == (refs[1], Standing.VALID)
    assert (pages[1].renews, renews, state) == (refs[0], refs[0], "draft")


def test_refused_renewal_leaves_what_holds_to_its_end(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer, old = recognised(session, bench)
        recognition_renewals.ask(session, bench.owner, old.ref, "", old.version, now=before(20))
        decide(session, bench, offer, BAD, before(10))
        with pytest.raises(Conflict) as refused:
            recognitions.issue(session, bench.officer, offer.ref, None, now=before(10))
        pages = [recognitions.page(session, bench.owner, old.ref, now=before(days)) for days in (9, -1)]

    assert refused.value.code == "not_endorsed"
    assert [page.standing for page in pages] == [Standing.VALID, Standing.EXPIRED]
    assert [page.may_ask_renewal for page in pages] == [True, True]


def test_decision_from_before_the_question_renews_nothing(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer, old = recognised(session, bench)
        recognition_renewals.ask(session, bench.owner, old.ref, "", old.version, now=before(20))
        with pytest.raises(Conflict) as refused:
            recognitions.issue(session, bench.officer, offer.ref, None, now=before(20))

    assert refused.value.code == "recognised"


def test_only_the_owner_asks_once_and_near_the_end(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        _, old = recognised(session, bench)
        early = recognition_renewals.renewal_page(session, bench.owner, old.ref, now=before(91))
        for actor in (bench.officer, bench.decider, SIGNED_OUT, make_actor(session, Role.PARTNER)):
            with pytest.raises(Refused):
                recognition_renewals.ask(session, actor, old.ref, "", old.version, now=before(20))
        codes = []
        for text, version, days in (("", 1, 91), ("", 99, 20), ("", 1, 20), ("", 2, 20)):
            try:
                recognition_renewals.ask(session, bench.owner, old.ref, text, version, now=before(days))
            except Conflict as refused:
                codes.append(refused.code)
        after = recognition_renewals.renewal_page(session, bench.owner, old.ref, now=before(20))
        with pytest.raises(NotFound):
            recognition_renewals.renewal_page(session, bench.owner, "REC-1999-0001", now=NOW)

    assert (early.may_ask, str(early.why_not)) == (False, "It can be renewed from 2027-03-03 on.")
    assert codes == ["too_early", "version_conflict", "asked"]
    assert (after.may_ask, after.asked_at) == (False, before(20))


def test_offer_that_stands_no_more_is_not_renewed_and_a_text_has_its_length(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer, old = recognised(session, bench)
        with pytest.raises(Invalid):
            recognition_renewals.ask(session, bench.owner, old.ref, "x" * 4_001, 1, now=before(20))
        offer.state = "expired"
        session.flush()
        with pytest.raises(Conflict) as refused:
            recognition_renewals.ask(session, bench.owner, old.ref, "", 1, now=before(20))

    assert refused.value.code == "not_standing"


def test_conflicted_officer_sees_no_line(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer, _ = recognised(session, bench)
        declare_conflict(session, bench.officer, offer)

        assert row_of(session, bench, before(20)) == []


# --- retraction -------------------------------------------------------------------------------------------


def test_retraction_is_told_by_a_mail_that_a_person_releases(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        offer, old = recognised(session, bench)
        recognitions.retract(session, bench.officer, old.ref, "It ended early.", old.version, now=NOW)
        rows = outbox.outbox(session, bench.decider, "draft", now=NOW).rows
        mail = outbox.release(session, bench.decider, rows[0].id, now=NOW)
        ref, gone = offer.ref, (mail.state, mail.values["reason"])

    assert gone == ("queued", "It ended early.")
    assert [(row.template, row.entry_ref) for row in rows] == [("recognition_retracted", ref)]
