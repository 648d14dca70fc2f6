"""`flask seed …`: load the reference data, or a demonstration world."""

from __future__ import annotations

import json
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup

from commands.progress import bar
from commands.replies import refusals_in_words
from config import Settings
from seed.load import DEFAULT_SEED, load_demo
from seed.programmes import load_programme
from seed.reference import load_reference
from services.clock import utc_now
from services.transaction import transaction
from vocabulary.errors import Invalid
from vocabulary.messages import Message

group = AppGroup("seed", help="Data to begin with: reference, programme, demo.")
MOST = 1_000_000


@group.command("reference")
def reference() -> None:
    """Load criteria, rules, needs, countries and the other lists; changes only what differs."""
    with refusals_in_words(), transaction() as session:
        written = load_reference(session, now=utc_now())
    changed = {code: n for code, n in written.items() if n}
    for code, n in changed.items():
        click.echo(f"{code}: {n} items")
    if not changed:
        click.echo("The reference data is up to date.")


@group.command("programme")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def programme(file: TextIO) -> None:
    """Load another body's strategies, criteria and rules from a JSON file; calls can then choose them."""
    with refusals_in_words():
        try:
            content = json.load(file)
        except ValueError as wrong:
            raise Invalid({"file": [Message("This is no JSON file.")]}) from wrong
        with transaction() as session:
            written = load_programme(session, content, now=utc_now())
    click.echo(", ".join(f"{name}: {n}" for name, n in written.items()))


@group.command("demo")
@click.option("--size", type=click.IntRange(1, MOST), help="Entries in all; at least about 200 are made.")
@click.option(
    "--random-seed", type=int, default=DEFAULT_SEED, show_default=True, help="Another seed, another world."
)
def demo(size: int | None, random_seed: int) -> None:
    """Load a demonstration world into an empty database. All people and bodies in it are made up.

    Needs CAPMATCH_ENV=demo, development or test. Writes the accounts, one for each role, to demo.json in the
    data folder as its last act. No mail is sent.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with refusals_in_words(), bar("Loading") as tell:
        done = load_demo(
            environment=settings.environment,
            now=utc_now(),
            size=size,
            random_seed=random_seed,
            progress=tell,
        )
    if not done.is_new:
        click.echo(
            f"The demonstration world is here already; nothing was done. Its accounts: {done.list_path}"
        )
        return
    click.echo(
        f"{done.n_entries} entries and {done.n_accounts} accounts were loaded. "
        f"One account for each role: {done.list_path}"
    )
