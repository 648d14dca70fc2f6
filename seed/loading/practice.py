"""How does the panel of the open fellowship call practise? An officer prepares two samples, two members mark
them; the third, as whom a visitor may sign in, has them still to mark."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from models.calls import Call
from models.people import RoleGrant
from seed.demo.fellows import PRESENT, SAMPLES
from seed.loading.stage import Stage
from services.calibration.samples import Invented
from services.fellowships import practice
from services.fellowships.practice import TEXTS
from services.fellowships.rows import fellowship_of
from vocabulary.fellowships import MeritBand
from vocabulary.people import Role

DAY = timedelta(days=1)
TO_COME, DONE = "reviewer", ("reviewer-2", "reviewer-3")


def plan_practice(stage: Stage, opens_at: datetime) -> None:
    """Put the practice on the timeline."""
    stage.timeline.at(opens_at + 2 * DAY, partial(_prepare, stage))
    for n, key in enumerate(DONE):
        stage.timeline.at(opens_at + (4 + n) * DAY, partial(_practise, stage, key, n))


def _prepare(stage: Stage, now: datetime) -> None:
    """The panel is named; the samples get their reference."""
    session, officer, ref = stage.session, stage.actors["officer"], stage.calls[PRESENT]
    call: Call = fellowship_of(session, ref)[0]
    for key in (TO_COME, *DONE):
        account_id = stage.actors[key].account_id
        session.add(RoleGrant(account_id=account_id, role=Role.REVIEWER, call_id=call.id, granted_at=now))
    for one in SAMPLES:
        given = Invented(one["title"], "en", {name: one[name] for name in TEXTS})
        made = practice.add(session, officer, ref, given, now=now)
        practice.set_reference(
            session, officer, ref, made.position, one["marks"], one["band"], made.version, now=now
        )


def _practise(stage: Stage, key: str, n: int, now: datetime) -> None:
    for position, one in enumerate(SAMPLES, 1):
        given = one["given"][n]
        marks, band = given["marks"], MeritBand(given["band"])
        practice.answer(
            stage.session, stage.actors[key], stage.calls[PRESENT], position, marks, band, now=now
        )
