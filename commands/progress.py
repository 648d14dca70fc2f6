"""How does long work show how far it is? A bar on a terminal, on standard error; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Tell = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


def untold(done: int, total: int) -> None:
    """A `Tell` that nobody hears."""


@contextmanager
def bar(label: str) -> Iterator[Tell]:
    """A bar for as long as the work goes on."""
    if not sys.stderr.isatty():
        yield untold
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as shown:

        def tell(done: int, total: int) -> None:
            shown.length = max(total, 1)
            if done != shown.pos:
                shown.update(done - shown.pos)

        yield tell
