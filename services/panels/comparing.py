"""How far do the reviewers of a call agree, and how strict is each? Worked out once until something changes.

Description and advice: no verdict and no decision reads it. Always over every item that was scored, never
over a chosen few; what the reader has a conflict of interest on is left out, as if it were not there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.agreement import Agreement, GivenScore, agreement, agreement_by_criterion
from criteria.severity import Severity, adjusted_means, severities
from models.entries import Entry
from models.panels import PanelResult
from services.panels.benches import Bench, load_benches
from vocabulary.findings import CriterionId

MET = 2
MOST_KEPT = 32


@dataclass(frozen=True, slots=True)
class Comparison:
    """The reviewers of a call, held against each other. Reviewers stand by the number of their account."""

    together: Agreement
    by_criterion: Mapping[CriterionId, Agreement]
    severity: Mapping[int, Severity]
    adjusted: Mapping[tuple[str, CriterionId], float]

    @property
    def has_severity(self) -> bool:
        """Is anything known of anybody? Not while reviewers cannot be compared, or scored too little."""
        return any(found.severity is not None for found in self.severity.values())


_Key = tuple[int | None, int, int, frozenset[int]]
_kept: OrderedDict[_Key, Comparison] = OrderedDict()
_lock = Lock()


def forget() -> None:
    """Drop what was kept; for tests, whose databases are emptied under the same numbers."""
    with _lock:
        _kept.clear()


def compare(session: Session, call_id: int | None, but: Collection[int] = ()) -> Comparison:
    """The comparison over every item of a call that was scored, `but` those of these numbers.

    Kept until a result of the call is added: every counted review that changes adds one.
    """
    newest, count = _marks(session, call_id)
    key = (call_id, newest, count, frozenset(but))
    with _lock:
        found = _kept.get(key)
    if found is not None:
        return found
    query = sa.select(Entry).where(
        Entry.call_id == call_id if call_id is not None else Entry.call_id.is_(None),
        Entry.id.in_(sa.select(PanelResult.entry_id)),
    )
    entries = [entry for entry in session.execute(query).scalars() if entry.id not in set(but)]
    made = comparison_of(load_benches(session, entries))
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _marks(session: Session, call_id: int | None) -> tuple[int, int]:
    query = (
        sa.select(sa.func.max(PanelResult.id), sa.func.count(PanelResult.id))
        .join(Entry, Entry.id == PanelResult.entry_id)
        .where(Entry.call_id == call_id if call_id is not None else Entry.call_id.is_(None))
    )
    newest, count = session.execute(query).one()
    return int(newest or 0), int(count)


def comparison_of(benches: Mapping[int, Bench]) -> Comparison:
    """Agreement and severity over these benches."""
    scores = list(given_scores(benches))
    threshold = next((bench.rules.met_threshold for bench in benches.values()), MET)
    found = severities(scores)
    return Comparison(
        agreement(scores, met_threshold=threshold),
        agreement_by_criterion(scores, met_threshold=threshold),
        {int(one.reviewer): one for one in found},
        adjusted_means(scores, found),
    )


def given_scores(benches: Mapping[int, Bench]) -> Iterator[GivenScore]:
    """Every number in the reviews that count."""
    for entry_id, bench in benches.items():
        for seat in bench.counted:
            for code, answer in seat.card.answers.items():
                if answer.value is not None:
                    yield GivenScore(f"{entry_id:09d}", f"{seat.account_id:09d}", code, answer.value)


def adjusted_share(
    comparison: Comparison, entry_id: int, bench_codes: Collection[CriterionId]
) -> float | None:
    """The mean of an item over some criteria with severities taken out, 0..3; advice, never "the score"."""
    if not comparison.has_severity:
        return None
    values = [
        comparison.adjusted[key]
        for code in bench_codes
        if (key := (f"{entry_id:09d}", code)) in comparison.adjusted
    ]
    return sum(values) / len(values) if values else None
