"""Does a change show in every worker with the very next answer, in matches as on public pages?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.clock import utc_now
from services.entries.submission import withdraw
from services.transaction import transaction
from tests.factories import link_holder, make_account, make_published
from tests.faults.serving import Browser, Server, prepared, running
from tests.signing_in import bearer
from vocabulary.people import Role, Scope
from vocabulary.states import EntryKind

pytestmark = pytest.mark.slow
N_WORKERS = 3
N_ASKED = 40
"""Enough answers on new connections for each of three workers to give some."""


def refs(server: Server, path: str, headers: dict[str, str]) -> set[frozenset[str]]:
    """The different answers that many connections get to the same question."""
    found = set()
    for _ in range(N_ASKED):
        answer = Browser(server.port).send("GET", path, headers=headers)
        assert answer.status == 200, answer.text
        found.add(frozenset(item["ref"] for item in json.loads(answer.text)["items"]))
    return found


def test_change_is_in_every_worker_with_the_next_answer(tmp_path: Path) -> None:
    data = tmp_path / "data"
    app = prepared(f"sqlite:///{data / 'capmatch.sqlite'}", data)
    with app.app_context(), transaction() as session:
        officer = make_account(session, Role.OFFICER).id
        request = make_published(session, now=utc_now()).ref
        first = make_published(session, EntryKind.OFFER, now=utc_now()).ref
    known = bearer(app, officer, Scope.READ)
    server = Server(f"sqlite:///{data / 'capmatch.sqlite'}", data, workers=N_WORKERS)
    with running(server):
        matches, public = f"/api/v1/requests/{request}/matches", "/api/v1/offers"

        before = refs(server, matches, known), refs(server, public, {})
        with app.app_context(), transaction() as session:
            made = make_published(session, EntryKind.OFFER, now=utc_now())
            second, version, owner = made.ref, made.version, link_holder(made.id)
        added = refs(server, matches, known), refs(server, public, {})
        with app.app_context(), transaction() as session:
            withdraw(session, owner, second, version, None, now=utc_now())
        gone = refs(server, matches, known), refs(server, public, {})

    assert before == ({frozenset({first})}, {frozenset({first})})
    assert added == ({frozenset({first, second})}, {frozenset({first, second})})
    assert gone == before
