"""Checks the chain of the audit trail, when somebody asks and once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from services.trail import checking
from services.transaction import reading, transaction

log = structlog.get_logger("capmatch.jobs")
Clock = Callable[[], datetime]


def check_trail(clock: Clock) -> bool:
    """Do the check that is due, if one is; False, since one is enough."""
    with transaction() as session:
        asked = checking.take_check(session, now=clock())
    if asked is None:
        return False
    try:
        with reading() as session:
            n_events, fault_at = checking.check(session)
    except BaseException:
        with transaction() as session:
            checking.let_go(session)
        raise
    with transaction() as session:
        checking.keep_finding(session, asked, n_events, fault_at, now=clock())
    if fault_at is not None:
        log.error("the audit trail is not whole", at_event=fault_at)
    return False
