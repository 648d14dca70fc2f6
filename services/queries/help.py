"""What do the twelve criteria and the rules of the strategies say, in one language? For the help pages."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.reference import RuleSet
from services import vocabularies
from services.vocabularies import TermRow

SCALE = ("0", "1", "2", "3")


@dataclass(frozen=True, slots=True)
class CriterionHelp:
    """One criterion: its wording, help, example, what each score means, its parts and its source."""

    code: str
    name: str
    wording: str
    help: str | None
    example: str | None
    condition: str | None
    anchors: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    needs_every_part: bool
    source: str


@dataclass(frozen=True, slots=True)
class StrategyHelp:
    """One strategy, its rule in one sentence, and its criteria."""

    code: str
    name: str
    description: str | None
    rule: str
    criteria: tuple[CriterionHelp, ...]


def criteria_help(session: Session, language: str) -> tuple[StrategyHelp, ...]:
    """The three strategies with their rules and criteria, in the order of the source."""
    rules = _rule_sentences(session, language)
    criteria = vocabularies.terms(session, "criteria").values()
    return tuple(
        StrategyHelp(
            code=strategy.code,
            name=strategy.label(language),
            description=strategy.text("description", language),
            rule=rules.get(strategy.code, ""),
            criteria=tuple(_criterion(row, language) for row in criteria if row.parent == strategy.code),
        )
        for strategy in vocabularies.terms(session, "strategies").values()
    )


def _criterion(row: TermRow, language: str) -> CriterionHelp:
    anchors = ((score, row.text(f"anchor_{score}", language)) for score in SCALE)
    parts = (part["labels"] for part in row.data.get("parts", ()))
    return CriterionHelp(
        code=row.code,
        name=row.label(language),
        wording=row.text("criterion", language) or "",
        help=row.text("help", language),
        example=row.text("example", language),
        condition=row.text("condition", language),
        anchors=tuple((score, text) for score, text in anchors if text),
        parts=tuple(labels.get(language) or labels["en"] for labels in parts),
        needs_every_part=row.data.get("parts_rule") == "all",
        source=", ".join(row.source[name] for name in ("document", "paragraph") if row.source.get(name)),
    )


def _rule_sentences(session: Session, language: str) -> dict[str, str]:
    """The sentence of each strategy in the latest rule set."""
    latest = session.execute(sa.select(RuleSet).order_by(RuleSet.id.desc()).limit(1)).scalar_one_or_none()
    texts = latest.content.get("texts", {}) if latest is not None else {}
    return {code: text.get(language) or text["en"] for code, text in texts.items()}
