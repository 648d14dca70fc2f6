"""`flask audit verify [FILE]`: is the audit trail whole, or the file of a decision?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from commands.replies import refusals_in_words
from config import Settings
from services import audit, decision_files
from services.transaction import reading

group = AppGroup("audit", help="The audit trail.")


@group.command("verify")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path | None) -> None:
    """Walk the whole trail and name the first event that was changed, removed, inserted or moved.

    Ends with 1 when there is one. Prints the hash of the last event: note it elsewhere from time to time, and
    nobody who has the key can cut the end off unseen.

    With FILE, the file of a decision: check that instead, without the database. It needs the AUDIT_KEY that
    the file was made with; it ends with 1 where a single byte was changed.
    """
    if file is not None:
        _verify_file(file)
        return
    with refusals_in_words(), reading() as session:
        n_events, fault = audit.verify(session)
        head = audit.head_hash(session)
    if fault is not None:
        click.echo(f"Event {fault.sequence}: {fault.fault}.", err=True)
        sys.exit(1)
    click.echo(f"{n_events} events, none changed, removed, inserted or moved. Last hash: {head}")


def _verify_file(path: Path) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    try:
        found = decision_files.check(path.read_bytes(), settings.audit_key.encode())
    except decision_files.NotWhole as broken:
        click.echo(f"{path}: {broken}.", err=True)
        sys.exit(1)
    click.echo(f"{path}: {found.subject}, made {found.made_at}, {found.n_files} files, none changed.")
