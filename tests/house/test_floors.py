"""The rules of the house that a reviewer should not have to remember: who may import whom, and how long.

The table is the one of docs/architecture.md. A package that does not exist yet is simply not checked.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"vocabulary"}
PURE = WORDS | {"criteria", "matching", "fellowships", "procedure"}
DATABASE = {"sqlalchemy"}
FLASK = {
    "flask",
    "flask_babel",
    "flask_smorest",
    "flask_wtf",
    "werkzeug",
    "markupsafe",
    "jinja2",
    "marshmallow",
    "webargs",
    "babel",
    "wtforms",
    "structlog",
}
DOOR = WORDS | FLASK | {"frame", "schemas", "services", "translations"}
FLOORS: dict[str, set[str]] = {
    "vocabulary": set(),
    "criteria": WORDS,
    "procedure": WORDS,
    "fellowships": WORDS | {"numpy", "scipy"},
    "matching": WORDS
    | {"numpy", "scipy", "sklearn", "rapidfuzz", "anyascii", "snowballstemmer", "py3langid", "jieba"},
    "encoders": WORDS | {"matching", "numpy"},
    "translations": WORDS | {"babel"},
    "models": WORDS | {"sqlalchemy", "flask_sqlalchemy"},
    "services": PURE
    | DATABASE
    | {
        "models",
        "encoders",
        "translations",
        "argon2",
        "structlog",
        "openpyxl",
        "xlsxwriter",
        "rapidfuzz",
        "numpy",
    },
    "schemas": WORDS | {"services", "marshmallow", "babel"},
    "frame": PURE | FLASK | {"services", "translations", "prometheus_client", "fpdf"},
    "api": DOOR,
    "web": DOOR,
    # Files without a database may go straight to the pure floors.
    "commands": DOOR | PURE | {"encoders", "numpy", "click", "config", "pycountry", "seed"},
    "jobs": DOOR | {"encoders", "click", "config"},
}
FOR_SIGNATURES = {"sqlalchemy.orm.Session"}
"""A door may name the type of the session that it hands on; with nothing else of the database it deals."""

CEILING = 400
"""Lines of a file that can still be read in one sitting."""

FILES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
OURS = sorted(
    path for folder in (*FLOORS, "seed", "operations", "benchmarks") for path in (ROOT / folder).rglob("*.py")
) + sorted(ROOT.glob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_names(source: str) -> set[str]:
    """Full names that a source imports, wherever the statement stands; a relative one begins with "."."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def packages(names: set[str]) -> set[str]:
    """The packages of full names, without the standard library."""
    return {name.split(".")[0] or "." for name in names} - sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=named)
def test_file_imports_only_from_its_floor_or_below(path):
    floor = path.relative_to(ROOT).parts[0]
    names = imported_names(path.read_text(encoding="utf-8"))
    if FLOORS[floor] >= DOOR:
        names -= FOR_SIGNATURES

    beyond = packages(names) - FLOORS[floor] - {floor}

    assert beyond == set()


@pytest.mark.parametrize("path", OURS, ids=named)
def test_file_stays_readable_in_one_sitting(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())

    assert n_lines <= CEILING


@pytest.mark.parametrize(
    "name", sorted({part for path in OURS for part in path.relative_to(ROOT).with_suffix("").parts})
)
def test_no_place_is_named_for_odds_and_ends(name):
    assert name not in {"utils", "util", "helpers", "helper", "common", "core", "misc"}


CLOCK_AND_CHANCE = {"random", "secrets", "time", "uuid"}
PRESENT = {"now", "utcnow", "today"}


def asks_clock_or_chance(source: str) -> set[str]:
    """Modules of time and chance that a source imports, and calls that ask for the present."""
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return {name.split(".")[0] for name in imported_names(source)} & CLOCK_AND_CHANCE | called & PRESENT


@pytest.mark.parametrize("path", [p for p in FILES if p.relative_to(ROOT).parts[0] in PURE], ids=named)
def test_pure_floor_asks_neither_clock_nor_chance(path):
    assert asks_clock_or_chance(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from random import Random",
        "import time",
        "from secrets import token_hex",
        "datetime.datetime.now(UTC)",
        "date.today()",
    ],
)
def test_asks_clock_or_chance_sees_it(source):
    assert asks_clock_or_chance(source) != set()


def test_imported_names_finds_every_way_of_importing():
    source = """
import flask.views as v
def f():
    from sqlalchemy.orm import Session, aliased
from . import x
import os
"""

    names = imported_names(source)

    assert names == {"flask.views", "sqlalchemy.orm.Session", "sqlalchemy.orm.aliased", "..x", "os"}
    assert packages(names) == {"flask", "sqlalchemy", "."}


def test_floors_are_checked_where_they_exist():
    checked = {path.relative_to(ROOT).parts[0] for path in FILES}

    assert {"vocabulary", "criteria", "procedure", "models", "services"} <= checked
