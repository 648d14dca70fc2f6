"""`flask evaluate SCORECARDS`: what the panel's rules say of each proposal, from a file, without a database.

The order of rows does not matter, and the same input gives the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from commands.output import check_output, end_if_refused, writing
from commands.progress import Tell, bar
from commands.replies import refusals_in_words
from commands.scorecards import read_scorecards
from config import ROOT
from criteria.agreement import Agreement, GivenScore, agreement, agreement_by_criterion
from criteria.cases import Case, Flag
from criteria.explain import explain_panel
from criteria.flags import find_flags, has_answered
from criteria.panel import PanelResult, StrategyResult
from criteria.rule_files import parse_rules
from criteria.rules import RuleSet, criteria_of
from criteria.scorecard import Criterion, overall, parse_criteria
from criteria.severity import severities
from services.row_files import Problem, write_whole
from vocabulary.findings import CriterionId

_DATA = ROOT / "seed" / "data"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_N_DECIMALS = 6


@click.command("evaluate")
@click.argument("scorecards", type=_FILE)
@click.option("-o", "--output", type=_OUT, required=True, help="JSONL to write: one line for each proposal.")
@click.option("--summary", type=_OUT, help="JSON to write: agreement by criterion, leaning of each reviewer.")
@click.option("--criteria", type=_FILE, help="Criteria of another programme, in the form of ours.")
@click.option("--rules", type=_FILE, help="Rules of another programme, in the form of ours.")
def evaluate_command(
    scorecards: Path, output: Path, summary: Path | None, criteria: Path | None, rules: Path | None
) -> None:
    """Judge each proposal from its SCORECARDS: JSONL with proposal, reviewer, strategy and scores.

    `scores` maps each criterion to 0, 1, 2, 3 or null ("cannot judge"). Optional: recommendation,
    confidence, pointers (criterion to place) and revision. The result advises; people decide.
    """
    check_output(output, (scorecards, criteria, rules, summary))
    if summary is not None:
        check_output(summary, (scorecards, criteria, rules))
    with refusals_in_words():
        criteria_read, rules_read = programme(criteria, rules)
    problems: list[Problem] = []
    cases = read_scorecards(scorecards, criteria_read, rules_read, problems)
    end_if_refused(problems)
    scores = given_scores(cases)
    together = agreement(scores, met_threshold=rules_read.met_threshold)
    results = {proposal: case.panel() for proposal, case in cases.items()}
    with bar("Judging") as tell, writing(output):
        write_whole(output, _lines(cases, results, together, tell))
    if summary is not None:
        codes = [criterion.code for criterion in criteria_read]
        told = _summary(cases, results, scores, together, codes, rules_read)
        with writing(summary):
            write_whole(summary, [json.dumps(told, ensure_ascii=False, indent=1)])


def _lines(
    cases: Mapping[str, Case], results: Mapping[str, PanelResult], together: Agreement, tell: Tell
) -> Iterator[str]:
    for n_done, (proposal, case) in enumerate(cases.items(), start=1):
        yield json.dumps(_result(proposal, case, results[proposal], together), ensure_ascii=False)
        tell(n_done, len(cases))


def programme(criteria: Path | None, rules: Path | None) -> tuple[tuple[Criterion, ...], RuleSet]:
    """The criteria and rules to judge by. Raises BadRules, BadParameter."""
    content = _content(criteria or _DATA / "criteria.json", "--criteria")
    try:
        read = parse_criteria(content["items"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise click.BadParameter(f"it is no file of criteria: {error}", param_hint="--criteria") from error
    codes = [criterion.code for criterion in read]
    return read, parse_rules(_content(rules or _DATA / "rules.json", "--rules"), codes)


def _content(path: Path, option: str) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise click.BadParameter(f"{path} is no JSON file that can be read", param_hint=option) from error


def given_scores(cases: Mapping[str, Case]) -> list[GivenScore]:
    """Every number in the reviews that count."""
    return [
        GivenScore(proposal, review.reviewer, code, answer.value)
        for proposal, case in cases.items()
        for review in case.counted()
        for code, answer in review.card.answers.items()
        if answer.value is not None
    ]


def _result(proposal: str, case: Case, panel: PanelResult, together: Agreement) -> dict[str, Any]:
    """The line of one proposal; alpha is that of the whole file, as one proposal has too few scores."""
    claimed = [entry for entry in panel.strategies if entry.is_claimed]
    explained = zip(explain_panel(panel), panel.strategies, strict=True)
    named = {code for entry in claimed for code in criteria_of(entry.result.rule)}
    return {
        "proposal": proposal,
        "strategies": [entry.strategy for entry in claimed],
        "verdict": _verdict(case, panel),
        "verdicts": {entry.strategy: entry.result.verdict.value for entry in claimed},
        "own_verdicts": _own_verdicts(case, claimed),
        "medians": {
            found.criterion: found.median
            for found in panel.criteria
            if found.criterion in named or found.scores or found.n_cannot_judge
        },
        "explanation": " ".join(str(told) for told, entry in explained if entry.is_claimed),
        "flags": [_flag(flag) for flag in find_flags(case, panel)],
        "alpha": _rounded(together.alpha),
        "agreement": _agreement(together),
    }


def _verdict(case: Case, panel: PanelResult) -> str:
    return overall({entry.strategy: entry.result for entry in panel.strategies}, case.claimed).value


def _own_verdicts(case: Case, claimed: Sequence[StrategyResult]) -> dict[str, dict[str, str]]:
    return {
        review.reviewer: {
            entry.strategy: entry.own_verdicts[position].value
            for entry in claimed
            if has_answered(review.card, entry)
        }
        for position, review in enumerate(case.counted())
    }


def _flag(flag: Flag) -> dict[str, Any]:
    """A flag; what it is not about is left out."""
    about: dict[str, Any] = {"code": flag.code.value, "message": str(flag.message)}
    about |= {
        name: value
        for name, value in (("strategy", flag.strategy), ("criterion", flag.criterion))
        if value is not None
    }
    if flag.reviewers:
        about["reviewers"] = list(flag.reviewers)
    if flag.change is not None:
        about |= {
            "score": flag.change.score,
            "would_be": flag.change.would_be,
            "verdict": flag.change.verdict.value,
        }
    return about


def _agreement(found: Agreement) -> dict[str, float | int | None]:
    return {
        "alpha": _rounded(found.alpha),
        "low": _rounded(found.low),
        "high": _rounded(found.high),
        "raw": _rounded(found.raw),
        "n_pairs": found.n_pairs,
        "n_proposals": found.n_items,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _N_DECIMALS) + 0.0


def _summary(
    cases: Mapping[str, Case],
    results: Mapping[str, PanelResult],
    scores: Sequence[GivenScore],
    together: Agreement,
    codes: Sequence[CriterionId],
    rules: RuleSet,
) -> dict[str, Any]:
    by_criterion = agreement_by_criterion(scores, met_threshold=rules.met_threshold)
    verdicts = Counter(_verdict(cases[proposal], panel) for proposal, panel in results.items())
    return {
        "n_proposals": len(cases),
        "verdicts": dict(sorted(verdicts.items())),
        "agreement": _agreement(together),
        "by_criterion": {code: _agreement(by_criterion[code]) for code in codes if code in by_criterion},
        "reviewers": [
            {
                "reviewer": found.reviewer,
                "severity": _rounded(found.severity),
                "n_proposals": found.n_items,
                "n_scores": found.n_scores,
            }
            for found in severities(scores)
        ],
        "rules": rules.version,
    }
