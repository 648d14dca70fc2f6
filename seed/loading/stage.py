"""In which order does the demonstration world happen, and who acts? A timeline, and what its steps share.

Every step has its time and is played in that order, so that references, versions and the audit trail come
out as they would have. Knows nothing of what the steps do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from models.entries import Entry
from seed.demo.plan import World
from vocabulary.people import Actor

Step = Callable[[datetime], None]
Progress = Callable[[], None]


@dataclass(slots=True)
class Timeline:
    """Steps with their times; what would lie after `until` happens then."""

    until: datetime
    _steps: list[tuple[datetime, int, Step]] = field(default_factory=list)

    def at(self, when: datetime, step: Step) -> None:
        """Put a step at its time; steps of the same time keep the order they were put in."""
        self._steps.append((min(when, self.until), len(self._steps), step))

    def __len__(self) -> int:
        return len(self._steps)

    def play(self, progress: Progress) -> None:
        """Take every step, the earliest first."""
        for when, _, step in sorted(self._steps, key=lambda entry: entry[:2]):
            step(when)
            progress()


@dataclass(slots=True)
class Stage:
    """What the steps share: the open transaction, the plan, and what came of it, by the plan's keys."""

    session: Session
    world: World
    timeline: Timeline
    now: datetime
    password_hash: str
    actors: dict[str, Actor] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    nominations: dict[str, str] = field(default_factory=dict)

    def entry(self, key: str) -> Entry:
        """The entry of a key, with the version that a reader would see now."""
        self.session.flush()
        return self.entries[key]

    def account_id(self, key: str) -> int:
        """The account of somebody who is in the world already."""
        account_id = self.actors[key].account_id
        if account_id is None:
            raise LookupError(f"{key} has no account")
        return account_id
