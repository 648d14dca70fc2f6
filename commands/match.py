"""`flask match REQUESTS OFFERS`: which offers suit each request, from two files and without a database.

The same input gives the same bytes: the order of rows, the number of workers and where they are do not
matter, lines come out by the id of the request and then by rank. Words are weighed by the offers alone, so a
request's ranking does not depend on which others are asked about.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from commands.blocks import Hands, NoWorkers, over_blocks
from commands.codes import file_places
from commands.hands import scheduler_option, workers_option
from commands.match_entries import Entries, read_entries
from commands.match_lines import Job, block_lines
from commands.match_meaning import Choice, FileMeaning, choose, common_sentences, encode_files
from commands.output import check_output, end_if_refused, writing
from commands.progress import Tell
from commands.progress import bar as progress_bar
from matching.facts import EntryFacts
from matching.index import fit_index
from services.row_files import write_whole
from vocabulary.states import EntryKind

_BLOCK = 32
"""Requests handed to a worker at once."""


@click.command("match")
@click.argument("requests", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("offers", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--top", type=click.IntRange(min=1), default=10, show_default=True, help="Offers for each request."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="JSONL file to write.",
)
@workers_option
@scheduler_option
@click.option(
    "--meaning",
    type=click.Choice(["auto", "off", "fast", "best"]),
    default="auto",
    show_default=True,
    help="Sentence vectors, where they are installed. auto: where several languages meet, or for at most"
    " 2,000 texts.",
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Rule out what ended before this day.")
@click.option("--include-blocked", is_flag=True, help="Also write what is ruled out, with rank null and why.")
@click.option(
    "--reasons",
    "with_reasons",
    is_flag=True,
    help="Also write a sentence for each part, and the two nearest in meaning.",
)
def match_command(
    requests: Path,
    offers: Path,
    top: int,
    output: Path,
    workers: int,
    scheduler: str | None,
    meaning: str,
    today: datetime | None,
    include_blocked: bool,
    with_reasons: bool,
) -> None:
    """Rank the OFFERS for each of the REQUESTS: two JSONL or CSV files.

    Each row needs an id and a text (or a list of texts), and may have a title, language, languages, support,
    needs, initiatives, countries, amount (US dollars), from, until (YYYY-MM-DD) and capacity. In a CSV cell,
    the parts of a list stand between ; | or commas.

    Writes one JSON object a line: request, offer, rank, score (0 to 1), parts, terms and blockers, by the id
    of the request and then by rank. The same input gives the same bytes.

    Ends with 0 when done; with 1 when the data are refused: every bad row is named on standard error, and
    nothing is written; with 2 for wrong use.
    """
    check_output(output, (requests, offers))
    asked = _read(requests, EntryKind.REQUEST)
    given = _read(offers, EntryKind.OFFER)
    _refuse_problems((asked, given))
    chosen = choose(meaning, asked.entries, given.entries)
    if chosen.told:
        click.echo(str(chosen.told), err=True)
    hands = Hands(workers, scheduler)
    with _work_in_words():
        vectors = _vectors(chosen, asked, given, hands)
        if vectors and with_reasons:
            vectors.common = common_sentences(asked.entries) | common_sentences(given.entries)
        with progress_bar("Indexing"):
            index = fit_index(given.entries, EntryKind.OFFER, chosen.settings)
        day = today.date() if today else None
        job = Job(index, file_places(), top, day, include_blocked, with_reasons, vectors)
        asked.entries.sort(key=lambda entry: entry.id)
        with progress_bar("Matching") as tell, writing(output):
            write_whole(output, _lines(job, asked.entries, hands, tell))


def _read(path: Path, kind: EntryKind) -> Entries:
    try:
        with progress_bar(f"Reading {path.name}") as tell:
            return read_entries(path, kind, tell)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from error


def _refuse_problems(files: Sequence[Entries]) -> None:
    for found in files:
        for remark in found.remarks:
            click.echo(str(remark), err=True)
    end_if_refused([problem for found in files for problem in found.problems])


@contextmanager
def _work_in_words() -> Iterator[None]:
    """Say why the work cannot be done, and end with 1."""
    try:
        yield
    except NoWorkers as error:
        click.echo(str(error.message), err=True)
        sys.exit(1)


def _vectors(chosen: Choice, asked: Entries, given: Entries, hands: Hands) -> FileMeaning | None:
    if chosen.made is None:
        return None
    with progress_bar("Reading for meaning") as tell:
        return encode_files(chosen.made, asked.entries, given.entries, hands, tell)


def _lines(job: Job, requests: Sequence[EntryFacts], hands: Hands, tell: Tell) -> Iterator[str]:
    """Lines of all requests in order, one block of requests at a time."""
    blocks = [requests[start : start + _BLOCK] for start in range(0, len(requests), _BLOCK)]
    n_done = 0
    for block, lines in zip(blocks, over_blocks(block_lines, job, blocks, hands), strict=True):
        yield from lines
        n_done += len(block)
        tell(n_done, len(requests))
