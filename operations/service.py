"""How are the web server and the job worker started together, watched, and ended together?

Standard library only. It must know nothing of the database or of the demonstration world.
"""

from __future__ import annotations

import ctypes
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from operations.environment import PYTHON, ROOT, Failure, say

READY_SECONDS, STOP_SECONDS = 90, 20
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listened on only when asked for


def free_port(host: str, port: int) -> int:
    """Return the port when it can be listened on (0: any free one), or say who must give way."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failed:
            if failed.errno == errno.EADDRINUSE:
                advice = f"Choose another: python3 manage.py demo --port {port + 1}"
                raise Failure(f"Port {port} is taken by another program. {advice}") from None
            raise Failure(f"Cannot listen on {host}, port {port}: {failed.strerror}.") from None
        return int(probe.getsockname()[1])


def netloc(host: str, port: int) -> str:
    """Return host and port as they stand in an address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tail(log: Path, n_lines: int = 25) -> str:
    """Return the last lines of a log, indented, and where the rest is."""
    lines = log.read_text(errors="replace").splitlines()[-n_lines:] if log.exists() else []
    return "\n".join([f"    {line}" for line in lines] + [f"The whole log: {log}"])


def die_with_parent() -> None:
    """Ask Linux to end this child when manage.py is killed; elsewhere only an orderly end is covered."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 = PR_SET_PDEATHSIG


def run_flask(environment: dict[str, str], log: Path, *arguments: str) -> None:
    """Run one flask command; its output goes to the log, and to the screen when it fails."""
    child = start(["flask", "--app", "app", *arguments], environment, log)
    try:
        code = child.wait()
    finally:
        stop([child])
    if code:
        raise Failure(f"`flask {' '.join(arguments)}` failed:\n{tail(log)}")


def start(module: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a Python module in a process group of its own: Ctrl-C reaches only us, and we end it in order."""
    with log.open("ab") as sink:
        return subprocess.Popen(
            [str(PYTHON), "-m", *module],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask each child to end in order; after STOP_SECONDS, or when it left something behind, use force."""
    for child in children:
        child.terminate()
    end = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            say("A part does not stop in time and is ended by force.")
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # the whole group: nothing that it started outlives it
        child.wait()


def answers(connect_to: str, address: str, path: str) -> bool:
    """Tell whether the service at host:port answers 200 at `path`; `address` is the name it is asked by."""
    target, public = urlsplit(f"//{connect_to}"), urlsplit(address)
    connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=4)
    try:
        connection.request("GET", path, headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Service:
    """The web server and the job worker of one data folder; a context that ends both on the way out."""

    def __init__(self, host: str, port: int, environment: dict[str, str], logs: Path) -> None:
        self.bind = netloc(host, port)
        self.connect_to = netloc(ANY_ADDRESS.get(host, host), port)
        self.environment = environment
        self.logs = logs
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Service:
        web = ["gunicorn", "--config", "gunicorn.conf.py", "--bind", self.bind, "app:create_app()"]
        jobs = ["flask", "--app", "app", "jobs", "run"]
        for name, module in (("web", web), ("jobs", jobs)):
            self.children[name] = start(module, self.environment, self.logs / f"{name}.log")
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # already stopping: a second Ctrl-C must not break it off
        say("\nStopping …")
        stop(list(self.children.values()))

    def check(self) -> None:
        """Raise Failure when a part has ended by itself, with the end of its log."""
        for name, child in self.children.items():
            if child.poll() is not None:
                log = tail(self.logs / f"{name}.log")
                raise Failure(f"The {name} process ended by itself (status {child.returncode}):\n{log}")

    def wait_until_ready(self) -> None:
        """Return when the web server says that it is ready. Raises Failure when it does not in time."""
        end = time.monotonic() + READY_SECONDS
        while not answers(self.connect_to, self.environment["CAPMATCH_ADDRESS"], "/health/ready"):
            self.check()
            if time.monotonic() > end:
                log = tail(self.logs / "web.log")
                raise Failure(f"The web server is not ready after {READY_SECONDS} s:\n{log}")
            time.sleep(0.2)

    def watch(self) -> None:
        """Stay until a signal comes (KeyboardInterrupt) or a part dies (Failure)."""
        while True:
            self.check()
            time.sleep(0.5)
