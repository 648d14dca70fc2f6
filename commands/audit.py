"""`flask audit verify`: is the audit trail whole?"""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from commands.replies import refusals_in_words
from services import audit
from services.transaction import reading

group = AppGroup("audit", help="The audit trail.")


@group.command("verify")
def verify() -> None:
    """Walk the whole trail and name the first event that was changed, removed, inserted or moved.

    Ends with 1 when there is one. Prints the hash of the last event: note it elsewhere from time to time, and
    nobody who has the key can cut the end off unseen.
    """
    with refusals_in_words(), reading() as session:
        n_events, fault = audit.verify(session)
        head = audit.head_hash(session)
    if fault is not None:
        click.echo(f"Event {fault.sequence}: {fault.fault}.", err=True)
        sys.exit(1)
    click.echo(f"{n_events} events, none changed, removed, inserted or moved. Last hash: {head}")
