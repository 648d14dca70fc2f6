"""Runs of the shortlist in the background, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from services.fellowships import running
from services.transaction import transaction

log = structlog.get_logger("capmatch.jobs")


def run_shortlists(clock: Callable[[], datetime]) -> bool:
    """Compute the next run that waits; True when there may be more."""
    with transaction() as session:
        work = running.take(session, now=clock())
    if work is None:
        return False
    running.compute(work, transaction, clock)
    log.info("ran a shortlist", run=work.run_id)
    return True
