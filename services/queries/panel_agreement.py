"""How far do the members of a fellowship panel agree? Per nomination, per criterion, and in all.

Only marks that count are read: submitted, by members without a conflict of interest. No protected answer of a
nominee is in here. A description, never a gate: no list reads it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from statistics import fmean
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.agreement import FEWEST_ITEMS, Metric, alpha
from fellowships.panel import DISAGREE, Scale
from models.fellowships import Nomination, PanelSeat
from models.people import Account
from procedure.facts import Standing
from services.fellowships.fields import full_name
from services.fellowships.rows import fellowship_of, require_for_all, standing
from services.fellowships.settings import scale_of
from vocabulary.actions import Action
from vocabulary.people import Actor


@dataclass(frozen=True, slots=True)
class Spread:
    """The marks that one nomination was given on one criterion, in order. `is_apart`: to be talked about."""

    criterion: str
    marks: tuple[int, ...]
    is_apart: bool


@dataclass(frozen=True, slots=True)
class Disputed:
    """One nomination with its spreads and the bands it was given, those furthest apart first."""

    ref: str
    name: str
    spreads: tuple[Spread, ...]
    bands: tuple[str, ...]
    n_apart: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """Agreement on one criterion, or on all (`criterion` None).

    alpha : Krippendorff's, on the ordinal scale; None where it is not defined, or for one criterion of fewer
    than 30 nominations. raw : share of pairs of marks at most one step apart, 0..1; None without pairs.
    """

    criterion: str | None
    alpha: float | None
    raw: float | None
    n_pairs: int
    n_items: int


@dataclass(frozen=True, slots=True)
class Leaning:
    """How far above or below the others a member marks what they marked too; an aid to training."""

    name: str
    n_marked: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """Everything about agreement in one call."""

    criteria: Sequence[Mapping[str, Any]]
    rows: tuple[Disputed, ...]
    agreed: tuple[Agreed, ...]
    leanings: tuple[Leaning, ...]
    is_locked: bool


Marks = dict[str, dict[str, dict[str, int]]]
"""Nomination to criterion to member to mark."""


def agreement_page(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> AgreementPage:
    """Spread and agreement of the marks, for whoever reads the shortlist. Raises NotFound, Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    query = (
        sa.select(PanelSeat, Nomination, Account.name)
        .join(Nomination, Nomination.id == PanelSeat.nomination_id)
        .join(Account, Account.id == PanelSeat.account_id)
        .where(
            Nomination.call_id == call.id,
            PanelSeat.submitted_at.is_not(None),
            PanelSeat.removed_at.is_(None),
        )
        .order_by(Nomination.ref, Account.name, PanelSeat.id)
    )
    codes = [one["code"] for one in fellowship.marks]
    marks: Marks = defaultdict(lambda: defaultdict(dict))
    names, bands, members = {}, defaultdict(list), {}
    for seat, nomination, member in session.execute(query):
        if standing(seat) is not Standing.CLEARED:
            continue
        key = str(seat.account_id)
        members[key] = member
        names[nomination.ref] = full_name(nomination.content) or nomination.ref
        if seat.band is not None:
            bands[nomination.ref].append(seat.band.value)
        for code in codes:
            marks[nomination.ref][code][key] = int(seat.marks[code])
    return agreement_of(
        marks,
        criteria=fellowship.marks,
        scale=scale_of(fellowship),
        names=names,
        bands=bands,
        members=members,
        is_locked=fellowship.marks_locked_at is not None,
    )


def agreement_of(
    marks: Marks,
    *,
    criteria: Sequence[Mapping[str, Any]],
    scale: Scale,
    names: Mapping[str, str],
    bands: Mapping[str, Sequence[str]],
    members: Mapping[str, str],
    is_locked: bool,
) -> AgreementPage:
    """The figures of marks: names and bands by nomination, names of members by their key."""
    codes = [one["code"] for one in criteria]
    rows = [_disputed(ref, names[ref], marks[ref], codes, sorted(bands.get(ref, ())), scale) for ref in marks]
    return AgreementPage(
        criteria=criteria,
        rows=tuple(sorted(rows, key=lambda row: (-row.n_apart, -_widest(row), row.ref))),
        agreed=_agreed(marks, codes, scale),
        leanings=tuple(
            _leaning(members[key], key, marks) for key in sorted(members, key=lambda key: members[key])
        ),
        is_locked=is_locked,
    )


def _disputed(
    ref: str,
    name: str,
    marks: Mapping[str, Mapping[str, int]],
    codes: Sequence[str],
    bands: Sequence[str],
    scale: Scale,
) -> Disputed:
    wide = DISAGREE * (scale.high - scale.low)
    spreads = []
    for code in codes:
        given = tuple(sorted(marks[code].values()))
        spreads.append(Spread(code, given, bool(given) and given[-1] - given[0] > wide))
    return Disputed(ref, name, tuple(spreads), tuple(bands), sum(one.is_apart for one in spreads))


def _widest(row: Disputed) -> int:
    return max((one.marks[-1] - one.marks[0] for one in row.spreads if one.marks), default=0)


def _agreed(marks: Marks, codes: Sequence[str], scale: Scale) -> tuple[Agreed, ...]:
    """In all first, then on each criterion."""
    units = {code: [list(of[code].values()) for of in marks.values()] for code in codes}
    every = [unit for of in units.values() for unit in of]
    found = [_of_units(None, every, scale, len(marks), fewest=0)]
    found += [_of_units(code, units[code], scale, len(marks), fewest=FEWEST_ITEMS) for code in codes]
    return tuple(found)


def _of_units(
    code: str | None, units: Sequence[Sequence[int]], scale: Scale, n_items: int, *, fewest: int
) -> Agreed:
    pairs = [pair for unit in units for pair in combinations(unit, 2)]
    near = sum(abs(one - other) <= scale.step for one, other in pairs)
    return Agreed(
        criterion=code,
        alpha=alpha(units, Metric.ORDINAL) if n_items >= fewest else None,
        raw=float(Fraction(near, len(pairs))) if pairs else None,
        n_pairs=len(pairs),
        n_items=n_items,
    )


def _leaning(name: str, key: str, marks: Marks) -> Leaning:
    """The mean difference between a member's marks and the mean of the others' on the same."""
    apart = []
    n_marked = 0
    for of in marks.values():
        n_marked += any(key in given for given in of.values())
        for given in of.values():
            others = [mark for member, mark in given.items() if member != key]
            if key in given and others:
                apart.append(given[key] - fmean(others))
    return Leaning(name, n_marked, fmean(apart) if apart else None)
