"""How does a command that reads files end: refused in words, or with a result that is written whole?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from commands.rows import Problem
from vocabulary.messages import Message, plural_message


def check_output(output: Path, inputs: Sequence[Path | None]) -> None:
    """Refuse a folder that is not there, and a file that is also read."""
    if not output.resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent} to write into", param_hint="-o")
    if output.resolve() in {path.resolve() for path in inputs if path is not None}:
        raise click.BadParameter("it is one of the files to read; name another", param_hint="-o")


def end_if_refused(problems: Sequence[Problem]) -> None:
    """List every problem and end with 1, if there is any."""
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        message = plural_message(
            "Nothing was written: {n} problem to correct.",
            "Nothing was written: {n} problems to correct.",
            len(problems),
        )
        click.echo(str(message), err=True)
        sys.exit(1)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say why a file cannot be written, and end with 1."""
    try:
        yield
    except OSError as error:
        message = Message(
            "{file} cannot be written: {reason}. Nothing was changed.", file=path, reason=error.strerror
        )
        click.echo(str(message), err=True)
        sys.exit(1)
