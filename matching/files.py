"""How do many arrays lie in one file that any number of processes map and only read?

A folder holds `data`, the arrays one behind the other, and `manifest.json`, which names each with its type,
shape, place and SHA-256 (with the padding before it, so that every byte is in one), beside what the writer
wants to say of the whole, and ends with its own SHA-256. It is written last, and everything is on the disk
before `Writer.close` returns, so a folder with a manifest that reads is whole. No code is loaded from it.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA, MANIFEST = "data", "manifest.json"
_ALIGNED = 64
_AT_ONCE = 16 * 2**20


class Damaged(Exception):
    """What lies in the folder is not what was written; the text says where."""


class Writer:
    """Writes arrays into a folder that is there and empty."""

    def __init__(self, folder: Path) -> None:
        """Begin the file of arrays. Raises OSError, also in every later step."""
        self._folder = folder
        self._file = (folder / DATA).open("xb", buffering=2**20)
        self._arrays: dict[str, dict[str, Any]] = {}

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Write one array under a name that is not used yet."""
        whole = np.ascontiguousarray(array).reshape(array.shape)
        kind = whole.dtype.newbyteorder("<") if whole.dtype.byteorder == ">" else whole.dtype
        letters = whole.astype(kind, copy=False).reshape(-1).view(np.uint8).data
        with self.stream(name) as write:
            for at in range(0, len(letters), _AT_ONCE):
                write(letters[at : at + _AT_ONCE])
        self._arrays[name] |= {"type": kind.str, "shape": list(whole.shape)}

    @contextmanager
    def stream(self, name: str) -> Iterator[Callable[[bytes | memoryview], None]]:
        """Write bytes, a part after the other, as one array of uint8; nothing else until it ends."""
        if name in self._arrays:
            raise ValueError(f"the array {name} is there already")
        digest = sha256()

        def write(part: bytes | memoryview) -> None:
            digest.update(part)
            self._file.write(part)

        padding = -self._file.tell() % _ALIGNED
        write(bytes(padding))
        first = self._file.tell()
        yield write
        size = self._file.tell() - first
        self._arrays[name] = {
            "type": "|u1",
            "shape": [size],
            "padding": padding,
            "first": first,
            "size": size,
            "sha256": digest.hexdigest(),
        }

    def close(self, about: Mapping[str, Any]) -> None:
        """Write the manifest; after this everything is on the disk."""
        size = self._file.tell()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        text = json.dumps({**about, "size": size, "arrays": self._arrays}, sort_keys=True)
        whole = f"{text}\n{sha256(text.encode()).hexdigest()}\n"
        with (self._folder / MANIFEST).open("x", encoding="utf-8") as manifest:
            manifest.write(whole)
            manifest.flush()
            os.fsync(manifest.fileno())
        sync_folder(self._folder)

    def abandon(self) -> None:
        """Close the file and leave it without a manifest."""
        self._file.close()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Reader:
    """Maps the arrays of a folder. `about` is what the writer said of the whole."""

    folder: Path
    about: Mapping[str, Any]
    size: int
    _arrays: Mapping[str, Mapping[str, Any]]
    _data: mmap.mmap | bytes

    def get(self, name: str) -> NDArray[Any]:
        """An array that cannot be written to. Raises Damaged where there is none of the name."""
        try:
            entry = self._arrays[name]
            kind, shape = np.dtype(entry["type"]), tuple(entry["shape"])
            if 0 in shape:
                return np.empty(shape, dtype=kind)
            n = int(np.prod(shape, dtype=np.int64))
            return np.frombuffer(self._data, dtype=kind, count=n, offset=entry["first"]).reshape(shape)
        except (KeyError, TypeError, ValueError) as wrong:
            raise Damaged(f"{self.folder}: the array {name} cannot be read") from wrong

    def faults(self) -> Iterator[str | None]:
        """Read every byte: for each array None, or what is wrong with it."""
        for name, entry in self._arrays.items():
            digest = sha256()
            first, last = entry["first"] - entry["padding"], entry["first"] + entry["size"]
            letters = memoryview(self._data)[first:last]
            for at in range(0, len(letters), _AT_ONCE):
                digest.update(letters[at : at + _AT_ONCE])
            right = digest.hexdigest() == entry["sha256"]
            yield None if right else f"{self.folder}: the array {name} is not what was written"

    @property
    def n_arrays(self) -> int:
        """Arrays in the file."""
        return len(self._arrays)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What was said of a folder. Raises Damaged when it is missing or not what was written."""
    try:
        text, digest, end = (folder / MANIFEST).read_bytes().split(b"\n")
        if end or sha256(text).hexdigest().encode() != digest:
            raise Damaged(f"{folder}: the manifest is not what was written")
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as wrong:
        raise Damaged(f"{folder}: the manifest cannot be read") from wrong
    return found


def open_folder(folder: Path) -> Reader:
    """Map a folder; looks at the manifest and the length of the data only. Raises Damaged."""
    about = read_manifest(folder)
    arrays, size = about.pop("arrays"), about.pop("size")
    try:
        with (folder / DATA).open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            if found != size:
                raise Damaged(f"{folder}: the data have {found} bytes, not the {size} that were written")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as wrong:
        raise Damaged(f"{folder}: the data cannot be read") from wrong
    return Reader(folder, about, size, arrays, data)
