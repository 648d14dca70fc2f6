"""Keep the match index in the data folder new and whole, without holding up mail.

A small version is built at once; a large one in a process of its own, whose memory goes back to the system
when it is done, and which may be killed at any moment without harm.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from config import ROOT
from services import upkeep
from services.index_building import build_index, check_index, index_state, n_matchable, seen_by_all
from services.match_facts import Audience
from services.transaction import reading, transaction
from vocabulary.errors import Conflict

log = structlog.get_logger("capmatch.jobs")

MOST_AT_ONCE = 1_000
"""Entries that are indexed in this process: about three seconds."""
PAUSE = timedelta(minutes=10)
"""After a build that failed, on a full disk for example, before the next try."""
REBUILD = ("nice", sys.executable, "-m", "flask", "--app", "app", "index", "rebuild", "--if-due")


class IndexBuilder:
    """Builds what is due, one version at a time."""

    def __init__(self, clock: Callable[[], datetime], data_dir: Path) -> None:
        self._clock = clock
        self._data_dir = data_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before: datetime | None = None

    def look(self) -> bool:
        """Build the small versions that are due, or start to build a large one. Always False."""
        if self._process is not None and self._process.poll() is None:
            return False
        if self._process is not None and self._process.returncode:
            log.error("building the index failed", status=self._process.returncode)
            self._not_before = self._clock() + PAUSE
        self._process = None
        if self._not_before is not None and self._clock() < self._not_before:
            return False
        for audience in Audience:
            with reading() as session:
                state = index_state(session, self._data_dir, audience, now=self._clock())
                is_large = state.is_due and n_matchable(session, audience) > MOST_AT_ONCE
            if is_large:
                self._process = subprocess.Popen(REBUILD, cwd=ROOT)  # noqa: S603 -- our own words
                return False
            if state.is_due:
                self._build(audience, state.state)
        return False

    def wait(self) -> bool:
        """Let a build under way end; False when it failed."""
        return self._process is None or self._process.wait() == 0

    def stop(self) -> None:
        """End a build under way; it begins again at the next start."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def _build(self, audience: Audience, why: str) -> None:
        try:
            name = build_index(reading, self._data_dir, audience, now=self._clock())
        except Conflict:  # another worker is at it
            return
        except OSError as refused:
            log.error("building the index failed", audience=audience.value, error=type(refused).__name__)
            self._not_before = self._clock() + PAUSE
            return
        log.info("built index", audience=audience.value, name=name, why=why)

    def check(self) -> bool:
        """Read every byte of the versions in use; a damaged one is taken out of use, and built anew."""
        for audience in Audience:
            with reading() as session:
                state = check_index(session, self._data_dir, audience, now=self._clock())
            if state.fault:
                log.error("index damaged", audience=audience.value, fault=state.fault)
        return False

    def forget_changes(self) -> bool:
        """Delete numbers of changes that every version holds."""
        with reading() as session:
            below = seen_by_all(session, self._data_dir, now=self._clock())
        if below:
            with transaction() as session:
                n_gone = upkeep.forget_changes(session, below, now=self._clock())
            if n_gone:
                log.info("forgot changes", n=n_gone)
        return False
