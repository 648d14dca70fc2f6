"""How many answers a second does a server give? A small load generator, the same for everything measured.

Standard library only: two processes, some keep-alive connections each, raw sockets, so that it takes as
little of the machine as Python can. It knows nothing of Capmatch.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

N_PROCESSES = 2


@dataclass(slots=True)
class Result:
    """What was counted: seconds of each answer, and how many of each status."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time, in milliseconds, within which this share of the answers came."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def get(path: str, host: str, cookie: str = "") -> bytes:
    """A GET as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: keep-alive"]
    return "\r\n".join([*lines, *([f"Cookie: {cookie}"] if cookie else []), "", ""]).encode()


def post(path: str, host: str, body: str, cookie: str) -> bytes:
    """A form as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body]).encode()


class Connection:
    """One connection, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> int:
        """Send, read the whole answer, return its status; 0 when the connection broke."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(request)
            return self._answer(self.socket)
        except OSError:
            self.close()
            return 0

    def _answer(self, connection: socket.socket) -> int:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length:" not in lower:
            raise OSError("only answers with a length are counted")
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        n_read = len(body)
        while n_read < length:
            n_read += len(self._more(connection))
        if b"connection: close" in lower:
            self.close()
        return int(head[9:12])

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        data = connection.recv(262_144)
        if not data:
            raise OSError("closed")
        return data

    def close(self) -> None:
        """Let go of it."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _work(port: int, requests: Sequence[bytes], until: float, once: bool, result: Result) -> None:
    connection, number = Connection(port), 0
    while time.perf_counter() < until and (not once or number < len(requests)):
        began = time.perf_counter()
        status = connection.ask(requests[number % len(requests)])
        result.times.append(time.perf_counter() - began)
        result.statuses[status] += 1
        number += 1
    connection.close()


def _process(
    port: int,
    shares: Sequence[Sequence[bytes]],
    seconds: float,
    once: bool,
    pipe: multiprocessing.Queue[Result],
) -> None:
    began = time.perf_counter()
    results = [Result() for _ in shares]
    threads = [
        threading.Thread(target=_work, args=(port, share, began + seconds, once, result))
        for share, result in zip(shares, results, strict=True)
        if share
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = merged(results)
    whole.seconds = time.perf_counter() - began
    pipe.put(whole)


def merged(results: Iterable[Result]) -> Result:
    """Several results as one; the longest time counts."""
    whole = Result()
    for result in results:
        whole.seconds = max(whole.seconds, result.seconds)
        whole.times += result.times
        whole.statuses += result.statuses
    return whole


def measure(
    port: int, requests: Sequence[bytes], *, connections: int = 8, seconds: float = 3.0, once: bool = False
) -> Result:
    """Send the requests over and over for some seconds, or with `once` each of them once."""
    context = multiprocessing.get_context("fork")
    pipe: multiprocessing.Queue[Result] = context.Queue()
    shares = [requests[n::connections] if once else requests for n in range(connections)]
    processes = [
        context.Process(target=_process, args=(port, shares[n::N_PROCESSES], seconds, once, pipe))
        for n in range(N_PROCESSES)
    ]
    for process in processes:
        process.start()
    results = [pipe.get() for _ in processes]
    for process in processes:
        process.join()
    return merged(results)
