"""A real web server on a real database to be broken by tests: gunicorn, its workers, a small browser."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from app import create_app
from config import ROOT
from models.database import db
from seed.reference import load_reference
from services.clock import utc_now
from services.transaction import transaction
from tests.fixtures import SECRETS, settings_for

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SETTLED = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(slots=True)
class Browser:
    """Keeps cookies and the form token of one person; raises OSError when the server is away."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def send(
        self,
        method: str,
        path: str,
        fields: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own, redirects not followed."""
        headers = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = urlencode(fields or {}, doseq=True) if method == "POST" else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            text = got.read().decode("utf-8", "replace")
            self._keep(got.headers.get_all("Set-Cookie") or [])
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, text)
        except http.client.HTTPException as broken:
            raise ConnectionError(str(broken)) from broken
        finally:
            connection.close()

    def _keep(self, given: list[str]) -> None:
        for line in given:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value

    def get(self, path: str) -> Answer:
        """Ask for a page and keep its form token."""
        answer = self.send("GET", path)
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    def post(self, path: str, fields: Mapping[str, object]) -> Answer:
        """Send a form with the token of the last page."""
        return self.send("POST", path, {**fields, "csrf_token": self.token})


@dataclass(slots=True)
class Server:
    """One gunicorn, which can be killed and started again."""

    database_url: str
    data_dir: Path
    port: int = field(default_factory=free_port)
    workers: int = 2
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.data_dir.parent / "gunicorn.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CAPMATCH_")},
            **SECRETS,
            "CAPMATCH_ENV": "development",
            "CAPMATCH_DATA": str(self.data_dir),
            "CAPMATCH_ADDRESS": f"http://127.0.0.1:{self.port}",
            "CAPMATCH_LOG_LEVEL": "ERROR",
            "DATABASE_URL": self.database_url,
            "WEB_CONCURRENCY": str(self.workers),
            "WEB_THREADS": "4",
            **self.environ,
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "app:create_app()"]
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=sink, stderr=sink, start_new_session=True
            )
        self.wait("/health/live")

    def wait(self, path: str, status: int = 200) -> float:
        """Wait until the server answers so; returns how many seconds that took."""
        began = time.monotonic()
        while time.monotonic() < began + SETTLED:
            with suppress(OSError):
                if Browser(self.port).get(path).status == status:
                    return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"no {status} at {path} in time:\n{self.log.read_text()[-3000:]}")

    def worker_pids(self) -> list[int]:
        """The processes of the workers that run now."""
        assert self.process is not None
        pid = self.process.pid
        with suppress(FileNotFoundError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def kill_worker(self, number: int) -> None:
        """Kill one worker without a word; gunicorn starts another."""
        pids = self.worker_pids()
        if pids:
            with suppress(ProcessLookupError):
                os.kill(pids[number % len(pids)], signal.SIGKILL)

    def kill(self) -> None:
        """Kill the master and every worker at once, like a power cut for the service alone."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in order, then by force."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


def prepared(database_url: str, data_dir: Path) -> Flask:
    """An app of the test's own on the server's database, with tables and reference data in it."""
    app = create_app(settings_for(database_url, data_dir))
    with app.app_context():
        db.create_all()
        with transaction() as session:
            load_reference(session, now=utc_now())
    return app


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, started, and ended whatever happens."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def cookie_of(app: Flask, **content: object) -> dict[str, str]:
    """The cookie of a browser whose session holds this."""
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(content)
    cookie = client.get_cookie("capmatch")
    assert cookie is not None
    return {"capmatch": cookie.value}
