"""How long do the rules of a panel take for a whole call, from scores in memory?

    .venv/bin/python -m benchmarks.panels [--proposals 1000] [--reviewers 5]

Every proposal is scored on all twelve criteria and claims all three strategies; scores are drawn at random.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from commands.evaluate import given_scores, programme
from criteria.agreement import agreement
from criteria.cases import Case, Reviewed
from criteria.explain import explain_panel
from criteria.flags import find_flags
from criteria.scorecard import Answer, Scorecard
from criteria.severity import severities

CHOICES = (0, 1, 1, 2, 2, 2, 3, None)
POOL = 60
"""Reviewers of the call."""


def cases(n_proposals: int, n_reviewers: int) -> dict[str, Case]:
    """A call with scores drawn at random, the same each time."""
    chance = random.Random(1)
    criteria, rules = programme(None, None)
    made = {}
    for n in range(n_proposals):
        reviews = []
        for reviewer in sorted(chance.sample(range(POOL), n_reviewers)):
            drawn = {criterion.code: chance.choice(CHOICES) for criterion in criteria}
            answers = {code: Answer(value, cannot_judge=value is None) for code, value in drawn.items()}
            reviews.append(Reviewed(f"r{reviewer:02}", Scorecard(answers)))
        made[f"p{n:05}"] = Case(tuple(reviews), criteria, rules, rules.codes())
    return made


def timed(label: str, work: Callable[[], object], n: int) -> None:
    """Print how long something takes: the best of three."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    print(f"| {label} | {min(seconds) * 1000:.0f} | {min(seconds) * 1000 / n:.2f} |")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proposals", type=int, default=1000)
    parser.add_argument("--reviewers", type=int, default=5)
    asked = parser.parse_args()
    call = cases(asked.proposals, asked.reviewers)
    panels = {proposal: case.panel() for proposal, case in call.items()}
    scores = given_scores(call)
    n = len(call)
    print("| what | ms for all | ms for one |\n|---|---|---|")
    timed("medians and verdicts", lambda: [case.panel() for case in call.values()], n)
    timed("explanations", lambda: [str(one) for panel in panels.values() for one in explain_panel(panel)], n)
    timed("flags", lambda: [find_flags(case, panels[name]) for name, case in call.items()], n)
    timed("agreement with its interval", lambda: agreement(scores, met_threshold=2), n)
    timed("severity of the reviewers", lambda: severities(scores), n)


if __name__ == "__main__":
    main()
