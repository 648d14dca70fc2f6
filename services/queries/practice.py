"""How does a fellowship panel mark the same sample nominations: against each other and the reference?

A member sees the reference after marking a sample, and the spread once enough others have marked it, without
names. Who leads the panel sees the figures that the marks that count get too. No list reads any of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calibration import CalibrationAnswer, CalibrationSample
from models.calls import Call
from models.fellowships import Fellowship, Nomination, PanelSeat
from models.people import Account, RoleGrant
from procedure.access import may, require
from procedure.facts import ANYWHERE
from services.calibration.results import FEWEST_ANSWERS
from services.calibration.samples import SCORED_IN, ready_sample_of
from services.fellowships.fields import BY_NAME
from services.fellowships.practice import TEXTS
from services.fellowships.rows import call_only, fellowship_of
from services.fellowships.settings import scale_of
from services.queries.panel_agreement import AgreementPage, Marks, agreement_of
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import CallKind, CallState


@dataclass(frozen=True, slots=True)
class ToPractise:
    """A sample that a member is asked to mark, or has marked."""

    call_ref: str
    call_title: Mapping[str, str]
    position: int
    title: str
    language: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One criterion of a sample: one's own mark beside the others' and the reference."""

    code: str
    own: int
    median: int | None
    lowest: int | None
    highest: int | None
    reference: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class BandLine:
    """The band one gave, how often the others gave each, and the reference."""

    own: str
    others: tuple[tuple[str, int], ...]
    reference: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class PracticePage:
    """One sample as a member sees it; `lines` and `band` once the member has marked it."""

    call_ref: str
    call_title: Mapping[str, str]
    position: int
    title: str
    language: str
    texts: tuple[tuple[str, Message, str], ...]
    criteria: Sequence[Mapping[str, Any]]
    scale: tuple[int, int, int]
    is_open: bool
    is_done: bool
    n_answers: int
    lines: tuple[MarkLine, ...]
    band: BandLine | None


@dataclass(frozen=True, slots=True)
class PreparedSample:
    """One sample as officers see it."""

    position: int
    version: int
    title: str
    language: str
    texts: tuple[tuple[str, Message, str], ...]
    n_answers: int
    reference: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PracticeResults:
    """The samples of a call, who has marked them, and how far the members agree."""

    call_ref: str
    call_title: Mapping[str, str]
    samples: tuple[PreparedSample, ...]
    n_members: int
    missing: tuple[str, ...]
    agreement: AgreementPage
    criteria: Sequence[Mapping[str, Any]]
    scale: tuple[int, int, int]
    may_prepare: bool
    is_open: bool


def to_practise(session: Session, actor: Actor, *, now: datetime) -> tuple[ToPractise, ...]:
    """Samples of the calls on whose panel this person sits, those not marked yet first. Raises Refused."""
    require(actor, Action.MARK_LIST_OWN, ANYWHERE, now)
    query = (
        sa.select(CalibrationSample, Call)
        .join(Call, Call.id == CalibrationSample.call_id)
        .where(
            Call.kind == CallKind.FELLOWSHIP,
            Call.state.in_((*SCORED_IN, CallState.DELIBERATION)),
            sa.or_(Call.id.in_(_calls_seated_in(actor)), Call.id.in_(_calls_granted(actor))),
        )
        .order_by(Call.id, CalibrationSample.position)
    )
    own = sa.select(CalibrationAnswer.sample_id).where(CalibrationAnswer.account_id == actor.account_id)
    done = set(session.execute(own).scalars())
    rows = [
        ToPractise(call.ref, call.title, row.position, row.title, row.language, row.id in done)
        for row, call in session.execute(query)
        if row.reference
        and may(actor, Action.CALIBRATION_SCORE, call_only(call), now)
        and (call.state in SCORED_IN or row.id in done)
    ]
    return tuple(sorted(rows, key=lambda row: row.is_done))


def practice_page(
    session: Session, actor: Actor, call_ref: str, position: int, *, now: datetime
) -> PracticePage:
    """One sample, with what came of it once this person has marked it. Raises NotFound, Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.CALIBRATION_SCORE, call_only(call), now)
    sample = ready_sample_of(session, call, position)
    own = session.get(CalibrationAnswer, (sample.id, actor.account_id))
    if own is None and call.state not in SCORED_IN:
        raise NotFound
    answers = _answers(session, [sample])[sample.id]
    others = [row for row in answers if own is not None and row.account_id != own.account_id]
    shown = others if len(answers) >= FEWEST_ANSWERS else []
    return PracticePage(
        call_ref=call.ref,
        call_title=call.title,
        position=position,
        title=sample.title,
        language=sample.language,
        texts=_texts(sample),
        criteria=fellowship.marks,
        scale=_scale(fellowship),
        is_open=call.state in SCORED_IN,
        is_done=own is not None,
        n_answers=len(answers),
        lines=tuple(_line(code, sample, own, shown) for code in _codes(fellowship)) if own else (),
        band=_band_line(sample, own, shown) if own else None,
    )


def practice_results(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> PracticeResults:
    """The samples of a call and what came of them, for whoever leads the panel. Raises NotFound, Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.CALIBRATION_READ_RESULTS, call_only(call), now)
    query = sa.select(CalibrationSample).where(CalibrationSample.call_id == call.id)
    rows = session.execute(query.order_by(CalibrationSample.position)).scalars().all()
    answers = _answers(session, rows)
    members = _members(session, call)
    return PracticeResults(
        call_ref=call.ref,
        call_title=call.title,
        samples=tuple(
            PreparedSample(
                row.position,
                row.version,
                row.title,
                row.language,
                _texts(row),
                len(answers[row.id]),
                row.reference,
            )
            for row in rows
        ),
        n_members=len(members),
        missing=_missing(members, rows, answers),
        agreement=_agreement(session, fellowship, rows, answers),
        criteria=fellowship.marks,
        scale=_scale(fellowship),
        may_prepare=may(actor, Action.CALIBRATION_PREPARE, call_only(call), now),
        is_open=call.state in SCORED_IN,
    )


def to_prepare(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> PracticeResults:
    """The same for whoever prepares the samples, and for nobody else."""
    call, _ = fellowship_of(session, call_ref)
    require(actor, Action.CALIBRATION_PREPARE, call_only(call), now)
    return practice_results(session, actor, call_ref, now=now)


def _calls_seated_in(actor: Actor) -> sa.Select[int]:
    return (
        sa.select(Nomination.call_id)
        .join(PanelSeat, PanelSeat.nomination_id == Nomination.id)
        .where(PanelSeat.account_id == actor.account_id, PanelSeat.removed_at.is_(None))
    )


def _calls_granted(actor: Actor) -> sa.Select[int | None]:
    """Calls for which somebody was named a panel member, whether or not anything is to be marked yet."""
    return sa.select(RoleGrant.call_id).where(
        RoleGrant.account_id == actor.account_id,
        RoleGrant.role == Role.REVIEWER,
        RoleGrant.call_id.is_not(None),
    )


def _members(session: Session, call: Call) -> dict[int, str]:
    """Account to name of whoever sits on the panel, by name."""
    seated = (
        sa.select(PanelSeat.account_id)
        .join(Nomination, Nomination.id == PanelSeat.nomination_id)
        .where(Nomination.call_id == call.id, PanelSeat.removed_at.is_(None))
    )
    granted = sa.select(RoleGrant.account_id).where(
        RoleGrant.call_id == call.id, RoleGrant.role == Role.REVIEWER
    )
    query = sa.select(Account).where(
        Account.is_disabled.is_(False), sa.or_(Account.id.in_(seated), Account.id.in_(granted))
    )
    return {row.id: row.name for row in session.execute(query.order_by(Account.name, Account.id)).scalars()}


def _missing(
    members: Mapping[int, str],
    rows: Sequence[CalibrationSample],
    answers: Mapping[int, Sequence[CalibrationAnswer]],
) -> tuple[str, ...]:
    """Members who have not marked every sample that is ready."""
    given = [{one.account_id for one in answers[row.id]} for row in rows if row.reference]
    return tuple(name for id_, name in members.items() if any(id_ not in done for done in given))


def _agreement(
    session: Session,
    fellowship: Fellowship,
    rows: Sequence[CalibrationSample],
    answers: Mapping[int, Sequence[CalibrationAnswer]],
) -> AgreementPage:
    marks: Marks = defaultdict(lambda: defaultdict(dict))
    bands: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for one in answers[row.id]:
            bands[str(row.position)].append(one.scores["band"])
            for code in _codes(fellowship):
                marks[str(row.position)][code][str(one.account_id)] = one.scores["marks"][code]
    ids = {one.account_id for found in answers.values() for one in found}
    names = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(ids)))
    return agreement_of(
        marks,
        criteria=fellowship.marks,
        scale=scale_of(fellowship),
        names={str(row.position): row.title for row in rows},
        bands=bands,
        members={str(row.id): row.name for row in names},
        is_locked=True,
    )


def _answers(session: Session, rows: Sequence[CalibrationSample]) -> dict[int, list[CalibrationAnswer]]:
    found: dict[int, list[CalibrationAnswer]] = {row.id: [] for row in rows}
    query = sa.select(CalibrationAnswer).where(CalibrationAnswer.sample_id.in_(list(found)))
    for one in session.execute(query.order_by(CalibrationAnswer.account_id)).scalars():
        found[one.sample_id].append(one)
    return found


def _texts(sample: CalibrationSample) -> tuple[tuple[str, Message, str], ...]:
    return tuple(
        (name, BY_NAME[name].about, sample.content[name]) for name in TEXTS if sample.content.get(name)
    )


def _codes(fellowship: Fellowship) -> list[str]:
    return [one["code"] for one in fellowship.marks]


def _scale(fellowship: Fellowship) -> tuple[int, int, int]:
    return (fellowship.mark_low, fellowship.mark_high, fellowship.mark_step)


def _line(
    code: str, sample: CalibrationSample, own: CalibrationAnswer, others: Sequence[CalibrationAnswer]
) -> MarkLine:
    values = [row.scores["marks"][code] for row in others]
    reference = sample.reference["marks"][code]
    return MarkLine(
        code,
        own.scores["marks"][code],
        median_low(values) if values else None,
        min(values, default=None),
        max(values, default=None),
        reference["value"],
        reference["reason"],
    )


def _band_line(
    sample: CalibrationSample, own: CalibrationAnswer, others: Sequence[CalibrationAnswer]
) -> BandLine:
    counted = Counter(row.scores["band"] for row in others)
    reference = sample.reference["band"]
    return BandLine(
        own.scores["band"], tuple(sorted(counted.items())), reference["value"], reference["reason"]
    )
