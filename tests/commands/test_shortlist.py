"""Does `shortlist` read files kindly, refuse in words, and write what `shortlist-check` holds true?"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.selection_pools import pool
from commands.shortlist import shortlist_check_command, shortlist_command
from fellowships.checking import canonical, digest

PEOPLE = "id,Score,region\na,9,North\nb,8.5,North\nc,5,South\nd,4,South\n"
TARGETS = "attribute,value,min,max,kind,weight\nregion,South,1,,soft,1\nRegion,*,,1,,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "targets.csv").write_text(TARGETS)
    return tmp_path


def run(folder: Path, *more: str, people: str = "people.csv") -> Result:
    arguments = [str(folder / people), "--targets", str(folder / "targets.csv"), "--seats", "2"]
    return CliRunner().invoke(shortlist_command, [*arguments, "-o", str(folder / "out.json"), *more])


def check(folder: Path) -> Result:
    return CliRunner().invoke(shortlist_check_command, [str(folder / "out.json")])


def test_shortlist_writes_list_reserve_costs_and_answers_that_check(folder: Path) -> None:
    done = run(folder, "--reserve", "2")

    found = json.loads((folder / "out.json").read_text())
    assert done.exit_code == 0, done.output
    assert found["seats"] == [{"id": "a", "score": 90}, {"id": "c", "score": 50}]
    assert [one["id"] for one in found["reserve"]] == ["b", "d"]
    assert [(one["count"], one["cost"]) for one in found["targets"]] == [(1, 0)]
    assert [(one["id"], one["short"]) for one in found["counterfactuals"]] == [("b", 5), ("d", 10)]
    assert check(folder).output == ("The record holds: 2 seats, total 14.0; no other list has as much.\n")


def test_shortlist_check_refuses_a_changed_byte(folder: Path) -> None:
    run(folder)
    content = (folder / "out.json").read_bytes()
    (folder / "out.json").write_bytes(content.replace(b'"score":90', b'"score":91', 1))

    done = check(folder)

    assert done.exit_code == 1
    assert done.output == "The record does not hold: the hash of the whole does not fit.\n"


def test_shortlist_check_can_solve_again(folder: Path) -> None:
    run(folder, "--reserve", "1")
    record = json.loads((folder / "out.json").read_bytes())
    same = CliRunner().invoke(shortlist_check_command, [str(folder / "out.json"), "--solve-again"])
    record["counterfactuals"] = []
    rest = {name: value for name, value in record.items() if name != "sha256"}
    (folder / "out.json").write_text(canonical(rest | {"sha256": digest(rest)}) + "\n")

    other = CliRunner().invoke(shortlist_check_command, [str(folder / "out.json"), "--solve-again"])

    assert same.exit_code == 0
    assert (other.exit_code, other.output) == (
        1,
        "The proofs hold, but solving again gives another record.\n",
    )


@pytest.mark.parametrize(
    ("sign", "start"), [(",", ""), (";", ""), ("\t", "\ufeff"), (";", "\ufeff")], ids=repr
)
def test_shortlist_gives_the_same_bytes_for_any_spelling_and_order(
    folder: Path, sign: str, start: str
) -> None:
    run(folder)
    first = (folder / "out.json").read_bytes()
    for name in ("people.csv", "targets.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        random.Random(1).shuffle(rows)
        text = start + "\r\n".join([head, *rows]).replace(",", sign) + "\r\n"
        (folder / name).write_bytes(text.encode())

    run(folder)

    assert (folder / "out.json").read_bytes() == first


def test_shortlist_reads_jsonl(folder: Path) -> None:
    run(folder)
    first = (folder / "out.json").read_bytes()
    lines = [row.split(",") for row in PEOPLE.splitlines()[1:]]
    texts = [
        json.dumps({"id": name, "score": float(score), "region": region}) for name, score, region in lines
    ]
    (folder / "people.jsonl").write_text("\n".join(texts))

    run(folder, people="people.jsonl")

    assert (folder / "out.json").read_bytes() == first


BAD = [
    ("people.csv", "", "people.csv: The file is empty; write at least one row."),
    ("people.csv", PEOPLE + "a,1,North\n",
     "people.csv, row 6, id: “a” stands already in row 2; keep one of the two."),
    ("people.csv", PEOPLE + "e,,North\n",
     "people.csv, row 6, score: It is missing or empty; every row needs one."),
    ("people.csv", PEOPLE + "e,1,\n",
     "people.csv, row 6, region: It is missing or empty; every row needs one."),
    ("people.csv", PEOPLE + "e,11,North\n", "people.csv, row 6, score: “11” is out of range; write 0 to 10."),
    ("people.csv", PEOPLE + "e,1.2,North\n",
     "people.csv, row 6, score: “1.2” is not a multiple of the step 0.5; write 1 or 1.5."),
    ("people.csv", PEOPLE + "e,n/a,North\n",
     "people.csv, row 6, score: “n/a” is no score; write a number from 0 to 10."),
    ("people.csv", PEOPLE + 'e,"7,5",North\n', "people.csv, row 6, score: “7,5” has a comma; write 7.5."),
    ("people.csv", "id,region\na,North\n",
     "people.csv, row 1, score: There is no such column; the first row names id and region."),
    ("people.csv", "id,score\na,1\n",
     "targets.csv, row 2, attribute: people.csv has no column “region”; it has id and score."),
    ("targets.csv", "attribute,value,min,max\nregion,South,2,1\n",
     "targets.csv, row 2, min: The minimum 2 is above the maximum 1."),
    ("targets.csv", "attribute,value,min,max\nregion,South,3,\n",
     "targets.csv, row 2, min: The minimum 3 is above the 2 seats."),
    ("targets.csv", "attribute,value,min,max\nregion,Soth,1,\n",
     "targets.csv, row 2, value: Nobody has “Soth”; there is South."),
    ("targets.csv", "attribute,value,min,max\nregion,South,1.5,\n",
     "targets.csv, row 2, min: “1.5” is no whole number from 0 to 100000."),
    ("targets.csv", "attribute,value,min,max\nregion,South,,\n",
     "targets.csv, row 2, min: There is neither a minimum nor a maximum; write one of them."),
    ("targets.csv", "attribute,value,min,max,kind\nregion,South,1,2,firm\n",
     "targets.csv, row 2, kind: “firm” is none of hard and soft."),
    ("targets.csv", "attribute,value,min,max,weight\nregion,South,1,2,0\n",
     "targets.csv, row 2, weight: The weight of a target is a whole number from 1 to 1000."),
    ("targets.csv", "attribute,value,min,max\nregion,*,1,2\n",
     "targets.csv, row 2, max: A cap on every value (*) has a maximum only, and is hard."),
    ("targets.csv", "attribute,value,min,max\nregion,South,1,2\nRegion,South,1,2\n",
     "targets.csv, row 3, value: “region, South” stands already in row 2; keep one of the two."),
    ("pins.csv", "id,pin,reason\nz,include,chair\n",
     "pins.csv, row 2, id: “z” is not in people.csv; name an id of that file."),
    ("pins.csv", "id,pin,reason\na,maybe,chair\n",
     "pins.csv, row 2, pin: “maybe” is none of include and exclude."),
    ("pins.csv", "id,pin,reason\na,include,\n",
     "pins.csv, row 2, reason: It is missing or empty; every row needs one."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line"), BAD, ids=[line for *_, line in BAD])
def test_shortlist_names_every_bad_cell(folder: Path, name: str, text: str, line: str) -> None:
    (folder / "pins.csv").write_text("id,pin,reason\na,include,chair\n")
    (folder / name).write_text(text)

    done = run(folder, "--score-range", "0", "10", "--score-step", "0.5", "--pins", str(folder / "pins.csv"))

    assert done.exit_code == 1
    assert line in done.output.splitlines()
    assert not (folder / "out.json").exists()


SEATED = """id,score,region,wishes,band
a,9,North;South,c1;c2,A
b,8.5,North,c1,B
c,5,South,*,A
d,4,South,c1;*,B
"""
CHAPTERS = "chapter,seats\nc2,1\nc1,1\n"
WITH_SEATS = ("--chapters", "chapters.csv", "--bands", "band")

BAD_SEATS = [
    ("people.csv", SEATED.replace("c1;*", "c9"), "people.csv, row 5, wishes: “c9” is none of c2, c1 and *."),
    ("people.csv", SEATED.replace("c1;*", "*;c1"), "people.csv, row 5, wishes: “*” is none of c2, c1 and *."),
    ("people.csv", SEATED.replace("c1;*", "c1;c1"),
     "people.csv, row 5, wishes: “c1” stands twice; keep one."),
    ("people.csv", SEATED.replace("c1;*", ";"),
     "people.csv, row 5, wishes: It is missing or empty; every row needs one."),
    ("people.csv", SEATED.replace("c1;*", ""),
     "people.csv, row 5, wishes: It is missing or empty; every row needs one."),
    ("people.csv", SEATED.replace("*,A", "*,"),
     "people.csv, row 4, band: It is missing or empty; every row needs one."),
    ("people.csv", SEATED.replace("*,A", "*,D"), "people.csv, row 4, band: “D” is none of A, B and C."),
    ("people.csv", PEOPLE,
     "people.csv, row 1, wishes: There is no such column; the first row names id, region and score."),
    ("chapters.csv", "", "chapters.csv: The file is empty; write at least one row."),
    ("chapters.csv", "chapter,seats\nc1,1\nc2,2\n",
     "chapters.csv, row 3, seats: The chapters have 3 seats together; the list has 2."),
    ("chapters.csv", "chapter,seats\nc1,1\nc1,1\n",
     "chapters.csv, row 3, chapter: “c1” stands already in row 2; keep one of the two."),
    ("chapters.csv", "chapter,seats\nc1,one\nc2,1\n",
     "chapters.csv, row 2, seats: “one” is no whole number from 0 to 100000."),
    ("chapters.csv", "chapter,seats\n*,1\nc2,1\n",
     "chapters.csv, row 2, chapter: “*” cannot be the code of a chapter; use letters and figures."),
]  # fmt: skip


@pytest.fixture
def seated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    (folder / "people.csv").write_text(SEATED)
    (folder / "chapters.csv").write_text(CHAPTERS)
    (folder / "targets.csv").write_text("attribute,value,min,max\nregion,South,1,\n")
    return folder


def test_shortlist_seats_by_wish_and_puts_better_bands_first(seated: Path) -> None:
    done = run(seated, *WITH_SEATS)

    found = json.loads((seated / "out.json").read_text())
    assert done.exit_code == 0, done.output
    assert found["seats"] == [
        {"id": "a", "score": 90, "band": "A", "chapter": "c1", "wish": 1},
        {"id": "c", "score": 50, "band": "A", "chapter": "c2", "wish": None},
    ]
    assert [(one["count"], one["in_pool"]) for one in found["targets"]] == [(2, 3)]
    assert [(one["band"], one["count"]) for one in found["bands"]] == [("A", 2)]
    assert check(seated).output == "The record holds: 2 seats, total 14.0; no other list has as much.\n"


def test_shortlist_takes_bands_in_the_order_that_is_named(seated: Path) -> None:
    done = run(seated, "--bands", "Band", "--band-order", "B, A", "--seed-source", "state lottery, 5 May")

    found = json.loads((seated / "out.json").read_text())
    assert done.exit_code == 0, done.output
    assert [one["id"] for one in found["seats"]] == ["b", "d"]
    assert found["question"]["seed_source"] == "state lottery, 5 May"


def test_shortlist_reads_several_values_from_any_sort_of_file(seated: Path) -> None:
    run(seated, *WITH_SEATS)
    first = (seated / "out.json").read_bytes()
    rows = [row.split(",") for row in SEATED.splitlines()]
    quoted = "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
    (seated / "quoted.csv").write_bytes(f"\ufeff{quoted}".encode())
    objects = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    for one in objects:
        one["region"], one["wishes"] = one["region"].split(";"), one["wishes"].split(";")
    (seated / "people.jsonl").write_text("\n".join(json.dumps(one) for one in objects))

    for name in ("quoted.csv", "people.jsonl"):
        done = run(seated, *WITH_SEATS, people=name)

        assert done.exit_code == 0, done.output
        assert (seated / "out.json").read_bytes() == first


@pytest.mark.parametrize(("name", "text", "line"), BAD_SEATS, ids=[line for *_, line in BAD_SEATS])
def test_shortlist_names_every_bad_cell_of_chapters_and_bands(
    seated: Path, name: str, text: str, line: str
) -> None:
    (seated / name).write_text(text)

    done = run(seated, *WITH_SEATS, "--band-order", "A,B,C")

    assert done.exit_code == 1
    assert line in done.output.splitlines()
    assert not (seated / "out.json").exists()


def test_shortlist_of_a_chapter_that_too_few_wish_for_names_the_conflict(seated: Path) -> None:
    (seated / "people.csv").write_text(SEATED.replace("c1;c2", "c1").replace("*", "c1"))
    (seated / "people.csv").write_text((seated / "people.csv").read_text().replace("c1;c1", "c1"))

    done = run(seated, *WITH_SEATS)

    assert done.exit_code == 1
    assert done.output.splitlines()[:3] == [
        "No list keeps all of these limits together:",
        "  chapters c1: at most 1 who wish for no other",
        "  seats: exactly 2",
    ]
    assert check(seated).output == "The record holds: no list keeps all limits.\n"


def test_shortlist_reads_fifty_thousand_rows_and_tells_the_one_bad_cell(folder: Path) -> None:
    chance = random.Random(1)
    regions = ("North", "South", "East")
    rows = [f"n{at},{chance.randrange(10**6) / 1000},{chance.choice(regions)}" for at in range(50_000)]
    (folder / "targets.csv").write_text("attribute,value,min,max\nregion,South,12,15\nregion,East,5,\n")
    (folder / "people.csv").write_text("\n".join(["id,score,region", *rows]))
    good = run(folder, "--seats", "30", "--reserve", "3")
    record = json.loads((folder / "out.json").read_bytes())
    rows[49_998] = "n49998,none,North"
    (folder / "people.csv").write_text("\n".join(["id,score,region", *rows]))

    bad = run(folder, "--seats", "30")

    assert good.exit_code == 0, good.output
    assert [12 <= one["count"] <= 15 for one in record["targets"][1:]] == [True]
    assert (len(record["seats"]), len(record["reserve"]), record["counterfactuals"]) == (30, 3, [])
    assert bad.exit_code == 1
    assert bad.output.splitlines() == [
        "people.csv, row 50000, score: “none” is no score; "
        "write a number from 0 to below 1000000, such as 0.75.",
        "Nothing was written: 1 problem to correct.",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("id,score,region\n", "people.csv: The file holds no rows; write at least one."),
        ("\ufeff", "people.csv: The file is empty; write at least one row."),
        ("id;score;region\na;9;North;South\n", "people.csv, row 2: The row has 4 cells, the header 3."),
    ],
)
def test_shortlist_says_what_is_wrong_with_a_whole_file_or_row(folder: Path, text: str, line: str) -> None:
    (folder / "people.csv").write_text(text)

    done = run(folder)

    assert done.exit_code == 1
    assert line in done.output.splitlines()


def test_band_order_without_bands_is_wrong_use(folder: Path) -> None:
    done = run(folder, "--band-order", "A,B")

    assert done.exit_code == 2
    assert "it needs --bands, the column" in done.output


def test_shortlist_with_more_seats_than_people_says_so(folder: Path) -> None:
    done = run(folder, "--seats", "5")

    assert done.exit_code == 1
    assert done.output == "seats: There are 5 seats and 4 nominees; write a number from 1 to 4.\n"


def test_shortlist_that_cannot_be_met_proves_it_and_names_changes(folder: Path) -> None:
    (folder / "targets.csv").write_text(
        "attribute,value,min,max,kind\nregion,South,2,,soft\nregion,North,1,,hard\n"
    )

    done = run(folder)

    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "No list keeps all of these limits together:",
        "  seats: exactly 2",
        "  region = North: at least 1",
        "  region = South: at least 2",
        "The smallest changes of soft targets, each of which is enough:",
        "  1. region = South: lower the minimum from 2 to 1.",
        f"The proof is in {folder / 'out.json'}; no list was chosen.",
    ]
    assert check(folder).output == "The record holds: no list keeps all limits.\n"


def test_shortlist_is_the_same_for_every_hash_seed(folder: Path) -> None:
    question = pool(60, 6)
    names = sorted(question.nominations[0].values)
    rows = [
        ",".join([one.id, str(one.score), *(one.values[name] for name in names)])
        for one in question.nominations
    ]
    (folder / "people.csv").write_text("\n".join([",".join(["id", "score", *names]), *rows]))
    (folder / "targets.csv").write_text("attribute,value,min,max\nregion,Africa,2,3\ncountry,*,,1\n")
    code = "import sys; from commands.shortlist import shortlist_command; shortlist_command(sys.argv[1:])"
    found = set()
    for seed in ("0", "1", "2"):
        arguments = [str(folder / "people.csv"), "--targets", str(folder / "targets.csv"), "--seats", "6"]
        arguments += ["--reserve", "3", "-o", str(folder / "out.json")]
        subprocess.run(
            [sys.executable, "-c", code, *arguments], env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
        found.add((folder / "out.json").read_bytes())

    assert len(found) == 1
