"""How do the reviewers of a call score the same samples: against each other, and against the reference?

A reviewer sees the spread once enough others have scored, without names, and how far their own scores lie
from the others'. How strict each is, with the estimate shrunk toward zero, is for whoever leads the panel:
advice for training, in no verdict and no decision. Nothing here reads a review, and no figure of a call
reads this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median_low
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.agreement import Agreement, GivenScore, agreement, agreement_by_criterion
from criteria.severity import severities
from models.calibration import CalibrationAnswer, CalibrationDraft, CalibrationSample
from models.calls import Call
from models.people import Account
from procedure.access import may, require
from procedure.facts import ANYWHERE
from services.calibration.samples import SCORED_IN, TEXTS, call_of, ready_sample_of
from services.entries.fields import BY_NAME
from services.facts import call_facts
from services.planning_facts import reviewers_of
from services.queries.cards import StrategyGroup, groups_of
from services.reviews.rows import programme_of_call
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallKind, CallState

FEWEST_ANSWERS = 3
"""Reviewers who have scored a sample before anybody sees the spread: with two, one would see the other."""
FEWEST_ITEMS_FOR_ALPHA = 30
FEWEST_SAMPLES_FOR_STRICTNESS = 2
"""Every reviewer scores the same samples on every criterion, so two compare what takes four otherwise."""


@dataclass(frozen=True, slots=True)
class ToScore:
    """A sample that a reviewer is asked to score, has begun to (`n_scored` criteria), or has scored."""

    call_ref: str
    call_title: Mapping[str, str]
    position: int
    title: str
    language: str
    is_done: bool
    n_scored: int


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a sample. `own` and the others' lower median, lowest and highest; None: no number."""

    code: str
    name: str
    own: int | None
    median: int | None
    lowest: int | None
    highest: int | None
    reference: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SamplePage:
    """One sample as a reviewer sees it; `lines` once the reviewer has handed in scores of it.

    Until then `draft` holds what is begun, None for «cannot judge»; `version` 0 before the first is kept.
    """

    call_ref: str
    position: int
    title: str
    language: str
    texts: tuple[tuple[str, Message, str], ...]
    groups: tuple[StrategyGroup, ...]
    is_open: bool
    is_done: bool
    n_answers: int
    lines: tuple[Line, ...]
    divergence: float | None
    distance: float | None
    version: int
    saved_at: datetime | None
    draft: Mapping[str, int | None]
    n_criteria: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """One sample as officers see it."""

    position: int
    version: int
    title: str
    language: str
    n_answers: int
    reference: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Strictness:
    """How one reviewer scores the samples: `severity` shrunken, None where nothing can be said."""

    name: str
    n_samples: int
    severity: float | None
    divergence: float | None


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """Agreement on one criterion over all samples; alpha only from thirty samples on."""

    code: str
    found: Agreement
    with_reference: float | None

    @property
    def shows_alpha(self) -> bool:
        """Are there enough samples for alpha to say something of a single criterion?"""
        return self.found.n_items >= FEWEST_ITEMS_FOR_ALPHA


@dataclass(frozen=True, slots=True)
class Results:
    """The samples of a call, who has scored them, and how far they agree."""

    call_ref: str
    call_title: Mapping[str, str]
    samples: tuple[Prepared, ...]
    n_reviewers: int
    missing: tuple[str, ...]
    together: Agreement
    by_criterion: tuple[CriterionLine, ...]
    strictness: tuple[Strictness, ...]
    criteria: tuple[tuple[str, str], ...]
    may_prepare: bool
    is_open: bool


def to_score(session: Session, actor: Actor, *, now: datetime) -> tuple[ToScore, ...]:
    """Samples of the calls in which this person reviews, those not scored yet first."""
    require(actor, Action.ASSIGNMENT_LIST_OWN, ANYWHERE, now)
    query = (
        sa.select(CalibrationSample, Call)
        .join(Call, Call.id == CalibrationSample.call_id)
        .where(Call.state.in_((*SCORED_IN, CallState.DELIBERATION)), Call.kind != CallKind.FELLOWSHIP)
        .order_by(Call.id, CalibrationSample.position)
    )
    done = set(
        session.execute(
            sa.select(CalibrationAnswer.sample_id).where(CalibrationAnswer.account_id == actor.account_id)
        ).scalars()
    )
    drafts = sa.select(CalibrationDraft).where(CalibrationDraft.account_id == actor.account_id)
    begun = {row.sample_id: len(row.scores) for row in session.execute(drafts).scalars()}
    rows = [
        ToScore(
            call.ref,
            call.title,
            sample.position,
            sample.title,
            sample.language,
            sample.id in done,
            begun.get(sample.id, 0),
        )
        for sample, call in session.execute(query)
        if sample.reference
        and may(actor, Action.CALIBRATION_SCORE, call_facts(call, opened_at=now), now)
        and (call.state in SCORED_IN or sample.id in done)
    ]
    return tuple(sorted(rows, key=lambda row: row.is_done))


def sample_page(
    session: Session, actor: Actor, ref: str, position: int, *, language: str, now: datetime
) -> SamplePage:
    """One sample, with what came of it once this person has scored it. Raises NotFound, Refused."""
    call = call_of(session, ref)
    require(actor, Action.CALIBRATION_SCORE, call_facts(call, opened_at=now), now)
    sample = ready_sample_of(session, call, position)
    own = session.get(CalibrationAnswer, (sample.id, actor.account_id))
    if own is None and call.state not in SCORED_IN:
        raise NotFound
    answers = _answers(session, [sample])[sample.id]
    programme = programme_of_call(session, call)
    claimed = list(dict.fromkeys(row.strategy for row in programme.criteria.values()))
    groups = groups_of(session, programme, claimed, sample.content, language)
    lines = tuple(_lines(sample, own, answers, groups)) if own is not None else ()
    draft = session.get(CalibrationDraft, (sample.id, actor.account_id))
    apart = [line.own - line.median for line in lines if line.own is not None and line.median is not None]
    return SamplePage(
        call_ref=call.ref,
        position=position,
        title=sample.title,
        language=sample.language,
        texts=tuple(
            (name, BY_NAME[name].label, sample.content[name]) for name in TEXTS if sample.content.get(name)
        ),
        groups=groups,
        is_open=call.state in SCORED_IN,
        is_done=own is not None,
        n_answers=len(answers),
        lines=lines,
        divergence=fmean(apart) if apart else None,
        distance=fmean(abs(one) for one in apart) if apart else None,
        version=draft.version if draft is not None else 0,
        saved_at=draft.updated_at if draft is not None else None,
        draft=dict(draft.scores) if draft is not None else {},
        n_criteria=len(programme.criteria),
    )


def _answers(session: Session, samples: Sequence[CalibrationSample]) -> dict[int, list[CalibrationAnswer]]:
    found: dict[int, list[CalibrationAnswer]] = {sample.id: [] for sample in samples}
    query = sa.select(CalibrationAnswer).where(CalibrationAnswer.sample_id.in_(list(found)))
    for row in session.execute(query.order_by(CalibrationAnswer.account_id)).scalars():
        found[row.sample_id].append(row)
    return found


def _lines(
    sample: CalibrationSample,
    own: CalibrationAnswer,
    answers: Sequence[CalibrationAnswer],
    groups: Sequence[StrategyGroup],
) -> list[Line]:
    """The others' scores stay away while so few have scored that one could tell whose they are."""
    others = [row for row in answers if row.account_id != own.account_id]
    shown = others if len(answers) >= FEWEST_ANSWERS else []
    found = []
    for card in (card for group in groups for card in group.cards):
        values = [row.scores[card.code] for row in shown if row.scores.get(card.code) is not None]
        reference = sample.reference.get(card.code) or {}
        found.append(
            Line(
                card.code,
                card.name,
                own.scores.get(card.code),
                median_low(values) if values else None,
                min(values, default=None),
                max(values, default=None),
                reference.get("value"),
                reference.get("reason"),
            )
        )
    return found


def results(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> Results:
    """The samples of a call and what came of them, for whoever leads the panel. Raises NotFound, Refused."""
    call = call_of(session, ref)
    facts = call_facts(call, opened_at=now)
    require(actor, Action.CALIBRATION_READ_RESULTS, facts, now)
    samples = _samples(session, call)
    answers = _answers(session, samples)
    scores = [
        GivenScore(f"{sample.id:09d}", f"{row.account_id:09d}", code, value)
        for sample in samples
        for row in answers[sample.id]
        for code, value in row.scores.items()
        if value is not None
    ]
    threshold = call.met_threshold
    people = reviewers_of(session, call)
    programme = programme_of_call(session, call)
    return Results(
        call_ref=call.ref,
        call_title=call.title,
        samples=tuple(
            Prepared(row.position, row.version, row.title, row.language, len(answers[row.id]), row.reference)
            for row in samples
        ),
        n_reviewers=len(people),
        missing=_missing(people, samples, answers),
        together=agreement(scores, met_threshold=threshold),
        by_criterion=tuple(_by_criterion(list(programme.criteria), samples, scores, threshold)),
        strictness=_strictness(session, samples, scores),
        criteria=tuple(
            (code, row.labels.get(language) or row.labels.get("en") or code)
            for code, row in programme.criteria.items()
        ),
        may_prepare=may(actor, Action.CALIBRATION_PREPARE, facts, now),
        is_open=call.state is CallState.DRAFT or call.state in SCORED_IN,
    )


def to_prepare(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> Results:
    """The same for whoever prepares the samples, and for nobody else."""
    call = call_of(session, ref)
    require(actor, Action.CALIBRATION_PREPARE, call_facts(call, opened_at=now), now)
    return results(session, actor, ref, language=language, now=now)


def _samples(session: Session, call: Call) -> Sequence[CalibrationSample]:
    query = sa.select(CalibrationSample).where(CalibrationSample.call_id == call.id)
    return session.execute(query.order_by(CalibrationSample.position)).scalars().all()


def _missing(
    people: Sequence[Account],
    samples: Sequence[CalibrationSample],
    answers: Mapping[int, Sequence[CalibrationAnswer]],
) -> tuple[str, ...]:
    """Reviewers who have not scored every sample."""
    given = [{row.account_id for row in answers[sample.id]} for sample in samples]
    return tuple(one.name for one in people if any(one.id not in accounts for accounts in given))


def _by_criterion(
    codes: Sequence[str],
    samples: Sequence[CalibrationSample],
    scores: Sequence[GivenScore],
    threshold: int,
) -> list[CriterionLine]:
    found = agreement_by_criterion(scores, met_threshold=threshold, fewest_items=1)
    references = {f"{row.id:09d}": row.reference for row in samples}
    lines = []
    for code in codes:
        if code not in found:
            continue
        same = [
            (score.value >= threshold) == (known["value"] >= threshold)
            for score in scores
            if score.criterion == code and (known := references[score.item].get(code))
        ]
        lines.append(CriterionLine(code, found[code], fmean(same) if same else None))
    return lines


def _strictness(
    session: Session, samples: Sequence[CalibrationSample], scores: Sequence[GivenScore]
) -> tuple[Strictness, ...]:
    found = severities(scores, fewest_items=FEWEST_SAMPLES_FOR_STRICTNESS)
    people = session.execute(
        sa.select(Account.id, Account.name).where(Account.id.in_([int(one.reviewer) for one in found]))
    )
    names = {row.id: row.name for row in people}
    return tuple(
        Strictness(
            names.get(int(one.reviewer), one.reviewer),
            one.n_items,
            one.severity,
            _apart(one.reviewer, scores),
        )
        for one in found
    )


def _apart(reviewer: str, scores: Sequence[GivenScore]) -> float | None:
    """The mean distance of a reviewer's scores from the lower median of the others', with its sign."""
    others: dict[tuple[str, str], list[int]] = {}
    for score in scores:
        if score.reviewer != reviewer:
            others.setdefault((score.item, score.criterion), []).append(score.value)
    apart = [
        score.value - median_low(others[score.item, score.criterion])
        for score in scores
        if score.reviewer == reviewer and (score.item, score.criterion) in others
    ]
    return fmean(apart) if apart else None
