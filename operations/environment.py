"""How does the project get the packages it stands on? Makes .venv and fills it from the hash-locked files.

Standard library only: it runs before anything is installed. It must know nothing of the application.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
RUN_TIME, DEVELOPMENT, INSTALLER = "requirements.txt", "requirements-dev.txt", "requirements-uv.txt"

FULL = "The disk is full. Free about 1 GB and start again."
CHANGED = "A download differs from what was locked. It was not installed."
OFFLINE = "The package index cannot be reached. The first start needs the network."
# What an installer prints -> what a person can do about it. The first that fits is told.
CURES = (
    ("No space left on device", FULL),
    ("quota exceeded", FULL),
    ("Hash mismatch", CHANGED),
    ("DO NOT MATCH THE HASHES", CHANGED),
    ("Permission denied", f"{VENV} cannot be written. Does it belong to somebody else?"),
    ("name resolution", OFFLINE),
    ("dns error", OFFLINE),
    ("Failed to fetch", OFFLINE),
    ("onnection", OFFLINE),
    ("No matching distribution", OFFLINE),
)


class Failure(Exception):
    """Something a person must know and can act on; ends the program with status 1."""


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    print(text, flush=True)


def require_python() -> None:
    """Go on with a new enough Python: this one, or the newest other one on the PATH."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(14, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other:
            os.execv(other, [other, *sys.argv])  # noqa: S606 - a Python of this machine
    found = ".".join(str(part) for part in sys.version_info[:2])
    raise Failure(f"Capmatch needs Python 3.11 or newer. This is {found}, and no newer one is on the PATH.")


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment for what we start, without what could lead Python or an installer astray."""
    astray = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV", "PIP_USER", "PIP_TARGET")
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "UV_NO_PROGRESS": "1", **more}


def attempt(*command: object) -> tuple[bool, str]:
    """Run a step without a word on the screen. Returns whether it went well, and what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as failed:
        return False, str(failed)
    return done.returncode == 0, done.stdout


def cure(output: str) -> str:
    """Return what to do about what an installer printed, or nothing when its complaint is not known."""
    return next((cure for sign, cure in CURES if sign in output), "")


def explain(output: str) -> str:
    """Return the end of what a step printed; only its last words and the cure when there is a known one."""
    known = cure(output)
    lines = output.strip().splitlines()[-2 if known else -12 :]
    return "\n".join([*(f"    {line[:200]}" for line in lines), known]).rstrip()


@contextmanager
def only_one(path: Path, busy: str | None = None) -> Iterator[None]:
    """Hold a lock file. With `busy`, refuse with that sentence instead of waiting for who holds it."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if busy:
                raise Failure(busy) from None
            say("Another set-up of this folder is under way; waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fingerprint(name: str) -> str:
    """Return what an installed requirements file is recognised by: its bytes and the Python it went into."""
    content = (ROOT / name).read_bytes() + (ROOT / INSTALLER).read_bytes()
    return f"{hashlib.sha256(content).hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}"


def make_venv() -> None:
    """Make .venv, or make it anew when its Python no longer starts or is another one than ours."""
    same = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if PYTHON.exists() and attempt(PYTHON, "-c", same)[0]:
        return
    if VENV.exists() and any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").exists():
        raise Failure(f"{VENV} exists and is no Python environment. Move it away and start again.")
    say(f"Making a Python environment in {VENV} …")
    worked, output = attempt(sys.executable, "-m", "venv", "--clear", VENV)
    if not worked and ("ensurepip" in output or "No module named venv" in output):
        raise Failure("This Python has no venv module. On Debian and Ubuntu: apt install python3-venv")
    if not worked:
        raise Failure(f"The Python environment could not be made:\n{explain(output)}")


def install(lock: str) -> None:
    """Install a hash-locked requirements file: with uv, or with plain pip where uv does not run or reach."""
    say(f"Installing {lock}. The first time this downloads some 320 MB and takes a minute or two …")
    quiet = ("-q", "--retries", "2", "--require-hashes")
    worked, output = attempt(PYTHON, "-m", "pip", "install", *quiet, "-r", INSTALLER)
    if worked:
        worked, output = attempt(
            VENV / "bin" / "uv", "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", lock
        )
    if not worked and cure(output) not in (FULL, CHANGED):
        say(f"uv could not do it:\n{explain(output)}\nTrying plain pip …")
        worked, output = attempt(PYTHON, "-m", "pip", "install", *quiet, "-r", lock)
    if not worked:
        raise Failure(f"The packages of {lock} could not be installed:\n{explain(output)}")


def set_up(lock: str) -> None:
    """Bring .venv to what the lock file says; a second time this costs a few milliseconds."""
    stamp = VENV / "capmatch-installed.json"
    with only_one(ROOT / ".venv.lock"):
        known = json.loads(stamp.read_text()) if stamp.exists() and PYTHON.exists() else {}
        if known.get(lock) != fingerprint(lock):
            stamp.unlink(missing_ok=True)
            make_venv()
            install(lock)
            done = {RUN_TIME, lock}  # the development set contains the run-time set
            stamp.write_text(json.dumps({name: fingerprint(name) for name in sorted(done)}))


def compile_locks(more: Sequence[str]) -> None:
    """Compile the requirements files anew from the .in files, with hashes and without any address."""
    options = [
        "-q",
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-annotate",
        "--no-header",
    ]
    options += ["--no-emit-index-url", "--no-emit-find-links", *more]
    for name in (INSTALLER, RUN_TIME, DEVELOPMENT):
        source = name.replace(".txt", ".in")
        say(f"{source} -> {name}")
        worked, output = attempt(VENV / "bin" / "uv", "pip", "compile", *options, source, "-o", name)
        if not worked:
            raise Failure(f"{name} could not be compiled:\n{explain(output)}")
