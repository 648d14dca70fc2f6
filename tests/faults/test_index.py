"""The index under a real web server: two workers, a killed build, a damaged version, all without a pause."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from config import ROOT
from matching.files import DATA, MANIFEST
from services.clock import utc_now
from services.entries.submission import withdraw
from services.index_building import build_index
from services.index_versions import current_name, folder_of
from services.match_facts import Audience
from services.transaction import reading, transaction
from tests.factories import link_holder, make_account, make_published
from tests.faults.serving import Browser, Server, prepared, running
from tests.fixtures import SECRETS
from tests.signing_in import bearer
from vocabulary.people import Role, Scope
from vocabulary.states import EntryKind

pytestmark = pytest.mark.slow
N_ASKED = 30
"""Enough answers on new connections for each of two workers to give some."""


def asked(server: Server, path: str, headers: dict[str, str]) -> set[tuple[frozenset[str], str]]:
    """The different answers, each with the version of the index, that many connections get."""
    found = set()
    for _ in range(N_ASKED):
        answer = Browser(server.port).send("GET", path, headers=headers)
        assert answer.status == 200, answer.text
        told = json.loads(answer.text)
        found.add((frozenset(item["ref"] for item in told["items"]), told["index_version"]))
    return found


def build(app: Flask, data: Path) -> str:
    with app.app_context():
        name = build_index(reading, data, Audience.INSIDE, now=utc_now())
    assert name is not None
    return name


def refs(found: set[tuple[frozenset[str], str]]) -> set[frozenset[str]]:
    return {some for some, _ in found}


def test_two_workers_map_one_version_and_take_the_next(tmp_path: Path) -> None:
    data = tmp_path / "data"
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    app = prepared(url, data)
    with app.app_context(), transaction() as session:
        officer = make_account(session, Role.OFFICER).id
        request = make_published(session, now=utc_now()).ref
        first = make_published(session, EntryKind.OFFER, now=utc_now()).ref
    known = bearer(app, officer, Scope.READ)
    path = f"/api/v1/requests/{request}/matches"
    folder = folder_of(data, Audience.INSIDE)
    name = build(app, data)
    server = Server(url, data, workers=2)
    with running(server):
        before = asked(server, path, known)
        mapped = [
            Path(f"/proc/{pid}/maps").read_text().count(f"{name}/{DATA}") for pid in server.worker_pids()
        ]

        with app.app_context(), transaction() as session:
            made = make_published(session, EntryKind.OFFER, now=utc_now())
            second, version, owner = made.ref, made.version, link_holder(made.id)
        added = asked(server, path, known)
        newer = build(app, data)
        swapped = asked(server, path, known)
        with app.app_context(), transaction() as session:
            withdraw(session, owner, second, version, None, now=utc_now())
        gone = asked(server, path, known)
        (folder / newer / MANIFEST).write_text("nothing\n")
        server.kill_worker(0)
        spoiled = asked(server, path, known)

    assert len(mapped) == 2
    assert min(mapped) >= 1
    assert (refs(before), len(before)) == ({frozenset({first})}, 1)
    assert (refs(added), len(added)) == ({frozenset({first, second})}, 1)
    assert (refs(swapped), len(swapped)) == ({frozenset({first, second})}, 1)
    assert {at for _, at in added} == {at for _, at in before} != {at for _, at in swapped}
    assert refs(gone) == refs(spoiled) == {frozenset({first})}


def test_killed_build_does_no_harm(tmp_path: Path) -> None:
    data = tmp_path / "data"
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    app = prepared(url, data)
    with app.app_context(), transaction() as session:
        for number in range(150):
            make_published(session, EntryKind.OFFER, organisation_name=f"House {number}", now=utc_now())
    name = build(app, data)
    folder = folder_of(data, Audience.INSIDE)
    environ = {**os.environ, **SECRETS, "CAPMATCH_DATA": str(data), "DATABASE_URL": url}
    rebuild = [sys.executable, "-m", "flask", "--app", "app", "index", "rebuild"]
    n_killed = 0
    for _ in range(2):
        process = subprocess.Popen(rebuild, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        while process.poll() is None and not list(folder.glob(f".building-*/{DATA}")):
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        n_killed += process.wait() == -signal.SIGKILL
        left = [path.name for path in folder.iterdir() if path.name.startswith(".building-")]
        assert (current_name(folder), len(left)) == (name, 1)

    done = subprocess.run(rebuild, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert (n_killed, done.returncode) == (2, 0), done.stderr
    left = sorted(path.name for path in folder.iterdir())
    assert left == sorted([".lock", "current", str(current_name(folder))])
    assert current_name(folder) != name
