"""How is an entry's facts one line of JSON, and how does it come back exactly as it was?

Fields that say nothing are left out. A line holds no code and needs none: dates are ISO 8601, sets are sorted
lists, numbers are written so that they read back as the same number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.facts import EntryFacts
from matching.tables import Lazy
from vocabulary.states import EntryKind

_DEFAULTS: dict[str, Any] = {
    one.name: one.default for one in fields(EntryFacts) if one.default is not MISSING
} | {"texts": {}}


def to_line(entry: EntryFacts) -> bytes:
    """The facts of an entry in UTF-8, without its kind and without a line break at the end."""
    said = {
        name: _plain(value)
        for name in _NAMES
        if (value := getattr(entry, name)) != _DEFAULTS.get(name, MISSING)
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def from_line(line: bytes, kind: EntryKind) -> EntryFacts:
    """The entry that a line was written from. Raises ValueError where it is none."""
    said = json.loads(line.decode("utf-8", "surrogatepass"))
    return EntryFacts(kind=kind, **{name: _READ.get(name, _same)(value) for name, value in said.items()})


@dataclass(frozen=True, slots=True, eq=False)
class StoredEntries(Lazy[EntryFacts]):
    """n entries of a kind as lines, each read when it is asked for; `starts` has shape (n + 1,)."""

    kind: EntryKind
    lines: NDArray[np.uint8]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.starts) - 1

    def _item(self, number: int) -> EntryFacts:
        line = self.lines[self.starts.item(number) : self.starts.item(number + 1)].tobytes()
        return from_line(line, self.kind)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: list(texts) for name, texts in value.items()}
    return value


def _same(value: Any) -> Any:
    return value


def _texts(value: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(texts) for name, texts in value.items()}


_NAMES = tuple(one.name for one in fields(EntryFacts) if one.name != "kind")
_READ: dict[str, Callable[[Any], Any]] = {
    "texts": _texts,
    **{name: frozenset for name, default in _DEFAULTS.items() if isinstance(default, frozenset)},
    **{name: date.fromisoformat for name in _NAMES if name.endswith("_on")},
}
