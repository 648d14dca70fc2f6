"""Throughput of the pages people use most, as ratios to a plain Flask + SQLAlchemy row fetch, in one run.

    .venv/bin/python -m benchmarks.web [--size 500] [--seconds 3] [--rounds 3]

Everything is measured in turn, round by round, with one load generator and the same gunicorn settings; the
median of the rounds counts. The ratio cancels the machine; the answers a second are this machine's.
"""

from __future__ import annotations

import argparse
import http.client
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

import sqlalchemy as sa

from app import create_app
from benchmarks.load import Connection, Result, get, measure, merged, post
from benchmarks.world import World, make_world, serving
from config import from_environment
from models.entries import Entry
from services.clock import utc_now
from services.entries.drafts import create_draft
from services.sessions import actor_of_account, open_session
from services.transaction import reading, transaction
from tests.factories import content
from vocabulary.states import EntryKind, Publication

CONNECTIONS = 8
N_SUBMITTED = 240
HOST = "127.0.0.1"


@dataclass(slots=True)
class Case:
    """One thing measured."""

    name: str
    port: int
    requests: Sequence[bytes]
    is_once: bool = False
    results: list[Result] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What the requests need to know of the world."""

    public: list[str]
    own: str
    ids: list[int]
    cookie: str
    drafts: list[str]


def look_up(world: World) -> Known:
    """Published requests, one with an owner, the owner signed in, drafts ready to be submitted."""
    app = create_app(from_environment(world.environ))
    with app.app_context():
        with reading() as session:
            is_request = (Entry.kind == EntryKind.REQUEST, Entry.publication == Publication.PUBLISHED)
            rows = session.execute(sa.select(Entry.ref, Entry.id, Entry.owner_id).where(*is_request)).all()
        ref, owner_id = next((row.ref, row.owner_id) for row in rows if row.owner_id is not None)
        with transaction() as session:
            now = utc_now()
            actor = actor_of_account(session, owner_id)
            secret = open_session(session, owner_id, now=now)
            texts = [content(EntryKind.REQUEST, title=f"Measured {n}") for n in range(N_SUBMITTED)]
            drafts = [
                create_draft(session, actor, EntryKind.REQUEST, text, now=now).entry.ref for text in texts
            ]
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["sign_in"] = secret
    cookie = client.get_cookie("capmatch")
    assert cookie is not None
    return Known(
        [row.ref for row in rows][:50], ref, [row.id for row in rows][:50], f"capmatch={cookie.value}", drafts
    )


def form_token(app_port: int, known: Known) -> tuple[str, str]:
    """The token of a form and the cookie it goes with, as a browser gets them."""
    connection = http.client.HTTPConnection(HOST, app_port)
    connection.request("GET", "/requests/new", headers={"Cookie": known.cookie})
    answer = connection.getresponse()
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
    connection.close()
    assert found is not None
    return found[1], next((cookie for cookie in cookies if cookie.startswith("capmatch=")), known.cookie)


def cases(bare_port: int, port: int, known: Known) -> list[Case]:
    """What is measured: the plain fetch first.

    `kept`: asked by nobody in particular, so that the answer is kept until something changes. `made anew`:
    asked by somebody signed in, for whom none is kept.
    """
    pages = [get(f"/requests/{ref}", HOST, known.cookie) for ref in known.public]
    return [
        Case("plain row fetch", bare_port, [get(f"/row/{number}", HOST) for number in known.ids]),
        Case("list of requests, kept", port, [get("/requests", HOST)]),
        Case("list of requests, made anew", port, [get("/requests", HOST, known.cookie)]),
        Case("list, searched, made anew", port, [get("/requests?q=assessment", HOST, known.cookie)]),
        Case("page of a request, kept", port, [get(f"/requests/{ref}", HOST) for ref in known.public]),
        Case("page of a request, made anew", port, pages),
        Case("JSON of a request, kept", port, [get(f"/api/v1/requests/{ref}", HOST) for ref in known.public]),
        Case("JSON list of 50, kept", port, [get("/api/v1/requests?limit=50", HOST)]),
        Case("form, first page", port, [get("/requests/new", HOST)]),
        Case("matches of a request", port, [get(f"/requests/{known.own}/matches", HOST, known.cookie)]),
    ]


def submissions(port: int, known: Known, rounds: int) -> list[list[bytes]]:
    """For each round, submissions of drafts that nobody has submitted."""
    token, cookie = form_token(port, known)
    fields = {
        "csrf_token": token,
        "version": 1,
        "consent_terms": "yes",
        "public_fields": ["title", "summary"],
    }
    body = urlencode(fields, doseq=True)
    sent = [post(f"/requests/{ref}/submission", HOST, body, cookie) for ref in known.drafts]
    return [sent[n::rounds] for n in range(rounds)]


def run(
    rounds: int, seconds: float, measured: Sequence[Case], submitted: Case, sent: Sequence[Sequence[bytes]]
) -> None:
    """Measure everything in turn, round by round; a round that nobody counts goes before."""
    for case in measured:
        measure(case.port, case.requests, connections=CONNECTIONS, seconds=1)
    for number in range(rounds):
        for case in measured:
            case.results.append(measure(case.port, case.requests, connections=CONNECTIONS, seconds=seconds))
        submitted.results.append(
            measure(submitted.port, sent[number], connections=CONNECTIONS, seconds=60, once=True)
        )


def table(measured: Sequence[Case], good: Mapping[str, int]) -> str:
    """The figures, one line for each case, ratios to the first."""
    base = median(result.rate for result in measured[0].results)
    lines = [
        "| what | answers/s | ratio to the plain fetch | p50 ms | p99 ms | not answered well |",
        "|---|---|---|---|---|---|",
    ]
    for case in measured:
        rate = median(result.rate for result in case.results)
        whole = merged(case.results)
        bad = sum(n for status, n in whole.statuses.items() if status != good.get(case.name, 200))
        lines.append(
            f"| {case.name} | {rate:.0f} | {rate / base:.3f} | {whole.percentile(0.5):.1f} |"
            f" {whole.percentile(0.99):.1f} | {bad} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Make the world, measure, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "--size", type=int, default=None, help="entries in the world (default: the demonstration)"
    )
    asked.add_argument("--seconds", type=float, default=3.0, help="seconds for each measurement")
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    with make_world(given.size) as world:
        known = look_up(world)
        with (
            serving(world, "benchmarks.bare:create_app()", f"/row/{known.ids[0]}") as bare_port,
            serving(world, "app:create_app()", "/health/live") as port,
        ):
            measured = cases(bare_port, port, known)
            sent = submissions(port, known, given.rounds)
            submitted = Case("submission", port, [], is_once=True)
            for case in measured:
                status = Connection(case.port).ask(case.requests[0])
                assert status == 200, f"{case.name}: {status}"
            run(given.rounds, given.seconds, measured, submitted, sent)
    kind = world.environ["DATABASE_URL"].split(":")[0]
    print(f"\n{platform.machine()}, Python {platform.python_version()}, {kind}, 2 workers of 4 threads,")
    print(f"{CONNECTIONS} connections, median of {given.rounds} rounds of {given.seconds:g} s\n")
    print(table([*measured, submitted], {"submission": 303}))


if __name__ == "__main__":
    main()
