"""Which weights rank matches now, what would other ones change, and who adopted them when?

Every adopted set of weights is a version that stays; matches name the version that ranked them. A preview
changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.facts import EntryFacts
from matching.index import Index
from matching.learning import Answer, Proposal, TooFew, learn_weights
from matching.settings import DEFAULT_SETTINGS, PARTS
from models.matches import Match, MatchingWeights
from models.people import Account
from procedure.access import require
from procedure.facts import NOTHING
from services import audit
from services.match_facts import TAKING_PLACES, Audience
from services.match_index import ask_for_refit, current_index, settings_in_force
from services.matches import conflicting
from services.ranking import candidates, rank_entries
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind, MatchState

TOP = 10
MOST_COMPARED = 100
MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class AdoptedWeights:
    """One version: its weights, why, when and by whom; the first came with the service."""

    version: str
    weights: Mapping[str, float]
    reason: str | None
    adopted_at: datetime | None
    adopted_by: str | None


@dataclass(frozen=True, slots=True)
class ChangedFirst:
    """A request whose best offer would be another one: reference and title of each, None for no offer."""

    ref: str
    title: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What other weights would change in today's matches.

    n_compared : requests looked at, the newest first. n_first_changed : those with another best offer.
    kept : mean share of the ten best offers that stay among the ten, 0..1.
    """

    weights: Mapping[str, float]
    n_compared: int
    n_first_changed: int
    kept: float
    changes: tuple[ChangedFirst, ...]


def history(session: Session, actor: Actor, *, now: datetime) -> tuple[AdoptedWeights, ...]:
    """Every version, the one in force first."""
    require(actor, Action.MATCH_WEIGHTS, NOTHING, now)
    rows = session.execute(
        sa.select(MatchingWeights, Account.name)
        .outerjoin(Account, Account.id == MatchingWeights.adopted_by_id)
        .order_by(MatchingWeights.id.desc())
    )
    first = AdoptedWeights(DEFAULT_SETTINGS.version, DEFAULT_SETTINGS.part_weights, None, None, None)
    return (
        *(
            AdoptedWeights(row.version, row.part_weights, row.reason, row.adopted_at, name)
            for row, name in rows
        ),
        first,
    )


def proposal(session: Session, actor: Actor, *, now: datetime) -> Proposal | TooFew:
    """Weights that the answers to earlier matches speak for, or how many answers are missing."""
    require(actor, Action.MATCH_WEIGHTS, NOTHING, now)
    accepted = (*TAKING_PLACES, MatchState.ENDED_EARLY)
    rows = session.execute(
        sa.select(Match.state, Match.explanation)
        .where(Match.state.in_((*accepted, MatchState.DECLINED)))
        .order_by(Match.id)
    )
    answers = [
        Answer(explanation["parts"], state in accepted, explanation.get("declined_because"))
        for state, explanation in rows
        if explanation.get("parts")
    ]
    return learn_weights(answers, settings_in_force(session).part_weights)


def preview(session: Session, actor: Actor, weights: Mapping[str, Any], *, now: datetime) -> Preview:
    """Rank today's requests with the present weights and with others. Raises Invalid for wrong weights."""
    require(actor, Action.MATCH_WEIGHTS, NOTHING, now)
    checked = checked_weights(weights)
    hidden = conflicting(session, actor)
    offers = candidates(session, Audience.INSIDE, EntryKind.OFFER, hidden)
    requests = current_index(session, Audience.INSIDE, EntryKind.REQUEST, hidden)
    refs = sorted(requests.versions(), reverse=True)[:MOST_COMPARED]
    other = offers.weighed(replace(offers.index.settings, part_weights=checked))
    compared = [request for ref in refs if (request := requests.get(ref)) is not None]
    rankings = zip(
        *(rank_entries(session, compared, among, today=now.date(), top=TOP) for among in (offers, other)),
        strict=True,
    )
    changes, kept = [], []
    for request, pair in zip(compared, rankings, strict=True):
        before, after = ([match.id for match in ranking.matches] for ranking in pair)
        kept.append(len({*before} & {*after}) / max(len(before), 1) if before else 1.0)
        if before[:1] != after[:1]:
            changes.append(
                ChangedFirst(
                    request.id, _title(request), *(_first(offers.index, found) for found in (before, after))
                )
            )
    return Preview(
        weights=checked,
        n_compared=len(kept),
        n_first_changed=len(changes),
        kept=round(sum(kept) / len(kept), 4) if kept else 1.0,
        changes=tuple(changes[:MOST_CHANGES]),
    )


def adopt(
    session: Session,
    actor: Actor,
    weights: Mapping[str, Any],
    reason: str,
    expected_version: str,
    *,
    now: datetime,
) -> str:
    """Put weights in force from the next answer of every worker on; returns the name of the version.

    Raises Invalid for wrong weights or no reason, Conflict when other weights came into force meanwhile.
    """
    require(actor, Action.MATCH_WEIGHTS, NOTHING, now)
    checked = checked_weights(weights)
    if not reason.strip():
        raise Invalid({"reason": [Message("Say why these weights are better; others will ask.")]})
    present = settings_in_force(session)
    if present.version != expected_version:
        message = Message("Other weights came into force meanwhile. Look at them and repeat your change.")
        raise Conflict(message, code="version_conflict", extra={"version": present.version})
    n_adopted = session.execute(sa.select(sa.func.count(MatchingWeights.id))).scalar_one()
    version = f"{now.year}-w{n_adopted + 1}"
    session.add(
        MatchingWeights(
            version=version,
            part_weights=checked,
            reason=reason.strip()[:2000],
            adopted_by_id=actor.account_id,
            adopted_at=now,
        )
    )
    audit.record(
        session,
        actor,
        "matching.adopt_weights",
        ("matching_weights", version),
        now=now,
        before={"version": present.version, "weights": dict(present.part_weights)},
        after={"version": version, "weights": checked},
        reason=reason.strip()[:2000],
    )
    ask_for_refit(session, now=now)
    return version


def checked_weights(weights: Mapping[str, Any]) -> dict[str, float]:
    """A weight for each part. Raises Invalid, naming every part whose weight cannot be."""
    errors: dict[str, list[Message]] = {}
    found: dict[str, float] = {}
    for part in PARTS:
        try:
            value = float(weights.get(part, ""))
        except (TypeError, ValueError):
            value = -1.0
        if 0 <= value <= 1:
            found[part] = round(value, 4)
        else:
            errors[part] = [Message("Write a number from 0 to 1, such as 0.25.")]
    if not errors and not any(found.values()):
        errors["text"] = [Message("One weight at least must be above 0.")]
    if errors:
        raise Invalid(errors)
    return found


def _first(index: Index, found: Sequence[str]) -> tuple[str, str] | None:
    facts = index.get(found[0]) if found else None
    return None if facts is None else (facts.id, _title(facts))


def _title(facts: EntryFacts) -> str:
    return next(iter(facts.texts.get("title", ())), facts.id)
