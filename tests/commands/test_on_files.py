"""commands/on_files.py: a command of files starts by itself, quickly, and is the same command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from commands.on_files import ON_FILES
from commands.registry import COMMANDS

ROOT = Path(__file__).parents[2]


def flask(*words, cwd=ROOT, **environ):
    """Run a command as people do, with nothing in the environment but what is named."""
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)


def test_every_command_of_files_is_the_one_of_the_service():
    places = [place.partition(":") for place in ON_FILES.values()]

    alone = [getattr(import_module(module), name) for module, _, name in places]

    assert alone == [command for name in ON_FILES for command in COMMANDS if command.name == name]


@pytest.mark.parametrize("name", sorted(ON_FILES))
def test_command_of_files_needs_no_settings_and_makes_no_folder(name, tmp_path):
    done = flask(
        name, "--help", cwd=tmp_path, CAPMATCH_ENV="production", CAPMATCH_DATA=str(tmp_path / "data")
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: python -m flask {name} ")
    assert list(tmp_path.iterdir()) == []


def test_match_starts_without_the_web_and_the_database(tmp_path):
    (tmp_path / "entries.jsonl").write_text(json.dumps({"id": "1", "text": "soil"}))
    words = [
        "flask",
        "--app",
        "app",
        "match",
        "entries.jsonl",
        "entries.jsonl",
        "-o",
        "out",
        "--meaning",
        "off",
    ]
    code = f"""
import sys
from flask.cli import main
sys.path.insert(0, {str(ROOT)!r})
sys.argv = {words!r}
try:
    main()
finally:
    heavy = {{"sqlalchemy", "marshmallow", "alembic", "web", "api", "models", "sklearn", "openpyxl"}}
    print(sorted(heavy & set(sys.modules)))
"""

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert json.loads((tmp_path / "out").read_text())["score"] == 1.0


def test_other_commands_still_have_the_whole_service(tmp_path):
    done = flask("routes", CAPMATCH_ENV="demo", CAPMATCH_DATA=str(tmp_path / "data"))

    assert done.returncode == 0
    assert "/api/v1/requests" in done.stdout


def test_progress_stands_on_a_terminal(tmp_path):
    (tmp_path / "entries.jsonl").write_text(json.dumps({"id": "1", "text": "soil"}))
    ours, theirs = pty.openpty()
    words = ["match", "entries.jsonl", "entries.jsonl", "-o", "out", "--meaning", "off"]

    subprocess.run(
        [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words],
        cwd=tmp_path,
        env={"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    said = os.read(ours, 100_000).decode()
    os.close(ours)

    assert [label in said for label in ("Reading entries.jsonl", "Indexing", "Matching", "100%")] == [
        True
    ] * 4
