"""`flask match`: the same input gives the same bytes, whatever the order of rows, workers and threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.match import match_command
from encoders import installed

ROOT = Path(__file__).parents[2]
WORDS = [
    *("wetland", "wetlands", "training", "data", "Feuchtgebiet", "the", "of", "birds", "forest", "soil"),
    *("zones", "humides", "formation", "conservación", "湿地", "培训", "تدريب", "водно-болотные"),
]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
rows = st.fixed_dictionaries(
    {"text": texts},
    optional={
        "title": texts,
        "language": st.sampled_from(["en", "fr", "zh", "de", "xx"]),
        "support": st.lists(st.sampled_from(["training", "Funding", "magic"]), max_size=2),
        "needs": st.lists(st.sampled_from(["1", "1.1", "ILK"]), max_size=2),
        "countries": st.lists(st.sampled_from(["KE", "TZA", "africa", "global", "Nowhere"]), max_size=2),
        "amount": st.sampled_from([0, 100, 5e4]),
        "from": st.sampled_from(["2026-01-01", "2026-06-01"]),
        "until": st.sampled_from(["2026-07-01", "2027-01-01"]),
        "capacity": st.integers(0, 2),
    },
)


def numbered(entries):
    return [entry | {"id": f"E-{number:02}"} for number, entry in enumerate(entries)]


def write(path, entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return str(path)


def output(folder, requests, offers, *options):
    """What the command writes for these rows in this order."""
    asked, given_ = write(folder / "requests.jsonl", requests), write(folder / "offers.jsonl", offers)
    words = [asked, given_, "-o", str(folder / "out.jsonl"), "--include-blocked", "--reasons", *options]
    done = CliRunner().invoke(match_command, words)
    assert done.exit_code == 0, done.stderr
    return (folder / "out.jsonl").read_bytes()


@given(
    requests=st.lists(rows, min_size=1, max_size=40).map(numbered),
    offers=st.lists(rows, min_size=1, max_size=12).map(numbered),
    data=st.data(),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_rows_and_number_of_workers_change_no_byte(tmp_path, requests, offers, data):
    before = output(tmp_path, requests, offers, "--meaning", "off", "--workers", "1")
    turned = data.draw(st.permutations(requests)), data.draw(st.permutations(offers))

    after = output(tmp_path, *turned, "--meaning", "off", "--workers", str(data.draw(st.integers(2, 3))))

    assert after == before


def sentences(n, step):
    for number in range(n):
        yield {"text": " ".join(WORDS[(number * step + at * at) % len(WORDS)] for at in range(9))}


@pytest.mark.slow
@pytest.mark.skipif(installed.fast_encoder() is None, reason="no sentence model is installed")
def test_threads_order_and_workers_change_no_byte_with_subjects_and_vectors(tmp_path):
    """Enough offers that subjects are fitted, whose arithmetic is the library's own."""
    requests, offers = numbered(sentences(40, 3)), numbered(sentences(230, 7))
    paths = {
        "straight": (write(tmp_path / "a.jsonl", requests), write(tmp_path / "b.jsonl", offers)),
        "turned": (write(tmp_path / "c.jsonl", requests[::-1]), write(tmp_path / "d.jsonl", offers[::-1])),
    }
    found = []
    for order, workers, threads in (("straight", "1", "1"), ("turned", "2", "2"), ("turned", "3", "1")):
        out = str(tmp_path / "out.jsonl")
        words = ["match", *paths[order], "-o", out, "--workers", workers, "--meaning", "fast", "--reasons"]
        environ = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words],
            cwd=tmp_path,
            env=environ,
            check=True,
            capture_output=True,
        )
        found.append((tmp_path / "out.jsonl").read_bytes())

    assert found[1:] == [found[0], found[0]]
    assert found[0].count(b"\n") == 400
