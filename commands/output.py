"""How does a command that reads files end: refused in words, or with a result that is written whole?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from services.row_files import Problem
from vocabulary.messages import Message, plural_message


def check_output(output: Path, inputs: Sequence[Path | None]) -> None:
    """Refuse a folder that is not there, and a file that is also read."""
    if not output.resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent} to write into", param_hint="-o")
    if output.resolve() in {path.resolve() for path in inputs if path is not None}:
        raise click.BadParameter("it is one of the files to read; name another", param_hint="-o")


def end_if_refused(problems: Sequence[Problem]) -> None:
    """List every problem and end with 1, if there is any.

    Where a file has very many, the later ones are listed by their rows, for each field and sort together.
    """
    for problem in problems:
        if not problem.is_brief:
            click.echo(str(problem), err=True)
    for line in _in_brief([problem for problem in problems if problem.is_brief]):
        click.echo(line, err=True)
    if problems:
        message = plural_message(
            "Nothing was written: {n} problem to correct.",
            "Nothing was written: {n} problems to correct.",
            len(problems),
        )
        click.echo(str(message), err=True)
        sys.exit(1)


def _in_brief(problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each sort of problem in a field of a file: 1001-2000, 2005."""
    sorts: dict[tuple[str, str | None, str], list[Problem]] = {}
    for problem in problems:
        sorts.setdefault((problem.file, problem.field, problem.message.msgid), []).append(problem)
    for (file, field, _), alike in sorts.items():
        rows = sorted({problem.row for problem in alike if problem.row is not None})
        told = Message("{n} more like this one: {example}", n=len(alike), example=alike[0].message)
        place = ", ".join([file, f"rows {_ranges(rows)}", *([field] if field else [])])
        yield f"{place}: {told}"


def _ranges(rows: Sequence[int]) -> str:
    parts: list[list[int]] = []
    for row in rows:
        if parts and row == parts[-1][1] + 1:
            parts[-1][1] = row
        else:
            parts.append([row, row])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


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
