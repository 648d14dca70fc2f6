"""Files for the command `match`, and what came of it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from commands.match import match_command

REQUESTS = [
    {
        "id": "REQ-2",
        "title": "Wetland assessment",
        "text": "We need training to assess wetlands.",
        "support": ["training"],
        "countries": ["KE"],
        "amount": 20000,
        "from": "2026-03-01",
        "until": "2026-08-31",
    },
    {"id": "REQ-1", "text": ["Évaluation des zones humides", "formation"], "language": "fr"},
]
OFFERS = [
    {
        "id": "OFF-1",
        "text": "Training on wetland assessment",
        "support": ["training"],
        "countries": ["Kenya"],
    },
    {"id": "OFF-2", "text": "Formation : zones humides", "language": "fr-FR"},
    {"id": "OFF-3", "text": "Wetland training", "capacity": 0},
]


def write_jsonl(path, records):
    path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    return path


def run(folder, *options, requests="requests.jsonl", offers="offers.jsonl", output="out.jsonl"):
    """By words alone, unless the options say otherwise."""
    how = () if "--meaning" in options else ("--meaning", "off")
    arguments = [str(folder / requests), str(folder / offers), "-o", str(folder / output), *how, *options]
    return CliRunner().invoke(match_command, arguments)


def lines(folder, output="out.jsonl"):
    return [json.loads(line) for line in (folder / output).read_text(encoding="utf-8").splitlines()]
