"""Under which codes do the fields of a scorecard stand in its document? As in the form of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from criteria.scorecard import PartsRule
from models.reference import CriteriaSet, Criterion
from services.reviews.content import PARTNERS, TEXTS

SCORECARD = "document.scorecard"
ENTRY = "document.entry"
SUBMISSION = "document.submission"
VERSION = "document.version"
CRITERIA = "document.criteria"
HEAD = (SCORECARD, ENTRY, SUBMISSION, VERSION, CRITERIA)
"""What says where a document belongs, and what it was made from."""

OF_A_SCORE = ("evidence", "pointer", "cannot_reason")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text of a field goes: an answer to be chosen has a kind, any other text has none."""

    kind: str | None
    criterion: str | None = None
    part: str | None = None


def places(criteria: Mapping[str, Criterion]) -> dict[str, Place]:
    """Every field of a scorecard under these criteria, in order."""
    found: dict[str, Place] = {}
    for code, row in criteria.items():
        kind = "tick" if row.data.get("parts_rule") == PartsRule.ANY else "test"
        for part in row.data.get("parts", ()):
            found[f"scores.{code}.parts.{part['code']}"] = Place(kind, code, part["code"])
        found[f"scores.{code}.value"] = Place("value", code)
        for name in OF_A_SCORE:
            found[f"scores.{code}.{name}"] = Place(None, code)
    found["recommendation"] = Place("recommendation")
    found["confidence"] = Place("level")
    for strategy in dict.fromkeys(row.strategy for row in criteria.values()):
        found[f"expertise.{strategy}"] = Place("level", part=strategy)
    for name in (*TEXTS, "minutes_spent", PARTNERS):
        found[name] = Place(None)
    return found


def criteria_mark(kept: CriteriaSet) -> str:
    """Which criteria a document asks about: their name, version and the beginning of their fingerprint."""
    return f"{kept.code} {kept.version} {kept.content_hash[:16]}"
