"""`flask assign PROPOSALS REVIEWERS`: who reviews what, from files and without a database.

The order of rows does not matter, and the same input gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from commands.output import check_output, end_if_refused, writing
from commands.records import (
    Record,
    read_name,
    read_records,
    read_score,
    refuse_twice,
    refuse_unknown,
    whole_scores,
)
from commands.replies import refusals_in_words
from matching.assignment import Assignment, Loads, Mode, Shortfall, assign
from services.row_files import Problem, write_whole
from vocabulary.messages import Message

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("assign")
@click.argument("proposals", type=_FILE)
@click.argument("reviewers", type=_FILE)
@click.option(
    "--per-proposal",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Reviewers of each proposal.",
)
@click.option("--max-load", type=click.IntRange(min=1), required=True, help="Most proposals of one reviewer.")
@click.option(
    "--min-load",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Least proposals of one reviewer.",
)
@click.option("--conflicts", type=_FILE, help="CSV: proposal,reviewer. These are never put together.")
@click.option("--affinity", type=_FILE, help="CSV: proposal,reviewer,score. A pair without one scores 0.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.SUM.value,
    show_default=True,
    help="sum: the greatest total. fair: the worst-served proposal first.",
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
def assign_command(
    proposals: Path,
    reviewers: Path,
    per_proposal: int,
    max_load: int,
    min_load: int,
    conflicts: Path | None,
    affinity: Path | None,
    mode: str,
    random_seed: str,
    seconds: float,
    output: Path,
) -> None:
    """Assign REVIEWERS to PROPOSALS: two CSV or JSONL files with an `id` in each row.

    The result holds the assignment, its total, the worst-served proposal's sum, and a certificate: numbers
    from which anybody can add up that no assignment has a greater total.
    """
    if min_load > max_load:
        raise click.BadParameter("it is above --max-load", param_hint="--min-load")
    check_output(output, (proposals, reviewers, conflicts, affinity))
    problems: list[Problem] = []
    asked, people = (_ids(path, problems) for path in (proposals, reviewers))
    pairs = [
        _pairs(
            path,
            {"score": read_score} if path is affinity else {},
            (proposals, asked),
            (reviewers, people),
            problems,
        )
        if path
        else []
        for path in (affinity, conflicts)
    ]
    end_if_refused(problems)
    scores, unit = whole_scores(one["score"] for one in pairs[0])
    loads = Loads(per_proposal, max_load, min_load)
    with refusals_in_words():
        found = assign(
            asked,
            people,
            {_pair(one): score for one, score in zip(pairs[0], scores, strict=True)},
            [_pair(one) for one in pairs[1]],
            loads,
            mode=Mode(mode),
            seed=random_seed,
            seconds=seconds,
        )
    if isinstance(found, Shortfall):
        _refuse(found, loads, len(asked), len(people))
    else:
        with writing(output):
            write_whole(output, [json.dumps(_result(found, unit, random_seed), ensure_ascii=False, indent=1)])


def _ids(path: Path, problems: list[Problem]) -> list[str]:
    found = read_records(path, {"id": read_name}, {}, problems)
    refuse_twice(path, found, ("id",), problems)
    return [record["id"] for record in found]


def _pairs(
    path: Path,
    more: dict[str, Any],
    proposals: tuple[Path, list[str]],
    reviewers: tuple[Path, list[str]],
    problems: list[Problem],
) -> list[Record]:
    found = read_records(path, {"proposal": read_name, "reviewer": read_name, **more}, {}, problems)
    refuse_twice(path, found, ("proposal", "reviewer"), problems)
    refuse_unknown(path, found, "proposal", *proposals, problems)
    refuse_unknown(path, found, "reviewer", *reviewers, problems)
    return found


def _pair(record: Record) -> tuple[str, str]:
    return record["proposal"], record["reviewer"]


def _result(found: Assignment, unit: Decimal, seed: str) -> dict[str, object]:
    """The JSON of the result; sums in the unit of the scores that were given."""
    proof = found.certificate

    def shown(whole: int) -> float:
        return float(whole * unit)

    return {
        "assignment": {one: list(reviewers) for one, reviewers in found.reviewers_of.items()},
        "total": shown(found.total),
        "worst": shown(found.worst),
        "status": found.status,
        "certificate": {
            "bound": shown(proof.bound),
            "gap": shown(proof.gap),
            "worst_bound": None if found.worst_bound is None else shown(found.worst_bound),
            "unit": float(unit),
            "grid": proof.grid,
            "lot_range": proof.lot_range,
            "random_seed": seed,
            "multipliers": {name: list(both) for name, both in sorted(proof.multipliers.items())},
        },
    }


def _refuse(found: Shortfall, loads: Loads, n_proposals: int, n_reviewers: int) -> None:
    """Say who lacks whom and which numbers would do, and end with 1."""
    lines = [
        Message(
            "{proposals} proposals with {each} reviewers each are {wanted} places; {reviewers} reviewers "
            "with at most {most} each fill {offered}.",
            proposals=n_proposals,
            each=loads.per_proposal,
            wanted=n_proposals * loads.per_proposal,
            reviewers=n_reviewers,
            most=loads.most,
            offered=n_reviewers * loads.most,
        )
    ]
    for proposal, n_missing in found.lacking.items():
        lines.append(
            Message(
                "{proposal}: {missing} of {each} reviewers missing; {candidates} have no conflict with it.",
                proposal=proposal,
                missing=n_missing,
                each=loads.per_proposal,
                candidates=found.n_candidates[proposal],
            )
        )
    for reviewer in found.idle:
        lines.append(
            Message("{reviewer}: cannot be given {least} proposals.", reviewer=reviewer, least=loads.least)
        )
    lines.append(
        Message(
            "Nothing was written: no assignment meets all limits. Raise --max-load, lower --per-proposal or "
            "--min-load, name more reviewers, or look at the conflicts."
        )
    )
    for line in lines:
        click.echo(str(line), err=True)
    sys.exit(1)
