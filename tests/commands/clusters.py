"""A Dask cluster of two workers on this machine, one of which can be killed at its work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*words, cwd=ROOT, **environ):
    """A program of our own for as long as the block lasts."""
    done = subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield done
    finally:
        with suppress(ProcessLookupError):
            done.kill()
        done.communicate()


def wait_for(condition, seconds=60.0):
    """Wait until something holds; fails when it does not in time."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)
    return found


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own: (address, workers)."""
    told = tmp_path / "scheduler.json"
    local = ("--no-dashboard", "--scheduler-file", told)
    with started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *local):
        wait_for(lambda: told.exists() and told.stat().st_size)
        worker = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", *local)
        with (
            started(*worker, "--name", "one", "--local-directory", tmp_path) as one,
            started(*worker, "--name", "two", "--local-directory", tmp_path) as two,
        ):
            yield json.loads(told.read_text())["address"], {"one": one, "two": two}


def killed_at_work(client, workers):
    """Wait until both workers have something to do, then kill one."""
    client.wait_for_workers(2, timeout=60)
    names = {one["name"]: where for where, one in client.scheduler_info()["workers"].items()}
    wait_for(lambda: client.processing().get(names["one"]) and client.processing().get(names["two"]))
    workers["one"].kill()
