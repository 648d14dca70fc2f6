"""services/queries/bundles.py: on what the reader may see, with the offers nearest to a bundle."""

from __future__ import annotations

import pytest
from flask import Flask

from jobs import reports
from jobs.reports import make_bundles
from services import stored_reports
from services.clock import utc_now
from services.match_facts import Audience
from services.queries import bundles
from services.queries.bundles import BundlesReport, bundles_report
from services.transaction import transaction
from tests.factories import OFFICER, make_actor, make_conflict, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import EntryKind

PUBLIC = ["title", "summary", "need", "needs", "countries", "support", "languages"]


def report(read: Opened, actor: Actor, language: str = "en") -> BundlesReport:
    with read() as session:
        return bundles_report(session, actor, language=language, now=NOW)


@pytest.fixture
def refs(write: Opened) -> dict[str, str]:
    """Two published requests and a hidden one about mangroves, and an offer that suits them."""
    about = {
        "need": "Mangroves were lost to storms.",
        "activities": "Restore mangroves.",
        "public_fields": PUBLIC,
    }
    with write() as session:
        made = {
            "first": make_published(session, title="Mangrove restoration", summary="Mangroves.", **about),
            "second": make_published(session, title="Restoring mangroves", summary="Mangroves.", **about),
            "hidden": make_submitted(session, title="Mangroves again", summary="Mangroves.", **about),
            "offer": make_published(
                session,
                EntryKind.OFFER,
                title="Mangrove mentors",
                summary="We know mangroves.",
                public_fields=PUBLIC,
            ),
        }
        return {name: entry.ref for name, entry in made.items()}


def test_public_sees_what_is_published_only(read: Opened, refs: dict[str, str]) -> None:
    found = report(read, SIGNED_OUT)

    assert [{one.ref for one in row.requests} for row in found.rows] == [{refs["first"], refs["second"]}]
    assert found.n_compared == 2


def test_secretariat_sees_all_and_names_in_its_language(read: Opened, refs: dict[str, str]) -> None:
    found = report(read, OFFICER, "fr")

    assert {one.ref for one in found.rows[0].requests} == {refs["first"], refs["second"], refs["hidden"]}
    assert "mangrove" in found.rows[0].names


def test_nearest_offers_come_with_the_bundle(read: Opened, refs: dict[str, str]) -> None:
    assert [one.ref for one in report(read, SIGNED_OUT).rows[0].offers] == [refs["offer"]]


def test_api_and_page_show_the_bundle(client, refs: dict[str, str]) -> None:
    answer = client.get("/api/v1/bundles").get_json()
    page = client.get("/bundles").get_data(as_text=True)

    assert [one["ref"] for one in answer["items"][0]["offers"]] == [refs["offer"]]
    assert refs["first"] in page
    assert refs["hidden"] not in page


def test_many_requests_are_bundled_in_the_background(
    app: Flask, write: Opened, read: Opened, refs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_COMPARED", 1)
    before = report(read, OFFICER)
    with app.app_context():
        make_bundles(lambda: NOW)
    after = report(read, OFFICER)
    with write() as session:
        make_published(session, title="One more", organisation_name="Later")
    stale = report(read, OFFICER)
    with app.app_context():
        make_bundles(lambda: NOW)
    anew = report(read, OFFICER)

    assert (before.made_at, before.is_cut) == (None, True)
    assert (after.made_at, after.is_cut, after.is_stale) == (NOW, False, False)
    assert {one.ref for row in after.rows for one in row.requests} >= {refs["first"], refs["second"]}
    assert (stale.is_stale, anew.is_stale) == (True, False)


def test_reader_sees_how_far_the_background_is(
    app: Flask, client, read: Opened, refs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_COMPARED", 1)
    monkeypatch.setattr(reports, "NOTED_AFTER", 1)
    with read() as session:
        work = bundles.work_of(session, Audience.PUBLIC)
    assert work is not None
    told: list[int] = []
    with app.app_context(), transaction() as session:
        stored_reports.take(session, bundles.KIND, Audience.PUBLIC, work.n_requests, now=utc_now())

    bundles.make(work, told.append)
    with app.app_context():
        reports._note(utc_now, Audience.PUBLIC, 1)
    with read() as session:
        under_way = bundles_report(session, SIGNED_OUT, language="en", now=utc_now())
        ended = bundles_report(session, SIGNED_OUT, language="en", now=utc_now() + stored_reports.LEASE)
    page = client.get("/bundles").get_data(as_text=True)

    assert told == list(range(1, work.n_requests + 1))
    assert (under_way.progress, ended.progress) == ((1, work.n_requests), None)
    assert client.get("/api/v1/bundles").get_json()["progress"] == {"done": 1, "of": work.n_requests}
    assert f"has read 1 of {work.n_requests} requests" in page


def test_whoever_has_a_conflict_gets_no_bundles_drawn_with_what_is_hidden(
    app: Flask, write: Opened, read: Opened, refs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_COMPARED", 1)
    with app.app_context():
        make_bundles(lambda: NOW)
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        make_conflict(session, officer, refs["second"])

    assert report(read, OFFICER).made_at == NOW
    assert report(read, officer).made_at is None


def test_kept_bundle_holds_nothing_that_the_reader_may_not_see(
    app: Flask, read: Opened, refs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_COMPARED", 1)
    with app.app_context():
        make_bundles(lambda: NOW)

    seen = {one.ref for row in report(read, SIGNED_OUT).rows for one in row.requests}

    assert refs["hidden"] not in seen
    assert seen >= {refs["first"], refs["second"]}
