"""jobs/index.py: the worker keeps the index new, small ones itself, large ones in a process of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import jobs.index
from jobs.index import IndexBuilder
from matching.files import DATA
from models.entries import EntryChange
from services.index_building import FEWEST_CHANGES
from services.index_versions import current_name, folder_of
from services.match_facts import Audience
from services.match_index import WINDOW
from tests.factories import make_published
from tests.fixtures import NOW, Opened
from vocabulary.states import EntryKind

Names = Callable[[], set[str | None]]


@pytest.fixture
def data_dir(app: Flask) -> Path:
    return app.config["SETTINGS"].data_dir


@pytest.fixture
def names(data_dir: Path) -> Names:
    """The versions in use."""
    return lambda: {current_name(folder_of(data_dir, audience)) for audience in Audience}


@pytest.fixture
def builder(app: Flask, data_dir: Path) -> IndexBuilder:
    return IndexBuilder(lambda: NOW, data_dir)


def test_builds_what_is_missing_and_then_rests(
    app: Flask, write: Opened, builder: IndexBuilder, names: Names
) -> None:
    with app.app_context():
        builder.look()
    nothing = names()
    with write() as session:
        make_published(session, EntryKind.OFFER)
    with app.app_context():
        builder.look()
        built = names()
        builder.look()

    assert nothing == {None}
    assert None not in built
    assert names() == built


def test_builds_anew_after_many_changes(
    app: Flask, write: Opened, builder: IndexBuilder, names: Names
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
    with app.app_context():
        builder.look()
    first = names()
    with write() as session:
        session.add_all(EntryChange(entry_id=900 + n, at=NOW) for n in range(FEWEST_CHANGES + 1))
    with app.app_context():
        builder.look()

    assert len(first | names()) == 4


def test_damaged_version_is_built_anew(
    app: Flask, write: Opened, builder: IndexBuilder, names: Names, data_dir: Path
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
    with app.app_context():
        builder.look()
        first = names()
        folder = folder_of(data_dir, Audience.PUBLIC)
        data = folder / str(current_name(folder)) / DATA
        data.write_bytes(b"\xff" + data.read_bytes()[1:])
        builder.look()
        unnoticed = names()
        builder.check()
        builder.look()

    assert unnoticed == first
    assert None not in names()
    assert len(names() & first) == 1


def test_large_version_is_built_by_a_process_of_its_own(
    app: Flask, write: Opened, builder: IndexBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
    monkeypatch.setattr(jobs.index, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(jobs.index, "REBUILD", ("sh", "-c", "sleep 60"))
    with app.app_context():
        builder.look()
        process = builder._process
        assert process is not None
        builder.look()
        again = builder._process
    builder.stop()

    assert again is process
    assert process.returncode == -15
    assert builder.wait() is False


def test_failed_build_is_tried_again_after_a_pause(
    app: Flask, write: Opened, data_dir: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
    clock = [NOW]
    builder = IndexBuilder(lambda: clock[0], data_dir)
    (data_dir / "index").write_text("in the way")
    found = []
    with app.app_context():
        builder.look()
        (data_dir / "index").unlink()
        for wait in (timedelta(0), jobs.index.PAUSE):
            clock[0] = NOW + wait
            builder.look()
            found.append(names())

    assert found[0] == {None}
    assert None not in found[1]


def test_failed_process_is_started_again_after_a_pause(
    app: Flask, write: Opened, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
    monkeypatch.setattr(jobs.index, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(jobs.index, "REBUILD", ("false",))
    clock = [NOW]
    builder = IndexBuilder(lambda: clock[0], data_dir)
    with app.app_context():
        builder.look()
        is_well = builder.wait()
        builder.look()
        resting = builder._process
        clock[0] = NOW + jobs.index.PAUSE
        builder.look()
        again = builder._process
    builder.stop()

    assert (is_well, resting) == (False, None)
    assert again is not None


def test_forgets_changes_that_all_versions_hold(
    app: Flask, write: Opened, read: Opened, data_dir: Path
) -> None:
    with write() as session:
        make_published(session, EntryKind.OFFER)
        session.add_all(EntryChange(entry_id=900 + n, at=NOW) for n in range(WINDOW))
    later = IndexBuilder(lambda: NOW + timedelta(days=2), data_dir)
    with app.app_context():
        later.forget_changes()
        with read() as session:
            before = session.execute(sa.select(sa.func.count()).select_from(EntryChange)).scalar_one()
        later.look()
        later.forget_changes()
    with read() as session:
        after = session.execute(sa.select(sa.func.count()).select_from(EntryChange)).scalar_one()

    assert before > after == WINDOW
