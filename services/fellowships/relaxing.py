"""Take one of the smallest changes that a run without a list proposed, and write it into the targets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.fellowships.rows import fellowship_of
from services.fellowships.settings import set_fellowship
from services.fellowships.shortlists import call_of_run, read_run
from vocabulary.errors import Conflict
from vocabulary.messages import Message
from vocabulary.people import Actor


def relax(session: Session, actor: Actor, run_ref: str, change: int, *, now: datetime) -> str:
    """Change the targets as the run proposed (`change` counts from 0); returns the call.

    Raises Conflict for a change that was not proposed, or where the targets are no longer those of the run,
    and what services.fellowships.settings.set_fellowship raises.
    """
    record = read_run(session, actor, run_ref, now=now).record or {}
    proposed = record.get("relaxations") or []
    if not 0 <= change < len(proposed):
        raise Conflict(Message("This run proposed no such change."), code="no_change")
    call, fellowship = fellowship_of(session, call_of_run(session, actor, run_ref, now=now), lock=True)
    kept = {(one["attribute"], one["value"]): dict(one) for one in fellowship.targets}
    for one in proposed[change]:
        row = kept.get((one["attribute"], one["value"]))
        if row is None or not _stands(row, one):
            raise Conflict(
                Message("The targets changed since this run. Run it again, and choose then."),
                code="outdated",
            )
        row["least"], row["most"] = one["new_least"], one["new_most"]
    set_fellowship(session, actor, call.ref, {"targets": list(kept.values())}, fellowship.version, now=now)
    return call.ref


def _stands(row: dict[str, Any], one: dict[str, Any]) -> bool:
    return (row.get("least", 0), row.get("most")) == (one["least"], one["most"])
