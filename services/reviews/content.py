"""What does a scorecard say? One JSON-able mapping, the same from the form and from the API.

Knows how it lies in the tables and what changed between two of them; knows nothing of who may write it.

    {"scores": {"1": {"value", "cannot_judge", "cannot_reason", "evidence", "pointer", "parts"}, …},
     "recommendation", "confidence", "expertise": {"S1": "high"}, "conditions", "contradiction_reason",
     "comment_applicant", "comment_internal", "minutes_spent", "partners": ["Body that could help", …]}
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from criteria.scorecard import MAX_POINTER_CHARACTERS, Answer, PartsRule, Scorecard
from models.reference import Criterion
from models.reviews import CriterionScore, Review
from vocabulary.errors import Invalid
from vocabulary.findings import Confidence, Recommendation
from vocabulary.messages import Message

ANSWER = ("value", "cannot_judge", "cannot_reason", "evidence", "pointer", "parts")
TEXTS = ("conditions", "contradiction_reason", "comment_applicant", "comment_internal")
PARTNERS = "partners"
OVERALL = ("recommendation", "confidence", "expertise", *TEXTS, "minutes_spent", PARTNERS)
MOST_PARTNERS = 5
LONGEST_PARTNER = 200
"""Names of bodies that a reviewer suggests as partners, and characters of each."""

LONGEST_POINTER = MAX_POINTER_CHARACTERS
"""Characters of a pointer into the submission, for the schema of the doors."""

Content = dict[str, Any]


def empty_answer() -> dict[str, Any]:
    """The answer to a criterion of which nothing was said yet."""
    return {
        "value": None,
        "cannot_judge": False,
        "cannot_reason": None,
        "evidence": None,
        "pointer": None,
        "parts": {},
    }


def is_answered(answer: Mapping[str, Any]) -> bool:
    """A score, or «cannot judge»."""
    return answer["value"] is not None or bool(answer["cannot_judge"])


def content_of(review: Review | None, criteria: Mapping[str, Criterion]) -> Content:
    """Everything a scorecard says, every criterion included; `review` has its scores loaded."""
    found: dict[str, Any] = {"scores": {code: empty_answer() for code in criteria}}
    if review is None:
        return found | dict.fromkeys(OVERALL) | {"expertise": {}, PARTNERS: []}
    codes = {criterion.id: code for code, criterion in criteria.items()}
    for score in review.scores:
        if score.criterion_id in codes:
            found["scores"][codes[score.criterion_id]] = {name: getattr(score, name) for name in ANSWER}
    for name in OVERALL:
        value = getattr(review, name)
        found[name] = value.value if isinstance(value, (Recommendation, Confidence)) else value
    found["expertise"] = found["expertise"] or {}
    found[PARTNERS] = list(found[PARTNERS] or ())
    return found


def merged(present: Content, changes: Mapping[str, Any], criteria: Mapping[str, Criterion]) -> Content:
    """The present content with some answers changed. Raises Invalid for a criterion that is not there."""
    unknown = sorted(set(changes.get("scores") or {}) - set(criteria))
    if unknown:
        raise Invalid(
            {"scores": {code: [Message("There is no such criterion in this call.")] for code in unknown}}
        )
    content = copy.deepcopy(present)
    for code, answer in (changes.get("scores") or {}).items():
        content["scores"][code] = _merged_answer(content["scores"][code], answer, criteria[code])
    for name in OVERALL:
        if name in changes:
            content[name] = _tidy(changes[name])
    content["expertise"] = _known_expertise(content["expertise"], criteria)
    content[PARTNERS] = tidy_names(content[PARTNERS])
    return content


def tidy_names(names: Iterable[str | None] | None) -> list[str]:
    """Names in the order given, each once and on one line, without empty ones."""
    lines = (" ".join(str(_tidy(name) or "").split()) for name in names or ())
    return list({line.casefold(): line for line in lines if line}.values())


def _merged_answer(
    present: dict[str, Any], answer: Mapping[str, Any], criterion: Criterion
) -> dict[str, Any]:
    """A score takes «cannot judge» away, and the other way round; texts stay, so that none is lost."""
    new = present | {name: _tidy(answer[name]) for name in ANSWER if name in answer}
    if answer.get("cannot_judge"):
        new["value"] = None
    elif answer.get("value") is not None:
        new["cannot_judge"] = False
    new["cannot_judge"] = bool(new["cannot_judge"])
    new["parts"] = _known_parts(new["parts"] or {}, criterion)
    return new


def _known_parts(parts: Mapping[str, Any], criterion: Criterion) -> dict[str, bool | None]:
    """Parts in their own order. Alternatives are ticked or not; tests are yes, no or (None) unclear."""
    codes = [part["code"] for part in criterion.data.get("parts", ())]
    unknown = sorted(set(parts) - set(codes))
    if unknown:
        place = {code: [Message("There is no such part of this criterion.")] for code in unknown}
        raise Invalid({"scores": {criterion.code: {"parts": place}}})
    if criterion.data.get("parts_rule") == PartsRule.ANY:
        return {code: True for code in codes if parts.get(code)}
    return {code: parts[code] for code in codes if code in parts}


def _known_expertise(
    expertise: Mapping[str, str] | None, criteria: Mapping[str, Criterion]
) -> dict[str, str]:
    strategies = list(dict.fromkeys(criterion.strategy for criterion in criteria.values()))
    given = expertise or {}
    unknown = sorted(set(given) - set(strategies))
    if unknown:
        raise Invalid({"expertise": {code: [Message("There is no such strategy.")] for code in unknown}})
    return {code: given[code] for code in strategies if given.get(code)}


def _tidy(value: Any) -> Any:
    """Texts have one form of line break and no blanks around them; an empty one says nothing."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)
    return kept.strip() or None


def write(review: Review, content: Content, criteria: Mapping[str, Criterion]) -> None:
    """Put content into the rows; a criterion of which nothing is said has no row."""
    rows = {score.criterion_id: score for score in review.scores}
    for code, answer in content["scores"].items():
        criterion_id = criteria[code].id
        row = rows.get(criterion_id)
        if answer == empty_answer():
            if row is not None:
                review.scores.remove(row)
            continue
        if row is None:
            row = CriterionScore(criterion_id=criterion_id)
            review.scores.append(row)
        for name in ANSWER:
            setattr(row, name, answer[name])
    for name in OVERALL:
        setattr(review, name, content[name])
    review.recommendation = Recommendation(content["recommendation"]) if content["recommendation"] else None
    review.confidence = Confidence(content["confidence"]) if content["confidence"] else None


def flat(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every answer under the name of its form field: "scores.1.value", "scores.6.parts", "recommendation"."""
    found = {
        f"scores.{code}.{name}": value
        for code, answer in content.get("scores", {}).items()
        for name, value in answer.items()
        if name != "cannot_judge"
    }
    for code, answer in content.get("scores", {}).items():
        if answer.get("cannot_judge"):
            found[f"scores.{code}.value"] = "cannot_judge"
    return found | {name: content[name] for name in OVERALL if name in content}


def differing(saved: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Form fields whose answers differ, with both answers: {name: (saved, typed)}."""
    there, here = flat(saved), flat(typed)
    if PARTNERS in here:
        here[PARTNERS] = tidy_names(here[PARTNERS])
    if "expertise" in here:
        here["expertise"] = {code: level for code, level in (here["expertise"] or {}).items() if level}
    return {name: (there.get(name), value) for name, value in here.items() if value != there.get(name)}


def card_of(content: Mapping[str, Any]) -> Scorecard:
    """The scorecard as the rules read it: answered criteria, and parts that were said to hold or not."""
    return Scorecard(
        answers={code: _answer(answer) for code, answer in content["scores"].items()},
        recommendation=Recommendation(content["recommendation"]) if content["recommendation"] else None,
        confidence=Confidence(content["confidence"]) if content["confidence"] else None,
        **{name: content[name] for name in (*TEXTS, "minutes_spent")},
    )


def _answer(answer: Mapping[str, Any]) -> Answer:
    parts = {code: holds for code, holds in answer["parts"].items() if holds is not None}
    return Answer(**{name: answer[name] for name in ANSWER if name != "parts"}, parts=parts)


def n_scored(content: Mapping[str, Any]) -> int:
    """How many criteria have a score or «cannot judge»."""
    return sum(is_answered(answer) for answer in content["scores"].values())
