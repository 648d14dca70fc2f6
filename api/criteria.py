"""/criteria and /vocabularies: the reference data, and the rules as a service of their own."""

from __future__ import annotations

from typing import Any

from api.frame import Blueprint
from frame.access import acts
from frame.language import current_language
from schemas.criteria import EvaluationSchema, JudgementSchema, ProgrammeSchema
from schemas.reference import VocabulariesSchema, VocabularySchema
from services import criteria, vocabularies
from services.transaction import reading
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.findings import Finding

bp = Blueprint("api_criteria", __name__, description="Criteria, rules and vocabularies")


@bp.route("/criteria", methods=["GET"])
@acts(Action.CRITERIA_READ)
@bp.response(200, ProgrammeSchema)
def list_criteria() -> dict[str, Any]:
    """The criteria in force with their rules."""
    language = current_language()
    with reading() as session:
        found = criteria.programme(session)
    items = [
        {
            "code": row.code,
            "strategy": row.strategy,
            "label": row.labels.get(language) or row.labels["en"],
            "criterion": (row.texts.get("criterion") or {}).get(language, ""),
            "labels": row.labels,
            "texts": row.texts,
            "parts": list(row.parts),
            "source": row.source,
        }
        for row in found.criteria
    ]
    rules = dict(found.rule_content.get("rules", {}))
    return {
        "version": found.criteria_version,
        "rule_version": found.rule_version,
        "rules": rules,
        "items": items,
        "next": None,
    }


@bp.route("/criteria/evaluate", methods=["POST"])
@acts(Action.CRITERIA_EVALUATE)
@bp.arguments(EvaluationSchema)
@bp.response(200, JudgementSchema)
def evaluate(asked: dict[str, Any]) -> dict[str, Any]:
    """Judge findings by the rule of one strategy; nothing is stored."""
    language = current_language()
    with reading() as session:
        if "scores" in asked:
            threshold = criteria.programme(session).rules.met_threshold
            findings = {
                code: criteria.finding_of(score, threshold) for code, score in asked["scores"].items()
            }
        else:
            findings = {code: Finding(value) for code, value in asked["findings"].items()}
        found = criteria.judge(session, asked["strategy"], findings, language=language)
    return {
        "strategy": found.strategy,
        "verdict": found.result.verdict.value,
        "explanation": " ".join(translate(one, language) for one in found.explanation.messages()),
        "rules": [found.result.as_data()],
    }


@bp.route("/vocabularies", methods=["GET"])
@acts(Action.REFERENCE_READ)
@bp.response(200, VocabulariesSchema)
def list_vocabularies() -> dict[str, Any]:
    """Every vocabulary with its version and source."""
    with reading() as session:
        return {"items": vocabularies.every(session), "next": None}


@bp.route("/vocabularies/<code>", methods=["GET"])
@acts(Action.REFERENCE_READ)
@bp.response(200, VocabularySchema)
def get_vocabulary(code: str) -> dict[str, Any]:
    """Every term of one vocabulary, with labels in six languages, source and status."""
    language = current_language()
    with reading() as session:
        terms = vocabularies.terms(session, code)
    if not terms:
        raise NotFound()
    items = [
        {
            "code": row.code,
            "parent": row.parent,
            "label": row.label(language),
            "labels": row.labels,
            "texts": row.texts,
            "data": row.data,
            "source": row.source,
            "status": row.status,
        }
        for row in terms.values()
    ]
    return {"vocabulary": code, "items": items, "next": None}
