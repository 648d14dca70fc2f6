"""commands/blocks.py: whoever works, and whoever is lost meanwhile, the answers are the same."""

from __future__ import annotations

import json
import os
import signal
from random import Random

import pytest

from commands import blocks
from commands.blocks import Hands, NoWorkers, over_blocks, versions
from tests.commands.clusters import ROOT, cluster, killed_at_work, started

__all__ = ["cluster"]
WORDS = [
    "wetland",
    "forest",
    "river",
    "soil",
    "bird",
    "training",
    "data",
    "map",
    "grassland",
    "school",
    "survey",
    "coast",
]
N_REQUESTS, N_OFFERS = 900, 400


def times(shared, block):
    return shared * block


def fails_on_three(shared, block):
    if block == 3:
        raise ValueError("three")
    return block


def dies_once(marker, block):
    """The worker that comes to 5 first is killed, as one that takes too much memory is."""
    if block == 5 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return block


def dies_always(shared, block):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_answers_come_in_the_order_of_the_blocks(workers):
    assert list(over_blocks(times, 3, range(40), Hands(workers))) == [3 * n for n in range(40)]


def test_no_blocks_give_no_answers():
    assert list(over_blocks(times, 3, [], Hands(2))) == []


def test_blocks_are_taken_in_as_they_are_needed():
    taken = []
    stream = (taken.append(n) or n for n in range(1000))

    found = over_blocks(times, 3, stream, Hands(2))
    first = [next(found) for _ in range(5)]

    assert first == [0, 3, 6, 9, 12]
    assert len(taken) == 5 + 2 * blocks._AHEAD - 1
    found.close()


def test_block_of_a_killed_process_is_done_again_in_a_stream(tmp_path):
    found = list(over_blocks(dies_once, tmp_path / "died", iter(range(50)), Hands(2)))

    assert found == list(range(50))
    assert (tmp_path / "died").exists()


def test_block_of_a_killed_process_is_done_again(tmp_path):
    found = list(over_blocks(dies_once, tmp_path / "died", range(20), Hands(2)))

    assert found == list(range(20))
    assert (tmp_path / "died").exists()


def test_processes_that_are_lost_again_and_again_end_the_work_in_words():
    with pytest.raises(NoWorkers, match="lost again and again"):
        list(over_blocks(dies_always, None, range(4), Hands(2)))


def test_error_of_the_work_itself_comes_out():
    with pytest.raises(ValueError, match="three"):
        list(over_blocks(fails_on_three, None, range(9), Hands(2)))


class Elsewhere:
    """A cluster whose only worker has another version of a package."""

    def run(self, function):
        return {"tcp://10.0.0.7:1": function() | {"numpy": "1.0"}}


def test_cluster_of_other_versions_is_refused():
    with pytest.raises(NoWorkers) as refused:
        blocks._require_same_versions(Elsewhere())

    assert str(refused.value.message) == (
        "The worker at tcp://10.0.0.7:1 has other versions than this machine of numpy;"
        " its answers could differ."
    )
    assert versions()["analysis"] != ""


def test_cluster_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(blocks, "_PATIENCE", 1)

    with pytest.raises(NoWorkers) as refused:
        list(over_blocks(times, 3, range(9), Hands(scheduler="tcp://127.0.0.1:9")))

    assert str(refused.value.message).startswith("No cluster answers at tcp://127.0.0.1:9;")


# --- a real cluster, and the real command -----------------------------------------------------------------


def entries(n, random):
    for number in range(n):
        text = " ".join(random.choice(WORDS) for _ in range(25))
        yield {"id": f"E-{number:04}", "text": text, "support": [random.choice(("training", "funding"))]}


@pytest.fixture
def folder(tmp_path):
    random = Random(3)
    for name, n in (("requests.jsonl", N_REQUESTS), ("offers.jsonl", N_OFFERS)):
        lines = [json.dumps(entry) for entry in entries(n, random)]
        (tmp_path / name).write_text("\n".join(lines))
    return tmp_path


def matching(folder, output, **environ):
    words = ("requests.jsonl", "offers.jsonl", "-o", output, "--meaning", "off")
    return started("flask", "--app", ROOT / "app.py", "match", *words, cwd=folder, **environ)


@pytest.mark.slow
def test_killed_worker_of_a_cluster_changes_no_byte(cluster, folder):
    distributed = pytest.importorskip("distributed")
    address, workers = cluster
    with matching(folder, "here.jsonl") as here:
        assert here.wait(timeout=120) == 0

    with (
        distributed.Client(address, set_as_default=False) as client,
        matching(folder, "cluster.jsonl", DASK_SCHEDULER=address) as there,
    ):
        killed_at_work(client, workers)
        was_running = there.poll() is None
        said = there.communicate(timeout=240)[1]
        left = [one["name"] for one in client.scheduler_info()["workers"].values()]

    assert (was_running, there.returncode, said) == (True, 0, "")
    assert left == ["two"]
    assert (folder / "cluster.jsonl").read_bytes() == (folder / "here.jsonl").read_bytes()
    assert len((folder / "here.jsonl").read_text().splitlines()) == 10 * N_REQUESTS
