"""Lists, searches and filters over many entries: how long does one answer take, and how does that grow?

    .venv/bin/python -m benchmarks.lists [--size 10000] [--seconds 3]

The world is made by `flask seed demo --size`. Each address is asked for by one connection, one
answer after the other (so that the time is that of the answer, not of a queue), and again by eight at once.
"""

from __future__ import annotations

import argparse
import platform

import sqlalchemy as sa

from app import create_app
from benchmarks.load import Result, get, measure
from benchmarks.world import World, make_world, serving
from config import from_environment
from models.entries import Entry
from services.transaction import reading
from vocabulary.states import Publication

HOST = "127.0.0.1"
ADDRESSES = (
    ("all requests", "/requests"),
    ("all offers", "/offers"),
    ("in French", "/fr/requests"),
    ("search, a frequent word", "/requests?q=assessment"),
    ("search, a rare word", "/requests?q=zzyzx"),
    ("search, two words", "/requests?q=national+mentoring"),
    ("filter by country", "/requests?countries=KEN"),
    ("filter by need and country", "/requests?needs=2.1&countries=KEN"),
    ("home page", "/"),
)


def n_published(world: World) -> int:
    """How many entries the lists are made of."""
    app = create_app(from_environment(world.environ))
    with app.app_context(), reading() as session:
        query = (
            sa.select(sa.func.count()).select_from(Entry).where(Entry.publication == Publication.PUBLISHED)
        )
        return int(session.execute(query).scalar_one())


def row(name: str, path: str, alone: Result, together: Result) -> str:
    """One line of the table."""
    bad = sum(n for result in (alone, together) for status, n in result.statuses.items() if status != 200)
    return (
        f"| {name} | `{path}` | {alone.percentile(0.5):.0f} | {alone.percentile(0.99):.0f} |"
        f" {together.rate:.0f} | {together.percentile(0.99):.0f} | {bad} |"
    )


def main() -> None:
    """Make the world, measure, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--size", type=int, default=10_000, help="entries in the world")
    asked.add_argument("--seconds", type=float, default=3.0, help="seconds for each measurement")
    given = asked.parse_args()
    with make_world(given.size) as world, serving(world, "app:create_app()", "/health/live") as port:
        n_entries, kind = n_published(world), world.environ["DATABASE_URL"].split(":")[0]
        print(f"\n{platform.machine()}, Python {platform.python_version()}, {kind}, {n_entries} published\n")
        print("| what | address | p50 ms alone | p99 ms alone | answers/s, 8 at once | p99 ms | refused |")
        print("|---|---|---|---|---|---|---|")
        for name, path in ADDRESSES:
            request = [get(path, HOST)]
            measure(port, request, connections=2, seconds=0.5)
            alone = measure(port, request, connections=1, seconds=given.seconds)
            together = measure(port, request, connections=8, seconds=given.seconds)
            print(row(name, path, alone, together), flush=True)


if __name__ == "__main__":
    main()
