"""The two options that say who does heavy work: so many processes of this machine, or a Dask cluster."""

from __future__ import annotations

import click

from commands.blocks import SCHEDULER, processors

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=processors,
    show_default="the processors there are",
    help="Processes at work.",
)
scheduler_option = click.option(
    "--scheduler",
    envvar=SCHEDULER,
    show_envvar=True,
    metavar="ADDRESS",
    help="Dask cluster whose workers are taken instead, such as tcp://10.0.0.5:8786.",
)
