"""Human references such as REQ-2026-0042: counted per kind and year, never given twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models.operation import ReferenceCounter


def next_reference(session: Session, prefix: str, now: datetime) -> str:
    """The next reference of a kind: REQ, OFF, CALL, ORG, ASG, REV, MAT."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = (
        insert(ReferenceCounter)
        .values(prefix=prefix, year=now.year, last=1)
        .on_conflict_do_update(index_elements=["prefix", "year"], set_={"last": ReferenceCounter.last + 1})
        .returning(ReferenceCounter.last)
    )
    number: int = session.execute(statement).scalar_one()
    return f"{prefix}-{now.year}-{number:04d}"
