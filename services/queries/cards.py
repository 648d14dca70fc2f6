"""How does a scorecard read: its criteria with wording, help, anchors and parts, in one language?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from criteria.scorecard import PartsRule
from models.reference import Criterion
from services import vocabularies
from services.entries.fields import BY_NAME
from services.reviews.rows import Programme
from vocabulary.findings import SCORES
from vocabulary.messages import Message

SCORE_NAMES: Mapping[int, Message] = {
    0: Message("No evidence"),
    1: Message("Partly"),
    2: Message("Met"),
    3: Message("Strong"),
}
"""What each score is called, whatever the criterion."""

LOOK_IN: Mapping[str, tuple[str, ...]] = {
    "1": ("initiatives", "activities"),
    "2": ("deliverables", "need"),
    "3": ("activities", "same_request_elsewhere"),
    "4": ("activities", "results"),
    "5": ("stakeholders", "deliverables"),
    "6": ("activities", "stakeholders"),
    "7": ("iplc_involved", "people_involved"),
    "8": ("results", "activities"),
    "9": ("guidance_used",),
    "10": ("focal_point_consulted", "need"),
    "11": ("activities", "stakeholders", "iplc_involved"),
    "12": ("need", "results"),
}
"""Where the answer to a criterion of the rolling plan is likely to stand; only fields that say something."""


@dataclass(frozen=True, slots=True)
class Card:
    """One criterion as a reviewer reads it; `said` is the applicant's own assessment of it."""

    code: str
    name: str
    wording: str
    help: str | None
    example: str | None
    condition: str | None
    anchors: tuple[tuple[int, Message, str], ...]
    parts: tuple[tuple[str, str], ...]
    is_any_part: bool
    is_required: bool
    look_in: tuple[tuple[str, Message], ...]
    said_finding: str | None
    said: str | None


@dataclass(frozen=True, slots=True)
class StrategyGroup:
    """One strategy with its rule in one sentence and its criteria."""

    code: str
    name: str
    rule: str | None
    is_claimed: bool
    cards: tuple[Card, ...]


def groups_of(
    session: Session,
    programme: Programme,
    claimed: Sequence[str],
    said: Mapping[str, Any],
    language: str,
) -> tuple[StrategyGroup, ...]:
    """The criteria by strategy, in their order; `said` is what the reviewer sees of the submission."""
    names = vocabularies.labels(session, "strategies", language)
    texts = programme.rule_set.content.get("texts", {})
    rows = programme.criteria.values()
    return tuple(
        StrategyGroup(
            code=strategy,
            name=names.get(strategy, strategy),
            rule=_in(texts.get(strategy), language),
            is_claimed=strategy in claimed,
            cards=tuple(
                _card(row, strategy in claimed, said, language) for row in rows if row.strategy == strategy
            ),
        )
        for strategy in dict.fromkeys(row.strategy for row in rows)
    )


def _card(row: Criterion, is_required: bool, said: Mapping[str, Any], language: str) -> Card:
    own = (said.get("self_assessment") or {}).get(row.code) or {}
    return Card(
        code=row.code,
        name=_in(row.labels, language) or row.code,
        wording=_in(row.texts.get("criterion"), language) or "",
        help=_in(row.texts.get("help"), language),
        example=_in(row.texts.get("example"), language),
        condition=_in(row.texts.get("condition"), language),
        anchors=tuple(
            (score, SCORE_NAMES[score], _in(row.texts.get(f"anchor_{score}"), language) or "")
            for score in SCORES
        ),
        parts=tuple(
            (part["code"], _in(part["labels"], language) or part["code"])
            for part in row.data.get("parts", ())
        ),
        is_any_part=row.data.get("parts_rule") == PartsRule.ANY,
        is_required=is_required,
        look_in=tuple((name, BY_NAME[name].label) for name in LOOK_IN.get(row.code, ()) if said.get(name)),
        said_finding=own.get("finding"),
        said=own.get("text"),
    )


def _in(texts: Mapping[str, str] | None, language: str) -> str | None:
    return (texts.get(language) or texts.get("en")) if texts else None
