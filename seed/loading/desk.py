"""What lies on the officers' desks: calls in every phase, questions, changes to confirm, screening under way.

Everything goes through the use cases, by the two officers and the decider of the world.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.calls import CallQuestion
from models.entries import Entry
from seed.loading.stage import Stage
from services import screening
from services.call_acts import confirm_act, propose_act
from services.call_questions import answer, ask
from services.calls import close_due_calls, create_call, open_due_calls, publish_call, read_call
from vocabulary.people import SIGNED_OUT
from vocabulary.states import CallActKind, CallKind, EntryKind, RequestState

FILE = Path(__file__).resolve().parent.parent / "demo" / "data" / "desk.json"
CURRENT = "current"
ZONE = "Europe/Berlin"
ABOUT: Mapping[str, Mapping[str, Any]] = {
    "draft": {"strategies": ["S3"], "needs": ["2.1"], "regions": []},
    "scheduled": {"strategies": ["S2"], "needs": ["ILK"], "regions": []},
    "closed": {"strategies": ["S1"], "needs": [], "regions": []},
    "cancelled": {"strategies": ["S1"], "needs": [], "regions": []},
}
DATES: Mapping[str, tuple[int, int]] = {
    "draft": (40, 100),
    "scheduled": (12, 75),
    "closed": (-45, -4),
    "cancelled": (-20, 30),
}
"""Days from now on which each opens and closes."""

N_SCREENED = 9


def plan_desk(stage: Stage) -> None:
    """Put the officers' work on the timeline, the last days before now."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    at, now = stage.timeline.at, stage.now
    for key, (opens, _) in DATES.items():
        written = now + timedelta(days=min(opens, 0) - 3, hours=-2)
        at(written, partial(_write, stage, key, said[key]))
        if key != "draft":
            at(written + timedelta(days=1), partial(_announce, stage, key))
    at(now - timedelta(days=4, minutes=-31), partial(_close, stage))
    at(now - timedelta(days=2, hours=6), partial(_cancel, stage, said["cancelled"]["reason"]))
    for n, question in enumerate(said["questions"]):
        at(now - timedelta(days=3 - n, hours=1), partial(_ask, stage, question))
    at(now - timedelta(days=1, hours=4), partial(_extend, stage, said["extension"]))
    at(now - timedelta(hours=5), partial(_screen, stage, said["ineligible"]))
    at(now - timedelta(hours=2), partial(_propose, stage, said["act"]))


def _write(stage: Stage, key: str, said: Mapping[str, Any], now: datetime) -> None:
    """The draft that waits is a colleague's, so that the first officer can announce it."""
    writer = stage.actors["officer-2" if key == "draft" else "officer"]
    hour = stage.now.replace(minute=0, second=0, microsecond=0)
    opens, closes = (hour + timedelta(days=n) for n in DATES[key])
    content = {
        "kind": CallKind.TARGETED,
        "title": said["title"],
        "text": said["text"],
        "strategies": list(ABOUT[key]["strategies"]),
        "audience": {
            "text": said["audience"],
            "needs": list(ABOUT[key]["needs"]),
            "regions": list(ABOUT[key]["regions"]),
        },
        "opens_at": opens,
        "closes_at": closes,
        "zone": ZONE,
        "question_round": key == "scheduled",
    }
    stage.calls[f"desk:{key}"] = create_call(stage.session, writer, content, now=now).ref


def _announce(stage: Stage, key: str, now: datetime) -> None:
    ref = stage.calls[f"desk:{key}"]
    version = read_call(stage.session, stage.actors["decider"], ref, now=now).version
    publish_call(stage.session, stage.actors["decider"], ref, version, now=now)


def _close(stage: Stage, now: datetime) -> None:
    open_due_calls(stage.session, now=now)
    close_due_calls(stage.session, now=now)


def _cancel(stage: Stage, reason: str, now: datetime) -> None:
    ref = stage.calls["desk:cancelled"]
    act = propose_act(stage.session, stage.actors["officer"], ref, CallActKind.CANCEL, {}, reason, now=now)
    confirm_act(stage.session, stage.actors["officer-2"], act.id, now=now)


def _ask(stage: Stage, said: Mapping[str, Any], now: datetime) -> None:
    session, ref = stage.session, stage.calls[CURRENT]
    ask(session, replace(SIGNED_OUT, language=said["language"]), ref, said["text"], None, now=now)
    if "answers" in said:
        question_id = session.execute(sa.select(sa.func.max(CallQuestion.id))).scalar_one()
        officer = stage.actors["officer"]
        answer(session, officer, ref, question_id, said["texts"], said["answers"], now=now)


def _propose(stage: Stage, reason: str, now: datetime) -> None:
    """A colleague wants to move the deadline; the first officer finds it on the board."""
    ref = stage.calls[CURRENT]
    closes_at = read_call(stage.session, stage.actors["officer-2"], ref, now=now).content["closes_at"]
    later = {"closes_at": closes_at + timedelta(days=7)}
    propose_act(
        stage.session, stage.actors["officer-2"], ref, CallActKind.MOVE_DEADLINE, later, reason, now=now
    )


def _extend(stage: Stage, reason: str, now: datetime) -> None:
    ref = stage.calls[CURRENT]
    closes_at = read_call(stage.session, stage.actors["officer"], ref, now=now).content["closes_at"]
    entry = next(iter(_submitted(stage)), None)
    if entry is None:
        return
    act = propose_act(
        stage.session,
        stage.actors["officer"],
        ref,
        CallActKind.EXTEND,
        {"until": closes_at + timedelta(days=10)},
        reason,
        now=now,
        entry_ref=entry.ref,
    )
    confirm_act(stage.session, stage.actors["officer-2"], act.id, now=now)


def _screen(stage: Stage, why: str, now: datetime) -> None:
    """Most are eligible; one is not, as a colleague found, and waits for the first officer."""
    entries = _submitted(stage)
    for entry in entries[:N_SCREENED]:
        screening.find_eligible(stage.session, stage.actors["officer"], entry.ref, entry.version, now=now)
    for entry in entries[N_SCREENED : N_SCREENED + 1]:
        screening.find_ineligible(
            stage.session, stage.actors["officer-2"], entry.ref, entry.version, "scope", why, now=now
        )


def _submitted(stage: Stage) -> list[Entry]:
    """Requests of the second call that nobody has been asked to score, the oldest first."""
    stage.session.flush()
    ids = {entry.id for key, entry in stage.entries.items()}
    asked = {plan.entry for plan in stage.world.assignments}
    scored = {stage.entries[key].id for key in asked if key in stage.entries}
    current = {
        stage.entries[plan.key].id
        for plan in stage.world.entries
        if plan.call == CURRENT and plan.owner is None and plan.key in stage.entries
    }
    query = (
        sa.select(Entry)
        .where(
            Entry.id.in_((ids & current) - scored),
            Entry.kind == EntryKind.REQUEST,
            Entry.state == RequestState.SUBMITTED,
        )
        .order_by(Entry.submitted_at, Entry.id)
    )
    return list(stage.session.execute(query).scalars())
