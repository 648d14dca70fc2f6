"""Operate the sentence vectors: `flask vectors build`, `flask vectors status`."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from commands.progress import bar
from encoders.installed import Encoder, encoder, fast_encoder
from services import vector_building
from services.clock import utc_now
from services.transaction import reading, transaction

group = AppGroup("vectors", help="Sentence vectors, which compare entries in meaning across languages.")

_BLOCK = 50


@group.command("build")
def build() -> None:
    """Make the vectors of every entry that lacks them.

    The background worker does the same by itself. Breaking off loses nothing: the next run goes on. Ends
    with 1 where no sentence model is installed.
    """
    best, fast = encoder(), fast_encoder()
    if best is None or fast is None:
        click.echo("No sentence model is installed; entries are compared by their words alone.", err=True)
        sys.exit(1)
    with transaction() as session:
        vector_building.drop_unneeded(session)
    with reading() as session:
        done, total = vector_building.count(session, best.version)
    n_built = 0
    seen: set[int] = set()
    with bar("Vectors") as tell:
        while True:
            with reading() as session:
                waiting = vector_building.missing(session, best.version, _BLOCK)
            fresh = [entry_id for entry_id in waiting if entry_id not in seen]
            if not fresh:
                break
            for entry_id in fresh:
                seen.add(entry_id)
                n_built += _build_one(entry_id, best, fast)
                tell(done + n_built, total)
    click.echo(f"Entries done: {n_built}, with {best.version}.")


def _build_one(entry_id: int, best: Encoder, fast: Encoder) -> bool:
    with reading() as session:
        work = vector_building.work_of(session, entry_id, best.version)
    if work is None:
        return False
    made = vector_building.make(work, best, fast)
    with transaction() as session:
        return vector_building.store(session, made, best.version, now=utc_now())


@group.command("status")
def status() -> None:
    """Show which models are installed and how many entries have their vectors."""
    best = encoder()
    version = best.version if best else None
    with reading() as session:
        done, total = vector_building.count(session, version or "")
    click.echo(json.dumps({"model": version, "entries": total, "with_vectors": done}))
