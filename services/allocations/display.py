"""An allocation in words of one language, and its pairs taken up as matches, by an officer's choice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from matching.allocation import SCORE_UNITS
from models.entries import Entry
from models.matches import Match
from procedure.access import require
from procedure.facts import NOTHING
from services.allocations.asking import AllocationSheet, fetch
from services.introductions.steps import Explanation, shortlist
from services.kept_words import said
from vocabulary.actions import Action
from vocabulary.errors import Conflict, HouseError, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CLOSED_MATCHES, AllocationState

MOST_AT_ONCE = 200
WHY: Mapping[str, Message] = {
    "no_offer": Message("No offer suits it well enough."),
    "places": Message("Every offer that suits it gave its places to others."),
    "money": Message("The offers that have a place left have not enough money left for it."),
    "chosen_otherwise": Message("Serving it would have cost others more, under the limits asked for."),
}
"""Why a request got nothing."""


@dataclass(frozen=True, slots=True)
class Named:
    """An entry by its reference and title."""

    ref: str
    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A request with the offer that it should go to, and why; `match_ref` where the pair is taken up."""

    request: Named
    offer: Named
    score: float
    parts: Mapping[str, float]
    reasons: Mapping[str, Message]
    match_ref: str | None


@dataclass(frozen=True, slots=True)
class UnservedRow:
    """A request that got nothing, and why."""

    request: Named
    code: str
    why: Message


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an allocation proposes."""

    placed: tuple[PlacedRow, ...]
    unserved: tuple[UnservedRow, ...]
    served_by_region: Mapping[str, int]
    total: float
    gap: float | None


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What became of one pair: the reference of its match, or why it was not taken up."""

    request: str
    offer: str
    match_ref: str | None
    refused: Message | None


def proposal_of(session: Session, sheet: AllocationSheet, *, language: str) -> Proposal | None:
    """The result in words; None where there is none."""
    result = sheet.result
    if result is None:
        return None
    names = _named(session, {ref for one in result["placed"] for ref in one[:2]} | set(result["unserved"]))
    taken = _taken(session, [(one[0], one[1]) for one in result["placed"]])
    placed = tuple(
        PlacedRow(
            names[request],
            names[offer],
            score / SCORE_UNITS,
            why["parts"],
            {name: said(session, data, language) for name, data in why["reasons"].items()},
            taken.get((request, offer)),
        )
        for (request, offer, score), why in zip(result["placed"], result["reasons"], strict=True)
    )
    unserved = tuple(
        UnservedRow(names[ref], code, WHY[code]) for ref, code in sorted(result["why_unserved"].items())
    )
    gap = sheet.check.gap if sheet.check is not None else None
    return Proposal(placed, unserved, result["served_by_region"], result["total"] / SCORE_UNITS, gap)


def _named(session: Session, refs: Collection[str]) -> dict[str, Named]:
    rows = session.execute(sa.select(Entry.ref, Entry.title, Entry.language).where(Entry.ref.in_(refs)))
    return {ref: Named(ref, title or ref, language) for ref, title, language in rows}


def _taken(session: Session, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    request, offer = aliased(Entry), aliased(Entry)
    rows = session.execute(
        sa.select(request.ref, offer.ref, Match.ref)
        .join(request, request.id == Match.request_id)
        .join(offer, offer.id == Match.offer_id)
        .where(Match.state.not_in(CLOSED_MATCHES), request.ref.in_([pair[0] for pair in pairs]))
    )
    return {(one, other): ref for one, other, ref in rows}


def take_up(
    session: Session,
    actor: Actor,
    ref: str,
    chosen: Collection[tuple[str, str]],
    reason: str | None,
    *,
    now: datetime,
) -> tuple[TakenUp, ...]:
    """Shortlist chosen pairs of a finished allocation, each with the score and reasons that placed it.

    A pair that cannot be taken up is told with its reason and does not stop the others. Raises NotFound,
    Refused; Invalid for pairs that the allocation does not propose, Conflict where it is not finished.
    """
    require(actor, Action.MATCH_SHORTLIST, NOTHING, now)
    row = fetch(session, actor, ref)
    if row.state is not AllocationState.DONE or row.result is None:
        raise Conflict(Message("It is not finished."), code="wrong_state", extra={"state": row.state.value})
    placed = {
        (request, offer): (score, why)
        for (request, offer, score), why in zip(row.result["placed"], row.result["reasons"], strict=True)
    }
    if not chosen or len(chosen) > MOST_AT_ONCE or not set(chosen) <= placed.keys():
        text = Message("Choose 1 to {max} of the pairs that are proposed.", max=MOST_AT_ONCE)
        raise Invalid({"pairs": [text]})
    versions = (row.settings_version or "", row.index_version or "")
    return tuple(
        _taken_up(session, actor, pair, placed[pair], versions, reason, now) for pair in sorted(set(chosen))
    )


def _taken_up(
    session: Session,
    actor: Actor,
    pair: tuple[str, str],
    placed: tuple[int, dict[str, Any]],
    versions: tuple[str, str],
    reason: str | None,
    now: datetime,
) -> TakenUp:
    score, why = placed
    explanation = Explanation(score / SCORE_UNITS, why, *versions)
    try:
        match = shortlist(session, actor, *pair, now=now, reason=reason, explanation=explanation)
    except (Invalid, Conflict, NotFound, Refused) as no:
        return TakenUp(*pair, None, _why_not(no))
    return TakenUp(*pair, match.ref, None)


def _why_not(no: HouseError) -> Message:
    """The first sentence that says what is wrong."""
    told = next((messages[0] for messages in no.errors.values() if messages), no.message)
    return told if isinstance(told, Message) else no.message
