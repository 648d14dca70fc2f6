"""Index versions and sentence vectors by several hands: the same bytes by one process, several, a cluster."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import sqlalchemy as sa

from commands import blocks, counting, vectors
from commands.blocks import Hands
from encoders import installed
from matching.files import DATA
from matching.settings import DEFAULT_SETTINGS
from matching.stored import write_version
from models.vectors import EntryVectors
from services.index_versions import folder_of
from services.match_facts import Audience
from tests.commands.clusters import cluster, killed_at_work
from tests.factories import make_published
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind

__all__ = ["cluster"]

needs_models = pytest.mark.skipif(installed.encoder() is None, reason="no sentence model is installed")
WORDS = ["wetland", "forest", "river", "training", "data", "mapping", "湿地", "评估", "оценка", "уровень"]


def written(folder, hands, n):
    """The bytes of a version of n requests and n offers."""
    random = Random(7)
    texts = [" ".join(random.choice(WORDS) for _ in range(60)) for _ in range(n)]
    entries = {
        EntryKind.REQUEST: (make_request(f"R-{at:05}", text) for at, text in enumerate(texts)),
        EntryKind.OFFER: (make_offer(f"O-{at:05}", text[::-1]) for at, text in enumerate(texts)),
    }
    folder.mkdir()
    write_version(folder, entries, DEFAULT_SETTINGS, passages=dict, about={}, each=counting.counting(hands))
    return (folder / DATA).read_bytes()


@pytest.mark.parametrize("n", [0, 1, 40])
def test_version_is_the_same_bytes_by_several_processes(n, tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "_BLOCK", 3)

    assert written(tmp_path / "many", Hands(3), n) == written(tmp_path / "one", Hands(), n)


@pytest.mark.slow
def test_version_is_the_same_bytes_by_a_cluster_that_loses_a_worker(cluster, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    address, workers = cluster
    monkeypatch.setattr(counting, "_BLOCK", 25)
    here = written(tmp_path / "here", Hands(), 1500)

    with distributed.Client(address, set_as_default=False) as client, ThreadPoolExecutor(1) as aside:
        killing = aside.submit(killed_at_work, client, workers)
        there = written(tmp_path / "there", Hands(scheduler=address), 1500)
        killing.result()
        left = [one["name"] for one in client.scheduler_info()["workers"].values()]

    assert left == ["two"]
    assert there == here


def test_rebuild_goes_on_here_where_no_cluster_answers(app, write, monkeypatch):
    monkeypatch.setattr(blocks, "_PATIENCE", 1)
    with write() as session:
        make_published(session, EntryKind.OFFER)

    done = app.test_cli_runner().invoke(args=["index", "rebuild", "--scheduler", "tcp://127.0.0.1:9"])

    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("No cluster answers at tcp://127.0.0.1:9;")
    assert done.stderr.count("The index is built here.") == len(Audience)
    assert (folder_of(app.config["SETTINGS"].data_dir, Audience.PUBLIC) / "current").exists()


@needs_models
def test_vectors_end_in_words_where_no_cluster_answers(app, write, monkeypatch):
    monkeypatch.setattr(blocks, "_PATIENCE", 1)
    with write() as session:
        make_published(session, EntryKind.OFFER)

    done = app.test_cli_runner().invoke(args=["vectors", "build", "--scheduler", "tcp://127.0.0.1:9"])

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("No cluster answers at tcp://127.0.0.1:9;")


def stored_vectors(read):
    with read() as session:
        rows = session.execute(sa.select(EntryVectors).order_by(EntryVectors.entry_id)).scalars()
        return [(row.entry_id, row.keys, row.vectors, row.sentence_vectors) for row in rows]


@needs_models
@pytest.mark.slow
def test_vectors_are_the_same_by_processes_and_by_a_cluster_that_loses_a_worker(
    app, write, read, cluster, monkeypatch
):
    distributed = pytest.importorskip("distributed")
    address, workers = cluster
    monkeypatch.setattr(vectors, "_BLOCK", 1)
    with write() as session:
        for at in range(12):
            make_published(session, EntryKind.OFFER, title=f"Training on {WORDS[at % 6]} {at}")
    found = []

    def build(*options):
        with write() as session:
            session.execute(sa.delete(EntryVectors))
        done = app.test_cli_runner().invoke(args=["vectors", "build", *options])
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        found.append(stored_vectors(read))

    build("--workers", "1")
    build("--workers", "3")
    with distributed.Client(address, set_as_default=False) as client, ThreadPoolExecutor(1) as aside:
        killing = aside.submit(killed_at_work, client, workers)
        build("--scheduler", address)
        killing.result()

    assert len(found[0]) == 12
    assert found[1] == found[0]
    assert found[2] == found[0]
