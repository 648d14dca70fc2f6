#!/usr/bin/env python3
"""Capmatch's way in: `python3 manage.py demo` shows it, `python3 manage.py test` tests it.

Needs Python 3.11 or newer with venv, nothing else, and imports the standard library only (its own parts are
in operations/). What it installs goes into .venv beside this file, at the versions and hashes of the
requirements files; what the demonstration makes goes into its data folder.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import sys

from operations.demonstration import demo
from operations.environment import (
    DEVELOPMENT,
    PYTHON,
    ROOT,
    RUN_TIME,
    Failure,
    attempt,
    clean_environment,
    compile_locks,
    explain,
    require_python,
    say,
    set_up,
)
from operations.service import answers

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# libatomic1: for the node inside playwright. Fonts: Arabic and Chinese, which bare Debian lacks.
BROWSER_PACKAGES = ("chromium", "libatomic1", "fonts-noto-core", "fonts-wqy-zenhei")
ONE_PROCESS = ("-n", "-s", "--pdb", "--numprocesses", "no:xdist")


def find_browser() -> None:
    """Install Chromium for the browser tests where we may; elsewhere the tests themselves say NOT RUN."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    packages = " ".join(BROWSER_PACKAGES)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say("NOT RUN: no Chromium is here, so the tests that need a browser will not run.")
        say(f"         As root, on Debian or Ubuntu: apt install {packages}")
        return
    say("Installing Chromium and fonts for the browser tests …")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    worked, output = attempt("apt-get", "update", "-q")
    if worked:
        worked, output = attempt("apt-get", "install", "-qy", "--no-install-recommends", *BROWSER_PACKAGES)
    if not worked:
        say(f"NOT RUN: Chromium could not be installed; browser tests will not run.\n{explain(output)}")


def test(arguments: argparse.Namespace) -> int:
    """Set up and run the tests; further arguments go to pytest."""
    set_up(DEVELOPMENT)
    find_browser()
    workers = [] if any(word.startswith(ONE_PROCESS) for word in arguments.rest) else ["-n", "2"]
    return become("pytest", *workers, *arguments.rest)


def flask(arguments: argparse.Namespace) -> int:
    """Set up and run a flask command with the settings of the environment; arguments go to flask."""
    set_up(RUN_TIME)
    return become("flask", "--app", "app", *arguments.rest)


def lock(arguments: argparse.Namespace) -> int:
    """Compile the requirements files anew; arguments go to uv, such as --upgrade."""
    set_up(DEVELOPMENT)
    compile_locks(arguments.rest)
    return 0


def health(arguments: argparse.Namespace) -> int:
    """Ask the service on this machine whether it is well: status 0 or 1."""
    port = os.environ.get("PORT", "8000")
    address = os.environ.get("CAPMATCH_ADDRESS") or f"http://127.0.0.1:{port}"
    return 0 if answers(f"127.0.0.1:{port}", address, arguments.path) else 1


def become(*module: str) -> int:
    """Turn into a Python module of .venv, so that signals and its exit status need no passing on."""
    sys.stdout.flush()
    os.chdir(ROOT)
    command = [str(PYTHON), "-m", *module]
    os.execve(command[0], command, clean_environment(OPENBLAS_NUM_THREADS="1"))  # noqa: S606


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    top = argparse.ArgumentParser(prog="python3 manage.py", description="Set up, show and test Capmatch.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = commands.add_parser
    shown = add("demo", help="set up, load the demonstration world and serve it until Ctrl-C")
    shown.add_argument("--port", type=int, default=8000, help="port to listen on (0: any); default 8000")
    shown.add_argument("--host", default="127.0.0.1", help="address to listen on; default: this machine only")
    shown.add_argument(
        "--data", default=str(ROOT / "var"), help="folder of database, mail, logs; default var"
    )
    shown.add_argument("--size", type=int, help="how large a world to make, in entries")
    shown.set_defaults(run=demo)
    for function in (test, flask, lock):
        text = str(function.__doc__).rstrip(".")
        add(function.__name__, help=text[0].lower() + text[1:], add_help=False).set_defaults(run=function)
    asked = add("health", help="ask the service on this machine whether it is well; status 0 or 1")
    asked.add_argument("path", nargs="?", default="/health/live", help="default /health/live")
    asked.set_defaults(run=health)
    return top


def read(words: list[str]) -> argparse.Namespace:
    """Read the command line. What follows test, flask and lock is theirs, read or not."""
    passes_on = bool(words) and words[0] in {"test", "flask", "lock"}
    arguments = parser().parse_args(words[:1] if passes_on else words)
    arguments.rest = words[1:] if passes_on else []
    return arguments


def main() -> int:
    """Run the command of the command line; a failure is told in a sentence, not in a traceback."""
    try:
        require_python()
        arguments = read(sys.argv[1:])
        return int(arguments.run(arguments))
    except Failure as failed:
        print(f"\n{failed}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return 130
    except OSError as failed:
        if failed.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print("\nThe disk is full. Free some space and start again.", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
