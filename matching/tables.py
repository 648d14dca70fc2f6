"""How do tables of texts lie in arrays, so that opening a million of them costs nothing?

Each class reads like a tuple or a dictionary and holds arrays only, which may be mapped from a file: an item
is decoded when it is asked for. Texts are UTF-8 one behind the other (a lone surrogate as itself); a text is
found through buckets of its CRC-32.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar, overload
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Found = TypeVar("Found")
_MOST_REMEMBERED = 50_000
"""Texts that were asked for are remembered, up to so many: a few thousand words make up most of all texts."""
Array: TypeAlias = NDArray[Any]


class Lazy(Sequence[Found]):
    """A sequence that makes its items when they are asked for; a slice of it is a tuple."""

    def _item(self, number: int) -> Found:
        raise NotImplementedError

    @overload
    def __getitem__(self, number: int) -> Found: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Found, ...]: ...
    def __getitem__(self, number: int | slice) -> Found | tuple[Found, ...]:
        """One item, or those of a slice."""
        if isinstance(number, slice):
            return tuple(self._item(at) for at in range(*number.indices(len(self))))
        at = number + len(self) if number < 0 else number
        if not 0 <= at < len(self):
            raise IndexError(number)
        return self._item(at)


@dataclass(frozen=True, slots=True, eq=False)
class Names(Lazy[str]):
    """n different texts, in an order of their own.

    Attributes
    ----------
    letters : uint8 array
        All of them, one behind the other.
    starts : array of shape (n + 1,)
        Where each begins.
    buckets, order : arrays of shape (m + 1,) and (n,)
        `order[buckets[b]:buckets[b + 1]]`: the numbers of the texts whose CRC-32 is b modulo m, a power of 2.
    """

    letters: Array
    starts: Array
    buckets: Array
    order: Array
    _found: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        """All of them, in order."""
        letters, starts = self.letters.tobytes(), self.starts.tolist()
        for first, last in pairwise(starts):
            yield _text(letters[first:last])

    def _item(self, number: int) -> str:
        return _text(self.letters[self.starts.item(number) : self.starts.item(number + 1)].tobytes())

    def find(self, text: str) -> int:
        """The number of a text, -1 where it is not among them."""
        number = self._found.get(text)
        if number is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            number = self._found[text] = self._search(text)
        return number

    def _search(self, text: str) -> int:
        key = _bytes(text)
        bucket = crc32(key) & (len(self.buckets) - 2)
        for place in range(self.buckets.item(bucket), self.buckets.item(bucket + 1)):
            number: int = self.order.item(place)
            if self.letters[self.starts.item(number) : self.starts.item(number + 1)].tobytes() == key:
                return number
        return -1


def pack_names(texts: Iterable[str]) -> Names:
    """Lay different texts out, in the order given."""
    keys = [_bytes(text) for text in texts]
    n_buckets = 1 << max(len(keys) - 1, 0).bit_length()
    bucket = np.fromiter((crc32(key) & (n_buckets - 1) for key in keys), dtype=np.int64, count=len(keys))
    return Names(
        letters=np.frombuffer(b"".join(keys), dtype=np.uint8),
        starts=_starts(np.fromiter(map(len, keys), dtype=np.int64, count=len(keys))),
        buckets=_starts(np.bincount(bucket, minlength=n_buckets)),
        order=np.argsort(bucket, kind="stable").astype(np.int32),
    )


class _ByName(Mapping[str, Found]):
    """Texts to what belongs to the number of each; quick to ask for one that is not there."""

    __slots__ = ()
    names: Names

    def _at(self, number: int) -> Found:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __getitem__(self, name: str) -> Found:
        number = self.names.find(name)
        if number < 0:
            raise KeyError(name)
        return self._at(number)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.names.find(name) >= 0

    def get(self, name: str, default: Any = None, /) -> Any:
        """What belongs to a text, or the default."""
        number = self.names.find(name)
        return default if number < 0 else self._at(number)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers(_ByName[int]):
    """Texts to whole numbers: `held`, or the place of each text where there are none."""

    names: Names
    held: Array | None = None

    def _at(self, number: int) -> int:
        return number if self.held is None else int(self.held.item(number))


@dataclass(frozen=True, slots=True, eq=False)
class Groups(_ByName[Array]):
    """Texts to arrays: `held[starts[n]:starts[n + 1]]` for the text of number n."""

    names: Names
    starts: Array
    held: Array

    def _at(self, number: int) -> Array:
        return self.held[self.starts.item(number) : self.starts.item(number + 1)]


def pack_groups(groups: Mapping[str, Array]) -> Groups:
    """Lay arrays of one kind out one behind the other, in the order given."""
    parts = list(groups.values()) or [np.empty(0, dtype=np.intp)]
    lengths = np.array([len(part) for part in groups.values()], dtype=np.int64)
    return Groups(pack_names(groups), _starts(lengths), np.concatenate(parts))


@dataclass(frozen=True, slots=True, eq=False)
class Labels(Lazy[str | None]):
    """n texts or None, of which many are equal: `codes` are numbers of `names`, -1 for None."""

    names: Names
    codes: Array

    def __len__(self) -> int:
        """Count the labels."""
        return len(self.codes)

    def _item(self, number: int) -> str | None:
        code = self.codes.item(number)
        return None if code < 0 else self.names[code]


def pack_labels(labels: Sequence[str | None]) -> Labels:
    """Lay labels out, each different text once."""
    numbers: dict[str, int] = {}
    codes = [-1 if label is None else numbers.setdefault(label, len(numbers)) for label in labels]
    return Labels(pack_names(numbers), np.array(codes, dtype=np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Mapping[str, int]):
    """Ids to their rows; `ids` is a growing array of texts."""

    ids: NDArray[np.str_]

    def __len__(self) -> int:
        """Count the ids."""
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        """All of them, in order."""
        return iter(self.ids.tolist())

    def __getitem__(self, name: str) -> int:
        """The row of an id. Raises KeyError."""
        asked = np.array(name, dtype=self.ids.dtype)  # of another length, numpy would copy all ids
        row = int(np.searchsorted(self.ids, asked))
        if row < len(self.ids) and str(self.ids[row]) == name:
            return row
        raise KeyError(name)


def _starts(lengths: Array) -> Array:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(letters: bytes) -> str:
    return letters.decode("utf-8", "surrogatepass")
