"""Does `allocate` take what `match` wrote, refuse in words, and write an allocation with its proof?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.allocate import allocate_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three requests, two offers with one place each."""
    (tmp_path / "requests.csv").write_text(
        "id,region,amount\nREQ-1,africa,60000\nREQ-2,africa,50000\nREQ-3,americas,50000\n"
    )
    (tmp_path / "offers.csv").write_text("id,capacity,budget\nOFF-1,1,\nOFF-2,,\n")
    rows = [
        ("REQ-1", "OFF-1", 0.9),
        ("REQ-2", "OFF-1", 0.8),
        ("REQ-2", "OFF-2", 0.1),
        ("REQ-3", "OFF-2", 0.7),
    ]
    lines = [json.dumps({"request": one, "offer": to, "score": score, "rank": 1}) for one, to, score in rows]
    (tmp_path / "matches.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def run(folder: Path, *more: str) -> Result:
    files = [str(folder / name) for name in ("matches.jsonl", "requests.csv", "offers.csv")]
    return CliRunner().invoke(allocate_command, [*files, "-o", str(folder / "out.json"), *more])


def placed(folder: Path) -> dict[str, str]:
    found = json.loads((folder / "out.json").read_text())
    return {one["request"]: one["offer"] for one in found["placed"]}


def test_allocate_writes_the_best_allocation_with_its_proof(folder: Path) -> None:
    done = run(folder)

    found = json.loads((folder / "out.json").read_text())
    assert done.exit_code == 0, done.output
    assert placed(folder) == {"REQ-1": "OFF-1", "REQ-2": "OFF-2", "REQ-3": "OFF-2"}
    assert (found["total"], found["unserved"], found["status"]) == (1.7, [], "optimal")
    assert (found["certificate"]["bound"], found["certificate"]["gap"]) == (1.7, 0.0)
    assert found["served_by_region"] == {"africa": 2, "americas": 1}


def test_allocate_keeps_to_budgets(folder: Path) -> None:
    (folder / "offers.csv").write_text("id,capacity,budget\nOFF-1,1,55000\nOFF-2,1,\n")

    run(folder)

    assert placed(folder) == {"REQ-2": "OFF-1", "REQ-3": "OFF-2"}


def test_allocate_meets_floors_or_says_what_could_be(folder: Path) -> None:
    (folder / "offers.csv").write_text("id,capacity,budget\nOFF-1,0,\nOFF-2,1,\n")
    (folder / "floors.csv").write_text("region,least\nafrica,1\n")
    met = run(folder, "--floors", str(folder / "floors.csv"))
    with_floor = placed(folder)
    (folder / "floors.csv").write_text("region,least\nafrica,2\n")

    unmet = run(folder, "--floors", str(folder / "floors.csv"))

    assert met.exit_code == 0
    assert with_floor == {"REQ-2": "OFF-2"}
    assert unmet.exit_code == 1
    assert "africa: 2 asked for; alone it can have at most 1." in unmet.output


def test_allocate_stable_takes_the_highest_scores_first(folder: Path) -> None:
    run(folder, "--mode", "stable")

    assert placed(folder) == {"REQ-1": "OFF-1", "REQ-2": "OFF-2", "REQ-3": "OFF-2"}
    assert json.loads((folder / "out.json").read_text())["certificate"] is None


def test_allocate_tells_every_problem_by_file_row_and_field(folder: Path) -> None:
    (folder / "matches.jsonl").write_text('{"request": "REQ-1", "offer": "OFF-9", "score": 1.5}\n')
    (folder / "offers.csv").write_text("id,capacity\nOFF-1,half\n")

    done = run(folder)

    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "offers.csv, row 2, capacity: “half” is no count; write a whole number of 0 or more.",
        "matches.jsonl, row 1, offer: “OFF-9” is not in offers.csv; name an id of that file.",
        "matches.jsonl, row 1, score: 1.500000 is above 1; a score lies from 0 to 1.",
        "Nothing was written: 3 problems to correct.",
    ]


def test_allocate_stable_with_floors_is_wrong_use(folder: Path) -> None:
    (folder / "floors.csv").write_text("region,least\nafrica,1\n")

    assert run(folder, "--mode", "stable", "--floors", str(folder / "floors.csv")).exit_code == 2
