"""Which question does a fellowship call ask: nominations, marks, targets, caps and pins as they stand?

Attributes come from the answers of the form; what somebody prefers not to say counts toward no target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.facts import ANY, BalanceTarget, Cap, Chapter, Question, Value, require_sound
from fellowships.facts import Nomination as Nominee
from fellowships.facts import Pin as HeldPin
from fellowships.program import greatest, program_of
from fellowships.record import Rule
from models.calls import Call
from models.fellowships import Fellowship, Nomination, ShortlistPin
from services import vocabularies
from services.fellowships.rows import fellowship_of, require_for_all
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.fellowships import MeritBand, NominationState
from vocabulary.people import Actor

MOST_LOOKED_AT = 1_000
"""Nominations up to which a page asks whether a list exists at all."""
SECONDS = 2.0
UNSAID = "not_said"
POOL = (
    NominationState.BANDED,
    NominationState.SHORTLISTED,
    NominationState.RESERVE,
    NominationState.NOT_SHORTLISTED,
)
RULE = Rule("score", "1")


@dataclass(frozen=True, slots=True)
class Lamp:
    """One target beside the pool: asked for, and how many there are."""

    attribute: str
    value: str
    least: int
    most: int | None
    is_hard: bool
    weight: int
    in_pool: int

    @property
    def can_be_met(self) -> bool:
        """Are there enough in the pool, looked at alone?"""
        return self.in_pool >= self.least


def room_of(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[Lamp, ...]:
    """Each target with how many the pool holds. Raises NotFound, Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    nominees = question_of_call(session, call, fellowship).nominations
    return tuple(
        Lamp(
            one["attribute"],
            one["value"],
            one.get("least", 0),
            one.get("most"),
            one.get("kind") == "hard",
            one.get("weight", 1),
            sum(one["value"] in nominee.every(one["attribute"]) for nominee in nominees),
        )
        for one in fellowship.targets
    )


def can_be_met(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> bool | None:
    """Is there any list that keeps every target, limit and pin together? Milliseconds; no list is made.

    None where nobody is in the pool, what is asked cannot be meant, or the pool is so large that a trial run
    has to say it. Raises NotFound, Refused.
    """
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    question = question_of_call(session, call, fellowship)
    if not 0 < len(question.nominations) <= MOST_LOOKED_AT:
        return None
    try:
        require_sound(question)
    except Invalid:
        return None
    program = program_of(question.ordered())
    try:
        return greatest(replace(program, gain=program.gain * 0), SECONDS) is not None
    except Invalid:  # too short a time to tell
        return None


def question_of_call(
    session: Session, call: Call, fellowship: Fellowship, *, by_bands: bool = False
) -> Question:
    """The question as the nominations, marks, targets, caps, chapters and pins stand now; unchecked.

    by_bands : whether the panel's bands of merit come before the scores.
    """
    rows = (
        session.execute(
            sa.select(Nomination)
            .where(Nomination.call_id == call.id, Nomination.state.in_(POOL), Nomination.score.is_not(None))
            .order_by(Nomination.ref)
        )
        .scalars()
        .all()
    )
    places = vocabularies.terms(session, vocabularies.COUNTRIES)
    regions = {code: row.data.get("un_group") for code, row in places.items()}
    return Question(
        nominations=tuple(
            Nominee(
                row.ref,
                row.score or 0,
                values_of(row, regions),
                wishes_of(row, fellowship),
                row.band.value if by_bands and row.band else "",
            )
            for row in rows
        ),
        n_seats=fellowship.n_seats,
        targets=tuple(_target(one) for one in fellowship.targets),
        caps=tuple(Cap(one["attribute"], int(one["most"])) for one in fellowship.caps),
        pins=_pins(session, [row.id for row in rows]),
        seed=fellowship.seed or "0",
        chapters=tuple(Chapter(one["code"], int(one["seats"])) for one in fellowship.chapters),
        bands=tuple(band.value for band in MeritBand) if by_bands else (),
    )


def rule_of(fellowship: Fellowship) -> Rule:
    """How scores were made, and where the seed comes from, for the record."""
    if fellowship.seed_source is None or fellowship.seed_at is None:
        return RULE
    named_at = fellowship.seed_at.strftime("%Y-%m-%d %H:%M UTC")
    return replace(RULE, seed_source=f"{fellowship.seed_source}; {named_at}")


def wishes_of(row: Nomination, fellowship: Fellowship) -> tuple[str, ...]:
    """Chapters in order of wish; somebody flexible takes any other after them."""
    codes = {one["code"] for one in fellowship.chapters}
    named = tuple(dict.fromkeys(code for code in row.content.get("chapters") or () if code in codes))
    return (*named, ANY) if named and row.content.get("is_flexible") else named


def values_of(row: Nomination, regions: Mapping[str, str | None]) -> dict[str, Value]:
    """What targets and caps count of a nomination; what was not said is left out, and counts for nothing.

    Of two nationalities both count for the countries; the region is that of the first.
    """
    content = row.content
    countries = (content.get("nationality"), content.get("second_nationality"))
    both = tuple(sorted({code for code in countries if code}))
    wishes = content.get("chapters") or []
    said = {
        "region": regions.get(content.get("nationality") or ""),
        "gender": content.get("gender"),
        "discipline": content.get("discipline"),
        "knowledge": content.get("knowledge"),
        "country": both if len(both) > 1 else content.get("nationality"),
        "organisation": content.get("organisation"),
        "route": content.get("nominator_kind"),
        "chapter": wishes[0] if wishes else None,
    }
    return {name: value for name, value in said.items() if value and value != UNSAID}


def _target(one: Mapping[str, Any]) -> BalanceTarget:
    return BalanceTarget(
        one["attribute"],
        one["value"],
        int(one.get("least", 0)),
        None if one.get("most") is None else int(one["most"]),
        one.get("kind") == "hard",
        int(one.get("weight", 1)),
    )


def _pins(session: Session, ids: Sequence[int]) -> tuple[HeldPin, ...]:
    query = (
        sa.select(Nomination.ref, ShortlistPin.is_in, ShortlistPin.reason)
        .join(Nomination, Nomination.id == ShortlistPin.nomination_id)
        .where(ShortlistPin.nomination_id.in_(ids), ShortlistPin.lifted_at.is_(None))
        .order_by(Nomination.ref)
    )
    return tuple(HeldPin(ref, is_in, reason) for ref, is_in, reason in session.execute(query))
