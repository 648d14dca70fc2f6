"""`flask backup`, `flask restore`, `flask settings`: what an operator does to the whole service."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.replies import refusals_in_words
from config import SETTINGS, Setting, Settings
from services import audit, backups
from services.backups import BackupFault
from services.clock import utc_now
from services.transaction import reading

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^\s]*@")
"""The password inside an address."""


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@with_appcontext
def backup(file: Path, overwrite: bool) -> None:
    """Write the database and the attachments to one FILE, while the service runs.

    The secrets of the service are not in it. The file holds personal data: keep it as safe as the service.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if file.exists() and not overwrite:
        _end(f"{file} is there already. Name another file, or add --overwrite.", 2)
    if not file.parent.is_dir():
        _end(f"There is no folder {file.parent}.", 2)
    try:
        with refusals_in_words(), reading() as session:
            done = backups.write_backup(session, settings.data_dir, file, now=utc_now())
    except (BackupFault, OSError) as fault:
        _end(str(fault), 1)
    click.echo(
        f"{file}: {done.database} database, {done.n_files} attachments, {done.n_bytes / 1e6:.1f} MB,"
        f" {done.audit_sequence} audit events. Keep SECRET_KEY and AUDIT_KEY elsewhere; they are not in it."
    )


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Bring a backup FILE into an empty database and data folder, then verify it.

    Where to is said by CAPMATCH_DATA and DATABASE_URL; nothing that is there already is overwritten. Ends
    with 1 when the file is damaged, the place is not empty, or the result does not verify.
    """
    settings: Settings = current_app.config["SETTINGS"]
    try:
        with refusals_in_words(), reading() as session:
            done = backups.restore_backup(session, settings.data_dir, file)
    except (BackupFault, OSError) as fault:
        _end(str(fault), 1)
    with refusals_in_words(), reading() as session:
        faults = backups.faults_after_restore(session, done)
        n_events, broken = audit.verify(session)
    if broken is not None:
        faults.append(f"audit event {broken.sequence}: {broken.fault} (is AUDIT_KEY the one of the backup?)")
    if faults:
        _end("Restored, but not whole:\n" + "\n".join(f"- {fault}" for fault in faults), 1)
    click.echo(
        f"Restored the state of {done.made_at}: {done.n_files} attachments, {n_events} audit events verified."
        " Run `flask db upgrade` before you start the service."
    )


@click.command("settings")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_appcontext
def show_settings(as_json: bool) -> None:
    """Show every setting, whether it is set, and what it means. Secrets are never shown."""
    for setting in SETTINGS:
        shown = _shown(setting)
        if as_json:
            click.echo(json.dumps({"name": setting.name, "value": shown, "help": setting.help}))
        else:
            click.echo(f"{setting.name:<24}{shown}\n{'':<24}{setting.help}")


def _shown(setting: Setting) -> str:
    given = os.environ.get(setting.name)
    if setting.kind == "secret":
        return "(set)" if given else "(not set)"
    if not given:
        return f"{setting.default} (default)" if setting.default else "(not set)"
    return _PASSWORD.sub(r"\1:***@", given)


def _end(text: str, status: int) -> None:
    click.echo(text, err=True)
    sys.exit(status)
