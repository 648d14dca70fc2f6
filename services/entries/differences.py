"""What changed between two versions of an entry, field by field, and word by word in texts.

A Chinese text has no spaces, so each of its characters counts as a word. Long texts are compared sentence by
sentence first, and only what changed word by word, so that time stays short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from services.entries.fields import BY_NAME, FIELDS, ValueKind
from vocabulary.messages import Message

SAME, REMOVED, ADDED = "same", "removed", "added"
_SENTENCE = re.compile(r"[^.!?。！？؟\n]*(?:[.!?。！？؟\n]+\s*|$)")
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"  # one character of Chinese or Japanese
    r"|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"  # a word in any other script
    r"|\s+|[^\w\s]"
)
_TEXTS = (ValueKind.LINE, ValueKind.TEXT)
_MOST_WORDS = 3_000
"""Words of a changed stretch compared one by one; a longer one is shown as replaced."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that is the same, removed or added."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field whose value changed. `parts`: stretches of a text; `added`, `removed`: codes of a list."""

    name: str
    label: Message
    old: Any
    new: Any
    parts: tuple[Part, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldDifference]:
    """The fields whose JSON values differ, in the order of the table; a missing field counts as empty."""
    return [
        _difference(name, old.get(name), new.get(name))
        for name in (field.name for field in FIELDS)
        if (old.get(name) or None) != (new.get(name) or None)
    ]


def _difference(name: str, old: Any, new: Any) -> FieldDifference:
    field = BY_NAME[name]
    if field.kind in _TEXTS:
        return FieldDifference(name, field.label, old, new, parts=text_parts(old or "", new or ""))
    if field.is_list:
        before, after = set(old or ()), set(new or ())
        return FieldDifference(
            name,
            field.label,
            old,
            new,
            added=tuple(sorted(after - before)),
            removed=tuple(sorted(before - after)),
        )
    return FieldDifference(name, field.label, old, new)


def text_parts(old: str, new: str) -> tuple[Part, ...]:
    """Stretches in reading order; those same or removed add up to `old`, same or added to `new`."""
    parts: list[Part] = []
    for before, after in _changes(_SENTENCE.findall(old), _SENTENCE.findall(new)):
        if before == after:
            parts.append(Part(SAME, before))
        else:
            parts.extend(_word_parts(before, after))
    return tuple(_joined(parts))


def _word_parts(old: str, new: str) -> Iterator[Part]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    pairs = [(old, new)] if max(len(before), len(after)) > _MOST_WORDS else _changes(before, after)
    for removed, added in pairs:
        if removed == added:
            yield Part(SAME, removed)
            continue
        yield Part(REMOVED, removed)
        yield Part(ADDED, added)


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of stretches, joined; equal ones are the same text in both."""
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        yield "".join(old[i1:i2]), "".join(new[j1:j2])


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """Without empty stretches, and neighbours of one kind as one."""
    kind, text = SAME, ""
    for part in parts:
        if part.text and part.kind == kind:
            text += part.text
        elif part.text:
            if text:
                yield Part(kind, text)
            kind, text = part.kind, part.text
    if text:
        yield Part(kind, text)
