"""How does an index become files that every process maps, and an index again?

Everything an index holds is arrays or tables of texts over arrays, so opening a version of a million entries
reads a manifest and maps one file; what a search touches is read by the system, once for all processes. An
index from files ranks to the last byte as the one in memory that it was written from. Entries are written as
they come, and only what columns need of them stays in memory, so building is bound by the words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.bags import Bags, CountEach, count_each, count_entries, language_of
from matching.columns import Columns
from matching.facets import Facet
from matching.facts import EntryFacts
from matching.files import Damaged, Reader, Writer, open_folder
from matching.index import Index, Segment, build_segment
from matching.meaning import PassageBlock
from matching.postings import Postings
from matching.records import StoredEntries, to_line
from matching.settings import MatchingSettings
from matching.tables import Groups, Labels, Names, Numbers, Rows, pack_groups, pack_labels, pack_names
from matching.text import ANALYSIS_VERSION
from matching.tfidf import FORMULA_VERSION, TermModel, Vectors, fit, weigh
from matching.topics import Topics
from vocabulary.states import EntryKind

LAYOUT_VERSION = 2
"""Raise it whenever the same arrays would mean something else."""
_MANY = 4_096
"""Groups up to so many are looked up in a dictionary, which is quicker; more stay where they lie."""
Told: TypeAlias = Callable[[], None]
"""Is called for every entry that was taken in."""

_RECORDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Bags, Columns, Facet, Names, PassageBlock, Postings, TermModel, Topics, Vectors)
}
_SEGMENT = ("ids", "row_versions", "columns", "first_piece", "bags", "vectors", "postings")
_LAID_DOWN = ("field_weights", "tag_weights", "essential_weight")
"""Settings that are in the arrays; all others are read when a request is ranked."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One version from files: an index of each kind, and the passages whose vectors were known."""

    reader: Reader
    indexes: Mapping[EntryKind, Index]
    passages: Mapping[EntryKind, PassageBlock]

    @property
    def about(self) -> Mapping[str, Any]:
        """What the writer wanted to be kept beside it."""
        found: Mapping[str, Any] = self.reader.about["about"]
        return found


def write_version(
    folder: Path,
    entries: Mapping[EntryKind, Iterable[EntryFacts]],
    settings: MatchingSettings,
    *,
    passages: Callable[[], Mapping[EntryKind, PassageBlock]],
    about: Mapping[str, Any],
    told: Told = lambda: None,
    each: CountEach = count_each,
) -> None:
    """Fit a version on entries and write it.

    Parameters
    ----------
    folder : Path
        There, and empty. Broken off, it is left without a manifest and can never be opened.
    entries : mapping of kind to entries, each in the order of their ids
    settings : MatchingSettings
    passages : callable
        The vectors to keep beside them; called when the entries have been read.
    about : mapping
        Kept with the version; anything JSON can hold.
    told : callable
    each : callable
        Counts the words of entries in their order: `matching.bags.count_each`, or the same by more hands.

    Raises ValueError for entries out of order, an id twice or another kind, OSError when the disk refuses.
    """
    out = Writer(folder)
    try:
        taken = {kind: _take_in(out, kind, entries.get(kind, ()), settings, told, each) for kind in EntryKind}
        model = fit([bags for _, bags, _ in taken.values()])
        plan: dict[str, Any] = {"model": _put(out, "model", model)}
        for kind in EntryKind:
            bare, bags, first_piece = taken.pop(kind)
            segment = build_segment(bare, bags, first_piece, weigh(bags, model, kind), settings)
            del bare, bags
            plan[kind.value] = {
                name: _put(out, f"{kind}/{name}", getattr(segment, name)) for name in _SEGMENT
            }
        plan["passages"] = {
            kind.value: _put(out, f"passages/{kind}", block) for kind, block in passages().items()
        }
        out.close({"layout": layout(settings), "plan": plan, "about": about})
    finally:
        out.abandon()


def open_version(folder: Path, settings: MatchingSettings) -> Stored:
    """Map a version. Raises Damaged when its files are not whole, or were written by other rules."""
    reader = open_folder(folder)
    if reader.about.get("layout") != layout(settings):
        raise Damaged(f"{folder}: written by other rules than those in use now")
    plan = reader.about["plan"]
    try:
        model: TermModel = _get(reader, "model", plan["model"])
        indexes = {kind: _index(reader, kind, model, settings, plan[kind.value]) for kind in EntryKind}
        passages = {
            EntryKind(kind): _get(reader, f"passages/{kind}", block)
            for kind, block in plan["passages"].items()
        }
    except (KeyError, TypeError, ValueError) as wrong:
        raise Damaged(f"{folder}: the plan of the arrays does not hold") from wrong
    return Stored(reader, indexes, passages)


def layout(settings: MatchingSettings) -> str:
    """Names everything that the bytes of a version follow from, beside its entries."""
    rules = {
        "layout": LAYOUT_VERSION,
        "analysis": ANALYSIS_VERSION,
        "formula": FORMULA_VERSION,
        "settings": {name: getattr(settings, name) for name in _LAID_DOWN},
        "records": {name: _parts(kind) for name, kind in _RECORDS.items()},
    }
    return sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]


def _parts(record: type[Any]) -> list[str]:
    return [one.name for one in fields(record) if one.init]


def _take_in(
    out: Writer,
    kind: EntryKind,
    entries: Iterable[EntryFacts],
    settings: MatchingSettings,
    told: Told,
    each: CountEach,
) -> tuple[list[EntryFacts], Bags, NDArray[np.intp]]:
    """Write the entries of a kind; returns them without their texts, and their words."""
    lengths: list[int] = []
    bare: list[EntryFacts] = []
    sets: dict[frozenset[str], frozenset[str]] = {}

    with out.stream(f"{kind}/lines") as write:

        def passing() -> Iterator[EntryFacts]:
            for entry in entries:
                _check(entry, kind, bare)
                line = to_line(entry)
                write(line)
                lengths.append(len(line))
                bare.append(_bare(entry, sets))
                told()
                yield entry

        bags, first_piece = count_entries(passing(), settings, each)
    out.put(f"{kind}/line_starts", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    return bare, bags, first_piece


def _check(entry: EntryFacts, kind: EntryKind, before: Sequence[EntryFacts]) -> None:
    if entry.kind is not kind:
        raise ValueError(f"entry {entry.id} is not of the kind {kind}")
    if before and before[-1].id >= entry.id:
        raise ValueError(f"entry {entry.id} stands twice or after {before[-1].id}")


def _bare(entry: EntryFacts, sets: dict[frozenset[str], frozenset[str]]) -> EntryFacts:
    """The same with its language for its texts; equal sets of codes are one set, since there are few."""
    shared: dict[str, Any] = {
        name: sets.setdefault(codes, codes) for name in _SETS if (codes := getattr(entry, name))
    }
    return replace(entry, texts={}, language=language_of(entry), **shared)


def _index(
    reader: Reader, kind: EntryKind, model: TermModel, settings: MatchingSettings, plan: Mapping[str, Any]
) -> Index:
    found = {name: _get(reader, f"{kind}/{name}", plan[name]) for name in _SEGMENT}
    base = Segment(
        entries=StoredEntries(kind, reader.get(f"{kind}/lines"), reader.get(f"{kind}/line_starts")),
        rows=Rows(found["ids"]),
        numbers=Numbers(found["bags"].names),
        **found,
    )
    return Index(kind, model, settings, base, np.ones(len(base.entries), dtype=np.bool_))


def _put(out: Writer, name: str, value: Any) -> dict[str, Any]:
    """Write what a value holds; returns what is needed to find it again."""
    if isinstance(value, np.ndarray):
        out.put(name, value)
        return {"is": "array"}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        parts = {part: _put(out, f"{name}/{part}", getattr(value, part)) for part in _parts(type(value))}
        return {"is": type(value).__name__, "parts": parts}
    if isinstance(value, Mapping):
        return _put_mapping(out, name, value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _put_texts(out, name, value)
    if value is None or isinstance(value, str | int | float):
        return {"is": "value", "value": value}
    raise TypeError(f"{name}: no way to write a {type(value).__name__}")


def _put_mapping(out: Writer, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    items = list(value.values())
    if all(isinstance(item, int) for item in items):
        names = _put(out, f"{name}/names", pack_names(value))
        out.put(f"{name}/values", np.array(items, dtype=np.int64))
        return {"is": "numbers", "names": names}
    if all(isinstance(item, np.ndarray) for item in items):
        groups = pack_groups(value)
        out.put(f"{name}/starts", groups.starts)
        out.put(f"{name}/values", groups.held)
        return {"is": "groups", "names": _put(out, f"{name}/names", groups.names)}
    return {"is": "table", "parts": {key: _put(out, f"{name}/{key}", item) for key, item in value.items()}}


def _put_texts(out: Writer, name: str, value: Sequence[Any]) -> dict[str, Any]:
    if None not in value and len(set(value)) == len(value):
        return _put(out, name, pack_names(value))
    labels = pack_labels(value)
    out.put(f"{name}/codes", labels.codes)
    return {"is": "labels", "names": _put(out, f"{name}/names", labels.names)}


def _get(reader: Reader, name: str, plan: Mapping[str, Any]) -> Any:
    """What `_put` wrote under a name."""
    kind = plan["is"]
    if kind in _RECORDS:
        parts = plan["parts"].items()
        return _RECORDS[kind](**{part: _get(reader, f"{name}/{part}", held) for part, held in parts})
    return _READERS[kind](reader, name, plan)


def _names(reader: Reader, name: str, plan: Mapping[str, Any]) -> Names:
    found: Names = _get(reader, f"{name}/names", plan["names"])
    return found


def _groups(found: Groups) -> Mapping[str, NDArray[Any]]:
    return found if len(found) > _MANY else dict(found.items())


_READERS: dict[str, Callable[[Reader, str, Mapping[str, Any]], Any]] = {
    "array": lambda reader, name, plan: reader.get(name),
    "value": lambda reader, name, plan: plan["value"],
    "table": lambda reader, name, plan: {
        key: _get(reader, f"{name}/{key}", held) for key, held in plan["parts"].items()
    },
    "numbers": lambda reader, name, plan: Numbers(_names(reader, name, plan), reader.get(f"{name}/values")),
    "groups": lambda reader, name, plan: _groups(
        Groups(_names(reader, name, plan), reader.get(f"{name}/starts"), reader.get(f"{name}/values"))
    ),
    "labels": lambda reader, name, plan: Labels(_names(reader, name, plan), reader.get(f"{name}/codes")),
}
_SETS = tuple(one.name for one in fields(EntryFacts) if one.default == frozenset())
