"""A demonstration world to measure, and the servers on it, in a folder that is removed afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Connection, get
from config import ROOT

SECRETS = {
    "SECRET_KEY": "benchmark-0123456789abcdefghijklmnop",
    "AUDIT_KEY": "benchmark-qrstuvwxyz0123456789abcdef",
}


@dataclass(frozen=True, slots=True)
class World:
    """Where the world lies and the environment of its servers."""

    folder: Path
    environ: dict[str, str]


def free_port() -> int:
    """A port of this machine's own that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def make_world(size: int | None) -> Iterator[World]:
    """Reference data and a demonstration world of about `size` entries, as `flask seed demo` makes them."""
    with tempfile.TemporaryDirectory(prefix="capmatch-benchmark-") as name:
        folder = Path(name)
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'capmatch.sqlite'}"
        environ = {
            **os.environ,
            **SECRETS,
            "CAPMATCH_ENV": "demo",
            "CAPMATCH_DATA": name,
            "DATABASE_URL": url,
            "CAPMATCH_ADDRESS": "http://127.0.0.1",
            "CAPMATCH_LOG_LEVEL": "ERROR",
            "OPENBLAS_NUM_THREADS": "1",
        }
        seed = ["seed", "demo", *(["--size", str(size)] if size else [])]
        for command in (["db", "upgrade"], ["seed", "reference"], seed):
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "app", *command],
                cwd=ROOT,
                env=environ,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        yield World(folder, environ)


@contextmanager
def serving(world: World, application: str, ready: str) -> Iterator[int]:
    """A gunicorn with our configuration, two workers of four threads; gives its port."""
    port = free_port()
    environ = {**world.environ, "WEB_CONCURRENCY": "2", "WEB_THREADS": "4"}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", application],
        cwd=ROOT,
        env=environ,
        stderr=(world.folder / "gunicorn.log").open("ab"),
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 60
        while Connection(port).ask(get(ready, "127.0.0.1")) != 200:
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit((world.folder / "gunicorn.log").read_text()[-2000:])
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
