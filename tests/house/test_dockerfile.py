"""The container's recipe: what it promises, and that its steps work. No container engine is needed.

The steps are read from the Dockerfile and carried out in a temporary folder, with the packages of the
environment that the tests run in (they come from the same lock file).
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.test_packaging import ROOT, tracked_files

SCRIPTS = Path(sys.executable).parent
SECRET = "kq3-Zx9_vTtR7mWb2LpYd8HsNc5JfGu4eA"


@dataclass(frozen=True)
class Step:
    """One instruction: its word in capitals and the rest of its line, continuations joined."""

    word: str
    rest: str


def read_stages() -> list[list[Step]]:
    """The instructions of each stage; the first of each is FROM."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    stages: list[list[Step]] = []
    for line in lines:
        word, rest = line.split(None, 1)
        if word.upper() == "FROM":
            stages.append([])
        stages[-1].append(Step(word.upper(), " ".join(rest.split())))
    return stages


BUILDER, FINAL = read_stages()
EVERY_STEP = BUILDER + FINAL


def rests(word: str, steps: list[Step]) -> list[str]:
    """What follows an instruction's word, each time it occurs."""
    return [step.rest for step in steps if step.word == word]


def health_command() -> list[str]:
    """The command of the HEALTHCHECK as a list."""
    return list(json.loads(rests("HEALTHCHECK", FINAL)[0].split("CMD", 1)[1]))


def final_environment() -> dict[str, str]:
    """What ENV sets in the image."""
    pairs = " ".join(rests("ENV", FINAL)).split()
    return dict(pair.split("=", 1) for pair in pairs)


def goes_into_the_image(name: str) -> bool:
    """Tell whether .dockerignore lets a path through; the last rule that fits decides."""
    allowed = True
    parts = Path(name).parts
    ways = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for rule in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = rule.lstrip("!").removeprefix("**/")
        if not rule or rule.startswith("#"):
            continue
        candidates = [*ways, *parts] if "**/" in rule else ways
        if any(fnmatch.fnmatchcase(candidate, pattern) for candidate in candidates):
            allowed = rule.startswith("!")
    return allowed


def image_files() -> list[str]:
    """The tracked files that `COPY . ./` takes."""
    names = (str(path.relative_to(ROOT)) for path in tracked_files())
    return [name for name in names if goes_into_the_image(name)]


# --- promises ---------------------------------------------------------------------------------------------


def test_base_images_are_one_slim_python_with_a_tag() -> None:
    images = {rest.split()[0] for rest in rests("FROM", EVERY_STEP)}

    assert images == {"python:3.11-slim-bookworm"}


def test_image_runs_as_a_numbered_user_other_than_root() -> None:
    users = rests("USER", FINAL)

    assert [bool(re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)) for user in users] == [True]


def test_commands_are_lists_so_that_signals_reach_the_server() -> None:
    commands = [json.loads(rest) for rest in rests("CMD", FINAL)]

    assert commands == [["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]]
    assert health_command() == ["python", "manage.py", "health"]


def test_recipe_fetches_nothing_but_locked_packages() -> None:
    assert rests("ADD", EVERY_STEP) == []
    assert [
        rest for rest in rests("RUN", EVERY_STEP) if re.search(r"\b(apt|apt-get|curl|wget|git)\b", rest)
    ] == []
    assert [
        rest for rest in rests("RUN", EVERY_STEP) if "pip install" in rest and "--require-hashes" not in rest
    ] == []


def test_recipe_holds_no_secret() -> None:
    named = [name for name in final_environment() if re.search(r"KEY|TOKEN|PASSWORD|SECRET|URL", name)]

    assert named == []
    assert rests("ARG", EVERY_STEP) == []


def test_every_source_that_is_copied_exists() -> None:
    sources = [word for rest in rests("COPY", BUILDER) for word in rest.split()[:-1]]

    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_image_holds_every_package_of_the_application_and_none_of_the_rest() -> None:
    top = {name.split("/")[0] for name in image_files()}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}

    assert packages - top == set()
    assert top & {"tests", "docs", "benchmarks", ".git", ".ci", "var", ".venv", ".env"} == set()


@pytest.mark.parametrize(
    "name",
    [".env", "var/capmatch.sqlite", "seed/real.sqlite", ".git/config", "tests/conftest.py", "secret.key"],
)
def test_image_leaves_out(name: str) -> None:
    assert goes_into_the_image(name) is False


@pytest.mark.parametrize(
    "name",
    ["app.py", "composition.py", "translations/fr/LC_MESSAGES/messages.po", "seed/data/countries.json"],
)
def test_image_takes(name: str) -> None:
    assert goes_into_the_image(name) is True


# --- steps ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like /app in the image, after the RUN steps that the builder takes with the sources."""
    folder = tmp_path_factory.mktemp("image") / "app"
    for name in image_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    copied = next(n for n, step in enumerate(BUILDER) if step == Step("COPY", ". ./"))
    for rest in rests("RUN", BUILDER[copied:]):
        command = rest.replace("/opt/venv/bin/", f"{SCRIPTS}/")
        done = subprocess.run(
            ["sh", "-euc", command], cwd=folder, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def settings(image: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The image's environment with what an operator adds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **final_environment(),
        "PATH": f"{SCRIPTS}:/usr/bin:/bin",
        "CAPMATCH_DATA": str(tmp_path_factory.mktemp("data")),
        "CAPMATCH_ADDRESS": "https://capmatch.example",
        "SECRET_KEY": f"one-{SECRET}",
        "AUDIT_KEY": f"two-{SECRET}",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture(scope="module")
def server(image: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The image's CMD, running, on a database that was brought up to date as the manual says."""
    subprocess.run(
        ["flask", "--app", "app", "db", "upgrade"], cwd=image, env=settings, check=True, capture_output=True
    )
    process = subprocess.Popen(
        json.loads(rests("CMD", FINAL)[0]),
        cwd=image,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def health(image: Path, settings: dict[str, str]) -> int:
    """Run the HEALTHCHECK once; return its status."""
    return subprocess.run(health_command(), cwd=image, env=settings, check=False).returncode


@pytest.mark.slow
def test_locked_set_installs_as_the_recipe_says(tmp_path: Path) -> None:
    install = next(rest for rest in rests("RUN", BUILDER) if "pip install" in rest)
    command = install.replace("/opt/venv/bin/", f"{SCRIPTS}/").replace("pip install", "pip install --dry-run")

    done = subprocess.run(["sh", "-euc", command], cwd=ROOT, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_image_starts_tells_its_health_and_stops_when_asked(
    image: Path, settings: dict[str, str], server: subprocess.Popen[str]
) -> None:
    deadline = time.monotonic() + 60
    while health(image, settings) != 0 and server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)

    assert health(image, settings) == 0

    server.send_signal(signal.SIGTERM)
    output, _ = server.communicate(timeout=30)

    assert server.returncode == 0, output
    assert health(image, settings) == 1


@pytest.mark.slow
def test_image_refuses_to_start_without_secrets(image: Path, settings: dict[str, str]) -> None:
    without = {name: value for name, value in settings.items() if name != "SECRET_KEY"}

    done = subprocess.run(
        ["flask", "--app", "app", "db", "upgrade"],
        cwd=image,
        env=without,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "SECRET_KEY is missing" in done.stdout + done.stderr


def test_linter_of_recipes_finds_nothing() -> None:
    linter = SCRIPTS / "hadolint"
    if not linter.exists():
        pytest.skip("hadolint is not installed: run `python3 manage.py test`")

    done = subprocess.run([linter, "Dockerfile"], cwd=ROOT, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")
