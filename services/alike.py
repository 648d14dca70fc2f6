"""Which entries look like one entered twice? Found in the background, ruled on by an officer, remembered.

Every entry that can be matched is compared with the others by what finds similar entries while one is typed;
only entries that changed are compared anew. A ruling holds until the title or summary of either changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.matches import SameEntryRuling
from models.people import Account
from procedure.access import require
from procedure.facts import NOTHING
from services import audit, stored_reports
from services.allocations.asking import barred_refs
from services.entries.rows import fetch_for
from services.match_facts import Audience
from services.match_index import current_index
from services.queries.similar import similar_entries
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import EntryKind

KIND = "alike"
MOST_EACH = 5
MOST_SHOWN = 200
LEAST_SCORE = 0.8
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class AlikeEntry:
    """One of two entries that look alike."""

    ref: str
    kind: EntryKind
    title: str
    summary: str | None
    language: str | None
    organisation: str | None
    submitted_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two entries, how alike they are (0..1), and what an officer said of them, if anything."""

    first: AlikeEntry
    second: AlikeEntry
    score: float
    why: str
    has_same_organisation: bool
    is_same: bool | None
    reason: str | None
    ruled_by: str | None
    ruled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlikeReport:
    """Pairs to rule on, the most alike first, and those ruled on; as of a time, None before the first."""

    waiting: tuple[AlikePair, ...]
    ruled: tuple[AlikePair, ...]
    made_at: datetime | None
    n_left: int


# --- in the background ------------------------------------------------------------------------------------


def versions_now(session: Session) -> dict[str, int]:
    """Every entry that is compared, with its version."""
    found: dict[str, int] = {}
    for kind in EntryKind:
        found |= current_index(session, Audience.INSIDE, kind).versions()
    return found


def unseen(session: Session) -> tuple[dict[str, int], dict[str, Any]]:
    """Entries whose version is not compared yet, and the report so far without what is gone or changed."""
    kept = stored_reports.stored(session, KIND, Audience.INSIDE)
    content = dict(kept.content) if kept is not None and kept.content else {"seen": {}, "pairs": []}
    present = versions_now(session)
    seen = {ref: version for ref, version in content["seen"].items() if present.get(ref) == version}
    pairs = [pair for pair in content["pairs"] if pair[0] in seen and pair[1] in seen]
    todo = {ref: version for ref, version in present.items() if seen.get(ref) != version}
    return todo, {"seen": seen, "pairs": pairs}


def has_gone(session: Session, report: Mapping[str, Any]) -> bool:
    """Does the kept report still name entries that are gone?"""
    kept = stored_reports.stored(session, KIND, Audience.INSIDE)
    return kept is not None and bool(kept.content) and len((kept.content or {})["seen"]) > len(report["seen"])


def compare(session: Session, refs: Mapping[str, int], report: dict[str, Any]) -> None:
    """Compare some entries with all others, and add what was found to the report."""
    rows = session.execute(
        sa.select(Entry.ref, Entry.kind, Entry.title, Entry.summary).where(Entry.ref.in_(refs))
    )
    pairs = {(pair[0], pair[1]): pair for pair in report["pairs"]}
    present = versions_now(session)
    for ref, kind, title, summary in rows:
        content = {"title": title, "summary": summary}
        for found in similar_entries(session, SYSTEM, kind, content, ref=ref, limit=MOST_EACH):
            if found.score >= LEAST_SCORE and found.ref in present:
                first, second = sorted((ref, found.ref))
                pairs[first, second] = [first, second, round(found.score, 4), found.why]
    report["pairs"] = [pairs[key] for key in sorted(pairs)]
    report["seen"] |= refs


# --- for officers -----------------------------------------------------------------------------------------


def alike_report(session: Session, actor: Actor, *, now: datetime) -> AlikeReport:
    """What the board shows; nothing that is the reader's own or under a conflict of theirs."""
    require(actor, Action.ENTRY_READ_ALIKE, NOTHING, now)
    kept = stored_reports.stored(session, KIND, Audience.INSIDE)
    if kept is None or kept.content is None:
        return AlikeReport((), (), None, 0)
    barred = barred_refs(session, actor)
    found = [pair for pair in kept.content["pairs"] if barred.isdisjoint(pair[:2])]
    found.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))
    shown = _pairs(session, found[:MOST_SHOWN])
    return AlikeReport(
        waiting=tuple(pair for pair in shown if pair.is_same is None),
        ruled=tuple(pair for pair in shown if pair.is_same is not None),
        made_at=kept.made_at,
        n_left=max(0, len(found) - MOST_SHOWN),
    )


def _pairs(session: Session, found: list[list[Any]]) -> list[AlikePair]:
    refs = {ref for pair in found for ref in pair[:2]}
    entries = {
        entry.ref: entry for entry in session.execute(sa.select(Entry).where(Entry.ref.in_(refs))).scalars()
    }
    rulings = _rulings(session, [entry.id for entry in entries.values()])
    return [
        _pair(entries[first], entries[second], score, why, rulings)
        for first, second, score, why in found
        if first in entries and second in entries
    ]


def _rulings(session: Session, ids: list[int]) -> dict[tuple[int, int], tuple[SameEntryRuling, str | None]]:
    rows = session.execute(
        sa.select(SameEntryRuling, Account.name)
        .outerjoin(Account, Account.id == SameEntryRuling.ruled_by_id)
        .where(SameEntryRuling.first_id.in_(ids))
    )
    return {(row.first_id, row.second_id): (row, name) for row, name in rows}


def _pair(
    first: Entry,
    second: Entry,
    score: float,
    why: str,
    rulings: Mapping[tuple[int, int], tuple[SameEntryRuling, str | None]],
) -> AlikePair:
    ruling, name = rulings.get(_key(first, second), (None, None))
    if ruling is not None and ruling.texts_hash != _texts_hash(first, second):
        ruling, name = None, None
    return AlikePair(
        first=_entry(first),
        second=_entry(second),
        score=score,
        why=why,
        has_same_organisation=first.organisation_id is not None
        and first.organisation_id == second.organisation_id,
        is_same=ruling.is_same if ruling else None,
        reason=ruling.reason if ruling else None,
        ruled_by=name,
        ruled_at=ruling.ruled_at if ruling else None,
    )


def _entry(entry: Entry) -> AlikeEntry:
    return AlikeEntry(
        entry.ref,
        entry.kind,
        entry.title or entry.ref,
        entry.summary,
        entry.language,
        entry.organisation_name,
        entry.submitted_at,
        entry.state,
    )


def _key(first: Entry, second: Entry) -> tuple[int, int]:
    return min(first.id, second.id), max(first.id, second.id)


def _texts_hash(first: Entry, second: Entry) -> str:
    """Over what the two are compared by, whichever comes first."""
    texts = sorted(f"{entry.ref}\n{entry.title}\n{entry.summary}" for entry in (first, second))
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()


def rule(
    session: Session,
    actor: Actor,
    first_ref: str,
    second_ref: str,
    is_same: bool,
    reason: str | None,
    *,
    now: datetime,
) -> None:
    """Say whether two entries are one. Changes neither; a later ruling takes the place of this one.

    Raises NotFound or Refused as for the entries, Invalid for one entry twice or two kinds.
    """
    first, _ = fetch_for(session, actor, Action.ENTRY_RULE_ALIKE, first_ref, now=now)
    second, _ = fetch_for(session, actor, Action.ENTRY_RULE_ALIKE, second_ref, now=now)
    reason = (reason or "").strip() or None
    if first.id == second.id or first.kind is not second.kind:
        raise Invalid({"second": [Message("These must be two requests or two offers.")]})
    if reason is not None and len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Message("This is longer than {max} characters.", max=LONGEST_REASON)]})
    low, high = _key(first, second)
    row = session.execute(
        sa.select(SameEntryRuling)
        .where(SameEntryRuling.first_id == low, SameEntryRuling.second_id == high)
        .with_for_update()
    ).scalar_one_or_none() or SameEntryRuling(first_id=low, second_id=high)
    row.is_same, row.reason, row.texts_hash = is_same, reason, _texts_hash(first, second)
    row.ruled_by_id, row.ruled_at = actor.account_id, now
    session.add(row)
    audit.record(
        session,
        actor,
        "entry.rule_alike",
        ("entry", first.ref),
        now=now,
        after={"other": second.ref, "is_same": is_same},
        reason=reason,
    )
