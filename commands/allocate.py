"""`flask allocate MATCHES REQUESTS OFFERS`: which request goes to which offer when places are scarce.

Takes what `flask match` wrote, or a table of scores. The order of rows does not matter, and the same input
gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from commands.output import check_output, end_if_refused, writing
from commands.records import (
    Record,
    read_name,
    read_records,
    read_score,
    refuse_twice,
    refuse_unknown,
)
from commands.replies import refusals_in_words
from commands.values import read_amount, read_capacity
from matching.allocation import SCORE_UNITS, Allocation, Mode, Supply, UnmetFloors, Wish, allocate
from services.row_files import Problem, write_whole
from vocabulary.messages import Message

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("allocate")
@click.argument("matches", type=_FILE)
@click.argument("requests", type=_FILE)
@click.argument("offers", type=_FILE)
@click.option("--floors", type=_FILE, help="CSV: region,least. Requests of a region to serve at least.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.BEST.value,
    show_default=True,
    help="best: the greatest sum of scores. stable: nobody would rather swap; no budgets, no floors.",
)
@click.option(
    "--random-seed", default="0", show_default=True, help="Public seed of the lots that settle ties."
)
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60, show_default=True, help="Longest search in all."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON to write."
)
def allocate_command(
    matches: Path,
    requests: Path,
    offers: Path,
    floors: Path | None,
    mode: str,
    random_seed: str,
    seconds: float,
    output: Path,
) -> None:
    """Place REQUESTS with OFFERS by the scores of MATCHES: CSV or JSONL files.

    MATCHES has request, offer and score (0 to 1); REQUESTS id, and may have region and amount (US dollars);
    OFFERS id, and may have capacity (requests it can take; without it, any number) and budget (US dollars). A
    pair without a score, or with 0, is never placed.
    """
    check_output(output, (matches, requests, offers, floors))
    if mode == Mode.STABLE and floors is not None:
        raise click.BadParameter("a stable allocation knows no floors; leave out one", param_hint="--floors")
    problems: list[Problem] = []
    wishes = {
        one["id"]: Wish(one.get("region"), _dollars(one.get("amount")))
        for one in _with_ids(requests, {"region": read_name, "amount": read_amount}, problems)
    }
    supplies = {
        one["id"]: Supply(one.get("capacity"), _dollars(one.get("budget")))
        for one in _with_ids(offers, {"capacity": read_capacity, "budget": read_amount}, problems)
    }
    scores = _scores(matches, (requests, list(wishes)), (offers, list(supplies)), problems)
    least = _least(floors, requests, wishes, problems) if floors else {}
    end_if_refused(problems)
    with refusals_in_words():
        found = allocate(wishes, supplies, scores, least, mode=Mode(mode), seed=random_seed, seconds=seconds)
    if isinstance(found, UnmetFloors):
        _refuse(found)
    else:
        with writing(output):
            write_whole(output, [json.dumps(_result(found, random_seed), ensure_ascii=False, indent=1)])


def _dollars(amount: float | None) -> int | None:
    return None if amount is None else round(amount)


def _with_ids(path: Path, optional: dict, problems: list[Problem]) -> list[Record]:
    found = read_records(path, {"id": read_name}, optional, problems)
    refuse_twice(path, found, ("id",), problems)
    return found


def _scores(
    path: Path, requests: tuple[Path, list[str]], offers: tuple[Path, list[str]], problems: list[Problem]
) -> dict[tuple[str, str], int]:
    readers = {"request": read_name, "offer": read_name, "score": read_score}
    found = read_records(path, readers, {}, problems)
    refuse_twice(path, found, ("request", "offer"), problems)
    refuse_unknown(path, found, "request", *requests, problems)
    refuse_unknown(path, found, "offer", *offers, problems)
    for one in found:
        if one["score"] > 1:
            message = Message("{score} is above 1; a score lies from 0 to 1.", score=str(one["score"]))
            problems.append(Problem(path.name, one["row"], "score", message))
    whole = {(one["request"], one["offer"]): int(one["score"] * SCORE_UNITS) for one in found}
    return {pair: score for pair, score in whole.items() if score > 0}


def _least(path: Path, requests: Path, wishes: dict[str, Wish], problems: list[Problem]) -> dict[str, int]:
    found = read_records(path, {"region": read_name, "least": read_capacity}, {}, problems)
    refuse_twice(path, found, ("region",), problems)
    regions = {wish.region for wish in wishes.values() if wish.region}
    refuse_unknown(path, found, "region", requests, regions, problems)
    return {one["region"]: one["least"] for one in found}


def _result(found: Allocation, seed: str) -> dict[str, object]:
    """The JSON of the result; scores from 0 to 1."""
    proof = found.certificate
    return {
        "placed": [
            {"request": request, "offer": offer, "score": score / SCORE_UNITS}
            for request, offer, score in found.placed
        ],
        "unserved": list(found.unserved),
        "served_by_region": dict(found.served_by_region),
        "total": found.total / SCORE_UNITS,
        "status": found.status,
        "certificate": None
        if proof is None
        else {
            "bound": proof.bound / SCORE_UNITS,
            "gap": proof.gap / SCORE_UNITS,
            "unit": 1 / SCORE_UNITS,
            "grid": proof.grid,
            "lot_range": proof.lot_range,
            "random_seed": seed,
            "multipliers": {name: list(both) for name, both in sorted(proof.multipliers.items())},
        },
    }


def _refuse(found: UnmetFloors) -> None:
    """Say what each floor could be, and end with 1."""
    for region, (asked, most) in found.at_most.items():
        message = Message(
            "{region}: {asked} asked for; alone it can have at most {most}.",
            region=region,
            asked=asked,
            most=most,
        )
        click.echo(str(message), err=True)
    message = Message("Nothing was written: the floors cannot all be met. Lower one, or add places or money.")
    click.echo(str(message), err=True)
    sys.exit(1)
