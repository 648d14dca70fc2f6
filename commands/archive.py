"""`flask archive`: blank the personal data of what was kept for its time, or only say what that would be."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import click
from flask.cli import with_appcontext

from commands.replies import refusals_in_words
from services.archiving import clock
from services.archiving.falling_due import FallingDue, falling_due
from services.clock import utc_now
from services.fellowships import retention
from services.fellowships.retention import Due
from services.transaction import reading, transaction

Row = dict[str, str | None]


@click.command("archive")
@click.option("--dry-run", is_flag=True, help="Only name what is due; nothing is changed.")
@click.option(
    "--days",
    type=click.IntRange(min=0, max=36_600),
    default=0,
    metavar="N",
    help="With --dry-run: also what falls due in the next N days.",
)
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: one JSON object a line.")
@with_appcontext
def archive_command(dry_run: bool, days: int, as_json: bool) -> None:
    """Archive every entry and call whose retention is over: contacts, names and texts are blanked for good.

    Nominations of those who were not selected are erased after the months that their call names.

    `flask jobs run` does the same every six hours. It can be broken off and repeated at any time.
    """
    if not dry_run and (days or as_json):
        raise click.UsageError("--days and --json go with --dry-run.")
    with refusals_in_words():
        if dry_run:
            _tell(days, as_json)
        else:
            _archive()


def _tell(days: int, as_json: bool) -> None:
    until = utc_now() + timedelta(days=days)
    with reading() as session:
        found = [_of_entry(row) for row in falling_due(session, until)]
        found += [_of_nomination(call, due) for call, due in retention.falling_due(session, until)]
    for row in found:
        click.echo(json.dumps(row) if as_json else _line(row))
    if not as_json:
        click.echo(f"{len(found)} due. Nothing was changed.")


def _archive() -> None:
    n_entries = 0
    while n_done := _some():
        n_entries += n_done
    with transaction() as session:
        n_calls = clock.archive_calls(session, now=utc_now())
    n_nominations = 0
    while n_done := _some_nominations():
        n_nominations += n_done
    click.echo(f"Archived {n_entries} entries and {n_calls} calls; erased {n_nominations} nominations.")


def _some() -> int:
    with transaction() as session:
        return clock.archive_due(session, now=utc_now())


def _some_nominations() -> int:
    with transaction() as session:
        return retention.forget_unselected(session, now=utc_now())


def _of_entry(row: FallingDue) -> Row:
    return {
        "ref": row.ref,
        "kind": row.kind.value,
        "state": row.state,
        "call": row.call_ref,
        "due_at": row.due_at.isoformat(),
    }


def _of_nomination(call_ref: str, due: Due) -> Row:
    """Without the name: it goes to a terminal and perhaps into a log."""
    return {
        "ref": due.ref,
        "kind": "nomination",
        "state": due.state.value,
        "call": call_ref,
        "due_at": due.erased_from.isoformat() if due.erased_from else None,
    }


def _line(row: Row) -> str:
    due_at = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
    day = f"{due_at:%Y-%m-%d %H:%M} UTC" if due_at else "–"
    return f"{row['ref'] or '':<16}{row['state'] or '':<18}{row['call'] or '–':<16}{day}"
