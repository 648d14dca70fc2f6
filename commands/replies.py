"""How does a command say no? One place that turns refusals into a sentence and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from marshmallow import ValidationError

from services.health import in_words_for_operators
from vocabulary.errors import HouseError


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """End with 1 and every error in words when a use case or a schema refuses."""
    try:
        yield
    except ValidationError as wrong:
        _end(_lines(wrong.normalized_messages()))
    except HouseError as refused:
        _end(_lines(refused.errors) or [str(in_words_for_operators(refused))])


def _lines(errors: Mapping[Any, Any], within: str = "") -> list[str]:
    """One line for each error: the field, then the sentence."""
    lines: list[str] = []
    for field, found in errors.items():
        name = f"{within}{field}"
        if isinstance(found, Mapping):
            lines += _lines(found, f"{name}.")
        elif isinstance(found, Sequence):
            lines += [f"{name}: {text}" for text in found]
    return lines


def _end(lines: list[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)
