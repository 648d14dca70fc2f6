"""Does `evaluate` judge each proposal of a file, name every bad row, and give the same bytes each time?"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commands.evaluate import evaluate_command
from criteria.agreement import alpha
from tests.criteria.programme import WETLAND_RULES_FILE

SCORE = "write 0, 1, 2 or 3, or null for “cannot judge”."
CRITERIA_OF = {"S1": ("1", "2", "3", "4"), "S2": ("5", "6", "7", "8"), "S3": ("9", "10", "11", "12")}


def row(proposal: str, reviewer: str, strategy: str, *scores: int | None, **more: Any) -> dict[str, Any]:
    """Scores of the criteria of a strategy, in order."""
    by_criterion = dict(zip(CRITERIA_OF[strategy], scores, strict=True))
    return {
        "proposal": proposal,
        "reviewer": reviewer,
        "strategy": strategy,
        "scores": by_criterion,
        **more,
    }


ROWS = [
    row("p1", "ana", "S1", 2, 2, 1, 2),
    row("p1", "ben", "S1", 2, 3, 1, None),
    row("p1", "caz", "S1", 3, 2, 2, None),
    row("p2", "ana", "S2", 2, 0, 0, 1),
    row("p2", "ben", "S2", 2, 1, 0, 0),
    row("p2", "caz", "S2", 1, 0, 1, 0),
]


def run(folder: Path, rows: list[Any], *more: str) -> Result:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    (folder / "cards.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = [str(folder / "cards.jsonl"), "-o", str(folder / "out.jsonl"), *more]
    return CliRunner().invoke(evaluate_command, arguments)


def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def many(n_proposals: int, n_reviewers: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    rows = []
    for n in range(n_proposals):
        strategy = chance.choice(sorted(CRITERIA_OF))
        for reviewer in chance.sample(range(12), n_reviewers):
            scores = [chance.choice([0, 1, 1, 2, 2, 3, None]) for _ in range(4)]
            rows.append(row(f"p{n:04}", f"r{reviewer:02}", strategy, *scores))
    return rows


def test_evaluate_writes_medians_verdict_explanation_flags_and_alpha(tmp_path: Path) -> None:
    done = run(tmp_path, ROWS)

    first, second = results(tmp_path)
    assert (done.exit_code, done.output) == (0, "")
    assert (first["proposal"], first["strategies"], first["verdict"]) == ("p1", ["S1"], "undecided")
    assert first["medians"] == {"1": 2, "2": 2, "3": 1, "4": None}
    assert first["own_verdicts"] == {
        "ana": {"S1": "satisfied"},
        "ben": {"S1": "undecided"},
        "caz": {"S1": "satisfied"},
    }
    assert first["explanation"].startswith(
        "Strategy S1 is not determined. Criterion 1 is met (scores 2, 2 and 3)."
    )
    assert [flag["code"] for flag in first["flags"]] == ["verdict-split", "fragile", "unknown"]
    assert (second["verdict"], second["medians"]) == ("satisfied", {"5": 2, "6": 0, "7": 0, "8": 0})
    assert second["flags"][1] == {
        "code": "fragile",
        "message": "With one score of 1 instead of 2 on criterion 5, strategy S2 would not be met "
        "(given by: ana and ben).",
        "strategy": "S2",
        "criterion": "5",
        "reviewers": ["ana", "ben"],
        "score": 2,
        "would_be": 1,
        "verdict": "failed",
    }
    assert [flag["code"] for flag in second["flags"]] == ["verdict-split", "fragile", "S2-single"]


def test_evaluate_alpha_is_that_of_all_scores_of_the_file(tmp_path: Path) -> None:
    run(tmp_path, ROWS)

    units = [[2, 2, 3], [2, 3, 2], [1, 1, 2], [2, 2, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    for found in results(tmp_path):
        assert found["alpha"] == round(alpha(units), 6)
        assert found["agreement"]["raw"] == round((3 + 3 + 1 + 1 + 3 + 3 + 3) / 21, 6)
        assert (found["agreement"]["n_pairs"], found["agreement"]["n_proposals"]) == (21, 2)


def test_evaluate_of_one_reviewer_leaves_everything_open_and_alpha_unknown(tmp_path: Path) -> None:
    run(tmp_path, ROWS[3:4])

    (found,) = results(tmp_path)
    assert (found["verdict"], found["alpha"]) == ("undecided", None)
    assert set(found["medians"].values()) == {None}
    assert found["agreement"] == {
        "alpha": None,
        "low": None,
        "high": None,
        "raw": None,
        "n_pairs": 0,
        "n_proposals": 0,
    }


def test_evaluate_puts_rows_of_several_strategies_together(tmp_path: Path) -> None:
    met = [row("p1", name, "S2", 3, 3, 3, 3) for name in ("ana", "ben")]

    run(tmp_path, [*met, *[row("p1", name, "S1", 0, 0, 0, 0) for name in ("ana", "ben")]])

    (found,) = results(tmp_path)
    assert found["strategies"] == ["S1", "S2"]
    assert (found["verdict"], found["verdicts"]) == ("satisfied", {"S1": "failed", "S2": "satisfied"})
    assert list(found["medians"]) == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_evaluate_asks_no_verdict_of_a_reviewer_whose_rows_leave_a_strategy_out(tmp_path: Path) -> None:
    rows = [row("p1", name, "S2", 3, 3, 0, 0) for name in ("ana", "ben")]

    run(tmp_path, [*rows, row("p1", "caz", "S1", 2, 2, 2, 2)])

    (found,) = results(tmp_path)
    assert found["verdicts"] == {"S1": "undecided", "S2": "satisfied"}
    assert found["own_verdicts"] == {
        "ana": {"S2": "satisfied"},
        "ben": {"S2": "satisfied"},
        "caz": {"S1": "satisfied"},
    }
    assert [(flag["code"], flag["strategy"]) for flag in found["flags"]] == [("unknown", "S1")]


def test_evaluate_takes_recommendation_confidence_pointers_and_revision(tmp_path: Path) -> None:
    rows = [
        row("p1", "ana", "S2", 3, 0, 0, 0, confidence="low", pointers={"5": "p. 3"}, revision=2),
        row("p1", "ben", "S2", 3, 0, 0, 0, recommendation="do_not_endorse", confidence="low", revision=2),
        row("p1", "caz", "S2", 0, 0, 0, 0, revision=1),
    ]

    run(tmp_path, rows)

    (found,) = results(tmp_path)
    assert [(flag["code"], flag.get("reviewers")) for flag in found["flags"]] == [
        ("S2-single", None),
        ("contradiction", ["ben"]),
        ("low-confidence", ["ana", "ben"]),
        ("thin-evidence", ["ben"]),
        ("stale", ["caz"]),
    ]
    assert found["medians"]["5"] == 3


def test_evaluate_gives_the_same_bytes_for_any_order_of_rows(tmp_path: Path) -> None:
    rows = many(40, 3)
    run(tmp_path, rows, "--summary", str(tmp_path / "sum.json"))
    first = (tmp_path / "out.jsonl").read_bytes(), (tmp_path / "sum.json").read_bytes()
    random.Random(1).shuffle(rows)
    turned = [{**one, "scores": dict(reversed(one["scores"].items()))} for one in rows]

    run(tmp_path, turned, "--summary", str(tmp_path / "sum.json"))

    assert ((tmp_path / "out.jsonl").read_bytes(), (tmp_path / "sum.json").read_bytes()) == first


def test_evaluate_judges_the_pilot_s_94_proposals_quickly(tmp_path: Path) -> None:
    rows = many(94, 3)

    started = time.perf_counter()
    done = run(tmp_path, rows, "--summary", str(tmp_path / "sum.json"))
    seconds = time.perf_counter() - started

    assert done.exit_code == 0, done.output
    assert [found["proposal"] for found in results(tmp_path)] == [f"p{n:04}" for n in range(94)]
    assert seconds < 10


def test_evaluate_names_every_bad_row_with_what_would_be_right(tmp_path: Path) -> None:
    rows = [
        row("p1", "ana", "S1", 2, 4, True, "2"),
        "{not json",
        {"proposal": "p1", "reviewer": "ben", "strategy": "S9", "scores": {}},
        {"proposal": "p1", "strategy": "S2", "scores": [1, 2]},
        {
            "proposal": "p2",
            "reviewer": "ana",
            "strategy": "S2",
            "scores": {"5": 1.5, "6": 2, "7": 2, "13": 1},
        },
        ROWS[3],
        ROWS[3],
    ]

    done = run(tmp_path, rows)

    example = '{"1": 2, "2": null}'
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        f"cards.jsonl, row 1, scores.2: “4” is no score; {SCORE}",
        f"cards.jsonl, row 1, scores.3: “True” is no score; {SCORE}",
        f"cards.jsonl, row 1, scores.4: “2” is no score; {SCORE}",
        "cards.jsonl, row 2: The line is not JSON; write one object a line, closed on that line.",
        "cards.jsonl, row 3, strategy: “S9” is no strategy; the strategies are S1, S2 and S3.",
        "cards.jsonl, row 4, reviewer: It is missing or empty; every row needs one.",
        f"cards.jsonl, row 4, scores: Write an object by criterion, such as {example}.",
        f"cards.jsonl, row 5, scores.8: It is missing; {SCORE}",
        f"cards.jsonl, row 5, scores.5: “1.5” is no score; {SCORE}",
        "cards.jsonl, row 5, scores.13: There is no such criterion; the criteria are 1, 2, 3, 4, 5, 6, 7, 8, "
        "9, 10, 11 and 12.",
        "cards.jsonl, row 6, strategy: “p2, ana, S2” stands already in row 5; keep one of the two.",
        "cards.jsonl, row 7, strategy: “p2, ana, S2” stands already in row 5; keep one of the two.",
        "Nothing was written: 12 problems to correct.",
    ]
    assert not (tmp_path / "out.jsonl").exists()


def test_evaluate_refuses_another_score_of_the_same_criterion_in_a_second_row(tmp_path: Path) -> None:
    both = row("p1", "ana", "S1", 2, 2, 2, 2, confidence="high")
    both["scores"]["5"] = 0

    done = run(tmp_path, [both, row("p1", "ana", "S2", 3, 0, 0, 0, confidence="low")])

    again = "“ana” gave another value for “p1” in row 1; keep one of the two."
    assert done.output.splitlines() == [
        f"cards.jsonl, row 2, confidence: {again}",
        f"cards.jsonl, row 2, scores.5: {again}",
        "Nothing was written: 2 problems to correct.",
    ]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"confidence": "sure"}, "confidence: “sure” is not known; write one of low, medium and high."),
        ({"revision": 0.5}, "revision: “0.5” is no revision; write a whole number, such as 2."),
        ({"pointers": {"5": 3}}, "pointers.5: Write a text, such as “section 2”."),
    ],
)
def test_evaluate_names_a_bad_optional_value(tmp_path: Path, more: dict[str, Any], problem: str) -> None:
    done = run(tmp_path, [{**ROWS[3], **more}])

    assert done.output.splitlines()[0] == f"cards.jsonl, row 1, {problem}"


def test_evaluate_summary_tells_agreement_by_criterion_and_the_leaning_of_reviewers(tmp_path: Path) -> None:
    rows = [
        row(f"p{n}", name, "S2", *[max(n % 4 - strict, 0)] * 4)
        for n in range(30)
        for name, strict in (("ana", 0), ("ben", 0), ("caz", 1))
    ]

    run(tmp_path, rows, "--summary", str(tmp_path / "sum.json"))

    found = json.loads((tmp_path / "sum.json").read_text())
    ana, ben, caz = found["reviewers"]
    assert found["n_proposals"] == 30
    assert list(found["by_criterion"]) == ["5", "6", "7", "8"]
    assert len({one["alpha"] for one in found["by_criterion"].values()}) == 1
    assert found["agreement"] == results(tmp_path)[0]["agreement"]
    assert ana["severity"] == ben["severity"] < 0 < caz["severity"]
    assert (caz["reviewer"], caz["n_proposals"], caz["n_scores"]) == ("caz", 30, 120)


def test_evaluate_reads_a_table_whose_cells_hold_objects(tmp_path: Path) -> None:
    (tmp_path / "cards.csv").write_text(
        "proposal;reviewer;strategy;scores\n"
        + "".join(
            f'p1;{name};s2;"{{""5"": 2, ""6"": 2, ""7"": null, ""8"": 0}}"\n' for name in ("ana", "ben")
        )
    )

    done = CliRunner().invoke(
        evaluate_command, [str(tmp_path / "cards.csv"), "-o", str(tmp_path / "out.jsonl")]
    )

    assert done.exit_code == 0, done.output
    assert results(tmp_path)[0]["medians"] == {"5": 2, "6": 2, "7": None, "8": 0}


def test_evaluate_serves_another_programme_from_its_own_files(tmp_path: Path) -> None:
    items = [{"code": code, "parent": "protect"} for code in ("site", "law", "fund")]
    items += [{"code": code, "parent": "teach"} for code in ("school", "guide")]
    (tmp_path / "criteria.json").write_text(json.dumps({"items": items}))
    (tmp_path / "rules.json").write_text(json.dumps(WETLAND_RULES_FILE))
    card = {"proposal": "w1", "reviewer": "ana", "strategy": "teach", "scores": {"school": 3, "guide": 2}}

    done = run(
        tmp_path,
        [card],
        "--criteria",
        str(tmp_path / "criteria.json"),
        "--rules",
        str(tmp_path / "rules.json"),
    )

    assert done.exit_code == 0, done.output
    assert (results(tmp_path)[0]["verdict"], results(tmp_path)[0]["strategies"]) == ("failed", ["teach"])


def test_evaluate_refuses_files_that_hold_no_programme(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"items": [{}]}')

    for option in ("--criteria", "--rules"):
        done = run(tmp_path, ROWS, option, str(tmp_path / "bad.json"))
        assert done.exit_code == {"--criteria": 2, "--rules": 1}[option], done.output
    assert not (tmp_path / "out.jsonl").exists()


def test_evaluate_writes_over_none_of_the_files_it_reads(tmp_path: Path) -> None:
    done = run(tmp_path, ROWS, "--summary", str(tmp_path / "cards.jsonl"))

    assert done.exit_code == 2
