"""Sentence vectors in the background: a few entries at a time, so that mail never waits long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from encoders.installed import encoder, fast_encoder
from services import vector_building
from services.transaction import reading, transaction

log = structlog.get_logger("capmatch.jobs")

ENTRIES_IN_A_ROW = 5
"""After so many, each about a second, the other jobs have their turn."""


def build_vectors(clock: Callable[[], datetime], stop: threading.Event | None = None) -> bool:
    """Make the vectors of some entries that lack them; True when there may be more."""
    best, fast = encoder(), fast_encoder()
    if best is None or fast is None:
        return False
    with reading() as session:
        waiting = vector_building.missing(session, best.version, ENTRIES_IN_A_ROW)
    n_stored = 0
    for entry_id in waiting:
        if stop is not None and stop.is_set():
            return False
        with reading() as session:
            work = vector_building.work_of(session, entry_id, best.version)
        if work is None:
            continue
        made = vector_building.make(work, best, fast)
        with transaction() as session:
            n_stored += vector_building.store(session, made, best.version, now=clock())
    if n_stored:
        log.info("made vectors", n=n_stored)
    return len(waiting) == ENTRIES_IN_A_ROW


def drop_vectors() -> bool:
    """Delete the vectors of entries that are no longer matched."""
    with transaction() as session:
        n_dropped = vector_building.drop_unneeded(session)
    if n_dropped:
        log.info("dropped vectors", n=n_dropped)
    return False
