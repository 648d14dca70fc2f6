"""`flask match REQUESTS OFFERS`: which offers suit each request, from two files and without a database.

The same input gives the same bytes: the order of rows and the number of workers do not matter, lines come
out by the id of the request and then by rank. Words are weighed by the offers alone, so a request's ranking
does not depend on which others are asked about.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import click

from commands.match_entries import Entries, read_entries
from commands.match_meaning import FileMeaning, choose, encode_files
from commands.output import check_output, end_if_refused, writing
from commands.progress import bar as progress_bar
from commands.rows import write_whole
from matching.facts import EntryFacts
from matching.index import Index, fit_index
from matching.rank import Match, Ranking, rank
from vocabulary.messages import Message
from vocabulary.states import EntryKind

_BLOCK = 32
"""Requests handed to a worker at once."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs to rank one request."""

    index: Index
    top: int
    today: date | None
    include_blocked: bool
    with_reasons: bool
    meaning: FileMeaning | None = None

    def lines(self, request: EntryFacts) -> list[str]:
        """The lines of one request: its matches by rank, then what was ruled out."""
        ranking = rank(
            request,
            self.index,
            top=self.top,
            today=self.today,
            include_blocked=self.include_blocked,
            meaning=self.meaning.of(request) if self.meaning else None,
        )
        return [json.dumps(record, ensure_ascii=False) for record in self._records(request, ranking)]

    def _records(self, request: EntryFacts, ranking: Ranking) -> Iterator[dict[str, object]]:
        for place, match in enumerate(ranking.matches, start=1):
            yield self._record(request, place, match)
        for match in ranking.blocked:
            yield self._record(request, None, match)

    def _record(self, request: EntryFacts, place: int | None, match: Match) -> dict[str, object]:
        record: dict[str, object] = {
            "request": request.id,
            "offer": match.id,
            "rank": place,
            "score": match.score,
            "parts": dict(match.parts),
            "terms": [{"term": shared.term, "share": shared.share} for shared in match.terms],
            "blockers": [{"code": found.code, "message": str(found.message)} for found in match.blockers],
        }
        if self.with_reasons:
            record["reasons"] = {part: str(message) for part, message in match.reasons.items()}
            record["nearest"] = self._nearest(request, match.id)
        return record

    def _nearest(self, request: EntryFacts, offer_id: str) -> dict[str, str] | None:
        offer = self.index.get(offer_id)
        found = self.meaning.nearest(request, offer) if self.meaning and offer else None
        return {"request": found[0].text, "offer": found[1].text} if found else None


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
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes at work."
)
@click.option(
    "--meaning",
    type=click.Choice(["auto", "off", "fast", "best"]),
    default="auto",
    show_default=True,
    help="Sentence vectors, where they are installed.",
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
    meaning: str,
    today: datetime | None,
    include_blocked: bool,
    with_reasons: bool,
) -> None:
    """Rank the OFFERS for each of the REQUESTS: two JSONL or CSV files.

    Each row needs an id and a text (or a list of texts), and may have a title, language, languages, support,
    needs, initiatives, countries, amount (US dollars), from, until and capacity. Bad rows are listed all at
    once, and nothing is written then.
    """
    check_output(output, (requests, offers))
    asked = _read(requests, EntryKind.REQUEST)
    given = _read(offers, EntryKind.OFFER)
    _refuse_problems((asked, given))
    vectors = _vectors(meaning, asked, given, workers)
    index = fit_index(given.entries, EntryKind.OFFER)
    job = Job(index, top, today.date() if today else None, include_blocked, with_reasons, vectors)
    ordered = sorted(asked.entries, key=lambda entry: entry.id)
    with (
        click.progressbar(
            length=len(ordered), label="Matching", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar,
        writing(output),
    ):
        write_whole(output, _lines(job, ordered, workers, bar.update))


def _vectors(wanted: str, asked: Entries, given: Entries, workers: int) -> FileMeaning | None:
    made, told = choose(wanted, [*asked.entries, *given.entries])
    if told:
        _say(told)
    if made is None:
        return None
    with progress_bar("Reading for meaning") as tell:
        return encode_files(made, asked.entries, given.entries, workers, tell)


def _read(path: Path, kind: EntryKind) -> Entries:
    try:
        return read_entries(path, kind)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from error


def _refuse_problems(files: Sequence[Entries]) -> None:
    for found in files:
        for remark in found.remarks:
            click.echo(str(remark), err=True)
    end_if_refused([problem for found in files for problem in found.problems])


def _say(message: Message) -> None:
    click.echo(str(message), err=True)


def _lines(
    job: Job, requests: Sequence[EntryFacts], workers: int, advance: Callable[[int], None]
) -> Iterator[str]:
    """Lines of all requests in order, one block of requests at a time."""
    blocks = [requests[start : start + _BLOCK] for start in range(0, len(requests), _BLOCK)]
    if workers == 1 or len(blocks) < 2:
        yield from _advancing(blocks, (_block_lines(job, block) for block in blocks), advance)
        return
    with ProcessPoolExecutor(min(workers, len(blocks)), initializer=_take_job, initargs=(job,)) as pool:
        yield from _advancing(blocks, pool.map(_work, blocks), advance)


def _advancing(
    blocks: Sequence[Sequence[EntryFacts]], done: Iterable[list[str]], advance: Callable[[int], None]
) -> Iterator[str]:
    for block, lines in zip(blocks, done, strict=True):
        yield from lines
        advance(len(block))


def _block_lines(job: Job, block: Sequence[EntryFacts]) -> list[str]:
    return [line for request in block for line in job.lines(request)]


_taken: list[Job] = []
"""The job of this worker process: handed over once, not with every block."""


def _take_job(job: Job) -> None:
    _taken[:] = [job]


def _work(block: Sequence[EntryFacts]) -> list[str]:
    return _block_lines(_taken[0], block)
