"""commands/index.py: build, check and look at the index from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from matching.files import DATA
from services.index_versions import building, current_name, folder_of
from services.match_facts import Audience
from tests.factories import make_published
from tests.fixtures import Opened
from vocabulary.states import EntryKind


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["index", *words])


@pytest.fixture
def folder(app: Flask, write: Opened) -> Path:
    """Where the versions of the public lie; there is an offer to index."""
    with write() as session:
        make_published(session, EntryKind.OFFER)
    return folder_of(app.config["SETTINGS"].data_dir, Audience.PUBLIC)


def test_rebuild_builds_and_checks_both_audiences(app: Flask, folder: Path) -> None:
    done = run(app, "rebuild", "--check")
    status = json.loads(run(app, "status").stdout)

    assert done.exit_code == 0, done.output
    assert status["public"]["name"] == current_name(folder)
    assert {name: (one["state"], one["n_entries"], one["fault"]) for name, one in status.items()} == {
        "inside": ("ok", 1, None),
        "public": ("ok", 1, None),
    }
    assert status["public"]["n_bytes"] == (folder / status["public"]["name"] / DATA).stat().st_size
    assert done.stderr == ""


def test_rebuild_if_due_leaves_a_good_version(app: Flask, folder: Path) -> None:
    run(app, "rebuild")
    first = current_name(folder)

    not_due = run(app, "rebuild", "--if-due")
    kept = current_name(folder)
    run(app, "rebuild")

    assert (not_due.exit_code, kept) == (0, first)
    assert "not due" in not_due.stdout
    assert current_name(folder) != first


def test_rebuild_while_another_builds_ends_with_1(app: Flask, folder: Path) -> None:
    with building(folder):
        done = run(app, "rebuild")

    assert done.exit_code == 1
    assert "built by another process" in done.stderr


def test_rebuild_that_cannot_write_says_so(app: Flask, folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")

    done = run(app, "rebuild")

    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


def test_check_takes_a_damaged_version_out_of_use(app: Flask, folder: Path) -> None:
    run(app, "rebuild")
    data = folder / str(current_name(folder)) / DATA
    whole = bytearray(data.read_bytes())
    whole[-1] ^= 1
    data.write_bytes(whole)

    done = run(app, "check")

    assert done.exit_code == 1
    assert "damaged, and taken out of use" in done.stderr
    assert current_name(folder) is None
    assert run(app, "check").exit_code == 0


def test_rebuild_of_an_empty_service_has_nothing_to_do(app: Flask) -> None:
    done = run(app, "rebuild")

    assert done.exit_code == 0
    assert "nothing to index yet" in done.stdout
