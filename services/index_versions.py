"""Which version of the match index lies in the data folder, and how does another take its place?

`index/AUDIENCE` holds a folder for each version and `current`, a file that names the one in use. A version is
written in a folder of its own whose name begins with `.building-`, and only renamed when every byte is on the
disk, so whatever breaks off leaves the one in use as it is. One process builds at a time, by a lock that ends
with it. What nobody names any more is removed; whoever still has it mapped goes on reading it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matching.files import Damaged, sync_folder
from matching.settings import MatchingSettings
from matching.stored import Stored, open_version
from services.match_facts import Audience
from vocabulary.errors import Conflict
from vocabulary.messages import Message

FOLDER = "index"
CURRENT = "current"
_LOCK = ".lock"
_BUILDING = ".building-"
_NAME = re.compile(r"v[0-9]{12}-[0-9a-f]{8}")
_TRIES = 3
"""A version may be replaced between reading its name and opening it."""

BUSY = Message("The index is being built by another process at this moment.")


def folder_of(data_dir: Path, audience: Audience) -> Path:
    """Where the versions for an audience lie."""
    return data_dir / FOLDER / audience.value


def current_name(folder: Path) -> str | None:
    """The name of the version in use, None where there is none."""
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return name if _NAME.fullmatch(name) else None


def open_current(folder: Path, settings: MatchingSettings) -> tuple[str, Stored] | None:
    """Map the version in use; None where there is none. Raises Damaged."""
    for attempt in range(_TRIES):
        name = current_name(folder)
        if name is None:
            return None
        try:
            return name, open_version(folder / name, settings)
        except Damaged:
            if attempt + 1 == _TRIES or current_name(folder) == name:
                raise
    return None


def take_out_of_use(folder: Path, name: str) -> None:
    """Let nobody open a version any more; the next build removes it."""
    if current_name(folder) == name:
        (folder / CURRENT).unlink(missing_ok=True)


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """An empty folder to write a version into; gone afterwards unless it was published.

    Raises Conflict while another process builds. What builds that were broken off have left is removed first.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(BUSY, code="index_busy") from None
        _sweep(folder, current_name(folder))
        place = folder / f"{_BUILDING}{secrets.token_hex(8)}"
        place.mkdir(mode=0o700)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def publish(folder: Path, place: Path, through: int) -> str:
    """Put what was written in use, inside `building`; returns its name, which holds the last change seen."""
    name = f"v{through:012d}-{secrets.token_hex(4)}"
    place.rename(folder / name)
    sync_folder(folder)
    draft = folder / f"{CURRENT}.new"
    with draft.open("w", encoding="ascii") as pointer:
        pointer.write(name + "\n")
        pointer.flush()
        os.fsync(pointer.fileno())
    draft.replace(folder / CURRENT)
    sync_folder(folder)
    _sweep(folder, name)
    return name


def _sweep(folder: Path, kept: str | None) -> None:
    """Remove every version and every broken-off build but one version; only under the lock."""
    for path in folder.iterdir():
        is_version = _NAME.fullmatch(path.name) and path.name != kept
        if is_version or path.name.startswith(_BUILDING):
            shutil.rmtree(path, ignore_errors=True)
