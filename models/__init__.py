"""Floor 2: tables only. Importing this package knows every table, for Alembic and for tests."""

from models import (
    audit,
    calls,
    decisions,
    entries,
    matches,
    operation,
    panels,
    people,
    reference,
    reviews,
    screening,
    vectors,
)

__all__ = [
    "audit",
    "calls",
    "decisions",
    "entries",
    "matches",
    "operation",
    "panels",
    "people",
    "reference",
    "reviews",
    "screening",
    "vectors",
]
