"""What the documents name exists: tests, files, commands, settings."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from flask import Flask

from app import create_app
from config import ROOT, SETTINGS, from_environment
from tests.fixtures import settings_for

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:`flask|flask --app app|manage\.py flask) ([a-z][a-z-]*(?: [a-z][a-z-]*)?)")
VARIABLE = re.compile(r"\b(CAPMATCH_[A-Z_]+)\b")
BESIDE_SETTINGS = {"CAPMATCH_KILLS", "CAPMATCH_ROUNDS", "CAPMATCH_TEST_POSTGRES_FOLDER"}
"""Read by tests and not by the service."""


def name(path: Path) -> str:
    """The document as pytest names it."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_test_named_exists(document: Path) -> None:
    missing = [
        f"{file}::{test}" if test else file
        for file, test in TEST.findall(document.read_text(encoding="utf-8"))
        if not (ROOT / file).is_file()
        or (test and f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8"))
    ]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in target]

    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_setting_named_exists(document: Path) -> None:
    named = set(VARIABLE.findall(document.read_text(encoding="utf-8")))

    assert named - {setting.name for setting in SETTINGS} - BESIDE_SETTINGS == set()


def test_every_command_named_exists(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'unused.sqlite'}", tmp_path))
    missing = {
        f"{name(document)}: flask {words}"
        for document in DOCUMENTS
        for words in COMMAND.findall(document.read_text(encoding="utf-8"))
        if not is_command(app, words.split())
    }

    assert missing == set()


def is_command(app: Flask, words: list[str]) -> bool:
    """Is the first word a command, and the second one of its own where it has any?"""
    command = app.cli.commands.get(words[0])
    if command is None or not isinstance(command, click.Group) or len(words) == 1:
        return command is not None
    return words[1] in command.commands


def test_environment_file_of_the_operations_page_starts_production(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    block = re.search(r"```\n(# /etc/capmatch\.env\n.*?)```", page, re.DOTALL)
    assert block is not None
    lines = [line for line in block[1].splitlines() if line and not line.startswith("#")]
    environ = dict(line.split("=", 1) for line in lines)
    first, second = (f"{letter}Zk3v9Qw1Lx7Rt5Yp2Mn8Bc4Hd6Jf0GsA" for letter in "qx")

    settings = from_environment(
        environ | {"SECRET_KEY": first, "AUDIT_KEY": second, "CAPMATCH_DATA": str(tmp_path)}
    )

    assert set(environ) <= {setting.name for setting in SETTINGS} | {"WEB_CONCURRENCY", "BIND"}
    assert (settings.is_production, settings.proxies) == (True, 1)


def test_units_of_the_operations_page_start_what_exists() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    started = sorted(re.findall(r"^ExecStart=/srv/capmatch/\.venv/bin/(.*)$", page, re.MULTILINE))

    assert started == [
        "flask --app app jobs run",
        "gunicorn --config gunicorn.conf.py app:create_app()",
    ]
