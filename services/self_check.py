"""What would the rules say of the submitter's own assessment? Before anybody else has seen it.

The same rules as a panel is judged by, on the findings of whoever writes the request. A criterion without an
answer counts as not clear. It advises; nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.explain import Explanation
from models.calls import Call
from services import vocabularies
from services.criteria import Programme, judge, programme_of_call
from services.queries.screening import outside_of
from vocabulary.findings import Finding, Verdict
from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class StrategyCheck:
    """The verdict on one strategy that the request claims, and the criteria that were left unanswered."""

    code: str
    name: str
    verdict: Verdict
    explanation: Explanation
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the rules say, and where the organisation lies outside of what the call is for."""

    criteria_version: str
    rule_version: str
    strategies: tuple[StrategyCheck, ...]
    outside: tuple[Message, ...]


def self_check(
    session: Session, content: Mapping[str, Any], call_ref: str | None, *, language: str
) -> SelfCheck:
    """The verdict on each strategy claimed; `content` as the form holds it."""
    found = programme_of_call(session, call_ref)
    call = session.execute(sa.select(Call).where(Call.ref == call_ref)).scalar_one_or_none()
    claimed = [code for code in found.rules.codes() if code in (content.get("strategies") or ())]
    return SelfCheck(
        found.criteria_version,
        found.rule_version,
        tuple(_check(session, code, content, found, language) for code in claimed),
        outside_of(call, content.get("organisation_country"), content.get("organisation_kind")),
    )


def _check(
    session: Session, strategy: str, content: Mapping[str, Any], found: Programme, language: str
) -> StrategyCheck:
    said = content.get("self_assessment") or {}
    findings = {}
    unanswered = []
    for row in found.criteria:
        answer = (said.get(row.code) or {}).get("finding")
        findings[row.code] = Finding(answer) if answer in list(Finding) else Finding.UNCLEAR
        if answer not in list(Finding) and row.strategy == strategy:
            unanswered.append(f"{row.code} ({row.labels.get(language) or row.labels['en']})")
    judged = judge(session, strategy, findings, language=language, by=found)
    names = vocabularies.labels(session, "strategies", language)
    return StrategyCheck(
        strategy,
        names.get(strategy, strategy),
        judged.result.verdict,
        judged.explanation,
        tuple(unanswered),
    )
