"""Operate the match index: `flask index rebuild`, `flask index check`, `flask index status`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from commands.blocks import Hands, NoWorkers
from commands.counting import counting
from commands.hands import scheduler_option, workers_option
from commands.progress import bar
from commands.replies import refusals_in_words
from config import Settings
from services.clock import utc_now
from services.index_building import build_index, check_index, index_state
from services.match_facts import Audience
from services.transaction import reading

index_group = AppGroup("index", help="The index that matches are ranked with.")
_FULL = "The index cannot be written into the data folder: {reason}. The version in use stays."


@index_group.command("rebuild")
@click.option("--if-due", is_flag=True, help="Only what is missing, damaged or old.")
@click.option("--check", "checks", is_flag=True, help="Then read every byte of what was written.")
@workers_option
@scheduler_option
def rebuild(if_due: bool, checks: bool, workers: int, scheduler: str | None) -> None:
    """Build a new version of the index; every worker opens it before its next answer.

    Words are counted by several processes, or by a cluster; the bytes are the same. Where a cluster does not
    answer or loses its workers, the version is built here. Breaking off leaves the version in use as it is.
    Ends with 1 while another process builds, and when the disk refuses.
    """
    with refusals_in_words():
        for audience in Audience:
            _build(audience, if_due, Hands(workers, scheduler))
        sys.exit(0 if not checks or _check() else 1)


@index_group.command("check")
def check() -> None:
    """Read every byte of the versions in use; ends with 1 when one is damaged.

    A damaged version is taken out of use, and the background worker builds it anew.
    """
    with refusals_in_words():
        sys.exit(0 if _check() else 1)


@index_group.command("status")
def status() -> None:
    """Show the versions in use as JSON: since when, how many entries, how many changes since."""
    with refusals_in_words(), reading() as session:
        found = {
            audience.value: asdict(index_state(session, _data_dir(), audience, now=utc_now()))
            for audience in Audience
        }
    click.echo(json.dumps(found, indent=1))


def _build(audience: Audience, if_due: bool, hands: Hands) -> None:
    now = utc_now()
    with reading() as session:
        state = index_state(session, _data_dir(), audience, now=now)
    if if_due and not state.is_due:
        click.echo(f"{audience}: {state.name or 'nothing to index yet'}, not due.")
        return
    try:
        try:
            name = _built(audience, now, hands)
        except NoWorkers as lost:
            click.echo(f"{lost.message} The index is built here.", err=True)
            name = _built(audience, now, Hands())
    except OSError as refused:
        click.echo(_FULL.format(reason=refused.strerror or type(refused).__name__), err=True)
        sys.exit(1)
    click.echo(f"{audience}: {name or 'nothing to index yet'}.")


def _built(audience: Audience, now: datetime, hands: Hands) -> str | None:
    with bar(f"Index ({audience})") as tell:
        return build_index(reading, _data_dir(), audience, now=now, tell=tell, each=counting(hands))


def _check() -> bool:
    is_well = True
    for audience in Audience:
        with reading() as session, bar(f"Check ({audience})") as tell:
            state = check_index(session, _data_dir(), audience, now=utc_now(), tell=tell)
        is_well = is_well and state.state != "damaged"
        what = f"damaged, and taken out of use: {state.fault}" if state.fault else state.state
        click.echo(f"{audience}: {state.name or 'no version'}: {what}.", err=bool(state.fault))
    return is_well


def _data_dir() -> Path:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.data_dir
