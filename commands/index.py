"""Operate the match index: `flask index rebuild`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from commands.replies import refusals_in_words
from services.clock import utc_now
from services.match_index import ask_for_refit
from services.transaction import transaction

index_group = AppGroup("index", help="The index that matches are ranked with.")


@index_group.command("rebuild")
def rebuild() -> None:
    """Let every worker fit its index anew, with the words in use now, before its next answer."""
    with refusals_in_words(), transaction() as session:
        ask_for_refit(session, now=utc_now())
    click.echo("Every worker fits its index anew before its next answer.")
