"""services/entries/standing.py, services/offer_reminders.py: how long an offer stands, who is asked when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Entry, OfferReminder
from models.operation import OutgoingMail
from services import upkeep
from services.entries import publication, standing
from services.entries.drafts import save
from services.matches import matches_of
from services.offer_reminders import remind_of_end
from services.queries.entries import entry_page, mine
from tests.factories import OFFICER, make_actor, make_published
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import EntryKind, Publication

ENDS = date(2026, 6, 30)
"""Of the offer here, 29 days after NOW."""


@dataclass(slots=True)
class Given:
    """An offer that stands, whose it is, and a request that it suits."""

    owner: Actor
    officer: Actor
    offer: str
    request: str


@pytest.fixture
def given(write: Opened) -> Given:
    with write() as session:
        owner, officer = make_actor(session, Role.PARTNER), make_actor(session, Role.OFFICER)
        offer = make_published(session, EntryKind.OFFER, actor=owner, valid_until=ENDS.isoformat())
        publication.check_and_activate(session, officer, offer.ref, offer.version, now=NOW)
        return Given(owner, officer, offer.ref, make_published(session).ref)


def version(session: object, ref: str) -> int:
    return session.execute(sa.select(Entry.version).where(Entry.ref == ref)).scalar_one()  # type: ignore[attr-defined]


def state(read: Opened, ref: str) -> tuple[str, date | None]:
    with read() as session:
        row = session.execute(sa.select(Entry.state, Entry.valid_until).where(Entry.ref == ref)).one()
        return row.state, row.valid_until


def matched(read: Opened, given: Given, now: datetime = NOW) -> list[str]:
    with read() as session:
        return [row.ref for row in matches_of(session, OFFICER, given.request, now=now, language="en").rows]


def reminded(write: Opened, now: datetime) -> list[dict[str, object]]:
    """Let the clock run; the values of the mails that this wrote."""
    with write() as session:
        before = session.execute(sa.select(sa.func.max(OutgoingMail.id))).scalar_one() or 0
        remind_of_end(session, now=now)
    with write() as session:
        mails = session.execute(
            sa.select(OutgoingMail.values).where(
                OutgoingMail.id > before, OutgoingMail.template == "offer_ending"
            )
        )
        return list(mails.scalars())


def secret_of(mail: dict[str, object]) -> str:
    return str(mail["link"]).rsplit("/", 1)[1]


def at(days: int) -> datetime:
    """Noon, so many days before the end."""
    return datetime.combine(ENDS - timedelta(days=days), NOW.time(), UTC)


# --- steps ------------------------------------------------------------------------------------------------


def test_paused_offer_leaves_the_matches_at_once_and_comes_back(
    write: Opened, read: Opened, given: Given
) -> None:
    assert matched(read, given) == [given.offer]

    with write() as session:
        standing.pause(session, given.owner, given.offer, version(session, given.offer), now=NOW)
    assert matched(read, given) == []

    with write() as session:
        standing.resume(session, given.owner, given.offer, version(session, given.offer), now=NOW)
    assert matched(read, given) == [given.offer]


def test_expired_offer_leaves_the_matches_and_a_renewed_one_is_back(
    write: Opened, read: Opened, given: Given
) -> None:
    late = at(-1)
    assert matched(read, given, late) == []  # by its day alone, before any worker ran
    with write() as session:
        assert upkeep.expire_offers(session, now=late) == 1
    assert state(read, given.offer) == ("expired", ENDS)

    with write() as session:
        standing.renew(session, given.owner, given.offer, version(session, given.offer), now=late)

    assert state(read, given.offer) == ("active", late.date() + timedelta(days=365))
    assert matched(read, given, late) == [given.offer]


def test_paused_offer_whose_day_has_passed_is_renewed_and_not_taken_up(write: Opened, given: Given) -> None:
    with write() as session:
        standing.pause(session, given.owner, given.offer, version(session, given.offer), now=NOW)

    with pytest.raises(Conflict) as refused, write() as session:
        standing.resume(session, given.owner, given.offer, version(session, given.offer), now=at(-1))

    assert refused.value.code == "has_ended"


@pytest.mark.parametrize("days", [-1, 4 * 366, (ENDS - NOW.date()).days])
def test_renewal_needs_a_new_day_within_three_years(write: Opened, given: Given, days: int) -> None:
    until = NOW.date() + timedelta(days=days)
    with pytest.raises(Invalid) as wrong, write() as session:
        standing.renew(session, given.owner, given.offer, version(session, given.offer), until, now=NOW)

    assert list(wrong.value.errors) == ["valid_until"]


def test_renewal_drops_the_old_day_from_an_edit_under_way_and_keeps_its_words(
    write: Opened, read: Opened, given: Given
) -> None:
    until = date(2027, 1, 31)
    with write() as session:
        changes = {"title": "Three mentors", "valid_until": "2026-07-31"}
        save(session, given.owner, given.offer, changes, version(session, given.offer), now=NOW)
        standing.renew(session, given.owner, given.offer, version(session, given.offer), until, now=NOW)

    with read() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == given.offer)).scalar_one()
        assert (entry.pending, entry.valid_until) == ({"title": "Three mentors"}, until)


def test_only_an_officer_lifts_the_end_and_says_why(write: Opened, read: Opened, given: Given) -> None:
    with pytest.raises(Refused), write() as session:
        standing.keep_open(session, given.owner, given.offer, version(session, given.offer), "mine", now=NOW)
    with pytest.raises(Invalid), write() as session:
        standing.keep_open(session, given.officer, given.offer, version(session, given.offer), " ", now=NOW)
    with write() as session:
        standing.keep_open(
            session, given.officer, given.offer, version(session, given.offer), "a standing fund", now=NOW
        )

    assert state(read, given.offer) == ("active", None)
    assert matched(read, given, NOW + timedelta(days=200)) == [given.offer]
    with read() as session:
        event = session.execute(sa.select(AuditEvent).where(AuditEvent.action == "entry.renew")).scalar_one()
        assert (event.before, event.after, event.reason) == (
            {"state": "active", "valid_until": "2026-06-30"},
            {"state": "active", "valid_until": None},
            "a standing fund",
        )


def test_closed_offer_is_neither_matched_nor_public_nor_renewed(
    write: Opened, read: Opened, given: Given
) -> None:
    with write() as session:
        standing.close(session, given.owner, given.offer, version(session, given.offer), now=NOW)

    assert state(read, given.offer)[0] == "closed"
    assert matched(read, given) == []
    with read() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == given.offer)).scalar_one()
        assert entry.publication is Publication.UNPUBLISHED
    with pytest.raises(Conflict), write() as session:
        standing.renew(session, given.owner, given.offer, version(session, given.offer), now=NOW)


def test_stale_version_and_strangers_change_nothing(write: Opened, read: Opened, given: Given) -> None:
    with pytest.raises(Conflict), write() as session:
        standing.pause(session, given.owner, given.offer, 1, now=NOW)
    with write() as session:
        stranger = make_actor(session)
    with pytest.raises(Refused), write() as session:
        standing.pause(session, stranger, given.offer, version(session, given.offer), now=NOW)

    assert state(read, given.offer) == ("active", ENDS)


def test_a_request_has_no_standing(write: Opened, given: Given) -> None:
    with pytest.raises(NotFound), write() as session:
        standing.pause(session, given.officer, given.request, version(session, given.request), now=NOW)


def test_page_says_how_it_stands_and_what_can_be_done(write: Opened, read: Opened, given: Given) -> None:
    with read() as session:
        own = standing.standing(session, given.owner, given.offer, now=NOW)
        officers = standing.standing(session, given.officer, given.offer, now=NOW)
        page = entry_page(session, given.owner, given.offer, now=NOW)
        rows = mine(session, given.owner, now=NOW)

    assert (own.is_expiring, own.is_full, own.places, own.places_left) == (True, False, 2, 2)
    assert own.possible == {"pause", "renew", "close"}
    assert officers.possible == {"pause", "renew", "close", "keep_open"}
    assert (page.row.is_expiring, page.is_full) == (True, False)
    assert [row.is_expiring for row in rows] == [True]


# --- reminders --------------------------------------------------------------------------------------------


def test_owner_is_asked_thirty_and_seven_days_before_and_on_the_last_day_once_each(
    write: Opened, given: Given
) -> None:
    days = (31, 30, 29, 8, 7, 6, 1, 0, -1, -3)

    sent = [day for day in days for _ in reminded(write, at(day))]

    assert sent == [30, 7, 0]


def test_worker_that_was_away_sends_only_what_is_due_now(write: Opened, given: Given) -> None:
    first = reminded(write, at(5))
    again = reminded(write, at(5))
    last = reminded(write, at(-2))
    too_late = reminded(write, at(-8))

    assert [mail["has_ended"] for mail in first] == [False]
    assert again == []
    assert [mail["has_ended"] for mail in last] == [True]
    assert too_late == []


def test_link_shows_first_and_renews_for_twelve_months_with_one_button(
    write: Opened, read: Opened, given: Given
) -> None:
    (mail,) = reminded(write, at(7))
    now = at(6)

    with read() as session:
        shown = standing.standing_behind(session, secret_of(mail), now=now)
    assert (shown.ref, state(read, given.offer)) == (given.offer, ("active", ENDS))
    with write() as session:
        standing.answer_behind(session, secret_of(mail), is_yes=True, now=now)
    with write() as session:
        standing.answer_behind(session, secret_of(mail), is_yes=True, now=now)  # pressed twice

    assert state(read, given.offer) == ("active", now.date() + timedelta(days=365))
    assert reminded(write, at(0)) == []  # the new end is far away


def test_link_still_renews_what_has_expired_and_says_no(write: Opened, read: Opened, given: Given) -> None:
    (mail,) = reminded(write, at(0))
    late = at(-40)
    with write() as session:
        upkeep.expire_offers(session, now=late)
    with write() as session:
        standing.answer_behind(session, secret_of(mail), is_yes=True, now=late)
    assert state(read, given.offer)[0] == "active"

    with write() as session:
        standing.answer_behind(session, secret_of(mail), is_yes=False, now=late)
    assert state(read, given.offer)[0] == "closed"
    with pytest.raises(NotFound), read() as session:
        standing.standing_behind(session, secret_of(mail), now=late)


def test_link_ends_with_its_time_and_with_the_address_it_went_to(
    write: Opened, read: Opened, given: Given
) -> None:
    (mail,) = reminded(write, at(0))

    with pytest.raises(NotFound), read() as session:
        standing.standing_behind(session, secret_of(mail), now=at(-91))
    with pytest.raises(NotFound), read() as session:
        standing.standing_behind(session, "x" * 43, now=at(0))
    with write() as session:
        session.execute(
            sa.update(Entry).where(Entry.ref == given.offer).values(contact_email="new@partner.example")
        )
    with pytest.raises(NotFound), read() as session:
        standing.standing_behind(session, secret_of(mail), now=at(0))


def test_link_opens_nothing_but_the_renewal(write: Opened, read: Opened, given: Given) -> None:
    (mail,) = reminded(write, at(7))

    with read() as session:
        assert secret_of(mail) != session.execute(sa.select(OfferReminder.token_hash)).scalar_one()
    with pytest.raises(Refused), write() as session:
        save(session, SIGNED_OUT, given.offer, {"title": "x"}, version(session, given.offer), now=at(7))


def test_old_reminders_are_forgotten(write: Opened, read: Opened, given: Given) -> None:
    reminded(write, at(7))

    with write() as session:
        early = upkeep.forget_old(session, now=at(-119))["reminders"]
    with write() as session:
        late = upkeep.forget_old(session, now=at(-121))["reminders"]

    assert (early, late) == (0, 1)
