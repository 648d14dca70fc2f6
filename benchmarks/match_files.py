"""The demonstration world as two files for `flask match`: what do believable files look like?

    python -m benchmarks.match_files FOLDER

Writes FOLDER/requests.jsonl (the 94 of the pilot call and the current ones) and FOLDER/offers.jsonl, in six
languages. Equal days give equal files; the people and bodies in them are invented.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from seed.demo.plan import EntryPlan
from seed.demo.reference import load_facts
from seed.demo.world import build_world

TODAY = date(2026, 3, 2)
_TEXTS = ("summary", "need", "activities", "results", "conditions")
_PLACES = ("countries", "regions", "scopes")


def world_entries(kind: str, size: int | None = None) -> list[EntryPlan]:
    """Submitted entries of one kind, in the order of the world."""
    world = build_world(size, 1, load_facts(), today=TODAY)
    return [entry for entry in world.entries if entry.kind == kind and entry.submitted_at]


def record(entry: EntryPlan) -> dict[str, Any]:
    """A row: only the fields that the command reads, and only those that say something."""
    fields = entry.fields
    row = {
        "id": entry.key,
        "title": fields["title"],
        "text": "\n".join(str(fields[name]) for name in _TEXTS if fields.get(name)),
        "language": fields["language"],
        "languages": fields.get("languages"),
        "support": fields.get("support"),
        "needs": fields.get("needs"),
        "initiatives": fields.get("initiatives"),
        "countries": [place for name in _PLACES for place in fields.get(name) or ()],
        "amount": _dollars(fields),
        "from": fields.get("starts_on"),
        "until": fields.get("ends_on"),
        "capacity": fields.get("capacity"),
    }
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _dollars(fields: Mapping[str, Any]) -> float | None:
    amount = fields.get("amount_sought") or fields.get("amount_per_request")
    return float(amount) if amount and fields.get("currency") in (None, "USD") else None


def lines(kind: str, size: int | None = None) -> Iterator[str]:
    """The rows of one kind as JSON."""
    for entry in world_entries(kind, size):
        yield json.dumps(record(entry), ensure_ascii=False)


def main() -> None:
    """Write both files."""
    reader = argparse.ArgumentParser(description="Write the demonstration world as files for flask match.")
    reader.add_argument("folder", type=Path)
    folder = reader.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("request", "offer"):
        (folder / f"{kind}s.jsonl").write_text("".join(f"{line}\n" for line in lines(kind)), encoding="utf-8")


if __name__ == "__main__":
    main()
