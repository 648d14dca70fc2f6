"""From where people stand to the page that they look for next: figures, results, releases."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from config import ROOT
from services.decisions.releasing import preview, release
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import LATER, Bench, make_bench, make_decided
from tests.signing_in import sign_in
from vocabulary.people import Actor, Role
from web.outbox import TEMPLATES


def make_waiting(write: Opened) -> tuple[Bench, str]:
    """A call of which one decision waits for its release."""
    with write() as session:
        bench = make_bench(session)
        return bench, make_decided(session, bench).ref


def read_as(app: Flask, actor: Actor, address: str) -> str:
    """A page as this person reads it."""
    client: FlaskClient = app.test_client()
    sign_in(app, client, actor.account_id or 0)
    page = client.get(address)
    assert page.status_code == 200, page.text[:500]
    return page.text


def test_board_of_a_call_leads_to_its_figures(app: Flask, write: Opened) -> None:
    bench, _ = make_waiting(write)

    text = read_as(app, bench.officer, f"/calls/{bench.call}/board")

    address = f"/calls/{bench.call}/statistics"
    assert f'href="{address}"' in text
    assert bench.call in read_as(app, bench.officer, address)


def test_work_to_release_leads_to_the_release_of_its_call(app: Flask, write: Opened) -> None:
    bench, ref = make_waiting(write)
    address = f"/calls/{bench.call}/release"

    shown = [
        read_as(app, bench.officer, page).count(f'href="{address}"')
        for page in ("/today/release", f"/calls/{bench.call}/board")
    ]

    assert shown == [1, 1]
    assert ref in read_as(app, bench.officer, address)


def test_owner_is_led_to_the_result_once_it_is_released(app: Flask, write: Opened) -> None:
    bench, ref = make_waiting(write)
    address, pages = f'href="/requests/{ref}/decision"', ("/mine", f"/requests/{ref}/receipt")

    before = [address in read_as(app, bench.owner, page) for page in pages]
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        seen = preview(session, decider, bench.call, now=MADE_AT + LATER)
        release(session, decider, bench.call, seen.seen_hash, now=MADE_AT + LATER)
    after = [address in read_as(app, bench.owner, page) for page in pages]

    assert (before, after) == ([False, False], [True, True])
    assert ref in read_as(app, bench.owner, f"/requests/{ref}/decision")


def test_outbox_names_every_mail_about_an_entry_in_words() -> None:
    about_people = {"new_account", "no_account", "password_changed", "sign_in", "erasure_asked"}
    written = {path.stem for path in (ROOT / "templates" / "mail").glob("[!_]*.txt")}

    unnamed = {name for name in written - about_people - set(TEMPLATES) if not name.startswith("nomination_")}

    assert unnamed == set()
