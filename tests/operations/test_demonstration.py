"""A demonstration is whole or made anew, touches no foreign folder, and leaves nothing running behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations.demonstration import clear_unfinished, demo_environment, tell_where
from operations.environment import PYTHON, ROOT, Failure
from operations.service import Service, free_port, netloc


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def test_clear_unfinished_marks_a_new_folder_as_ours(tmp_path: Path) -> None:
    clear_unfinished(tmp_path)

    assert names(tmp_path) == {"demo-unfinished"}


def test_clear_unfinished_removes_a_world_that_was_broken_off(tmp_path: Path) -> None:
    (tmp_path / "demo-unfinished").touch()
    (tmp_path / "capmatch.sqlite").write_text("half")
    (tmp_path / "mail").mkdir()
    (tmp_path / "logs").mkdir()

    clear_unfinished(tmp_path)

    assert names(tmp_path) == {"demo-unfinished", "logs"}


def test_clear_unfinished_keeps_off_a_folder_with_other_data(tmp_path: Path) -> None:
    (tmp_path / "capmatch.sqlite").write_text("real people")

    with pytest.raises(Failure, match="something else than a demonstration"):
        clear_unfinished(tmp_path)

    assert names(tmp_path) == {"capmatch.sqlite"}


def test_demo_environment_drops_settings_that_lead_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(os.environ):
        if name.startswith("CAPMATCH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")
    monkeypatch.setenv("SMTP_URL", "smtp://real")
    monkeypatch.setenv("CAPMATCH_ENV", "production")

    environment = demo_environment(tmp_path, "http://127.0.0.1:1")

    assert {name for name in environment if name.startswith(("CAPMATCH_", "DATABASE_", "SMTP_"))} == {
        "CAPMATCH_ADDRESS",
        "CAPMATCH_DATA",
        "CAPMATCH_ENV",
    }
    assert environment["CAPMATCH_ENV"] == "demo"
    assert re.findall(r"Note: (\S+) is set", capsys.readouterr().out) == ["DATABASE_URL", "SMTP_URL"]


def test_tell_where_shows_the_first_account_of_each_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [("officer", "ana"), ("officer", "bo"), ("admin", "cy")]
    accounts = [{"role": role, "email": f"{who}@x.example", "password": "pw"} for role, who in people]
    (tmp_path / "demo.json").write_text(json.dumps({"address": None, "accounts": accounts}))

    tell_where(tmp_path, "http://127.0.0.1:8000")

    shown = re.findall(r"^  (\w+) +(\w+)@x\.example", capsys.readouterr().out, re.MULTILINE)
    assert shown == [("officer", "ana"), ("admin", "cy")]
    assert json.loads((tmp_path / "demo.json").read_text())["address"] == "http://127.0.0.1:8000"


def test_free_port_names_another_when_it_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(Failure, match=f"Port {port} is taken .* --port {port + 1}"):
            free_port("127.0.0.1", port)


def test_netloc_puts_an_ipv6_address_into_brackets() -> None:
    assert [netloc("::1", 80), netloc("127.0.0.1", 80)] == ["[::1]:80", "127.0.0.1:80"]


def test_service_tells_which_part_died_and_what_it_last_said(tmp_path: Path) -> None:
    service = Service("127.0.0.1", 1, {}, tmp_path)
    (tmp_path / "jobs.log").write_text("out of luck\n")
    service.children["jobs"] = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    service.children["jobs"].wait()

    with pytest.raises(Failure, match=r"jobs process ended by itself \(status 3\):\n    out of luck"):
        service.check()


# --- the whole of it, as a person runs it -----------------------------------------------------------------

needs_environment = pytest.mark.skipif(not PYTHON.exists(), reason="run by `python3 manage.py test`")


@pytest.fixture
def begin_demo(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `manage.py demo` on a free port, with its data in var; ends what a test leaves running."""
    begun = []

    def begin() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", "0", "--data", str(tmp_path / "var")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """Return what the demonstration prints, up to a line that fits."""
    assert process.stdout
    seen = []
    for line in process.stdout:
        seen.append(line)
        if re.search(pattern, line):
            return "".join(seen)
    raise AssertionError("".join(seen))


def processes_of(data: Path) -> list[str]:
    """The command lines of running processes that were started for a data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"CAPMATCH_DATA={data}" in (entry / "environ").read_text(errors="replace").split("\0"):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.slow
@needs_environment
def test_demo_serves_stops_and_survives_being_killed_while_seeding(
    tmp_path: Path, begin_demo: Callable[[], subprocess.Popen[str]]
) -> None:
    data = tmp_path / "var"
    killed = begin_demo()
    read_until(killed, "Making the demonstration world")
    killed.kill()
    killed.communicate()
    assert (data / "demo.json").exists() is False

    running = begin_demo()
    told = read_until(running, "Press Ctrl-C")
    address = json.loads((data / "demo.json").read_text())["address"]
    with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
        status = answer.status
    running.send_signal(signal.SIGTERM)
    output, _ = running.communicate(timeout=60)

    assert "broken off; starting it anew" in told
    assert (status, running.returncode) == (200, 0), output
    assert processes_of(data) == []
