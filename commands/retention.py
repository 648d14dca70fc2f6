"""`flask retention`: which nominations will the clock erase, and when? Only says it; nothing is changed."""

from __future__ import annotations

import json
from datetime import timedelta

import click
from flask.cli import with_appcontext

from commands.replies import refusals_in_words
from services.clock import utc_now
from services.fellowships.retention import Due, falling_due
from services.transaction import reading


@click.command("retention")
@click.option(
    "--days",
    type=click.IntRange(min=0, max=36_600),
    default=0,
    metavar="N",
    help="Also what falls due in the next N days.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_appcontext
def retention_command(days: int, as_json: bool) -> None:
    """Name the nominations of those not selected whose time is over: a dry run of what the clock erases.

    `flask jobs run` erases them, every six hours. References and states only; no name is printed.
    """
    now = utc_now()
    with refusals_in_words(), reading() as session:
        found = falling_due(session, now + timedelta(days=days))
    for call_ref, due in found:
        click.echo(json.dumps(_as_data(call_ref, due)) if as_json else _line(call_ref, due))
    if not as_json:
        click.echo(f"{len(found)} due. Nothing was changed.")


def _as_data(call_ref: str, due: Due) -> dict[str, str | None]:
    return {
        "ref": due.ref,
        "kind": "nomination",
        "state": due.state.value,
        "call": call_ref,
        "due_at": due.erased_from.isoformat() if due.erased_from else None,
    }


def _line(call_ref: str, due: Due) -> str:
    day = f"{due.erased_from:%Y-%m-%d %H:%M} UTC" if due.erased_from else "–"
    return f"{due.ref:<16}{due.state.value:<18}{call_ref:<16}{day}"
