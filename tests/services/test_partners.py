"""Partners that reviewers suggest: officers see them once a request is endorsed, and never who named them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import Account, Organisation
from models.reviews import Review
from services.clock import utc_now
from services.organisations import merge
from services.panels.deliberation import open_item
from services.queries.partners import known_bodies, partners_for_matches, suggested_partners
from services.reviews.content import tidy_names
from tests.factories import OFFICER, make_actor, make_conflict, make_published, make_submitted
from tests.fixtures import NOW, Opened
from tests.panels import MET, Bench, card_of, make_bench, make_reviewed
from tests.scoring import at, make_token, sign_in, signed_in
from tests.services.test_decisions import make_released
from vocabulary.errors import NotFound, Refused
from vocabulary.people import Role
from vocabulary.states import EntryKind

BODY = "Wetland Research Centre"


def make_offer(session: Session, name: str = BODY, **changes: object) -> Entry:
    return make_published(
        session, EntryKind.OFFER, organisation_name=name, title=f"Help by {name}", **changes
    )


def cards(*named: list[str]) -> list[dict[str, object]]:
    return [card_of(MET, partners=names) for names in named]


def test_endorsed_requests_show_who_was_suggested_with_what_they_offer(write: Opened) -> None:
    with write() as session:
        offer = make_offer(session)
        bench = make_bench(session)
        given = cards([BODY, "Somebody Else"], ["WETLAND research  centre"], ["Nobody Known Ltd"])
        entry, _ = make_released(session, bench, cards=given)

        found = suggested_partners(session, bench.officer, entry.ref, now=NOW)

        organisation = session.get_one(Organisation, offer.organisation_id)
        assert [(one.name, one.n_reviewers, one.organisation) for one in found] == [
            ("WETLAND research centre", 2, organisation.ref),
            ("Nobody Known Ltd", 1, None),
            ("Somebody Else", 1, None),
        ]
        assert [[row.ref for row in one.offers] for one in found] == [[offer.ref], [], []]


@pytest.mark.parametrize("outcome", ["not_endorsed", "reserve"])
def test_nothing_is_shown_of_what_was_not_endorsed(write: Opened, outcome: str) -> None:
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, outcome, cards=cards([BODY], [BODY], [BODY]))

        assert suggested_partners(session, bench.officer, entry.ref, now=NOW) == ()


def test_nothing_is_shown_before_the_result_is_out(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry = make_reviewed(session, bench, cards([BODY], [BODY], [BODY]))

        under_review = suggested_partners(session, bench.officer, entry.ref, now=NOW)
        open_item(session, bench.officer, entry.ref, entry.version, "as agreed", now=NOW)

        assert (under_review, suggested_partners(session, bench.officer, entry.ref, now=NOW)) == ((), ())


def test_only_those_who_bring_people_together_see_it(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, cards=cards([BODY], [BODY], [BODY]))
        barred = make_actor(session, Role.OFFICER)
        make_conflict(session, barred, entry.ref)

        assert len(partners_for_matches(session, bench.officer, entry.ref, now=NOW)) == 1
        assert partners_for_matches(session, bench.owner, entry.ref, now=NOW) == ()
        with pytest.raises(Refused):
            suggested_partners(session, bench.owner, entry.ref, now=NOW)
        with pytest.raises(NotFound):
            suggested_partners(session, bench.reviewers[0], make_submitted(session).ref, now=NOW)
        with pytest.raises((NotFound, Refused)):
            suggested_partners(session, barred, entry.ref, now=NOW)


def test_a_voided_review_and_one_with_a_conflict_suggest_nobody(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, cards=cards(["One"], ["Two"], ["Three"]))
        voided = session.execute(sa.select(Review).order_by(Review.id)).scalars().first()
        assert voided is not None
        voided.state, voided.void_reason = "void", "no"
        session.flush()

        found = suggested_partners(session, bench.officer, entry.ref, now=NOW)

        assert [one.name for one in found] == ["Three", "Two"]


def test_a_body_that_was_merged_is_the_one_that_it_became(write: Opened) -> None:
    with write() as session:
        gone, kept = make_offer(session, "Old Name Institute"), make_offer(session, "New Name Institute")
        rows = [session.get_one(Organisation, one.organisation_id) for one in (gone, kept)]
        merge(session, OFFICER, rows[0].ref, rows[1].ref, rows[0].version, "one body", now=NOW)
        bench = make_bench(session)
        entry, _ = make_released(session, bench, cards=cards(["Old Name Institute"], [], []))

        [found] = suggested_partners(session, bench.officer, entry.ref, now=NOW)

        assert (found.organisation, {row.ref for row in found.offers}) == (rows[1].ref, {gone.ref, kept.ref})


def test_a_reviewer_is_offered_names_that_everybody_may_know(write: Opened) -> None:
    with write() as session:
        make_offer(session)
        make_submitted(session, EntryKind.OFFER, organisation_name="Hidden Body", public_fields=[])
        make_published(session, organisation_name="Asking Body")

        found = known_bodies(session, make_actor(session, Role.REVIEWER))

        assert found == (BODY, "Asking Body")


@given(st.lists(st.text(max_size=12) | st.none(), max_size=8))
def test_names_are_tidy_and_stay_so(names: list[str | None]) -> None:
    once = tidy_names(names)

    assert tidy_names(once) == once
    assert all(name == " ".join(name.split()) and name for name in once)
    assert len({name.casefold() for name in once}) == len(once)


# --- the doors --------------------------------------------------------------------------------------------


def released(write: Opened) -> tuple[Bench, str, str]:
    with write() as session:
        offer = make_offer(session)
        bench = make_bench(session)
        given = cards([BODY], [BODY], [BODY])
        entry, _ = make_released(session, bench, cards=given)
        return bench, entry.ref, offer.ref


def test_the_page_of_matches_names_them_and_no_reviewer(app: Flask, write: Opened) -> None:
    bench, ref, offer = released(write)
    with write() as session:
        officer = signed_in(app, sign_in(session, bench.officer, utc_now()))
        owner = signed_in(app, sign_in(session, bench.owner, utc_now()))
        names = [session.get_one(Account, one.account_id).name for one in bench.reviewers]

    page = officer.get(f"/requests/{ref}/matches").text
    own = owner.get(f"/requests/{ref}/matches").text

    assert ("Suggested by the panel" in page, "named by 3 reviewers" in page) == (True, True)
    assert f"/requests/{ref}/matches/{offer}" in page
    assert [name for name in names if name in page] == []
    assert ("Suggested by the panel" in own, "named by" in own) == (False, False)


def test_the_api_names_them_too(client: FlaskClient, write: Opened) -> None:
    bench, ref, offer = released(write)
    with write() as session:
        office, own = (make_token(session, actor, utc_now()) for actor in (bench.officer, bench.owner))

    found = client.get(f"/api/v1/requests/{ref}/partners", headers=at(office))
    refused = client.get(f"/api/v1/requests/{ref}/partners", headers=at(own))

    [row] = found.json["items"]
    assert (row["name"], row["n_reviewers"], [one["ref"] for one in row["offers"]]) == (BODY, 3, [offer])
    assert refused.status_code in (403, 404)
