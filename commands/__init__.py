"""Floor 5, command line: `flask --app app …`.

Files in, files out; exit status 0 done, 1 refused by the data, 2 wrong use.
"""

from __future__ import annotations

from flask import Flask

from commands import audit, seed, tokens, users
from commands.index import index_group
from commands.match import match_command
from commands.operation import backup, restore, show_settings

COMMANDS = (
    match_command,
    index_group,
    users.group,
    tokens.group,
    audit.group,
    seed.group,
    backup,
    restore,
    show_settings,
)


def register(app: Flask) -> None:
    """Add every command to the app."""
    for command in COMMANDS:
        app.cli.add_command(command)
