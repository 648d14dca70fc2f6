"""Are the matches true? Ten of them, as an officer reads them: the page docs/ten-matches.md.

    python -m benchmarks.ten_matches > docs/ten-matches.md

Makes the files of `benchmarks.match_files`, asks the real command, and sets what somebody who read both texts
found beside what it answers. What the page says of numbers is the command's; the readings are ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.match_files import TODAY, record, world_entries
from config import ROOT

_DAY = TODAY.isoformat()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an officer who read both texts found; `gist` says what they are about in English."""

    request: str
    offer: str
    gist: str
    found: str


READINGS = (
    Reading(
        "R-001",
        "O-001",
        "Senegal wants its analysts taught scenarios and modelling; a team in West Africa teaches just"
        " that, in"
        " French.",
        "True. Same subject, same language, next door. The dates are the weak point and the page says"
        " so: the"
        " course ends soon after the work begins, so they must agree on an early start.",
    ),
    Reading(
        "R-002",
        "O-002",
        "Kenya plans its first national assessment; the offer lends mentors and tested methods for national"
        " assessments in East Africa.",
        "True, in substance and in every code. This is the introduction one would propose first.",
    ),
    Reading(
        "R-003",
        "O-003",
        "Colombia's collections want to publish their records; the offer mentors and hosts data"
        " publishers in"
        " South America.",
        "True. The money that is also asked for is not given, and the reason names that.",
    ),
    Reading(
        "R-006",
        "O-006",
        "Kyrgyzstan wants to map degraded land; a team in Central Asia gives satellite series, field"
        " methods and"
        " two specialists.",
        "True. The same offer in Chinese stands second with the same codes, a little less alike in meaning:"
        " right, as both could serve and one writes in the language of the request.",
    ),
    Reading(
        "R-008",
        "O-008",
        "The Philippines ask for help with mangroves, fisheries and blue carbon; a coastal field school"
        " teaches"
        " mangroves, seagrass and small-scale fisheries.",
        "True: mangroves, fishers, restoration and safeguards are in both. The offer says nothing of"
        " carbon, which"
        " the request wants to measure: the first thing to ask about.",
    ),
    Reading(
        "R-009",
        "O-024",
        "Morocco builds biodiversity indicators and monitoring; a help desk with courses on indicators"
        " serves all"
        " developing countries, in English, which the requester works in too.",
        "True. The same help desk in Arabic for North Africa stands second, close behind: nearer, but"
        " its text shares"
        " a little less. An officer would propose the Arabic one first, and be right; the list shows"
        " both at once.",
    ),
    Reading(
        "R-013",
        "O-013",
        "Mexico wants the values of nature in its accounts; advisers on valuation for accounts, courts and"
        " communities work in Mesoamerica.",
        "True. Accounts, courts and communities are in the title of the offer and in the text of the"
        " request.",
    ),
    Reading(
        "R-015",
        "O-015",
        "The Lao People's Democratic Republic asks, in English, for training in scenarios and modelling; a"
        " course in South-East Asia is described in Chinese and taught in English too.",
        "True, across two scripts; the words named are those of both texts. An officer should say in the"
        " introduction that"
        " the course is given in English as well.",
    ),
    Reading(
        "R-043",
        "O-030",
        "Belarus asks, in Russian, for tools of policy support; the offer, in English, seconds policy"
        " analysts"
        " for clinics on policy instruments.",
        "True, with a gap: of three kinds of support one is given, which the score and the reason both say.",
    ),
    Reading(
        "R-053",
        "O-023",
        "Tunisia asks, in Arabic, for help with values of nature in accounts and local decisions; valuation"
        " advisers work worldwide in English, which the requester also works in.",
        "True. The two nearest sentences are the right ones: a mixed team of economists, ecologists and"
        " anthropologists on either side.",
    ),
)

_HEAD = """# Ten matches, read by a person

Made by `python -m benchmarks.ten_matches > docs/ten-matches.md` from the current requests and offers of the
demonstration world ({n_requests} and {n_offers}, six languages, invented bodies), asked on {today} with

    flask --app app match requests.jsonl offers.jsonl --today {today} --reasons --include-blocked

A test makes the page anew and compares. Each match below is the first of its request. The readings are of
people who read both texts; everything else is what the command answers, with sentence vectors installed.
"""

_FOOT = """## What reading changed

- **A better offer stood behind a foreign one.** Requests found an offer in another language before one in
  their own that was at least as good in every part. Between two languages the weight of the words had been
  dropped and the rest scaled up, so that everything else counted for more there. Now all other parts weigh
  the same in any two languages ([how](matching.md#meaning)), and no such pair is left among these files.
- **Nearest sentences that told nothing.** "The work will take 36 months" beside "Institutions may apply alone
  or together": sentences that stand in several entries are now taken only where there is no other.
- **Codes in sentences.** "Help is needed in KGZ" became "Help is needed in Kyrgyzstan".

What still is weak: the words named after the first two or three of a reason are often common ones.
"""


def write_files(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write both files; returns the rows of requests and of offers by id."""
    found = []
    for kind in ("request", "offer"):
        rows = [record(entry) for entry in world_entries(kind)]
        is_current = {row["id"]: kind == "offer" or row.get("until", "9999") >= _DAY for row in rows}
        kept = {row["id"]: row for row in rows if is_current[row["id"]]}
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept.values())
        (folder / f"{kind}s.jsonl").write_text(text, encoding="utf-8")
        found.append(kept)
    return found[0], found[1]


def answers(folder: Path) -> list[dict[str, Any]]:
    """What the command answers."""
    words = ["match", "requests.jsonl", "offers.jsonl", "-o", "out.jsonl", "--today", _DAY]
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words]
    subprocess.run([*command, "--reasons", "--include-blocked"], cwd=folder, check=True)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def page() -> Iterator[str]:
    """The lines of the page."""
    with tempfile.TemporaryDirectory() as name:
        requests, offers = write_files(Path(name))
        lines = answers(Path(name))
    yield _HEAD.format(n_requests=len(requests), n_offers=len(offers), today=TODAY)
    best = {line["request"]: line for line in lines if line["rank"] == 1}
    for number, reading in enumerate(READINGS, start=1):
        match = best[reading.request]
        if match["offer"] != reading.offer:
            raise SystemExit(
                f"{reading.request} now finds {match['offer']} first: read it and say what you find"
            )
        yield from _match(number, reading, match, requests, offers)
    yield from _ruled_out([line for line in lines if line["rank"] is None], requests, offers)
    yield _FOOT


def _match(
    number: int,
    reading: Reading,
    match: Mapping[str, Any],
    requests: Mapping[str, Any],
    offers: Mapping[str, Any],
) -> Iterator[str]:
    request, offer = requests[reading.request], offers[reading.offer]
    yield f"## {number}. {reading.request} and {reading.offer}: {match['score']:.2f}\n"
    yield f"- request ({request['language']}): {request['title']}"
    yield f"- offer ({offer['language']}): {offer['title']}\n"
    yield f"{reading.gist}\n"
    yield "| part | value | reason |\n|---|---|---|"
    for part, value in match["parts"].items():
        yield f"| {part} | {value:.2f} | {match['reasons'][part]} |"
    nearest = match["nearest"]
    yield f"\nNearest in meaning: “{_short(nearest['request'])}” and “{_short(nearest['offer'])}”\n"
    yield f"**Read:** {reading.found}\n"


def _ruled_out(
    lines: list[dict[str, Any]], requests: Mapping[str, Any], offers: Mapping[str, Any]
) -> Iterator[str]:
    """The best pair that each blocker rules out: is it right to?"""
    yield "## Ruled out\n\nFor each blocker, the pair that would have scored highest without it.\n"
    yield "| pair | would score | blocker |\n|---|---|---|"
    seen: set[str] = set()
    for line in sorted(lines, key=lambda line: (-line["score"], line["request"], line["offer"])):
        code = line["blockers"][0]["code"]
        if code not in seen:
            seen.add(code)
            said = " ".join(found["message"] for found in line["blockers"])
            pair = (
                f"{requests[line['request']]['title']} ({line['request']}), {offers[line['offer']]['title']}"
            )
            yield f"| {pair} ({line['offer']}) | {line['score']:.2f} | {said} |"
    yield ""


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:159].rstrip()}…"


def main() -> None:
    """Print the page."""
    print("\n".join(page()), end="")


if __name__ == "__main__":
    main()
