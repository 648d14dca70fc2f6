"""Is every page that somebody can read accessible and no wider than its window, from left and from right?

A little world with one of everything (tests/house/sweep_world.py) is served, and each page that answers 200
is looked at. In the suite each page is seen once, by one of those who may read it, in turn wide and on a
phone, in English and in Arabic; EVERY_PAGE=whole looks at it as everybody, both ways and in both languages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product

import pytest
import sqlalchemy as sa
from flask import Flask

from models.database import db
from models.entries import Entry
from services.clock import utc_now
from services.sessions import open_session
from services.transaction import transaction
from tests.faults.serving import Server, cookie_of, prepared, running
from tests.house.sweep_world import ABOUT, OWNER, World, make_world, parameters
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IS_WHOLE = os.environ.get("EVERY_PAGE") == "whole"
PERSONAS = (
    "officer",
    OWNER,
    "reviewer",
    "moderator",
    "decider",
    "auditor",
    "admin",
    "nominator",
    "focal_point",
)
"""Those who read most come first: whoever's turn it is looks, if they may, else the first of these."""

WAYS = tuple(product(("en", "ar"), ("wide", "phone")))
NO_PAGES = (
    *("approvals.show", "account.show_link", "links.ask_confirmation", "links.resume"),
    *("lookups.entries", "lookups.organisations"),
)
"""Pages of private links, which other journeys pass through, and pieces of pages for whoever types."""

CODES = ("screen", "confirm", "rule", "assign", "release", "mails")


@dataclass(frozen=True, slots=True)
class Shown:
    """The service over the little world, and who looks at which of its pages."""

    address: str
    cookies: Mapping[str, Mapping[str, str]]
    pages: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Everything that can be read, served."""
    data = tmp_path_factory.mktemp("pages") / "data"
    data.mkdir()
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    app = prepared(url, data)
    with app.app_context(), transaction() as session:
        world, now = make_world(session), utc_now()
        secrets = {name: open_session(session, world.accounts[name], now=now) for name in PERSONAS}
        released = session.execute(sa.select(Entry.ref).where(Entry.state == "released")).scalar_one()
    pages = readers(app, secrets, paths_of(app, world, released))
    with running(Server(url, data, workers=1, environ={"WEB_THREADS": "8"})) as server:
        cookies = {name: cookie_of(app, sign_in=secret) for name, secret in secrets.items()}
        yield Shown(f"http://127.0.0.1:{server.port}", cookies, pages)
    with app.app_context():
        db.engine.dispose()


def readers(app: Flask, secrets: Mapping[str, str], paths: Sequence[str]) -> dict[str, list[str]]:
    """Who looks at what: each page is somebody's, in turn, or everybody's who may read it."""
    found: dict[str, list[str]] = {name: [] for name in PERSONAS}
    browsers = {name: app.test_client() for name in PERSONAS}
    for name, browser in browsers.items():
        with browser.session_transaction() as cookie:
            cookie["sign_in"] = secrets[name]
    for place, path in enumerate(paths):
        turn = place % len(PERSONAS)
        for name in PERSONAS if IS_WHOLE else dict.fromkeys((PERSONAS[turn], *PERSONAS)):
            answer = browsers[name].get(path)
            answer.close()
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found[name].append(path)
                if not IS_WHOLE:
                    break
    return found


def paths_of(app: Flask, world: World, released: str) -> tuple[str, ...]:
    """The address of every page in this world; those that somebody asks again in vain answer 404 to all."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        is_page = "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/static"))
        if not is_page or rule.endpoint not in ABOUT or rule.endpoint in NO_PAGES:
            continue
        values = parameters(world, ABOUT[rule.endpoint], frozenset(rule.arguments))
        with app.test_request_context():
            build = app.url_map.bind("localhost").build
            found.append(build(rule.endpoint, {**(rule.defaults or {}), **values}))
    found += [f"/requests/{released}/decision", f"/requests/{released}", f"/requests/{released}/receipt"]
    found += [f"/today/{code}" for code in CODES] + [f"/outbox?state={state}" for state in ("sent", "failed")]
    return tuple(dict.fromkeys(found))


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_page_is_accessible_and_fits(shown: Shown, visit: Visit, persona: str) -> None:
    turn = PERSONAS.index(persona) % len(WAYS)
    ways = cycle((*WAYS[turn:], *WAYS[:turn]))
    visitors = {way: visit(*way, name=f"every_page_{persona}") for way in WAYS}
    for visitor in visitors.values():
        for name, value in shown.cookies[persona].items():
            visitor.page.context.add_cookies([{"name": name, "value": value, "url": shown.address}])

    for path in shown.pages[persona]:
        for language, size in WAYS if IS_WHOLE else (next(ways),):
            name = path.strip("/").replace("/", "-").split("?")[0][:60] or "home"
            visitors[language, size].go(f"{shown.address}/{language}{path}", name)

    assert shown.pages[persona], "somebody who reads nothing: the world is wrong"
