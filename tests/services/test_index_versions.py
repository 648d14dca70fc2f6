"""services/index_building.py, index_versions.py, match_index.py: versions on disk, for every worker."""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from matching.files import DATA, MANIFEST
from matching.settings import DEFAULT_SETTINGS
from models.entries import EntryChange
from services import match_index, upkeep
from services.entries.submission import withdraw
from services.index_building import (
    FEWEST_CHANGES,
    OLDEST,
    IndexState,
    build_index,
    check_index,
    index_state,
    seen_by_all,
)
from services.index_versions import CURRENT, building, current_name, folder_of
from services.match_facts import Audience
from services.match_index import WINDOW, ask_for_refit, current_index
from services.matches import MatchList, matches_of
from services.transaction import reading
from tests.factories import link_holder, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Unavailable
from vocabulary.people import Actor
from vocabulary.states import EntryKind

REQUEST, OFFER = EntryKind.REQUEST, EntryKind.OFFER
PUBLIC = Audience.PUBLIC


@pytest.fixture
def data_dir(app: Flask) -> Path:
    return app.config["SETTINGS"].data_dir


@pytest.fixture
def build(app: Flask, data_dir: Path) -> Callable[[], str | None]:
    """Build a version for the public."""

    def built() -> str | None:
        with app.app_context():
            return build_index(reading, data_dir, PUBLIC, now=NOW)

    return built


@pytest.fixture
def request_entry(write: Opened) -> tuple[str, Actor]:
    with write() as session:
        entry = make_submitted(session, REQUEST)
        return entry.ref, link_holder(entry.id)


def add_offer(write: Opened, name: str = "House") -> str:
    with write() as session:
        return make_published(session, OFFER, organisation_name=name).ref


def matches(read: Opened, entry: tuple[str, Actor]) -> MatchList:
    with read() as session:
        return matches_of(session, entry[1], entry[0], now=NOW, language="en")


def refs(found: MatchList) -> set[str]:
    return {row.ref for row in found.rows}


def state(read: Opened, data_dir: Path, now=NOW) -> IndexState:
    with read() as session:
        return index_state(session, data_dir, PUBLIC, now=now)


def uses_files() -> set[bool]:
    """Do the indexes of this process come from files?"""
    return {shelf.name is not None for shelf in match_index._shelves.values()}


def test_stored_version_answers_as_a_fresh_fit(write, read, request_entry, build):
    for number in range(5):
        add_offer(write, f"House {number}")
    fresh = matches(read, request_entry)
    build()

    stored = matches(read, request_entry)

    assert uses_files() == {True}
    assert (stored.rows, stored.blocked, stored.index_version) == (
        fresh.rows,
        fresh.blocked,
        fresh.index_version,
    )


def test_change_and_withdrawal_are_laid_over_a_stored_version(write, read, request_entry, build):
    first = add_offer(write, "First")
    name = build()
    with write() as session:
        offer = make_published(session, OFFER, organisation_name="Second")
        second, holder, version = offer.ref, link_holder(offer.id), offer.version

    added = matches(read, request_entry)
    with write() as session:
        withdraw(session, holder, second, version, None, now=NOW)
    gone = matches(read, request_entry)

    assert (refs(added), refs(gone)) == ({first, second}, {first})
    assert {shelf.name for shelf in match_index._shelves.values()} == {name}


def test_newer_version_takes_over_without_a_restart(write, read, request_entry, build, data_dir):
    first = add_offer(write, "First")
    build()
    before = matches(read, request_entry)
    second = add_offer(write, "Second")
    name = build()

    after = matches(read, request_entry)

    assert refs(after) == {first, second}
    assert after.index_version != before.index_version
    assert {shelf.name for shelf in match_index._shelves.values()} == {name}
    assert [path.name for path in folder_of(data_dir, PUBLIC).iterdir() if path.is_dir()] == [name]


def test_change_committed_out_of_order_is_laid_over_a_stored_version(write, read, request_entry, build):
    """A slow transaction may commit a lower number after the version was begun."""
    with write() as session:
        late = make_published(session, OFFER, organisation_name="Late")
        late_id, late_ref = late.id, late.ref
        session.flush()
        numbers = [row.sequence for row in session.query(EntryChange).filter_by(entry_id=late_id)]
        session.execute(sa.delete(EntryChange).where(EntryChange.entry_id == late_id))
        session.execute(
            sa.text("UPDATE entry SET publication = 'unpublished' WHERE id = :id"), {"id": late_id}
        )
        session.add(EntryChange(sequence=max(numbers) + 100, entry_id=late_id + 1000, at=NOW))
    build()
    assert refs(matches(read, request_entry)) == set()
    with write() as session:
        session.execute(sa.text("UPDATE entry SET publication = 'published' WHERE id = :id"), {"id": late_id})
        session.add(EntryChange(sequence=max(numbers), entry_id=late_id, at=NOW))

    assert refs(matches(read, request_entry)) == {late_ref}


def flipped(path: Path) -> None:
    """One bit near the end is another."""
    whole = bytearray(path.read_bytes())
    whole[-100] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: flipped(folder / MANIFEST),
        lambda folder: (folder / DATA).unlink(),
        lambda folder: (folder / DATA).write_bytes((folder / DATA).read_bytes()[:-1]),
        lambda folder: (folder / MANIFEST).write_bytes(b""),
    ],
    ids=["byte of the manifest", "data gone", "data cut short", "manifest empty"],
)
def test_damaged_version_is_not_used_and_built_anew(write, read, request_entry, build, data_dir, spoil):
    offer = add_offer(write)
    folder = folder_of(data_dir, PUBLIC)
    spoil(folder / str(build()))

    fitted = matches(read, request_entry)
    told = state(read, data_dir)
    name = build()

    assert refs(fitted) == {offer}
    assert (told.state, told.is_due) == ("damaged", True)
    assert refs(matches(read, request_entry)) == {offer}
    assert (uses_files(), state(read, data_dir).name) == ({True}, name)


def test_full_check_finds_what_opening_does_not(write, read, build, data_dir):
    add_offer(write)
    flipped(folder_of(data_dir, PUBLIC) / str(build()) / DATA)
    opened = state(read, data_dir).state

    with read() as session:
        checked = check_index(session, data_dir, PUBLIC, now=NOW)

    assert (opened, checked.state) == ("ok", "damaged")
    assert "not what was written" in str(checked.fault)
    assert state(read, data_dir).state == "missing"


def test_version_of_another_database_is_not_used(write, read, request_entry, build, data_dir):
    offer = add_offer(write)
    build()
    with write() as session:
        session.execute(sa.update(EntryChange).values(at=NOW + timedelta(seconds=1)))

    assert refs(matches(read, request_entry)) == {offer}
    assert (uses_files(), state(read, data_dir).state) == ({False}, "damaged")


def test_version_of_a_later_state_than_a_backup_is_not_used(write, read, request_entry, build, data_dir):
    add_offer(write)
    build()
    with write() as session:
        last = session.execute(sa.select(sa.func.max(EntryChange.sequence))).scalar_one()
        session.execute(sa.delete(EntryChange).where(EntryChange.sequence == last))

    matches(read, request_entry)

    assert (uses_files(), state(read, data_dir).state) == ({False}, "damaged")


def test_build_that_fails_leaves_the_version_in_use(write, read, request_entry, build, data_dir):
    offer = add_offer(write)
    name = build()
    folder = folder_of(data_dir, PUBLIC)
    left = folder / ".building-of-a-process-that-was-killed"
    left.mkdir()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))  # like a disk that fills up
    try:
        with pytest.raises(OSError, match="File too large"):
            build()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert sorted(path.name for path in folder.iterdir()) == sorted([".lock", CURRENT, str(name)])
    assert refs(matches(read, request_entry)) == {offer}


def test_one_process_builds_at_a_time(build, data_dir, write):
    add_offer(write)
    with building(folder_of(data_dir, PUBLIC)), pytest.raises(Conflict):
        build()

    assert build() == current_name(folder_of(data_dir, PUBLIC))


def test_too_large_an_index_is_not_fitted_by_a_web_worker(write, read, request_entry, build, monkeypatch):
    offer = add_offer(write)
    monkeypatch.setattr(match_index, "MOST_FITTED_HERE", 0)

    with pytest.raises(Unavailable):
        matches(read, request_entry)
    build()

    assert refs(matches(read, request_entry)) == {offer}


def test_index_of_nothing_is_not_needed(read, build, data_dir):
    assert build() is None
    assert (state(read, data_dir).state, state(read, data_dir).is_due) == ("not_needed", False)


def test_new_version_is_due_after_many_changes(write, read, build, data_dir):
    add_offer(write)
    build()
    with write() as session:
        session.add_all(EntryChange(entry_id=1000 + n, at=NOW) for n in range(FEWEST_CHANGES))
    before = state(read, data_dir)
    with write() as session:
        session.add(EntryChange(entry_id=5000, at=NOW))

    assert (before.state, before.n_changes) == ("ok", FEWEST_CHANGES)
    assert state(read, data_dir).state == "old"


def test_new_version_is_due_when_asked_for(write, read, build, data_dir):
    add_offer(write)
    build()
    with write() as session:
        ask_for_refit(session, now=NOW)
    asked = state(read, data_dir)
    build()

    assert (asked.state, state(read, data_dir).state) == ("old", "ok")


def test_changed_text_is_not_kept_for_ever(write, read, build, data_dir):
    add_offer(write)
    build()
    later = NOW + OLDEST + timedelta(seconds=1)
    unchanged = state(read, data_dir, later).state
    add_offer(write)

    assert (unchanged, state(read, data_dir).state, state(read, data_dir, later).state) == ("ok", "ok", "old")


def test_changes_that_every_version_holds_are_forgotten(app, write, read, request_entry, build, data_dir):
    offer = add_offer(write)
    with write() as session:
        session.add_all(EntryChange(entry_id=1000 + n, at=NOW) for n in range(WINDOW + 10))
    build()
    later = NOW + timedelta(days=2)
    with read() as session:
        with_one = seen_by_all(session, data_dir, now=NOW)
    with app.app_context():
        build_index(reading, data_dir, Audience.INSIDE, now=NOW)
    before = matches(read, request_entry)
    with write() as session:
        below = seen_by_all(session, data_dir, now=NOW)
        n_young = upkeep.forget_changes(session, below, now=NOW)
        n_gone = upkeep.forget_changes(session, below, now=later)
        n_left = session.execute(sa.select(sa.func.count()).select_from(EntryChange)).scalar_one()
    match_index.forget()

    assert (with_one, n_young) == (0, 0)
    assert n_gone > 0
    assert n_left == WINDOW
    assert refs(before) == refs(matches(read, request_entry)) == {offer}
    assert uses_files() == {True}


def test_worker_that_missed_forgotten_changes_fits_anew(write, read, request_entry):
    matches(read, request_entry)
    offer = add_offer(write)
    with write() as session:
        session.add_all(EntryChange(entry_id=10_000 + n, at=NOW) for n in range(2))
        session.flush()
        last = session.execute(sa.select(sa.func.max(EntryChange.sequence))).scalar_one()
        session.execute(sa.delete(EntryChange).where(EntryChange.sequence < last))

    assert refs(matches(read, request_entry)) == {offer}


def test_other_weights_count_at_once_over_a_stored_version(write, read, request_entry, build):
    add_offer(write)
    build()
    before = matches(read, request_entry)
    with write() as session:
        session.execute(
            sa.text(
                "INSERT INTO matching_weights (version, part_weights, reason, adopted_at)"
                " VALUES ('w9', '{\"text\": 1.0}', 'for a test', :at)"
            ).bindparams(sa.bindparam("at", NOW, sa.DateTime(timezone=True)))
        )
        ask_for_refit(session, now=NOW)

    after = matches(read, request_entry)

    assert (before.settings_version, after.settings_version) == (DEFAULT_SETTINGS.version, "w9")
    assert uses_files() == {True}


def test_reader_goes_on_with_a_version_that_is_gone(read, write, request_entry, build, data_dir):
    offer = add_offer(write)
    build()

    @_with(read)
    def held(session: Session):
        index = current_index(session, PUBLIC, OFFER)
        build()
        return index.get(offer), sorted(index.versions())

    entry, known = held
    assert (entry.id, known) == (offer, [offer])


def _with(opened: Callable[[], AbstractContextManager[Session]]):
    def called(work: Callable[[Session], object]) -> object:
        with opened() as session:
            return work(session)

    return called
