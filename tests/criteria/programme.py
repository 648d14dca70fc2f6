"""The rules and criteria that the service ships, and those of an invented second programme."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from criteria.rule_files import parse_rules
from criteria.rules import RuleSet
from criteria.scorecard import Answer, Criterion, Scorecard, parse_criteria
from vocabulary.findings import Confidence, Recommendation

DATA = Path(__file__).resolve().parents[2] / "seed" / "data"


def shipped(name: str) -> dict[str, Any]:
    """A file of reference data."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


CRITERIA: tuple[Criterion, ...] = parse_criteria(shipped("criteria")["items"])
CODES = tuple(criterion.code for criterion in CRITERIA)
RULES: RuleSet = parse_rules(shipped("rules"), CODES)

WETLAND_CRITERIA = parse_criteria(
    [
        {"code": "site", "parent": "protect"},
        {"code": "law", "parent": "protect"},
        {"code": "fund", "parent": "protect"},
        {"code": "school", "parent": "teach", "data": {"parts": [{"code": "a"}, {"code": "b"}]}},
        {"code": "guide", "parent": "teach"},
    ]
)
WETLAND_RULES_FILE = {
    "version": "wetlands-3",
    "engine": 1,
    "met_threshold": 3,
    "quorum": 1,
    "rules": {
        "protect": {"atleast": 1, "of": [{"all": ["site", "law"]}, {"all": ["site", "fund"]}]},
        "teach": {"all": [{"met": "school"}, {"met": "guide"}]},
    },
}
WETLAND_RULES = parse_rules(WETLAND_RULES_FILE, [criterion.code for criterion in WETLAND_CRITERIA])


def card(scores: dict[str, int | None], **changes: Any) -> Scorecard:
    """A scorecard with evidence everywhere and every part ticked; None stands for "cannot judge"."""
    parts = {criterion.code: dict.fromkeys(criterion.parts, True) for criterion in CRITERIA}
    answers = {
        code: Answer(cannot_judge=True, cannot_reason="Outside my field.")
        if value is None
        else Answer(value=value, evidence="Section 2 shows it.", parts=parts.get(code, {}))
        for code, value in scores.items()
    }
    overall = {"recommendation": Recommendation.MORE_INFORMATION, "confidence": Confidence.HIGH}
    return Scorecard(answers, **(overall | changes))
