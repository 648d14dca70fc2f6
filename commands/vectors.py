"""Operate the sentence vectors: `flask vectors build`, `flask vectors status`."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from commands.blocks import Hands, NoWorkers, over_blocks
from commands.hands import scheduler_option, workers_option
from commands.progress import Tell, bar
from encoders.installed import Encoder, encoder, fast_encoder
from services import vector_building
from services.clock import utc_now
from services.transaction import reading, transaction

group = AppGroup("vectors", help="Sentence vectors, which compare entries in meaning across languages.")

_STRETCH = 512
"""Entries that are read at once; what was made of them is stored block by block."""
_BLOCK = 4
"""Entries handed over at once: about four seconds' work."""


@group.command("build")
@workers_option
@scheduler_option
def build(workers: int, scheduler: str | None) -> None:
    """Make the vectors of every entry that lacks them.

    The background worker does the same by itself. Breaking off loses nothing: the next run goes on. Ends
    with 1 where no sentence model is installed, and where a cluster does not answer or loses its workers.
    """
    best, fast = encoder(), fast_encoder()
    if best is None or fast is None:
        click.echo("No sentence model is installed; entries are compared by their words alone.", err=True)
        sys.exit(1)
    best.open()  # before processes part, so that they share what it holds
    with transaction() as session:
        vector_building.drop_unneeded(session)
    try:
        with bar("Vectors") as tell:
            n_built = _build((best, fast), Hands(workers, scheduler), tell)
    except NoWorkers as lost:
        click.echo(str(lost.message), err=True)
        sys.exit(1)
    click.echo(f"Entries done: {n_built}, with {best.version}.")


def _build(encoders: tuple[Encoder, Encoder], hands: Hands, tell: Tell) -> int:
    """Make what is missing, a stretch at a time; returns how many entries were stored."""
    model = encoders[0].version
    with reading() as session:
        done, total = vector_building.count(session, model)
    n_built = 0
    seen: set[int] = set()
    while works := _next(model, seen):
        blocks = [works[start : start + _BLOCK] for start in range(0, len(works), _BLOCK)]
        for made in over_blocks(vector_building.make_block, encoders, blocks, hands):
            with transaction() as session:
                n_built += sum(vector_building.store(session, one, model, now=utc_now()) for one in made)
            tell(done + n_built, total)
    return n_built


def _next(model: str, seen: set[int]) -> list[vector_building.Work]:
    """The texts of the next entries that lack vectors and were not tried in this run."""
    with reading() as session:
        waiting = vector_building.missing(session, model, _STRETCH + len(seen))
        fresh = [entry_id for entry_id in waiting if entry_id not in seen][:_STRETCH]
        seen.update(fresh)
        found = [vector_building.work_of(session, entry_id, model) for entry_id in fresh]
    return [work for work in found if work is not None]


@group.command("status")
def status() -> None:
    """Show which models are installed and how many entries have their vectors."""
    best = encoder()
    version = best.version if best else None
    with reading() as session:
        done, total = vector_building.count(session, version or "")
    click.echo(json.dumps({"model": version, "entries": total, "with_vectors": done}))
