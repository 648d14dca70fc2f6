"""How are the fields of a scorecard called, and the answers one may give? Words only, for every door."""

from __future__ import annotations

from collections.abc import Mapping

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
    "partners": Message("Partners that you suggest"),
    "still_no_conflict": Message("Conflict of interest"),
    "names_intended": Message("Names in the comment for the applicant"),
}
OF_CRITERION: Mapping[str, Message] = {
    "value": Message("Criterion {criterion}, score"),
    "cannot_reason": Message("Criterion {criterion}, reason"),
    "evidence": Message("Criterion {criterion}, evidence"),
    "pointer": Message("Criterion {criterion}, where to find it"),
    "parts": Message("Criterion {criterion}, parts"),
}
CANNOT_JUDGE = Message("Cannot judge")
NOT_ANSWERED = Message("Not answered")


def label_of(field: str) -> Message:
    """What a form field is called: "scores.9.evidence", or a field of the overall part."""
    if field in OVERALL_LABELS:
        return OVERALL_LABELS[field]
    _, criterion, name = field.split(".")
    return OF_CRITERION[name].format(criterion=criterion)
