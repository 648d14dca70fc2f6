"""When does the match index need a new version, and how is one made?

A version is fitted once, by the background worker or `flask index rebuild`, from entries read some at a time,
so that no transaction stays open for long; what changes meanwhile is above the last change that the version
notes, and workers lay it over. Equal entries give equal scores, whoever builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from encoders.installed import encoder
from matching.bags import CountEach, count_each
from matching.facts import EntryFacts
from matching.files import Damaged
from matching.meaning import EntryMeaning, PassageBlock, pack_passages
from matching.stored import Stored, write_version
from models.entries import EntryChange
from services.index_versions import (
    building,
    current_name,
    folder_of,
    open_current,
    publish,
    take_out_of_use,
)
from services.match_facts import Audience, matchable, matchable_ids, n_matchable
from services.match_index import (
    REFIT_ALL,
    WINDOW,
    belongs,
    changes_of,
    is_ahead,
    recent_changes,
    settings_in_force,
)
from services.meaning import passage_vectors
from vocabulary.states import EntryKind

Opened: TypeAlias = Callable[[], AbstractContextManager[Session]]
"""Opens a reading; a build opens many short ones."""
Tell: TypeAlias = Callable[[int, int], None]
"""Is told how many entries are done, and of how many."""

FEWEST_CHANGES, MOST_CHANGES = 50, 500
"""A version is replaced after changes to a fifth of its entries, but not to fewer or more than these: a
worker that starts has to lay over it what has changed since, one to two milliseconds for each entry."""
OLDEST = timedelta(days=7)
"""A version that anything has changed since is replaced after so long: no text outlives its entry by more."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class IndexState:
    """One version as an operator sees it.

    `state` is ok, missing, damaged (also: of other rules, or of another database), old (a new one is due) or
    not_needed, where nothing has happened yet that could be matched.
    """

    state: str
    name: str | None = None
    made_at: str | None = None
    n_entries: int = 0
    n_bytes: int = 0
    n_changes: int = 0
    fault: str | None = None

    @property
    def is_due(self) -> bool:
        """Is a new version to be built?"""
        return self.state in ("missing", "damaged", "old")


def index_state(session: Session, data_dir: Path, audience: Audience, *, now: datetime) -> IndexState:
    """How the version in use stands; opens it, and reads the changes since."""
    last = session.execute(sa.select(sa.func.max(EntryChange.sequence))).scalar_one()
    folder = folder_of(data_dir, audience)
    try:
        found = open_current(folder, settings_in_force(session))
        if found is None:
            return IndexState("missing" if last else "not_needed")
        name, stored = found
        if is_ahead(session, stored) or not belongs(session, stored):
            raise Damaged(f"{name}: made from another state of the database")
    except Damaged as fault:
        return IndexState("damaged", name=current_name(folder), fault=str(fault))
    return _state(session, name, stored, now)


def _state(session: Session, name: str, stored: Stored, now: datetime) -> IndexState:
    known = changes_of(stored)
    recent = recent_changes(session, known)
    changed = {recent[number] for number in recent.keys() - known.seen}
    n_entries = sum(len(index) for index in stored.indexes.values())
    is_long = len(changed) > min(max(n_entries // 5, FEWEST_CHANGES), MOST_CHANGES)
    made_at = datetime.fromisoformat(stored.about["made_at"])
    made = encoder()
    is_old = (
        is_long
        or REFIT_ALL in changed
        or (made is not None and stored.about["model"] != made.version)
        or bool(changed and now - made_at > OLDEST)
    )
    return IndexState(
        state="old" if is_old else "ok",
        name=name,
        made_at=stored.about["made_at"],
        n_entries=n_entries,
        n_bytes=stored.reader.size,
        n_changes=len(changed - {REFIT_ALL}),
    )


def build_index(
    opened: Opened,
    data_dir: Path,
    audience: Audience,
    *,
    now: datetime,
    tell: Tell = lambda *_: None,
    each: CountEach = count_each,
) -> str | None:
    """Build a version for an audience and put it in use; returns its name, None where nothing can be matched.

    `each` counts the words of entries, here or by other hands; the bytes are the same. Raises Conflict while
    another process builds, OSError when the disk refuses; the version in use stays.
    """
    folder = folder_of(data_dir, audience)
    with building(folder) as place:
        with opened() as session:
            about = _about(session, now)
            settings = settings_in_force(session)
            ids = matchable_ids(session, audience)
        if about is None:
            return None
        source = _Source(opened, audience, ids, tell)
        entries = {kind: source.entries(kind) for kind in EntryKind}
        write_version(place, entries, settings, passages=source.passages, about=about, each=each)
        return publish(folder, place, about["through"])


def _about(session: Session, now: datetime) -> dict[str, Any] | None:
    """What ties a version to the database: read before the entries, so that nothing is missed."""
    recent = recent_changes(session)
    if not recent:
        return None
    through = max(recent)
    row = session.execute(
        sa.select(EntryChange.at, EntryChange.entry_id).where(EntryChange.sequence == through)
    ).one()
    made = encoder()
    return {
        "through": through,
        "through_is": [row.at.isoformat(), row.entry_id],
        "seen": sorted(recent),
        "made_at": now.isoformat(),
        "model": None if made is None else made.version,
    }


class _Source:
    """The entries of an audience, some at a time, and what is known of their meaning."""

    def __init__(
        self, opened: Opened, audience: Audience, ids: Mapping[EntryKind, Sequence[int]], tell: Tell
    ) -> None:
        self._opened, self._audience, self._ids, self._tell = opened, audience, ids, tell
        self._known: dict[EntryKind, dict[str, EntryMeaning]] = {kind: {} for kind in EntryKind}
        self._n_total = sum(map(len, ids.values()))
        self._n_done = 0

    def entries(self, kind: EntryKind) -> Iterator[EntryFacts]:
        """Those of a kind, in the order of their references."""
        ids = self._ids[kind]
        for start in range(0, len(ids), _AT_ONCE):
            block = ids[start : start + _AT_ONCE]
            with self._opened() as session:
                found = sorted(matchable(session, self._audience, block), key=lambda facts: facts.id)
                self._known[kind] |= passage_vectors(session, found)
            self._n_done += len(block)
            self._tell(self._n_done, self._n_total)
            yield from found

    def passages(self) -> dict[EntryKind, PassageBlock]:
        """The vectors that were there."""
        return {kind: pack_passages(known) for kind, known in self._known.items()}


def check_index(
    session: Session, data_dir: Path, audience: Audience, *, now: datetime, tell: Tell = lambda *_: None
) -> IndexState:
    """Read every byte of the version in use; one that is damaged is taken out of use, to be built anew."""
    folder = folder_of(data_dir, audience)
    state = index_state(session, data_dir, audience, now=now)
    found = None if state.state == "damaged" else open_current(folder, settings_in_force(session))
    if found is not None:
        name, stored = found
        for n_done, fault in enumerate(stored.reader.faults(), 1):
            tell(n_done, stored.reader.n_arrays)
            if fault:
                state = IndexState("damaged", name=name, fault=fault)
                break
    if state.state == "damaged" and state.name is not None:
        take_out_of_use(folder, state.name)
    return state


def seen_by_all(session: Session, data_dir: Path, *, now: datetime) -> int:
    """Changes up to this number are in the versions of all audiences, and in every window; 0 for none."""
    lowest: int | None = None
    for audience in Audience:
        if index_state(session, data_dir, audience, now=now).state not in ("ok", "old"):
            return 0
        found = open_current(folder_of(data_dir, audience), settings_in_force(session))
        through = changes_of(found[1]).last if found else 0
        lowest = through if lowest is None else min(lowest, through)
    return max(0, (lowest or 0) - WINDOW)


__all__ = ["IndexState", "build_index", "check_index", "index_state", "n_matchable", "seen_by_all"]
