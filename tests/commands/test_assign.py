"""Does `assign` read files kindly, refuse in words, and write an assignment that its certificate proves?"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.assign import assign_command

RIGHT = "write a number from 0 to below 1000000, such as 0.75."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three proposals, three reviewers, bids and one conflict."""
    (tmp_path / "proposals.csv").write_text("id,title\np1,One\np2,Two\np3,Three\n")
    (tmp_path / "reviewers.csv").write_text("id\nr1\nr2\nr3\n")
    (tmp_path / "affinity.csv").write_text(
        "proposal,reviewer,score\np1,r1,0.75\np1,r2,0.5\np2,r2,1\np2,r3,0.25\np3,r3,1\np3,r1,0.5\n"
    )
    (tmp_path / "conflicts.csv").write_text("proposal,reviewer\np1,r1\n")
    return tmp_path


def run(folder: Path, *more: str) -> Result:
    arguments = [str(folder / "proposals.csv"), str(folder / "reviewers.csv")]
    arguments += ["--affinity", str(folder / "affinity.csv"), "--conflicts", str(folder / "conflicts.csv")]
    return CliRunner().invoke(assign_command, [*arguments, "-o", str(folder / "out.json"), *more])


def test_assign_writes_assignment_total_worst_and_proof(folder: Path) -> None:
    done = run(folder, "--per-proposal", "2", "--max-load", "2")

    found = json.loads((folder / "out.json").read_text())
    assert done.exit_code == 0, done.output
    assert found["assignment"] == {"p1": ["r2", "r3"], "p2": ["r1", "r2"], "p3": ["r1", "r3"]}
    assert (found["total"], found["worst"], found["status"]) == (3.0, 0.5, "optimal")
    assert (found["certificate"]["bound"], found["certificate"]["gap"]) == (3.0, 0.0)


def test_assign_fair_never_serves_the_worst_worse(folder: Path) -> None:
    run(folder, "--per-proposal", "1", "--max-load", "1")
    by_sum = json.loads((folder / "out.json").read_text())
    run(folder, "--per-proposal", "1", "--max-load", "1", "--mode", "fair")
    fair = json.loads((folder / "out.json").read_text())

    assert fair["worst"] >= by_sum["worst"]
    assert fair["certificate"]["worst_bound"] >= fair["worst"]


def test_assign_gives_the_same_bytes_for_shuffled_rows(folder: Path) -> None:
    run(folder, "--per-proposal", "2", "--max-load", "2")
    first = (folder / "out.json").read_bytes()
    for name in ("proposals.csv", "reviewers.csv", "affinity.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        random.Random(1).shuffle(rows)
        (folder / name).write_text("\n".join([head, *rows]) + "\n")

    run(folder, "--per-proposal", "2", "--max-load", "2")

    assert (folder / "out.json").read_bytes() == first


def test_assign_that_cannot_be_met_says_who_lacks_whom_and_writes_nothing(folder: Path) -> None:
    done = run(folder, "--per-proposal", "3", "--max-load", "3")

    assert done.exit_code == 1
    assert "p1: 1 of 3 reviewers missing; 2 have no conflict with it." in done.output
    assert "Raise --max-load" in done.output
    assert not (folder / "out.json").exists()


def test_assign_tells_every_problem_by_file_row_and_field(folder: Path) -> None:
    (folder / "proposals.csv").write_text("id\np1\np1\n")
    (folder / "affinity.csv").write_text("proposal,reviewer,score\np1,r1,nan\np9,r1,0.5\np1,r2,-1\n")

    done = run(folder, "--max-load", "2")

    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "proposals.csv, row 3, id: “p1” stands already in row 2; keep one of the two.",
        f"affinity.csv, row 2, score: “nan” is no score; {RIGHT}",
        f"affinity.csv, row 4, score: “-1” is no score; {RIGHT}",
        "affinity.csv, row 3, proposal: “p9” is not in proposals.csv; name an id of that file.",
        "Nothing was written: 4 problems to correct.",
    ]


def test_assign_with_min_above_max_is_wrong_use(folder: Path) -> None:
    assert run(folder, "--max-load", "1", "--min-load", "2").exit_code == 2


def test_assign_without_a_column_names_it(folder: Path) -> None:
    (folder / "conflicts.csv").write_text("paper,reviewer\np1,r1\n")

    done = run(folder, "--max-load", "2")

    assert "conflicts.csv, row 1, proposal: There is no such column" in done.output
