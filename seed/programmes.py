"""Load another body's criteria, rules and strategies from one file, without a line of code.

The file is JSON: `programme` (a short code), `version`, `source`, `strategies`, `criteria` and `rules`, as
docs/examples/programme-mangrove.json shows. Loading the same file again changes nothing; what a call has
pinned never changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.rule_files import BadRules, parse_rules
from models.reference import CriteriaSet, Criterion, RuleSet, Term, Vocabulary
from seed.reference import content_hash, refuse_locked
from services import audit
from services.vocabularies import OF_PROGRAMME
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import SYSTEM

NEEDED = ("programme", "version", "source", "strategies", "criteria", "rules")
_CODE = re.compile(r"[a-z][a-z0-9-]{1,19}")
_TERM_CODE = re.compile(r"[A-Za-z0-9.-]{1,20}")
_MISSING = Message("This is missing.")


def load_programme(session: Session, content: Any, *, now: datetime) -> dict[str, int]:
    """Load a file's content; returns how many strategies, criteria and rules it holds.

    Raises Invalid with every fault by its place, Conflict where a call has pinned another content under the
    same version.
    """
    errors = faults(session, content)
    if errors:
        raise Invalid(errors, Message("The programme file does not hold."))
    code, version = content["programme"], content["version"]
    rules = {**content["rules"], "version": version}
    rows = [{**row, "position": n} for n, row in enumerate(content["criteria"], 1)]
    _keep_criteria(session, code, version, rows, content, now)
    _keep_rules(session, code, version, rules)
    for vocabulary, items in (("strategies", content["strategies"]), ("criteria", rows)):
        _keep_terms(session, f"{vocabulary}{OF_PROGRAMME}{code}", items, content, now)
    audit.record(session, SYSTEM, "programme.load", ("programme", code), now=now, after={"version": version})
    return {
        "strategies": len(content["strategies"]),
        "criteria": len(rows),
        "rules": len(content["rules"]["rules"]),
    }


def faults(session: Session, content: Any) -> dict[str, list[Message]]:
    """Everything that is wrong with a file, by its place in it."""
    if not isinstance(content, Mapping):
        return {"file": [Message("A programme file is an object with named values.")]}
    errors: dict[str, list[Message]] = {name: [_MISSING] for name in NEEDED if not content.get(name)}
    if errors:
        return errors
    if not _CODE.fullmatch(str(content["programme"])):
        errors["programme"] = [Message("This is a short code in small letters, such as “mangrove”.")]
    for part in ("strategies", "criteria"):
        errors |= _item_faults(session, part, content)
    if not errors:
        errors |= _rule_faults(content)
    return errors


def _item_faults(session: Session, part: str, content: Mapping[str, Any]) -> dict[str, list[Message]]:
    items = content[part]
    if not isinstance(items, Sequence) or not all(isinstance(item, Mapping) for item in items):
        return {part: [Message("This is a list of objects.")]}
    errors: dict[str, list[Message]] = {}
    taken = _codes_of_others(session, part, str(content["programme"]))
    known = {item.get("code") for item in content["strategies"] if isinstance(item, Mapping)}
    seen: set[str] = set()
    for n, item in enumerate(items):
        place, code = f"{part}[{n}]", item.get("code")
        if not isinstance(code, str) or not _TERM_CODE.fullmatch(code):
            errors[f"{place}.code"] = [Message("A code has at most 20 letters, digits, points and hyphens.")]
        elif code in seen or code in taken:
            errors[f"{place}.code"] = [Message("“{code}” is taken already.", code=code)]
        seen.add(str(code))
        if not isinstance(item.get("labels"), Mapping) or not item["labels"].get("en"):
            errors[f"{place}.labels"] = [Message("Give a name by language, English among them.")]
        if part == "criteria" and item.get("parent") not in known:
            errors[f"{place}.parent"] = [Message("This must be the code of one of the strategies.")]
        if part == "criteria" and not (item.get("texts") or {}).get("criterion"):
            errors[f"{place}.texts.criterion"] = [_MISSING]
    return errors


def _codes_of_others(session: Session, part: str, programme: str) -> set[str]:
    own = f"{part}{OF_PROGRAMME}{programme}"
    query = sa.select(Term.code).where(
        sa.or_(Term.vocabulary == part, Term.vocabulary.like(f"{part}{OF_PROGRAMME}%")),
        Term.vocabulary != own,
    )
    return set(session.execute(query).scalars())


def _rule_faults(content: Mapping[str, Any]) -> dict[str, list[Message]]:
    if not isinstance(content["rules"], Mapping):
        return {"rules": [Message("This must be an object with named values.")]}
    try:
        read = parse_rules(
            {**content["rules"], "version": content["version"]}, [row["code"] for row in content["criteria"]]
        )
    except BadRules as bad:
        return {f"rules.{place}": found for place, found in bad.errors.items()}
    known = {row["code"] for row in content["strategies"]}
    unknown = sorted(set(read.codes()) ^ known)
    if unknown:
        return {"rules.rules": [Message("Strategy {code} needs a rule, or is not listed.", code=unknown[0])]}
    return {}


def _keep_criteria(
    session: Session,
    code: str,
    version: str,
    rows: Sequence[Mapping[str, Any]],
    content: Mapping[str, Any],
    now: datetime,
) -> None:
    digest = content_hash({"criteria": rows})
    query = sa.select(CriteriaSet).where(CriteriaSet.code == code, CriteriaSet.version == version)
    found = session.execute(query).scalar_one_or_none()
    if found is not None and found.content_hash == digest:
        return
    if found is not None:
        refuse_locked(found.locked_at, Message("criteria set {version}", version=version))
        session.execute(sa.delete(Criterion).where(Criterion.set_id == found.id))
    else:
        found = CriteriaSet(code=code, version=version)
        session.add(found)
    found.content_hash = digest
    session.flush()
    session.add_all(
        Criterion(
            set_id=found.id,
            code=row["code"],
            strategy=row["parent"],
            position=row["position"],
            labels=row["labels"],
            texts=row["texts"],
            data=row.get("data", {}),
            source=row.get("source") or content["source"],
        )
        for row in rows
    )
    session.flush()


def _keep_rules(session: Session, code: str, version: str, rules: Mapping[str, Any]) -> None:
    digest = content_hash(rules)
    query = sa.select(RuleSet).where(RuleSet.code == code, RuleSet.version == version)
    found = session.execute(query).scalar_one_or_none()
    if found is not None and found.content_hash == digest:
        return
    if found is not None:
        refuse_locked(found.locked_at, Message("rule set {version}", version=version))
    else:
        found = RuleSet(code=code, version=version)
        session.add(found)
    found.content, found.content_hash = dict(rules), digest
    session.flush()


def _keep_terms(
    session: Session,
    vocabulary: str,
    items: Sequence[Mapping[str, Any]],
    content: Mapping[str, Any],
    now: datetime,
) -> None:
    """The terms that forms and lists name; they stand beside those of the body that was loaded first."""
    digest = content_hash({"items": list(items)})
    row = session.get(Vocabulary, vocabulary)
    if row is not None and row.content_hash == digest:
        return
    if row is None:
        row = Vocabulary(code=vocabulary)
        session.add(row)
    row.version, row.source = content["version"], content["source"]
    row.content_hash, row.loaded_at = digest, now
    session.flush()
    session.execute(sa.delete(Term).where(Term.vocabulary == vocabulary))
    session.add_all(
        Term(
            vocabulary=vocabulary,
            code=item["code"],
            parent=item.get("parent"),
            position=n,
            labels=item["labels"],
            texts=item.get("texts", {}),
            data=item.get("data", {}),
            source=item.get("source") or content["source"],
            status="working_list",
        )
        for n, item in enumerate(items)
    )
    session.flush()
