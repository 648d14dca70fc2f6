"""Which entries make the world large enough for a load test? All submitted and published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from seed.demo.plan import EntryPlan
from services.entries.bulk import BATCH, NewEntry
from vocabulary.states import EntryKind

PUBLISHED_AFTER = timedelta(hours=30)


def batches(plans: Iterable[EntryPlan]) -> Iterator[list[EntryPlan]]:
    """The entries in groups that fit into memory and into one transaction."""
    left = iter(plans)
    while batch := list(islice(left, BATCH)):
        yield batch


def new_entry(plan: EntryPlan, call_ids: Mapping[str, int], now: datetime) -> NewEntry:
    """A plan as the service takes it."""
    submitted = plan.submitted_at or plan.begun_at
    return NewEntry(
        kind=EntryKind(plan.kind),
        content=plan.fields,
        state=plan.state,
        begun_at=plan.begun_at,
        submitted_at=submitted,
        published_at=min(submitted + PUBLISHED_AFTER, now),
        call_id=call_ids[plan.call],
    )
