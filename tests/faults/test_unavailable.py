"""A full disk or an absent database is told as such, never as a receipt, and mends without a restart."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.database import db
from models.entries import Entry
from services import audit
from services.transaction import reading
from tests.databases import start_postgres, stop_postgres
from tests.faults.serving import Answer, Browser, Server, prepared, running

pytestmark = pytest.mark.slow

LEFT = 48 * 1024
"""Bytes left on the disk that is made full."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 24 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("NOT RUN: a disk can be made full only by root, where a tmpfs can be mounted")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Write a file that leaves next to nothing of the disk."""
    filler, room = folder / "filler", os.statvfs(folder)
    with filler.open("wb") as file:
        file.write(b"x" * (room.f_bavail * room.f_frsize - LEFT))
    return filler


def begin(browser: Browser, title: str) -> Answer:
    """Try to begin a draft with a summary of some size, so that a little room is soon used up."""
    return browser.post("/requests/new", {"title": title, "language": "en", "summary": "A need. " * 500})


def is_promise_to_come_back(answer: Answer) -> bool:
    """503 with a Retry-After of at most 5 seconds, and nothing that looks like a receipt."""
    return answer.status == 503 and 0 < int(answer.headers.get("retry-after", "0")) <= 5


def test_full_disk_is_told_and_nothing_is_promised(small_disk: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{small_disk / 'data' / 'capmatch.sqlite'}"
    app = prepared(url, small_disk / "data")
    server = Server(url, tmp_path / "web" / "data")
    server.log.parent.mkdir()
    kept: list[str] = []
    with running(server):
        browser = Browser(server.port)
        browser.get("/requests/new")
        assert begin(browser, "before").status == 303
        filler = fill(small_disk)

        answers = {f"full {n}": begin(browser, f"full {n}") for n in range(60)}
        refused = [answer for answer in answers.values() if answer.status != 303]
        kept = ["before", *(title for title, answer in answers.items() if answer.status == 303)]
        page = browser.get("/requests")
        filler.unlink()
        began = time.monotonic()
        while begin(browser, "after").status != 303:
            assert time.monotonic() < began + 10
            time.sleep(0.2)

    assert len(refused) > 0
    assert [answer.status for answer in refused if not is_promise_to_come_back(answer)] == []
    assert page.status == 200
    with app.app_context(), reading() as session:
        titles = sorted(session.execute(sa.select(Entry.title)).scalars())
        assert titles == sorted([*kept, "after"])
        assert session.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert audit.verify(session)[1] is None
    with app.app_context():
        db.engine.dispose()


@pytest.mark.postgres
def test_absent_database_is_told_and_the_service_comes_back_by_itself(
    postgres_folder: Path, tmp_path: Path
) -> None:
    url = start_postgres(postgres_folder, durable=True)
    app = prepared(url, tmp_path / "data")
    with app.app_context():
        db.engine.dispose()
    with running(Server(url, tmp_path / "data")) as server:
        browser = Browser(server.port)
        browser.get("/requests/new")
        assert begin(browser, "before").status == 303
        stop_postgres(postgres_folder)

        while_away = [browser.get("/requests"), begin(browser, "lost"), browser.get("/fr/calls")]
        ready, live = browser.get("/health/ready"), browser.get("/health/live")
        help_page = Browser(server.port).get("/help")
        start_postgres(postgres_folder, durable=True)
        seconds = server.wait("/health/ready")
        after = begin(browser, "after")

    assert [answer.status for answer in while_away if not is_promise_to_come_back(answer)] == []
    assert (ready.status, live.status, after.status) == (503, 200, 303)
    assert help_page.status == 200
    assert seconds < 10
    with app.app_context(), reading() as session:
        assert sorted(session.execute(sa.select(Entry.title)).scalars()) == ["after", "before"]
    with app.app_context():
        db.engine.dispose()
