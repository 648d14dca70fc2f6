"""What does a call say, and does it hold? Its fields as both doors name them, and how it reads as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.reference import CriteriaSet, RuleSet
from services import programmes, vocabularies
from services.programmes import Names
from services.queries.calls import PHASES, as_it_stands, is_open_at
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.states import CallKind, CallState

COLUMNS = (
    "kind",
    "title",
    "text",
    "strategies",
    "opens_at",
    "closes_at",
    "zone",
    "grace_minutes",
    "eligibility",
    "audience",
    "met_threshold",
    "minimum_reviews",
    "blind_mode",
    "asks_everybody",
    "conflict_years",
    "nationality_conflicts",
    "question_round",
    "shows_reviewers",
    "shows_own_verdict",
    "retention_years",
    "is_public_result",
)
PINS = ("criteria_set", "rule_set")
WRITTEN = (*COLUMNS, *PINS)
"""What a draft holds, as both doors name it; the two pins by name and version, or None for those in force."""

NOT_SCORED = (CallKind.OFFERS, CallKind.FELLOWSHIP)
"""Calls whose entries are not scored on the criteria, and pin none."""

ELIGIBILITY = {"countries": "countries", "kinds": "organisation_kinds"}
AUDIENCE = {"needs": "needs", "regions": "regions"}
"""What each says, and the vocabulary it is said in."""

_STALE = Message("Somebody else changed this meanwhile. Compare both versions and repeat your change.")
_DRAFT = Message("Draft")
_TIME = {"opens_at", "closes_at"}
_MODELS: Mapping[str, type[CriteriaSet] | type[RuleSet]] = {"criteria_set": CriteriaSet, "rule_set": RuleSet}


@dataclass(frozen=True, slots=True)
class CallSheet:
    """Everything of one call, with its texts in every language they were written in."""

    ref: str
    version: int
    state: CallState
    phase: Message
    is_open: bool
    content: Mapping[str, Any]
    criteria_version: str | None
    rule_version: str | None
    scale: str
    edition: int
    supersedes: str | None
    superseded_by: str | None
    four_eyes: bool
    state_reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the sheets of several calls share, read once: names of pins, and which call took whose place."""

    pins: Names
    refs: Mapping[int, str]
    successors: Mapping[int, str]


def known(session: Session) -> Known:
    """Read it; in the same number of queries for any number of calls."""
    rows = session.execute(sa.select(Call.id, Call.ref, Call.supersedes_id, Call.state)).all()
    return Known(
        programmes.names(session),
        {row.id: row.ref for row in rows},
        {
            row.supersedes_id: row.ref
            for row in rows
            if row.supersedes_id is not None and row.state is not CallState.DRAFT
        },
    )


def sheet(session: Session, call: Call, now: datetime) -> CallSheet:
    """One call as a whole."""
    return sheet_of(call, known(session), now)


def sheet_of(call: Call, about: Known, now: datetime) -> CallSheet:
    """One of several calls."""
    criteria_set = about.pins[CriteriaSet].get(call.criteria_set_id or 0)
    rule_set = about.pins[RuleSet].get(call.rule_set_id or 0)
    return CallSheet(
        ref=call.ref,
        version=call.version,
        state=CallState(call.state),
        phase=_DRAFT if call.state is CallState.DRAFT else PHASES[as_it_stands(call, now)][0],
        is_open=is_open_at(call, now),
        content=content_of(call, about.pins),
        criteria_version=criteria_set.version if criteria_set else None,
        rule_version=rule_set.version if rule_set else None,
        scale=call.scale,
        edition=call.edition,
        supersedes=about.refs.get(call.supersedes_id or 0),
        superseded_by=about.successors.get(call.id),
        four_eyes=call.four_eyes,
        state_reason=call.state_reason,
        created_at=call.created_at,
    )


def content_of(call: Call, pins: Names) -> dict[str, Any]:
    """What it holds, by the names in WRITTEN."""
    chosen = {"criteria_set": call.criteria_set_id, "rule_set": call.rule_set_id}
    named = {name: pins[_MODELS[name]].get(id_ or 0) for name, id_ in chosen.items()}
    return {name: getattr(call, name) for name in COLUMNS} | {
        name: row.name if row else None for name, row in named.items()
    }


def columns_of(session: Session, content: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that this content goes into. Raises Invalid for a set or rules that are not there."""
    columns = {name: value for name, value in content.items() if name not in PINS}
    pins = programmes.names(session)
    for name in PINS:
        if name in content:
            by_name = {row.name: row.id for row in pins[_MODELS[name]].values()}
            if content[name] is not None and content[name] not in by_name:
                raise Invalid({name: [Message("There is no “{code}” in this list.", code=content[name])]})
            columns[f"{name}_id"] = by_name[content[name]] if content[name] else None
    return columns


def as_json(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON values, for the audit trail and for a lost update."""
    return {
        name: value.isoformat() if name in _TIME and value is not None else value
        for name, value in content.items()
    }


def check(session: Session, content: Mapping[str, Any]) -> None:
    """What even a draft must hold, so that it can be stored and shown. Raises Invalid by field."""
    errors: dict[str, Any] = {
        name: [Message("This is missing.")] for name in ("kind", "title", "opens_at") if not content.get(name)
    }
    errors |= _unknown_codes(session, content)
    if "zone" in content and content["zone"] not in available_timezones():
        errors["zone"] = [Message("This must be a time zone such as Europe/Berlin.")]
    opens_at, closes_at = content.get("opens_at"), content.get("closes_at")
    if opens_at and closes_at and closes_at <= opens_at:
        errors["closes_at"] = [Message("The call must close after it opens.")]
    if errors:
        raise Invalid(errors)


def _unknown_codes(session: Session, content: Mapping[str, Any]) -> dict[str, Any]:
    """Codes that no list holds, by field."""
    lists: dict[str, tuple[str, Any]] = {"strategies": ("strategies", content.get("strategies"))}
    for field, parts in (("eligibility", ELIGIBILITY), ("audience", AUDIENCE)):
        for part, vocabulary in parts.items():
            lists[f"{field}.{part}"] = (vocabulary, (content.get(field) or {}).get(part))
    errors: dict[str, Any] = {}
    for field, (vocabulary, codes) in lists.items():
        unknown = sorted(set(codes or ()) - set(vocabularies.terms(session, vocabulary)))
        if unknown:
            name, _, part = field.partition(".")
            words = [Message("There is no “{code}” in this list.", code=unknown[0])]
            errors[name] = {part: words} if part else words
    return errors


def check_complete(session: Session, call: Call, now: datetime) -> None:
    """What an announcement needs besides. Raises Invalid by field."""
    errors: dict[str, Any] = {}
    if not call.text or set(call.title) ^ set(call.text):
        errors["text"] = [Message("Give title and text in the same languages.")]
    if call.kind not in NOT_SCORED and not call.strategies:
        errors["strategies"] = [Message("Choose at least one strategy.")]
    if call.closes_at is not None and call.closes_at <= now:
        errors["closes_at"] = [Message("This has passed already.")]
    if call.kind is CallKind.TARGETED and not any((call.audience or {}).values()):
        errors["audience"] = [Message("Say whom this call is for: in words, by needs or by regions.")]
    if call.kind not in NOT_SCORED and not errors:
        errors |= _misfits(session, call)
    if errors:
        raise Invalid(errors)


def _misfits(session: Session, call: Call) -> dict[str, Any]:
    """Criteria and rules must be of one body and speak of the strategies of the call."""
    if call.criteria_set_id is None or call.rule_set_id is None:
        return {}
    criteria_set = session.get_one(CriteriaSet, call.criteria_set_id)
    rule_set = session.get_one(RuleSet, call.rule_set_id)
    if criteria_set.code != rule_set.code:
        return {"rule_set": [Message("The rules are of another body than the criteria.")]}
    scored = programmes.strategies_of(session, criteria_set.id)
    lacking = [code for code in call.strategies if code not in scored]
    if lacking:
        return {"strategies": [Message("The criteria do not score strategy {code}.", code=lacking[0])]}
    return {}


def check_version(session: Session, call: Call, expected: int) -> None:
    """Raises Conflict with what is there now when the call is not at the version that was read."""
    if call.version != expected:
        current = {
            "ref": call.ref,
            "state": call.state.value,
            **as_json(content_of(call, programmes.names(session))),
        }
        raise Conflict(_STALE, code="version_conflict", extra={"version": call.version, "current": current})
