"""One request against a version on disk, from nothing: what a worker does after a restart.

    .venv/bin/python -m benchmarks.matching_first VERSION REQUEST

VERSION is a folder of `matching.stored`, REQUEST a file with one line of `matching.records`. Prints seconds
since the process began to import, then the references of the ten best.
"""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path

_BEGAN = time.perf_counter()

from matching.rank import rank  # noqa: E402 -- the imports are part of what is measured
from matching.records import from_line  # noqa: E402
from matching.settings import DEFAULT_SETTINGS  # noqa: E402
from matching.stored import open_version  # noqa: E402
from vocabulary.states import EntryKind  # noqa: E402


def main() -> None:
    """Open, rank, explain."""
    version, line = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    index = open_version(version, DEFAULT_SETTINGS).indexes[EntryKind.OFFER]
    found = rank(from_line(line, EntryKind.REQUEST), index, today=date(2026, 3, 1))
    told = [(match.id, [str(text) for text in match.reasons.values()]) for match in found.matches]
    print(f"{time.perf_counter() - _BEGAN:.3f}", *(name for name, _ in told))


if __name__ == "__main__":
    main()
