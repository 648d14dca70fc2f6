"""web/home.py: what the first page shows is true."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from services.clock import utc_now
from services.queries.calls import announced_calls, open_calls
from services.queries.home import Figures, figures
from tests.fixtures import NOW, Opened
from tests.web.planting import plant, plant_call
from vocabulary.messages import Message
from vocabulary.states import CallState, EntryKind, Publication


def test_figures_count_what_everybody_may_see(write: Opened, read: Opened) -> None:
    with write() as session:
        plant(session, number=1, countries=["KEN", "UGA"])
        plant(session, number=2, countries=["KEN", "LAO"])
        plant(session, number=3, countries=["FRA"], publication=Publication.NONE)
        plant(session, number=4, countries=["BRA"], public_fields=["title"])
        plant(session, EntryKind.OFFER, countries=["CHE"])

    with read() as session:
        counted = figures(session)

    assert counted == Figures(n_requests=3, n_offers=1, n_countries=3, n_matches=0)


def test_home_shows_open_calls_and_the_latest_entries(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        plant_call(session, title="The open call", closes_at=utc_now() + timedelta(days=9, hours=1))
        plant_call(session, number=2, title="The call past its deadline", closes_at=NOW)
        plant(session, title="A published request")
        plant(session, EntryKind.OFFER, title="Une offre retenue", publication=Publication.NONE)

    text = client.get("/").text

    shown = [words in text for words in ("The open call", "Closes in 9 days", "A published request")]
    hidden = [words in text for words in ("The call past its deadline", "Une offre retenue")]
    assert (shown, hidden) == ([True] * 3, [False] * 2)


def test_open_calls_come_by_deadline_and_say_how_long(write: Opened, read: Opened) -> None:
    with write() as session:
        plant_call(session, number=1, closes_at=NOW + timedelta(days=3, hours=5))
        plant_call(session, number=2, closes_at=NOW + timedelta(hours=47))
        plant_call(session, number=3, closes_at=None)
        plant_call(session, number=4, closes_at=NOW + timedelta(seconds=30))
        plant_call(session, number=5, opens_at=NOW + timedelta(days=1), closes_at=NOW + timedelta(days=2))

    with read() as session:
        rows = open_calls(session, language="en", now=NOW)

    assert [(row.ref[-1], row.countdown) for row in rows] == [
        ("4", Message("Closes in {n} minutes", n=1).replace("minutes", "minute")),
        ("2", "Closes in 47 hours"),
        ("1", "Closes in 3 days"),
        ("3", None),
    ]


def test_call_past_its_deadline_is_closed_before_anybody_says_so(write: Opened, read: Opened) -> None:
    with write() as session:
        plant_call(session, number=1, closes_at=NOW)
        plant_call(session, number=2, state=CallState.DRAFT)

    with read() as session:
        rows = announced_calls(session, language="en", now=NOW)

    assert [(row.ref, row.is_open, row.phase) for row in rows] == [("CALL-2026-0001", False, "Closed")]


def test_call_in_draft_is_not_found(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = plant_call(session, state=CallState.DRAFT)

    assert client.get(f"/calls/{ref}").status_code == 404
