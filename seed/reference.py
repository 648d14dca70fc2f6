"""Load the reference data of seed/data into the database.

Loading again changes only what differs, so it runs at every start. A criteria set or rule set that a
call has pinned (locked) never changes: other content under the same version is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.reference import CriteriaSet, Criterion, RuleSet, Term, Vocabulary
from services import audit
from vocabulary.errors import Conflict
from vocabulary.messages import Message
from vocabulary.people import SYSTEM

DATA = Path(__file__).resolve().parent / "data"
CRITERIA, RULES = "criteria", "rules"
PROGRAMME = "ipbes"
"""Code of the criteria set and rule set that the service ships; another body's have their own."""


def reference_files() -> Iterator[dict[str, Any]]:
    """Every file of reference data, in the order of its name."""
    for path in sorted(DATA.glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def load_reference(session: Session, *, now: datetime) -> dict[str, int]:
    """Load every file; returns how many items of each vocabulary were written (0 when it was current)."""
    return {content["vocabulary"]: _load(session, content, now) for content in reference_files()}


def _load(session: Session, content: Mapping[str, Any], now: datetime) -> int:
    code, digest = content["vocabulary"], content_hash(content)
    if code == RULES:
        return _load_rules(session, content, digest, now)
    if code == CRITERIA:
        _load_criteria(session, content, digest, now)
    row = session.get(Vocabulary, code)
    if row is not None and row.content_hash == digest:
        return 0
    if row is None:
        row = Vocabulary(code=code)
        session.add(row)
    row.version, row.source = content["version"], content["source"]
    row.content_hash, row.loaded_at = digest, now
    session.flush()
    session.execute(sa.delete(Term).where(Term.vocabulary == code))
    session.execute(sa.insert(Term), [_term(code, n, item) for n, item in enumerate(content["items"])])
    audit.record(
        session, SYSTEM, "reference.load", ("vocabulary", code), now=now, after={"version": row.version}
    )
    return len(content["items"])


def _term(vocabulary: str, position: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """A term; a country keeps its own columns in `data`, under the names of the file."""
    labels = item.get("labels") or item["names"]
    known = {"code", "parent", "position", "labels", "names", "texts", "source", "status", "data"}
    source = item["source"]
    return {
        "vocabulary": vocabulary,
        "code": item["code"],
        "parent": item.get("parent") or item.get("ipbes_subregion"),
        "position": item.get("position", position),
        "labels": labels,
        "texts": item.get("texts", {}),
        "source": source if isinstance(source, dict) else {"document": source},
        "status": item.get("status") or ("inferred" if item.get("inferred") else "verified"),
        "data": dict(item.get("data", {})) | {k: v for k, v in item.items() if k not in known},
    }


def _load_criteria(session: Session, content: Mapping[str, Any], digest: str, now: datetime) -> None:
    found = session.execute(
        sa.select(CriteriaSet).where(CriteriaSet.code == PROGRAMME, CriteriaSet.version == content["version"])
    ).scalar_one_or_none()
    if found is not None and found.content_hash == digest:
        return
    if found is not None:
        refuse_locked(found.locked_at, Message("criteria set {version}", version=found.version))
        session.execute(sa.delete(Criterion).where(Criterion.set_id == found.id))
    else:
        found = CriteriaSet(code=PROGRAMME, version=content["version"])
        session.add(found)
    found.content_hash = digest
    session.flush()
    session.add_all(
        Criterion(
            set_id=found.id,
            code=item["code"],
            strategy=item["parent"],
            position=position,
            labels=item["labels"],
            texts=item["texts"],
            data=item.get("data", {}),
            source=item["source"],
        )
        for position, item in enumerate(content["items"], start=1)
    )
    audit.record(
        session,
        SYSTEM,
        "criteria_set.load",
        ("criteria_set", PROGRAMME),
        now=now,
        after={"version": found.version},
    )


def _load_rules(session: Session, content: Mapping[str, Any], digest: str, now: datetime) -> int:
    found = session.execute(
        sa.select(RuleSet).where(RuleSet.code == PROGRAMME, RuleSet.version == content["version"])
    ).scalar_one_or_none()
    if found is not None and found.content_hash == digest:
        return 0
    if found is not None:
        refuse_locked(found.locked_at, Message("rule set {version}", version=found.version))
    else:
        found = RuleSet(code=PROGRAMME, version=content["version"])
        session.add(found)
    found.content, found.content_hash = dict(content), digest
    audit.record(
        session, SYSTEM, "rule_set.load", ("rule_set", PROGRAMME), now=now, after={"version": found.version}
    )
    return len(content["rules"])


def refuse_locked(locked_at: datetime | None, what: Message) -> None:
    """Raises Conflict for what a call has pinned."""
    if locked_at is not None:
        raise Conflict(
            Message(
                "The {what} is in use by a call and cannot change; give the new content a new version.",
                what=what,
            )
        )


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical JSON; 64 hex digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
