"""How are the fields of a scorecard called, and how does an answer read? Words only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from frame.language import current_language
from services.queries.reviews import ScorecardPage
from services.reviews.words import (
    CANNOT_JUDGE,
    CHOICES,
    LEVELS,
    NOT_ANSWERED,
    OF_CRITERION,
    OVERALL_LABELS,
    TESTS,
)
from translations.catalogues import moment, translate
from vocabulary.messages import Message

SAVED = Message("{n_scored} of {n_criteria} scored · saved {time} UTC")
ELSEWHERE = Message(
    "Saved in another window meanwhile. Nothing is lost: press “Save” here to see both versions side by side."
)
"""What the foot of a scorecard, and of a practice sample, says."""


def saved_text(n_scored: int, n_criteria: int, saved_at: datetime, now: datetime) -> Message:
    """How much is scored and when it was saved: the time, and the day as well where that is not today."""
    is_today = saved_at.date() == now.date()
    time = f"{saved_at:%H:%M}" if is_today else moment(saved_at, current_language())
    return SAVED.format(n_scored=n_scored, n_criteria=n_criteria, time=time)


def field_labels(page: ScorecardPage) -> dict[str, Message]:
    """Form field to what it is called, for the page of two versions."""
    return dict(OVERALL_LABELS) | {
        f"scores.{card.code}.{name}": label.format(criterion=card.code)
        for card in page.cards
        for name, label in OF_CRITERION.items()
    }


def summary_labels(page: ScorecardPage) -> dict[str, Message]:
    """The same for the error summary, without those whose errors name what they are about."""
    speak_for_themselves = {"recommendation", "confidence", "still_no_conflict", "names_intended"}
    return {
        name: label
        for name, label in field_labels(page).items()
        if name not in speak_for_themselves and not name.endswith((".value", ".parts"))
    }


def in_words(name: str, value: Any, page: ScorecardPage) -> Message | str:
    """One answer as it reads; texts stay as they are."""
    if value in (None, "", {}, []):
        return NOT_ANSWERED
    if isinstance(value, list):
        return "\n".join(value)
    if name in CHOICES:
        return CHOICES[name].get(value, value)
    if name.endswith(".value"):
        return CANNOT_JUDGE if value == "cannot_judge" else str(value)
    if isinstance(value, Mapping):
        return _mapping(name, value, page)
    return str(value)


def _mapping(name: str, value: Mapping[str, Any], page: ScorecardPage) -> str:
    """Parts of a criterion, or expertise by strategy, one a line."""
    language = current_language()
    names = dict(part for card in page.cards for part in card.parts) | {
        group.code: group.name for group in page.groups
    }
    held = {True: TESTS["yes"], False: TESTS["no"], None: TESTS["unclear"]}
    words = LEVELS if name == "expertise" else held
    return "\n".join(
        f"{names.get(code, code)}: {translate(words.get(said, said), language)}"
        for code, said in value.items()
    )
