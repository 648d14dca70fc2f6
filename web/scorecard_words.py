"""How are the fields of a scorecard called, and how does an answer read? Words only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frame.language import current_language
from services.queries.reviews import ScorecardPage
from translations.catalogues import translate
from vocabulary.findings import Confidence, Recommendation
from vocabulary.messages import Message

RECOMMENDATIONS: Mapping[str, Message] = {
    Recommendation.ENDORSE.value: Message("Endorse"),
    Recommendation.ENDORSE_WITH_CONDITIONS.value: Message("Endorse with conditions"),
    Recommendation.MORE_INFORMATION.value: Message("Ask for more information"),
    Recommendation.DO_NOT_ENDORSE.value: Message("Do not endorse"),
    Recommendation.ABSTAIN.value: Message("Abstain"),
}
LEVELS: Mapping[str, Message] = {
    Confidence.LOW.value: Message("Low"),
    Confidence.MEDIUM.value: Message("Medium"),
    Confidence.HIGH.value: Message("High"),
}
TESTS: Mapping[str, Message] = {
    "yes": Message("Yes"),
    "no": Message("No"),
    "unclear": Message("Unclear"),
}
CHOICES: Mapping[str, Mapping[str, Message]] = {
    "recommendation": RECOMMENDATIONS,
    "confidence": LEVELS,
    "tests": TESTS,
}
OVERALL_LABELS: Mapping[str, Message] = {
    "recommendation": Message("Recommendation"),
    "confidence": Message("How sure are you?"),
    "expertise": Message("Your expertise"),
    "conditions": Message("Conditions"),
    "contradiction_reason": Message("Why your recommendation differs"),
    "comment_applicant": Message("Comment for the applicant"),
    "comment_internal": Message("Internal comment"),
    "minutes_spent": Message("Minutes spent"),
    "still_no_conflict": Message("Conflict of interest"),
    "names_intended": Message("Names in the comment for the applicant"),
}
_OF_CRITERION: Mapping[str, Message] = {
    "value": Message("Criterion {criterion}, score"),
    "cannot_reason": Message("Criterion {criterion}, reason"),
    "evidence": Message("Criterion {criterion}, evidence"),
    "pointer": Message("Criterion {criterion}, where to find it"),
    "parts": Message("Criterion {criterion}, parts"),
}
CANNOT_JUDGE = Message("Cannot judge")
NOT_ANSWERED = Message("Not answered")


def field_labels(page: ScorecardPage) -> dict[str, Message]:
    """Form field to what it is called, for the page of two versions."""
    return dict(OVERALL_LABELS) | {
        f"scores.{card.code}.{name}": label.format(criterion=card.code)
        for card in page.cards
        for name, label in _OF_CRITERION.items()
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
    if value in (None, "", {}):
        return NOT_ANSWERED
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
