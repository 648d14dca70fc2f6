"""Which command that needs files only, and no service, was the command line called with?

Such a command runs without settings, database, web and API: Flask finds it in an app that holds nothing else.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

ON_FILES = {
    "match": "commands.match:match_command",
    "evaluate": "commands.evaluate:evaluate_command",
    "assign": "commands.assign:assign_command",
    "allocate": "commands.allocate:allocate_command",
    "shortlist": "commands.shortlist:shortlist_command",
    "shortlist-check": "commands.shortlist:shortlist_check_command",
}
"""Name of each command to where it stands; `commands.registry` has all commands."""


def asked_for() -> click.Command | None:
    """The command of files that `flask` was called with; None for any other command, and for a server."""
    context = click.get_current_context(silent=True)
    if context is None:
        return None
    called = context.find_root()
    _, words, _ = called.command.make_parser(called).parse_args(list(sys.argv[1:]))
    place = ON_FILES.get(words[0]) if words else None
    return _loaded(place) if place else None


def _loaded(place: str) -> click.Command:
    module, _, name = place.partition(":")
    command: click.Command = getattr(import_module(module), name)
    return command
