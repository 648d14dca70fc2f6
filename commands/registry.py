"""Every command of the command line, added to the app in one place.

Apart from the package itself, so that `flask match` on two files needs no database to be imported.
"""

from __future__ import annotations

from flask import Flask

from commands import audit, seed, tokens, users, vectors
from commands.allocate import allocate_command
from commands.archive import archive_command
from commands.assign import assign_command
from commands.evaluate import evaluate_command
from commands.index import index_group
from commands.match import match_command
from commands.operation import backup, restore, show_settings
from commands.shortlist import shortlist_check_command, shortlist_command
from commands.transfer import export_command, import_command

COMMANDS = (
    match_command,
    evaluate_command,
    assign_command,
    allocate_command,
    shortlist_command,
    shortlist_check_command,
    export_command,
    import_command,
    index_group,
    vectors.group,
    users.group,
    tokens.group,
    audit.group,
    seed.group,
    archive_command,
    backup,
    restore,
    show_settings,
)


def register(app: Flask) -> None:
    """Add every command to the app."""
    for command in COMMANDS:
        app.cli.add_command(command)
