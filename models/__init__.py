"""Floor 2: tables only. Importing this package knows every table, for Alembic and for tests."""

from models import (
    assignments,
    audit,
    calibration,
    calls,
    conflicts,
    decisions,
    entries,
    fellowships,
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
    "assignments",
    "audit",
    "calibration",
    "calls",
    "conflicts",
    "decisions",
    "entries",
    "fellowships",
    "matches",
    "operation",
    "panels",
    "people",
    "reference",
    "reviews",
    "screening",
    "vectors",
]
