"""Prepare samples for the reviewers of a call, and take their scores. Nothing that counts reads these.

A sample is invented, or a copy of what a published entry of another call shows to everybody: no reviewer
learns anything from it that was not public. It carries the scores of reference and why, without which no
reviewer gets it; they are shown to a reviewer who has scored it. A score is given once, and a sample that
somebody has scored stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calibration import CalibrationAnswer, CalibrationDraft, CalibrationSample
from models.calls import Call
from models.entries import Entry
from procedure.access import may, require
from services import audit
from services.entries.visibility import shown_fields
from services.facts import call_facts, entry_facts
from services.reviews.rows import programme_of_call, touch
from translations.catalogues import LANGUAGES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.findings import SCORES
from vocabulary.messages import Message
from vocabulary.people import SIGNED_OUT, Actor
from vocabulary.states import CallKind, CallState

TEXTS = ("summary", "need", "activities", "results")
OF_TEXTS = LANGUAGES
"""Languages in which a sample may be written."""
LONGEST_TITLE, LONGEST_TEXT, LONGEST_REASON = 300, 10_000, 2_000
MOST_SAMPLES = 10
SCORED_IN = (CallState.SCHEDULED, CallState.OPEN, CallState.CLOSED, CallState.REVIEW)
"""Phases of a call in which samples are scored; they come before the deliberation."""
CANNOT_JUDGE = "cannot_judge"
ALLOWED: Mapping[str, int | None] = {str(score): score for score in SCORES} | {CANNOT_JUDGE: None}
"""What may be answered to a criterion, and what is kept of it: «cannot judge» is no number."""

_MISSING = Message("This is missing.")


@dataclass(frozen=True, slots=True)
class Invented:
    """A sample that an officer writes."""

    title: str
    language: str
    texts: Mapping[str, str]


def call_of(session: Session, ref: str, *, lock: bool = False, of_fellows: bool = False) -> Call:
    """A call by its reference; `of_fellows`: a fellowship call, else any other. Raises NotFound.

    What the panel of a fellowship call practises on is in services/fellowships/practice.py.
    """
    is_fellowship = Call.kind == CallKind.FELLOWSHIP
    query = sa.select(Call).where(Call.ref == ref, is_fellowship if of_fellows else sa.not_(is_fellowship))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    call = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    return call


def sample_of(session: Session, call: Call, position: int) -> CalibrationSample:
    """One sample of a call. Raises NotFound."""
    found = session.execute(
        sa.select(CalibrationSample).where(
            CalibrationSample.call_id == call.id, CalibrationSample.position == position
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def ready_sample_of(session: Session, call: Call, position: int) -> CalibrationSample:
    """The same for reviewers: one without scores of reference is not prepared yet. Raises NotFound."""
    sample = sample_of(session, call, position)
    if not sample.reference:
        raise NotFound
    return sample


def preparing(session: Session, actor: Actor, ref: str, now: datetime, *, of_fellows: bool = False) -> Call:
    """The call whose samples are prepared. Raises NotFound, Refused, Conflict once it is too late."""
    call = call_of(session, ref, lock=True, of_fellows=of_fellows)
    require(actor, Action.CALIBRATION_PREPARE, call_facts(call, opened_at=now), now)
    if call.state is not CallState.DRAFT and call.state not in SCORED_IN:
        raise Conflict(Message("Samples are prepared before the deliberation begins."), code="too_late")
    return call


def invent(session: Session, actor: Actor, ref: str, given: Invented, *, now: datetime) -> CalibrationSample:
    """Add a sample that an officer has written. Raises Invalid by field, Conflict, NotFound, Refused."""
    call = preparing(session, actor, ref, now)
    content = content_of(given, TEXTS, needed="activities")
    return add_sample(session, actor, call, content, None, now)


def content_of(given: Invented, names: Sequence[str], *, needed: str) -> dict[str, Any]:
    """What an invented sample says, as it is kept. Raises Invalid by field."""
    errors: dict[str, list[Message]] = {}
    title = given.title.strip()
    if not title:
        errors["title"] = [_MISSING]
    elif len(title) > LONGEST_TITLE:
        errors["title"] = [Message("This is longer than {max} characters.", max=LONGEST_TITLE)]
    if given.language not in LANGUAGES:
        errors["language"] = [Message("Choose one.")]
    texts = {name: given.texts.get(name, "").strip() for name in names}
    if not texts[needed]:
        errors[needed] = [_MISSING]
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            errors[name] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    return {"title": title, "language": given.language, **{k: v for k, v in texts.items() if v}}


def copy_entry(
    session: Session, actor: Actor, ref: str, entry_ref: str, *, now: datetime
) -> CalibrationSample:
    """Add a copy of what a published entry shows to everybody; who sent it is left out.

    Raises Invalid for "entry" where it is not published or answers this very call.
    """
    call = preparing(session, actor, ref, now)
    entry = session.execute(sa.select(Entry).where(Entry.ref == entry_ref.strip())).scalar_one_or_none()
    facts = entry_facts(session, entry, SIGNED_OUT) if entry is not None else None
    if entry is None or facts is None or not may(SIGNED_OUT, Action.ENTRY_READ_PUBLIC, facts, now):
        raise Invalid({"entry": [Message("There is no published request or offer with this reference.")]})
    if entry.call_id == call.id:
        raise Invalid({"entry": [Message("This one is scored in this call. Choose one of another call.")]})
    shown = shown_fields(SIGNED_OUT, entry.kind, entry.public_fields, facts, now)
    content = {
        name: value
        for name in ("title", "language", *TEXTS)
        if name in shown and (value := getattr(entry, name)) is not None
    }
    if not content.get("title"):
        raise Invalid({"entry": [Message("Its title is not published, so there is nothing to show.")]})
    return add_sample(session, actor, call, content, entry.ref, now)


def add_sample(
    session: Session,
    actor: Actor,
    call: Call,
    content: Mapping[str, Any],
    copied_from: str | None,
    now: datetime,
) -> CalibrationSample:
    """Keep a sample behind those that are there. Raises Conflict where there are too many."""
    positions = session.execute(
        sa.select(CalibrationSample.position).where(CalibrationSample.call_id == call.id)
    ).scalars()
    taken = set(positions)
    if len(taken) >= MOST_SAMPLES:
        raise Conflict(Message("There are {n} samples already.", n=MOST_SAMPLES), code="too_many")
    sample = CalibrationSample(
        call_id=call.id,
        position=max(taken, default=0) + 1,
        language=content.get("language") or "en",
        title=content["title"],
        content=dict(content),
        reference={},
        created_at=now,
        updated_at=now,
    )
    session.add(sample)
    session.flush()
    audit.record(
        session,
        actor,
        "calibration.add",
        ("call", call.ref),
        now=now,
        after={"sample": sample.position, "copied_from": copied_from},
    )
    return sample


def set_reference(
    session: Session,
    actor: Actor,
    ref: str,
    position: int,
    given: Mapping[str, Mapping[str, Any]],
    expected_version: int,
    *,
    now: datetime,
) -> CalibrationSample:
    """Keep the scores of reference and their reasons: {criterion: {"value", "reason"}}; none is left out.

    Raises Conflict for a stale version, or once somebody has scored the sample.
    """
    call = preparing(session, actor, ref, now)
    sample = untouched_sample(session, call, position, expected_version)
    criteria = programme_of_call(session, call).criteria
    checked, errors = {}, {}
    for code in criteria:
        value, reason = given.get(code, {}).get("value"), str(given.get(code, {}).get("reason") or "").strip()
        if value in (None, "") and not reason:
            continue
        if str(value) not in {str(score) for score in SCORES}:
            errors[f"{code}.value"] = [Message("This must be 0, 1, 2 or 3, or nothing.")]
        elif len(reason) > LONGEST_REASON:
            errors[f"{code}.reason"] = [Message("This is longer than {max} characters.", max=LONGEST_REASON)]
        else:
            checked[code] = {"value": int(str(value)), "reason": reason or None}
    if errors:
        raise Invalid(errors)
    return keep_reference(session, actor, call, sample, checked, now)


def untouched_sample(session: Session, call: Call, position: int, expected_version: int) -> CalibrationSample:
    """A sample that nobody has scored, at the version that was read. Raises NotFound, Conflict."""
    sample = sample_of(session, call, position)
    _check_untouched(session, sample)
    if sample.version != expected_version:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Look at it again."),
            code="version_conflict",
            extra={"version": sample.version, "current": sample.reference},
        )
    return sample


def keep_reference(
    session: Session,
    actor: Actor,
    call: Call,
    sample: CalibrationSample,
    checked: Mapping[str, Any],
    now: datetime,
) -> CalibrationSample:
    """Keep what the reference of a sample says."""
    sample.reference = dict(checked)
    touch(sample, now)
    session.flush()
    audit.record(
        session,
        actor,
        "calibration.set_reference",
        ("call", call.ref),
        now=now,
        after={"sample": sample.position, "criteria": sorted(checked)},
    )
    return sample


def remove(
    session: Session, actor: Actor, ref: str, position: int, *, now: datetime, of_fellows: bool = False
) -> None:
    """Take a sample away that nobody has scored or begun to. Raises Conflict, NotFound, Refused."""
    call = preparing(session, actor, ref, now, of_fellows=of_fellows)
    sample = sample_of(session, call, position)
    _check_untouched(session, sample)
    begun = sa.select(sa.func.count()).where(CalibrationDraft.sample_id == sample.id)
    if session.execute(begun).scalar_one():
        raise Conflict(Message("Somebody has begun to score this sample; it stays."), code="begun")
    session.delete(sample)
    session.flush()
    audit.record(
        session, actor, "calibration.remove", ("call", call.ref), now=now, before={"sample": position}
    )


def _check_untouched(session: Session, sample: CalibrationSample) -> None:
    query = sa.select(sa.func.count()).where(CalibrationAnswer.sample_id == sample.id)
    if session.execute(query).scalar_one():
        raise Conflict(Message("Somebody has scored this sample; it stays as it is."), code="scored")


def answer(
    session: Session,
    actor: Actor,
    ref: str,
    position: int,
    given: Mapping[str, str],
    *,
    now: datetime,
) -> CalibrationAnswer:
    """Hand in one's scores of a sample: {criterion: "0" to "3", or "cannot_judge"}, each of them, and once.

    Raises Invalid by criterion, Conflict once it was handed in or the deliberation has begun.
    """
    call = call_of(session, ref, lock=True)
    require(actor, Action.CALIBRATION_SCORE, call_facts(call, opened_at=now), now)
    sample = answerable_sample(session, actor, call, position)
    codes = list(programme_of_call(session, call).criteria)
    errors = {code: [Message("Choose a score.")] for code in codes if given.get(code) not in ALLOWED}
    if errors:
        raise Invalid(errors)
    return keep_answer(session, actor, call, sample, {code: ALLOWED[given[code]] for code in codes}, now)


def answerable_sample(session: Session, actor: Actor, call: Call, position: int) -> CalibrationSample:
    """A sample that the actor has not scored yet. Raises NotFound, Conflict."""
    sample = ready_sample_of(session, call, position)
    if call.state not in SCORED_IN:
        raise Conflict(Message("The samples of this call are not scored any more."), code="closed")
    if session.get(CalibrationAnswer, (sample.id, actor.account_id)) is not None:
        raise Conflict(Message("You have handed in your scores of this sample."), code="answered")
    return sample


def keep_answer(
    session: Session,
    actor: Actor,
    call: Call,
    sample: CalibrationSample,
    scores: Mapping[str, Any],
    now: datetime,
) -> CalibrationAnswer:
    """Keep somebody's scores of a sample."""
    made = CalibrationAnswer(
        sample_id=sample.id, account_id=actor.account_id or 0, scores=dict(scores), answered_at=now
    )
    session.add(made)
    session.execute(
        sa.delete(CalibrationDraft).where(
            CalibrationDraft.sample_id == sample.id, CalibrationDraft.account_id == made.account_id
        )
    )
    session.flush()
    subject = ("call", call.ref)
    audit.record(session, actor, "calibration.score", subject, now=now, after={"sample": sample.position})
    return made
