"""Every route, asked by everybody: what the table does not allow is refused, and says no more than it may.

The expected answer is computed from the policy table and the facts of the thing asked about, never from the
endpoint. A route without an action, or without a row in sweep_world.ABOUT, fails.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from frame.access import PUBLIC_ENDPOINTS, action_of
from frame.requests import HEADERS
from models.database import db
from procedure.access import is_open_to_signed_out, is_visible, refusal
from seed.reference import load_reference
from services import match_index
from services.clock import utc_now
from services.sessions import open_session
from services.transaction import reading, transaction
from tests.fixtures import settings_for
from tests.house.sweep_world import (
    ABOUT,
    BODIES,
    LINK_HOLDER,
    MISSING,
    NARROWER,
    OWNER,
    PERSONAS,
    SEEN,
    SIGNED_OUT_NAME,
    WIDER,
    World,
    actor_of,
    facts_about,
    keys_of,
    make_world,
    parameters,
    token_headers,
)
from vocabulary.actions import Action

NUMBERS = ("mail_id", "account_id", "session_id", "token_id", "act_id", "question_id", "number", "note_id")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def listed_app(folder: Path) -> Flask:
    """An app for its list of routes only."""
    return create_app(settings_for(f"sqlite:///{folder / 'unused.sqlite'}", folder))


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every route with every method it takes."""
    return [
        (rule, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@dataclass(slots=True)
class Place:
    """The service over the little world, and how to put the world back."""

    app: Flask
    world: World
    folder: Path
    headers: dict[str, dict[str, str]]
    cookies: dict[str, dict[str, object]]

    def browser(self, persona: str) -> FlaskClient:
        """A browser with the cookie of this persona."""
        client = self.app.test_client()
        if persona != SIGNED_OUT_NAME:
            with client.session_transaction() as cookie:
                cookie.update(self.cookies[persona])
        return client

    def ask(self, persona: str, rule: Rule, method: str, *, missing: bool = False) -> TestResponse:
        """Send the request; then put the world back as it was if it may have changed."""
        answer = self.send(persona, rule, method, missing=missing)
        if method in UNSAFE and answer.status_code < 400:
            self.put_back()
        return answer

    def send(
        self, persona: str, rule: Rule, method: str, *, missing: bool = False, **more: Any
    ) -> TestResponse:
        """Send the request with what the sweep knows of it."""
        path = self.path(rule, missing=missing)
        is_api = path.startswith("/api/")
        headers = {**self.headers.get(persona, {}), "If-Match": '"1"'} if is_api else {}
        sent = {
            name: self._named(text, missing=missing) for name, text in BODIES.get(rule.endpoint, {}).items()
        }
        body = {} if method not in UNSAFE else {"json": sent} if is_api else {"data": sent}
        answer = self.browser(persona).open(path, method=method, headers=headers, **body, **more)
        answer.get_data()
        answer.close()
        return answer

    def path(self, rule: Rule, *, missing: bool = False) -> str:
        """The address of the route in the little world, or with references that nothing has."""
        values = parameters(self.world, ABOUT[rule.endpoint], frozenset(rule.arguments))
        if missing:
            refs = {name: MISSING for name in ("ref", "file_ref") if name in values}
            numbers = {name: 999_999 for name in NUMBERS if name in values}
            values |= refs | numbers
        with self.app.test_request_context():
            built: str = self.app.url_map.bind("localhost").build(rule.endpoint, self._all(rule, values))
        return built.split("?")[0]

    def _named(self, value: object, *, missing: bool) -> object:
        if not isinstance(value, str):
            return value
        for name in ("request", "public", "offer", "panel"):
            value = value.replace(f"{{{name}}}", MISSING if missing else getattr(self.world, name))
        return value

    @staticmethod
    def _all(rule: Rule, values: dict[str, object]) -> dict[str, object]:
        return {**(rule.defaults or {}), **values}

    def put_back(self) -> None:
        """Restore the database from the copy."""
        with self.app.app_context():
            db.engine.dispose()
        source, target = sqlite3.connect(self.folder / "copy"), sqlite3.connect(self.folder / "world")
        source.backup(target)
        source.close()
        target.close()
        match_index.forget()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """On SQLite only: what somebody may do is decided above the database."""
    folder = tmp_path_factory.mktemp("sweep")
    app = create_app(settings_for(f"sqlite:///{folder / 'world'}", folder / "data"))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
        with transaction() as session:
            load_reference(session, now=utc_now())
        with transaction() as session:
            world = make_world(session)
        made = Place(app, world, folder, {}, {})
        with transaction() as session:
            for persona, account_id in world.accounts.items():
                made.cookies[persona] = {"sign_in": open_session(session, account_id, now=utc_now())}
                made.headers[persona] = token_headers(session, account_id)
        with transaction() as session:
            world.session_id, world.token_id = keys_of(session, world.accounts[OWNER])
        made.cookies[LINK_HOLDER] = {"drafts": [world.link]}
        db.engine.dispose()
    source, target = sqlite3.connect(folder / "world"), sqlite3.connect(folder / "copy")
    source.backup(target)
    source.close()
    target.close()
    yield made
    with app.app_context():
        db.engine.dispose()
    shutil.rmtree(folder / "data", ignore_errors=True)
    match_index.forget()


# --- routes -----------------------------------------------------------------------------------------------


def test_every_route_names_an_action_or_is_on_the_short_list(place: Place) -> None:
    unnamed = [
        f"{method} {rule.rule}"
        for rule, method in rules(place.app)
        if rule.endpoint not in PUBLIC_ENDPOINTS and action_of(place.app, rule.endpoint, method) is None
    ]

    assert unnamed == []


def test_every_route_has_a_row_here_and_every_row_a_route(place: Place) -> None:
    routes = {rule.endpoint for rule, _ in rules(place.app)} - PUBLIC_ENDPOINTS

    assert sorted(routes ^ set(ABOUT)) == []


def expected_of(place: Place, persona: str, rule: Rule, method: str) -> str:
    """What the policy table says: allowed, sign_in, hidden (404) or refused (403 or 404)."""
    action = action_of(place.app, rule.endpoint, method)
    assert action is not None
    about, now = ABOUT[rule.endpoint], utc_now()
    with place.app.app_context(), reading() as session:
        actor = actor_of(session, place.world, persona)
        facts = facts_about(session, place.world, about, action, actor)
    if refusal(actor, action, facts, now) is None:
        return "allowed"
    if not actor.is_signed_in and not is_open_to_signed_out(action):
        return "sign_in"
    is_hidden = facts.entry_id is not None and not is_visible(actor, facts, now)
    return "hidden" if is_hidden else "refused"


def seen(answer: TestResponse) -> str:
    """Which of the four an answer is; anything else by its status."""
    location = answer.headers.get("Location", "")
    if answer.status_code == 401 or (answer.status_code in (302, 303) and "/sign-in" in location):
        return "sign_in"
    kinds = {404: "hidden", 403: "refused"}
    if answer.status_code < 400 or answer.status_code in (400, 409, 412, 422, 428):
        return "allowed"
    return kinds.get(answer.status_code, str(answer.status_code))


AS_GOOD = {
    "sign_in": {"sign_in"},
    "hidden": {"hidden", "sign_in"},
    "refused": {"refused", "hidden", "sign_in"},
}
"""Saying less than the table asks is as good: "not found" for "refused", "sign in first" for both."""


def is_right(
    place: Place, persona: str, rule: Rule, method: str, expected: str, answer: TestResponse
) -> bool:
    """Does the answer do what the table says, and tell no more than the same question about nothing?"""
    found = seen(answer)
    if expected == "allowed":
        return found == "allowed" or (found in AS_GOOD["refused"] and rule.endpoint in NARROWER)
    if (rule.endpoint, persona) in WIDER or found in AS_GOOD[expected]:
        return True
    if not rule.arguments and rule.endpoint not in BODIES:
        return False
    nothing = place.ask(persona, rule, method, missing=True)
    return shown(place, answer) == shown(place, nothing)


def shown(place: Place, answer: TestResponse) -> tuple[int, str]:
    """What an answer tells, without the references asked about and what differs every time."""
    text = answer.get_data(as_text=True) + answer.headers.get("Location", "")
    for name in (
        place.world.draft,
        place.world.request,
        place.world.offer,
        place.world.match,
        place.world.assignment,
        place.world.file,
    ):
        text = text.replace(name, MISSING)
    return answer.status_code, re.sub(r"[0-9a-f]{32}|csrf_token[^>]*", "", text)


def test_the_page_of_an_entry_is_there_for_whom_it_is_visible(place: Place) -> None:
    wrong = []
    shown_by = {rule.endpoint: rule for rule, _ in rules(place.app) if rule.endpoint in SEEN}
    for endpoint, rule in shown_by.items():
        for about in SEEN[endpoint]:
            for persona in PERSONAS:
                if rule.rule.startswith("/api/") and persona == LINK_HOLDER:
                    continue
                with place.app.app_context(), reading() as session:
                    actor = actor_of(session, place.world, persona)
                    facts = facts_about(session, place.world, about, Action.ENTRY_READ, actor)
                is_there = is_visible(actor, facts, utc_now())
                path = place.path(rule).replace(getattr(place.world, ABOUT[endpoint]), "")
                headers = place.headers.get(persona, {}) if path.startswith("/api/") else {}
                answer = place.browser(persona).get(path + getattr(place.world, about), headers=headers)
                if (answer.status_code == 200) != is_there or answer.status_code not in (200, 401, 404):
                    wrong.append(f"{rule.rule} {about} {persona}: {is_there}, but {answer.status_code}")

    assert wrong == []


def test_the_files_of_an_entry_are_listed_for_whom_may_have_them(place: Place) -> None:
    wrong = []
    for persona in (name for name in PERSONAS if name != LINK_HOLDER):
        with place.app.app_context(), reading() as session:
            actor = actor_of(session, place.world, persona)
            facts = facts_about(session, place.world, "request", Action.ATTACHMENT_DOWNLOAD, actor)
        may_have = refusal(actor, Action.ATTACHMENT_DOWNLOAD, facts, utc_now()) is None
        address = f"/api/v1/requests/{place.world.request}/attachments"
        answer = place.app.test_client().get(address, headers=place.headers.get(persona, {}))
        if (place.world.file in answer.text) != may_have:
            wrong.append(f"{persona}: may have it is {may_have}, but {answer.text}")

    assert wrong == []


def cells(place: Place) -> Iterator[tuple[Rule, str, str]]:
    """Every route and method, asked by everybody."""
    for rule, method in rules(place.app):
        if rule.endpoint in ABOUT:
            for persona in PERSONAS:
                if not (rule.rule.startswith("/api/") and persona == LINK_HOLDER):
                    yield rule, method, persona


@pytest.mark.slow
def test_everybody_gets_what_the_policy_table_says(place: Place) -> None:
    wrong = []
    for rule, method, persona in cells(place):
        expected = expected_of(place, persona, rule, method)
        answer = place.ask(persona, rule, method)
        if not is_right(place, persona, rule, method, expected, answer):
            wrong.append(f"{method} {rule.rule} {persona}: {expected}, but {answer.status_code}")

    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# --- what every answer of every route must hold -----------------------------------------------------------


def contents(place: Place) -> str:
    """Everything in the database, as text, but when a session was last seen: that is noted once a minute."""
    source, copy = sqlite3.connect(place.folder / "world"), sqlite3.connect(":memory:")
    try:
        source.backup(copy)
        copy.execute("UPDATE user_session SET last_seen_at = created_at")
        return "\n".join(copy.iterdump())
    finally:
        source.close()
        copy.close()


@pytest.mark.parametrize("persona", [SIGNED_OUT_NAME, OWNER, LINK_HOLDER, "officer", "reviewer"])
def test_no_form_is_taken_without_its_token(
    place: Place, monkeypatch: pytest.MonkeyPatch, persona: str
) -> None:
    monkeypatch.setitem(place.app.config, "WTF_CSRF_ENABLED", True)
    before = contents(place)

    taken = [
        f"{method} {rule.rule}: {answer.status_code}"
        for rule, method in rules(place.app)
        if method in UNSAFE and not rule.rule.startswith("/api/")
        if (answer := place.ask(persona, rule, method)).status_code != 400
    ]

    assert taken == []
    assert contents(place) == before


@pytest.mark.parametrize("persona", [OWNER, "officer", "reviewer", "admin"])
def test_a_cookie_proves_nothing_to_the_api(place: Place, persona: str) -> None:
    headers, place.headers = place.headers, {}
    try:
        different = [
            f"{method} {rule.rule}"
            for rule, method in rules(place.app)
            if rule.rule.startswith("/api/") and rule.endpoint in ABOUT
            if place.ask(persona, rule, method).status_code
            != place.ask(SIGNED_OUT_NAME, rule, method).status_code
        ]
    finally:
        place.headers = headers

    assert different == []


def is_stricter(name: str, value: str) -> bool:
    """A downloaded file is held to less than a page: nothing may be loaded or run, and it is boxed in."""
    return name == "Content-Security-Policy" and value.startswith("default-src 'none'; sandbox")


@pytest.mark.parametrize("persona", [SIGNED_OUT_NAME, OWNER, "officer"])
def test_every_answer_has_the_safe_headers(place: Place, persona: str) -> None:
    answers = {
        f"{method} {rule.rule}": place.ask(persona, rule, method)
        for rule, method in rules(place.app)
        if rule.endpoint in ABOUT
    }
    browser = place.browser(persona)
    for path in ("/nowhere", "/api/v1/nowhere", "/fr/nowhere", "/health/live", "/metrics", "/requests/%00"):
        answers[path] = browser.get(path)
    answers["wrong method"] = browser.delete("/requests")

    lacking = [
        f"{asked}: {name}"
        for asked, answer in answers.items()
        for name, value in HEADERS.items()
        if answer.headers.get(name) != value and not is_stricter(name, answer.headers.get(name, ""))
    ]
    untold = [asked for asked, answer in answers.items() if not answer.headers.get("X-Request-ID")]
    kept = [
        asked
        for asked, answer in answers.items()
        if persona != SIGNED_OUT_NAME and asked not in PUBLIC_PATHS
        if "public" in answer.headers.get("Cache-Control", "")
    ]

    assert (lacking, untold, kept) == ([], [], [])


PUBLIC_PATHS = frozenset({"GET /feeds/requests.atom", "GET /feeds/offers.atom", "GET /feeds/calls.atom"})
"""The same for everybody, so that a proxy may keep them."""


def test_no_answer_is_a_fault_of_ours(place: Place) -> None:
    faults = [
        f"{method} {rule.rule} {persona}: {answer.status_code}"
        for rule, method in rules(place.app)
        for persona in (SIGNED_OUT_NAME, OWNER, "officer", "reviewer")
        if rule.endpoint in ABOUT
        if (answer := place.ask(persona, rule, method, missing=True)).status_code >= 500
    ]

    assert faults == []
