"""`flask shortlist NOMINATIONS`: the best list within a balance, from files and without a database.

And `flask shortlist-check RECORD`, which believes nothing of it. The order of rows does not matter, and the
same input gives the same bytes.
"""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from commands.nominations import Asked, Marks, read_question
from commands.output import check_output, end_if_refused, writing
from commands.replies import refusals_in_words
from fellowships.certificates import Json, Untrue
from fellowships.checking import check
from fellowships.facts import require_sound
from fellowships.record import agrees, record_of
from services.row_files import Problem, write_bytes_whole
from vocabulary.messages import Message

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST_EXPLAINED = 1000
"""Nominees who are told one by one why they are not on the list, unless asked for."""


class _Number(click.ParamType):
    """A decimal number of 0 or more."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or number < 0:
            self.fail(f"{value} is no number of 0 or more", param, ctx)
        return number


@click.command("shortlist")
@click.argument("nominations", type=_FILE)
@click.option("--seats", type=click.IntRange(min=1), required=True, help="How many are on the list.")
@click.option(
    "--targets", type=_FILE, help="CSV: attribute,value,min,max,kind,weight. Value * caps every value."
)
@click.option("--score", default="score", show_default=True, help="Column of the scores.")
@click.option("--score-range", type=_Number(), nargs=2, help="Lowest and highest score that there can be.")
@click.option("--score-step", type=_Number(), help="Scores are multiples of it, from the lowest on.")
@click.option("--chapters", type=_FILE, help="CSV: chapter,seats. Everybody gets a seat as wished.")
@click.option("--wishes", default="wishes", show_default=True, help="Column of the wishes, as c2;c5;*.")
@click.option("--bands", help="Column of merit bands: the better band comes first, the score after it.")
@click.option("--band-order", help="Bands, the best first, as A,B,C; by itself in order of their names.")
@click.option("--pins", type=_FILE, help="CSV: id,pin,reason; pin is include or exclude.")
@click.option("--reserve", type=click.IntRange(min=0), default=0, show_default=True, help="Most reserves.")
@click.option(
    "--random-seed", default="0", show_default=True, help="Public seed of the lots that settle ties."
)
@click.option("--seed-source", default="", help="Where the seed comes from, and when; for the record.")
@click.option(
    "--explain/--no-explain",
    default=None,
    help="Say why each nominee is not on the list, and price each target; by itself up to 1000 nominees.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60, show_default=True, help="Longest search."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON to write."
)
def shortlist_command(
    nominations: Path,
    seats: int,
    targets: Path | None,
    score: str,
    score_range: tuple[Decimal, Decimal] | None,
    score_step: Decimal | None,
    chapters: Path | None,
    wishes: str,
    bands: str | None,
    band_order: str | None,
    pins: Path | None,
    reserve: int,
    random_seed: str,
    seed_source: str,
    explain: bool | None,
    seconds: float,
    output: Path,
) -> None:
    """Choose the best list of NOMINATIONS (CSV, XLSX or JSONL with `id`, the scores and the attributes).

    The record holds the list, a proof that none is better, what each target costs, what each nominee lacks,
    and reserves. Where no list meets the targets it proves that, and names the smallest changes; the command
    then ends with 1.
    """
    check_output(output, (nominations, targets, pins, chapters))
    if band_order and not bands:
        raise click.BadParameter("it needs --bands, the column", param_hint="--band-order")
    low, high = score_range or (None, None)
    if score_step == 0:
        raise click.BadParameter("it is above 0", param_hint="--score-step")
    if low is not None and high is not None and low > high:
        raise click.BadParameter("the lowest is above the highest", param_hint="--score-range")
    marks = Marks(score.strip().casefold(), low, high, score_step)
    problems: list[Problem] = []
    order = tuple(one.strip() for one in (band_order or "").split(",") if one.strip())
    column = bands.strip().casefold() if bands else None
    wanted = Asked(seats, random_seed, seed_source, chapters, wishes.strip().casefold(), column, order)
    read = read_question(nominations, targets, pins, marks, wanted, problems=problems)
    end_if_refused(problems)
    if read is None:
        raise AssertionError("no question and no problem")
    question, rule = read
    n_people = len(question.nominations)
    is_explained = n_people <= _MOST_EXPLAINED if explain is None else explain
    with refusals_in_words():
        require_sound(question)
        content = record_of(question, rule, n_reserve=reserve, is_explained=is_explained, seconds=seconds)
    with writing(output):
        write_bytes_whole(output, content)
    record = check(content)
    if record["status"] == "infeasible":
        _tell_conflict(record, output)
        sys.exit(1)


def _tell_conflict(record: Json, output: Path) -> None:
    """Say which limits are in conflict and which smallest changes would do."""
    lines: list[str] = [Message("No list keeps all of these limits together:")]
    lines += [f"  {one['words']}" for one in record["conflict"]]
    if record["relaxations"]:
        lines.append(Message("The smallest changes of soft targets, each of which is enough:"))
    else:
        lines.append(Message("No change of soft targets is enough; change a hard limit."))
    for place, change in enumerate(record["relaxations"], start=1):
        lines.append(f"  {place}. {' '.join(one['words'] for one in change)}")
    lines.append(Message("The proof is in {file}; no list was chosen.", file=output))
    for line in lines:
        click.echo(str(line), err=True)


@click.command("shortlist-check")
@click.argument("record", type=_FILE)
@click.option("--solve-again", is_flag=True, help="Find everything anew, too, and compare.")
def shortlist_check_command(record: Path, solve_again: bool) -> None:
    """Check a RECORD of `shortlist` without any solver; ends with 1 where it does not hold."""
    try:
        held = check(record.read_bytes())
    except OSError as error:
        raise click.BadParameter(f"{record} cannot be read: {error.strerror}") from error
    except Untrue as wrong:
        click.echo(str(Message("The record does not hold: {reason}.", reason=str(wrong))), err=True)
        sys.exit(1)
    if solve_again and not agrees(held):
        click.echo(str(Message("The proofs hold, but solving again gives another record.")), err=True)
        sys.exit(1)
    if held["status"] == "infeasible":
        click.echo(str(Message("The record holds: no list keeps all limits.")))
        return
    click.echo(str(_proved(held)))


def _proved(record: Json) -> Message:
    """What a list holds to, and how it was taken from its equals."""
    values = {
        "n": len(record["seats"]),
        "total": str(record["value"]["total"] * Decimal(record["question"]["score"]["unit"])),
    }
    if record["ties"]["rule"] == "only":
        return Message("The record holds: {n} seats, total {total}; no other list has as much.", **values)
    if record["ties"]["rule"] == "lots":
        return Message(
            "The record holds: {n} seats, total {total}; no list has more, and no other has these lots.",
            **values,
        )
    return Message(
        "The record holds: {n} seats, total {total}; no list has more, and lots drew this one of {lists}.",
        **values,
        lists=len(record["ties"]["lists"]),
    )
