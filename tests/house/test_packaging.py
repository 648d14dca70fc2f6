"""What is installed is locked, what is tracked names no registry, and the ways in are as README says."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements-uv", "requirements", "requirements-dev")
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)")
HAS_GIT = bool(shutil.which("git")) and (ROOT / ".git").exists()
MADE = {".venv", "var", "build", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
# In parts, so that this file does not find itself.
REGISTRIES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "--index" + "-url",
    "--find" + "-links",
)


def tracked_files() -> list[Path]:
    """Every file that git keeps, or would keep; in a copy without git, every file that nothing made."""
    if not HAS_GIT:
        every = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in every if not MADE & set(path.relative_to(ROOT).parts)]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(path: Path) -> dict[str, str]:
    """Name and version of each requirement that a file pins."""
    found = (ENTRY.match(line) for line in path.read_text().splitlines())
    return {normal(match[1]): match[2] for match in found if match}


def blocks(path: Path) -> list[str]:
    """The requirements of a lock file, each with its hashes, as one line."""
    return path.read_text().replace("\\\n", " ").strip().splitlines()


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_has_a_version_and_a_hash_in_every_entry(name: str) -> None:
    lines = blocks(ROOT / f"{name}.txt")

    assert [line for line in lines if not ENTRY.match(line) or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_covers_its_source_at_the_same_versions(name: str) -> None:
    wanted, locked = entries(ROOT / f"{name}.in"), entries(ROOT / f"{name}.txt")

    assert {package: locked.get(package) for package in wanted} == wanted


@pytest.mark.parametrize("name", LOCKS)
def test_source_pins_every_package_it_names(name: str) -> None:
    lines = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if line]

    assert [
        line for line in lines if not line.startswith(("#", "-r ", "-c ")) and not ENTRY.match(line)
    ] == []


def test_development_set_contains_the_run_time_set() -> None:
    run_time, development = entries(ROOT / "requirements.txt"), entries(ROOT / "requirements-dev.txt")

    assert {package: development.get(package) for package in run_time} == run_time


def test_no_tracked_file_names_a_package_registry() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in tracked_files()
        for name in REGISTRIES
        if name.encode() in path.read_bytes()
    }

    assert found == set()


@pytest.mark.parametrize(
    "path", ["manage.py", *(f"operations/{p.name}" for p in ROOT.glob("operations/*.py"))]
)
def test_what_runs_before_anything_is_installed_imports_only_the_standard_library(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) <= {"operations"}


def test_readme_names_only_commands_that_exist() -> None:
    said = set(re.findall(r"python3 manage\.py ([a-z]+)", (ROOT / "README.md").read_text()))

    listing = subprocess.run(
        [sys.executable, ROOT / "manage.py", "--help"], check=True, capture_output=True, text=True
    ).stdout

    assert {"demo", "test"} <= said
    assert said <= set(re.findall(r"^    ([a-z]+) ", listing, re.MULTILINE))


@pytest.mark.skipif(not HAS_GIT, reason="a copy without git")
@pytest.mark.parametrize(
    "path", [".venv/bin/python", "var/capmatch.sqlite", ".env", "secret.key", "x/__pycache__/a.pyc"]
)
def test_git_ignores_what_is_made_and_what_is_secret(path: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)

    assert ignored.returncode == 0
