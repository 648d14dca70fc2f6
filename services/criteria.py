"""The criteria and rules in force: read them, and judge findings by them outside of any review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.explain import Explanation, explain_findings
from criteria.rule_files import parse_rules
from criteria.rules import Result, RuleSet, evaluate
from models.calls import Call
from models.reference import CriteriaSet, Criterion
from models.reference import RuleSet as RuleSetRow
from services import programmes
from vocabulary.errors import Invalid
from vocabulary.findings import Finding, StrategyId
from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion with its texts in every language."""

    code: str
    strategy: str
    labels: Mapping[str, str]
    texts: Mapping[str, Any]
    parts: tuple[Mapping[str, Any], ...]
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Programme:
    """The latest criteria set with the latest rule set that reads it."""

    criteria_version: str
    rule_version: str
    criteria: tuple[CriterionRow, ...]
    rules: RuleSet
    rule_content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rule of a strategy says of some findings."""

    strategy: StrategyId
    result: Result
    explanation: Explanation


def programme(session: Session) -> Programme:
    """The criteria and rules in force. Raises Unavailable before the reference data are loaded."""
    return _read(session, programmes.in_force(session, CriteriaSet), programmes.in_force(session, RuleSetRow))


def programme_of_call(session: Session, call_ref: str | None) -> Programme:
    """The criteria and rules that a call has pinned; those in force outside of any call."""
    call = session.execute(sa.select(Call).where(Call.ref == call_ref)).scalar_one_or_none()
    if call is None or call.criteria_set_id is None or call.rule_set_id is None:
        return programme(session)
    found = _read(
        session,
        session.get_one(CriteriaSet, call.criteria_set_id),
        session.get_one(RuleSetRow, call.rule_set_id),
    )
    return replace(found, rules=replace(found.rules, met_threshold=call.met_threshold))


def _read(session: Session, criteria_set: CriteriaSet, rule_set: RuleSetRow) -> Programme:
    criteria = session.execute(
        sa.select(Criterion).where(Criterion.set_id == criteria_set.id).order_by(Criterion.position)
    ).scalars()
    rows = tuple(
        CriterionRow(c.code, c.strategy, c.labels, c.texts, tuple(c.data.get("parts", ())), c.source)
        for c in criteria
    )
    return Programme(
        criteria_version=criteria_set.version,
        rule_version=rule_set.version,
        criteria=rows,
        rules=parse_rules(rule_set.content, [row.code for row in rows]),
        rule_content=rule_set.content,
    )


def judge(
    session: Session,
    strategy: str,
    findings: Mapping[str, Finding],
    *,
    language: str,
    by: Programme | None = None,
) -> Judgement:
    """Judge findings by the rule of one strategy, of the programme in force or another one.

    Raises Invalid for a strategy or criterion that is not known, IncompleteScorecard naming every criterion
    of the rule that has no finding.
    """
    found = by or programme(session)
    known = {row.code for row in found.criteria}
    errors: dict[str, Any] = {}
    if strategy not in found.rules.codes():
        errors["strategy"] = [
            Message("This must be one of: {choices}.", choices=", ".join(found.rules.codes()))
        ]
    unknown = sorted(set(findings) - known)
    if unknown:
        errors["findings"] = {code: [Message("There is no such criterion.")] for code in unknown}
    if errors:
        raise Invalid(errors)
    result = evaluate(found.rules.rule_of(strategy), findings)
    names = {
        row.code: f"{row.code} ({row.labels.get(language) or row.labels['en']})" for row in found.criteria
    }
    return Judgement(strategy, result, explain_findings(strategy, result, names=names))


def finding_of(score: int | None, met_threshold: int) -> Finding:
    """What a score says: None (cannot judge) is unclear, from the threshold on it is met."""
    if score is None:
        return Finding.UNCLEAR
    return Finding.MET if score >= met_threshold else Finding.NOT_MET
